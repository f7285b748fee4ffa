#include "fit/ability/two_step.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "fit/ability/redraw.h"
#include "fit/ability/rise.h"
#include "fit/draws/interval.h"
#include "fit/solve/polish.h"
#include "fit/solve/problem.h"

static const double LN9 = 2.1972245773362196;

static const ll_law_param second[LL_SECOND_PARAMS] = {
    { "floor", "score of a large loss", 0, 0, false },
    { "ceiling", "score of a small loss", 0, 0, false },
    { "k", "1 over L", 0, 0, false },
    { "L0", "of L", 0, 0, false },
};

const ll_law_param *ll_two_step_param(const ll_two_step *f, int j) {
    const int first = f->first.law->n_params;
    return j < first ? &f->first.law->params[j] : &second[j - first];
}

const char *ll_two_step_form(const ll_two_step *f) {
    return f->first.law->vars >> LL_VAR_X & 1
               ? "L = E + A/X^alpha, score = floor + (ceiling - floor)/(1 + exp(k (L - L0)))"
               : "L = E + A/N^alpha + B/D^beta, score = floor + (ceiling - floor)/(1 + exp(k (L - L0)))";
}

/* ---- the rows ---- */

typedef struct two_rows {
    double *L, *minus_log; /* [n]; minus_log: of the scores between 0 and 1, with x gathered beside */
    double *x[3];          /* N, D or the variable, of those rows */
    ll_scored scored;
    ll_scored_rows rows; /* of the second step, over L itself */
    double *block;
} two_rows;

/* A log-probability is turned round. */
static ll_status take_via(two_rows *r, const ll_two_step_data *d, bool *negated, ll_error *err) {
    for (int64_t i = 0; i < d->n; i++) {
        const double sign = d->via[0] < 0 ? -1 : 1;
        r->L[i] = sign * d->via[i];
        *negated = sign < 0;
        if (r->L[i] > 0 && isfinite(r->L[i])) continue;
        return LL_FAIL(err, LL_EINPUT,
                       "row %lld: via is %g, expected losses, all above 0, or log-probabilities, all below",
                       (long long)i + 1, d->via[i]);
    }
    return LL_OK;
}

static ll_status rows_new(two_rows *r, const ll_two_step_data *d, bool *negated, ll_error *err) {
    *r = (two_rows) { .block = malloc((size_t)(5 * d->n + 1) * sizeof *r->block) };
    if (!r->block) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)d->n);
    r->L = r->block, r->minus_log = r->L + d->n;
    for (int k = 0; k < 3; k++) r->x[k] = r->minus_log + (k + 1) * d->n;
    LL_TRY(take_via(r, d, negated, err));
    r->scored = (ll_scored) { .n = d->n, .x = r->L, .y = d->score, .cluster = d->cluster, .plain = true };
    return ll_scored_rows_new(&r->rows, &r->scored, err);
}

static void rows_free(two_rows *r) {
    ll_scored_rows_free(&r->rows);
    free(r->block);
}

/* ---- both steps ---- */

static void put_second(const ll_climb *c, double *p) {
    p[LL_SECOND_FLOOR] = c->after, p[LL_SECOND_CEILING] = c->before;
    p[LL_SECOND_K] = 2 * LN9 / (c->t90 - c->t10);
    p[LL_SECOND_L0] = (c->t10 + c->t90) / 2;
}

typedef struct drawing {
    ll_two_step *f;
    const two_rows *rows;
    const ll_climb_grid *grid;
    const ll_problem *q;
    const ll_redraw *redraw;
    ll_rows *own; /* [threads] the rows with weights of a draw */
} drawing;

/* The first step once more, from every optimum of the whole table. */
static void refit(const drawing *d, const ll_rows *rows, double *params) {
    const ll_fit *first = &d->f->first;
    ll_problem q = *d->q;
    double best = INFINITY;
    q.rows = rows;
    params[0] = NAN;
    for (int k = 0; k < first->n_optima; k++) {
        double theta[P_MAX], value;
        ll_problem_theta(&q, first->optima[k].params, theta);
        ll_polish(&q, theta, 1e-8, &value);
        if (!(value < best)) continue;
        best = value;
        ll_problem_params(&q, theta, params);
    }
}

