/* The probe of memory, asked of models whose memory is known: one that knows nothing, one that has some canaries by
 * heart, one that has the training text by heart, and one whose probabilities can all be counted. */
#define _GNU_SOURCE
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/build.h"
#include "measured.h"
#include "probe/local_lm.h"
#include "probe/memory/memory.h"
#include "probe/windows.h"
#include "tensor/choice/kernel_tables.h"

enum { T = 32, CHANCE_CANARIES = 300 };

static ll_shard train, val;
static ll_tokenizer *tokenizer;

/* ---- models ---- */

typedef struct stub {
    ll_lm lm;
    const ll_canaries *planted;
    int64_t from, to;      /* canaries of these copies it has by heart, with probability 0.9 */
    const double *counted; /* [1000] probabilities of three digits, or NULL: all digits alike */
    const ll_shard *text;  /* which it has by heart, or NULL */
} stub;

static double noise_of(const char *text, size_t size) {
    char hex[LL_HASH_HEX];
    ll_hash_of(text, size, hex);
    hex[8] = 0;
    return (double)strtoul(hex, NULL, 16) / 4294967296.0;
}

/* The canary that a line begins, where it is known by heart. */
static bool recall(const stub *s, ll_span context, ll_canary *c) {
    for (int64_t i = 0; s->to && i < ll_canaries_all(s->planted); i++) {
        ll_canary_make(s->planted, i, c);
        if (c->copies < s->from || c->copies > s->to || context.size < c->prefix) continue;
        if (memcmp(context.at + context.size - c->prefix, c->text, c->prefix) == 0) return true;
    }
    return false;
}

/* Uniform but for a millionth, by which no two candidates are alike. */
static ll_status score(ll_lm *lm, const ll_lm_ask *ask, int64_t n, ll_lm_score *out, ll_error *err) {
    const stub *s = (const stub *)lm;
    (void)err;
    for (int64_t i = 0; i < n; i++) {
        const ll_span digits = ask[i].continuation;
        char whole[256];
        ll_canary c;
        const int size = snprintf(whole, sizeof whole, "%.*s%.*s", (int)ask[i].context.size, ask[i].context.at,
                                  (int)digits.size, digits.at);
        double p = pow(10, -(double)digits.size) * (1 + 1e-6 * noise_of(whole, (size_t)size));
        if (s->counted) p = s->counted[atoi(digits.at)];
        if (recall(s, ask[i].context, &c)) p = memcmp(c.text + c.prefix, digits.at, c.digits) == 0 ? 0.9 : 0.1 * p;
        out[i] = (ll_lm_score) { .logprob = log(p), .tokens = (int64_t)digits.size };
    }
    return LL_OK;
}

static int64_t draw_counted(const double *p, double u) {
    int64_t i = 0;
    while (i < 999 && (u -= p[i]) >= 0) i++;
    return i;
}

/* Where the text has the prompt, what follows it there; at temperature 0 of who knows nothing always the same. */
static void speak(const stub *s, const ll_lm_prompt *p, int64_t j, char *out) {
    ll_rng r = ll_rng_at(p->seed, LL_STREAM_NOISE, (uint64_t)j);
    const bool greedy = p->temperature == 0;
    ll_canary c;
    if (s->text) {
        for (int64_t i = 0; i + (int64_t)p->text.size + p->most < s->text->n; i++) {
            size_t k = 0;
            while (k < p->text.size && s->text->tokens[i + (int64_t)k] == (uint8_t)p->text.at[k]) k++;
            if (k < p->text.size) continue;
            for (int64_t m = 0; m < p->most; m++) out[m] = (char)s->text->tokens[i + (int64_t)k + m];
            return;
        }
    }
    if (recall(s, p->text, &c) && (greedy || ll_rng_uniform(&r) < 0.9)) {
        snprintf(out, (size_t)p->most + 1, "%s", c.text + c.prefix);
        return;
    }
    if (s->counted) sprintf(out, "%03d", (int)draw_counted(s->counted, ll_rng_uniform(&r)));
    else
        for (int64_t m = 0; m < p->most; m++) out[m] = greedy ? '7' : (char)('0' + ll_rng_below(&r, 10));
}

