/* The line P = w ln C + b of a family of models, and what one of its FLOPs is worth on another family's line. */
#ifndef LL_FIT_OBSERVATIONAL_FAMILY_LINE_H
#define LL_FIT_OBSERVATIONAL_FAMILY_LINE_H

#include <stdint.h>

typedef struct ll_family_rows {
    int64_t n;
    const double *C;   /* [n] NaN: not known */
    const int32_t *of; /* [n] the family; -1: none */
    const double *P;   /* [n] */
} ll_family_rows;

typedef struct ll_family_line {
    double w, b; /* NaN: fewer than two computes */
} ll_family_line;

/* By least squares, through the models of the family whose compute is known. */
ll_family_line ll_family_line_of(const ll_family_rows *r, int32_t family);

/* ln of the geometric mean, over the family's models, of equivalent over own FLOPs. */
double ll_family_ln_factor(const ll_family_rows *r, int32_t family, const ll_family_line *reference);

#endif
