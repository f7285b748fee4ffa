#include "decide/plan/downstream.h"

#include <math.h>

#include "fit/draws/interval.h"

typedef struct wanted {
    const ll_law *law;
    double score, lo, hi; /* X is looked for between */
} wanted;

static double score_at(const ll_law *law, const double *params, double X) {
    const double x[LL_VAR_COUNT] = { [LL_VAR_X] = X };
    return law->eval(params, x);
}

/* Halves the range in which the score is passed; NaN when both of its ends lie on one side. */
static double inverse(const double *params, const void *ctx) {
    const wanted *w = ctx;
    double lo = w->lo, hi = w->hi;
    const bool above = score_at(w->law, params, lo) > w->score;
    if ((score_at(w->law, params, hi) > w->score) == above) return NAN;
    while (hi - lo > 1e-12 * hi) {
        const double mid = (lo + hi) / 2;
        *((score_at(w->law, params, mid) > w->score) == above ? &lo : &hi) = mid;
    }
    return (lo + hi) / 2;
}

static ll_status check(const ll_fit *fit, ll_error *err) {
    if (fit->law->vars == 1u << LL_VAR_X) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "law %s is not of one variable: expected one such as sigmoid or coverage",
                   fit->law->name);
}

ll_status ll_downstream_loss(const ll_fit *fit, double score, ll_estimate *loss, ll_error *err) {
    double params[LL_LAW_MAX_PARAMS];
    LL_TRY(check(fit, err));
    wanted w = { fit->law, score, INFINITY, 0 };
    for (int64_t i = 0; i < fit->n; i++) {
        w.lo = fmin(w.lo, fit->data.x[LL_VAR_X][i] / 2);
        w.hi = fmax(w.hi, fit->data.x[LL_VAR_X][i] * 2);
    }
    *loss = ll_fit_derived(fit, inverse, &w);
    if (isfinite(loss->value)) return LL_OK;
    for (int j = 0; j < fit->law->n_params; j++) params[j] = fit->params[j].value;
    return LL_FAIL(err, LL_EINPUT,
                   "no loss has a score of %g: from a loss of %.4g to %.4g its law goes from %.4g to %.4g", score,
                   w.hi, w.lo, score_at(fit->law, params, w.hi), score_at(fit->law, params, w.lo));
}

ll_status ll_downstream_score(const ll_fit *fit, double X, ll_estimate *score, ll_error *err) {
    LL_TRY(check(fit, err));
    *score = ll_fit_law_at(fit, (double[LL_VAR_COUNT]) { [LL_VAR_X] = X });
    return LL_OK;
}
