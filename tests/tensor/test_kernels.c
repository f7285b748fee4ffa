/* Every kernel of every table that runs here against the reference, whose sums are in double, on random shapes with
 * awkward tails. A product is held to 1e-5 (bf16: 1e-2) of the sum of its absolute products, attention to the same
 * in the norm, the rest to 1e-5 in the norm. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "loglog/random.h"
#include "tensor/choice/kernel_tables.h"

enum { MAX = 1 << 18, TRIALS = 40 };

typedef struct bench {
    const ll_kernels *fast;
    ll_kernels ref;
    ll_rng rng;
    float *in[6], *a[4], *b[4]; /* inputs; outputs of the fast one and of the reference */
    int32_t *token;
} bench;

static float *numbers(bench *t, int slot, int64_t n, double scale) {
    assert_true(n <= MAX);
    for (int64_t i = 0; i < n; i++) t->in[slot][i] = (float)(scale * ll_rng_normal(&t->rng));
    return t->in[slot];
}

static int64_t pick(bench *t, int64_t hi) {
    return 1 + ll_rng_below(&t->rng, hi);
}

/* The same start for both outputs, since kernels may add to them. */
static void start(bench *t, int slot, int64_t n) {
    assert_true(n <= MAX);
    for (int64_t i = 0; i < n; i++) t->a[slot][i] = t->b[slot][i] = (float)ll_rng_normal(&t->rng);
}

/* What products may differ by. */
static float bar(const bench *t) {
    return strcmp(t->fast->precision, "bf16") ? 1e-5f : 1e-2f;
}

static void within(const bench *t, float most, int slot, int64_t n, const char *what) {
    double diff = 0, norm = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = (double)t->a[slot][i] - t->b[slot][i];
        diff += d * d;
        norm += (double)t->b[slot][i] * t->b[slot][i];
    }
    if (!(sqrt(diff) <= most * sqrt(norm) + 1e-30))
        fail_msg("%s %s: relative error %g", t->fast->name, what, sqrt(diff / norm));
}

static void same(const bench *t, int slot, int64_t n, const char *what) {
    within(t, 1e-5f, slot, n, what);
}

/* Packed before, b gives the bits that it gives when it is packed on the way. In: as left by matmul. */
static void packed_product(bench *t, int64_t M, int64_t N, int64_t K, unsigned flags, const float *bias) {
    const int64_t size = t->fast->packed(N, K, flags);
    if (!size) return;                           /* taken as it lies */
    float *b = malloc((size_t)size * sizeof *b); /* a sanitizer sees one that is too small */
    t->fast->pack(b, t->in[1], N, K, flags);
    start(t, 0, M * N);
    t->fast->matmul(t->a[0], t->in[0], t->in[1], bias, M, N, K, flags);
    t->fast->matmul(t->b[0], t->in[0], b, bias, M, N, K, flags | LL_MM_PACKED);
    assert_memory_equal(t->a[0], t->b[0], (size_t)(M * N) * sizeof(float));
    free(b);
}

