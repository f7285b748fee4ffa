/* Built in double: every kernel of the reference and the whole models against central differences. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "loglog/random.h"
#include "model/model.h"

static ll_kernels K;

static void fill(ll_real *x, int64_t n, uint64_t stream) {
    ll_rng r = ll_rng_at(11, LL_STREAM_NOISE, stream);
    for (int64_t i = 0; i < n; i++) x[i] = 0.7 * ll_rng_normal(&r);
}

/* A scalar function of one block of numbers, everything else held in ctx. */
typedef double scalar(void *ctx);

/* Largest relative error in the norm of the block; fourth-order central differences. */
static double error_of(scalar *f, void *ctx, ll_real *x, const ll_real *grad, int64_t n, double floor_norm) {
    double diff = 0, norm = 0;
    for (int64_t i = 0; i < n; i++) {
        double keep = x[i], h = 1e-4, v[4];
        const double at[4] = { 2, 1, -1, -2 };
        for (int j = 0; j < 4; j++) {
            x[i] = keep + at[j] * h;
            v[j] = f(ctx);
        }
        x[i] = keep;
        double numeric = (8 * (v[1] - v[2]) - (v[0] - v[3])) / (12 * h);
        diff += (numeric - grad[i]) * (numeric - grad[i]);
        norm += numeric * numeric;
    }
    return sqrt(diff) / fmax(sqrt(norm), floor_norm);
}

enum { B = 2, T = 5, H = 2, S = 4, C = H * S, R = B * T, F = 6, V = 9 };

/* One kernel under test: out = forward(inputs), the scalar is sum(out * probe). */
typedef struct fixture {
    ll_real a[R * 3 * C], b[R * 3 * C], w[C], bias[R * 3 * C], out[R * 3 * C], probe[R * 3 * C], s1[R * H],
        s2[R * H], s3[R * 3 * C];
    ll_real da[R * 3 * C], db[R * 3 * C], dw[R * 3 * C], dbias[R * 3 * C], work[LL_ATTENTION_WORK(T, S)];
    int32_t token[R];
    int64_t n_out;
    unsigned flags;
    int64_t M, N, Kd;
    void (*forward)(struct fixture *);
} fixture;

static double value(void *ctx) {
    fixture *x = ctx;
    x->forward(x);
    double sum = 0;
    for (int64_t i = 0; i < x->n_out; i++) sum += x->out[i] * x->probe[i];
    return sum;
}

static void setup(fixture *x) {
    memset(x, 0, sizeof *x);
    fill(x->a, R * 3 * C, 1);
    fill(x->b, R * 3 * C, 2);
    fill(x->w, C, 3);
    fill(x->bias, R * 3 * C, 4);
    fill(x->probe, R * 3 * C, 5);
    for (int r = 0; r < R; r++) x->token[r] = (r * 5) % V;
}

#define CHECK(x, input, grad, n) assert_true(error_of(value, (x), (x)->input, (x)->grad, (n), 0) < 1e-7)

static void fw_matmul(fixture *x) {
    memset(x->out, 0, sizeof x->out);
    K.matmul(x->out, x->a, x->b, x->bias, x->M, x->N, x->Kd, x->flags);
}

static void matmul(void **state) {
    (void)state;
    static fixture x;
    for (unsigned flags = 0; flags < 4; flags++) {
        setup(&x);
        x.flags = flags, x.M = 5, x.N = 4, x.Kd = 7, x.n_out = 20, x.forward = fw_matmul;
        /* da = probe b^T and db = a^T probe, each in its stored orientation. */
        bool ta = flags & LL_MM_TA, tb = flags & LL_MM_TB;
        if (ta) K.matmul(x.da, x.b, x.probe, NULL, 7, 5, 4, (tb ? LL_MM_TA : 0u) | LL_MM_TB);
        else K.matmul(x.da, x.probe, x.b, NULL, 5, 7, 4, tb ? 0u : LL_MM_TB);
        if (tb) K.matmul(x.db, x.probe, x.a, NULL, 4, 7, 5, LL_MM_TA | (ta ? LL_MM_TB : 0u));
        else K.matmul(x.db, x.a, x.probe, NULL, 7, 4, 5, ta ? 0u : LL_MM_TA);
        K.sum_rows(x.dbias, x.probe, 5, 4, 0, 4);
        CHECK(&x, a, da, 35);
        CHECK(&x, b, db, 28);
        CHECK(&x, bias, dbias, 4);
    }
}

