#include <math.h>
#include <string.h>

#include "base/system/threads.h"
#include "loglog/fit.h"

static const char *const objectives[] = { "", "huber_log", "lad_log", "ls_log", "ls" };
static const char *const resamples[] = { "none", "case", "cluster", "wild", "residual" };
enum { OBJECTIVES = sizeof objectives / sizeof *objectives, RESAMPLES = sizeof resamples / sizeof *resamples };

const char *ll_objective_name(ll_objective objective) {
    return objectives[objective];
}

bool ll_objective_named(const char *name, ll_objective *out) {
    for (int i = 1; i < OBJECTIVES; i++)
        if (strcmp(objectives[i], name) == 0) return *out = (ll_objective)i, true;
    return false;
}

const char *ll_resample_name(ll_resample resample) {
    return resamples[resample];
}

bool ll_resample_named(const char *name, ll_resample *out) {
    for (int i = 0; i < RESAMPLES; i++)
        if (strcmp(resamples[i], name) == 0) return *out = (ll_resample)i, true;
    return false;
}

static ll_status check(const ll_fit_opts *o, ll_error *err) {
    if (o->objective < LL_OBJ_HUBER_LOG || o->objective > LL_OBJ_LS)
        return LL_FAIL(err, LL_EINPUT, "objective %d is none of the known ones", (int)o->objective);
    if (o->resample < 0 || o->resample > LL_RESAMPLE_RESIDUAL)
        return LL_FAIL(err, LL_EINPUT, "resample %d is none of the known ones", (int)o->resample);
    if (!(o->delta > 0) || !isfinite(o->delta))
        return LL_FAIL(err, LL_EINPUT, "delta is %g, expected a number above 0", o->delta);
    if (!(o->level > 0 && o->level < 1))
        return LL_FAIL(err, LL_EINPUT, "level is %g, expected a number between 0 and 1", o->level);
    if (o->n_starts < 0 || o->n_starts > 1000000)
        return LL_FAIL(err, LL_EINPUT, "starts is %lld, expected 1 to 1000000", (long long)o->n_starts);
    if (o->n_boot > 10000000)
        return LL_FAIL(err, LL_EINPUT, "bootstrap is %lld, expected at most 10000000", (long long)o->n_boot);
    return LL_OK;
}

ll_status ll_fit_opts_resolve(const ll_fit_opts *in, ll_fit_opts *out, ll_error *err) {
    *out = in ? *in : (ll_fit_opts) { 0 };
    if (out->objective == 0) out->objective = LL_OBJ_HUBER_LOG;
    if (out->delta == 0) out->delta = 1e-3;
    if (out->n_boot == 0) out->n_boot = 1000;
    if (out->n_boot < 0) out->n_boot = -1;
    if (out->level == 0) out->level = 0.9;
    if (out->seed == 0) out->seed = 1;
    if (out->threads <= 0) out->threads = ll_threads_available();
    return check(out, err);
}
