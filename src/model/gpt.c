/* gpt: Kaplan's model, which is GPT-2's (Radford et al. 2019): learned positions, LayerNorm before each part,
 * GELU, biases, the head tied to the token embedding. */
#include <string.h>

#include "base/system/arena.h"
#include "model/family.h"

/* name, layers, rows, cols, role. The one place where the parameters are listed. */
#define GPT_PARAMS(X)             \
    X(wte, 1, V, C, TIED)         \
    X(wpe, 1, T, C, EMBED)        \
    X(ln1_w, L, 1, C, GAIN)       \
    X(ln1_b, L, 1, C, BIAS)       \
    X(qkv_w, L, 3 * C, C, HIDDEN) \
    X(qkv_b, L, 1, 3 * C, BIAS)   \
    X(attn_w, L, C, C, RESIDUAL)  \
    X(attn_b, L, 1, C, BIAS)      \
    X(ln2_w, L, 1, C, GAIN)       \
    X(ln2_b, L, 1, C, BIAS)       \
    X(fc_w, L, F, C, HIDDEN)      \
    X(fc_b, L, 1, F, BIAS)        \
    X(proj_w, L, C, F, RESIDUAL)  \
    X(proj_b, L, 1, C, BIAS)      \
    X(lnf_w, 1, 1, C, GAIN)       \
    X(lnf_b, 1, 1, C, BIAS)

LL_FAMILY_WEIGHTS(GPT_PARAMS)

/* What the backward pass needs of the forward one. [L,R,...] unless said otherwise; R = B T. */
typedef struct acts {
    ll_real *in;                        /* [L+1,R,C] the residual stream before each block and after the last */
    ll_real *mid;                       /* [L,R,C] between attention and feed-forward */
    ll_real *ln1, *ln1_mean, *ln1_rstd; /* [L,R,C] [L,R] [L,R] */
    ll_real *qkv, *attn, *lse;          /* [L,R,3C] [L,R,C] [L,H,R] */
    ll_real *ln2, *ln2_mean, *ln2_rstd;
    ll_real *fc, *gelu;                  /* [L,R,F] */
    ll_real *lnf, *lnf_mean, *lnf_rstd;  /* [R,C] [R] [R] */
    ll_real *logits;                     /* [R,V] */
    ll_real *d_stream, *d_part, *d_wide; /* gradients: [R,C], [R,C], [R,max(F,3C)] */
    ll_real *work;                       /* of attention */
} acts;

static acts lay_out(ll_arena *a, const ll_model *m, int64_t B) {
    LL_MODEL_LETTERS(m);
    size_t l = (size_t)L, r = (size_t)(B * T), c = (size_t)C, wide = (size_t)(F > 3 * C ? F : 3 * C);
#define REALS(n) ll_arena_push(a, (n), sizeof(ll_real))
    acts t;
    t.in = REALS((l + 1) * r * c);
    t.mid = REALS(l * r * c);
    t.ln1 = REALS(l * r * c);
    t.ln1_mean = REALS(l * r);
    t.ln1_rstd = REALS(l * r);
    t.qkv = REALS(l * r * 3 * c);
    t.attn = REALS(l * r * c);
    t.lse = REALS(l * r * (size_t)m->heads);
    t.ln2 = REALS(l * r * c);
    t.ln2_mean = REALS(l * r);
    t.ln2_rstd = REALS(l * r);
    t.fc = REALS(l * r * (size_t)F);
    t.gelu = REALS(l * r * (size_t)F);
    t.lnf = REALS(r * c);
    t.lnf_mean = REALS(r);
    t.lnf_rstd = REALS(r);
    t.logits = REALS(r * (size_t)V);
    t.d_stream = REALS(r * c);
    t.d_part = REALS(r * c);
    t.d_wide = REALS(r * wide);
    t.work = REALS((size_t)LL_ATTENTION_WORK(T, C / m->heads));
    return t;
#undef REALS
}

static size_t gpt_work(const ll_model *m, int64_t B) {
    ll_arena a = { 0 };
    lay_out(&a, m, B);
    return a.used;
}

static acts acts_in(const ll_model *m, int64_t B, void *work) {
    ll_arena a = { .base = work, .size = SIZE_MAX / 2 };
    return lay_out(&a, m, B);
}

