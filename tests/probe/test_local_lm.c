/* A model in memory as a language model: log-probabilities against whole forward passes one at a time, the same bits
 * however they are asked, samples against the distribution they are drawn from, and what is refused. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "loglog/random.h"
#include "probe/local_lm.h"
#include "tensor/choice/kernel_tables.h"

enum { T = 40, V = 257, ASKS = 60, ROOM = 80 };

static ll_tokenizer *bytes;
static const ll_kernels *kernels;

typedef struct net {
    ll_model model;
    float *params;
} net;

static net net_of(ll_family family) {
    net n = { .model = { family, 2, 16, 2, 40, T, V, 16, 8 } };
    const int64_t size = ll_model_size(&n.model);
    ll_rng r = ll_rng_at(5, LL_STREAM_NOISE, 0);
    assert_ok(ll_model_check(&n.model, err));
    n.params = malloc((size_t)size * sizeof *n.params);
    ll_model_init(&n.model, n.params, 3);
    for (int64_t i = 0; i < size; i++) n.params[i] += (float)(0.3 * ll_rng_normal(&r));
    return n;
}

static ll_lm *lm_of(const net *n, int threads) {
    ll_lm *lm;
    assert_ok(ll_lm_local(&lm, &n->model, kernels, n->params, bytes, threads, err));
    return lm;
}

static int set_up(void **state) {
    (void)state;
    assert_ok(ll_tokenizer_open(&bytes, "bytes", err));
    assert_ok(ll_kernels_named("auto", "fp32", &kernels, err));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    ll_tokenizer_free(bytes);
    return 0;
}

/* Texts of 2 to ROOM bytes of any value, the continuation within the context. */
static char text[ASKS][ROOM];
static void some_asks(ll_lm_ask ask[ASKS]) {
    ll_rng r = ll_rng_at(9, LL_STREAM_NOISE, 1);
    for (int i = 0; i < ASKS; i++) {
        const int64_t size = 2 + ll_rng_below(&r, ROOM - 1), most = size - 1 < T ? size - 1 : T;
        const int64_t scored = 1 + ll_rng_below(&r, most);
        for (int64_t j = 0; j < size; j++) text[i][j] = (char)ll_rng_below(&r, 256);
        ask[i] = (ll_lm_ask) { { text[i], (size_t)(size - scored) }, { text[i] + size - scored, (size_t)scored } };
    }
}

/* Bytes are tokens: the whole context, padded behind, one text at a time. */
static ll_lm_score by_hand(const net *n, const ll_lm_ask *ask) {
    const int64_t size = (int64_t)(ask->context.size + ask->continuation.size),
                  from = size > T + 1 ? size - T - 1 : 0;
    const int64_t inputs = size - from - 1, scored = (int64_t)ask->continuation.size;
    int32_t x[T] = { 0 };
    void *work = aligned_alloc(64, (ll_model_work(&n->model, 1) + 63) / 64 * 64);
    ll_lm_score s = { .tokens = scored, .greedy = true };
    for (int64_t t = 0; t < inputs; t++) x[t] = (uint8_t)ask->context.at[from + t];
    const float *logits = ll_model_logits(&n->model, kernels, n->params, NULL, x, 1, work);
    for (int64_t t = inputs - scored; t < inputs; t++) {
        const int token = (uint8_t)ask->context.at[from + t + 1];
        double sum = 0;
        int best = 0;
        for (int v = 0; v < V; v++) {
            sum += exp(logits[t * V + v]);
            if (logits[t * V + v] > logits[t * V + best]) best = v;
        }
        s.logprob += logits[t * V + token] - log(sum);
        s.greedy &= best == token;
    }
    free(work);
    return s;
}

static void one_at_a_time(void **state) {
    ll_lm_ask ask[ASKS];
    ll_lm_score got[ASKS];
    (void)state;
    some_asks(ask);
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        const net n = net_of((ll_family)f);
        ll_lm *lm = lm_of(&n, 2);
        assert_ok(ll_lm_loglikelihood(lm, ask, ASKS, got, err));
        for (int i = 0; i < ASKS; i++) {
            const ll_lm_score want = by_hand(&n, &ask[i]);
            assert_close(got[i].logprob, want.logprob, 2e-6);
            assert_int_equal(got[i].tokens, want.tokens);
            assert_int_equal(got[i].greedy, want.greedy);
        }
        ll_lm_close(lm);
        free(n.params);
    }
}

