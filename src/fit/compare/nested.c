#include "fit/compare/nested.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/starved.h"
#include "fit/draws/cluster.h"
#include "loglog/random.h"
#include "stat/orthonormal.h"
#include "stat/quantile.h"

enum { FLIPS = 999, COLUMNS = 3 * LL_LAW_MAX_PARAMS, MOST_ROWS = 5000 };

static const double NOTHING = 1e-12; /* a share of the residuals that is rounding and no explanation */

/* A wider law's columns beyond the narrower one's. */
typedef struct direction {
    int from, to;
} direction;

typedef struct space {
    int64_t rows[2], step[2]; /* of each group: every so-manyth row of a large one */
    int64_t n;                /* of both */
    double *basis;            /* [COLUMNS][n]: what the narrower law can follow, then each direction's */
    int narrow, all;
    direction direction[LL_NESTED_WIDER];
    double *residual, *trial, *sign; /* [n], [n], [n_units] */
    int32_t *unit;                   /* [n]; owned */
    int64_t n_units;
    double *block; /* owns the doubles */
} space;

static void choose_rows(space *s, const ll_nested *t) {
    for (int g = 0; g < 2; g++) {
        s->step[g] = (t->data[g]->n + MOST_ROWS - 1) / MOST_ROWS;
        s->rows[g] = (t->data[g]->n + s->step[g] - 1) / s->step[g];
        s->n += s->rows[g];
    }
}

/* The units of the rows chosen, numbered anew; ids [n] is scratch. */
static bool number_units(space *s, const ll_nested *t, int64_t *ids) {
    const int32_t *unit = t->unit;
    for (int64_t g = 0, at = 0; g < 2; unit += t->data[g]->n, at += s->rows[g++])
        for (int64_t i = 0; i < s->rows[g]; i++) ids[at + i] = unit[i * s->step[g]];
    s->unit = ll_cluster_number(ids, s->n, &s->n_units);
    return s->unit != NULL;
}

static void space_free(space *s) {
    free(s->block);
    free(s->unit);
}

static bool space_new(space *s, const ll_nested *t) {
    *s = (space) { 0 };
    choose_rows(s, t);
    int64_t *ids = ll_counted(malloc((size_t)s->n * sizeof *ids));
    s->block =
        ll_counted(malloc((size_t)s->n * (COLUMNS + 3) * sizeof *s->block)); /* as many units as rows at most */
    bool ok = ids && s->block && number_units(s, t, ids);
    free(ids);
    if (!ok) return space_free(s), false;
    s->residual = s->block;
    s->trial = s->block + s->n;
    s->sign = s->block + 2 * s->n;
    s->basis = s->block + 3 * s->n;
    return true;
}

/* d ln f / d theta of a row, times the root of its weight; returns ln loss - ln f, likewise. */
static double row(const ll_nested *t, int g, int64_t i, double *slope) {
    const ll_fit_data *d = t->data[g];
    double x[LL_VAR_COUNT], w = d->weight ? sqrt(d->weight[i]) : 1;
    for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = d->x[v] ? d->x[v][i] : 0;
    double L = t->law->eval(t->params[g], x);
    t->law->grad(t->params[g], x, slope);
    for (int j = 0; j < t->law->n_params; j++) slope[j] *= w / L * (t->law->params[j].log ? t->params[g][j] : 1);
    return w * (log(d->loss[i]) - log(L));
}

/* Appends parameter j's column over the groups of mask, zero elsewhere, unless the narrower law and the columns
 * from `from` on span it. */
static void add_column(space *s, const ll_nested *t, int j, unsigned mask, int from) {
    double *column = s->basis + s->all * s->n, slope[LL_LAW_MAX_PARAMS];
    for (int64_t g = 0, at = 0; g < 2; at += s->rows[g++])
        for (int64_t i = 0; i < s->rows[g]; i++) {
            s->residual[at + i] = row(t, (int)g, i * s->step[g], slope);
            column[at + i] = mask >> g & 1 ? slope[j] : 0;
        }
    double before = ll_dot(column, column, s->n);
    ll_orthonormal_clean(column, s->basis, s->narrow, s->n);
    if (!(ll_dot(column, column, s->n) > 1e-16 * before)) return;
    s->all += ll_orthonormal_add(column, s->basis + from * s->n, s->all - from, s->n);
}