static ll_real *gpt_logits(const ll_model *m, int64_t B, void *work) {
    return acts_in(m, B, work).logits;
}

static void gpt_forward(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                        const int32_t *x, int64_t B, void *work) {
    LL_MODEL_LETTERS(m);
    const int64_t R = B * T, H = m->heads, S = C / H;
    weights w = bind(m, params), p = bind_packed(m, k, packed);
    acts a = acts_in(m, B, work);
    k->embed_fwd(a.in, x, w.wte, w.wpe, R, T, C);
    for (int64_t l = 0; l < L; l++) {
        ll_real *in = a.in + l * R * C, *mid = a.mid + l * R * C, *ln1 = a.ln1 + l * R * C,
                *ln2 = a.ln2 + l * R * C;
        ll_real *qkv = a.qkv + l * R * 3 * C, *attn = a.attn + l * R * C, *fc = a.fc + l * R * F,
                *gelu = a.gelu + l * R * F;
        k->layernorm_fwd(ln1, a.ln1_mean + l * R, a.ln1_rstd + l * R, in, w.ln1_w + l * C, w.ln1_b + l * C, R, C);
        ll_linear(k, qkv, ln1, LL_MATRIX(qkv_w, l, 3 * C, C), w.qkv_b + l * 3 * C, R);
        k->attention_fwd(attn, a.lse + l * H * R, qkv, B, T, H, S, ll_model_attention_scale(m), a.work, 0, B * H);
        ll_linear_residual(k, mid, in, attn, LL_MATRIX(attn_w, l, C, C), w.attn_b + l * C, R);
        k->layernorm_fwd(ln2, a.ln2_mean + l * R, a.ln2_rstd + l * R, mid, w.ln2_w + l * C, w.ln2_b + l * C, R, C);
        ll_linear(k, fc, ln2, LL_MATRIX(fc_w, l, F, C), w.fc_b + l * F, R);
        k->gelu_fwd(gelu, fc, R, F);
        ll_linear_residual(k, in + R * C, mid, gelu, LL_MATRIX(proj_w, l, C, F), w.proj_b + l * C, R);
    }
    k->layernorm_fwd(a.lnf, a.lnf_mean, a.lnf_rstd, a.in + L * R * C, w.lnf_w, w.lnf_b, R, C);
    ll_linear(k, a.logits, a.lnf, LL_MATRIX(wte, 0, V, C), NULL, R);
}