static void same_bits(void **state) {
    ll_lm_ask ask[ASKS];
    ll_lm_score all[ASKS], some[ASKS];
    (void)state;
    some_asks(ask);
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        const net n = net_of((ll_family)f);
        for (int threads = 1; threads <= 3; threads++) {
            ll_lm *lm = lm_of(&n, threads);
            if (threads == 1) assert_ok(ll_lm_loglikelihood(lm, ask, ASKS, all, err));
            for (int i = 0; threads > 1 && i < ASKS; i += threads)
                assert_ok(
                    ll_lm_loglikelihood(lm, ask + i, i + threads <= ASKS ? threads : ASKS - i, some + i, err));
            for (int i = 0; threads > 1 && i < ASKS; i++) assert_true(some[i].logprob == all[i].logprob);
            ll_lm_close(lm);
        }
        free(n.params);
    }
}

/* What goes on with the likeliest byte is greedy, and a sample at temperature 0 is made of them. */
static void greedy(void **state) {
    const net n = net_of(LL_FAMILY_LLAMA);
    ll_lm *lm = lm_of(&n, 2);
    ll_lm_prompt prompt = { .text = { "some words", 10 }, .samples = 2, .most = 12, .stop = "" };
    ll_lm_sample s[2];
    (void)state;
    assert_ok(ll_lm_sample_text(lm, &prompt, s, err));
    assert_int_equal(s[0].size, s[1].size);
    assert_memory_equal(s[0].text, s[1].text, s[0].size);
    assert_true(s[0].size > 0);
    const ll_lm_ask ask = { prompt.text, { s[0].text, s[0].size } };
    ll_lm_score score;
    assert_ok(ll_lm_loglikelihood(lm, &ask, 1, &score, err));
    assert_true(score.greedy);
    if (s[0].tokens == (int64_t)s[0].size) assert_close(s[0].logprob, score.logprob, 1e-5);
    s[0].text[0] ^= 1;
    assert_ok(ll_lm_loglikelihood(lm, &ask, 1, &score, err));
    assert_false(score.greedy);
    ll_lm_samples_clear(s, 2);
    ll_lm_close(lm);
    free(n.params);
}

/* First bytes of many samples against exp(logprob) of each, which ll_lm_loglikelihood says. */
static void samples_follow_the_distribution(void **state) {
    enum { SAMPLES = 20000 };
    const net n = net_of(LL_FAMILY_GPT);
    ll_lm *lm = lm_of(&n, 2);
    const ll_lm_prompt prompt = { { "abc", 3 }, .samples = SAMPLES, .most = 1,
                                  .stop = "",   .temperature = 1,   .seed = 7 };
    ll_lm_sample *s = calloc(SAMPLES, sizeof *s);
    int count[256] = { 0 };
    double chi = 0;
    int cells = 0;
    (void)state;
    assert_ok(ll_lm_sample_text(lm, &prompt, s, err));
    for (int j = 0; j < SAMPLES; j++)
        if (s[j].size) count[(uint8_t)s[j].text[0]]++;
    for (int b = 0; b < 256; b++) {
        const char byte = (char)b;
        const ll_lm_ask ask = { prompt.text, { &byte, 1 } };
        ll_lm_score score;
        assert_ok(ll_lm_loglikelihood(lm, &ask, 1, &score, err));
        const double expected = SAMPLES * exp(score.logprob);
        if (expected < 10) continue;
        chi += (count[b] - expected) * (count[b] - expected) / expected;
        cells++;
    }
    assert_true(cells > 20 && fabs(chi - cells) < 5 * sqrt(2.0 * cells));
    ll_lm_samples_clear(s, SAMPLES);
    free(s);
    ll_lm_close(lm);
    free(n.params);
}

static void samples_depend_on_the_seed_alone(void **state) {
    enum { SAMPLES = 9 };
    const net n = net_of(LL_FAMILY_LSTM);
    ll_lm_prompt prompt = {
        { "ab", 2 }, .samples = SAMPLES, .most = 50, .stop = "", .temperature = 0.7, .seed = 3
    };
    ll_lm_sample a[SAMPLES], b[SAMPLES];
    ll_lm *one = lm_of(&n, 1), *three = lm_of(&n, 3);
    int differ = 0;
    (void)state;
    assert_ok(ll_lm_sample_text(one, &prompt, a, err));
    assert_ok(ll_lm_sample_text(three, &prompt, b, err));
    for (int j = 0; j < SAMPLES; j++) {
        assert_true(a[j].size == b[j].size && a[j].logprob == b[j].logprob && a[j].logprob < 0);
        assert_memory_equal(a[j].text, b[j].text, a[j].size);
        differ += j > 0 && strcmp(a[j].text, a[0].text) != 0;
    }
    assert_true(differ > SAMPLES / 2);
    ll_lm_samples_clear(b, SAMPLES);
    prompt.seed = 4;
    assert_ok(ll_lm_sample_text(one, &prompt, b, err));
    assert_true(strcmp(a[0].text, b[0].text) != 0);
    /* A stop ends what would have gone on. */
    const char stop[] = { a[0].text[3], a[0].text[4], 0 };
    const ptrdiff_t at = strstr(a[0].text, stop) - a[0].text;
    ll_lm_samples_clear(b, SAMPLES);
    prompt.seed = 3, prompt.samples = 1, prompt.stop = stop;
    assert_ok(ll_lm_sample_text(one, &prompt, b, err));
    assert_int_equal(b[0].size, at);
    assert_int_equal(b[0].tokens, at + 2);
    assert_memory_equal(b[0].text, a[0].text, (size_t)at);
    ll_lm_samples_clear(b, 1);
    ll_lm_samples_clear(a, SAMPLES);
    ll_lm_close(one);
    ll_lm_close(three);
    free(n.params);
}

