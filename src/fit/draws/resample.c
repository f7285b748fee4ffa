#include "fit/draws/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/draws/cluster.h"
#include "loglog/random.h"

enum { TAKEN_ROWS = 2500, LARGE = 2 * TAKEN_ROWS, TAKEN_GROUPS = 100 };

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
    if (s->group && !(s->size = calloc((size_t)s->n_groups, sizeof *s->size)))
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld clusters", (long long)s->n_groups);
    for (int64_t i = 0; s->group && i < fit->n; i++) s->size[s->group[i]]++;
    s->take = groups_to_take(fit, s->n_groups);
    return s->kind >= LL_RESAMPLE_WILD ? ll_departures_new(&s->departures, fit, q, err) : LL_OK;
}

void ll_resampler_free(ll_resampler *s) {
    free(s->group);
    free(s->size);
    ll_rows_free(&s->thinned);
    ll_departures_free(&s->departures);
    *s = (ll_resampler) { 0 };
}

/* Of m rows the k-th, where `most` of them are kept, the first among them. */
static bool is_kept(int64_t k, int64_t m, int64_t most) {
    return m <= most || k == 0 || k * most / m > (k - 1) * most / m;
}

ll_status ll_resampler_thin(ll_resampler *s, ll_error *err) {
    const ll_rows *all = s->rows;
    if (s->kind != LL_RESAMPLE_CLUSTER || all->n <= TAKEN_ROWS) return LL_OK;
    int64_t *seen = calloc((size_t)s->n_groups, sizeof *seen), n = 0;
    if (!seen) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld clusters", (long long)s->n_groups);
    for (int64_t g = 0; g < s->n_groups; g++) n += s->size[g] < LL_RESAMPLE_ALONG ? s->size[g] : LL_RESAMPLE_ALONG;
    ll_status status = ll_rows_new(&s->thinned, n, err);
    int64_t at = 0;
    for (int64_t r = 0; status == LL_OK && r < all->n; r++) {
        const int32_t g = s->group[r];
        if (!is_kept(seen[g]++, s->size[g], LL_RESAMPLE_ALONG)) continue;
        ll_rows_copy(&s->thinned, at, all, r);
        s->thinned.w[at] *= fmax(1, (double)s->size[g] / LL_RESAMPLE_ALONG);
        s->group[at++] = g;
    }
    free(seen);
    if (status == LL_OK) s->rows = &s->thinned;
    return status;
}

static int64_t group_of(const ll_resampler *s, int64_t row) {
    return s->group ? s->group[row] : row;
}

/* Departures keep their size and take a sign at random, one for each group (Liu 1988: Rademacher weights). */
static void wild(const ll_resampler *s, ll_rows *out, const int32_t *sign) {
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

/* Few of many rows, one by one, have no counts. */
static bool picks(const ll_resampler *s) {
    return s->kind != LL_RESAMPLE_WILD && s->take && !s->group;
}

/* Draws again where too few distinct rows come up. */
static bool count_groups(const ll_resampler *s, ll_rng *rng, int32_t *count) {
    enum { TRIES = 200 };
    const int64_t drawn = s->take ? s->take : s->n_groups;
    for (int tries = 0; tries < TRIES; tries++) {
        int64_t rows = 0;
        memset(count, 0, (size_t)s->n_groups * sizeof *count);
        for (int64_t k = 0; k < drawn; k++) {
            const int64_t g = ll_rng_below(rng, s->n_groups);
            if (count[g]++ == 0) rows += s->size ? s->size[g] : 1;
        }
        if (rows >= s->min_rows) return true;
    }
    return false;
}

bool ll_resample_count(const ll_resampler *s, int64_t i, int32_t *count) {
    ll_rng rng = ll_rng_at(s->seed, LL_STREAM_BOOTSTRAP, (uint64_t)i);
    if (s->kind == LL_RESAMPLE_RESIDUAL || picks(s)) return false;
    if (s->kind != LL_RESAMPLE_WILD) return count_groups(s, &rng, count);
    for (int64_t k = 0; k < s->n_groups; k++) count[k] = ll_rng_u32(&rng) & 1 ? 1 : -1;
    return true;
}

static void weigh(const ll_resampler *s, ll_rows *out, const int32_t *count) {
    out->n = 0;
    for (int64_t r = 0; r < s->rows->n; r++) {
        const int32_t times = count[group_of(s, r)];
        if (times == 0) continue;
        ll_rows_copy(out, out->n, s->rows, r);
        out->w[out->n++] *= times;
    }
}

bool ll_resample_draw(const ll_resampler *s, int64_t i, ll_rows *out, int32_t *count) {
    ll_rng rng = ll_rng_at(s->seed, LL_STREAM_BOOTSTRAP, (uint64_t)i);
    if (s->kind == LL_RESAMPLE_RESIDUAL) return residual(s, &rng, out), true;
    if (picks(s)) return pick(s, &rng, out), true;
    if (!ll_resample_count(s, i, count)) return false;
    if (s->kind == LL_RESAMPLE_WILD) wild(s, out, count);
    else weigh(s, out, count);
    return true;
}
