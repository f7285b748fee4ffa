#include "decide/gate/effective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decide/plan/plan.h"
#include "fit/draws/interval.h"
#include "fit/io/saved.h"
#include "fit/solve/columns.h"

static double reach(const ll_law *law, const double *p, double loss) {
    return ll_plan_reach(law, p, &(ll_plan_ask) { 0 }, loss).C;
}

/* Over the draws: the interval of the least C for one loss. v: [n_draws] of scratch. */
static ll_estimate drawn(const ll_fit *fit, double loss, double *v) {
    for (int64_t i = 0; i < fit->n_draws; i++) v[i] = reach(fit->law, fit->draws + i * fit->law->n_params, loss);
    return ll_fit_interval(fit, NAN, v, fit->n_draws);
}

ll_status ll_effective_of(ll_gate_number *out, const ll_fit *fit, const ll_gate_number *loss, ll_error *err) {
    const ll_plan_law law = ll_plan_law_fitted(fit);
    *out = (ll_gate_number) { .known = loss->known, .lo = NAN, .hi = NAN, .tail = loss->tail };
    if (!ll_plan_can(fit->law))
        return LL_FAIL(err, LL_EINPUT, "law %s has no compute frontier: expected a fit of N and D", fit->law->name);
    if (!loss->known) return LL_OK;
    out->value = reach(fit->law, law.params, loss->value);
    if (!(loss->lo <= loss->hi) || fit->n_draws < 2) return LL_OK;
    double *v = malloc((size_t)fit->n_draws * sizeof *v);
    if (!v) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    out->lo = drawn(fit, loss->hi, v).lo;
    out->hi = drawn(fit, loss->lo, v).hi;
    out->tail += (1 - fit->opts.level) / 2;
    free(v);
    return LL_OK;
}

ll_status ll_effective_from(ll_gate_number *out, const char *path, const ll_gate_number *loss, ll_error *err) {
    ll_saved_fit f;
    LL_TRY(ll_saved_read(&f, path, err));
    ll_status s = strcmp(f.loss_unit, LL_NATS_PER_TOKEN) == 0
                      ? ll_effective_of(out, &f.fit, loss, err)
                      : LL_FAIL(err, LL_EINPUT, "losses are in %s, expected nats per token", f.loss_unit);
    ll_saved_clear(&f);
    if (s != LL_OK) ll_error_prefix(err, "%s", path);
    return s;
}