static ll_status sample(ll_lm *lm, const ll_lm_prompt *p, ll_lm_sample *out, ll_error *err) {
    (void)err;
    for (int64_t j = 0; j < p->samples; j++) {
        out[j] = (ll_lm_sample) { .text = calloc((size_t)p->most + 1, 1), .size = (size_t)p->most };
        speak((const stub *)lm, p, j, out[j].text);
    }
    return LL_OK;
}

/* ---- asking ---- */

static ll_measures ask(stub *s, ll_status (*part)(const ll_probe_subject *, ll_measures *, ll_error *)) {
    const ll_probe_opts opts = { .seed = 1, .items = 50, .windows = 64 };
    const ll_probe_subject subject = {
        .lm = &s->lm, .train = &train, .val = &val, .tokenizer = tokenizer, .opts = &opts
    };
    ll_measures m = { 0 };
    s->lm.loglikelihood = score;
    s->lm.sample = sample;
    s->planted = &train.info.canaries;
    assert_ok(part(&subject, &m, err));
    return m;
}

/* Other canaries in the same text: the probe knows them by the shard's sidecar alone. */
static ll_canaries swap(int64_t count, const char *format) {
    const ll_canaries was = train.info.canaries;
    train.info.canaries.count = count;
    snprintf(train.info.canaries.format, sizeof train.info.canaries.format, "%s", format);
    return was;
}

/* ---- exposure ---- */

static void who_knows_nothing(void **state) {
    (void)state;
    stub s = { 0 };
    const ll_canaries was = swap(CHANCE_CANARIES, "the code of NNNNNN is DDDDDDDDD");
    const ll_measures m = ask(&s, ll_memory_exposure);
    assert_int_equal(m.n, 4);
    for (int i = 0; i < m.n; i++) {
        assert_int_equal(m.of[i].n, CHANCE_CANARIES);
        assert_true(fabs(m.of[i].value - 1 / log(2)) < 3.5 * m.of[i].se + 0.05);
        assert_true(fabs(m.of[i].chance - 1 / log(2)) < 0.05);
    }
    assert_string_equal(m.of[0].metric, "exposure.1");
    assert_string_equal(m.of[3].metric, "exposure.0");
    train.info.canaries = was;
}

static void what_is_known_by_heart(void **state) {
    (void)state;
    stub s = { .from = 16, .to = 16 };
    const ll_measures m = ask(&s, ll_memory_exposure);
    assert_close(measured(&m, "exposure.16")->value, 9 * log2(10), 1e-12);
    assert_true(measured(&m, "exposure.16")->se == 0);
    assert_true(measured(&m, "exposure.1")->value < 8 && measured(&m, "exposure.0")->value < 8);
}

/* Three digits, a thousand candidates with probabilities of every size: ranks can be counted. */
static void against_counted_ranks(void **state) {
    (void)state;
    double p[1000], sum = 0, exact = 0;
    stub s = { .counted = p };
    ll_rng r = ll_rng_at(2, LL_STREAM_NOISE, 0);
    for (int i = 0; i < 1000; i++) sum += p[i] = exp(2 * ll_rng_normal(&r));
    for (int i = 0; i < 1000; i++) p[i] /= sum;
    const ll_canaries was = swap(100, "the code of NNNNNN is DDD");
    const ll_measures m = ask(&s, ll_memory_exposure);
    double off = 0;
    for (int k = 0; k < 4; k++) {
        exact = 0;
        for (int64_t i = k * 100; i < k * 100 + 100; i++) {
            ll_canary c;
            int rank = 0;
            ll_canary_make(&train.info.canaries, i, &c);
            for (int j = 0; j < 1000; j++) rank += p[j] >= p[atoi(c.text + c.prefix)];
            exact += (log2(1000) - log2(rank)) / 100;
        }
        off += (m.of[k].value - exact) / 4;
        assert_true(fabs(m.of[k].value - exact) < 0.15);
    }
    assert_true(fabs(off) < 0.07);
    train.info.canaries = was;
}

