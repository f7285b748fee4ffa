/* llama (Touvron et al. 2023): rotary positions, RMSNorm before each part, SwiGLU, no biases, a head of its own. */
#include <string.h>

#include "base/system/arena.h"
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

static void llama_forward(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                          const int32_t *x, int64_t B, void *work) {
    LL_MODEL_LETTERS(m);
    const int64_t R = B * T, H = m->heads, S = C / H;
    weights w = bind(m, params), p = bind_packed(m, k, packed);
    acts a = acts_in(m, B, work);
    k->embed_fwd(a.in, x, w.wte, NULL, R, T, C);
    for (int64_t l = 0; l < L; l++) {
        ll_real *in = a.in + l * R * C, *mid = a.mid + l * R * C, *norm1 = a.norm1 + l * R * C,
                *norm2 = a.norm2 + l * R * C;
        ll_real *qkv = a.qkv + l * R * 3 * C, *attn = a.attn + l * R * C, *gate = a.gate + l * R * 2 * F,
                *act = a.act + l * R * F;
        k->rmsnorm_fwd(norm1, a.rstd1 + l * R, in, w.norm1_w + l * C, R, C);
        ll_linear(k, qkv, norm1, LL_MATRIX(qkv_w, l, 3 * C, C), NULL, R);
        k->rope(qkv, R, T, H, S, 1, 0, R);
        k->attention_fwd(attn, a.lse + l * H * R, qkv, B, T, H, S, ll_model_attention_scale(m), a.work, 0, B * H);
        ll_linear_residual(k, mid, in, attn, LL_MATRIX(attn_w, l, C, C), NULL, R);
        k->rmsnorm_fwd(norm2, a.rstd2 + l * R, mid, w.norm2_w + l * C, R, C);
        ll_linear(k, gate, norm2, LL_MATRIX(gate_w, l, 2 * F, C), NULL, R);
        k->swiglu_fwd(act, gate, R, F);
        ll_linear_residual(k, in + R * C, mid, act, LL_MATRIX(down_w, l, C, F), NULL, R);
    }
    k->rmsnorm_fwd(a.normf, a.rstdf, a.in + L * R * C, w.normf_w, R, C);
    ll_linear(k, a.logits, a.normf, LL_MATRIX(head_w, 0, V, C), NULL, R);
}