static void matmul(bench *t) {
    static float bound[MAX];
    int64_t M = ll_rng_below(&t->rng, 6) ? pick(t, ll_rng_below(&t->rng, 2) ? 60 : 200) : 1,
            N = ll_rng_below(&t->rng, 8) ? pick(t, 90) : pick(t, 600),
            K = ll_rng_below(&t->rng, 8) ? pick(t, 70) : pick(t, 1200);
    if (N * K > MAX) K = MAX / N;
    if (M * N > MAX) M = MAX / N;
    if (M * K > MAX) M = MAX / K;
    unsigned flags = (unsigned)ll_rng_below(&t->rng, 8);
    const float *a = numbers(t, 0, M * K, 1), *b = numbers(t, 1, N * K, 1);
    const float *bias = ll_rng_below(&t->rng, 2) ? numbers(t, 2, N, 1) : NULL;
    start(t, 0, M * N);
    for (int64_t i = 0; i < M * N; i++) bound[i] = fabsf(t->a[0][i]) + 2;
    for (int64_t i = 0; !(flags & LL_MM_ADD) && i < M * N; i++)
        t->a[0][i] = NAN; /* what is not added to is not read */
    t->fast->matmul(t->a[0], a, b, bias, M, N, K, flags);
    t->ref.matmul(t->b[0], a, b, bias, M, N, K, flags);
    for (int64_t i = 0; i < M * K; i++) t->in[0][i] = fabsf(a[i]);
    for (int64_t i = 0; i < N * K; i++) t->in[1][i] = fabsf(b[i]);
    t->ref.matmul(bound, t->in[0], t->in[1], NULL, M, N, K, flags | LL_MM_ADD);
    for (int64_t i = 0; i < M * N; i++)
        if (!(fabsf(t->a[0][i] - t->b[0][i]) <= bar(t) * bound[i]))
            fail_msg("%s matmul %dx%dx%d flags %u: %g, expected %g", t->fast->name, (int)M, (int)N, (int)K, flags,
                     (double)t->a[0][i], (double)t->b[0][i]);
    packed_product(t, M, N, K, flags, bias);
    start(t, 1, N);
    t->fast->sum_rows(t->a[1], t->b[0], M, N, 0, N);
    t->ref.sum_rows(t->b[1], t->b[0], M, N, 0, N);
    same(t, 1, N, "sum_rows");
}

static void norms(bench *t) {
    int64_t R = pick(t, 30), C = pick(t, 100);
    const float *x = numbers(t, 0, R * C, 2), *w = numbers(t, 1, C, 1), *b = numbers(t, 2, C, 1),
                *dy = numbers(t, 3, R * C, 1);
    float *mean[2] = { t->a[1], t->b[1] }, *rstd[2] = { t->a[2], t->b[2] };
    t->fast->layernorm_fwd(t->a[0], mean[0], rstd[0], x, w, b, R, C);
    t->ref.layernorm_fwd(t->b[0], mean[1], rstd[1], x, w, b, R, C);
    same(t, 0, R * C, "layernorm_fwd");
    if (C > 2) { /* of two columns the gradient is rounding alone */
        memcpy(t->in[4], mean[1], (size_t)R * sizeof(float));
        memcpy(t->in[5], rstd[1], (size_t)R * sizeof(float));
        start(t, 0, R * C), start(t, 1, C), start(t, 2, C);
        t->fast->layernorm_bwd(t->a[0], dy, x, w, t->in[4], t->in[5], R, C);
        t->fast->norm_params_bwd(t->a[1], t->a[2], dy, x, t->in[4], t->in[5], R, C, 0, C);
        t->ref.layernorm_bwd(t->b[0], dy, x, w, t->in[4], t->in[5], R, C);
        t->ref.norm_params_bwd(t->b[1], t->b[2], dy, x, t->in[4], t->in[5], R, C, 0, C);
        same(t, 0, R * C, "layernorm_bwd dx"), same(t, 1, C, "layernorm_bwd dw"), same(t, 2, C, "layernorm_bwd db");
    }
    t->fast->rmsnorm_fwd(t->a[0], t->a[1], x, w, R, C);
    t->ref.rmsnorm_fwd(t->b[0], t->b[1], x, w, R, C);
    same(t, 0, R * C, "rmsnorm_fwd"), same(t, 1, R, "rmsnorm_fwd rstd");
    memcpy(t->in[4], t->b[1], (size_t)R * sizeof(float));
    start(t, 0, R * C), start(t, 1, C);
    t->fast->rmsnorm_bwd(t->a[0], dy, x, w, t->in[4], R, C);
    t->fast->norm_params_bwd(t->a[1], NULL, dy, x, NULL, t->in[4], R, C, 0, C);
    t->ref.rmsnorm_bwd(t->b[0], dy, x, w, t->in[4], R, C);
    t->ref.norm_params_bwd(t->b[1], NULL, dy, x, NULL, t->in[4], R, C, 0, C);
    same(t, 0, R * C, "rmsnorm_bwd dx"), same(t, 1, C, "rmsnorm_bwd dw");
}

