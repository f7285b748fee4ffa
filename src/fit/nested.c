#include "fit/nested.h"

#include <math.h>
#include <stdlib.h>

#include "loglog/random.h"
#include "stat/orthonormal.h"

enum { FLIPS = 999 };

typedef struct space {
    int64_t n;
    double *basis;   /* [narrow + extra][n]: what the narrower law can follow, then what the wider one adds */
    int narrow, all; /* columns */
    double *residual, *trial, *sign; /* [n], [n], [n_units] */
    double *block;
} space;

static ll_status space_new(space *s, const ll_nested *t) {
    *s = (space) { .n = t->data[0]->n + t->data[1]->n };
    s->block = malloc((size_t)(s->n * (2 * LL_LAW_MAX_PARAMS + 2) + t->n_units) * sizeof *s->block);
    if (!s->block) return LL_ENOMEM;
    s->residual = s->block;
    s->trial = s->block + s->n;
    s->basis = s->block + 2 * s->n;
    s->sign = s->basis + 2 * LL_LAW_MAX_PARAMS * s->n;
    return LL_OK;
}

/* ln f and d ln f / d theta of a row, times the root of its weight. */
static double row(const ll_nested *t, int g, int64_t i, double *slope) {
    const ll_fit_data *d = t->data[g];
    double x[LL_VAR_COUNT], w = d->weight ? sqrt(d->weight[i]) : 1;
    for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = d->x[v] ? d->x[v][i] : 0;
    double L = t->law->eval(t->params[g], x);
    t->law->grad(t->params[g], x, slope);
    for (int j = 0; j < t->law->n_params; j++) slope[j] *= w / L * (t->law->params[j].log ? t->params[g][j] : 1);
    return w * (log(d->loss[i]) - log(L));
}

/* Appends parameter j's column over the groups of mask, zero elsewhere. */
static void add_column(space *s, const ll_nested *t, int j, unsigned mask) {
    double *column = s->basis + s->all * s->n, slope[LL_LAW_MAX_PARAMS];
    for (int g = 0, at = 0; g < 2; at += (int)t->data[g++]->n)
        for (int64_t i = 0; i < t->data[g]->n; i++) {
            s->residual[at + i] = row(t, g, i, slope);
            column[at + i] = mask >> g & 1 ? slope[j] : 0;
        }
    s->all += ll_orthonormal_add(column, s->basis, s->all, s->n);
}

static void fill(space *s, const ll_nested *t) {
    for (int j = 0; j < t->law->n_params; j++) {
        if (t->fixed >> j & 1) continue;
        add_column(s, t, j, t->own >> j & 1 ? 1 : 3);
        if (t->own >> j & 1) add_column(s, t, j, 2);
    }
    s->narrow = s->all;
    for (int j = 0; j < t->law->n_params; j++)
        if (!(t->fixed >> j & 1) && t->wider >> j & 1 && !(t->own >> j & 1)) add_column(s, t, j, 2);
}

static double statistic(const space *s, double *r) {
    double explained = 0;
    ll_orthonormal_clean(r, s->basis, s->narrow, s->n);
    for (int k = s->narrow; k < s->all; k++) {
        double c = ll_dot(s->basis + k * s->n, r, s->n);
        explained += c * c;
    }
    double left = ll_dot(r, r, s->n) - explained;
    return explained / fmax(left, 1e-300);
}

static double flipped_p(space *s, const ll_nested *t) {
    int as_far = 0;
    ll_rng rng = ll_rng_at(t->seed, LL_STREAM_SIGNS, 0);
    double seen = statistic(s, s->residual);
    for (int64_t i = 0; i < s->n; i++) {
        double leverage = 0;
        for (int k = 0; k < s->narrow; k++) leverage += s->basis[k * s->n + i] * s->basis[k * s->n + i];
        s->residual[i] /= sqrt(fmax(1 - leverage, 1e-3));
    }
    for (int m = 0; m < FLIPS; m++) {
        for (int64_t u = 0; u < t->n_units; u++) s->sign[u] = ll_rng_u32(&rng) & 1 ? 1 : -1;
        for (int64_t i = 0; i < s->n; i++) s->trial[i] = s->sign[t->unit[i]] * s->residual[i];
        as_far += statistic(s, s->trial) >= seen;
    }
    return (1.0 + as_far) / (1.0 + FLIPS);
}

double ll_nested_p(const ll_nested *t) {
    space s;
    double p = NAN;
    if (space_new(&s, t) != LL_OK) return p;
    fill(&s, t);
    if (s.all > s.narrow && s.n > s.all) p = flipped_p(&s, t);
    free(s.block);
    return p;
}