static void draw(void *ctx, int64_t i, int w) {
    const drawing *d = ctx;
    const ll_scored_rows *second_rows = &d->rows->rows;
    ll_rows *own = &d->own[w];
    double *params = d->f->draws + i * d->f->n_params, *weight = ll_redraw_weights(d->redraw, i, w, NULL);
    for (int64_t k = 0; k < d->f->n; k++) {
        own->w[k] = weight[k] * d->q->rows->w[k];
        weight[k] *= second_rows->weight[k];
    }
    refit(d, own, params);
    ll_places p = second_rows->places;
    ll_climb c;
    ll_places_fill(&p, &second_rows->which, second_rows->t, second_rows->of->y, weight);
    ll_climb_fit(&c, d->grid, &p);
    put_second(&c, params + d->f->first.law->n_params);
}

static void compact(ll_two_step *f) {
    int64_t kept = 0;
    for (int64_t i = 0; i < f->n_draws; i++) {
        if (!isfinite(f->draws[i * f->n_params])) continue;
        memmove(f->draws + kept++ * f->n_params, f->draws + i * f->n_params,
                (size_t)f->n_params * sizeof *f->draws);
    }
    f->n_draws = kept;
}

static ll_status draw_all(drawing *d, ll_error *err) {
    ll_two_step *f = d->f;
    const int threads = f->opts.threads;
    f->draws = malloc((size_t)(f->n_draws * f->n_params + 1) * sizeof *f->draws);
    d->own = calloc((size_t)threads, sizeof *d->own);
    ll_status s = f->draws && d->own ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for the draws");
    for (int k = 0; s == LL_OK && k < threads; k++) {
        s = ll_rows_new(&d->own[k], f->n, err);
        for (int64_t i = 0; s == LL_OK && i < f->n; i++) ll_rows_copy(&d->own[k], i, d->q->rows, i);
    }
    if (s == LL_OK) {
        ll_threads_for(f->n_draws, threads, draw, d);
        compact(f);
    }
    for (int k = 0; d->own && k < threads; k++) ll_rows_free(&d->own[k]);
    free(d->own);
    return s;
}

static ll_status estimate(ll_two_step *f, ll_error *err) {
    double *v = malloc((size_t)(f->n_draws + 1) * sizeof *v);
    if (!v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)f->n_draws);
    for (int j = 0; j < f->n_params; j++) {
        for (int64_t i = 0; i < f->n_draws; i++) v[i] = f->draws[i * f->n_params + j];
        f->params[j] = ll_interval(f->params[j].value, v, f->n_draws, f->opts.level, f->n, f->freedom);
    }
    free(v);
    return LL_OK;
}

static ll_status resample(ll_two_step *f, const two_rows *rows, const ll_climb_grid *grid, const int64_t *cluster,
                          ll_error *err) {
    ll_problem q;
    ll_rows problem_rows = { 0 };
    ll_redraw redraw = { 0 };
    drawing d = { .f = f, .rows = rows, .grid = grid, .q = &q, .redraw = &redraw };
    LL_TRY(ll_problem_of_fit(&q, &problem_rows, &f->first, err));
    ll_status s = ll_redraw_new(&redraw, f->n, cluster, q.n_free + 1, &f->opts, err);
    f->clustered = redraw.group != NULL;
    if (s == LL_OK) s = draw_all(&d, err);
    if (s == LL_OK) s = estimate(f, err);
    ll_redraw_free(&redraw);
    ll_rows_free(&problem_rows);
    return s;
}

static ll_status fit_first(ll_two_step *f, const ll_two_step_data *d, const double *L, ll_error *err) {
    ll_fit_opts o = f->opts;
    const ll_fit_data data = { .n = d->n,
                               .x = { [LL_VAR_N] = d->N, [LL_VAR_D] = d->D, [LL_VAR_X] = d->x },
                               .loss = L };
    o.n_boot = -1;
    o.no_influence = true;
    o.resample = (ll_resample)0;
    return ll_fit_run(&f->first, ll_law_find(d->x ? "power_floor" : "chinchilla"), &data, &o, err);
}