static void embeddings(bench *t) {
    int64_t R = pick(t, 60), T = pick(t, 25), C = pick(t, 100), V = pick(t, 40);
    const float *wte = numbers(t, 0, V * C, 1), *wpe = ll_rng_below(&t->rng, 3) ? numbers(t, 1, T * C, 1) : NULL,
                *dx = numbers(t, 2, R * C, 1);
    for (int64_t r = 0; r < R; r++) t->token[r] = (int32_t)ll_rng_below(&t->rng, V);
    t->fast->embed_fwd(t->a[0], t->token, wte, wpe, R, T, C);
    t->ref.embed_fwd(t->b[0], t->token, wte, wpe, R, T, C);
    same(t, 0, R * C, "embed_fwd");
    start(t, 1, V * C), start(t, 2, T * C);
    t->fast->embed_bwd(t->a[1], wpe ? t->a[2] : NULL, dx, t->token, R, T, C, 0, C);
    t->ref.embed_bwd(t->b[1], wpe ? t->b[2] : NULL, dx, t->token, R, T, C, 0, C);
    same(t, 1, V * C, "embed_bwd tokens"), same(t, 2, T * C, "embed_bwd places");
}

/* Any shape, or one with many places: the angles of the last are as right as those of the first. */
static void rotation(bench *t) {
    const bool far = ll_rng_below(&t->rng, 4) == 0;
    int64_t T = far ? 10000 + pick(t, 10000) : pick(t, 30), H = far ? 1 : pick(t, 3), S = 2 * pick(t, far ? 2 : 40),
            R = far ? T : pick(t, 40), n = R * 3 * H * S;
    for (int sign = -1; sign < 2; sign += 2) {
        start(t, 0, n);
        t->fast->rope(t->a[0], R, T, H, S, sign, 0, R);
        t->ref.rope(t->b[0], R, T, H, S, sign, 0, R);
        const int64_t last = n - 3 * H * S;
        for (int64_t i = last; i < n; i++) t->a[1][i - last] = t->a[0][i], t->b[1][i - last] = t->b[0][i];
        within(t, 1e-6f, 0, n, "rope"), within(t, 1e-6f, 1, n - last, "rope of the last row");
    }
}

static void activations(bench *t) {
    int64_t R = pick(t, 20), F = pick(t, 60), n = R * 2 * F;
    const float *x = numbers(t, 0, n, 3), *dy = numbers(t, 1, n, 1);
    t->fast->gelu_fwd(t->a[0], x, R, 2 * F);
    t->ref.gelu_fwd(t->b[0], x, R, 2 * F);
    same(t, 0, n, "gelu_fwd");
    t->fast->gelu_bwd(t->a[0], dy, x, R, 2 * F);
    t->ref.gelu_bwd(t->b[0], dy, x, R, 2 * F);
    same(t, 0, n, "gelu_bwd");
    t->fast->swiglu_fwd(t->a[0], x, R, F);
    t->ref.swiglu_fwd(t->b[0], x, R, F);
    same(t, 0, R * F, "swiglu_fwd");
    t->fast->swiglu_bwd(t->a[0], dy, x, R, F);
    t->ref.swiglu_bwd(t->b[0], dy, x, R, F);
    same(t, 0, n, "swiglu_bwd");
}