static void without_canaries(void **state) {
    (void)state;
    stub s = { 0 };
    const ll_canaries was = train.info.canaries;
    train.info.canaries.n = 0;
    assert_int_equal(ask(&s, ll_memory_exposure).n, 0);
    assert_int_equal(ask(&s, ll_memory_canaries).n, 0);
    train.info.canaries = was;
}

/* ---- extraction ---- */

static void canaries_extracted(void **state) {
    (void)state;
    stub s = { .from = 4, .to = 16 }, nothing = { 0 };
    const ll_measures m = ask(&s, ll_memory_canaries), none = ask(&nothing, ll_memory_canaries);
    assert_true(measured(&m, "extracted.1")->value == 0 && measured(&m, "extracted.4")->value == 1);
    assert_true(measured(&m, "extracted.16")->value == 1 && measured(&m, "extracted.0")->value == 0);
    for (int i = 0; i < none.n; i++) assert_true(none.of[i].value == 0);
    stub by_heart = { .text = &train }; /* planted lines are part of the text, controls are not */
    const ll_measures all = ask(&by_heart, ll_memory_canaries);
    assert_true(measured(&all, "extracted.1")->value == 1 && measured(&all, "extracted.16")->value == 1);
    assert_true(measured(&all, "extracted.0")->value == 0);
}

static void text_extracted(void **state) {
    (void)state;
    stub s = { .text = &train }, nothing = { 0 };
    const ll_measures m = ask(&s, ll_memory_verbatim), none = ask(&nothing, ll_memory_verbatim);
    assert_int_equal(m.n, 6);
    for (int i = 0; i < 6; i++) {
        const bool held_out = strncmp(m.of[i].metric, "held_out", 8) == 0;
        assert_true(m.of[i].value == (held_out ? 0 : 1) && m.of[i].n == 50);
        assert_true(none.of[i].value == 0);
    }
}

/* No passage and no window has a canary in it. */
static void canaries_are_no_text(void **state) {
    (void)state;
    const ll_canaries *c = &train.info.canaries;
    int64_t clean = 0;
    for (int64_t at = 0; at + T < train.n; at += 7) {
        char text[T + 1] = { 0 };
        for (int k = 0; k < T; k++)
            text[k] = (char)(train.tokens[at + k] == LL_TOKEN_END ? '\f' : train.tokens[at + k]);
        if (!ll_memory_is_text(&train, tokenizer, at, T)) continue;
        clean++;
        for (int64_t i = 0; i < ll_canaries_all(c); i++) {
            ll_canary canary;
            ll_canary_make(c, i, &canary);
            for (size_t k = 0; k + 8 <= strlen(canary.text); k++)
                if (k > 11) assert_null(memmem(text, T, canary.text + k, 8));
        }
    }
    assert_true(clean > train.n / 7 / 2);
}

/* ---- the gap ---- */