static ll_status fit_both(ll_two_step *f, const ll_two_step_data *d, const two_rows *rows, ll_error *err) {
    const ll_scored_rows *r = &rows->rows;
    const double span = r->hi - r->lo;
    const ll_climb_range range = { 1 << LL_LOGISTIC,
                                   { r->lo - span / 2, r->hi + span / 2 },
                                   { span / 50, 4 * span } };
    double p[LL_SECOND_PARAMS];
    ll_climb_grid grid;
    ll_climb c;
    LL_TRY(fit_first(f, d, rows->L, err));
    const int n_first = f->first.law->n_params;
    f->n_params = n_first + LL_SECOND_PARAMS;
    f->freedom = d->n - (n_first > LL_SECOND_PARAMS ? n_first : LL_SECOND_PARAMS); /* each step has its own */
    LL_TRY(ll_climb_grid_new(&grid, &r->places, &range, err));
    ll_climb_fit(&c, &grid, &r->places);
    put_second(&c, p);
    for (int j = 0; j < n_first; j++) f->params[j].value = f->first.params[j].value;
    for (int j = 0; j < LL_SECOND_PARAMS; j++) f->params[n_first + j].value = p[j];
    f->second_sd = sqrt(c.rss / (double)(d->n - LL_SECOND_PARAMS));
    f->left = ll_scored_left(r, c.rss);
    const ll_status s = resample(f, rows, &grid, d->cluster, err);
    ll_climb_grid_free(&grid);
    return s;
}

/* ---- the direct law ---- */

static ll_status fit_direct(ll_two_step *f, const ll_two_step_data *d, two_rows *r, ll_error *err) {
    const double *from[3] = { d->N, d->D, d->x };
    ll_fit_opts o = f->opts;
    ll_error why = { 0 };
    int64_t n = 0;
    for (int64_t i = 0; i < d->n; i++) {
        if (!(d->score[i] > 0 && d->score[i] < 1)) continue;
        for (int k = 0; k < 3; k++)
            if (from[k]) r->x[k][n] = from[k][i];
        r->minus_log[n++] = -log(d->score[i]);
    }
    const ll_fit_data data = { .n = n,
                               .x = { [LL_VAR_N] = d->N ? r->x[0] : NULL,
                                      [LL_VAR_D] = d->D ? r->x[1] : NULL,
                                      [LL_VAR_X] = d->x ? r->x[2] : NULL },
                               .loss = r->minus_log };
    o.no_influence = true;
    o.resample = (ll_resample)0;
    o.fixed = d->x ? 0 : 1;
    o.fixed_value[0] = 1e-6; /* no floor: a score of 1 at last */
    f->direct_n = n;
    const ll_status s = ll_fit_run(&f->direct, ll_law_find(d->x ? "power" : "chinchilla"), &data, &o, &why);
    if (s == LL_ENOMEM) return LL_FAIL(err, s, "%s", why.msg);
    if (s != LL_OK) snprintf(f->no_direct, sizeof f->no_direct, "%.190s", why.msg);
    return LL_OK;
}

static void warn(ll_two_step *f, const two_rows *r) {
    const double L0 = f->params[f->n_params - 1].value;
    if (L0 < r->rows.lo || L0 > r->rows.hi)
        snprintf(
            f->warnings[f->n_warnings++], LL_FIT_WARNING,
            "the middle of the rise, L0 = %.4g, lies outside the losses seen, %.4g to %.4g: its ceiling is a guess",
            L0, r->rows.lo, r->rows.hi);
    if (f->left > 0.5)
        snprintf(f->warnings[f->n_warnings++], LL_FIT_WARNING,
                 "the second step leaves %.0f %% of the score's variance", 100 * f->left);
    if (f->freedom < 2)
        snprintf(f->warnings[f->n_warnings++], LL_FIT_WARNING,
                 "%lld runs for %d parameters: the intervals are those of the draws alone", (long long)f->n,
                 f->n_params);
}

ll_status ll_two_step_run(ll_two_step *out, const ll_two_step_data *d, const ll_fit_opts *opts, ll_error *err) {
    const double start = ll_clock_now();
    two_rows rows = { 0 };
    *out = (ll_two_step) { .n = d->n };
    LL_TRY(ll_fit_opts_resolve(opts, &out->opts, err));
    out->n_draws = out->opts.n_boot > 0 ? out->opts.n_boot : 0;
    ll_status s = rows_new(&rows, d, &out->negated, err);
    if (s == LL_OK) out->share = rows.rows.share;
    if (s == LL_OK) s = fit_both(out, d, &rows, err);
    if (s == LL_OK) s = fit_direct(out, d, &rows, err);
    if (s == LL_OK) warn(out, &rows);
    rows_free(&rows);
    out->wall_s = ll_clock_now() - start;
    if (s != LL_OK) ll_two_step_clear(out);
    return s;
}

void ll_two_step_clear(ll_two_step *f) {
    ll_fit_clear(&f->first);
    ll_fit_clear(&f->direct);
    free(f->draws);
    *f = (ll_two_step) { 0 };
}
