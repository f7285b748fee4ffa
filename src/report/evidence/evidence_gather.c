/* Gathering the evidence: from a ladder of a store, or from the study of a table or a saved fit. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/starved.h"
#include "decide/plan/plan.h"
#include "fit/bend.h"
#include "fit/doubt/diagnosis.h"
#include "fit/warn.h"
#include "report/evidence/evidence_fan.h"
#include "report/evidence/evidence_ledger.h"
#include "report/evidence/evidence_runs.h"
#include "stat/quantile.h"

/* A word in place of a ladder: the imported runs, or all. */
static bool is_word(const char *ladder) {
    return ladder && (strcmp(ladder, LL_LADDER_IMPORTED) == 0 || strcmp(ladder, LL_LADDER_ALL) == 0);
}

/* The newest ladder; none at all is fine as long as none was asked for by name. */
static ll_status find_ladder(ll_evidence *e, ll_store *s, const char *id, ll_error *err) {
    if (is_word(id)) return LL_OK;
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

static double evaluation_sd(const ll_study *s) {
    const double *se = s->observed.table.num[LL_COL_LOSS_SE];
    double *v = se ? ll_counted(malloc((size_t)(s->data.n + 1) * sizeof *v)) : NULL;
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
    double bend[LL_VAR_COUNT];
    ll_fit_bends(fit, &e->study.data, 1u << LL_VAR_N | 1u << LL_VAR_D | 1u << LL_VAR_C, fit->opts.seed, bend);
    for (int k = 0; k < LL_UNIVARIATES; k++) {
        e->bend[k] = bend[axes[k]];
        if (e->bend[k] < LL_BEND_ALARM)
            ll_fit_add_warning(fit, "the residuals bend along %c (p = %.3g)", "NDC"[k], e -> bend[k]);
    }
}

static ll_status lines(ll_evidence *e, ll_error *err) {
    const double *const *x = e->study.data.x;
    const ll_fit_data *all = &e->study.data;
    const ll_univariate_data d = { all->n, x[LL_VAR_N], x[LL_VAR_D], x[LL_VAR_C], all->loss, all->line, all->run };
    ll_fit_opts opts;
    LL_TRY(ll_fit_opts_resolve(&e->study.opts, &opts, err));
    return ll_univariates_find(&e->lines, &d, &opts, err);
}

static ll_status look(ll_evidence *e, ll_error *err) {
    e->study.opts.no_influence = e->laws_alone;
    LL_TRY(lines(e, err));
    e->evaluation_sd = evaluation_sd(&e->study);
    LL_TRY(ll_study_fit(&e->study, err));
    return e->laws_alone ? LL_OK : ll_study_believe(&e->study, err);
}

/* The laws of the observations. Those that carry none leave a line that says why. */
static ll_status examine(ll_evidence *e, ll_error *err) {
    ll_error why = { 0 };
    const ll_status s = look(e, &why);
    if (s == LL_ENOMEM) return LL_FAIL(err, s, "%s", why.msg);
    if (s == LL_OK && !e->laws_alone) look_at_surface(e);
    if (s != LL_OK) snprintf(e->unstudied, sizeof e->unstudied, "%s", why.msg);
    return LL_OK;
}

/* ---- what is planned ---- */

/* Where the reader asked nothing: what ten and a hundred times the compute would buy. */
static void ask_ahead(ll_evidence *e, double largest) {
    static const double ahead[LL_EVIDENCE_PLANS] = { 10, 100 };
    for (int k = 0; k < LL_EVIDENCE_PLANS; k++) {
        ll_question *q = &e->question[k];
        snprintf(q->words, sizeof q->words, "%g × the largest run", ahead[k]);
        q->ask = (ll_plan_ask) { .flops = ahead[k] * largest };
    }
    e->n_questions = LL_EVIDENCE_PLANS;
}

static void plan_ahead(ll_evidence *e) {
    ll_error why = { 0 };
    double lo, hi;
    if (!e->study.fit.law || !ll_evidence_span(e, &lo, &hi)) {
        snprintf(e->unplanned, sizeof e->unplanned, "no surface is fitted: %.400s", ll_evidence_no_surface(e));
        return;
    }
    if (e->n_questions == 0) ask_ahead(e, hi);
    const ll_plan_law law = ll_plan_law_studied(&e->study);
    for (; e->n_plans < e->n_questions; e->n_plans++) {
        ll_plan *plan = &e->plan[e->n_plans];
        if (ll_plan_make(plan, &law, &e->question[e->n_plans].ask, &why) != LL_OK) {
            snprintf(e->unplanned, sizeof e->unplanned, "%s: %.400s", e->question[e->n_plans].words, why.msg);
            return;
        }
        for (int64_t i = 0; i < e->n_runs; i++)
            if (ll_evidence_done(&e->runs[i])) ll_plan_see(plan, ll_evidence_c(e, &e->runs[i]), e->runs[i].loss);
    }
}

/* ---- from a store ---- */

/* ladder: as it was asked for. */
static ll_status study_ladder(ll_evidence *e, ll_store *s, const char *ladder, const ll_study_opts *how,
                              ll_error *err) {
    ll_study_opts opts = how ? *how : (ll_study_opts) { 0 };
    const ll_observe_opts which = { is_word(ladder) ? ladder
                                    : *e->ladder.id ? e->ladder.id
                                                    : LL_LADDER_IMPORTED,
                                    opts.table.where };
    ll_observed observed;
    ll_error why = { 0 };
    opts.also = 1u << LL_VAR_N | 1u << LL_VAR_D | 1u << LL_VAR_C;
    if (*e->broken) {
        snprintf(e->unstudied, sizeof e->unstudied, "which runs are scored is not known: %.400s", e->broken);
        return LL_OK;
    }
    LL_TRY(ll_observe(&observed, s, &which, err));
    if (observed.table.rows == 0) {
        snprintf(e->unstudied, sizeof e->unstudied, "there are no finished runs to fit");
        ll_observed_clear(&observed);
        return LL_OK;
    }
    const ll_status status = ll_study_of(&e->study, &observed, e->store, &opts, &why);
    if (status == LL_OK) {
        e->study.of_store = true;
        return examine(e, err);
    }
    snprintf(e->unstudied, sizeof e->unstudied, "%s", why.msg);
    return status == LL_ENOMEM ? LL_FAIL(err, status, "%s", why.msg) : LL_OK;
}

/* A report of a ledger that is broken says so. */
static ll_status read_scored(ll_evidence *e, ll_store *s, ll_error *err) {
    ll_error why = { 0 };
    const ll_status status = ll_store_scored_runs(s, &e->scored, &why);
    if (status == LL_ESTATE) snprintf(e->broken, sizeof e->broken, "%s", why.msg);
    return status == LL_OK || status == LL_ESTATE ? LL_OK : LL_FAIL(err, status, "%s", why.msg);
}

static ll_status read_ladder(ll_evidence *e, ll_store *s, const ll_evidence_opts *o, ll_error *err) {
    LL_TRY(find_ladder(e, s, o->ladder ? o->ladder : "", err));
    const char *all = o->ladder && strcmp(o->ladder, LL_LADDER_IMPORTED) == 0 ? o->ladder : e->ladder.id;
    LL_TRY(read_scored(e, s, err));
    LL_TRY(ll_evidence_read_runs(e, s, all, o->how ? o->how->table.where : NULL, err));
    LL_TRY(read_curves(e, s, err));
    return study_ladder(e, s, o->ladder, o->how, err);
}

/* ---- from a study ---- */

/* The runs of a saved fit, as far as it knows them. */
static ll_status table_of(const ll_study *s, ll_table *t, ll_error *err) {
    static const ll_column columns[] = { LL_COL_PARAMS, LL_COL_TOKENS, LL_COL_FLOPS };
    const char *are = ll_json_get_str(s->convention, "params");
    LL_TRY(ll_table_new(t, s->data.n, err));
    t->params_are = !are                               ? LL_PARAMS_UNSTATED
                    : strcmp(are, "total") == 0        ? LL_PARAMS_TOTAL
                    : strcmp(are, "nonembedding") == 0 ? LL_PARAMS_NONEMBEDDING
                                                       : LL_PARAMS_UNSTATED;
    for (int64_t i = 0; i < s->data.n; i++) {
        t->line[i] = i + 1;
        t->num[LL_COL_LOSS][i] = s->data.loss[i];
        for (int v = LL_VAR_N; v <= LL_VAR_C; v++)
            if (s->data.x[v]) t->num[columns[v]][i] = s->data.x[v][i];
        if (s->run && s->run[i] && *s->run[i] && !(t->text[LL_COL_RUN][i] = strdup(s->run[i])))
            return LL_FAIL(err, LL_ENOMEM, "out of memory for the names");
    }
    return LL_OK;
}

static ll_status add_point(ll_learning_curve *c, const ll_run *r, ll_error *err) {
    ll_point *more = realloc(c->at, (size_t)(c->n + 1) * sizeof *more);
    if (!more) return LL_FAIL(err, LL_ENOMEM, "out of memory for learning curves");
    c->at = more;
    c->at[c->n++] = (ll_point) { .step = r->steps > 0 ? (int64_t)r->steps : 0,
                                 .tokens = r->tokens,
                                 .loss = r->loss,
                                 .se = r->loss_se,
                                 .train_loss = NAN };
    return LL_OK;
}

/* Rows of one name are one learning curve, shown with the last of them. */
static ll_status curves_of(ll_evidence *e, const ll_table *t, ll_error *err) {
    e->curves = calloc((size_t)e->n_runs + 1, sizeof *e->curves);
    if (!e->curves) return LL_FAIL(err, LL_ENOMEM, "out of memory for learning curves");
    int64_t *last = t->clustered_by_run ? calloc((size_t)e->n_runs + 1, sizeof *last) : NULL;
    if (!last) return t->clustered_by_run ? LL_FAIL(err, LL_ENOMEM, "out of memory for learning curves") : LL_OK;
    for (int64_t i = 0; i < e->n_runs; i++) last[t->cluster[i]] = i;
    ll_status status = LL_OK;
    for (int64_t i = 0; i < e->n_runs && status == LL_OK; i++)
        status = add_point(&e->curves[last[t->cluster[i]]], &e->runs[i], err);
    free(last);
    return status;
}

static ll_status runs_of(ll_evidence *e, const ll_table *t, ll_error *err) {
    LL_TRY(ll_table_to_runs(t, e->study.source, &e->runs, err));
    e->n_runs = t->rows;
    for (int64_t i = 0; i < e->n_runs; i++) { /* as the study completed them */
        ll_run *r = &e->runs[i];
        const double *const *x = e->study.data.x;
        if (!(r->params > 0) && !(r->params_total > 0) && !(r->params_unstated > 0))
            r->params_unstated = x[LL_VAR_N][i];
        r->tokens = x[LL_VAR_D][i];
        r->flops = x[LL_VAR_C] ? x[LL_VAR_C][i] : 6 * x[LL_VAR_N][i] * x[LL_VAR_D][i];
    }
    LL_TRY(curves_of(e, t, err));
    return ll_evidence_number_runs(e, err);
}

static ll_status read_study(ll_evidence *e, ll_error *err) {
    const ll_study *s = &e->study;
    ll_table t = { 0 };
    LL_TRY(ll_study_in_nats(s, "a report", err));
    if (!s->data.x[LL_VAR_N] || !s->data.x[LL_VAR_D])
        return LL_FAIL(err, LL_EINPUT, "%s: a report needs parameters and tokens of every run", s->source);
    ll_status status = s->of_fit ? table_of(s, &t, err) : LL_OK;
    if (status == LL_OK) status = runs_of(e, s->of_fit ? &t : &s->observed.table, err);
    ll_table_clear(&t);
    return status == LL_OK ? examine(e, err) : status;
}

/* ---- all of it ---- */

static ll_status gather(ll_evidence *e, const ll_evidence_opts *o, ll_error *err) {
    ll_store *s;
    LL_TRY(ll_store_open(&s, o->store, LL_STORE_READ, err));
    ll_status status = o->study ? read_study(e, err) : read_ladder(e, s, o, err);
    if (status == LL_OK) status = ll_evidence_read_ledger(e, s, err);
    ll_store_close(s);
    if (status != LL_OK || e->laws_alone) return status;
    plan_ahead(e);
    return ll_evidence_forecast(e, err);
}

static void name_it(ll_evidence *e, const ll_evidence_opts *o) {
    const char *slash = strrchr(e->study.source, '/'), *source = slash ? slash + 1 : e->study.source;
    const char *title = o->title && *o->title ? o->title
                        : *e->ladder.name     ? e->ladder.name
                        : o->study            ? source
                                              : "Runs";
    snprintf(e->title, sizeof e->title, "%.127s", title);
}

ll_status ll_evidence_gather(ll_evidence **out, const ll_evidence_opts *o, ll_error *err) {
    const ll_estimate unknown = { NAN, NAN, NAN, NAN };
    ll_error ours = { 0 };
    if (!err) err = &ours;
    *out = NULL;
    ll_evidence *e = calloc(1, sizeof *e);
    if (!e) {
        if (o->study) ll_study_clear(o->study);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for a report");
    }
    e->frontier = (ll_frontier_estimate) { unknown, unknown, unknown };
    e->bytes_per_token = e->evaluation_sd = e->bend[0] = e->bend[1] = e->bend[2] = NAN;
    snprintf(e->store, sizeof e->store, "%s", o->store);
    snprintf(e->how, sizeof e->how, "%s", o->flags ? o->flags : "");
    e->laws_alone = o->laws_alone;
    e->n_questions = o->n_questions;
    e->asked = o->n_questions > 0;
    for (int k = 0; k < o->n_questions; k++) e->question[k] = o->question[k];
    if (o->study) {
        e->study = *o->study;
        *o->study = (ll_study) { 0 };
    }
    const ll_status status = gather(e, o, err);
    name_it(e, o);
    if (status == LL_OK) *out = e;
    else ll_evidence_free(e);
    return status;
}
