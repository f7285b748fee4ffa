#include "fit/draws/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/draws/cluster.h"
#include "loglog/random.h"

enum { LARGE = 20000, TAKEN_ROWS = 2500, TAKEN_GROUPS = 100 };

/* How many groups a draw of a large table takes; 0: as many as there are. */
static int64_t groups_to_take(const ll_fit *fit, int64_t n_groups) {
    if (fit->n < LARGE || fit->opts.resample >= LL_RESAMPLE_WILD) return 0;
    int64_t take = (int64_t)((double)n_groups * TAKEN_ROWS / (double)fit->n);
    if (take < TAKEN_GROUPS) take = TAKEN_GROUPS;
    return take < n_groups ? take : 0;
}

ll_status ll_resampler_new(ll_resampler *s, const ll_fit *fit, const ll_problem *q, ll_error *err) {
    *s = (ll_resampler) { .kind = fit->opts.resample,
                          .seed = fit->opts.seed,
                          .rows = q->rows,
                          .n_groups = fit->n,
                          .min_rows = q->n_free + 1 };
    if (fit->data.cluster && s->kind != LL_RESAMPLE_CASE) {
        s->group = ll_cluster_number(fit->data.cluster, fit->n, &s->n_groups);
        if (!s->group) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)fit->n);
    }
    s->take = groups_to_take(fit, s->n_groups);
    return s->kind >= LL_RESAMPLE_WILD ? ll_departures_new(&s->departures, fit, q, err) : LL_OK;
}

void ll_resampler_free(ll_resampler *s) {
    free(s->group);
    ll_departures_free(&s->departures);
    *s = (ll_resampler) { 0 };
}

static int64_t group_of(const ll_resampler *s, int64_t row) {
    return s->group ? s->group[row] : row;
}

static int64_t n_groups(const ll_resampler *s) {
    return s->group ? s->n_groups : s->rows->n;
}

/* Departures keep their size and take a sign at random, one for each group (Liu 1988: Rademacher weights). */
static void wild(const ll_resampler *s, ll_rng *rng, ll_rows *out, int32_t *sign) {
    for (int64_t k = 0; k < n_groups(s); k++) sign[k] = ll_rng_u32(rng) & 1 ? 1 : -1;
    out->n = s->rows->n;
    for (int64_t r = 0; r < out->n; r++) {
        ll_rows_copy(out, r, s->rows, r);
        out->y[r] = s->departures.fitted[r] + sign[group_of(s, r)] * s->departures.of[r];
    }
}

/* The design stays; each row departs from the fit by as much as some row did. One without weight counts for
 * nothing and departs by nothing. */
static void residual(const ll_resampler *s, ll_rng *rng, ll_rows *out) {
    out->n = s->rows->n;
    for (int64_t r = 0; r < out->n; r++) {
        ll_rows_copy(out, r, s->rows, r);
        double e = s->departures.of[ll_rng_below(rng, s->departures.n)];
        out->y[r] = s->departures.fitted[r] + (out->w[r] > 0 ? e / sqrt(out->w[r]) : 0);
    }
}

/* Few of many rows, one by one: what is drawn twice stands there twice. */
static void pick(const ll_resampler *s, ll_rng *rng, ll_rows *out) {
    for (out->n = 0; out->n < s->take; out->n++) ll_rows_copy(out, out->n, s->rows, ll_rng_below(rng, s->rows->n));
}

bool ll_resample_draw(const ll_resampler *s, int64_t i, ll_rows *out, int32_t *count) {
    enum { TRIES = 200 };
    ll_rng rng = ll_rng_at(s->seed, LL_STREAM_BOOTSTRAP, (uint64_t)i);
    if (s->kind == LL_RESAMPLE_WILD) return wild(s, &rng, out, count), true;
    if (s->kind == LL_RESAMPLE_RESIDUAL) return residual(s, &rng, out), true;
    if (s->take && !s->group) return pick(s, &rng, out), true;
    int64_t groups = n_groups(s), drawn = s->take ? s->take : groups;
    for (int tries = 0; tries < TRIES; tries++) {
        memset(count, 0, (size_t)groups * sizeof *count);
        for (int64_t k = 0; k < drawn; k++) count[ll_rng_below(&rng, groups)]++;
        out->n = 0;
        for (int64_t r = 0; r < s->rows->n; r++) {
            int32_t times = count[group_of(s, r)];
            if (times == 0) continue;
            ll_rows_copy(out, out->n, s->rows, r);
            out->w[out->n++] *= times;
        }
        if (out->n >= s->min_rows) return true;
    }
    return false;
}
