#include "forecast/belief/rehearsal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/belief/posterior_grid.h"
#include "forecast/belief/split.h"
#include "forecast/belief/triage.h"

static const double cuts[] = { 2, 4, 8, 16, 32 };
static const double SURPRISE = 9; /* of (error / sd)^2: more says no more */
enum { N_CUTS = sizeof cuts / sizeof *cuts, ENOUGH = 200 };

static int by_id(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* What a run will reach is no rehearsal where its own earlier points are known: rows above that are of a cluster below
 * are left out. False without memory. */
static bool leave_siblings_out(ll_split *s, const ll_fit_data *data) {
    if (!data->cluster) return true;
    const size_t n = (size_t)s->below.n;
    int64_t *known = malloc((n + 1) * sizeof *known), kept = 0;
    if (!known) return false;
    memcpy(known, s->below.cluster, n * sizeof *known);
    qsort(known, n, sizeof *known, by_id);
    for (int64_t k = 0; k < s->n_above; k++)
        if (!bsearch(&data->cluster[s->above[k]], known, n, sizeof *known, by_id)) s->above[kept++] = s->above[k];
    s->n_above = kept;
    free(known);
    return true;
}

/* The sum of (error / sd)^2 over some rows; NaN where one could not be forecast. */
static double surprise_of(const ll_posterior *p, const ll_fit_data *data, const int64_t *row, int some,
                          double *room) {
    ll_place x[LL_POSTERIOR_TOGETHER];
    ll_mixture m[LL_POSTERIOR_TOGETHER];
    double sum = 0;
    for (int l = 0; l < some; l++)
        for (int v = 0; v < LL_VAR_COUNT; v++) x[l].x[v] = data->x[v] ? data->x[v][row[l]] : 0;
    if (ll_posterior_predict_some(p, x, some, room, m, NULL) != LL_OK) return NAN;
    for (int l = 0; l < some; l++) {
        const double z = (log(data->loss[row[l]]) - ll_mixture_mean(&m[l])) / ll_mixture_sd(&m[l]);
        sum += fmin(z * z, SURPRISE);
    }
    return sum;
}

/* The mean of (error / sd)^2 over the runs above, of many over every so-manyth; NaN where a run could not be
 * forecast. */
static double surprise(const ll_posterior *p, const ll_fit_data *data, const ll_split *s) {
    enum { SOME = LL_POSTERIOR_TOGETHER };
    const int64_t step = s->n_above > ENOUGH ? s->n_above / ENOUGH : 1;
    int64_t row[SOME], n = 0;
    int some = 0;
    double sum = 0, *room = malloc(SOME * LL_POSTERIOR_ROOM * sizeof *room);
    for (int64_t k = 0; room && k < s->n_above; k += step) {
        if (!data->weight || data->weight[s->above[k]] > 0) row[some++] = s->above[k], n++;
        if (some < SOME && k + step < s->n_above) continue;
        if (some > 0) sum += surprise_of(p, data, row, some, room);
        some = 0;
    }
    free(room);
    return room ? sum / (double)n : NAN;
}

/* NaN when the table cannot be cut there. */
static ll_status rehearse(double *out, const ll_law *law, const ll_fit_data *data, double cut,
                          const ll_prior *prior, const ll_fit_opts *opts, int threads, ll_error *err) {
    ll_split s;
    ll_posterior *p = NULL;
    *out = NAN;
    LL_TRY(ll_split_new(&s, law, data, cut, err));
    if (!leave_siblings_out(&s, data)) {
        ll_split_free(&s);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)data->n);
    }
    if (s.n_above > 0 && s.below.n >= 2 * law->n_params &&
        ll_posterior_sketch(&p, law, &s.below, prior, opts, threads, NULL) == LL_OK)
        *out = surprise(p, data, &s);
    ll_posterior_free(p);
    ll_split_free(&s);
    return LL_OK;
}

ll_status ll_rehearse(ll_posterior *p, const ll_fit_data *data, const ll_fit_opts *opts, int threads,
                      ll_error *err) {
    ll_prior bare = p->prior;
    const double largest = ll_split_largest(p->curve.law, data);
    double parts = bare.spread_parts, sum = parts * bare.spread * bare.spread;
    bare.spread = 1;
    bare.odd_share = 0; /* an odd run must not widen what is said of the others */
    bare.in_cluster = ll_posterior_share(p);
    for (int k = 0; k < N_CUTS; k++) {
        double squared;
        LL_TRY(rehearse(&squared, p->curve.law, data, largest / cuts[k], &bare, opts, threads, err));
        if (!isfinite(squared)) continue;
        sum += squared;
        parts += 1;
    }
    p->prior.spread = sqrt(sum / parts);
    return LL_OK;
}

ll_status ll_rehearsed_posterior(ll_posterior **out, const ll_law *law, const ll_fit_data *data,
                                 const ll_prior *prior, const ll_fit_opts *opts, int threads, ll_error *err) {
    ll_triage t;
    ll_prior base = prior ? *prior : ll_prior_default;
    *out = NULL;
    LL_TRY(ll_triage_new(&t, law, data, prior, opts, threads, err));
    ll_status s = ll_posterior_new(out, law, &t.data, ll_triage_learn(&t, &base), opts, threads, err);
    if (s == LL_OK) s = ll_rehearse(*out, &t.data, opts, threads, err);
    if (s != LL_OK) ll_posterior_free(*out), *out = NULL;
    ll_triage_free(&t);
    return s;
}
