#include "train/step_profile.h"

#include <string.h>

#include "base/system/clock.h"
#include "train/timed_run.h"

/* What the kernels of this thread's profile note; a kernel has no argument for it. */
static _Thread_local struct {
    const ll_kernels *under;
    ll_tensor tensor[LL_MODEL_MAX_TENSORS];
    int n_tensors;
    ll_step_profile sum;
} on;

static void note(const char *name, ll_step_phase phase, double started, double flops) {
    double spent = ll_clock_now() - started;
    ll_step_profile *p = &on.sum;
    int i = 0;
    while (i < p->n && strcmp(p->part[i].name, name) != 0) i++;
    if (i == LL_STEP_PARTS) return; /* more than any family has */
    if (i == p->n) p->part[p->n++] = (ll_step_part) { .name = name };
    p->part[i].seconds[phase] += spent;
    p->part[i].flops += flops;
}

#define TIMED(name, phase, flops, call)              \
    do {                                             \
        double started = ll_clock_now();             \
        call;                                        \
        note(name, LL_STEP_##phase, started, flops); \
    } while (0)

/* ---- products ---- */

/* The matrix [O,I] that a product multiplies by or is the gradient of. The last of a shape: positions never enter a
 * product, and stand early. */
static const char *matrix_named(int64_t O, int64_t I) {
    for (int i = on.n_tensors - 1; i >= 0; i--)
        if (on.tensor[i].rows == O && on.tensor[i].cols == I) return on.tensor[i].name;
    return "other products";
}

static void matmul(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M, int64_t N,
                   int64_t K, unsigned flags) {
    bool dw = flags & LL_MM_TA, forward = flags & LL_MM_TB;
    const char *name = forward ? matrix_named(N, K) : dw ? matrix_named(M, N) : matrix_named(K, N);
    double started = ll_clock_now();
    on.under->matmul(c, a, b, bias, M, N, K, flags);
    note(name, forward ? LL_STEP_FORWARD : LL_STEP_BACKWARD, started, 2.0 * (double)M * (double)N * (double)K);
}

static void pack(ll_real *to, const ll_real *b, int64_t N, int64_t K, unsigned flags) {
    TIMED("packing", UPDATE, 0, on.under->pack(to, b, N, K, flags));
}

static void sum_rows(ll_real *out, const ll_real *x, int64_t R, int64_t N, int64_t from, int64_t to) {
    TIMED("biases", BACKWARD, 0, on.under->sum_rows(out, x, R, N, from, to));
}

/* ---- embeddings, norms, activations ---- */

static void embed_fwd(ll_real *x, const int32_t *token, const ll_real *wte, const ll_real *wpe, int64_t R,
                      int64_t T, int64_t C) {
    TIMED("embedding", FORWARD, 0, on.under->embed_fwd(x, token, wte, wpe, R, T, C));
}

static void embed_bwd(ll_real *dwte, ll_real *dwpe, const ll_real *dx, const int32_t *token, int64_t R, int64_t T,
                      int64_t C, int64_t from, int64_t to) {
    TIMED("embedding", BACKWARD, 0, on.under->embed_bwd(dwte, dwpe, dx, token, R, T, C, from, to));
}

static void layernorm_fwd(ll_real *y, ll_real *mean, ll_real *rstd, const ll_real *x, const ll_real *w,
                          const ll_real *b, int64_t R, int64_t C) {
    TIMED("norms", FORWARD, 0, on.under->layernorm_fwd(y, mean, rstd, x, w, b, R, C));
}

static void layernorm_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, const ll_real *w, const ll_real *mean,
                          const ll_real *rstd, int64_t R, int64_t C) {
    TIMED("norms", BACKWARD, 0, on.under->layernorm_bwd(dx, dy, x, w, mean, rstd, R, C));
}

