/* Probes whose items are made: a model that knows the answers, models that know nothing of them, among them those that
 * go by where an answer stands, and a small model before training; what their scores depend on, and the verb. */
#define _POSIX_C_SOURCE 200809L
#include "scratch_program.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "loglog/random.h"
#include "measured.h"
#include "probe/local_lm.h"
#include "probe/probes.h"
#include "sweep/asking/probe_settings.h"
#include "tensor/choice/kernel_tables.h"

enum { ITEMS = 300, TEXT = 4096 };

static int told; /* items that the listener heard of */
static void listen(void *ctx, ll_json *item) {
    (void)ctx;
    told++;
    assert_non_null(ll_json_get(item, "item"));
    assert_non_null(ll_json_get_str(item, "context"));
    ll_json_free(item);
}

static ll_measures ask(const char *probe, ll_lm *lm, const ll_probe_opts *opts) {
    const ll_probe_subject subject = { .lm = lm, .opts = opts, .item = listen };
    ll_measures m;
    told = 0;
    assert_ok(ll_probe_find(probe)->run(&subject, &m, err));
    return m;
}

static double value(const ll_measures *m, const char *name) {
    return measured(m, name)->value;
}

static void at_chance(const ll_measures *m, const char *who) {
    int held = 0;
    for (int k = 0; k < m->n; k++) {
        const ll_measured *x = &m->of[k];
        if (isnan(x->chance)) continue;
        held++;
        if (!(fabs(x->value - x->chance) <= 3 * x->se + 1e-12))
            fail_msg("%s: %s is %g +- %g, chance %g", who, x->metric, x->value, x->se, x->chance);
    }
    assert_true(held > 0);
}

/* ---- models of one rule: how likely the continuation is behind the context, and what is said ---- */

typedef double rule(const char *context, const char *continuation);

typedef struct stub {
    ll_lm lm;
    rule *likes;
    const char *wrong; /* put behind an answer; NULL: nothing is said */
} stub;

static void copy(char *out, ll_span text) {
    assert_true(text.size < TEXT);
    memcpy(out, text.at, text.size);
    out[text.size] = 0;
}

static ll_status stub_score(ll_lm *lm, const ll_lm_ask *asked, int64_t n, ll_lm_score *out, ll_error *err) {
    (void)err;
    for (int64_t i = 0; i < n; i++) {
        char context[TEXT], continuation[TEXT];
        copy(context, asked[i].context);
        copy(continuation, asked[i].continuation);
        const double v = ((stub *)lm)->likes(context, continuation);
        out[i] = (ll_lm_score) { .logprob = v, .tokens = (int64_t)asked[i].continuation.size, .greedy = v >= 0 };
    }
    return LL_OK;
}

/* The last line as a problem, worked out here. */
static void solve(const char *context, char out[64]) {
    const char *line = strrchr(context, '\n') ? strrchr(context, '\n') + 1 : context;
    long a, b, m;
    char op;
    if (sscanf(line, "(%ld+%ld)%%%ld=", &a, &b, &m) == 3) snprintf(out, 64, "%ld", (a + b) % m);
    else {
        assert_int_equal(sscanf(line, "%ld%c%ld=", &a, &op, &b), 3);
        snprintf(out, 64, "%ld", op == '+' ? a + b : op == '-' ? a - b : a * b);
    }
}

static ll_status stub_sample(ll_lm *lm, const ll_lm_prompt *prompt, ll_lm_sample *out, ll_error *err) {
    const stub *s = (const stub *)lm;
    char context[TEXT], said[64] = "";
    (void)err;
    assert_true(prompt->samples == 1 && prompt->temperature <= 0 && strcmp(prompt->stop, "\n") == 0);
    copy(context, prompt->text);
    if (s->wrong) {
        solve(context, said);
        strcat(said, s->wrong);
    }
    *out = (ll_lm_sample) { .text = strdup(said), .size = strlen(said), .tokens = 1 };
    return LL_OK;
}

static stub stub_of(rule *likes, const char *wrong) {
    return (stub) { { .name = "stub", .loglikelihood = stub_score, .sample = stub_sample }, likes, wrong };
}

/* What followed this letter before, else any. */
static double looks_back(const char *context, const char *continuation) {
    const size_t n = strlen(context);
    for (size_t i = n - 1; i-- > 0;)
        if (context[i] == context[n - 1])
            return strncmp(context + i + 1, continuation, strlen(continuation)) ? -5 : 0;
    return -3;
}