/* Tokens that the tokenizer has not say nothing: of four letters, a model of 257 draws them all the time. */
static void a_vocabulary_may_be_padded(void **state) {
    (void)state;
    net n = net_of(LL_FAMILY_GPT);
    ll_tokenizer *letters;
    ll_lm *lm;
    ll_lm_sample s[4];
    assert_ok(ll_tokenizer_open(&letters, "alphabet:ACGT", err));
    assert_ok(ll_lm_local(&lm, &n.model, kernels, n.params, letters, 1, err));
    const ll_lm_prompt prompt = {
        { "ACG", 3 }, .samples = 4, .most = 30, .stop = "TT", .temperature = 5, .seed = 1
    };
    assert_ok(ll_lm_sample_text(lm, &prompt, s, err));
    int64_t tokens = 0, bytes = 0;
    for (int i = 0; i < 4; i++) {
        tokens += s[i].tokens, bytes += (int64_t)s[i].size;
        assert_int_equal(strspn(s[i].text, "ACGT"), s[i].size);
    }
    print_message("%lld tokens say %lld bytes\n", (long long)tokens, (long long)bytes);
    assert_true(tokens > 40 && bytes < tokens / 4);
    ll_lm_samples_clear(s, 4);
    ll_lm_close(lm);
    ll_tokenizer_free(letters);
    free(n.params);
}

static void refuses(ll_lm *lm, const char *context, const char *continuation, const char *why) {
    ll_error err = { 0 };
    ll_lm_score score;
    const ll_lm_ask ask = { { context, strlen(context) }, { continuation, strlen(continuation) } };
    assert_int_equal(ll_lm_loglikelihood(lm, &ask, 1, &score, &err), LL_EINPUT);
    if (!strstr(err.msg, why)) fail_msg("'%s' is not in '%s'", why, err.msg);
}

static void refused(void **state) {
    net n = net_of(LL_FAMILY_GPT);
    ll_lm *lm = lm_of(&n, 1);
    char longer[T + 2];
    (void)state;
    memset(longer, 'a', T + 1), longer[T + 1] = 0;
    refuses(lm, "", "a", "context is empty");
    refuses(lm, "a", "", "continuation is empty");
    refuses(lm, "a", longer, "the continuation has 41 tokens, and the model sees 40 at once");
    ll_lm_close(lm);
    n.model.vocab = 90;
    lm = lm_of(&n, 1);
    refuses(lm, "A", "z", "outside the model's vocabulary of 90");
    ll_lm_close(lm);
    ll_tokenizer *letters;
    assert_ok(ll_tokenizer_open(&letters, "alphabet:ACGT", err));
    assert_ok(ll_lm_local(&lm, &n.model, kernels, n.params, letters, 1, err));
    refuses(lm, "ACG!", "T", "cannot say the text");
    ll_error err = { 0 };
    ll_lm_sample s;
    ll_lm_prompt prompt = { { "A", 1 }, .samples = 0, .most = 1, .stop = "" };
    assert_int_equal(ll_lm_sample_text(lm, &prompt, &s, &err), LL_EINPUT);
    prompt.samples = 1, prompt.temperature = NAN;
    assert_int_equal(ll_lm_sample_text(lm, &prompt, &s, &err), LL_EINPUT);
    prompt.temperature = 0, prompt.text.size = 0;
    assert_int_equal(ll_lm_sample_text(lm, &prompt, &s, &err), LL_EINPUT);
    ll_lm_close(lm);
    ll_lm_close(NULL);
    ll_tokenizer_free(letters);
    free(n.params);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(same_bits),
        cmocka_unit_test(greedy),
        cmocka_unit_test(samples_follow_the_distribution),
        cmocka_unit_test(samples_depend_on_the_seed_alone),
        cmocka_unit_test(a_vocabulary_may_be_padded),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
