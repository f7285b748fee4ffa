/* Checkpoints in the safetensors format: 8 bytes of header length, a JSON header, then the tensors.
 *
 *     ll_checkpoint c = { .model = &m, .params = p, .m = m1, .v = m2, .step = 120, .identity = hash };
 *     LL_TRY(ll_checkpoint_write(&c, path, err));
 *     LL_TRY(ll_checkpoint_read(&c, path, err));      into the blocks that c points to
 *
 *     LL_TRY(ll_checkpoint_model(&model, path, err));  whose weights they are
 *
 * Tensors are named param.NAME, adam_m.NAME and adam_v.NAME; m and v may be NULL (weights alone). The metadata
 * holds the step, the running training loss to the last bit, beside m and v what was seen likewise, the identity of
 * the rung it belongs to, the model's shape, and a SHA-256 over these and the tensors, which is checked on reading.
 * Written beside and renamed: a checkpoint is whole or it is the one before.
 */
#ifndef LL_TRAIN_CHECKPOINT_H
#define LL_TRAIN_CHECKPOINT_H

#include "model/model.h"
#include "train/noise.h"

/* What a run has seen so far, all of it doubles. */
typedef struct ll_train_seen {
    double best_loss, best_step; /* of its points; infinity before the first */
    double stale;                /* points since the best */
    ll_noise noise;              /* since the last point */
} ll_train_seen;

typedef struct ll_checkpoint {
    const ll_model *model;
    float *params, *m, *v;
    int64_t step;
    double train_loss;
    ll_train_seen seen; /* as it was where the file has none */
    char identity[65];
} ll_checkpoint;

ll_status ll_checkpoint_write(const ll_checkpoint *c, const char *path, ll_error *err);

/* A file that is no such thing, is cut short, damaged, or has other tensors: LL_EFORMAT. When c->identity is not
 * empty, a checkpoint of another rung is LL_ESTATE. On failure the blocks' contents are undefined. */
ll_status ll_checkpoint_read(ll_checkpoint *c, const char *path, ll_error *err);

/* The model whose parameters the file holds, by its header alone: LL_EFORMAT where the header does not say its
 * shape (an older file), or one that the file is too small for. */
ll_status ll_checkpoint_model(ll_model *out, const char *path, ll_error *err);

/* Whether the file is a sound one of the model with parameters, m and v: the same errors. */
ll_status ll_checkpoint_check(const ll_model *model, const char *path, ll_error *err);

#endif
