/* Models: decoder-only families over the kernel table. Parameters are one flat block that the family's tensor
 * table describes; a model owns nothing.
 *
 *     ll_model m = { .family = LL_FAMILY_GPT, .layers = 2, .width = 64, .heads = 4, .ffw = 256,
 *                    .context = 128, .vocab = 257, .base_width = 32, .base_head = 16 };
 *     LL_TRY(ll_model_check(&m, err));
 *     ll_real *params = ...ll_model_size(&m) reals..., *work = ...ll_model_work(&m, B) bytes...;
 *     ll_model_init(&m, params, seed);
 *     ll_model_grad(&m, k, params, grads, x, y, B, 1.0 / rows, loss, work);
 *
 * Pure functions of their arguments: any number of threads may use one model with blocks of their own.
 *
 * muP (Yang et al. 2022, table 8) for Adam: matrices between hidden layers start with variance 1/fan_in and learn
 * at lr * base_width / width; embeddings, gains and biases start and learn at a constant; the head's output is
 * scaled by base_width / width; attention by sqrt(base_head) / head size. At the base shape nothing is changed.
 */
#ifndef LL_MODEL_MODEL_H
#define LL_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "tensor/kernels.h"

typedef enum ll_family { LL_FAMILY_GPT = 0, LL_FAMILY_LLAMA, LL_FAMILY_LSTM, LL_FAMILY_COUNT } ll_family;

typedef struct ll_model {
    ll_family family;
    int64_t layers, width, heads, ffw, context, vocab; /* heads and ffw: where the family attends */
    int64_t base_width, base_head;                     /* where one learning rate was tuned */
} ll_model;

typedef enum ll_role {
    LL_ROLE_EMBED = 1, /* tokens and positions */
    LL_ROLE_TIED,      /* tokens, and the head as well */
    LL_ROLE_HIDDEN,    /* matrices inside the blocks */
    LL_ROLE_RESIDUAL,  /* those that write to the residual stream: start smaller by sqrt(2 layers) */
    LL_ROLE_HEAD,      /* an untied head */
    LL_ROLE_GAIN,
    LL_ROLE_BIAS,
    LL_ROLE_GATE /* biases of i, f, g and o: f starts at one (Jozefowicz et al. 2015) */
} ll_role;

/* A named part of the parameter block: [layers, rows, cols], cols the fan-in of matrices. */
typedef struct ll_tensor {
    const char *name;
    ll_role role;
    int64_t layers, rows, cols;
    int64_t offset; /* in reals */
} ll_tensor;

enum { LL_MODEL_MAX_TENSORS = 20 };

#define LL_FAMILY_NAMES "gpt llama lstm" /* in the order of the families */
const char *ll_family_name(ll_family family);
ll_status ll_family_named(const char *name, ll_family *out, ll_error *err);

/* Whether it attends, over heads, with a feed-forward part behind; an lstm does not. And how wide that part is by
 * custom: 4 d for gpt; for llama 8/3 d, so that three matrices hold as much as two; 0 where there is none. */
bool ll_family_attends(ll_family family);
int64_t ll_family_ffw(ll_family family, int64_t width);

/* Sizes positive and bounded, heads divide the width, an even head size for rotary positions: LL_EINPUT. */
ll_status ll_model_check(const ll_model *m, ll_error *err);

int ll_model_tensors(const ll_model *m, ll_tensor out[LL_MODEL_MAX_TENSORS]); /* how many */
int64_t ll_tensor_size(const ll_tensor *t);
int64_t ll_model_size(const ll_model *m); /* reals in the parameter block */

/* What the peak learning rate is multiplied by for this tensor, and whether weights decay. */
double ll_model_lr_factor(const ll_model *m, const ll_tensor *t);
bool ll_model_decays(const ll_tensor *t);

/* Tensor i is drawn from its own random stream: the same seed gives the same start for any family member. */
void ll_model_init(const ll_model *m, ll_real *params, uint64_t seed);

/* The matrices that products multiply by, packed for k once for every pass over the same parameters: matrix i of so
 * many, into its own part of packed [ll_model_packed(m, k)]. The functions below take packed as NULL too: each
 * product then packs on its way, to the same bits. */
int64_t ll_model_matrices(const ll_model *m);
int64_t ll_model_packed(const ll_model *m, const ll_kernels *k);
void ll_model_pack(const ll_model *m, const ll_kernels *k, const ll_real *params, ll_real *packed, int64_t i);

size_t ll_model_work(const ll_model *m, int64_t B); /* bytes of scratch for B sequences */

/* x, y [B,T] tokens and the tokens that follow, loss [B,T] nats. */
void ll_model_loss(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                   const int32_t *x, const int32_t *y, int64_t B, ll_real *loss, void *work);

/* Logits [B,T,V], in work: the softmax of each is the prediction of the token that follows. */
const ll_real *ll_model_logits(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                               const int32_t *x, int64_t B, void *work);

/* As ll_model_loss, and grads = scale times the gradient of the summed loss. */
void ll_model_grad(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                   ll_real *grads, const int32_t *x, const int32_t *y, int64_t B, double scale, ll_real *loss,
                   void *work);

/* What each token's loss weighs in an objective. weigh is asked between the two passes: it knows the losses [B,T], says
 * the weights [B,T], and may leave in loss what of the objective is to be told. */
typedef struct ll_model_weights {
    void (*weigh)(void *ctx, ll_real *loss, ll_real *weight);
    void *ctx;
    ll_real *weight; /* [B,T] room */
} ll_model_weights;

/* As ll_model_loss, and grads = the gradient of the losses' sum by those weights. */
void ll_model_grad_weighted(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                            ll_real *grads, const int32_t *x, const int32_t *y, int64_t B,
                            const ll_model_weights *weights, ll_real *loss, void *work);

#endif