/* As looks_back; where the argument was not shown, one of the values that were not. */
static double remembers(const char *context, const char *continuation) {
    const double seen = looks_back(context, continuation);
    if (seen > -3 || seen < -3) return seen;
    return strchr(context, *continuation) ? -4 : -3;
}

/* The maps a x + b mod 10 that what is shown leaves. */
static double works_out(const char *context, const char *continuation) {
    const size_t n = strlen(context);
    for (int a = 1; a < 10; a += a == 3 ? 4 : 2)
        for (int b = 0; b < 10; b++) {
            bool fits = true;
            for (size_t i = 0; i + 1 < n; i += 3) fits &= (a * (context[i] - '0') + b) % 10 == context[i + 1] - '0';
            if (fits && (a * (context[n - 1] - '0') + b) % 10 == *continuation - '0') return 0;
        }
    return -5;
}

static double calculates(const char *context, const char *continuation) {
    char answer[64];
    solve(context, answer);
    strcat(answer, "\n");
    return strcmp(answer, continuation) == 0 ? 0 : -9;
}

static double uniform(const char *context, const char *continuation) {
    (void)context;
    return -5.0 * (double)strlen(continuation);
}

static double whim(const char *context, const char *continuation) {
    uint32_t key[2] = { 1, 2 }, counter[4] = { 0 }, word[4];
    for (; *context; context++) counter[0] = counter[0] * 31 + (unsigned char)*context;
    for (; *continuation; continuation++) counter[1] = counter[1] * 31 + (unsigned char)*continuation;
    ll_philox(key, counter, word);
    return -1.0 - word[0] / 1e9;
}

/* These read no question: the value that was shown last, that shown first, the highest letter, what came third,
 * what was said late or early first. */
static double last_shown(const char *context, const char *continuation) {
    const size_t n = strlen(context);
    return n > 2 && context[n - 3] == *continuation ? -1 : -5;
}

static double first_shown(const char *context, const char *continuation) {
    return context[1] == *continuation ? -1 : -5;
}

static double likes_late_letters(const char *context, const char *continuation) {
    (void)context;
    return -300.0 + continuation[strlen(continuation) - 1];
}

static double late(const char *context, const char *continuation) {
    const char *at = strchr(context, continuation[strlen(continuation) - 1]);
    return at ? (double)(at - context) - 100 : -100;
}

static double early(const char *context, const char *continuation) {
    return -200 - late(context, continuation);
}

static double third_letter(const char *context, const char *continuation) {
    return strlen(context) > 4 && context[4] == continuation[strlen(continuation) - 1] ? -1 : -5;
}

static rule *const ignorant[] = { uniform,      whim, last_shown, first_shown, likes_late_letters,
                                  third_letter, late, early };
enum { ANY = 6 }; /* with digits the last two read the question: it may stand among what was shown */

/* ---- tests ---- */

static const ll_probe_opts opts = { .items = ITEMS, .seed = 1 };

static void who_knows(void **state) {
    stub s = stub_of(looks_back, NULL);
    (void)state;
    ll_measures m = ask("induction", &s.lm, &opts);
    assert_true(value(&m, "accuracy") >= 1);
    assert_int_equal(told, ITEMS);
    m = ask("recall", &s.lm, &opts);
    assert_int_equal(m.n, 4);
    assert_int_equal(told, 4 * ITEMS);
    for (int k = 0; k < 4; k++) assert_true(m.of[k].value >= 1 && m.of[k].n == ITEMS);
    s = stub_of(remembers, NULL);
    m = ask("fewshot", &s.lm, &opts);
    for (int k = 0; k < 8; k = k ? 2 * k : 1) {
        char name[16];
        snprintf(name, sizeof name, "symbol.%d", k);
        assert_true(fabs(value(&m, name) - (k + 1) / 8.0) <= 3 * measured(&m, name)->se + 1e-12);
    }
    assert_true(value(&m, "symbol.8") >= 1 && value(&m, "symbol.16") >= 1 && value(&m, "symbol.32") >= 1);
    assert_close(value(&m, "symbol.gain"), 1 - 1 / 8.0, 1e-12);
    s = stub_of(works_out, NULL);
    m = ask("fewshot", &s.lm, &opts);
    assert_close(value(&m, "linear.0"), 0.1, 1e-12);
    assert_true(value(&m, "linear.4") > 0.9 && value(&m, "linear.32") >= 1);
    assert_close(measured(&m, "linear.32")->chance, 0.1, 1e-12);
}

