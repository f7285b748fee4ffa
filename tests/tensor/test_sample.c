/* Decoding with kept keys and values against whole forward passes, draws against known distributions, and the verb.
 */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "probe/sampling/sample.h"
#include "tensor/choice/kernel_tables.h"

typedef struct net {
    ll_model model;
    float *params;
} net;

/* Every parameter is drawn, gains and biases too: none is where an error would not show. */
static net net_of(ll_family family, int64_t width, int64_t heads, int64_t context) {
    net n = { .model = { family, 2, width, heads, 2 * width + 4, context, 37, 8, 4 } };
    assert_ok(ll_model_check(&n.model, err));
    int64_t size = ll_model_size(&n.model);
    ll_rng r = ll_rng_at(5, LL_STREAM_NOISE, (uint64_t)width);
    n.params = malloc((size_t)size * sizeof *n.params);
    ll_model_init(&n.model, n.params, 3);
    for (int64_t i = 0; i < size; i++) n.params[i] += (float)(0.3 * ll_rng_normal(&r));
    return n;
}

static const ll_kernels *fp32_kernels(void) {
    const ll_kernels *k;
    assert_ok(ll_kernels_named("auto", "fp32", &k, err));
    return k;
}

static void some_tokens(int32_t *token, int64_t n, int64_t V) {
    ll_rng r = ll_rng_at(9, LL_STREAM_NOISE, 0);
    for (int64_t i = 0; i < n; i++) token[i] = (int32_t)ll_rng_below(&r, V);
}

/* ---- decoding ---- */

static void compare_logits(const net *n, const ll_kernels *k) {
    enum { MAX_T = 64 };
    const int64_t T = n->model.context, V = n->model.vocab;
    int32_t token[MAX_T];
    ll_decoder d;
    void *work = aligned_alloc(64, (ll_model_work(&n->model, 1) + 63) / 64 * 64);
    some_tokens(token, T, V);
    assert_ok(ll_decoder_init(&d, &n->model, k, n->params, err));
    const float *all = ll_model_logits(&n->model, k, n->params, NULL, token, 1, work);
    for (int64_t t = 0; t < T; t++) {
        const float *one = ll_decoder_step(&d, token[t]);
        for (int64_t v = 0; v < V; v++)
            if (!(fabs(one[v] - all[t * V + v]) <= 1e-5 * fmax(1, fabs(all[t * V + v]))))
                fail_msg("%s %s, width %d, position %d: logit %d is %.7g, expected %.7g", k->name,
                         ll_family_name(n->model.family), (int)n->model.width, (int)t, (int)v, one[v],
                         all[t * V + v]);
    }
    ll_decoder_clear(&d);
    free(work);
}

static void logits_are_those_of_the_whole_pass(void **state) {
    (void)state;
    static const int64_t shapes[][3] = { { 8, 1, 64 }, { 24, 3, 33 }, { 40, 2, 17 }, { 64, 4, 64 }, { 16, 8, 1 } };
    char list[256];
    snprintf(list, sizeof list, "%s", ll_kernels_list("fp32"));
    for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
        const ll_kernels *k;
        assert_ok(ll_kernels_named(name, "fp32", &k, err));
        for (int f = 0; f < LL_FAMILY_COUNT; f++)
            for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
                net n = net_of((ll_family)f, shapes[i][0], shapes[i][1], shapes[i][2]);
                compare_logits(&n, k);
                free(n.params);
            }
    }
}

static void a_rewound_decoder_forgets(void **state) {
    (void)state;
    net n = net_of(LL_FAMILY_LLAMA, 16, 2, 12);
    ll_decoder d;
    float first[37];
    assert_ok(ll_decoder_init(&d, &n.model, fp32_kernels(), n.params, err));
    memcpy(first, ll_decoder_step(&d, 7), sizeof first);
    for (int i = 0; i < 11; i++) ll_decoder_step(&d, i);
    ll_decoder_rewind(&d);
    assert_memory_equal(ll_decoder_step(&d, 7), first, sizeof first);
    ll_decoder_clear(&d);
    free(n.params);
}

/* ---- texts ---- */

/* A text of 3 contexts and a bit, from a prompt that is itself longer than one. */
static void write_text(const net *n, ll_sample_opts o, int32_t *out, int64_t length) {
    int32_t prompt[20];
    ll_sampler s;
    some_tokens(prompt, 20, n->model.vocab);
    assert_ok(ll_sampler_init(&s, &n->model, fp32_kernels(), n->params, &o, err));
    assert_ok(ll_sampler_read(&s, prompt, 20, err));
    for (int64_t i = 0; i < length; i++) assert_true(ll_sampler_next(&s, &out[i]));
    ll_sampler_clear(&s);
}

