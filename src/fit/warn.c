#include "fit/warn.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void ll_fit_add_warning(ll_fit *fit, const char *fmt, ...) {
    if (fit->n_warnings == LL_FIT_MAX_WARNINGS) return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(fit->warnings[fit->n_warnings++], LL_FIT_WARNING, fmt, ap);
    va_end(ap);
}

const char *ll_fit_row_name(const ll_fit_data *data, int64_t row, char out[LL_FIT_ROW]) {
    const long long line = data->line ? (long long)data->line[row] : 0;
    const char *name = data->run ? data->run[row] : NULL;
    const bool named = name && *name;
    if (line > 0 && named) snprintf(out, LL_FIT_ROW, "line %lld (%.60s)", line, name);
    else if (line > 0) snprintf(out, LL_FIT_ROW, "line %lld", line);
    else if (named) snprintf(out, LL_FIT_ROW, "%.60s", name);
    else snprintf(out, LL_FIT_ROW, "run %lld", (long long)row + 1);
    return out;
}

static bool fixed(const ll_fit *fit, int j) {
    return fit->opts.fixed >> j & 1;
}

static int n_free(const ll_fit *fit) {
    int n = 0;
    for (int j = 0; j < fit->law->n_params; j++) n += !fixed(fit, j);
    return n;
}

static void few_runs(ll_fit *fit) {
    const int p = n_free(fit);
    if (fit->n <= p)
        ll_fit_add_warning(fit,
                           "%lld runs for %d parameters: the law passes through all of them, and says nothing of "
                           "how sure it is",
                           (long long)fit->n, p);
    else if (fit->n < 3 * p)
        ll_fit_add_warning(fit, "%lld runs for %d parameters: intervals from so few are rough", (long long)fit->n,
                           p);
}

static void solver(ll_fit *fit) {
    if (fit->stop == LL_FIT_MAX_EVAL || fit->stop == LL_FIT_STALLED)
        ll_fit_add_warning(fit, "the solver did not settle: %s", ll_fit_stop_name(fit->stop));
    for (int j = 0; j < fit->law->n_params; j++) {
        const ll_law_param *a = &fit->law->params[j];
        double v = fit->params[j].value;
        if (fixed(fit, j) || (v > a->lo * (1 + 1e-9) && v < a->hi * (1 - 1e-9))) continue;
        ll_fit_add_warning(fit, "%s ran to its bound %g: the runs do not fix it", a->name, v);
    }
}

/* The best of those that are next to as good; the others are counted. */
static void competing(ll_fit *fit) {
    int near = 0, j = fit->law->n_params - 1;
    while (near + 1 < fit->n_optima && fit->optima[near + 1].objective < 1.05 * fit->objective) near++;
    if (near == 0) return;
    double more = fmax(0, 100 * (fit->optima[1].objective / fit->objective - 1));
    char others[48] = "";
    if (near > 1) snprintf(others, sizeof others, "; %d more within 5 %%", near - 1);
    ll_fit_add_warning(fit, "another optimum is only %.2g %% worse: %s %.4g there, %.4g here%s",
                       more < 1e-6 ? 0 : more, fit->law->params[j].name, fit->optima[1].params[j],
                       fit->params[j].value, others);
}

/* The largest over the smallest of N^a D^b. */
static double span(const ll_fit *fit, double a, double b) {
    double lo = INFINITY, hi = -INFINITY;
    for (int64_t i = 0; i < fit->n; i++) {
        double v = a * log(fit->data.x[LL_VAR_N][i]) + b * log(fit->data.x[LL_VAR_D][i]);
        lo = fmin(lo, v);
        hi = fmax(hi, v);
    }
    return exp(hi - lo);
}

/* Runs on one line through (ln N, ln D): of one compute, or of one ratio of tokens to parameters. */
static void one_line(ll_fit *fit) {
    const unsigned both = 1u << LL_VAR_N | 1u << LL_VAR_D;
    if ((fit->law->vars & both) != both) return;
    double N = span(fit, 1, 0), C = span(fit, 1, 1), ratio = span(fit, -1, 1);
    if (C < 2 && N > 2)
        ll_fit_add_warning(fit,
                           "all runs lie within a factor of %.3g of one compute budget: they do not show what "
                           "more compute brings",
                           C);
    if (ratio < 1.5 && N > 2)
        ll_fit_add_warning(fit,
                           "all runs have one ratio of tokens to params, within a factor of %.3g: the terms of "
                           "params and tokens cannot be told apart",
                           ratio);
}

/* Each variable must span a factor for its exponent to mean anything. */
static void narrow(ll_fit *fit) {
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        if (!(fit->law->vars >> v & 1)) continue;
        double lo = INFINITY, hi = 0;
        for (int64_t i = 0; i < fit->n; i++) {
            lo = fmin(lo, fit->data.x[v][i]);
            hi = fmax(hi, fit->data.x[v][i]);
        }
        if (hi < 5 * lo) ll_fit_add_warning(fit, "%s spans only a factor of %.3g", ll_var_name((ll_var)v), hi / lo);
    }
}

static void draws(ll_fit *fit) {
    if (fit->opts.n_boot > 0 && fit->n_draws < fit->opts.n_boot && fit->n > n_free(fit))
        ll_fit_add_warning(fit, "%lld of %lld resamples could not be fitted",
                           (long long)(fit->opts.n_boot - fit->n_draws), (long long)fit->opts.n_boot);
}

static void influential(ll_fit *fit, const ll_fit_data *data) {
    char row[LL_FIT_ROW];
    int64_t worst = -1;
    for (int64_t i = 0; fit->influence && i < fit->n; i++)
        if (worst < 0 || fabs(fit->influence[i]) > fabs(fit->influence[worst])) worst = i;
    if (worst >= 0 && fabs(fit->influence[worst]) > 1)
        ll_fit_add_warning(fit, "without %s the last exponent moves by %.2g standard errors",
                           ll_fit_row_name(data, worst, row), fit->influence[worst]);
}

static double scatter(const double *params, const void *ctx) {
    return log(params[*(const int *)ctx]);
}

static void weak(ll_fit *fit) {
    for (int j = 0; j < fit->law->n_params; j++) {
        if (fixed(fit, j) || fit->n_draws < 2) continue;
        bool lg = fit->law->params[j].log;
        double se = lg ? ll_fit_derived(fit, scatter, &j).se : fit->params[j].se / fabs(fit->params[j].value);
        if (!(se > (lg ? 0.2 : 0.25))) continue;
        fit->weak |= 1u << j;
        if (lg) ll_fit_add_warning(fit, "%s is weak: known to a factor of %.3g", fit->law->params[j].name, exp(se));
        else
            ll_fit_add_warning(fit, "%s is weak: its standard error is %.0f %%", fit->law->params[j].name,
                               100 * se);
    }
}

void ll_fit_warn(ll_fit *fit, const ll_fit_data *data) {
    few_runs(fit);
    solver(fit);
    influential(fit, data);
    competing(fit);
    weak(fit);
    narrow(fit);
    one_line(fit);
    draws(fit);
}
