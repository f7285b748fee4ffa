#include "loglog/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "fit/draws/draws.h"
#include "fit/draws/residual.h"
#include "fit/solve/fit_rows.h"
#include "fit/solve/polish.h"
#include "fit/solve/starts.h"
#include "fit/warn.h"

const char *ll_fit_stop_name(ll_fit_stop stop) {
    switch (stop) {
    case LL_FIT_CONVERGED: return "converged";
    case LL_FIT_AT_BOUND: return "at a bound";
    case LL_FIT_MAX_EVAL: return "too many evaluations";
    case LL_FIT_STALLED: return "stalled";
    }
    return "unknown";
}

/* ---- the optima ---- */

enum { THINNED = 2500 };
static const double TOLERANCE = 1e-14, ROUGH = 1e-10; /* relative decrease: of the fit, and of a thinned table's */

typedef struct search {
    const ll_problem *q;
    double tolerance;
    ll_starts starts;
    ll_fit_stop stop[LL_STARTS_KEEP];
} search;

static void polish_start(void *ctx, int64_t i, int worker) {
    search *s = ctx;
    (void)worker;
    s->stop[i] = ll_polish(s->q, s->starts.theta[i], s->tolerance, &s->starts.value[i]);
    if (!isfinite(s->starts.value[i])) s->starts.value[i] = INFINITY;
}

/* How far two ends lie apart in one parameter or another. */
static double apart(const ll_law *law, const double *a, const double *b) {
    double most = 0;
    for (int j = 0; j < law->n_params; j++) {
        const bool lg = law->params[j].log;
        const double d = lg ? log(a[j] / b[j]) : a[j] - b[j], of = lg ? log(b[j]) : b[j];
        most = fmax(most, fabs(d) / fmax(1, fabs(of)));
    }
    return most;
}

typedef struct end {
    double params[P_MAX], value, objective; /* value: the descent's */
    double apart; /* from those that are taken; minus infinity: it competes with nothing */
    ll_fit_stop stop;
    bool taken;
} end;

/* The finite ends, by value; their number. */
static int gather_ends(const ll_fit *fit, const search *s, end *ends) {
    int n = 0;
    for (int i = 0; i < s->starts.n; i++) {
        end e = { .value = s->starts.value[i], .apart = INFINITY, .stop = s->stop[i] };
        if (!isfinite(e.value)) continue;
        ll_problem_params(s->q, s->starts.theta[i], e.params);
        e.objective = ll_problem_value(s->q, fit->opts.objective, fit->opts.delta, e.params);
        if (!isfinite(e.objective)) continue;
        int at = n++;
        for (; at > 0 && ends[at - 1].value > e.value; at--) ends[at] = ends[at - 1];
        ends[at] = e;
    }
    return n;
}

/* Puts the distinct ends of the descents in order. Those above 1.5 times the best compete with nothing. Where there
 * are more than places, descents crept along a valley: the best and those farthest from what is taken are kept, for
 * draws to set out from. */
static void gather_optima(ll_fit *fit, const search *s) {
    end ends[LL_STARTS_KEEP];
    const int n = gather_ends(fit, s, ends);
    int next = 0;
    for (int k = 0; n > 0 && k < LL_FIT_MAX_OPTIMA && ends[next].apart > 1e-3; k++) {
        const end *now = &ends[next];
        ends[next].taken = true;
        next = 0;
        for (int i = 0; i < n; i++) {
            const bool competes = ends[i].objective <= 1.5 * ends[0].objective;
            ends[i].apart =
                competes ? fmin(ends[i].apart, apart(fit->law, ends[i].params, now->params)) : -INFINITY;
            if (ends[i].apart > ends[next].apart) next = i;
        }
    }
    for (int i = 0; i < n; i++) {
        if (!ends[i].taken) continue;
        if (fit->n_optima == 0) fit->stop = ends[i].stop;
        fit->optima[fit->n_optima].objective = ends[i].objective;
        memcpy(fit->optima[fit->n_optima++].params, ends[i].params, sizeof ends[i].params);
    }
}

/* The starts that lead to different ends on every so-manyth row, descended there: on a large table the rest of the
 * way is then walked by a few. */
static ll_status descend_thinned(ll_fit *fit, search *s, ll_error *err) {
    const ll_rows *all = s->q->rows;
    const int64_t step = all->n / THINNED;
    ll_rows rows;
    LL_TRY(ll_rows_new(&rows, (all->n + step - 1) / step, err));
    for (int64_t i = 0; i < rows.n; i++) ll_rows_copy(&rows, i, all, i * step);
    ll_problem thin = *s->q;
    const ll_problem *whole = s->q;
    thin.rows = &rows;
    s->q = &thin;
    s->tolerance = ROUGH;
    ll_threads_for(s->starts.n, fit->opts.threads, polish_start, s);
    gather_optima(fit, s);
    for (s->starts.n = 0; s->starts.n < fit->n_optima; s->starts.n++)
        ll_problem_theta(whole, fit->optima[s->starts.n].params, s->starts.theta[s->starts.n]);
    fit->n_optima = 0;
    s->q = whole;
    s->tolerance = TOLERANCE;
    ll_rows_free(&rows);
    return LL_OK;
}

