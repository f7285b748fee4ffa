#include "fit/approach/choose.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "loglog/units.h"

static const double SAME = 1.02;

typedef struct keyed {
    double value;
    int64_t row;
} keyed;

static int by_value(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

ll_status ll_groups_new(ll_groups *g, const double *value, int64_t n, ll_error *err) {
    keyed *k = malloc((size_t)(n + 1) * sizeof *k);
    *g = (ll_groups) { .row = malloc((size_t)(n + 1) * 2 * sizeof *g->row) };
    if (!k || !g->row) {
        free(k);
        ll_groups_free(g);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    }
    g->start = g->row + n;
    for (int64_t i = 0; i < n; i++) k[i] = (keyed) { value[i], i };
    qsort(k, (size_t)n, sizeof *k, by_value);
    for (int64_t i = 0; i < n; i++) {
        g->row[i] = k[i].row;
        if (i == 0 || k[i].value > SAME * k[g->start[g->n_groups - 1]].value) g->start[g->n_groups++] = i;
    }
    g->start[g->n_groups] = n;
    free(k);
    return LL_OK;
}

void ll_groups_free(ll_groups *g) {
    free(g->row);
    *g = (ll_groups) { 0 };
}

static bool is_same(double a, double b) {
    return a < SAME * b && b < SAME * a;
}

int64_t ll_groups_distinct(const ll_groups *g, int64_t group, const double *value) {
    int64_t distinct = 0;
    for (int64_t i = g->start[group]; i < g->start[group + 1]; i++) {
        bool seen = false;
        for (int64_t j = g->start[group]; j < i && !seen; j++) seen = is_same(value[g->row[i]], value[g->row[j]]);
        distinct += !seen;
    }
    return distinct;
}

/* The largest shared value that ENOUGH distinct others share: where the shared one limits the loss least. Where
 * none has so many, the one with the most. */
static ll_status widest(ll_chosen *line, const double *shared, const double *other, const char *shared_name,
                        const char *other_name, int64_t n, ll_error *err) {
    enum { ENOUGH = 4 };
    ll_groups g;
    LL_TRY(ll_groups_new(&g, shared, n, err));
    int64_t best = 0, most = 0;
    for (int64_t k = 0; k < g.n_groups; k++) { /* by rising shared value */
        int64_t distinct = ll_groups_distinct(&g, k, other);
        if (distinct >= most || distinct >= ENOUGH) best = k, most = distinct;
    }
    for (int64_t i = g.start[best]; i < g.start[best + 1]; i++) line->rows[line->n++] = g.row[i];
    char value[32];
    snprintf(line->words, sizeof line->words, "%lld runs of %s %s (within 2 %%), of %lld distinct %s",
             (long long)line->n, ll_units_show(shared[line->rows[0]], value, sizeof value), shared_name,
             (long long)most, other_name);
    ll_groups_free(&g);
    return LL_OK;
}

/* Drops rows (by rising C) whose loss is not below that of every cheaper one. */
static void envelope(ll_chosen *line, const double *loss) {
    int64_t kept = 0;
    double lowest = INFINITY;
    for (int64_t i = 0; i < line->n; i++) {
        if (!(loss[line->rows[i]] < lowest)) continue;
        lowest = loss[line->rows[i]];
        line->rows[kept++] = line->rows[i];
    }
    line->n = kept;
}

/* Budgets of three sizes or more where there are enough of them; a lone run is no minimum of anything. */
static ll_status cheapest(ll_chosen *line, const ll_univariate_data *d, ll_error *err) {
    enum { SIZES = 3, BUDGETS = 4 };
    ll_groups g;
    LL_TRY(ll_groups_new(&g, d->flops, d->n, err));
    int64_t full = 0;
    for (int64_t k = 0; k < g.n_groups; k++) full += ll_groups_distinct(&g, k, d->params) >= SIZES;
    bool only_full = full >= BUDGETS;
    for (int64_t k = 0; k < g.n_groups; k++) {
        if (only_full && ll_groups_distinct(&g, k, d->params) < SIZES) continue;
        int64_t best = g.row[g.start[k]];
        for (int64_t i = g.start[k]; i < g.start[k + 1]; i++)
            if (d->loss[g.row[i]] < d->loss[best]) best = g.row[i];
        line->rows[line->n++] = best;
    }
    if (!only_full) envelope(line, d->loss);
    snprintf(line->words, sizeof line->words,
             only_full ? "the lowest loss of each of %lld compute budgets (within 2 %%) of three sizes or more"
                       : "%lld runs on the lower envelope: no cheaper run has a lower loss",
             (long long)line->n);
    ll_groups_free(&g);
    return LL_OK;
}

ll_status ll_univariate_choose(ll_chosen *line, ll_var along, const ll_univariate_data *d, ll_error *err) {
    line->n = 0;
    switch (along) {
    case LL_VAR_N: return widest(line, d->tokens, d->params, "tokens", "sizes", d->n, err);
    case LL_VAR_D: return widest(line, d->params, d->tokens, "parameters", "numbers of tokens", d->n, err);
    default: return cheapest(line, d, err);
    }
}
