/* Probes: what a trained model is asked beyond its training loss, one file each; ll_probes lists them.
 *
 *     ll_measures m;
 *     ll_probe_subject subject = { &model, kernels, params, &val, 256, threads };
 *     LL_TRY(ll_probe_find("position")->run(&subject, &m, err));
 *     m.of[0].metric, m.of[0].value, m.of[0].se
 *
 * A probe takes a model and the shard that validates it; it knows neither the store nor the terminal. Deterministic
 * for any number of threads.
 */
#ifndef LL_PROBE_PROBES_H
#define LL_PROBE_PROBES_H

#include "data/shard.h"
#include "model/model.h"

typedef struct ll_probe_subject {
    const ll_model *model;
    const ll_kernels *kernels;
    const ll_real *params;
    const ll_shard *val;
    int64_t windows; /* of the model's context that are read, at most */
    int threads;
} ll_probe_subject;

typedef struct ll_measured {
    char metric[32];
    double value, se; /* se: over what is independent; NaN where there is one of it */
    int64_t n;        /* of what the value is the mean of */
} ll_measured;

enum { LL_MEASURES_MOST = 64 };
typedef struct ll_measures {
    int n;
    ll_measured of[LL_MEASURES_MOST];
} ll_measures;

typedef struct ll_probe_kind {
    const char *name, *question, *metric, *unit; /* metric: what its metrics are called by */
    ll_status (*run)(const ll_probe_subject *subject, ll_measures *out, ll_error *err);
} ll_probe_kind;

extern const ll_probe_kind ll_probe_position;

extern const ll_probe_kind *const ll_probes[];        /* ends with NULL */
const ll_probe_kind *ll_probe_find(const char *name); /* NULL when there is none */

#endif
