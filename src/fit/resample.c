#include "fit/resample.h"

#include <math.h>
#include <string.h>

#include "loglog/random.h"

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
        out->y[r] = s->fitted[r] + sign[group_of(s, r)] * s->departure[r];
    }
}

/* The design stays; each row departs from the fit by as much as some row did. One without weight counts for
 * nothing and departs by nothing. */
static void residual(const ll_resampler *s, ll_rng *rng, ll_rows *out) {
    out->n = s->rows->n;
    for (int64_t r = 0; r < out->n; r++) {
        ll_rows_copy(out, r, s->rows, r);
        double e = s->departure[ll_rng_below(rng, s->n_pool)];
        out->y[r] = s->fitted[r] + (out->w[r] > 0 ? e / sqrt(out->w[r]) : 0);
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
