/* Laws: data plus pure functions. One file each in src/law; ll_laws lists them.
 *
 *     const ll_law *law = ll_law_find("chinchilla");
 *     double p[LL_LAW_MAX_PARAMS] = { 1.69, 406.4, 410.7, 0.34, 0.28 };
 *     double x[LL_VAR_COUNT] = { [LL_VAR_N] = 70e9, [LL_VAR_D] = 1.4e12 };
 *     double loss = law->eval(p, x);
 *
 * Pure and thread-safe. Losses in nats per token (or the table's unit), N in parameters, D in tokens, C in FLOPs.
 */
#ifndef LOGLOG_LAW_H
#define LOGLOG_LAW_H

#include <stdbool.h>

#include "loglog/api.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LL_LAW_MAX_PARAMS = 16, LL_LAW_MAX_TERMS = 4 };

/* The variables a law may read. x is always an array of LL_VAR_COUNT, unused ones ignored. */
typedef enum ll_var {
    LL_VAR_N = 0,
    LL_VAR_D,
    LL_VAR_C,
    LL_VAR_X,
    LL_VAR_U, /* unique tokens */
    LL_VAR_S, /* optimiser steps */
    LL_VAR_COUNT
} ll_var;

/* Names and back: params, tokens, flops, x, unique_tokens, steps. False for another word. */
LL_API const char *ll_var_name(ll_var var);
LL_API bool ll_var_named(const char *name, ll_var *out);

typedef struct ll_law_param {
    const char *name;
    const char *unit; /* "" for a pure number */
    double lo, hi;    /* bounds of the value */
    bool log;         /* searched as its logarithm: positive, spans decades */
} ll_law_param;

/* An additive law is a sum of terms p[coef] * basis(exponents, x); the solver searches the exponents and
 * solves the coefficients. A law that is no such sum has n_terms 0 and is searched from many starts. */
typedef struct ll_law_term {
    int coef;     /* index of its coefficient among the parameters */
    int exponent; /* index of its exponent, -1 for a constant */
    ll_var var;   /* of var^-exponent */
    bool less;    /* it is subtracted */
} ll_law_term;

/* What a law's own starts may know of the runs. */
typedef struct ll_law_range {
    double lo[LL_VAR_COUNT], hi[LL_VAR_COUNT]; /* of each variable that it reads */
    double loss_lo, loss_hi;
} ll_law_range;

typedef struct ll_law {
    const char *name, *form, *source;
    unsigned vars; /* bit (1u << LL_VAR_N) and so on; LL_VAR_X: the variable --x names */
    const char
        *x; /* what X has to be, such as "precision in bits"; NULL: any of params, tokens, flops, or a column */
    bool below_zero; /* losses may lie below zero: least squares of the losses themselves, and no forecast */
    int n_params;
    const ll_law_param *params;
    int n_terms;
    const ll_law_term *terms;
    double (*eval)(const double *p, const double *x);
    void (*grad)(const double *p, const double *x, double *g); /* g[n_params] = d eval / d p */
    /* p [n_params] from u [n_params] in (0, 1), for a law that is no sum; NULL: the middle of the bounds */
    void (*start)(const ll_law_range *r, const double *u, double *p);
    /* Of a law [sum of (p[coef] / var)^(exponent / q)]^q, coefficients searched as logarithms: its ratios, and which
     * parameter q is; -1: q is 1. Else there are none. */
    int n_ratios, joined;
    const ll_law_term *ratios;
} ll_law;

LL_API extern const ll_law *const ll_laws[];        /* ends with NULL */
LL_API const ll_law *ll_law_find(const char *name); /* NULL when there is none */

static inline bool ll_law_is_of_x(const ll_law *law) {
    return law->vars == 1u << LL_VAR_X;
}

/* Compute-optimal frontier of E + A/N^alpha + B/D^beta under C = 6 N D (Hoffmann et al. 2022, eq. 4):
 * N = G (C/6)^a, D = (C/6)^b / G. */
typedef struct ll_frontier {
    double a, b, G;
} ll_frontier;
LL_API ll_frontier ll_chinchilla_frontier(double A, double B, double alpha, double beta);

#ifdef __cplusplus
}
#endif
#endif
