/* llama (Touvron et al. 2023): rotary positions, RMSNorm before each part, SwiGLU, no biases, a head of its own. */
#include <string.h>

#include "base/arena.h"
#include "model/family.h"

/* name, layers, rows, cols, role. gate_w holds gate and up. */
#define LLAMA_PARAMS(X)            \
    X(wte, 1, V, C, EMBED)         \
    X(norm1_w, L, 1, C, GAIN)      \
    X(qkv_w, L, 3 * C, C, HIDDEN)  \
    X(attn_w, L, C, C, RESIDUAL)   \
    X(norm2_w, L, 1, C, GAIN)      \
    X(gate_w, L, 2 * F, C, HIDDEN) \
    X(down_w, L, C, F, RESIDUAL)   \
    X(normf_w, 1, 1, C, GAIN)      \
    X(head_w, 1, V, C, HEAD)

LL_FAMILY_WEIGHTS(LLAMA_PARAMS)

/* What the backward pass needs of the forward one; R = B T. */
typedef struct acts {
    ll_real *in, *mid;         /* [L+1,R,C] before each block and after the last; [L,R,C] */
    ll_real *norm1, *rstd1;    /* [L,R,C] [L,R] */
    ll_real *qkv, *attn, *lse; /* [L,R,3C] turned; [L,R,C]; [L,H,R] */
    ll_real *norm2, *rstd2;
    ll_real *gate, *act;                         /* [L,R,2F] [L,R,F] */
    ll_real *normf, *rstdf;                      /* [R,C] [R] */
    ll_real *logits;                             /* [R,V] */
    ll_real *d_stream, *d_part, *d_act, *d_wide; /* [R,C] [R,C] [R,F] [R,max(2F,3C)] */
    ll_real *work;                               /* of attention */
} acts;

static acts lay_out(ll_arena *a, const ll_model *m, int64_t B) {
    LL_MODEL_LETTERS(m);
    size_t l = (size_t)L, r = (size_t)(B * T), c = (size_t)C, f = (size_t)F, wide = 2 * f > 3 * c ? 2 * f : 3 * c;
#define REALS(n) ll_arena_push(a, (n), sizeof(ll_real))
    acts t;
    t.in = REALS((l + 1) * r * c);
    t.mid = REALS(l * r * c);
    t.norm1 = REALS(l * r * c);
    t.rstd1 = REALS(l * r);
    t.qkv = REALS(l * r * 3 * c);
    t.attn = REALS(l * r * c);
    t.lse = REALS(l * r * (size_t)m->heads);
    t.norm2 = REALS(l * r * c);
    t.rstd2 = REALS(l * r);
    t.gate = REALS(l * r * 2 * f);
    t.act = REALS(l * r * f);
    t.normf = REALS(r * c);
    t.rstdf = REALS(r);
    t.logits = REALS(r * (size_t)V);
    t.d_stream = REALS(r * c);
    t.d_part = REALS(r * c);
    t.d_act = REALS(r * f);
    t.d_wide = REALS(r * wide);
    t.work = REALS((size_t)LL_ATTENTION_WORK(T, C / m->heads));
    return t;
#undef REALS
}

static size_t llama_work(const ll_model *m, int64_t B) {
    ll_arena a = { 0 };
    lay_out(&a, m, B);
    return a.used;
}

static acts acts_in(const ll_model *m, int64_t B, void *work) {
    ll_arena a = { .base = work, .size = SIZE_MAX / 2 };
    return lay_out(&a, m, B);
}

static ll_real *llama_logits(const ll_model *m, int64_t B, void *work) {
    return acts_in(m, B, work).logits;
}

/* y = x + part w^T. */
static void residual(const ll_kernels *k, ll_real *y, const ll_real *x, const ll_real *part, const ll_real *w,
                     int64_t R, int64_t C, int64_t I) {
    memcpy(y, x, (size_t)(R * C) * sizeof *y);
    k->matmul(y, part, w, NULL, R, C, I, LL_MM_TB | LL_MM_ADD);
}

static void llama_forward(const ll_model *m, const ll_kernels *k, const ll_real *params, const int32_t *x,
                          int64_t B, void *work) {
    LL_MODEL_LETTERS(m);
    const int64_t R = B * T, H = m->heads, S = C / H;
    weights w = bind(m, params);
    acts a = acts_in(m, B, work);
    k->embed_fwd(a.in, x, w.wte, NULL, R, T, C);
    for (int64_t l = 0; l < L; l++) {
        ll_real *in = a.in + l * R * C, *mid = a.mid + l * R * C, *norm1 = a.norm1 + l * R * C,
                *norm2 = a.norm2 + l * R * C;
        ll_real *qkv = a.qkv + l * R * 3 * C, *attn = a.attn + l * R * C, *gate = a.gate + l * R * 2 * F,
                *act = a.act + l * R * F;
        k->rmsnorm_fwd(norm1, a.rstd1 + l * R, in, w.norm1_w + l * C, R, C);
        k->matmul(qkv, norm1, w.qkv_w + l * 3 * C * C, NULL, R, 3 * C, C, LL_MM_TB);
        k->rope(qkv, R, T, H, S, 1);
        k->attention_fwd(attn, a.lse + l * H * R, qkv, B, T, H, S, ll_model_attention_scale(m), a.work);
        residual(k, mid, in, attn, w.attn_w + l * C * C, R, C, C);
        k->rmsnorm_fwd(norm2, a.rstd2 + l * R, mid, w.norm2_w + l * C, R, C);
        k->matmul(gate, norm2, w.gate_w + l * 2 * F * C, NULL, R, 2 * F, C, LL_MM_TB);
        k->swiglu_fwd(act, gate, R, F);
        residual(k, in + R * C, mid, act, w.down_w + l * C * F, R, C, F);
    }
    k->rmsnorm_fwd(a.normf, a.rstdf, a.in + L * R * C, w.normf_w, R, C);
    k->matmul(a.logits, a.normf, w.head_w, NULL, R, V, C, LL_MM_TB);
}