enum { LENGTH = 60 };

static void greedy_texts_are_equal_past_the_context(void **state) {
    (void)state;
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        net n = net_of((ll_family)f, 24, 2, 17);
        int32_t kept[LENGTH], naive[LENGTH];
        write_text(&n, (ll_sample_opts) { .stop = -1 }, kept, LENGTH);
        write_text(&n, (ll_sample_opts) { .stop = -1, .naive = true }, naive, LENGTH);
        assert_memory_equal(kept, naive, sizeof kept);
        free(n.params);
    }
}

static void a_seed_names_a_text(void **state) {
    (void)state;
    net n = net_of(LL_FAMILY_GPT, 24, 2, 17);
    int32_t a[LENGTH], b[LENGTH], other[LENGTH];
    write_text(&n, (ll_sample_opts) { .temperature = 1, .seed = 4, .stop = -1 }, a, LENGTH);
    write_text(&n, (ll_sample_opts) { .temperature = 1, .seed = 4, .stop = -1 }, b, LENGTH);
    write_text(&n, (ll_sample_opts) { .temperature = 1, .seed = 5, .stop = -1 }, other, LENGTH);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, other, sizeof a);
    free(n.params);
}

/* After the overflow the model knows the later half of its context, and what came since. */
static void a_full_context_keeps_its_later_half(void **state) {
    (void)state;
    net n = net_of(LL_FAMILY_GPT, 16, 2, 12);
    int32_t token[13];
    ll_sampler s;
    ll_decoder d;
    const float *expected = NULL;
    some_tokens(token, 13, n.model.vocab);
    assert_ok(ll_sampler_init(&s, &n.model, fp32_kernels(), n.params, &(ll_sample_opts) { .stop = -1 }, err));
    assert_ok(ll_sampler_read(&s, token, 13, err));
    assert_ok(ll_decoder_init(&d, &n.model, fp32_kernels(), n.params, err));
    for (int i = 6; i < 13; i++) expected = ll_decoder_step(&d, token[i]);
    assert_int_equal(s.n, 7);
    assert_memory_equal(s.decoder.logits, expected, (size_t)n.model.vocab * sizeof *expected);
    ll_sampler_clear(&s);
    ll_decoder_clear(&d);
    free(n.params);
}

static void the_stop_ends_a_text(void **state) {
    (void)state;
    net n = net_of(LL_FAMILY_GPT, 16, 2, 12);
    int32_t first;
    write_text(&n, (ll_sample_opts) { .stop = -1 }, &first, 1);
    ll_sampler s;
    int32_t prompt[20], token;
    some_tokens(prompt, 20, n.model.vocab);
    assert_ok(ll_sampler_init(&s, &n.model, fp32_kernels(), n.params, &(ll_sample_opts) { .stop = first }, err));
    assert_ok(ll_sampler_read(&s, prompt, 20, err));
    assert_false(ll_sampler_next(&s, &token));
    ll_sampler_clear(&s);
    free(n.params);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    net n = net_of(LL_FAMILY_GPT, 16, 2, 12);
    ll_sampler s;
    ll_error err = { 0 };
    const ll_kernels *k = fp32_kernels();
    ll_sample_opts cold = { .temperature = -1 }, few = { .top_k = -1 }, nan = { .temperature = NAN }, fine = { 0 };
    assert_int_equal(ll_sampler_init(&s, &n.model, k, n.params, &cold, &err), LL_EINPUT);
    assert_int_equal(ll_sampler_init(&s, &n.model, k, n.params, &few, &err), LL_EINPUT);
    assert_int_equal(ll_sampler_init(&s, &n.model, k, n.params, &nan, &err), LL_EINPUT);
    assert_ok(ll_sampler_init(&s, &n.model, k, n.params, &fine, err));
    assert_int_equal(ll_sampler_read(&s, (int32_t[]) { 3, 37 }, 2, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "token 2 is 37, expected 0 to 36"));
    assert_int_equal(ll_sampler_read(&s, (int32_t[]) { -1 }, 1, &err), LL_EINPUT);
    ll_sampler_clear(&s);
    free(n.params);
}

/* ---- draws ---- */