static void gpt_backward(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                         ll_real *grads, const int32_t *x, int64_t B, void *work) {
    LL_MODEL_LETTERS(m);
    const int64_t R = B * T, H = m->heads, S = C / H;
    weights w = bind(m, params), p = bind_packed(m, k, packed), g = bind(m, grads);
    acts a = acts_in(m, B, work);
    memset(a.d_stream, 0, (size_t)(R * C) * sizeof(ll_real));
    ll_linear_bwd(k, a.d_part, a.logits, LL_MATRIX(wte, 0, V, C), R);
    ll_linear_params_bwd(k, g.wte, NULL, a.logits, a.lnf, LL_MATRIX(wte, 0, V, C), R);
    k->norm_params_bwd(g.lnf_w, g.lnf_b, a.d_part, a.in + L * R * C, a.lnf_mean, a.lnf_rstd, R, C, 0, C);
    k->layernorm_bwd(a.d_stream, a.d_part, a.in + L * R * C, w.lnf_w, a.lnf_mean, a.lnf_rstd, R, C);
    for (int64_t l = L - 1; l >= 0; l--) {
        const ll_real *in = a.in + l * R * C, *mid = a.mid + l * R * C, *ln1 = a.ln1 + l * R * C,
                      *ln2 = a.ln2 + l * R * C;
        const ll_real *qkv = a.qkv + l * R * 3 * C, *attn = a.attn + l * R * C, *fc = a.fc + l * R * F;
        const ll_matrix proj = LL_MATRIX(proj_w, l, C, F), up = LL_MATRIX(fc_w, l, F, C),
                        out = LL_MATRIX(attn_w, l, C, C), three = LL_MATRIX(qkv_w, l, 3 * C, C);
        ll_linear_bwd(k, a.d_wide, a.d_stream, proj, R);
        k->gelu_bwd(a.d_wide, a.d_wide, fc, R, F);
        ll_linear_bwd(k, a.d_part, a.d_wide, up, R);
        ll_linear_params_bwd(k, g.proj_w + l * C * F, g.proj_b + l * C, a.d_stream, a.gelu + l * R * F, proj, R);
        ll_linear_params_bwd(k, g.fc_w + l * F * C, g.fc_b + l * F, a.d_wide, ln2, up, R);
        k->norm_params_bwd(g.ln2_w + l * C, g.ln2_b + l * C, a.d_part, mid, a.ln2_mean + l * R, a.ln2_rstd + l * R,
                           R, C, 0, C);
        k->layernorm_bwd(a.d_stream, a.d_part, mid, w.ln2_w + l * C, a.ln2_mean + l * R, a.ln2_rstd + l * R, R, C);
        ll_linear_bwd(k, a.d_part, a.d_stream, out, R);
        k->attention_bwd(a.d_wide, a.d_part, qkv, attn, a.lse + l * H * R, B, T, H, S, ll_model_attention_scale(m),
                         a.work, 0, B * H);
        ll_linear_bwd(k, a.d_part, a.d_wide, three, R);
        ll_linear_params_bwd(k, g.attn_w + l * C * C, g.attn_b + l * C, a.d_stream, attn, out, R);
        ll_linear_params_bwd(k, g.qkv_w + l * 3 * C * C, g.qkv_b + l * 3 * C, a.d_wide, ln1, three, R);
        k->norm_params_bwd(g.ln1_w + l * C, g.ln1_b + l * C, a.d_part, in, a.ln1_mean + l * R, a.ln1_rstd + l * R,
                           R, C, 0, C);
        k->layernorm_bwd(a.d_stream, a.d_part, in, w.ln1_w + l * C, a.ln1_mean + l * R, a.ln1_rstd + l * R, R, C);
    }
    k->embed_bwd(g.wte, g.wpe, a.d_stream, x, R, T, C, 0, C);
}

static void gpt_step(ll_decoder *d, const int32_t *token) {
    LL_MODEL_LETTERS(d->model);
    const int64_t R = d->R;
    const ll_kernels *k = d->kernels;
    weights w = bind(d->model, d->params), p = bind_packed(d->model, k, d->packed);
    for (int64_t r = 0; r < R; r++)
        k->embed_fwd(d->x + r * C, token + r, w.wte, w.wpe + ll_context_length(d->row[r]) * C, 1, 1, C);
    for (int64_t l = 0; l < L; l++) {
        k->layernorm_fwd(d->part, d->mean, d->rstd, d->x, w.ln1_w + l * C, w.ln1_b + l * C, R, C);
        ll_linear(k, d->qkv, d->part, LL_MATRIX(qkv_w, l, 3 * C, C), w.qkv_b + l * 3 * C, R);
        ll_decoder_attend(d, l);
        ll_linear_add(k, d->x, d->attn, LL_MATRIX(attn_w, l, C, C), w.attn_b + l * C, R);
        k->layernorm_fwd(d->part, d->mean, d->rstd, d->x, w.ln2_w + l * C, w.ln2_b + l * C, R, C);
        ll_linear(k, d->wide, d->part, LL_MATRIX(fc_w, l, F, C), w.fc_b + l * F, R);
        k->gelu_fwd(d->act, d->wide, R, F);
        ll_linear_add(k, d->x, d->act, LL_MATRIX(proj_w, l, C, F), w.proj_b + l * C, R);
    }
    k->layernorm_fwd(d->part, d->mean, d->rstd, d->x, w.lnf_w, w.lnf_b, R, C);
    ll_linear(k, d->logits, d->part, LL_MATRIX(wte, 0, V, C), NULL, R);
}

static int64_t gpt_ffw(int64_t width) {
    return 4 * width;
}

const ll_family_ops ll_family_gpt = { .name = "gpt",
                                      .attends = true,
                                      .embed_std = 0.1,
                                      .ffw = gpt_ffw,
                                      .tensors = list_tensors,
                                      .work = gpt_work,
                                      .forward = gpt_forward,
                                      .logits = gpt_logits,
                                      .backward = gpt_backward,
                                      .step = gpt_step };
