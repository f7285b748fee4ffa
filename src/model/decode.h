/* Decoding: one token after the other, with keys and values kept, so that a token costs one row of work and not a
 * whole context; many texts go on in one step, whose rows are those of its matrix products.
 *
 *     ll_decoder d;
 *     LL_TRY(ll_decoder_init(&d, &model, kernels, params, err));            one text
 *     const ll_real *logits = ll_decoder_step(&d, token);                   [V] of what follows
 *     ll_decoder_rewind(&d);                                                an empty context again
 *
 *     LL_TRY(ll_decoder_init_rows(&d, &model, kernels, params, packed, 64, err));
 *     ll_context *rows[] = { &a, &b };                                      each may begin with what others have read
 *     logits = ll_decoder_step_rows(&d, rows, (int32_t[]) { 4, 17 }, 2);    [2,V]
 *     ll_decoder_clear(&d);
 *
 * A row's logits are the same to the bit whatever other rows a step has, under every table of kernels but that of a
 * BLAS, which rounds by how many rows a product has. A decoder belongs to one thread and borrows model, kernels,
 * params, packed and contexts. A step allocates nothing.
 */
#ifndef LL_MODEL_DECODE_H
#define LL_MODEL_DECODE_H

#include "base/system/arena.h"
#include "model/model.h"

/* What a model keeps of n tokens one after the other. */
typedef struct ll_kept {
    ll_real *keys, *values; /* [L,room,C]; of an lstm, h and c after each token */
    int64_t n, room;
} ll_kept;

/* What a text's next token sees: first what it shares with others, then its own. */
typedef struct ll_context {
    const ll_kept *before; /* NULL: nothing is shared */
    ll_kept own;
} ll_context;

typedef struct ll_decoder {
    const ll_model *model;
    const ll_kernels *kernels;
    const ll_real *params, *packed; /* packed: the matrices, as ll_model_pack leaves them */
    int64_t rows;                   /* of a step, at most */
    ll_context one;                 /* of ll_decoder_step */
    ll_context *const *row;         /* [R] of the step at work */
    int64_t R;
    ll_real *turn;                               /* [T,S] cosines and sines of rotary positions */
    ll_real *x, *part, *qkv, *attn, *wide, *act; /* [rows] of [C] [C] [3C] [C] [max(2F,4C)] [F] */
    ll_real *mean, *rstd;                        /* [rows] */
    ll_real *scores, *logits;                    /* LL_ATTENTION_STEP_WORK(T, H); [rows,V] */
    ll_arena memory;
} ll_decoder;

/* For one text, of which the decoder keeps the context itself. The model has been checked. LL_ENOMEM. */
ll_status ll_decoder_init(ll_decoder *d, const ll_model *model, const ll_kernels *kernels, const ll_real *params,
                          ll_error *err);
/* For the contexts of others. */
ll_status ll_decoder_init_rows(ll_decoder *d, const ll_model *model, const ll_kernels *kernels,
                               const ll_real *params, const ll_real *packed, int64_t rows, ll_error *err);
void ll_decoder_clear(ll_decoder *d);
void ll_decoder_rewind(ll_decoder *d);

/* Takes a token below the vocabulary into the context, which has room for it (fewer than model.context are in it).
 * Returns the decoder's logits [V]: their softmax is the model's prediction of the token after. */
const ll_real *ll_decoder_step(ll_decoder *d, int32_t token);

/* token [R], one for each of R different contexts, R at most the decoder's rows. Returns logits [R,V]. */
const ll_real *ll_decoder_step_rows(ll_decoder *d, ll_context *const *row, const int32_t *token, int64_t R);

int64_t ll_kept_size(const ll_model *m, int64_t room); /* reals, for so many tokens */
ll_kept ll_kept_in(const ll_model *m, int64_t room, ll_real *memory);
/* The first n tokens of from; to has room for them. */
void ll_kept_copy(const ll_model *m, ll_kept *to, const ll_kept *from, int64_t n);
int64_t ll_context_length(const ll_context *c); /* tokens in it: the position of the next one */

#endif