/* Through y = x w^T: dx = dy w, dw = dy^T x. */
static void linear_bwd(const ll_kernels *k, ll_real *dx, ll_real *dw, const ll_real *dy, const ll_real *x,
                       const ll_real *w, int64_t R, int64_t O, int64_t I) {
    k->matmul(dw, dy, x, NULL, O, I, R, LL_MM_TA);
    k->matmul(dx, dy, w, NULL, R, I, O, 0);
}

static void llama_backward(const ll_model *m, const ll_kernels *k, const ll_real *params, ll_real *grads,
                           const int32_t *x, int64_t B, void *work) {
    LL_MODEL_LETTERS(m);
    const int64_t R = B * T, H = m->heads, S = C / H;
    weights w = bind(m, params), g = bind(m, grads);
    acts a = acts_in(m, B, work);
    memset(a.d_stream, 0, (size_t)(R * C) * sizeof(ll_real));
    linear_bwd(k, a.d_part, g.head_w, a.logits, a.normf, w.head_w, R, V, C);
    k->rmsnorm_bwd(a.d_stream, g.normf_w, a.d_part, a.in + L * R * C, w.normf_w, a.rstdf, R, C);
    for (int64_t l = L - 1; l >= 0; l--) {
        const ll_real *in = a.in + l * R * C, *mid = a.mid + l * R * C, *qkv = a.qkv + l * R * 3 * C,
                      *attn = a.attn + l * R * C;
        linear_bwd(k, a.d_act, g.down_w + l * C * F, a.d_stream, a.act + l * R * F, w.down_w + l * C * F, R, C, F);
        k->swiglu_bwd(a.d_wide, a.d_act, a.gate + l * R * 2 * F, R, F);
        linear_bwd(k, a.d_part, g.gate_w + l * 2 * F * C, a.d_wide, a.norm2 + l * R * C, w.gate_w + l * 2 * F * C,
                   R, 2 * F, C);
        k->rmsnorm_bwd(a.d_stream, g.norm2_w + l * C, a.d_part, mid, w.norm2_w + l * C, a.rstd2 + l * R, R, C);
        linear_bwd(k, a.d_part, g.attn_w + l * C * C, a.d_stream, attn, w.attn_w + l * C * C, R, C, C);
        k->attention_bwd(a.d_wide, a.d_part, qkv, attn, a.lse + l * H * R, B, T, H, S, ll_model_attention_scale(m),
                         a.work);
        k->rope(a.d_wide, R, T, H, S, -1);
        linear_bwd(k, a.d_part, g.qkv_w + l * 3 * C * C, a.d_wide, a.norm1 + l * R * C, w.qkv_w + l * 3 * C * C, R,
                   3 * C, C);
        k->rmsnorm_bwd(a.d_stream, g.norm1_w + l * C, a.d_part, in, w.norm1_w + l * C, a.rstd1 + l * R, R, C);
    }
    k->embed_bwd(g.wte, NULL, a.d_stream, x, R, T, C);
}

static void llama_step(ll_decoder *d, int32_t token) {
    LL_MODEL_LETTERS(d->model);
    const ll_kernels *k = d->kernels;
    weights w = bind(d->model, d->params);
    ll_real rstd;
    k->embed_fwd(d->x, &token, w.wte, NULL, 1, 1, C);
    for (int64_t l = 0; l < L; l++) {
        k->rmsnorm_fwd(d->part, &rstd, d->x, w.norm1_w + l * C, 1, C);
        k->matmul(d->qkv, d->part, w.qkv_w + l * 3 * C * C, NULL, 1, 3 * C, C, LL_MM_TB);
        ll_decoder_rotate(d);
        ll_decoder_attend(d, l);
        k->matmul(d->x, d->attn, w.attn_w + l * C * C, NULL, 1, C, C, LL_MM_TB | LL_MM_ADD);
        k->rmsnorm_fwd(d->part, &rstd, d->x, w.norm2_w + l * C, 1, C);
        k->matmul(d->wide, d->part, w.gate_w + l * 2 * F * C, NULL, 1, 2 * F, C, LL_MM_TB);
        k->swiglu_fwd(d->act, d->wide, 1, F);
        k->matmul(d->x, d->act, w.down_w + l * C * F, NULL, 1, C, F, LL_MM_TB | LL_MM_ADD);
    }
    k->rmsnorm_fwd(d->part, &rstd, d->x, w.normf_w, 1, C);
    k->matmul(d->logits, d->part, w.head_w, NULL, 1, V, C, LL_MM_TB);
}

const ll_family_ops ll_family_llama = { "llama",      list_tensors,   llama_work, llama_forward,
                                        llama_logits, llama_backward, llama_step };