/* An untrained model: no gap. The loss of the held-out text is the mean over its windows. */
static void gap_of_untrained(void **state) {
    (void)state;
    const ll_model model = { LL_FAMILY_GPT, 1, 16, 1, 64, T, LL_BYTE_VOCAB, 16, 16 };
    const ll_kernels *kernels;
    const ll_probe_opts opts = { .windows = 200, .threads = 2 };
    float *params = malloc((size_t)ll_model_size(&model) * sizeof *params);
    ll_measures m = { 0 };
    assert_ok(ll_kernels_named("auto", "fp32", &kernels, err));
    ll_model_init(&model, params, 1);
    const ll_probe_subject subject = { .model = &model,
                                       .kernels = kernels,
                                       .params = params,
                                       .train = &train,
                                       .val = &val,
                                       .tokenizer = tokenizer,
                                       .opts = &opts };
    assert_ok(ll_memory_gap(&subject, &m, err));
    assert_true(fabs(measured(&m, "trained")->value - log(LL_BYTE_VOCAB)) < 0.5);
    assert_true(fabs(measured(&m, "gap")->value) < 3 * measured(&m, "gap")->se);
    assert_close(measured(&m, "gap")->value, measured(&m, "held_out")->value - measured(&m, "trained")->value,
                 1e-9);

    ll_windows w;
    assert_ok(ll_windows_choose(&w, &val, T, 200, err));
    float *loss = malloc((size_t)(w.n * T) * sizeof *loss);
    assert_ok(ll_windows_loss(&subject, &w, loss, err));
    double sum = 0;
    for (int64_t i = 0; i < w.n * T; i++) sum += loss[i] / (double)(w.n * T);
    assert_close(measured(&m, "held_out")->value, sum, 1e-6);
    free(loss);
    ll_windows_clear(&w);
    free(params);
}

/* An untrained model, asked in its own words, is at chance: of canaries that it never saw it says none. */
static void untrained(void **state) {
    (void)state;
    const ll_model model = { LL_FAMILY_GPT, 1, 16, 1, 64, T, LL_BYTE_VOCAB, 16, 16 };
    const ll_kernels *kernels;
    const ll_probe_opts opts = { .windows = 20, .items = 10, .seed = 1 };
    float *params = malloc((size_t)ll_model_size(&model) * sizeof *params);
    ll_lm *lm;
    ll_measures m;
    assert_ok(ll_kernels_named("auto", "fp32", &kernels, err));
    ll_model_init(&model, params, 1);
    assert_ok(ll_lm_local(&lm, &model, kernels, params, tokenizer, 2, err));
    const ll_canaries was = swap(40, "the code of NNNNNN is DDDDDDDDD");
    const ll_probe_subject subject = { .lm = lm,
                                       .model = &model,
                                       .kernels = kernels,
                                       .params = params,
                                       .train = &train,
                                       .val = &val,
                                       .tokenizer = tokenizer,
                                       .opts = &opts };
    assert_ok(ll_probe_find("memory")->run(&subject, &m, err));
    for (int i = 0; i < m.n; i++) {
        const ll_measured *of = &m.of[i];
        if (isnan(of->chance) || strcmp(of->metric, "share") == 0) continue;
        assert_true(fabs(of->value - of->chance) <= 3 * of->se + 1e-12);
    }
    train.info.canaries = was;
    ll_lm_close(lm);
    free(params);
}

static void refusals(void **state) {
    (void)state;
    const ll_probe_opts opts = { .windows = 8 };
    ll_measures m;
    ll_error err;
    assert_int_equal(ll_probe_find("memory")->run(&(ll_probe_subject) { .val = &val, .opts = &opts }, &m, &err),
                     LL_EINPUT);
}

/* ---- through the program ---- */

static double value_of(const ll_json *doc, const char *metric, const char *key) {
    const ll_json *metrics = ll_json_get(ll_json_at(ll_json_get(doc, "runs"), 0), "metrics");
    return ll_json_get_num(ll_json_get(metrics, metric), key);
}

static ll_json *probe(const char *store) {
    static char out[1 << 16], said[1024];
    char command[256];
    ll_json *doc;
    snprintf(command, sizeof command, "probe run memory --store %s --windows 16 --items 20 --json", store);
    const int code = support_run(folder, command, out, sizeof out, said, sizeof said);
    if (code) fail_msg("%s", said);
    assert_ok(ll_json_parse(out, strlen(out), "probe", &doc, err));
    return doc;
}

