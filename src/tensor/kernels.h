/* The kernel table: everything a model computes with. Reference first, then overridden by faster tables; no
 * entry is ever NULL.
 *
 *     const ll_kernels *k;
 *     LL_TRY(ll_kernels_named("auto", "fp32", &k, err));
 *     k->matmul(y, x, w, bias, R, O, I, LL_MM_TB);
 *
 * All matrices are row-major and dense. R is rows (batch x time), C width, V vocabulary, T context, H heads,
 * S head size. Pointers of one call must not overlap unless the contract says so. Every kernel runs on the
 * calling thread, allocates nothing, and gives the same bits for the same arguments; a team's does it on its threads,
 * and by finish() at the latest.
 *
 * Where a kernel takes [from, to), or can be called for fewer rows, the parts have the bits of the whole: team/team.h
 * shares them out.
 */
#ifndef LL_TENSOR_KERNELS_H
#define LL_TENSOR_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "loglog/error.h"
#include "tensor/real.h"

#define LL_NORM_EPS 1e-5 /* of both normalisations */
#define LL_ROPE_BASE 10000.0

enum {
    LL_MM_TA = 1,    /* a is stored [K,M] */
    LL_MM_TB = 2,    /* b is stored [N,K] */
    LL_MM_ADD = 4,   /* c += instead of c = */
    LL_MM_PACKED = 8 /* b is what pack made of it, with the same LL_MM_TB */
};

typedef struct ll_adamw {
    ll_real lr, beta1, beta2, eps, decay; /* decay: what is taken off p, times p (learning rate included) */
    ll_real bias1, bias2;                 /* 1 - beta1^t, 1 - beta2^t */
    ll_real grad_scale;                   /* clipping, folded into the pass */
} ll_adamw;

/* Keys and values [n,H,S] of tokens one behind the other. */
typedef struct ll_kept_part {
    const ll_real *keys, *values;
    int64_t n;
} ll_kept_part;