static void norm_params_bwd(ll_real *dw, ll_real *db, const ll_real *dy, const ll_real *x, const ll_real *mean,
                            const ll_real *rstd, int64_t R, int64_t C, int64_t from, int64_t to) {
    TIMED("norms", BACKWARD, 0, on.under->norm_params_bwd(dw, db, dy, x, mean, rstd, R, C, from, to));
}

static void rmsnorm_fwd(ll_real *y, ll_real *rstd, const ll_real *x, const ll_real *w, int64_t R, int64_t C) {
    TIMED("norms", FORWARD, 0, on.under->rmsnorm_fwd(y, rstd, x, w, R, C));
}

static void rmsnorm_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, const ll_real *w, const ll_real *rstd,
                        int64_t R, int64_t C) {
    TIMED("norms", BACKWARD, 0, on.under->rmsnorm_bwd(dx, dy, x, w, rstd, R, C));
}

static void gelu_fwd(ll_real *y, const ll_real *x, int64_t R, int64_t F) {
    TIMED("activation", FORWARD, 0, on.under->gelu_fwd(y, x, R, F));
}

static void gelu_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, int64_t R, int64_t F) {
    TIMED("activation", BACKWARD, 0, on.under->gelu_bwd(dx, dy, x, R, F));
}

static void swiglu_fwd(ll_real *y, const ll_real *x, int64_t R, int64_t F) {
    TIMED("activation", FORWARD, 0, on.under->swiglu_fwd(y, x, R, F));
}

static void swiglu_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, int64_t R, int64_t F) {
    TIMED("activation", BACKWARD, 0, on.under->swiglu_bwd(dx, dy, x, R, F));
}

static void lstm_fwd(ll_real *h, ll_real *c, ll_real *gates, const ll_real *c0, int64_t B, int64_t C) {
    TIMED("cells", FORWARD, 0, on.under->lstm_fwd(h, c, gates, c0, B, C));
}

static void lstm_bwd(ll_real *dc, ll_real *gates, const ll_real *dh, const ll_real *c, const ll_real *c0, int64_t B,
                     int64_t C) {
    TIMED("cells", BACKWARD, 0, on.under->lstm_bwd(dc, gates, dh, c, c0, B, C));
}

/* ---- attention ---- */

static void rope(ll_real *qkv, int64_t R, int64_t T, int64_t H, int64_t S, int sign, int64_t from, int64_t to) {
    double started = ll_clock_now();
    on.under->rope(qkv, R, T, H, S, sign, from, to);
    note("rotation", sign > 0 ? LL_STEP_FORWARD : LL_STEP_BACKWARD, started, 0);
}

/* q k^T and the weighted sum of v, each over half of the T x T pairs and the diagonal. */
static double attention_flops(int64_t B, int64_t T, int64_t H, int64_t S) {
    return 2.0 * (double)(B * T * (T + 1)) * (double)(H * S);
}

static void attention_fwd(ll_real *o, ll_real *lse, const ll_real *qkv, int64_t B, int64_t T, int64_t H, int64_t S,
                          ll_real scale, ll_real *work, int64_t from, int64_t to) {
    TIMED("attention", FORWARD, attention_flops(B, T, H, S),
          on.under->attention_fwd(o, lse, qkv, B, T, H, S, scale, work, from, to));
}

static void attention_bwd(ll_real *dqkv, const ll_real *do_, const ll_real *qkv, const ll_real *o,
                          const ll_real *lse, int64_t B, int64_t T, int64_t H, int64_t S, ll_real scale,
                          ll_real *work, int64_t from, int64_t to) {
    TIMED("attention", BACKWARD, 2 * attention_flops(B, T, H, S),
          on.under->attention_bwd(dqkv, do_, qkv, o, lse, B, T, H, S, scale, work, from, to));
}

/* ---- loss and optimiser ---- */

static void xent_grad(ll_real *loss, ll_real *logits, const int32_t *target, int64_t R, int64_t V, ll_real alpha,
                      ll_real scale) {
    TIMED("cross-entropy", FORWARD, 0, on.under->xent_grad(loss, logits, target, R, V, alpha, scale));
}