static void fw_layernorm(fixture *x) {
    K.layernorm_fwd(x->out, x->s1, x->s2, x->a, x->w, x->bias, R, C);
}

static void layernorm(void **state) {
    (void)state;
    static fixture x;
    setup(&x);
    x.n_out = R * C, x.forward = fw_layernorm;
    value(&x);
    K.layernorm_bwd(x.da, x.probe, x.a, x.w, x.s1, x.s2, R, C);
    K.norm_params_bwd(x.dw, x.dbias, x.probe, x.a, x.s1, x.s2, R, C, 0, C);
    CHECK(&x, a, da, R * C);
    CHECK(&x, w, dw, C);
    CHECK(&x, bias, dbias, C);
}

static void fw_rmsnorm(fixture *x) {
    K.rmsnorm_fwd(x->out, x->s1, x->a, x->w, R, C);
}

static void rmsnorm(void **state) {
    (void)state;
    static fixture x;
    setup(&x);
    x.n_out = R * C, x.forward = fw_rmsnorm;
    value(&x);
    K.rmsnorm_bwd(x.da, x.probe, x.a, x.w, x.s1, R, C);
    K.norm_params_bwd(x.dw, NULL, x.probe, x.a, NULL, x.s1, R, C, 0, C);
    CHECK(&x, a, da, R * C);
    CHECK(&x, w, dw, C);
}

static void fw_gelu(fixture *x) {
    K.gelu_fwd(x->out, x->a, R, C);
}

static void fw_swiglu(fixture *x) {
    K.swiglu_fwd(x->out, x->a, R, F);
}

static void fw_rope(fixture *x) {
    memcpy(x->out, x->a, sizeof x->out);
    K.rope(x->out, R, T, H, S, 1, 0, R);
}

static void activations(void **state) {
    (void)state;
    static fixture x;
    setup(&x);
    x.n_out = R * C, x.forward = fw_gelu;
    K.gelu_bwd(x.da, x.probe, x.a, R, C);
    CHECK(&x, a, da, R * C);
    setup(&x);
    x.n_out = R * F, x.forward = fw_swiglu;
    K.swiglu_bwd(x.da, x.probe, x.a, R, F);
    CHECK(&x, a, da, R * 2 * F);
    setup(&x);
    x.n_out = R * 3 * C, x.forward = fw_rope;
    memcpy(x.da, x.probe, sizeof x.da);
    K.rope(x.da, R, T, H, S, -1, 0, R);
    CHECK(&x, a, da, R * 3 * C);
}

static void fw_attention(fixture *x) {
    K.attention_fwd(x->out, x->s1, x->a, B, T, H, S, 0.6, x->work, 0, B * H);
}

static void attention(void **state) {
    (void)state;
    static fixture x;
    setup(&x);
    x.n_out = R * C, x.forward = fw_attention;
    value(&x);
    K.attention_bwd(x.da, x.probe, x.a, x.out, x.s1, B, T, H, S, 0.6, x.work, 0, B * H);
    CHECK(&x, a, da, R * 3 * C);
    ll_real first[C]; /* position 0 sees only itself */
    for (int c = 0; c < C; c++) first[c] = x.a[2 * C + c];
    value(&x);
    for (int c = 0; c < C; c++) assert_close(x.out[c], first[c], 1e-14);
}

/* From c0, of which a window's gradient is that of its first step: h and c are both probed. */
static void fw_lstm(fixture *x) {
    memcpy(x->s3, x->a, sizeof x->s3);
    K.lstm_fwd(x->out, x->out + B * C, x->s3, x->b, B, C);
}

static void lstm(void **state) {
    (void)state;
    static fixture x;
    setup(&x);
    x.n_out = 2 * B * C, x.forward = fw_lstm;
    value(&x);
    memcpy(x.da, x.s3, sizeof x.da);
    memcpy(x.db, x.probe + B * C, B * C * sizeof *x.db);
    K.lstm_bwd(x.db, x.da, x.probe, x.out + B * C, x.b, B, C);
    CHECK(&x, a, da, B * 4 * C);
    CHECK(&x, b, db, B * C);
}

static void fw_embed(fixture *x) {
    K.embed_fwd(x->out, x->token, x->a, x->b, R, T, C);
}

