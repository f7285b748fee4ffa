/* What a family is to the rest of the room: a tensor table, the two passes over whole sequences, and a step of one
 * token. */
#ifndef LL_MODEL_FAMILY_H
#define LL_MODEL_FAMILY_H

#include "model/decode.h"

typedef struct ll_family_ops {
    const char *name;
    int (*tensors)(const ll_model *m, ll_tensor *out);
    size_t (*work)(const ll_model *m, int64_t B);
    void (*forward)(const ll_model *m, const ll_kernels *k, const ll_real *params, const int32_t *x, int64_t B,
                    void *work);
    /* logits [B,T,V] of the last forward pass, in work. */
    ll_real *(*logits)(const ll_model *m, int64_t B, void *work);
    /* logits hold their own gradient by now. grads: matrices are written, all others are added to. */
    void (*backward)(const ll_model *m, const ll_kernels *k, const ll_real *params, ll_real *grads,
                     const int32_t *x, int64_t B, void *work);
    /* One token at position d->at, over the keys and values before it: d->logits, not yet scaled. */
    void (*step)(ll_decoder *d, int32_t token);
} ll_family_ops;

/* The letters that tensor tables are written in. */
#define LL_MODEL_LETTERS(m)                                                                        \
    const int64_t L = (m)->layers, C = (m)->width, F = (m)->ffw, V = (m)->vocab, T = (m)->context; \
    (void)L, (void)C, (void)F, (void)V, (void)T

/* From one table, X(name, layers, rows, cols, role) in order: the struct of pointers, its binding to a parameter
 * block, and the list of tensors. */
#define LL_WEIGHTS_FIELD(name, layers, rows, cols, role) ll_real *name;
#define LL_WEIGHTS_BIND(name, layers, rows, cols, role) w.name = at, at += (layers) * (rows) * (cols);
#define LL_WEIGHTS_LIST(name, layers, rows, cols, role) \
    out[n++] = (ll_tensor) { #name, LL_ROLE_##role, layers, rows, cols, 0 };
#define LL_FAMILY_WEIGHTS(TABLE)                                 \
    typedef struct weights {                                     \
        TABLE(LL_WEIGHTS_FIELD)                                  \
    } weights;                                                   \
    static weights bind(const ll_model *m, const ll_real *at_) { \
        LL_MODEL_LETTERS(m);                                     \
        ll_real *at = (ll_real *)at_;                            \
        weights w;                                               \
        TABLE(LL_WEIGHTS_BIND)                                   \
        return w;                                                \
    }                                                            \
    static int list_tensors(const ll_model *m, ll_tensor *out) { \
        LL_MODEL_LETTERS(m);                                     \
        int n = 0;                                               \
        TABLE(LL_WEIGHTS_LIST)                                   \
        return n;                                                \
    }

extern const ll_family_ops ll_family_gpt, ll_family_llama;

double ll_model_head_scale(const ll_model *m);
ll_real ll_model_attention_scale(const ll_model *m);

/* Of one token's q and k in d->qkv: rotary positions, in place. */
void ll_decoder_rotate(ll_decoder *d);
/* Keeps k and v of d->qkv as those of layer l at d->at; d->attn is what q attends to. */
void ll_decoder_attend(ll_decoder *d, int64_t l);
/* The step of the model's family. */
void ll_family_step(ll_decoder *d, int32_t token);

#endif
