#include "fit/doubt/asymptote.h"

#include <math.h>
#include <string.h>

#include "fit/solve/polish.h"

static int find_E(const ll_fit *fit) {
    for (int j = 0; j < fit->law->n_params; j++)
        if (strcmp(fit->law->params[j].name, "E") == 0)
            return fit->opts.fixed >> j & 1 || !isfinite(fit->params[j].lo) ? -1 : j;
    return -1;
}

ll_status ll_asymptote_find(ll_asymptote *a, const ll_fit *fit, ll_error *err) {
    ll_problem q;
    ll_rows rows;
    *a = (ll_asymptote) { .at = find_E(fit) };
    if (a->at < 0) return LL_OK;
    LL_TRY(ll_problem_of_fit(&q, &rows, fit, err));
    for (int k = 0; k < LL_ASYMPTOTE_ENDS; k++) {
        ll_problem held = q;
        double theta[P_MAX], ends[P_MAX], value;
        memcpy(ends, fit->optima[0].params, sizeof ends);
        ends[a->at] = k ? fit->params[a->at].hi : fit->params[a->at].lo;
        ll_problem_theta(&q, ends, theta);
        ll_problem_pin(&held, a->at, theta[a->at]);
        ll_polish(&held, theta, 1e-10, &value);
        ll_problem_params(&held, theta, a->end[k].params);
        a->end[k].objective = ll_problem_value(&q, fit->opts.objective, fit->opts.delta, a->end[k].params);
    }
    ll_rows_free(&rows);
    return LL_OK;
}
