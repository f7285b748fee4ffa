/* Many samples at once: the same for any number of rows and threads, as likely as the model says, ended where they
 * should be. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probe/sampling/sample_many.h"
#include "tensor/choice/kernel_tables.h"

enum { VOCAB = 11, MOST = 9, SAMPLES = 70, PROMPT = 5 };
static const int32_t prompt[PROMPT] = { 3, 1, 4, 1, 5 };

typedef struct net {
    ll_model model;
    float *params;
    const ll_kernels *kernels;
} net;

static net net_of(ll_family family, int64_t context, const char *kernels) {
    net n = { .model = { family, 2, 24, 3, 52, context, VOCAB, 8, 4 } };
    assert_ok(ll_model_check(&n.model, err));
    assert_ok(ll_kernels_named(kernels, "fp32", &n.kernels, err));
    const int64_t size = ll_model_size(&n.model);
    ll_rng r = ll_rng_at(5, LL_STREAM_NOISE, 0);
    n.params = malloc((size_t)size * sizeof *n.params);
    ll_model_init(&n.model, n.params, 3);
    for (int64_t i = 0; i < size; i++) n.params[i] += (float)(0.3 * ll_rng_normal(&r));
    return n;
}

typedef struct texts {
    int32_t token[SAMPLES * MOST];
    int64_t length[SAMPLES], stepped;
    double logprob[SAMPLES];
} texts;

static ll_many_ask ask_of(double temperature, int32_t stop) {
    return (ll_many_ask) { .prompt = prompt,
                           .n = PROMPT,
                           .samples = SAMPLES,
                           .most = MOST,
                           .opts = { .temperature = temperature, .seed = 7, .stop = stop } };
}

static void draw(const net *n, const ll_many_ask *ask, int threads, int64_t rows, texts *out) {
    ll_many m;
    memset(out, 0, sizeof *out);
    assert_ok(ll_many_init(&m, &n->model, n->kernels, n->params, NULL, threads, err));
    m.rows = rows;
    for (int i = 0; i < SAMPLES * MOST; i++) out->token[i] = -1;
    assert_ok(ll_many_draw(&m, ask, out->token, out->length, out->logprob, err));
    out->stepped = m.stepped;
    ll_many_clear(&m);
    for (int64_t j = 0; j < ask->samples; j++) /* what stopped a text is no part of it */
        for (int64_t t = out->length[j]; t < MOST; t++) out->token[j * MOST + t] = -1;
}

static void rows_and_threads_change_no_bit(void **state) {
    (void)state;
    static const char *const tables[] = { "auto", "simd128", "ref" };
    for (int f = 0; f < LL_FAMILY_COUNT; f++)
        for (size_t k = 0; k < sizeof tables / sizeof *tables; k++) {
            const net n = net_of((ll_family)f, 32, tables[k]);
            const ll_many_ask ask = ask_of(1.1, 2);
            texts one, other;
            draw(&n, &ask, 1, 1, &one);
            for (int threads = 1; threads <= 3; threads++)
                for (int64_t rows = 2; rows <= 40; rows *= 2) {
                    draw(&n, &ask, threads, rows, &other);
                    assert_memory_equal(one.token, other.token, sizeof one.token);
                    assert_memory_equal(one.length, other.length, sizeof one.length);
                    assert_memory_equal(one.logprob, other.logprob, sizeof one.logprob);
                }
            free(n.params);
        }
}

static void company_changes_no_sample(void **state) {
    (void)state;
    const net n = net_of(LL_FAMILY_LLAMA, 32, "auto");
    ll_many_ask ask = ask_of(1, -1);
    texts all, few;
    draw(&n, &ask, 2, 8, &all);
    ask.samples = 3;
    draw(&n, &ask, 2, 8, &few);
    assert_memory_equal(all.token, few.token, 3 * MOST * sizeof *all.token);
    int32_t other[PROMPT] = { 3, 1, 4, 1, 6 };
    ask.prompt = other;
    draw(&n, &ask, 2, 8, &few);
    assert_memory_not_equal(all.token, few.token, 3 * MOST * sizeof *all.token);
    free(n.params);
}

