/* A network of layers with ReLU between them, over the kernel table: what the studies of theory train.
 *
 *     const ll_mlp m = { .inputs = 12, .width = 64, .depth = 1, .outputs = 2, .loss = LL_MLP_XENT };
 *     p, g [ll_mlp_count(&m)], work [ll_mlp_work(&m, R)], loss [R]
 *     ll_mlp_init(&m, p, seed);
 *     ll_mlp_grad(k, &m, p, &(ll_mlp_rows) { R, x, .label = label }, loss, g, work);       g is that of the mean
 *
 * Of each layer the weights [out, in] and then the biases [out] stand one behind the other. Nothing is allocated; the
 * calling thread does the work, and the same arguments give the same bits.
 */
#ifndef LL_TRAIN_THEORY_MLP_H
#define LL_TRAIN_THEORY_MLP_H

#include "tensor/kernels.h"

typedef enum ll_mlp_loss {
    LL_MLP_XENT = 0, /* of softmax(outputs) at the label, nats */
    LL_MLP_MSE       /* (output - y)^2, summed over the outputs */
} ll_mlp_loss;

typedef struct ll_mlp {
    int64_t inputs, width, depth, outputs; /* depth: hidden layers, at least 1 */
    ll_mlp_loss loss;
} ll_mlp;

typedef struct ll_mlp_rows {
    int64_t R;
    const ll_real *x;     /* [R, inputs] */
    const ll_real *y;     /* [R, outputs] of LL_MLP_MSE */
    const int32_t *label; /* [R] of LL_MLP_XENT */
} ll_mlp_rows;

int64_t ll_mlp_count(const ll_mlp *m);           /* parameters, all of them */
int64_t ll_mlp_work(const ll_mlp *m, int64_t R); /* reals of scratch for R rows */

/* Weights normal with variance 2 / inputs of the layer (He et al. 2015), biases 0. */
void ll_mlp_init(const ll_mlp *m, ll_real *p, uint64_t seed);

/* loss [R]; the outputs [R, outputs], which lie in work. */
const ll_real *ll_mlp_fwd(const ll_kernels *k, const ll_mlp *m, const ll_real *p, const ll_mlp_rows *rows,
                          ll_real *loss, ll_real *work);

/* The same, and g = the gradient of the mean loss. Returns that mean. */
double ll_mlp_grad(const ll_kernels *k, const ll_mlp *m, const ll_real *p, const ll_mlp_rows *rows, ll_real *loss,
                   ll_real *g, ll_real *work);

#endif