static void llama_backward(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                           ll_real *grads, const int32_t *x, int64_t B, void *work) {
    LL_MODEL_LETTERS(m);
    const int64_t R = B * T, H = m->heads, S = C / H;
    weights w = bind(m, params), p = bind_packed(m, k, packed), g = bind(m, grads);
    acts a = acts_in(m, B, work);
    memset(a.d_stream, 0, (size_t)(R * C) * sizeof(ll_real));
    ll_linear_bwd(k, a.d_part, a.logits, LL_MATRIX(head_w, 0, V, C), R);
    ll_linear_params_bwd(k, g.head_w, NULL, a.logits, a.normf, LL_MATRIX(head_w, 0, V, C), R);
    k->norm_params_bwd(g.normf_w, NULL, a.d_part, a.in + L * R * C, NULL, a.rstdf, R, C, 0, C);
    k->rmsnorm_bwd(a.d_stream, a.d_part, a.in + L * R * C, w.normf_w, a.rstdf, R, C);
    for (int64_t l = L - 1; l >= 0; l--) {
        const ll_real *in = a.in + l * R * C, *mid = a.mid + l * R * C, *qkv = a.qkv + l * R * 3 * C,
                      *attn = a.attn + l * R * C;
        const ll_matrix down = LL_MATRIX(down_w, l, C, F), up = LL_MATRIX(gate_w, l, 2 * F, C),
                        out = LL_MATRIX(attn_w, l, C, C), three = LL_MATRIX(qkv_w, l, 3 * C, C);
        ll_linear_bwd(k, a.d_act, a.d_stream, down, R);
        k->swiglu_bwd(a.d_wide, a.d_act, a.gate + l * R * 2 * F, R, F);
        ll_linear_bwd(k, a.d_part, a.d_wide, up, R);
        ll_linear_params_bwd(k, g.down_w + l * C * F, NULL, a.d_stream, a.act + l * R * F, down, R);
        ll_linear_params_bwd(k, g.gate_w + l * 2 * F * C, NULL, a.d_wide, a.norm2 + l * R * C, up, R);
        k->norm_params_bwd(g.norm2_w + l * C, NULL, a.d_part, mid, NULL, a.rstd2 + l * R, R, C, 0, C);
        k->rmsnorm_bwd(a.d_stream, a.d_part, mid, w.norm2_w + l * C, a.rstd2 + l * R, R, C);
        ll_linear_bwd(k, a.d_part, a.d_stream, out, R);
        k->attention_bwd(a.d_wide, a.d_part, qkv, attn, a.lse + l * H * R, B, T, H, S, ll_model_attention_scale(m),
                         a.work, 0, B * H);
        k->rope(a.d_wide, R, T, H, S, -1, 0, R);
        ll_linear_bwd(k, a.d_part, a.d_wide, three, R);
        ll_linear_params_bwd(k, g.attn_w + l * C * C, NULL, a.d_stream, attn, out, R);
        ll_linear_params_bwd(k, g.qkv_w + l * 3 * C * C, NULL, a.d_wide, a.norm1 + l * R * C, three, R);
        k->norm_params_bwd(g.norm1_w + l * C, NULL, a.d_part, in, NULL, a.rstd1 + l * R, R, C, 0, C);
        k->rmsnorm_bwd(a.d_stream, a.d_part, in, w.norm1_w + l * C, a.rstd1 + l * R, R, C);
    }
    k->embed_bwd(g.wte, NULL, a.d_stream, x, R, T, C, 0, C);
}

static void llama_step(ll_decoder *d, const int32_t *token) {
    LL_MODEL_LETTERS(d->model);
    const int64_t R = d->R;
    const ll_kernels *k = d->kernels;
    weights w = bind(d->model, d->params), p = bind_packed(d->model, k, d->packed);
    k->embed_fwd(d->x, token, w.wte, NULL, R, 1, C);
    for (int64_t l = 0; l < L; l++) {
        k->rmsnorm_fwd(d->part, d->rstd, d->x, w.norm1_w + l * C, R, C);
        ll_linear(k, d->qkv, d->part, LL_MATRIX(qkv_w, l, 3 * C, C), NULL, R);
        ll_decoder_rotate(d);
        ll_decoder_attend(d, l);
        ll_linear_add(k, d->x, d->attn, LL_MATRIX(attn_w, l, C, C), NULL, R);
        k->rmsnorm_fwd(d->part, d->rstd, d->x, w.norm2_w + l * C, R, C);
        ll_linear(k, d->wide, d->part, LL_MATRIX(gate_w, l, 2 * F, C), NULL, R);
        k->swiglu_fwd(d->act, d->wide, R, F);
        ll_linear_add(k, d->x, d->act, LL_MATRIX(down_w, l, C, F), NULL, R);
    }
    k->rmsnorm_fwd(d->part, d->rstd, d->x, w.normf_w, R, C);
    ll_linear(k, d->logits, d->part, LL_MATRIX(head_w, 0, V, C), NULL, R);
}

static int64_t llama_ffw(int64_t width) {
    return (8 * width / 3 + 7) / 8 * 8;
}

const ll_family_ops ll_family_llama = { .name = "llama",
                                        .attends = true,
                                        .embed_std = 0.1,
                                        .ffw = llama_ffw,
                                        .tensors = list_tensors,
                                        .work = llama_work,
                                        .forward = llama_forward,
                                        .logits = llama_logits,
                                        .backward = llama_backward,
                                        .step = llama_step };