/* The logits [T,V] after prompt and text by a whole forward pass. */
static const float *whole_pass(const net *n, const int32_t *text, int64_t length, void *work) {
    int32_t x[32] = { 0 };
    memcpy(x, prompt, sizeof prompt);
    memcpy(x + PROMPT, text, (size_t)length * sizeof *text);
    return ll_model_logits(&n->model, n->kernels, n->params, NULL, x, 1, work);
}

static double log_softmax(const float *logits, int32_t token, double temperature) {
    double sum = 0;
    for (int v = 0; v < VOCAB; v++) sum += exp((logits[v] - logits[token]) / temperature);
    return -log(sum);
}

static void log_probabilities_are_those_of_the_whole_pass(void **state) {
    (void)state;
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        const net n = net_of((ll_family)f, 32, "auto");
        const ll_many_ask ask = ask_of(f ? 0.8 : 0, -1);
        texts t;
        draw(&n, &ask, 2, 16, &t);
        void *work = aligned_alloc(64, (ll_model_work(&n.model, 1) + 63) / 64 * 64);
        for (int j = 0; j < SAMPLES; j++) {
            const float *logits = whole_pass(&n, t.token + j * MOST, MOST, work);
            double sum = 0;
            for (int i = 0; i < MOST; i++)
                sum += log_softmax(logits + (PROMPT - 1 + i) * VOCAB, t.token[j * MOST + i], f ? 0.8 : 1);
            assert_int_equal(t.length[j], MOST);
            assert_close(t.logprob[j], sum, 1e-4);
        }
        free(work);
        free(n.params);
    }
}

/* Texts of two tokens are drawn as often as the model gives them, to 5 standard deviations. */
static void shares_are_probabilities(void **state) {
    (void)state;
    enum { DRAWS = 20000 };
    const net n = net_of(LL_FAMILY_GPT, 32, "auto");
    ll_many_ask ask = ask_of(1, -1);
    ask.samples = DRAWS, ask.most = 2;
    int32_t *token = malloc(2 * DRAWS * sizeof *token);
    int64_t *length = malloc(DRAWS * sizeof *length);
    double *logprob = malloc(DRAWS * sizeof *logprob);
    int count[VOCAB][VOCAB] = { { 0 } };
    ll_many m;
    assert_ok(ll_many_init(&m, &n.model, n.kernels, n.params, NULL, 2, err));
    assert_ok(ll_many_draw(&m, &ask, token, length, logprob, err));
    assert_true(m.stepped <= PROMPT + 2 * VOCAB); /* what is the same is computed once on each thread */
    ll_many_clear(&m);
    for (int j = 0; j < DRAWS; j++) count[token[2 * j]][token[2 * j + 1]]++;
    void *work = aligned_alloc(64, (ll_model_work(&n.model, 1) + 63) / 64 * 64);
    for (int32_t a = 0; a < VOCAB; a++) {
        const float *logits = whole_pass(&n, &a, 1, work);
        for (int32_t b = 0; b < VOCAB; b++) {
            const double p =
                exp(log_softmax(logits + (PROMPT - 1) * VOCAB, a, 1) + log_softmax(logits + PROMPT * VOCAB, b, 1));
            if (fabs(count[a][b] - DRAWS * p) > 5 * sqrt(DRAWS * p * (1 - p)) + 1)
                fail_msg("%d %d: %d of %d, expected %g", a, b, count[a][b], DRAWS, DRAWS * p);
        }
    }
    free(work), free(token), free(length), free(logprob), free(n.params);
}

static void cold_texts_are_the_samplers(void **state) {
    (void)state;
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        const net n = net_of((ll_family)f, 32, "auto");
        const ll_many_ask ask = ask_of(0, -1);
        texts t;
        ll_sampler s;
        int32_t token;
        draw(&n, &ask, 2, 8, &t);
        assert_ok(ll_sampler_init(&s, &n.model, n.kernels, n.params, &ask.opts, err));
        assert_ok(ll_sampler_read(&s, prompt, PROMPT, err));
        for (int i = 0; i < MOST; i++) {
            assert_true(ll_sampler_next(&s, &token));
            for (int j = 0; j < SAMPLES; j++) assert_int_equal(t.token[j * MOST + i], token);
        }
        assert_true(t.stepped <= PROMPT + 2 * MOST);
        ll_sampler_clear(&s);
        free(n.params);
    }
}