static void who_knows_nothing(void **state) {
    static const char *const probes[] = { "induction", "recall", "fewshot" };
    (void)state;
    for (size_t r = 0; r < sizeof ignorant / sizeof *ignorant; r++)
        for (int p = 0; p < (r < ANY ? 3 : 2); p++) {
            stub s = stub_of(ignorant[r], NULL);
            char who[64];
            snprintf(who, sizeof who, "%s, rule %d", probes[p], (int)r);
            const ll_measures m = ask(probes[p], &s.lm, &opts);
            at_chance(&m, who);
        }
    stub s = stub_of(uniform, NULL);
    const ll_measures m = ask("induction", &s.lm, &opts);
    assert_close(value(&m, "first"), 10, 1e-12); /* a blank and a letter, 5 nats each */
    assert_true(fabs(value(&m, "gain")) < 1e-12);
}

/* ---- arithmetic ---- */

static void counts_right(void **state) {
    stub s = stub_of(calculates, "");
    const ll_probe_opts few = { .items = 40, .shots = 3, .seed = 5 };
    (void)state;
    ll_measures m = ask("arithmetic", &s.lm, &few);
    assert_int_equal(told, 10 * 40);
    assert_int_equal(m.n, 10 * 4 + 6 + 4);
    for (int k = 0; k < m.n; k++) {
        const bool nats = strstr(m.of[k].metric, "logprob");
        assert_true(fabs(m.of[k].value - (nats ? 0 : 1)) < 1e-12);
        assert_int_equal(m.of[k].n, strchr(m.of[k].metric, '.') ? 40 : 400);
    }
    s = stub_of(uniform, NULL); /* and says nothing */
    m = ask("arithmetic", &s.lm, &opts);
    at_chance(&m, "arithmetic");
    assert_true(fabs(value(&m, "digits")) < 1e-12 && fabs(value(&m, "edit")) < 1e-12);
}

static double lengths; /* mean over the items of L / (L + 2) */
static void weigh(void *ctx, ll_json *item) {
    const char *right = ll_json_get_str(item, "right"), *context = ll_json_get_str(item, "context");
    char answer[64], line[64];
    const double L = (double)strlen(right);
    solve(context, answer);
    assert_string_equal(answer, right);
    snprintf(line, sizeof line, "%s", strrchr(context, '\n') + 1);
    assert_ptr_equal(strstr(context, line), strrchr(context, '\n') + 1); /* the question is none of the shots */
    lengths += L / (L + 2) / *(double *)ctx;
    ll_json_free(item);
}

/* Two digits too many are two edits, and stand where nothing should. */
static void counts_wrong(void **state) {
    stub s = stub_of(uniform, "77");
    const ll_probe_opts few = { .items = 30, .shots = 2, .seed = 5 };
    double n = 300;
    ll_probe_subject subject = { .lm = &s.lm, .opts = &few, .item = weigh, .ctx = &n };
    ll_measures m;
    (void)state;
    lengths = 0;
    assert_ok(ll_probe_find("arithmetic")->run(&subject, &m, err));
    assert_close(value(&m, "digits"), lengths, 1e-9);
    assert_close(value(&m, "edit"), lengths, 1e-9);
    assert_true(value(&m, "exact") <= 0);
}

/* ---- a model before training ---- */

static void untrained(void **state) {
    static const char *const probes[] = { "induction", "recall", "fewshot", "arithmetic" };
    const ll_probe_opts few = { .items = 100, .seed = 2, .threads = 2 };
    const ll_kernels *k;
    ll_tokenizer *bytes;
    (void)state;
    assert_ok(ll_tokenizer_open(&bytes, "bytes", err));
    assert_ok(ll_kernels_named("auto", "fp32", &k, err));
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        const ll_model model = { (ll_family)f, 2, 16, 2, 40, 128, 257, 16, 8 };
        float *params = malloc((size_t)ll_model_size(&model) * sizeof *params);
        ll_lm *lm;
        ll_model_init(&model, params, 4);
        assert_ok(ll_lm_local(&lm, &model, k, params, bytes, 2, err));
        for (int p = 0; p < 4; p++) {
            char who[64];
            snprintf(who, sizeof who, "%s, %s", probes[p], ll_family_name(model.family));
            const ll_measures m = ask(probes[p], lm, &few);
            at_chance(&m, who);
        }
        ll_lm_close(lm);
        free(params);
    }
    ll_tokenizer_free(bytes);
}

/* ---- settings and the verb ---- */