static bool is_set(uint32_t bits, int j) {
    return bits >> j & 1;
}

static void fill(space *s, const ll_nested *t) {
    for (int j = 0; j < t->law->n_params; j++) {
        if (is_set(t->fixed, j)) continue;
        add_column(s, t, j, is_set(t->own, j) ? 1 : 3, 0);
        if (is_set(t->own, j)) add_column(s, t, j, 2, 0);
    }
    s->narrow = s->all;
    for (int k = 0; k < t->n_wider; k++) {
        s->direction[k].from = s->all;
        for (int j = 0; j < t->law->n_params; j++)
            if (is_set(t->wider[k] & ~t->own & ~t->fixed, j)) add_column(s, t, j, 2, s->direction[k].from);
        s->direction[k].to = s->all;
    }
}

/* trial [n] is scratch. */
static void draw_in_outliers(space *s) {
    const double share = (double)s->narrow / (double)s->n;
    double *r = s->residual;
    for (int g = 0; g < 2; r += s->rows[g++]) {
        const int64_t n = s->rows[g];
        memcpy(s->trial, r, (size_t)n * sizeof *r);
        double most = 1.345 * ll_residual_sd(s->trial, n, (int64_t)(share * (double)n));
        for (int64_t i = 0; i < n && most > 0; i++) r[i] = fmin(fmax(r[i], -most), most);
    }
}

/* F [n_wider] of residuals, which are cleaned. Runs that are the same in both groups explain nothing, and all their
 * flips alike: an F of rounding would rank them by chance. */
static void statistics(const space *s, int n_wider, double *r, double *F) {
    ll_orthonormal_clean(r, s->basis, s->narrow, s->n);
    double whole = ll_dot(r, r, s->n);
    for (int k = 0; k < n_wider; k++) {
        double explained = 0;
        for (int c = s->direction[k].from; c < s->direction[k].to; c++) {
            double along = ll_dot(s->basis + c * s->n, r, s->n);
            explained += along * along;
        }
        F[k] = explained > NOTHING * whole ? explained / fmax(whole - explained, 1e-300) : 0;
    }
}

/* Row 0 is what is seen, the others are with signs at random. */
static void flip(space *s, const ll_nested *t, double *F) {
    ll_rng rng = ll_rng_at(t->seed, LL_STREAM_SIGNS, 0);
    draw_in_outliers(s);
    memcpy(s->trial, s->residual, (size_t)s->n * sizeof *s->trial);
    statistics(s, t->n_wider, s->trial, F);
    for (int64_t i = 0; i < s->n; i++) {
        double leverage = 0;
        for (int k = 0; k < s->narrow; k++) leverage += s->basis[k * s->n + i] * s->basis[k * s->n + i];
        s->residual[i] /= sqrt(fmax(1 - leverage, 1e-3));
    }
    for (int m = 1; m <= FLIPS; m++) {
        for (int64_t u = 0; u < s->n_units; u++) s->sign[u] = ll_rng_u32(&rng) & 1 ? 1 : -1;
        for (int64_t i = 0; i < s->n; i++) s->trial[i] = s->sign[s->unit[i]] * s->residual[i];
        statistics(s, t->n_wider, s->trial, F + m * t->n_wider);
    }
}

/* How many rows are at least as far in the direction where row m is farthest. */
static int farthest(const double *F, int n_wider, int m) {
    int least = FLIPS + 1;
    for (int k = 0; k < n_wider; k++) {
        int as_far = 0;
        for (int i = 0; i <= FLIPS; i++) as_far += F[i * n_wider + k] >= F[m * n_wider + k];
        if (as_far < least) least = as_far;
    }
    return least;
}

double ll_nested_p(const ll_nested *t) {
    space s;
    double *F = ll_counted(malloc((FLIPS + 1) * LL_NESTED_WIDER * sizeof *F)), p = NAN;
    if (!F || !space_new(&s, t)) return free(F), p;
    fill(&s, t);
    if (s.all > s.narrow && s.n > s.all) {
        int as_far = 0;
        flip(&s, t, F);
        const int seen = farthest(F, t->n_wider, 0);
        for (int m = 0; m <= FLIPS; m++) as_far += farthest(F, t->n_wider, m) <= seen;
        p = (double)as_far / (FLIPS + 1);
    }
    space_free(&s);
    free(F);
    return p;
}