/* ---- ends ---- */

static bool two_are_equal(void *ctx, const int32_t *text, int64_t n) {
    (void)ctx;
    return n > 1 && text[n - 1] == text[n - 2];
}

static void texts_end_where_they_should(void **state) {
    (void)state;
    const net n = net_of(LL_FAMILY_GPT, 32, "auto");
    ll_many_ask ask = ask_of(1.5, 4);
    texts free_ones, t;
    int shorter = 0;
    draw(&n, &ask, 2, 8, &t);
    ask.opts.stop = -1;
    draw(&n, &ask, 2, 8, &free_ones);
    for (int j = 0; j < SAMPLES; j++) {
        const int32_t *a = free_ones.token + j * MOST, *b = t.token + j * MOST;
        int64_t until = 0;
        while (until < MOST && a[until] != 4) until++;
        assert_int_equal(t.length[j], until); /* the draws before are the same */
        assert_memory_equal(a, b, (size_t)until * sizeof *a);
        shorter += until < MOST;
    }
    assert_true(shorter > 0);
    ask.ends = two_are_equal;
    draw(&n, &ask, 2, 8, &t);
    for (int j = 0; j < SAMPLES; j++) {
        const int32_t *a = free_ones.token + j * MOST;
        int64_t until = 1;
        while (until < MOST && !two_are_equal(NULL, a, until)) until++;
        assert_int_equal(t.length[j], until);
    }
    free(n.params);
}

static void the_context_ends_a_text(void **state) {
    (void)state;
    const net n =
        net_of(LL_FAMILY_GPT, 8, "auto"); /* 4 tokens of the prompt are kept, of 5 draws the last is not read */
    ll_many_ask ask = ask_of(1, -1), later = ask;
    texts t, same;
    draw(&n, &ask, 1, 8, &t);
    for (int j = 0; j < SAMPLES; j++) assert_int_equal(t.length[j], 5);
    later.most = 4; /* room for the whole prompt */
    draw(&n, &later, 1, 8, &same);
    for (int j = 0; j < SAMPLES; j++) assert_int_equal(same.length[j], 4);
    free(n.params);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    const net n = net_of(LL_FAMILY_GPT, 8, "auto");
    ll_many m;
    ll_error e = { 0 };
    int32_t strange[] = { 1, VOCAB };
    assert_ok(ll_many_init(&m, &n.model, n.kernels, n.params, NULL, 1, err));
    ll_many_ask ask = ask_of(1, -1);
    ask.n = 0;
    assert_int_equal(ll_many_draw(&m, &ask, NULL, NULL, NULL, &e), LL_EINPUT);
    ask = ask_of(-1, -1);
    assert_int_equal(ll_many_draw(&m, &ask, NULL, NULL, NULL, &e), LL_EINPUT);
    ask = ask_of(1, -1), ask.most = 0;
    assert_int_equal(ll_many_draw(&m, &ask, NULL, NULL, NULL, &e), LL_EINPUT);
    ask = ask_of(1, -1), ask.prompt = strange, ask.n = 2;
    assert_int_equal(ll_many_draw(&m, &ask, NULL, NULL, NULL, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "token 2 is 11, expected 0 to 10"));
    ll_many_clear(&m);
    free(n.params);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_threads_change_no_bit),
        cmocka_unit_test(company_changes_no_sample),
        cmocka_unit_test(log_probabilities_are_those_of_the_whole_pass),
        cmocka_unit_test(shares_are_probabilities),
        cmocka_unit_test(cold_texts_are_the_samplers),
        cmocka_unit_test(texts_end_where_they_should),
        cmocka_unit_test(the_context_ends_a_text),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