static double reduce(ll_real *out, const ll_real *part, int64_t stride, int64_t k, int64_t n) {
    double square;
    TIMED("sum of gradients", UPDATE, 0, square = on.under->reduce(out, part, stride, k, n));
    return square;
}

static void adamw(ll_real *p, ll_real *m, ll_real *v, const ll_real *g, int64_t n, const ll_adamw *o) {
    TIMED("optimiser", UPDATE, 0, on.under->adamw(p, m, v, g, n, o));
}

static ll_kernels wrap(const ll_kernels *k) {
    ll_kernels t = *k;
    t.matmul = matmul, t.pack = pack, t.sum_rows = sum_rows;
    t.embed_fwd = embed_fwd, t.embed_bwd = embed_bwd;
    t.layernorm_fwd = layernorm_fwd, t.layernorm_bwd = layernorm_bwd;
    t.rmsnorm_fwd = rmsnorm_fwd, t.rmsnorm_bwd = rmsnorm_bwd, t.norm_params_bwd = norm_params_bwd;
    t.gelu_fwd = gelu_fwd, t.gelu_bwd = gelu_bwd;
    t.swiglu_fwd = swiglu_fwd, t.swiglu_bwd = swiglu_bwd;
    t.lstm_fwd = lstm_fwd, t.lstm_bwd = lstm_bwd;
    t.rope = rope, t.attention_fwd = attention_fwd, t.attention_bwd = attention_bwd;
    t.xent_grad = xent_grad, t.reduce = reduce, t.adamw = adamw;
    return t;
}

/* ---- the measurement ---- */

typedef struct lap {
    double seconds, started, spent;
    int64_t first;
} lap;

/* The first event starts the clock, when memory is warm. */
static ll_verdict on_event(void *ctx, const ll_train_event *e) {
    lap *l = ctx;
    double now = ll_clock_now();
    if (l->started == 0) {
        l->started = now;
        l->first = e->step;
        memset(&on.sum, 0, sizeof on.sum);
        return LL_CONTINUE;
    }
    l->spent = now - l->started;
    on.sum.steps = e->step - l->first;
    return l->spent < l->seconds ? LL_CONTINUE : LL_CHECKPOINT_AND_STOP;
}

/* From sums over all steps to those of one. */
static void per_step(ll_step_profile *p, double spent) {
    double steps = (double)p->steps;
    p->step_s = p->outside_s = spent / steps;
    for (int i = 0; i < p->n; i++) {
        for (int phase = 0; phase < LL_STEP_PHASES; phase++) p->part[i].seconds[phase] /= steps;
        p->part[i].flops /= steps;
        p->outside_s -= ll_step_part_seconds(&p->part[i]);
    }
}

ll_status ll_step_profile_measure(ll_step_profile *out, const ll_model *model, const ll_kernels *kernels,
                                  int64_t batch, double seconds, ll_error *err) {
    ll_kernels timed = wrap(kernels);
    ll_timed_run trial;
    ll_train_result result;
    lap l = { .seconds = seconds };
    LL_TRY(ll_timed_run_init(&trial, model, &timed, batch, 1, err));
    memset(&on, 0, sizeof on);
    on.under = kernels;
    on.n_tensors = ll_model_tensors(model, on.tensor);
    ll_status s = ll_train_run(&trial.job, on_event, &l, &result, err);
    ll_timed_run_clear(&trial);
    if (s != LL_ESTOP) return s;
    if (on.sum.steps < 1) return LL_FAIL(err, LL_ENUM, "not a single step in %g s", seconds);
    *out = on.sum;
    per_step(out, l.spent);
    return LL_OK;
}

double ll_step_part_seconds(const ll_step_part *part) {
    double sum = 0;
    for (int phase = 0; phase < LL_STEP_PHASES; phase++) sum += part->seconds[phase];
    return sum;
}
