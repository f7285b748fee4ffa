/* A run table as a fit's arrays: which N it is, and the third of N, D, C from the other two by C = 6 N D.
 *
 *     ll_columns c;
 *     LL_TRY(ll_columns_new(&c, &table, "runs.csv", 1u << LL_VAR_N | 1u << LL_VAR_D, err));
 *     ll_fit_data data = { .n = c.n, .x = { c.v[LL_VAR_N], c.v[LL_VAR_D], c.v[LL_VAR_C] }, .loss = c.loss };
 *     ll_columns_free(&c);
 */
#ifndef LL_FIT_SOLVE_COLUMNS_H
#define LL_FIT_SOLVE_COLUMNS_H

#include "base/document/json.h"
#include "loglog/law.h"
#include "loglog/table.h"

#define LL_NATS_PER_TOKEN "nats per token" /* as loss_unit says it */
#define LL_BITS_PER_BYTE "bits per byte"

typedef struct ll_columns {
    int64_t n;
    double *v[LL_VAR_C + 1]; /* [n] N, D, C; NULL where neither given nor to be had */
    const double *loss;      /* [n] the table's; so are those below, NULL where absent */
    const double *weight;
    const double *unique, *steps, *batch; /* unique tokens, optimiser steps, tokens a step: two of D, S, B give the
                                             third */
    const double *x;                      /* the column that --x names */
    const int64_t *cluster;
    const char *const *run;                             /* names */
    const char *params_are;                             /* "nonembedding", "total", "unstated" */
    const char *tokens_from, *flops_from, *params_from; /* "table", or the formula */
    const char *loss_unit;                              /* the column's name where nothing says more */
    double *own;                                        /* [n] what steps or batch point to where it follows */
} ll_columns;

/* Bits of needed: other measures are asked for than the loss; a loss may lie below zero. */
enum { LL_COLUMNS_NO_LOSS = 1 << LL_VAR_COUNT, LL_COLUMNS_BELOW_ZERO = 1 << (LL_VAR_COUNT + 1) };

/* needed: bits of the variables that must be there. A missing cell in those or in the loss is LL_EINPUT with the
 * source's line. The table must outlive the columns. */
ll_status ll_columns_new(ll_columns *c, const ll_table *t, const char *source, unsigned needed, ll_error *err);
void ll_columns_free(ll_columns *c);

/* The column of a table; NULL too where it has rows and not one number. */
const double *ll_columns_told(const ll_table *t, ll_column c);

/* {"params": "unstated", "tokens": "table", "flops": "6 params tokens", "loss_unit": ...}; of a fit's document. */
ll_json *ll_columns_convention(const ll_columns *c, const ll_table *t, const char *source);

#endif
