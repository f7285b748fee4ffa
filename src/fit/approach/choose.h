/* Which runs of a ladder a law of one variable stands on. */
#ifndef LL_FIT_APPROACH_CHOOSE_H
#define LL_FIT_APPROACH_CHOOSE_H

#include "loglog/fit.h"

typedef struct ll_univariate_data {
    int64_t n;
    const double *params, *tokens, *flops, *loss; /* [n] each, borrowed; above 0 and finite */
    const int64_t *line;                          /* [n] or NULL, as of ll_fit_data; so is run */
    const char *const *run;
} ll_univariate_data;

/* Rows sorted by a value and cut where they leave a group's first value by more than 2 %. */
typedef struct ll_groups {
    int64_t *row;   /* [n] sorted by value */
    int64_t *start; /* [n_groups + 1] into row; owned with row */
    int64_t n_groups;
} ll_groups;

ll_status ll_groups_new(ll_groups *g, const double *value, int64_t n, ll_error *err);
void ll_groups_free(ll_groups *g);
int64_t ll_groups_distinct(const ll_groups *g, int64_t group, const double *value); /* values 2 % apart */

enum { LL_UNIVARIATE_TEXT = 256 };

typedef struct ll_chosen {
    int64_t n, *rows;               /* the runs, as rows of the data; the caller's room for every one */
    char words[LL_UNIVARIATE_TEXT]; /* how they were chosen */
} ll_chosen;

/* Fills n, rows and words: the runs that a law along N, D or C stands on. */
ll_status ll_univariate_choose(ll_chosen *out, ll_var along, const ll_univariate_data *data, ll_error *err);

#endif
