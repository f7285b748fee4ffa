#include "report/evidence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/plan_seen.h"
#include "report/evidence_ledger.h"

const double ll_evidence_ahead[LL_EVIDENCE_PLANS] = { 10, 100 };

bool ll_evidence_done(const ll_run *r) {
    return r->state == LL_RUN_DONE && r->loss > 0 && isfinite(r->loss);
}

bool ll_evidence_held_out(const ll_run *r) {
    return strcmp(r->role, "forecast") == 0;
}

double ll_evidence_n(const ll_evidence *e, const ll_run *r) {
    switch (e->n_counts) {
    case LL_PARAMS_NONEMBEDDING: return r->params;
    case LL_PARAMS_TOTAL: return r->params_total;
    default: return r->params_unstated;
    }
}

const char *ll_evidence_n_words(const ll_evidence *e) {
    switch (e->n_counts) {
    case LL_PARAMS_NONEMBEDDING: return "non-embedding parameters";
    case LL_PARAMS_TOTAL: return "all parameters";
    default: return "parameters, which count unstated";
    }
}

static ll_params_are count_of(const ll_run *runs, int64_t n) {
    bool total = false, unstated = false;
    for (int64_t i = 0; i < n; i++) {
        if (runs[i].params > 0) return LL_PARAMS_NONEMBEDDING;
        total = total || runs[i].params_total > 0;
        unstated = unstated || runs[i].params_unstated > 0;
    }
    return total ? LL_PARAMS_TOTAL : unstated ? LL_PARAMS_UNSTATED : LL_PARAMS_NONEMBEDDING;
}

/* A trunk of branches ends at a rate that no finished run has: it is a run, but no observation of a law. */
static bool fitted(const ll_evidence *e, const ll_run *r) {
    return ll_evidence_done(r) && !ll_evidence_held_out(r) && strcmp(r->role, "trunk") != 0 &&
           ll_evidence_n(e, r) > 0 && r->tokens > 0;
}

const char *ll_evidence_no_surface(const ll_evidence *e) {
    return *e->unstudied ? e->unstudied : e->study.missing;
}

bool ll_evidence_used(const ll_evidence *e, ll_var along, int64_t i) {
    if (e->row[i] < 0 || along == LL_VAR_X) return e->row[i] >= 0 && e->study.surface.law;
    const ll_study_line *l = &e->study.line[along];
    for (int64_t k = 0; k < l->n; k++)
        if (l->rows[k] == e->row[i]) return true;
    return false;
}

double ll_evidence_residual(const ll_evidence *e, const ll_run *r) {
    const ll_fit *fit = &e->study.surface;
    double p[LL_LAW_MAX_PARAMS], x[LL_VAR_COUNT] = { [LL_VAR_N] = ll_evidence_n(e, r), [LL_VAR_D] = r->tokens };
    if (!fit->law || !(r->loss > 0)) return NAN;
    for (int j = 0; j < fit->law->n_params; j++) p[j] = fit->params[j].value;
    return log(r->loss / fit->law->eval(p, x));
}

bool ll_evidence_span(const ll_evidence *e, double *lo, double *hi) {
    *lo = INFINITY;
    *hi = -INFINITY;
    for (int64_t i = 0; i < e->n_runs; i++) {
        if (!ll_evidence_done(&e->runs[i]) || !(e->runs[i].flops > 0)) continue;
        *lo = fmin(*lo, e->runs[i].flops);
        *hi = fmax(*hi, e->runs[i].flops);
    }
    return *lo <= *hi;
}

static double common_ratio(const ll_run *runs, int64_t n) {
    double ratio = NAN;
    for (int64_t i = 0; i < n; i++) {
        double v = runs[i].bytes_per_token;
        if (!(v > 0)) continue;
        if (ratio > 0 && fabs(v / ratio - 1) > 1e-9) return NAN;
        ratio = v;
    }
    return ratio;
}

/* The newest ladder; none at all is fine as long as none was asked for by name. */
static ll_status find_ladder(ll_evidence *e, ll_store *s, const char *id, ll_error *err) {
    if (ll_store_get_ladder(s, id, &e->ladder, err) == LL_OK) return LL_OK;
    e->ladder = (ll_ladder) { 0 };
    return *id || (err && err->code != LL_EINPUT) ? err->code : LL_OK;
}

static ll_status read_curves(ll_evidence *e, ll_store *s, ll_error *err) {
    e->curves = calloc((size_t)e->n_runs + 1, sizeof *e->curves);
    if (!e->curves) return LL_FAIL(err, LL_ENOMEM, "out of memory for learning curves");
    for (int64_t i = 0; i < e->n_runs; i++)
        LL_TRY(ll_store_list_points(s, e->runs[i].id, &e->curves[i].at, &e->curves[i].n, err));
    return LL_OK;
}

