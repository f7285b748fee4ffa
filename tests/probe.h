/* A whole model's loss and gradient behind plain doubles, so that the float and the double build of the same
 * source can meet in one program. */
#ifndef LL_TESTS_PROBE_H
#define LL_TESTS_PROBE_H

#include <stdint.h>

typedef struct probe_case {
    int family;
    int64_t layers, width, heads, ffw, context, vocab, base_width, base_head, batch;
} probe_case;

/* Fills grads (may be NULL) with the gradient of the mean loss and returns that mean. kernels: a table's name,
 * of which the double build knows only "ref". */
typedef double probe_fn(const probe_case *c, const char *kernels, const double *params, double *grads,
                        const int32_t *x, const int32_t *y);
probe_fn probe_f32, probe_f64;

#endif
