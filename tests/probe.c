#include "probe.h"

#include <stdlib.h>

#include "model/model.h"
#include "tensor/choice/kernel_tables.h"

#ifdef LL_REAL_DOUBLE
#define PROBE probe_f64
#else
#define PROBE probe_f32
#endif

__attribute__((visibility("default"))) double PROBE(const probe_case *c, const char *kernels, const double *params,
                                                    double *grads, const int32_t *x, const int32_t *y) {
    ll_model m = { (ll_family)c->family, c->layers, c->width,      c->heads,    c->ffw,
                   c->context,           c->vocab,  c->base_width, c->base_head };
    ll_kernels table;
    ll_kernels_ref(&table);
    const ll_kernels *k = &table;
#ifndef LL_REAL_DOUBLE
    if (ll_kernels_named(kernels, NULL, &k, NULL) != LL_OK) abort();
#else
    (void)kernels;
#endif
    int64_t n = ll_model_size(&m), R = c->batch * c->context;
    ll_real *p = calloc((size_t)n, sizeof *p), *g = calloc((size_t)n, sizeof *g);
    ll_real *loss = calloc((size_t)R, sizeof *loss);
    void *work = aligned_alloc(64, ll_model_work(&m, c->batch));
    for (int64_t i = 0; i < n; i++) p[i] = (ll_real)params[i];
    ll_model_grad(&m, k, p, NULL, g, x, y, c->batch, 1.0 / (double)R, loss, work);
    double sum = 0;
    for (int64_t r = 0; r < R; r++) sum += loss[r];
    for (int64_t i = 0; grads && i < n; i++) grads[i] = g[i];
    free(p);
    free(g);
    free(loss);
    free(work);
    return sum / (double)R;
}