static ll_status find_optima(ll_fit *fit, const ll_problem *q, ll_error *err) {
    search *s = malloc(sizeof *s);
    if (!s) return LL_FAIL(err, LL_ENOMEM, "out of memory for the starts");
    s->q = q;
    s->tolerance = TOLERANCE;
    ll_status status = ll_starts_find(&s->starts, q, fit->opts.n_starts, err);
    fit->starts = s->starts.tried;
    if (status == LL_OK && q->rows->n >= 2 * THINNED) status = descend_thinned(fit, s, err);
    if (status == LL_OK) {
        ll_threads_for(s->starts.n, fit->opts.threads, polish_start, s);
        gather_optima(fit, s);
    }
    free(s);
    if (status == LL_OK && fit->n_optima == 0)
        return LL_FAIL(err, LL_ENUM, "law %s: no start led to a finite fit of these %lld runs", fit->law->name,
                       (long long)fit->n);
    return status;
}

/* ---- what follows from the best ---- */

static double one_param(const double *params, const void *ctx) {
    return params[*(const int *)ctx];
}

static void estimates(ll_fit *fit) {
    for (int j = 0; j < fit->law->n_params; j++) fit->params[j].value = fit->optima[0].params[j];
    for (int j = 0; j < fit->law->n_params; j++) fit->params[j] = ll_fit_derived(fit, one_param, &j);
}

static ll_status run(ll_fit *fit, const ll_fit_data *data, ll_rows *rows, ll_error *err) {
    ll_problem q;
    LL_TRY(ll_fit_rows_copy(&fit->rows, data, NULL, err));
    fit->data = ll_fit_rows_view(&fit->rows);
    LL_TRY(ll_rows_new(rows, data->n, err));
    ll_rows_fill(rows, fit->law, data, ll_log_scale(fit->opts.objective));
    ll_problem_init(&q, fit->law, &fit->opts, rows);
    LL_TRY(find_optima(fit, &q, err));
    fit->objective = fit->optima[0].objective;
    LL_TRY(ll_fit_residuals(fit, err));
    if (fit->opts.n_boot > 0 && fit->n > q.n_free) LL_TRY(ll_fit_draw_all(fit, &q, err));
    estimates(fit);
    if (!fit->opts.no_influence) LL_TRY(ll_fit_influence(fit, &q, err));
    ll_fit_warn(fit, data);
    return LL_OK;
}

/* Cases that are drawn again leave out runs that a small design cannot spare: intervals then are up to three times
 * as wide as they need be (bench/intervals). Of very few runs the residuals are too few to draw from, but keep
 * their places. */
static ll_resample automatic(const ll_fit *fit, const ll_fit_data *data) {
    enum { VERY_FEW = 10, FEW = 20, FEW_A_PARAMETER = 6 };
    int n_free = 0;
    for (int j = 0; j < fit->law->n_params; j++) n_free += !(fit->opts.fixed >> j & 1);
    if (data->cluster) return LL_RESAMPLE_CLUSTER;
    if (data->n < VERY_FEW) return LL_RESAMPLE_WILD;
    return data->n <= FEW || data->n < FEW_A_PARAMETER * n_free ? LL_RESAMPLE_RESIDUAL : LL_RESAMPLE_CASE;
}

ll_status ll_fit_run(ll_fit *fit, const ll_law *law, const ll_fit_data *data, const ll_fit_opts *opts,
                     ll_error *err) {
    double start = ll_clock_now();
    ll_rows rows = { 0 };
    *fit = (ll_fit) { .law = law, .n = data->n };
    ll_status s = ll_fit_opts_resolve(opts, &fit->opts, err);
    if (law->below_zero) fit->opts.objective = LL_OBJ_LS;
    if (s == LL_OK && fit->opts.resample == 0) fit->opts.resample = automatic(fit, data);
    if (s == LL_OK) s = ll_fit_check(law, data, &fit->opts, err);
    if (s == LL_OK) s = run(fit, data, &rows, err);
    ll_rows_free(&rows);
    if (s != LL_OK) ll_fit_clear(fit);
    else fit->wall_s = ll_clock_now() - start;
    return s;
}

void ll_fit_clear(ll_fit *fit) {
    ll_fit_rows_free(&fit->rows);
    free(fit->draws);
    free(fit->residual);
    free(fit->influence);
    free(fit->left_out);
    *fit = (ll_fit) { 0 };
}

double ll_fit_objective(const ll_law *law, const ll_fit_data *data, const ll_fit_opts *opts, const double *params) {
    ll_fit_opts o;
    ll_rows rows;
    ll_problem q;
    if (ll_fit_opts_resolve(opts, &o, NULL) != LL_OK || ll_rows_new(&rows, data->n, NULL) != LL_OK) return NAN;
    ll_rows_fill(&rows, law, data, ll_log_scale(o.objective));
    ll_problem_init(&q, law, &o, &rows);
    double value = ll_problem_value(&q, o.objective, o.delta, params);
    ll_rows_free(&rows);
    return value;
}
