#include "fit/ability/redraw.h"

#include <stdlib.h>
#include <string.h>

#include "fit/draws/cluster.h"
#include "loglog/random.h"

ll_status ll_redraw_new(ll_redraw *r, int64_t n, const int64_t *cluster, int64_t least, const ll_fit_opts *o,
                        ll_error *err) {
    *r = (ll_redraw) { .n = n, .n_groups = n, .least = least, .seed = o->seed, .workers = o->threads };
    if (o->resample >= LL_RESAMPLE_WILD)
        return LL_FAIL(err, LL_EINPUT, "resample is %s, expected case or cluster", ll_resample_name(o->resample));
    if (cluster && o->resample != LL_RESAMPLE_CASE) {
        r->group = ll_cluster_number(cluster, n, &r->n_groups);
        if (!r->group) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)n);
    }
    if (r->n_groups < least) {
        const int64_t groups = r->n_groups;
        ll_redraw_free(r);
        return LL_FAIL(err, LL_EINPUT, "%lld runs, expected at least %lld", (long long)groups, (long long)least);
    }
    r->weight = malloc((size_t)r->workers * (size_t)n * sizeof *r->weight);
    r->count = malloc((size_t)r->workers * (size_t)r->n_groups * sizeof *r->count);
    if (r->weight && r->count) return LL_OK;
    ll_redraw_free(r);
    return LL_FAIL(err, LL_ENOMEM, "out of memory for %d threads of %lld rows", o->threads, (long long)n);
}

void ll_redraw_free(ll_redraw *r) {
    free(r->group);
    free(r->weight);
    free(r->count);
    *r = (ll_redraw) { 0 };
}

/* After so many tries the draw is taken as it is. */
double *ll_redraw_weights(const ll_redraw *r, int64_t i, int worker, const double *own) {
    enum { TRIES = 200 };
    ll_rng rng = ll_rng_at(r->seed, LL_STREAM_BOOTSTRAP, (uint64_t)i);
    double *weight = r->weight + worker * r->n;
    int32_t *count = r->count + worker * r->n_groups;
    int64_t distinct = 0;
    for (int tries = 0; tries < TRIES && distinct < r->least; tries++) {
        memset(count, 0, (size_t)r->n_groups * sizeof *count);
        distinct = 0;
        for (int64_t k = 0; k < r->n_groups; k++) distinct += count[ll_rng_below(&rng, r->n_groups)]++ == 0;
    }
    for (int64_t row = 0; row < r->n; row++)
        weight[row] = count[r->group ? r->group[row] : row] * (own ? own[row] : 1);
    return weight;
}
