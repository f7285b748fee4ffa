/* Decoding: one token after the other, with keys and values kept, so that a token costs one row of work and not a
 * whole context.
 *
 *     ll_decoder d;
 *     LL_TRY(ll_decoder_init(&d, &model, kernels, params, err));
 *     const ll_real *logits = ll_decoder_step(&d, token);      [V] of what follows
 *     ll_decoder_rewind(&d);                                    an empty context again
 *     ll_decoder_clear(&d);
 *
 * A decoder belongs to one thread and borrows model, kernels and params. A step allocates nothing.
 */
#ifndef LL_MODEL_DECODE_H
#define LL_MODEL_DECODE_H

#include "base/system/arena.h"
#include "model/model.h"

typedef struct ll_decoder {
    const ll_model *model;
    const ll_kernels *kernels;
    const ll_real *params;
    ll_real *packed;                             /* the matrices, as ll_model_pack leaves them */
    int64_t at;                                  /* tokens in the context so far: the position of the next one */
    ll_real *keys, *values;                      /* [L,H,T,S]; an lstm's h and c [L,C] lie at their starts */
    ll_real *turn;                               /* [T,S] cosines and sines of rotary positions */
    ll_real *x, *part, *qkv, *attn, *wide, *act; /* one row each: [C] [C] [3C] [C] [max(2F,4C)] [F] */
    ll_real *scores, *logits;                    /* [T] [V] */
    ll_arena memory;
} ll_decoder;

/* The model has been checked. LL_ENOMEM. */
ll_status ll_decoder_init(ll_decoder *d, const ll_model *model, const ll_kernels *kernels, const ll_real *params,
                          ll_error *err);
void ll_decoder_clear(ll_decoder *d);
void ll_decoder_rewind(ll_decoder *d);

/* Takes a token below the vocabulary into the context, which has room for it (at < model.context). Returns the
 * decoder's logits [V]: their softmax is the model's prediction of the token after. */
const ll_real *ll_decoder_step(ll_decoder *d, int32_t token);

#endif
