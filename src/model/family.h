/* What a family is to the rest of the room: a tensor table, the two passes over whole sequences, and a step of one
 * token of many texts. */
#ifndef LL_MODEL_FAMILY_H
#define LL_MODEL_FAMILY_H

#include "model/decode.h"

typedef struct ll_family_ops {
    const char *name;
    bool attends;     /* over heads, with a feed-forward part behind; else heads and ffw are not read */
    double embed_std; /* of embeddings at the start: constant in width, tuned once at the smallest */
    int64_t (*ffw)(int64_t width); /* ll_family_ffw */
    int (*tensors)(const ll_model *m, ll_tensor *out);
    size_t (*work)(const ll_model *m, int64_t B);
    void (*forward)(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                    const int32_t *x, int64_t B, void *work);
    /* logits [B,T,V] of the last forward pass, in work. */
    ll_real *(*logits)(const ll_model *m, int64_t B, void *work);
    /* logits hold their own gradient by now. grads: matrices are written, all others are added to. */
    void (*backward)(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                     ll_real *grads, const int32_t *x, int64_t B, void *work);
    /* token [R] behind the contexts d->row [R], over what they have kept: d->logits [R,V], not yet scaled. Keeps what
     * the next step needs at own.n, which is counted on by the caller. */
    void (*step)(ll_decoder *d, const int32_t *token);
} ll_family_ops;

/* The letters that tensor tables are written in. */
#define LL_MODEL_LETTERS(m)                                                                        \
    const int64_t L = (m)->layers, C = (m)->width, F = (m)->ffw, V = (m)->vocab, T = (m)->context; \
    (void)L, (void)C, (void)F, (void)V, (void)T

/* From one table, X(name, layers, rows, cols, role) in order: the struct of pointers, its binding to a parameter
 * block and to a packed one (NULL binds nothing), and the list of tensors. */
#define LL_WEIGHTS_FIELD(name, layers, rows, cols, role) ll_real *name;
#define LL_WEIGHTS_BIND(name, layers, rows, cols, role) w.name = at, at += (layers) * (rows) * (cols);
#define LL_WEIGHTS_BIND_PACKED(name, layers, rows, cols, role) \
    if (ll_role_multiplies(LL_ROLE_##role)) w.name = at, at += (layers)*ll_matrix_packed(k, rows, cols);
#define LL_WEIGHTS_LIST(name, layers, rows, cols, role) \
    out[n++] = (ll_tensor) { #name, LL_ROLE_##role, layers, rows, cols, 0 };
#define LL_FAMILY_WEIGHTS(TABLE)                                                                \
    typedef struct weights {                                                                    \
        TABLE(LL_WEIGHTS_FIELD)                                                                 \
    } weights;                                                                                  \
    static weights bind(const ll_model *m, const ll_real *at_) {                                \
        LL_MODEL_LETTERS(m);                                                                    \
        ll_real *at = (ll_real *)at_;                                                           \
        weights w;                                                                              \
        TABLE(LL_WEIGHTS_BIND)                                                                  \
        return w;                                                                               \
    }                                                                                           \
    static weights bind_packed(const ll_model *m, const ll_kernels *k, const ll_real *packed) { \
        LL_MODEL_LETTERS(m);                                                                    \
        ll_real *at = (ll_real *)packed;                                                        \
        weights w = { 0 };                                                                      \
        if (!packed) return w;                                                                  \
        TABLE(LL_WEIGHTS_BIND_PACKED)                                                           \
        return w;                                                                               \
    }                                                                                           \
    static int list_tensors(const ll_model *m, ll_tensor *out) {                                \
        LL_MODEL_LETTERS(m);                                                                    \
        int n = 0;                                                                              \
        TABLE(LL_WEIGHTS_LIST)                                                                  \
        return n;                                                                               \
    }

/* A weight matrix [O,I] as products take it: as it lies, or packed where the table packs it. */
typedef struct ll_matrix {
    const ll_real *forward, *backward;        /* of x w^T and of dy w */
    unsigned forward_packed, backward_packed; /* LL_MM_PACKED or 0 */
    int64_t O, I;
} ll_matrix;

bool ll_role_multiplies(ll_role role);
int64_t ll_matrix_packed(const ll_kernels *k, int64_t O, int64_t I); /* reals of both forms */

/* That of layer l; packed may be NULL. */
ll_matrix ll_matrix_at(const ll_kernels *k, const ll_real *w, const ll_real *packed, int64_t l, int64_t O,
                       int64_t I);
#define LL_MATRIX(name, l, O, I) ll_matrix_at(k, w.name, p.name, l, O, I)

/* y [R,O] = x [R,I] w^T + bias, and y += that; bias may be NULL. */
void ll_linear(const ll_kernels *k, ll_real *y, const ll_real *x, ll_matrix w, const ll_real *bias, int64_t R);
void ll_linear_add(const ll_kernels *k, ll_real *y, const ll_real *x, ll_matrix w, const ll_real *bias, int64_t R);
/* y [R,O] = x [R,O] + part [R,I] w^T + bias: the residual stream moves on. */
void ll_linear_residual(const ll_kernels *k, ll_real *y, const ll_real *x, const ll_real *part, ll_matrix w,
                        const ll_real *bias, int64_t R);
/* Through ll_linear: dx = dy w. */
void ll_linear_bwd(const ll_kernels *k, ll_real *dx, const ll_real *dy, ll_matrix w, int64_t R);
/* Its parameters: dw = dy^T x, db += the sum of dy (may be NULL). */
void ll_linear_params_bwd(const ll_kernels *k, ll_real *dw, ll_real *db, const ll_real *dy, const ll_real *x,
                          ll_matrix w, int64_t R);

extern const ll_family_ops ll_family_gpt, ll_family_llama, ll_family_lstm;

double ll_model_head_scale(const ll_model *m);
ll_real ll_model_attention_scale(const ll_model *m);

/* Of q and k in d->qkv [R,3C]: rotary positions, in place. */
void ll_decoder_rotate(ll_decoder *d);
/* key and value [C] as those of layer l at own.n. */
void ll_kept_put(ll_kept *own, int64_t l, int64_t C, const ll_real *key, const ll_real *value);
/* Keeps k and v of d->qkv as those of layer l; d->attn [R,C] is what q attends to. */
void ll_decoder_attend(ll_decoder *d, int64_t l);
/* The step of the model's family. */
void ll_family_step(ll_decoder *d, const int32_t *token);

#endif