static void embed(void **state) {
    (void)state;
    static fixture x;
    setup(&x);
    x.n_out = R * C, x.forward = fw_embed;
    K.embed_bwd(x.da, x.db, x.probe, x.token, R, T, C, 0, C);
    CHECK(&x, a, da, V * C);
    CHECK(&x, b, db, T * C);
}

static void fw_xent(fixture *x) {
    K.xent_fwd(x->out, x->a, x->token, R, V, 0.4);
    for (int r = 0; r < R; r++) x->probe[r] = 1.7;
}

static void cross_entropy(void **state) {
    (void)state;
    static fixture x;
    setup(&x);
    x.n_out = R, x.forward = fw_xent;
    memcpy(x.da, x.a, sizeof x.da);
    ll_real loss[R];
    K.xent_grad(loss, x.da, x.token, R, V, 0.4, 1.7);
    value(&x);
    for (int r = 0; r < R; r++) assert_close(loss[r], x.out[r], 1e-14);
    CHECK(&x, a, da, R * V);
}

/* ---- whole models ---- */

typedef struct whole {
    ll_model m;
    ll_real *params, *grads, *loss;
    int32_t *x, *y;
    void *work;
} whole;

static double whole_value(void *ctx) {
    whole *w = ctx;
    double sum = 0;
    ll_model_loss(&w->m, &K, w->params, NULL, w->x, w->y, B, w->loss, w->work);
    for (int r = 0; r < B * w->m.context; r++) sum += w->loss[r];
    return sum * 0.1;
}

static void check_model(ll_family family) {
    whole w = { .m = { family, 2, 8, 2, 12, T, V, 4, 2 } };
    assert_ok(ll_model_check(&w.m, err));
    int64_t n = ll_model_size(&w.m);
    w.params = calloc((size_t)n, sizeof *w.params);
    w.grads = calloc((size_t)n, sizeof *w.grads);
    w.loss = calloc(R, sizeof *w.loss);
    w.x = calloc(R, sizeof *w.x);
    w.y = calloc(R, sizeof *w.y);
    w.work = calloc(1, ll_model_work(&w.m, B));
    fill(w.params, n, 21); /* awkward everywhere: no zero biases, no unit gains, a head that is not zero */
    for (int r = 0; r < R; r++) w.x[r] = (r * 7) % V, w.y[r] = (r * 4 + 1) % V;
    for (int64_t i = 0; i < n; i++) w.grads[i] = NAN; /* what was there is not read */
    ll_model_grad(&w.m, &K, w.params, NULL, w.grads, w.x, w.y, B, 0.1, w.loss, w.work);
    double whole_norm = 0;
    for (int64_t i = 0; i < n; i++) whole_norm += w.grads[i] * w.grads[i];
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int count = ll_model_tensors(&w.m, t);
    for (int i = 0; i < count; i++) {
        double e =
            error_of(whole_value, &w, w.params + t[i].offset, w.grads + t[i].offset, ll_tensor_size(&t[i]), 0);
        if (strcmp(t[i].name, "qkv_b") ==
            0) { /* the key third is zero in truth: held to the whole gradient's norm */
            e = error_of(whole_value, &w, w.params + t[i].offset, w.grads + t[i].offset, ll_tensor_size(&t[i]),
                         sqrt(whole_norm) * 0.1);
        }
        if (!(e < 1e-7)) fail_msg("%s.%s: relative error %g", ll_family_name(family), t[i].name, e);
    }
    free(w.params);
    free(w.grads);
    free(w.loss);
    free(w.x);
    free(w.y);
    free(w.work);
}

static void gpt(void **state) {
    (void)state;
    check_model(LL_FAMILY_GPT);
}

static void llama(void **state) {
    (void)state;
    check_model(LL_FAMILY_LLAMA);
}

static void lstm_model(void **state) {
    (void)state;
    check_model(LL_FAMILY_LSTM);
}

int main(void) {
    ll_kernels_ref(&K);
    const struct CMUnitTest tests[] = { cmocka_unit_test(matmul),        cmocka_unit_test(layernorm),
                                        cmocka_unit_test(rmsnorm),       cmocka_unit_test(activations),
                                        cmocka_unit_test(attention),     cmocka_unit_test(embed),
                                        cmocka_unit_test(cross_entropy), cmocka_unit_test(gpt),
                                        cmocka_unit_test(llama),         cmocka_unit_test(lstm),
                                        cmocka_unit_test(lstm_model) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
