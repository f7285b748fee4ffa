#include "fit/approach/univariate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit/warn.h"
#include "stat/quantile.h"

static const ll_var axes[LL_UNIVARIATES] = { LL_VAR_N, LL_VAR_D, LL_VAR_C };

/* A refusal of these runs makes the law absent; anything else is an error. */
static ll_status fit_or_say(ll_fit *fit, const char *law, const ll_fit_data *data, const ll_fit_opts *opts,
                            int64_t needed, int64_t distinct, char missing[LL_UNIVARIATE_TEXT], ll_error *err) {
    *fit = (ll_fit) { 0 };
    if (distinct < needed) {
        size_t used = strlen(missing);
        snprintf(missing + used, LL_UNIVARIATE_TEXT - used, "%s%s needs %lld distinct points, here are %lld",
                 used ? "; " : "", law, (long long)needed, (long long)distinct);
        return LL_OK;
    }
    ll_error why = { 0 };
    ll_status s = ll_fit_run(fit, ll_law_find(law), data, opts, &why);
    if (s == LL_OK) return s;
    if (s != LL_EINPUT) return LL_FAIL(err, s, "%s", why.msg);
    size_t used = strlen(missing);
    snprintf(missing + used, LL_UNIVARIATE_TEXT - used, "%s%.120s", used ? "; " : "", why.msg);
    return LL_OK;
}

/* Points whose coordinates differ from those of every earlier one. */
static int64_t distinct_points(const double *x, const double *y, int64_t n) {
    int64_t distinct = 0, enough = 2 * LL_LAW_MAX_PARAMS; /* no law needs more */
    for (int64_t i = 0; i < n && distinct < enough; i++) {
        bool seen = false;
        for (int64_t j = 0; j < i && !seen; j++) seen = x[j] == x[i] && (!y || y[j] == y[i]);
        distinct += !seen;
    }
    return distinct;
}

static void bend_line(ll_fit *fit, const ll_fit_data *data, uint64_t seed, double *p) {
    if (!fit->law) return;
    *p = ll_fit_bend_p(fit, data, LL_VAR_X, seed);
    if (*p < 0.05) ll_fit_add_warning(fit, "the residuals bend (p = %.3g)", *p);
}

static ll_status find(ll_univariate *l, const ll_univariate_data *d, const ll_fit_opts *opts, ll_error *err) {
    double *x = malloc(2 * (size_t)(d->n + 1) * sizeof *x), *y = x ? x + d->n : NULL;
    int64_t *line = calloc((size_t)d->n + 1, sizeof *line);
    const char **run = calloc((size_t)d->n + 1, sizeof *run);
    l->runs.rows = malloc((size_t)(d->n + 1) * sizeof *l->runs.rows);
    ll_status s = x && l->runs.rows && line && run ? ll_univariate_choose(&l->runs, l->along, d, err)
                                                   : LL_FAIL(err, LL_ENOMEM, "out of memory for a law");
    const double *from = l->along == LL_VAR_N ? d->params : l->along == LL_VAR_D ? d->tokens : d->flops;
    for (int64_t i = 0; s == LL_OK && i < l->runs.n; i++) {
        x[i] = from[l->runs.rows[i]];
        y[i] = d->loss[l->runs.rows[i]];
        if (d->line) line[i] = d->line[l->runs.rows[i]];
        if (d->run) run[i] = d->run[l->runs.rows[i]];
    }
    ll_fit_data data = { .n = l->runs.n, .x = { [LL_VAR_X] = x }, .loss = y, .line = line, .run = run };
    int64_t distinct = s == LL_OK ? distinct_points(x, NULL, l->runs.n) : 0;
    if (s == LL_OK) s = fit_or_say(&l->power, "power", &data, opts, 3, distinct, l->missing, err);
    if (s == LL_OK) s = fit_or_say(&l->floor, "power_floor", &data, opts, 4, distinct, l->missing, err);
    if (s == LL_OK) {
        bend_line(&l->power, &data, opts->seed, &l->bend_power);
        bend_line(&l->floor, &data, opts->seed, &l->bend_floor);
    }
    free(x);
    free(line);
    free(run);
    return s;
}

ll_status ll_univariates_find(ll_univariates *s, const ll_univariate_data *data, const ll_fit_opts *opts,
                              ll_error *err) {
    ll_fit_opts free_of = *opts;
    ll_status status = LL_OK;
    free_of.fixed = 0;
    free_of.no_influence = true;
    *s = (ll_univariates) { 0 };
    for (int k = 0; k < LL_UNIVARIATES && status == LL_OK; k++) {
        s->along[k] = (ll_univariate) { .along = axes[k], .bend_power = NAN, .bend_floor = NAN };
        status = find(&s->along[k], data, &free_of, err);
    }
    if (status == LL_OK) status = ll_valleys_find(&s->valleys, &s->n_valleys, data, err);
    if (status != LL_OK) ll_univariates_clear(s);
    return status;
}

void ll_univariates_clear(ll_univariates *s) {
    for (int k = 0; k < LL_UNIVARIATES; k++) {
        ll_fit_clear(&s->along[k].power);
        ll_fit_clear(&s->along[k].floor);
        free(s->along[k].runs.rows);
    }
    free(s->valleys);
    *s = (ll_univariates) { 0 };
}
