#include "fit/study.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/starved.h"
#include "fit/choose.h"
#include "fit/valley.h"
#include "fit/warn.h"
#include "stat/quantile.h"

static const ll_var axes[LL_STUDY_LINES] = { LL_VAR_N, LL_VAR_D, LL_VAR_C };

static ll_status copy_column(const double **to, const double *from, int64_t n, ll_error *err) {
    double *v = malloc((size_t)(n + 1) * sizeof *v);
    if (!v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    memcpy(v, from, (size_t)n * sizeof *v);
    *to = v;
    return LL_OK;
}

static ll_status own_data(ll_study *s, const ll_study_data *from, ll_error *err) {
    int64_t n = s->data.n = from->n;
    LL_TRY(copy_column(&s->data.params, from->params, n, err));
    LL_TRY(copy_column(&s->data.tokens, from->tokens, n, err));
    LL_TRY(copy_column(&s->data.loss, from->loss, n, err));
    if (from->se) LL_TRY(copy_column(&s->data.se, from->se, n, err));
    LL_TRY(copy_column(&s->data.flops, from->flops ? from->flops : from->params, n, err));
    double *C = (double *)s->data.flops;
    for (int64_t i = 0; i < n; i++) {
        double N = s->data.params[i], D = s->data.tokens[i], L = s->data.loss[i];
        if (!from->flops) C[i] = 6 * N * D;
        if (!(N > 0 && D > 0 && C[i] > 0 && L > 0 && isfinite(N * D) && isfinite(C[i]) && isfinite(L)))
            return LL_FAIL(err, LL_EINPUT,
                           "run %lld: params %g, tokens %g, flops %g, loss %g must be above 0 and finite",
                           (long long)i + 1, N, D, C[i], L);
    }
    return LL_OK;
}

/* The median share of the loss that is evaluation noise. */
static double evaluation_sd(const ll_study_data *d) {
    double *v = d->se ? ll_counted(malloc((size_t)(d->n + 1) * sizeof *v)) : NULL, median;
    int64_t n = 0;
    if (!v) return NAN;
    for (int64_t i = 0; i < d->n; i++)
        if (isfinite(d->se[i])) v[n++] = d->se[i] / d->loss[i];
    ll_sort(v, n);
    median = ll_quantile(v, n, 0.5);
    free(v);
    return median;
}

/* A refusal of these runs makes the law absent; anything else is an error. */
static ll_status fit_or_say(ll_fit *fit, const char *law, const ll_fit_data *data, const ll_fit_opts *opts,
                            int64_t needed, int64_t distinct, char missing[LL_STUDY_TEXT], ll_error *err) {
    *fit = (ll_fit) { 0 };
    if (distinct < needed) {
        size_t used = strlen(missing);
        snprintf(missing + used, LL_STUDY_TEXT - used, "%s%s needs %lld distinct points, here are %lld",
                 used ? "; " : "", law, (long long)needed, (long long)distinct);
        return LL_OK;
    }
    ll_error why = { 0 };
    ll_status s = ll_fit_run(fit, ll_law_find(law), data, opts, &why);
    if (s == LL_OK) return s;
    if (s != LL_EINPUT) return LL_FAIL(err, s, "%s", why.msg);
    size_t used = strlen(missing);
    snprintf(missing + used, LL_STUDY_TEXT - used, "%s%.120s", used ? "; " : "", why.msg);
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

static ll_status surface(ll_study *s, const ll_fit_opts *opts, ll_error *err) {
    const ll_study_data *d = &s->data;
    ll_fit_data data = { .n = d->n,
                         .x = { [LL_VAR_N] = d->params, [LL_VAR_D] = d->tokens, [LL_VAR_C] = d->flops },
                         .loss = d->loss };
    LL_TRY(fit_or_say(&s->surface, "chinchilla", &data, opts, 6, distinct_points(d->params, d->tokens, d->n),
                      s->missing, err));
    if (!s->surface.law) return LL_OK;
    s->frontier = ll_fit_frontier(&s->surface);
    for (int k = 0; k < LL_STUDY_LINES; k++) {
        s->bend[k] = ll_fit_bend_p(&s->surface, &data, axes[k], opts->seed);
        if (s->bend[k] < 0.05)
            ll_fit_add_warning(&s->surface, "the residuals bend along %c (p = %.3g)", "NDC"[k], s -> bend[k]);
    }
    return LL_OK;
}

static void bend_line(ll_fit *fit, const ll_fit_data *data, uint64_t seed, double *p) {
    if (!fit->law) return;
    *p = ll_fit_bend_p(fit, data, LL_VAR_X, seed);
    if (*p < 0.05) ll_fit_add_warning(fit, "the residuals bend (p = %.3g)", *p);
}

static ll_status line(ll_study_line *l, const ll_study_data *d, const ll_fit_opts *opts, ll_error *err) {
    double *x = malloc(2 * (size_t)(d->n + 1) * sizeof *x), *y = x ? x + d->n : NULL;
    l->rows = malloc((size_t)(d->n + 1) * sizeof *l->rows);
    ll_status s = x && l->rows ? ll_study_choose(l, d, err) : LL_FAIL(err, LL_ENOMEM, "out of memory for a law");
    const double *from = l->along == LL_VAR_N ? d->params : l->along == LL_VAR_D ? d->tokens : d->flops;
    for (int64_t i = 0; s == LL_OK && i < l->n; i++) {
        x[i] = from[l->rows[i]];
        y[i] = d->loss[l->rows[i]];
    }
    ll_fit_data data = { .n = l->n, .x = { [LL_VAR_X] = x }, .loss = y };
    int64_t distinct = s == LL_OK ? distinct_points(x, NULL, l->n) : 0;
    if (s == LL_OK) s = fit_or_say(&l->power, "power", &data, opts, 3, distinct, l->missing, err);
    if (s == LL_OK) s = fit_or_say(&l->floor, "power_floor", &data, opts, 4, distinct, l->missing, err);
    if (s == LL_OK) {
        bend_line(&l->power, &data, opts->seed, &l->bend_power);
        bend_line(&l->floor, &data, opts->seed, &l->bend_floor);
    }
    free(x);
    return s;
}

static ll_status run(ll_study *s, const ll_study_data *data, const ll_fit_opts *opts, ll_error *err) {
    LL_TRY(own_data(s, data, err));
    s->evaluation_sd = evaluation_sd(&s->data);
    LL_TRY(surface(s, opts, err));
    for (int k = 0; k < LL_STUDY_LINES; k++) LL_TRY(line(&s->line[k], &s->data, opts, err));
    return ll_valleys_find(s, err);
}

ll_status ll_study_run(ll_study *s, const ll_study_data *data, const ll_fit_opts *opts, ll_error *err) {
    const ll_estimate none = { NAN, NAN, NAN, NAN };
    ll_fit_opts o;
    *s = (ll_study) { .frontier = { none, none, none }, .bend = { NAN, NAN, NAN } };
    for (int k = 0; k < LL_STUDY_LINES; k++)
        s->line[k] = (ll_study_line) { .along = axes[k], .bend_power = NAN, .bend_floor = NAN };
    if (data->n < 1) return LL_FAIL(err, LL_EINPUT, "there are no runs to fit");
    ll_fit_opts wanted = opts ? *opts : (ll_fit_opts) { 0 };
    if (wanted.delta == 0) wanted.delta = LL_STUDY_DELTA;
    LL_TRY(ll_fit_opts_resolve(&wanted, &o, err));
    o.fixed = 0;
    ll_status status = run(s, data, &o, err);
    if (status != LL_OK) ll_study_clear(s);
    return status;
}

void ll_study_clear(ll_study *s) {
    free((void *)s->data.params);
    free((void *)s->data.tokens);
    free((void *)s->data.flops);
    free((void *)s->data.loss);
    free((void *)s->data.se);
    ll_fit_clear(&s->surface);
    for (int k = 0; k < LL_STUDY_LINES; k++) {
        ll_fit_clear(&s->line[k].power);
        ll_fit_clear(&s->line[k].floor);
        free(s->line[k].rows);
    }
    free(s->valleys);
    *s = (ll_study) { 0 };
}
