#include "report/evidence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit/diagnosis.h"
#include "fit/warn.h"
#include "report/evidence_ledger.h"
#include "stat/quantile.h"

const double ll_evidence_ahead[LL_EVIDENCE_PLANS] = { 10, 100 };

bool ll_evidence_done(const ll_run *r) {
    return r->state == LL_RUN_DONE && r->loss > 0 && isfinite(r->loss);
}

bool ll_evidence_held_out(const ll_run *r) {
    return strcmp(r->role, "forecast") == 0 || strcmp(r->role, "scored") == 0;
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
    default: return "parameters, unstated count";
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

const char *ll_evidence_no_surface(const ll_evidence *e) {
    return e->unstudied;
}

bool ll_evidence_used(const ll_evidence *e, ll_var along, int64_t i) {
    if (e->row[i] < 0 || along == LL_VAR_X) return e->row[i] >= 0 && e->study.fit.law;
    const ll_univariate *l = &e->lines.along[along];
    for (int64_t k = 0; k < l->n; k++)
        if (l->rows[k] == e->row[i]) return true;
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

/* The observations' rows, in the order of the runs. */
static ll_status number_rows(ll_evidence *e, ll_error *err) {
    int64_t n = 0;
    e->row = malloc((size_t)(e->n_runs + 1) * sizeof *e->row);
    if (!e->row) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)e->n_runs);
    for (int64_t i = 0; i < e->n_runs; i++)
        e->row[i] = ll_run_observation(&e->runs[i], &e->scored) == LL_OBSERVATION ? n++ : -1;
    return LL_OK;
}

static double evaluation_sd(const ll_study *s) {
    const double *se = s->observed.table.num[LL_COL_LOSS_SE];
    double *v = se ? malloc((size_t)(s->data.n + 1) * sizeof *v) : NULL;
    int64_t n = 0;
    if (!v) return NAN;
    for (int64_t i = 0; i < s->data.n; i++)
        if (isfinite(se[i])) v[n++] = se[i] / s->data.loss[i];
    ll_sort(v, n);
    const double median = ll_quantile(v, n, 0.5);
    free(v);
    return median;
}

/* What a report shows of the surface beyond the study. */
static void look_at_surface(ll_evidence *e) {
    static const ll_var axes[LL_UNIVARIATES] = { LL_VAR_N, LL_VAR_D, LL_VAR_C };
    ll_fit *fit = &e->study.fit;
    if (strcmp(fit->law->name, "chinchilla") == 0) e->frontier = ll_fit_frontier(fit);
    for (int k = 0; k < LL_UNIVARIATES; k++) {
        e->bend[k] = ll_fit_bend_p(fit, &e->study.data, axes[k], fit->opts.seed);
        if (e->bend[k] < LL_BEND_ALARM)
            ll_fit_add_warning(fit, "the residuals bend along %c (p = %.3g)", "NDC"[k], e -> bend[k]);
    }
}

static ll_status lines(ll_evidence *e, ll_error *err) {
    const double *const *x = e->study.data.x;
    const ll_univariate_data d = { e->study.data.n, x[LL_VAR_N], x[LL_VAR_D], x[LL_VAR_C], e->study.data.loss };
    ll_fit_opts opts;
    LL_TRY(ll_fit_opts_resolve(&e->study.opts, &opts, err));
    return ll_univariates_find(&e->lines, &d, &opts, err);
}

/* The laws of the observations. Those that carry none leave a line that says why. */
static ll_status study(ll_evidence *e, ll_observed *observed, ll_error *err) {
    const unsigned needed = 1u << LL_VAR_N | 1u << LL_VAR_D | 1u << LL_VAR_C;
    ll_error why = { 0 };
    LL_TRY(number_rows(e, err));
    if (observed->table.rows == 0) {
        snprintf(e->unstudied, sizeof e->unstudied, "there are no finished runs to fit");
        ll_observed_clear(observed);
        return LL_OK;
    }
    ll_status s = ll_study_of(&e->study, observed, e->store, &(ll_study_opts) { .also = needed }, &why);
    if (s == LL_OK) {
        e->evaluation_sd = evaluation_sd(&e->study);
        LL_TRY(lines(e, err));
        s = ll_study_fit(&e->study, &why);
    }
    if (s == LL_OK) s = ll_study_believe(&e->study, &why);
    if (s == LL_ENOMEM) return LL_FAIL(err, s, "%s", why.msg);
    if (s == LL_OK) look_at_surface(e);
    else snprintf(e->unstudied, sizeof e->unstudied, "%s", why.msg);
    return LL_OK;
}

/* What more compute would buy best under the surface. */
static void plan_ahead(ll_evidence *e) {
    ll_error why = { 0 };
    double lo, hi;
    if (!e->study.fit.law || !ll_evidence_span(e, &lo, &hi)) {
        snprintf(e->unplanned, sizeof e->unplanned, "no surface is fitted: %.400s", ll_evidence_no_surface(e));
        return;
    }
    const ll_plan_law law = ll_study_law(&e->study);
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

/* How the ladder is named to who observes it. */
static const char *ladder_word(const ll_evidence *e) {
    return *e->ladder.id ? e->ladder.id : LL_LADDER_IMPORTED;
}

/* The ladder's runs; of a store without a ladder those that have none. */
static ll_status list_runs(ll_evidence *e, ll_store *s, ll_error *err) {
    return ll_store_list_runs(s, e->ladder.id, -1, NULL, &e->runs, &e->n_runs, err);
}

static ll_status read_store(ll_evidence *e, ll_store *s, const char *ladder, ll_error *err) {
    ll_observed observed = { 0 };
    LL_TRY(find_ladder(e, s, ladder, err));
    LL_TRY(list_runs(e, s, err));
    LL_TRY(ll_store_scored_runs(s, &e->scored, err));
    LL_TRY(read_curves(e, s, err));
    e->n_counts = count_of(e->runs, e->n_runs);
    e->bytes_per_token = common_ratio(e->runs, e->n_runs);
    LL_TRY(ll_evidence_read_ledger(e, s, err));
    LL_TRY(ll_observe(&observed, s, &(ll_observe_opts) { ladder_word(e), NULL }, err));
    LL_TRY(study(e, &observed, err));
    plan_ahead(e);
    return LL_OK;
}

ll_status ll_evidence_gather(ll_evidence **out, const char *store, const char *ladder, ll_error *err) {
    const ll_estimate unknown = { NAN, NAN, NAN, NAN };
    ll_error ours = { 0 };
    ll_store *s = NULL;
    if (!err) err = &ours;
    *out = NULL;
    ll_evidence *e = calloc(1, sizeof *e);
    if (!e) return LL_FAIL(err, LL_ENOMEM, "out of memory for a report");
    e->frontier = (ll_frontier_estimate) { unknown, unknown, unknown };
    e->evaluation_sd = e->bend[0] = e->bend[1] = e->bend[2] = NAN;
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
    ll_scored_runs_clear(&e->scored);
    ll_study_clear(&e->study);
    ll_univariates_clear(&e->lines);
    free(e->sealed);
    free(e->scores);
    free(e->verdicts);
    ll_ladder_clear(&e->ladder);
    free(e);
}