/* The laws of the fitted runs. Runs that carry no law leave the study empty and a line that says why. */
static ll_status study(ll_evidence *e, ll_error *err) {
    size_t room = (size_t)e->n_runs + 1;
    double *column = malloc(5 * room * sizeof *column);
    double *N = column, *D = N + room, *C = D + room, *L = C + room, *se = L + room;
    e->row = malloc(room * sizeof *e->row);
    if (!column || !e->row) {
        free(column);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)e->n_runs);
    }
    int64_t n = 0;
    for (int64_t i = 0; i < e->n_runs; i++) {
        const ll_run *r = &e->runs[i];
        e->row[i] = fitted(e, r) ? n : -1;
        if (!fitted(e, r)) continue;
        N[n] = ll_evidence_n(e, r);
        D[n] = r->tokens;
        C[n] = r->flops > 0 ? r->flops : 6 * N[n] * D[n];
        L[n] = r->loss;
        se[n++] = r->loss_se;
    }
    ll_error why = { 0 };
    ll_study_data data = { .n = n, .params = N, .tokens = D, .flops = C, .loss = L, .se = se };
    ll_status s = ll_study_run(&e->study, &data, &(ll_fit_opts) { .seed = 1 }, &why);
    free(column);
    if (s == LL_ENOMEM) return LL_FAIL(err, s, "%s", why.msg);
    if (s != LL_OK) snprintf(e->unstudied, sizeof e->unstudied, "%s", why.msg);
    return LL_OK;
}

/* What more compute would buy best under the surface. */
static void plan_ahead(ll_evidence *e) {
    ll_error why = { 0 };
    double lo, hi;
    if (!e->study.surface.law || !ll_evidence_span(e, &lo, &hi)) {
        snprintf(e->unplanned, sizeof e->unplanned, "no surface is fitted: %s", ll_evidence_no_surface(e));
        return;
    }
    const ll_plan_law law = ll_plan_law_fitted(&e->study.surface);
    for (; e->n_plans < LL_EVIDENCE_PLANS; e->n_plans++) {
        const ll_plan_ask ask = { .flops = ll_evidence_ahead[e->n_plans] * hi };
        ll_plan *plan = &e->plan[e->n_plans];
        if (ll_plan_make(plan, &law, &ask, &why) != LL_OK) {
            snprintf(e->unplanned, sizeof e->unplanned, "%s", why.msg);
            return;
        }
        for (int64_t i = 0; i < e->n_runs; i++)
            if (ll_evidence_done(&e->runs[i])) ll_plan_see(plan, e->runs[i].flops, e->runs[i].loss);
    }
}

static ll_status read_store(ll_evidence *e, ll_store *s, const char *ladder, ll_error *err) {
    LL_TRY(find_ladder(e, s, ladder, err));
    LL_TRY(ll_store_list_runs(s, e->ladder.id, -1, NULL, &e->runs, &e->n_runs, err));
    LL_TRY(read_curves(e, s, err));
    e->n_counts = count_of(e->runs, e->n_runs);
    e->bytes_per_token = common_ratio(e->runs, e->n_runs);
    LL_TRY(ll_evidence_read_ledger(e, s, err));
    LL_TRY(study(e, err));
    plan_ahead(e);
    return LL_OK;
}

ll_status ll_evidence_gather(ll_evidence **out, const char *store, const char *ladder, ll_error *err) {
    ll_error ours = { 0 };
    ll_store *s = NULL;
    if (!err) err = &ours;
    *out = NULL;
    ll_evidence *e = calloc(1, sizeof *e);
    if (!e) return LL_FAIL(err, LL_ENOMEM, "out of memory for a report");
    snprintf(e->store, sizeof e->store, "%s", store);
    ll_status status = ll_store_open(&s, store, LL_STORE_READ, err);
    if (status == LL_OK) status = read_store(e, s, ladder, err);
    ll_store_close(s);
    if (status == LL_OK) *out = e;
    else ll_evidence_free(e);
    return status;
}

void ll_evidence_free(ll_evidence *e) {
    if (!e) return;
    for (int64_t i = 0; i < e->n_runs && e->curves; i++) free(e->curves[i].at);
    free(e->curves);
    free(e->runs);
    free(e->row);
    ll_study_clear(&e->study);
    free(e->sealed);
    free(e->scores);
    free(e->verdicts);
    ll_ladder_clear(&e->ladder);
    free(e);
}