enum { SYMBOLS = 4, DRAWS = 40000 };

/* Counts stay within 5 standard deviations of the probabilities. */
static void expect_shares(ll_sample_opts o, const double p[SYMBOLS]) {
    const float logits[SYMBOLS] = { logf(0.1f), logf(0.4f), logf(0.3f), logf(0.2f) };
    double sums[SYMBOLS];
    int count[SYMBOLS] = { 0 };
    ll_rng r = ll_rng_at(1, LL_STREAM_SAMPLE, 0);
    ll_sample_sums(logits, sums, SYMBOLS, &o);
    for (int i = 0; i < DRAWS; i++) count[ll_sample_pick(sums, SYMBOLS, ll_rng_uniform(&r))]++;
    for (int v = 0; v < SYMBOLS; v++) {
        double sd = sqrt(DRAWS * p[v] * (1 - p[v]));
        if (fabs(count[v] - DRAWS * p[v]) > 5 * sd)
            fail_msg("symbol %d: %d of %d, expected %g", v, count[v], DRAWS, DRAWS * p[v]);
        if (p[v] > 0) assert_close(ll_sample_logprob(sums, SYMBOLS, v), log(p[v]), 1e-6);
    }
}

static void draws_follow_the_softmax(void **state) {
    (void)state;
    expect_shares((ll_sample_opts) { .temperature = 1 }, (double[]) { 0.1, 0.4, 0.3, 0.2 });
    expect_shares((ll_sample_opts) { .temperature = 1, .top_k = 9 }, (double[]) { 0.1, 0.4, 0.3, 0.2 });
    expect_shares((ll_sample_opts) { .temperature = 0.5 }, /* p^2, normalised */
                  (double[]) { 0.01 / 0.3, 0.16 / 0.3, 0.09 / 0.3, 0.04 / 0.3 });
    expect_shares((ll_sample_opts) { .temperature = 1, .top_k = 2 }, (double[]) { 0, 4. / 7, 3. / 7, 0 });
    expect_shares((ll_sample_opts) { .temperature = 3, .top_k = 1 }, (double[]) { 0, 1, 0, 0 });
    expect_shares((ll_sample_opts) { .temperature = 0 }, (double[]) { 0, 1, 0, 0 });
}

static void of_equals_the_lower_token_is_drawn(void **state) {
    (void)state;
    const float flat[5] = { 2, 2, 2, 2, 3 };
    double sums[5];
    bool seen[5] = { 0 };
    ll_rng r = ll_rng_at(1, LL_STREAM_SAMPLE, 0);
    ll_sample_opts o = { .temperature = 1, .top_k = 3 };
    ll_sample_sums(flat, sums, 5, &o);
    for (int i = 0; i < 1000; i++) seen[ll_sample_pick(sums, 5, ll_rng_uniform(&r))] = true;
    assert_true(seen[0] && seen[1] && !seen[2] && !seen[3] && seen[4]);
    assert_int_equal(ll_sample_pick(sums, 5, 0), 0);
    assert_int_equal(ll_sample_pick(sums, 5, 1), 4); /* beyond what may be, as rounding may be */
}

/* ---- the verb ---- */

static int cli(const char *folder, const char *arguments, char out[8192], char err[512]) {
    return support_run(folder, arguments, out, 8192, err, 512);
}