/* Small sums as well as those that saturate the gates; the cell in the place of the one before. */
static void lstm(bench *t) {
    int64_t B = pick(t, 12), C = pick(t, 70), n = B * C;
    const double scale = ll_rng_below(&t->rng, 3) ? 2 : ll_rng_below(&t->rng, 2) ? 1e-3 : 20;
    const float *dh = numbers(t, 0, n, 1), *c0 = numbers(t, 1, n, 1), *sums = numbers(t, 2, 4 * n, scale);
    memcpy(t->a[0], sums, (size_t)(4 * n) * sizeof(float));
    memcpy(t->b[0], sums, (size_t)(4 * n) * sizeof(float));
    memcpy(t->a[1], c0, (size_t)n * sizeof(float));
    t->fast->lstm_fwd(t->a[2], t->a[1], t->a[0], t->a[1], B, C);
    t->ref.lstm_fwd(t->b[2], t->b[1], t->b[0], c0, B, C);
    same(t, 0, 4 * n, "lstm_fwd gates"), same(t, 1, n, "lstm_fwd c"), same(t, 2, n, "lstm_fwd h");
    memcpy(t->a[0], t->b[0], (size_t)(4 * n) * sizeof(float));
    start(t, 3, n);
    t->fast->lstm_bwd(t->a[3], t->a[0], dh, t->b[1], c0, B, C);
    t->ref.lstm_bwd(t->b[3], t->b[0], dh, t->b[1], c0, B, C);
    same(t, 0, 4 * n, "lstm_bwd gates"), same(t, 3, n, "lstm_bwd dc");
}

static void attention(bench *t) {
    int64_t B = pick(t, 2), H = pick(t, 2), T = ll_rng_below(&t->rng, 8) ? pick(t, 150) : pick(t, 900),
            S = ll_rng_below(&t->rng, 4) ? pick(t, 70) : 128;
    if (T > 150) S = 2 * pick(t, 4); /* long and thin */
    if (B * T * 3 * H * S > MAX) T = 40;
    float scale = (float)(1 / sqrt((double)S));
    float *work =
        malloc((size_t)LL_ATTENTION_WORK(T, S) * sizeof *work); /* a sanitizer sees one that is too small */
    for (int64_t i = 0; i < LL_ATTENTION_WORK(T, S); i++)
        work[i] = NAN; /* scratch is not read before it is written */
    const float *qkv = numbers(t, 0, B * T * 3 * H * S, 1), *g = numbers(t, 1, B * T * H * S, 1);
    t->fast->attention_fwd(t->a[0], t->a[1], qkv, B, T, H, S, scale, work, 0, B * H);
    t->ref.attention_fwd(t->b[0], t->b[1], qkv, B, T, H, S, scale, work, 0, B * H);
    within(t, bar(t), 0, B * T * H * S, "attention_fwd"), within(t, bar(t), 1, B * H * T, "attention_fwd lse");
    memcpy(t->in[2], t->b[0], (size_t)(B * T * H * S) * sizeof(float));
    memcpy(t->in[3], t->b[1], (size_t)(B * T * H) * sizeof(float));
    for (int64_t i = 0; i < LL_ATTENTION_WORK(T, S); i++) work[i] = NAN;
    t->fast->attention_bwd(t->a[2], g, qkv, t->in[2], t->in[3], B, T, H, S, scale, work, 0, B * H);
    t->ref.attention_bwd(t->b[2], g, qkv, t->in[2], t->in[3], B, T, H, S, scale, work, 0, B * H);
    within(t, bar(t), 2, B * T * 3 * H * S, "attention_bwd");
    free(work);
}

/* Of the last position the step is what attention over the whole is, and in two parts it is the same to the bit. */
static void attention_step(bench *t) {
    const int64_t H = pick(t, 3), T = pick(t, 60), S = ll_rng_below(&t->rng, 2) ? pick(t, 70) : 16 * pick(t, 4),
                  cut = ll_rng_below(&t->rng, T);
    const float scale = (float)(1 / sqrt((double)S)), *q = numbers(t, 0, H * S, 1),
                *keys = numbers(t, 1, H * T * S, 1), *values = numbers(t, 2, H * T * S, 1);
    const ll_kept_part whole = { keys, values, T },
                       two[] = { { keys, values, cut }, { keys + cut * H * S, values + cut * H * S, T - cut } };
    float *work = malloc((size_t)LL_ATTENTION_STEP_WORK(T, H) * sizeof *work);
    for (int64_t i = 0; i < LL_ATTENTION_STEP_WORK(T, H); i++) work[i] = NAN;
    t->fast->attention_step(t->a[0], q, &whole, 1, H, S, scale, work);
    t->ref.attention_step(t->b[0], q, &whole, 1, H, S, scale, work);
    within(t, bar(t), 0, H * S, "attention_step");
    t->fast->attention_step(t->a[1], q, two, 2, H, S, scale, work);
    assert_memory_equal(t->a[0], t->a[1], (size_t)(H * S) * sizeof(float));
    free(work);
}

