#include "report/evidence/evidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool ll_evidence_done(const ll_run *r) {
    return r->state == LL_RUN_DONE && r->loss > 0 && isfinite(r->loss);
}

bool ll_evidence_held_out(const ll_run *r) {
    return strcmp(r->role, "forecast") == 0 || strcmp(r->role, "scored") == 0;
}

double ll_evidence_n(const ll_evidence *e, const ll_run *r) {
    switch (e->params_are) {
    case LL_PARAMS_NONEMBEDDING: return r->params;
    case LL_PARAMS_TOTAL: return r->params_total;
    default: return r->params_unstated;
    }
}

const char *ll_evidence_n_words(const ll_evidence *e) {
    switch (e->params_are) {
    case LL_PARAMS_NONEMBEDDING: return "non-embedding parameters";
    case LL_PARAMS_TOTAL: return "all parameters";
    default: return "parameters (count not stated)";
    }
}

double ll_evidence_c(const ll_evidence *e, const ll_run *r) {
    return r->flops > 0 ? r->flops : 6 * ll_evidence_n(e, r) * r->tokens;
}

const char *ll_evidence_no_surface(const ll_evidence *e) {
    return e->unstudied;
}

const char *ll_evidence_no_frontier(const ll_evidence *e) {
    if (!e->study.fit.law) return "without a fitted surface there is no compute-optimal frontier";
    return isfinite(e->frontier.a.value)
               ? NULL
               : "only of the law chinchilla the frontier is a formula; the plan above holds "
                 "for this law too";
}

bool ll_evidence_used(const ll_evidence *e, ll_var along, int64_t i) {
    if (e->row[i] < 0 || along == LL_VAR_X) return e->row[i] >= 0 && e->study.fit.law;
    const ll_univariate *l = &e->lines.along[along];
    for (int64_t k = 0; k < l->runs.n; k++)
        if (l->runs.rows[k] == e->row[i]) return true;
    return false;
}

double ll_evidence_residual(const ll_evidence *e, const ll_run *r) {
    const ll_fit *fit = &e->study.fit;
    double p[LL_LAW_MAX_PARAMS], x[LL_VAR_COUNT] = { [LL_VAR_N] = ll_evidence_n(e, r), [LL_VAR_D] = r->tokens };
    if (!fit->law || !(r->loss > 0)) return NAN;
    for (int j = 0; j < fit->law->n_params; j++) p[j] = fit->params[j].value;
    return log(r->loss / fit->law->eval(p, x));
}

bool ll_evidence_span(const ll_evidence *e, double *lo, double *hi) {
    *lo = INFINITY;
    *hi = -INFINITY;
    for (int64_t i = 0; i < e->n_runs; i++) {
        const double C = ll_evidence_c(e, &e->runs[i]);
        if (!ll_evidence_done(&e->runs[i]) || !(C > 0)) continue;
        *lo = fmin(*lo, C);
        *hi = fmax(*hi, C);
    }
    return *lo <= *hi;
}

void ll_evidence_free(ll_evidence *e) {
    if (!e) return;
    for (int64_t i = 0; i < e->n_runs && e->curves; i++) free(e->curves[i].at);
    free(e->curves);
    free(e->runs);
    free(e->row);
    ll_scored_runs_clear(&e->scored);
    ll_study_clear(&e->study);
    ll_univariates_clear(&e->lines);
    free(e->sealed);
    free(e->said);
    free(e->scores);
    free(e->verdicts);
    ll_ladder_clear(&e->ladder);
    free(e);
}