static void settings_are_what_is_read(void **state) {
    ll_probe_kind kind = { .name = "any" };
    ll_probe_opts o = { .windows = 3, .items = 4, .shots = 5, .seed = 6, .data = "" };
    char path[LL_PATH_MAX], a[LL_PROBE_SETTINGS], b[LL_PROBE_SETTINGS];
    ll_error err = { 0 };
    (void)state;
    assert_ok(ll_probe_settings(a, &kind, &o, err));
    assert_string_equal(a, "");
    kind.reads = LL_PROBE_SEED | LL_PROBE_ITEMS;
    assert_ok(ll_probe_settings(a, &kind, &o, err));
    assert_string_equal(a, "items=4 seed=6");
    kind.reads = LL_PROBE_WINDOWS | LL_PROBE_SHOTS | LL_PROBE_DATA;
    assert_ok(ll_probe_settings(a, &kind, &o, err));
    assert_string_equal(a, "windows=3 shots=5 data=none");
    kind.reads = LL_PROBE_DATA;
    support_write(folder, "abc", "abc", 3, path);
    o.data = path;
    assert_ok(ll_probe_settings(a, &kind, &o, err));
    assert_string_equal(a, "data=ba7816bf8f01"); /* FIPS 180-2, appendix B.1 */
    o.data = folder;
    assert_ok(ll_probe_settings(a, &kind, &o, err));
    support_write(folder, "abc", "abd", 3, path);
    assert_ok(ll_probe_settings(b, &kind, &o, err));
    assert_string_not_equal(a, b);
    o.data = "/nowhere";
    assert_int_equal(ll_probe_settings(a, &kind, &o, &err), LL_EINPUT);
}

static int64_t lines_of(const char *name) {
    char path[LL_PATH_MAX], *text;
    size_t size;
    int64_t n = 0;
    assert_ok(ll_file_join(path, folder, name, err));
    assert_ok(ll_file_read(path, 1 << 24, &text, &size, err));
    for (const char *at = text; *at; at++) n += *at == '\n';
    free(text);
    return n;
}

/* A run of the store and its file of weights answer the same; scores with other settings are other scores. */
static void the_verb(void **state) {
    static const char spec[] = "schema: loglog.spec/1\n"
                               "name: sums\n"
                               "data: {source: arithmetic, tokens: 100k, digits: 1, operations: add}\n"
                               "model: {family: llama, context: 64, widths: [16]}\n"
                               "train: {eval_windows: 8, final_windows: 8}\n"
                               "design: {kind: list, params: [6144], tokens: [16k]}\n"
                               "forecast: {hold_out: none}\n";
    char path[LL_PATH_MAX], ours[1 << 14], *metrics;
    (void)state;
    support_write(folder, "sums.yaml", spec, strlen(spec), path);
    gives("run sums.yaml --store sums.db --quiet", 0);
    gives("probe run recall --store sums.db --items 20 --save told --json", 0);
    says(out, "\"measured\": 1");
    assert_non_null(metrics = strstr(out, "\"metrics\""));
    snprintf(ours, sizeof ours, "%s", metrics);
    gives("probe run recall --store sums.db --items 20 --save told --json", 0);
    says(out, "\"measured\": 0");
    gives("probe run recall --store sums.db --items 21 --json", 0);
    says(out, "\"measured\": 1");
    gives("probe run recall --weights $(ls sums.d/*/*.safetensors) --items 20 --json", 0);
    assert_non_null(metrics = strstr(out, "\"metrics\""));
    assert_string_equal(metrics, ours);
    gives("probe run recall --weights $(ls sums.d/*/*.safetensors) --tokenizer levels:16", 2);
    says(err_text, "expected the tokenizer that it was trained with");
    gives("probe run position --weights $(ls sums.d/*/*.safetensors)", 2);
    says(err_text, "a run of a store");
    gives("probe run fewshot recall --store sums.db --items 5", 0);
    says(out, "fewshot.symbol.16");
    gives("probe run fewshot --store sums.db --items 5 --out shots.csv", 0);
    assert_int_equal(lines_of("shots.csv"), 1 + 16);
    gives("--version >/dev/null; mv told/*.jsonl told.jsonl; head -n 1 shots.csv", 0);
    says(out, "run,params,tokens,map,shots,loss,loss_se");
    assert_int_equal(lines_of("told.jsonl"), 1 + 4 * 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_knows),    cmocka_unit_test(who_knows_nothing),
        cmocka_unit_test(counts_right), cmocka_unit_test(counts_wrong),
        cmocka_unit_test(untrained),    cmocka_unit_test(settings_are_what_is_read),
        cmocka_unit_test(the_verb),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
