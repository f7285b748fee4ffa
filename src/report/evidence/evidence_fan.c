#include "report/evidence/evidence_fan.h"
#include "decide/plan/plan.h"

#include <math.h>

/* The largest compute that was fitted. */
static double largest(const ll_evidence *e) {
    double C = 0;
    for (int64_t i = 0; i < e->n_runs; i++)
        if (e->row[i] >= 0) C = fmax(C, ll_evidence_c(e, &e->runs[i]));
    return C;
}

/* The farthest run that anyone asks for: planned, sealed, or ten times the largest. */
static double farthest(const ll_evidence *e) {
    double lo, C = 0;
    if (!ll_evidence_span(e, &lo, &C)) return 0;
    C *= 10;
    for (int k = 0; k < e->n_plans; k++) C = fmax(C, 6 * e->plan[k].point.N * e->plan[k].point.D);
    for (int64_t k = 0; k < e->n_sealed; k++) {
        const double *x = e->sealed[k].seal.forecast.x;
        C = fmax(C, 6 * x[LL_VAR_N] * x[LL_VAR_D]);
    }
    return C;
}

static ll_status look_at(ll_evidence *e, double C, ll_outlook *out, ll_error *err) {
    double N, D;
    LL_TRY(ll_plan_best_run(&e->study, C, 0, &N, &D, err));
    return ll_study_outlook(&e->study, N, D, 0, out, err);
}

ll_status ll_evidence_forecast(ll_evidence *e, ll_error *err) {
    const double from = largest(e), to = farthest(e);
    ll_error why = { 0 };
    if (!e->study.fit.law || !(from > 0) || !(to > from)) return LL_OK;
    for (; e->fan.n < LL_EVIDENCE_FAN; e->fan.n++) {
        const double C = from * pow(to / from, (double)e->fan.n / (LL_EVIDENCE_FAN - 1));
        const ll_status s = look_at(e, C, &e->fan.at[e->fan.n], &why);
        if (s == LL_ENOMEM) return LL_FAIL(err, s, "%s", why.msg);
        if (s != LL_OK) return LL_OK; /* a law that reads more than N and D forecasts no run from them */
    }
    return LL_OK;
}