static void put(const char *folder, const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

#define REST                                                 \
    "model: {widths: [8], context: 16}\n"                    \
    "design: {kind: grid, params: [1536], tokens: [4096]}\n" \
    "forecast: {hold_out: none}\n"                           \
    "train: {eval_points: 1, eval_windows: 2, final_windows: 2, batch_tokens: 128}\n"

static void train_on_words(const char *folder) {
    char text[LL_PATH_MAX], out[8192], err[512];
    assert_ok(ll_file_join(text, folder, "text", err));
    assert_ok(ll_file_mkdir(text, err));
    for (int i = 0; i < 40; i++) {
        char name[16], words[400] = "";
        snprintf(name, sizeof name, "%d.txt", i);
        for (int w = 0; w < 40; w++) snprintf(words + strlen(words), sizeof words - strlen(words), "w%d ", w * i);
        put(text, name, words);
    }
    put(folder, "spec.yaml", "data: {text: text}\n" REST);
    if (cli(folder, "run spec.yaml --quiet", out, err) != 0) fail_msg("%s", err);
}

static void the_verb_draws_from_a_run(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], out[8192], again[8192], err[512];
    support_folder(folder);
    train_on_words(folder);
    assert_int_equal(cli(folder, "sample --prompt wo --length 40 --temperature 1 --compare --json", out, err), 0);
    ll_json *doc;
    assert_ok(ll_json_parse(out, strlen(out), "sample", &doc, err));
    assert_string_equal(ll_json_get_str(doc, "schema"), "loglog.sample/1");
    assert_true(ll_json_get_num(doc, "tokens_per_s") > 0 && ll_json_get_num(doc, "naive_tokens_per_s") > 0);
    assert_int_equal(ll_json_size(ll_json_get(doc, "prompt_tokens")), 2);
    assert_true(ll_json_size(ll_json_get(doc, "tokens")) <= 40);
    ll_json_free(doc);
    assert_int_equal(cli(folder, "sample --prompt wo --length 40 --seed 3", out, err), 0);
    assert_int_equal(strncmp(out, "wo", 2), 0);
    assert_int_equal(cli(folder, "sample --prompt wo --length 40 --seed 3", again, err), 0);
    assert_string_equal(out, again);
    support_remove(folder);
}

static void the_verb_knows_tokens_that_are_no_bytes(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], out[8192], err[512];
    long v;
    int read;
    support_folder(folder);
    put(folder, "spec.yaml", "data: {source: markov, tokens: 40k}\n" REST);
    assert_int_equal(cli(folder, "run spec.yaml --quiet", out, err), 0);
    assert_int_equal(cli(folder, "sample --prompt '3, 1' --length 30", out, err), 0);
    assert_int_equal(strncmp(out, "3 1 ", 4), 0);
    int n = 0;
    for (const char *at = out; sscanf(at, "%ld%n", &v, &read) == 1; at += read) n++;
    assert_int_equal(n, 32);
    assert_int_equal(cli(folder, "sample", out, err), 2);
    assert_non_null(strstr(err, "--prompt"));
    assert_int_equal(cli(folder, "sample --prompt 'one'", out, err), 2);
    assert_int_equal(cli(folder, "sample --prompt '60000'", out, err), 2);
    support_remove(folder);
}

static void the_verb_refuses_by_name(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], command[2 * LL_PATH_MAX], out[8192], err[512];
    support_folder(folder);
    assert_int_equal(cli(folder, "sample", out, err), 2);
    train_on_words(folder);
    assert_int_equal(cli(folder, "sample nosuch", out, err), 2);
    assert_non_null(strstr(err, "nosuch"));
    assert_int_equal(cli(folder, "sample --kernels nosuch", out, err), 2);
    assert_int_equal(cli(folder, "sample a b", out, err), 2);
    put(folder, "others.csv", "run,params,tokens,loss\nalien,1000,20000,3.1\n");
    assert_int_equal(cli(folder, "runs import others.csv", out, err), 0);
    assert_int_equal(cli(folder, "sample import", out, err), 2);
    assert_non_null(strstr(err, "imported"));
    snprintf(command, sizeof command,
             "for f in %s/loglog.d/*/*.safetensors; do truncate -s -4 $f && printf '\\0\\0\\300\\177' >>$f; done",
             folder);
    assert_int_equal(system(command), 0); /* a NaN, little-endian: bytes that were not written */
    assert_int_equal(cli(folder, "sample", out, err), 2);
    assert_non_null(strstr(err, ".safetensors"));
    assert_non_null(strstr(err, "trains it anew"));
    snprintf(command, sizeof command, "rm %s/loglog.d/*/*.safetensors", folder);
    assert_int_equal(system(command), 0);
    assert_int_not_equal(cli(folder, "sample", out, err), 0);
    assert_non_null(strstr(err, ".safetensors"));
    support_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_are_those_of_the_whole_pass),
        cmocka_unit_test(a_rewound_decoder_forgets),
        cmocka_unit_test(greedy_texts_are_equal_past_the_context),
        cmocka_unit_test(a_seed_names_a_text),
        cmocka_unit_test(a_full_context_keeps_its_later_half),
        cmocka_unit_test(the_stop_ends_a_text),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(draws_follow_the_softmax),
        cmocka_unit_test(of_equals_the_lower_token_is_drawn),
        cmocka_unit_test(the_verb_draws_from_a_run),
        cmocka_unit_test(the_verb_knows_tokens_that_are_no_bytes),
        cmocka_unit_test(the_verb_refuses_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