typedef struct ll_kernels {
    const char *name, *precision; /* precision: fp32, or bf16 of the operands of products */

    /* c [M,N] (+)= op(a) [M,K] op(b) [K,N] + bias [N] (bias may be NULL). Flags: LL_MM_*. */
    void (*matmul)(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M, int64_t N,
                   int64_t K, unsigned flags);
    /* Of the same c, rows [from, to) alone. */
    void (*matmul_rows)(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M, int64_t N,
                        int64_t K, unsigned flags, int64_t from, int64_t to);
    bool whole; /* the bits of a product depend on how many of its rows are asked for */

    /* b [K,N] ([N,K] with LL_MM_TB) in the order in which this table multiplies by it: packed once, met by many.
     * to: packed(N, K, flags) reals. Where those are 0, b is multiplied by as it lies, and is never LL_MM_PACKED. */
    int64_t (*packed)(int64_t N, int64_t K, unsigned flags);
    void (*pack)(ll_real *to, const ll_real *b, int64_t N, int64_t K, unsigned flags);

    /* y [R,C] = x. */
    void (*copy)(ll_real *y, const ll_real *x, int64_t R, int64_t C);

    /* out [N] += the sum over the rows of x [R,N], in columns [from, to). */
    void (*sum_rows)(ll_real *out, const ll_real *x, int64_t R, int64_t N, int64_t from, int64_t to);

    /* x [R,C] = wte [V,C] at token [R], plus wpe [T,C] at the row's place in its sequence (wpe may be NULL). */
    void (*embed_fwd)(ll_real *x, const int32_t *token, const ll_real *wte, const ll_real *wpe, int64_t R,
                      int64_t T, int64_t C);
    /* dwte += and dwpe += (may be NULL) from dx, in columns [from, to). */
    void (*embed_bwd)(ll_real *dwte, ll_real *dwpe, const ll_real *dx, const int32_t *token, int64_t R, int64_t T,
                      int64_t C, int64_t from, int64_t to);

    /* Layer normalisation (Ba et al. 2016): y = (x - mean) * rstd * w + b, rstd = 1/sqrt(var + LL_NORM_EPS). */
    void (*layernorm_fwd)(ll_real *y, ll_real *mean, ll_real *rstd, const ll_real *x, const ll_real *w,
                          const ll_real *b, int64_t R, int64_t C);
    /* dx [R,C] +=. */
    void (*layernorm_bwd)(ll_real *dx, const ll_real *dy, const ll_real *x, const ll_real *w, const ll_real *mean,
                          const ll_real *rstd, int64_t R, int64_t C);

    /* RMS normalisation (Zhang and Sennrich 2019): y = x * rstd * w, rstd = 1/sqrt(mean(x^2) + LL_NORM_EPS). */
    void (*rmsnorm_fwd)(ll_real *y, ll_real *rstd, const ll_real *x, const ll_real *w, int64_t R, int64_t C);
    /* dx [R,C] +=. */
    void (*rmsnorm_bwd)(ll_real *dx, const ll_real *dy, const ll_real *x, const ll_real *w, const ll_real *rstd,
                        int64_t R, int64_t C);

    /* The parameters of either: dw [C] +=, db [C] += (may be NULL), in columns [from, to); mean is NULL where it is not
     * taken off. */
    void (*norm_params_bwd)(ll_real *dw, ll_real *db, const ll_real *dy, const ll_real *x, const ll_real *mean,
                            const ll_real *rstd, int64_t R, int64_t C, int64_t from, int64_t to);

    /* GELU by its tanh form (Hendrycks and Gimpel 2016). dx = dy * gelu'(x); dx may be dy. All [R,F]. */
    void (*gelu_fwd)(ll_real *y, const ll_real *x, int64_t R, int64_t F);
    void (*gelu_bwd)(ll_real *dx, const ll_real *dy, const ll_real *x, int64_t R, int64_t F);

    /* SwiGLU (Shazeer 2020): x [R,2F] holds gate and up; y [R,F] = silu(gate) * up. */
    void (*swiglu_fwd)(ll_real *y, const ll_real *x, int64_t R, int64_t F);
    void (*swiglu_bwd)(ll_real *dx, const ll_real *dy, const ll_real *x, int64_t R, int64_t F);

    /* Rotary positions (Su et al. 2021) on the q and k parts of qkv [R,3,H,S] in place: pairs (i, i + S/2) turn by
     * sign * t * LL_ROPE_BASE^(-2i/S). sign -1 undoes it, which is the backward pass. Rows [from, to) of the R. */
    void (*rope)(ll_real *qkv, int64_t R, int64_t T, int64_t H, int64_t S, int sign, int64_t from, int64_t to);

    /* Causal attention over qkv [B,T,3,H,S]: o [B,T,H,S] = softmax(scale q k^T) v, lse [B,H,T] the log of the sum
     * of exponentials, kept for the backward pass. Heads [from, to) of the B H. work: LL_ATTENTION_WORK(T, S) reals. */
    void (*attention_fwd)(ll_real *o, ll_real *lse, const ll_real *qkv, int64_t B, int64_t T, int64_t H, int64_t S,
                          ll_real scale, ll_real *work, int64_t from, int64_t to);
    /* dqkv [B,T,3,H,S] = from do_. */
    void (*attention_bwd)(ll_real *dqkv, const ll_real *do_, const ll_real *qkv, const ll_real *o,
                          const ll_real *lse, int64_t B, int64_t T, int64_t H, int64_t S, ll_real scale,
                          ll_real *work, int64_t from, int64_t to);

    /* One query over what has been kept of the tokens before it and of its own: o [H,S] = softmax(scale q k^T) v, q
     * [H,S]. Keys and values lie in so many parts, one behind the other in time; how they are split changes no bit.
     * work: LL_ATTENTION_STEP_WORK(all their tokens, H) reals. */
    void (*attention_step)(ll_real *o, const ll_real *q, const ll_kept_part *parts, int n, int64_t H, int64_t S,
                           ll_real scale, ll_real *work);

    /* A step of B rows of an LSTM (Hochreiter and Schmidhuber 1997). gates [B,4C] come as sums of products and leave as
     * i, f, o = sigmoid and g = tanh of them, in the order i, f, g, o; c = f c0 + i g, h = o tanh(c), all [B,C]. c may
     * be c0. */
    void (*lstm_fwd)(ll_real *h, ll_real *c, ll_real *gates, const ll_real *c0, int64_t B, int64_t C);
    /* From dh: dc comes as the gradient of c by all later steps and leaves as that of c0, gates as that of the sums. */
    void (*lstm_bwd)(ll_real *dc, ll_real *gates, const ll_real *dh, const ll_real *c, const ll_real *c0, int64_t B,
                     int64_t C);

    /* Cross-entropy of softmax(alpha logits [R,V]) at target [R], nats: loss [R]. */
    void (*xent_fwd)(ll_real *loss, const ll_real *logits, const int32_t *target, int64_t R, int64_t V,
                     ll_real alpha);
    /* The same, and logits become their own gradient times scale. */
    void (*xent_grad)(ll_real *loss, ll_real *logits, const int32_t *target, int64_t R, int64_t V, ll_real alpha,
                      ll_real scale);

    /* AdamW (Loshchilov and Hutter 2019), one pass over p, m, v [n]. */
    void (*adamw)(ll_real *p, ll_real *m, ll_real *v, const ll_real *g, int64_t n, const ll_adamw *o);

    /* out [n] = the sum of k buffers, part + i * stride, in the order of i; out may be part. Returns the sum of out
     * squared. */
    double (*reduce)(ll_real *out, const ll_real *part, int64_t stride, int64_t k, int64_t n);

    /* A table may put calls off until this is called, and their arguments stay as they are until then. */
    void (*finish)(void);

    /* What the multiply-add units can do: so many rounds on registers alone. Returns the FLOPs done. */
    double (*peak)(int64_t rounds, ll_real *sink);
} ll_kernels;

/* Scratch of both attention passes, in reals: enough for every table. For each token three left sides in another
 * precision, the sums of dk and dv, and a row of scores with its copy; panels and strips of a block of 64 queries. */
#define LL_ATTENTION_WORK(T, S) ((T) * (4 * (S) + 192) + 64 * (7 * (S) + 384))

/* Scratch of attention_step over n tokens: enough for every table. */
#define LL_ATTENTION_STEP_WORK(n, H) ((H) * ((n) + 3 * 16))

void ll_kernels_ref(ll_kernels *k); /* the portable reference */

#endif