static void train_one(const char *name, const char *data) {
    char spec[512], path[LL_PATH_MAX], command[128], err[1024];
    const int n = snprintf(spec, sizeof spec,
                           "schema: loglog.spec/1\nname: m\ndata: {text: text.txt, val_share: 0.3, %s}\n"
                           "model: {context: 32, layers: 1}\ntrain: {lr: 0.02}\nforecast: {hold_out: none}\n"
                           "design: {kind: list, params: [3072], tokens: [200k]}\n",
                           data);
    support_write(folder, name, spec, (size_t)n, path);
    snprintf(command, sizeof command, "run %s --store %s.db", name, name);
    if (support_run(folder, command, NULL, 0, err, sizeof err)) fail_msg("%s", err);
}

/* Letters are drawn one by one: who sees 640 of them for 300 epochs learns by heart what does not carry over. */
static void epochs_are_memory(void **state) {
    (void)state;
    train_one("part", "unique_tokens: 640");
    ll_json *doc = probe("part.db");
    assert_true(value_of(doc, "memory.gap", "value") > 5 * value_of(doc, "memory.gap", "se"));
    assert_true(value_of(doc, "memory.share", "value") > 5 * value_of(doc, "memory.share", "se"));
    assert_true(isnan(value_of(doc, "memory.exposure.0", "value")));
    ll_json_free(doc);
}

static void planted_by_a_spec(void **state) {
    (void)state;
    train_one("canaries", "canaries: [1, 40], canary_count: 4, canary_format: the NNN is DDD");
    ll_json *doc = probe("canaries.db");
    assert_int_equal(ll_json_get_int(doc, "measured", -1), 1);
    assert_true(value_of(doc, "memory.exposure.0", "n") == 4 && value_of(doc, "memory.exposure.40", "n") == 4);
    assert_true(value_of(doc, "memory.exposure.40", "value") <= 3 * log2(10) + 1e-9);
    assert_true(value_of(doc, "memory.extracted.0", "value") == 0);
    ll_json_free(doc);
    doc = probe("canaries.db"); /* kept */
    assert_int_equal(ll_json_get_int(doc, "measured", -1), 0);
    ll_json_free(doc);
}

/* ---- a text of words with canaries ---- */

static int set_up(void **state) {
    static const ll_canaries planted = {
        .n = 3, .copies = { 1, 4, 16 }, .count = 4, .seed = 3, .format = "the code of NNNNNN is DDDDDDDDD"
    };
    static char body[60000];
    char path[LL_PATH_MAX], prefix[LL_PATH_MAX];
    ll_rng r = ll_rng_at(9, LL_STREAM_NOISE, 0);
    ll_build_report report;
    (void)state;
    support_folder(folder);
    for (size_t k = 0; k < sizeof body; k++)
        body[k] = k % 50 == 49 ? '\n' : k % 6 == 5 ? ' ' : (char)('a' + ll_rng_below(&r, 26));
    support_write(folder, "text.txt", body, sizeof body, path);
    assert_ok(ll_file_join(prefix, folder, "data", err));
    const ll_build_opts o = {
        .corpus = { .path = path }, .prefix = prefix, .val_share = 0.3, .canaries = &planted
    };
    assert_ok(ll_build_text(&o, &report, err));
    assert_ok(ll_shard_open_pair(&train, &val, prefix, err));
    assert_ok(ll_tokenizer_open(&tokenizer, "bytes", err));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    ll_tokenizer_free(tokenizer);
    ll_shard_close(&train);
    ll_shard_close(&val);
    support_remove(folder);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_knows_nothing),
        cmocka_unit_test(what_is_known_by_heart),
        cmocka_unit_test(against_counted_ranks),
        cmocka_unit_test(without_canaries),
        cmocka_unit_test(canaries_extracted),
        cmocka_unit_test(text_extracted),
        cmocka_unit_test(canaries_are_no_text),
        cmocka_unit_test(gap_of_untrained),
        cmocka_unit_test(untrained),
        cmocka_unit_test(refusals),
        cmocka_unit_test(epochs_are_memory),
        cmocka_unit_test(planted_by_a_spec),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
