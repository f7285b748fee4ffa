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

static bool fixed(const ll_fit *fit, int j) {
    return fit->opts.fixed >> j & 1;
}

static void few_runs(ll_fit *fit) {
    int n_free = 0;
    for (int j = 0; j < fit->law->n_params; j++) n_free += !fixed(fit, j);
    if (fit->n < 3 * n_free)
        ll_fit_add_warning(fit, "%lld runs for %d parameters: intervals from so few are rough", (long long)fit->n,
                           n_free);
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

static void competing(ll_fit *fit) {
    for (int k = 1; k < fit->n_optima; k++) {
        double more = 100 * (fit->optima[k].objective / fit->objective - 1);
        if (!(more < 5)) return;
        int j = fit->law->n_params - 1;
        ll_fit_add_warning(fit, "another optimum is only %.2g %% worse: %s %.4g there, %.4g here", more,
                           fit->law->params[j].name, fit->optima[k].params[j], fit->params[j].value);
    }
}

/* Each variable must span a factor for its exponent to mean anything. */
static void narrow(ll_fit *fit) {
    static const char *const names[LL_VAR_COUNT] = { "params", "tokens", "flops", "x", "unique_tokens", "steps" };
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        if (!(fit->law->vars >> v & 1)) continue;
        double lo = INFINITY, hi = 0;
        for (int64_t i = 0; i < fit->n; i++) {
            lo = fmin(lo, fit->data.x[v][i]);
            hi = fmax(hi, fit->data.x[v][i]);
        }
        if (hi < 5 * lo) ll_fit_add_warning(fit, "%s spans only a factor of %.3g", names[v], hi / lo);
    }
}

static void draws(ll_fit *fit) {
    if (fit->opts.n_boot > 0 && fit->n_draws < fit->opts.n_boot)
        ll_fit_add_warning(fit, "%lld of %lld resamples could not be fitted",
                           (long long)(fit->opts.n_boot - fit->n_draws), (long long)fit->opts.n_boot);
}

static void influential(ll_fit *fit) {
    int64_t worst = -1;
    for (int64_t i = 0; fit->influence && i < fit->n; i++)
        if (worst < 0 || fabs(fit->influence[i]) > fabs(fit->influence[worst])) worst = i;
    if (worst >= 0 && fabs(fit->influence[worst]) > 1)
        ll_fit_add_warning(fit, "without row %lld the last exponent moves by %.2g standard errors",
                           (long long)worst + 1, fit->influence[worst]);
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

void ll_fit_warn(ll_fit *fit) {
    few_runs(fit);
    solver(fit);
    competing(fit);
    narrow(fit);
    draws(fit);
    influential(fit);
    weak(fit);
}