static void loss(bench *t) {
    int64_t R = pick(t, 20), V = pick(t, 300);
    const float *x = numbers(t, 0, R * V, 4);
    for (int64_t r = 0; r < R; r++) t->token[r] = (int32_t)ll_rng_below(&t->rng, V);
    t->fast->xent_fwd(t->a[0], x, t->token, R, V, 0.3f);
    t->ref.xent_fwd(t->b[0], x, t->token, R, V, 0.3f);
    if (V > 1) same(t, 0, R, "xent_fwd");
    memcpy(t->a[1], x, (size_t)(R * V) * sizeof(float));
    memcpy(t->b[1], x, (size_t)(R * V) * sizeof(float));
    t->fast->xent_grad(t->a[0], t->a[1], t->token, R, V, 0.3f, 0.01f);
    t->ref.xent_grad(t->b[0], t->b[1], t->token, R, V, 0.3f, 0.01f);
    if (V > 1) same(t, 0, R, "xent_grad loss"), same(t, 1, R * V, "xent_grad");
}

static void optimizer(bench *t) {
    int64_t n = pick(t, 200), k = pick(t, 9);
    const float *part = numbers(t, 0, n * k, 1);
    double one = t->fast->reduce(t->a[0], part, n, k, n), two = t->ref.reduce(t->b[0], part, n, k, n);
    same(t, 0, n, "reduce");
    assert_close(one, two, 1e-5);
    start(t, 1, n), start(t, 2, n), start(t, 3, n);
    for (int64_t i = 0; i < n; i++) t->a[3][i] = t->b[3][i] = fabsf(t->a[3][i]);
    ll_adamw o = { 0.01f, 0.9f, 0.99f, 1e-8f, 0.001f, 0.3f, 0.05f, 0.5f };
    t->fast->adamw(t->a[1], t->a[2], t->a[3], t->b[0], n, &o);
    t->ref.adamw(t->b[1], t->b[2], t->b[3], t->b[0], n, &o);
    same(t, 1, n, "adamw p"), same(t, 2, n, "adamw m"), same(t, 3, n, "adamw v");
}

static void every_table(void **state) {
    (void)state;
    static void (*const tests[])(bench *) = { matmul, norms,     embeddings,     rotation, activations,
                                              lstm,   attention, attention_step, loss,     optimizer };
    bench t = { .rng = ll_rng_at(17, LL_STREAM_NOISE, 0) };
    ll_kernels_ref(&t.ref);
    for (int i = 0; i < 6; i++) t.in[i] = malloc(MAX * sizeof(float));
    for (int i = 0; i < 4; i++) t.a[i] = malloc(MAX * sizeof(float)), t.b[i] = malloc(MAX * sizeof(float));
    t.token = malloc(MAX * sizeof(int32_t));
    char list[256];
    snprintf(list, sizeof list, "%s", ll_kernels_list(NULL));
    print_message("tables that run here: %s\n", list);
    for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
        assert_ok(ll_kernels_named(name, NULL, &t.fast, err));
        for (int i = 0; i < TRIALS; i++)
            for (size_t k = 0; k < sizeof tests / sizeof *tests; k++) tests[k](&t);
    }
    for (int i = 0; i < 6; i++) free(t.in[i]);
    for (int i = 0; i < 4; i++) free(t.a[i]), free(t.b[i]);
    free(t.token);
}

static void unknown_table(void **state) {
    (void)state;
    const ll_kernels *k;
    ll_error err = { 0 };
    assert_int_equal(ll_kernels_named("abacus", "fp32", &k, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "ref"));
    assert_int_equal(ll_kernels_named("ref", "bf16", &k, &err), LL_EINPUT); /* that table is no such thing */
    assert_non_null(strstr(err.msg, "bf16"));
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_table), cmocka_unit_test(unknown_table) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
