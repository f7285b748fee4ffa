#include "fit/approach/isoflop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/starved.h"
#include "base/system/threads.h"
#include "fit/approach/choose.h"
#include "fit/approach/line.h"
#include "fit/approach/shared_valley.h"
#include "fit/approach/valley.h"
#include "fit/draws/interval.h"
#include "loglog/random.h"

/* What every draw shares. */
typedef struct work {
    const ll_isoflop_data *d;
    int64_t width; /* of a draw */
    ll_isoflop *f;
    ll_groups g;
    int64_t *group, *budget;    /* [n_budgets] into g; [n] of a row, -1 where it is in none; one block */
    double *ln_n, *ln_d, *ln_c; /* [n] */
    double *fitted, *departure; /* [n] of the shared valley: its loss, and what a row departs from it by at unit
                                    weight and full size, relative to the loss */
    ll_shared_valley shared;
    double size; /* of the departures: 1, or what makes their variance that of the bottoms about the line */
    int64_t n_clusters;
    double *draws; /* [n_boot][width]: a, b, ln G, and ln N_opt of each parabola; NaN where there is none */
    bool *failed;  /* [n_boot] out of memory */
    bool *flat;    /* [n_boot] the budgets of the draw do not turn; one block with failed */
} work;

/* What one fit has of its own. */
typedef struct bottoms {
    double *ln_c, *ln_n, *ln_d, *weight; /* [n_budgets]; weight 0: no bottom */
    bool *edge;
    double *block;
} bottoms;

enum { LINES = 3 };
static const double SCATTERED = 0.05;

static bool bottoms_new(bottoms *b, int64_t n) {
    b->block = ll_counted(calloc((size_t)n + 1, 4 * sizeof(double) + sizeof(bool)));
    if (!b->block) return false;
    b->ln_c = b->block;
    b->ln_n = b->ln_c + n;
    b->ln_d = b->ln_n + n;
    b->weight = b->ln_d + n;
    b->edge = (bool *)(b->weight + n);
    return true;
}

static ll_valley_runs runs_of(const work *w, int64_t group, const double *loss, const double *weight) {
    return (ll_valley_runs) { .n = w->g.start[group + 1] - w->g.start[group],
                              .row = w->g.row + w->g.start[group],
                              .ln_n = w->ln_n,
                              .ln_c = w->ln_c,
                              .loss = loss,
                              .weight = weight };
}

static ll_shared_rows rows_of(const work *w, const double *loss, const double *weight) {
    return (ll_shared_rows) { .n = w->d->n,
                              .n_budgets = w->f->n_budgets,
                              .budget = w->budget,
                              .ln_n = w->ln_n,
                              .ln_c = w->ln_c,
                              .loss = loss,
                              .weight = weight };
}

/* Does a row count? */
static bool counts(const work *w, int64_t i) {
    return w->budget[i] >= 0 && (!w->d->weight || w->d->weight[i] > 0);
}

/* Tokens at a size of this budget: along the line of ln D on ln N, which is exact where C = 6 N D. */
static double ln_tokens(const work *w, const ll_valley_runs *r, double ln_n) {
    double n = 0, mx = 0, my = 0, sxx = 0, sxy = 0;
    for (int64_t i = 0; i < r->n; i++) {
        n++;
        mx += w->ln_n[r->row[i]];
        my += w->ln_d[r->row[i]];
    }
    mx /= n;
    my /= n;
    for (int64_t i = 0; i < r->n; i++) {
        double x = w->ln_n[r->row[i]] - mx;
        sxx += x * x;
        sxy += x * (w->ln_d[r->row[i]] - my);
    }
    return my + sxy / sxx * (ln_n - mx);
}

/* ln N_opt of each budget's own parabola into out [n_budgets]; NaN where there is none. */
static void own_bottoms(const work *w, const double *loss, const double *weight, double *out) {
    for (int64_t k = 0; k < w->f->n_budgets; k++) {
        ll_valley v;
        ll_valley_runs runs = runs_of(w, w->group[k], loss, weight);
        out[k] = ll_valley_fit(&v, &runs) && !v.concave ? log(v.n_opt) : NAN;
    }
}

/* Every budget's bottom on one line: ln N = ln_n0 + a (ln C - ln C0). */
static void line_up(const work *w, bottoms *b, double ln_n0, double a) {
    for (int64_t k = 0; k < w->f->n_budgets; k++) {
        ll_valley_runs runs = runs_of(w, w->group[k], NULL, NULL);
        b->ln_c[k] = log(w->f->budget[k].valley.flops);
        b->ln_n[k] = ln_n0 + a * (b->ln_c[k] - w->shared.ln_c0);
        b->ln_d[k] = ln_tokens(w, &runs, b->ln_n[k]);
        b->weight[k] = 1;
    }
}

/* Every row a bottom: its own budget, weight for weight. */
static void take_bottoms(const work *w, bottoms *b, const double *weight) {
    for (int64_t k = 0; k < w->f->n_budgets; k++) {
        b->ln_c[k] = w->ln_c[k];
        b->ln_n[k] = w->ln_n[k];
        b->ln_d[k] = w->ln_d[k];
        b->weight[k] = weight[k];
    }
}

/* ---- resampling ---- */

/* Rows of weight, drawn with replacement within each budget; all rows at once where they are the bottoms. */
static void draw_cases(const work *w, ll_rng *rng, double *count) {
    bool whole = w->d->optima;
    for (int64_t k = 0; k < (whole ? 1 : w->f->n_budgets); k++) {
        int64_t start = whole ? 0 : w->g.start[w->group[k]];
        int64_t n = whole ? w->d->n : w->g.start[w->group[k] + 1] - start;
        for (int64_t i = 0; i < n; i++) count[w->g.row[start + ll_rng_below(rng, n)]]++;
    }
}

static void draw_clusters(const work *w, ll_rng *rng, double *count, double *times) {
    memset(times, 0, (size_t)w->n_clusters * sizeof *times);
    for (int64_t k = 0; k < w->n_clusters; k++) times[ll_rng_below(rng, w->n_clusters)]++;
    for (int64_t i = 0; i < w->d->n; i++) count[i] = times[w->d->cluster[i]];
}

/* A row's departure under a random sign, or that of any row. */
static double departure(const work *w, ll_rng *rng, int64_t row) {
    if (w->f->opts.resample == LL_RESAMPLE_WILD) return (ll_rng_u32(rng) & 1 ? 1 : -1) * w->departure[row];
    int64_t other;
    do other = ll_rng_below(rng, w->d->n);
    while (!counts(w, other));
    return w->departure[other];
}

static void resample(const work *w, int64_t draw, double *weight, double *loss, double *scratch) {
    ll_rng rng = ll_rng_at(w->f->opts.seed, LL_STREAM_BOOTSTRAP, (uint64_t)draw);
    const ll_isoflop_data *d = w->d;
    const bool noise = w->f->opts.resample >= LL_RESAMPLE_WILD;
    for (int64_t i = 0; i < d->n; i++) {
        weight[i] = noise;
        loss[i] = d->loss[i];
        if (noise && counts(w, i))
            loss[i] = w->fitted[i] + departure(w, &rng, i) * d->loss[i] / (d->weight ? sqrt(d->weight[i]) : 1);
    }
    if (w->f->opts.resample == LL_RESAMPLE_CASE) draw_cases(w, &rng, weight);
    if (w->f->opts.resample == LL_RESAMPLE_CLUSTER) draw_clusters(w, &rng, weight, scratch);
    for (int64_t i = 0; d->weight && i < d->n; i++) weight[i] *= d->weight[i];
}

/* Of a draw whose budgets do not turn nothing is known but that a is between 0 and 1, and the bottom at the mean
 * budget somewhere among the sizes: the four corners, in turn. */
static void shared_line(work *w, int64_t draw, bottoms *b, const double *loss, const double *weight, double *room) {
    const ll_shared_rows rows = rows_of(w, loss, weight);
    ll_shared_valley v;
    w->flat[draw] = !ll_shared_valley_fit(&v, &rows, NULL, room);
    if (w->flat[draw]) line_up(w, b, draw & 2 ? w->shared.lo : w->shared.hi, draw & 1 ? 1 : 0);
    else line_up(w, b, v.p[LL_SHARED_LN_N0] + v.p[LL_SHARED_A] * (w->shared.ln_c0 - v.ln_c0), v.p[LL_SHARED_A]);
}

static void one_draw(void *ctx, int64_t i, int worker) {
    work *w = ctx;
    const int64_t n = w->d->n, K = w->f->n_budgets;
    const ll_shared_rows rows = rows_of(w, NULL, NULL);
    (void)worker;
    bottoms b;
    double *weight = malloc((size_t)(2 * n + w->n_clusters + ll_shared_valley_room(&rows) + 1) * sizeof *weight);
    if (!weight || !bottoms_new(&b, K)) {
        free(weight);
        w->failed[i] = true;
        return;
    }
    double *loss = weight + n, *scratch = loss + n, *out = w->draws + i * w->width;
    resample(w, i, weight, loss, scratch);
    if (w->d->optima) take_bottoms(w, &b, weight);
    else {
        own_bottoms(w, loss, weight, out + LINES);
        shared_line(w, i, &b, loss, weight, scratch + w->n_clusters);
    }
    ll_line N = ll_line_through(b.ln_c, b.ln_n, b.weight, NULL, K),
            D = ll_line_through(b.ln_c, b.ln_d, b.weight, NULL, K);
    out[0] = N.slope;
    out[1] = D.slope;
    out[2] = ll_line_ln_G(&N);
    free(b.block);
    free(weight);
}

int64_t ll_isoflop_freedom(const ll_isoflop *f) {
    return f->freedom;
}

int64_t ll_isoflop_rows(const ll_isoflop *f) {
    return f->opts.resample >= LL_RESAMPLE_WILD ? ll_isoflop_freedom(f) : f->n_used;
}

/* Column j of the draws as an estimate of value; with exponentiate of exp(value). */
static ll_estimate column(const work *w, int64_t j, double value, bool exponentiate, double *v) {
    const ll_isoflop *f = w->f;
    int64_t n = 0;
    for (int64_t i = 0; i < f->n_draws; i++) {
        v[n] = w->draws[i * w->width + j];
        if (exponentiate) v[n] = exp(v[n]);
        n += isfinite(v[n]) != 0;
    }
    if (exponentiate) value = exp(value);
    return ll_interval(value, v, n, f->opts.level, ll_isoflop_rows(f), ll_isoflop_freedom(f));
}

static ll_status draw_all(work *w, ll_error *err) {
    ll_isoflop *f = w->f;
    int64_t n = f->opts.n_boot > 0 ? f->opts.n_boot : 0;
    w->width = LINES + (f->optima ? 0 : f->n_budgets);
    if ((double)n * (double)w->width > 1e9)
        return LL_FAIL(err, LL_EINPUT, "%lld resamples of %lld budgets are too many to hold", (long long)n,
                       (long long)f->n_budgets);
    w->draws = malloc((size_t)(n * w->width + 1) * sizeof *w->draws);
    w->failed = calloc((size_t)n + 1, 2 * sizeof *w->failed);
    w->flat = w->failed ? w->failed + n : NULL;
    double *v = malloc((size_t)(n + 1) * sizeof *v);
    f->a_draw = malloc((size_t)(n + 1) * sizeof *f->a_draw);
    bool ok = w->draws && w->failed && f->a_draw && v;
    if (ok) ll_threads_for(n, f->opts.threads, one_draw, w);
    for (int64_t i = 0; ok && i < n; i++) ok = !w->failed[i];
    if (ok) {
        f->n_draws = n;
        for (int64_t i = 0; i < n; i++) f->a_draw[i] = w->draws[i * w->width], f->n_flat += w->flat[i];
        f->a = column(w, 0, f->a.value, false, v);
        f->b = column(w, 1, f->b.value, false, v);
        f->G = column(w, 2, log(f->G.value), true, v);
        for (int64_t k = 0; LINES + k < w->width; k++)
            f->budget[k].n_opt = column(w, LINES + k, log(f->budget[k].valley.n_opt), true, v);
    }
    free(v);
    return ok ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld resamples", (long long)n);
}

/* ---- the fit itself ---- */

static ll_status check(const ll_isoflop_data *d, ll_error *err) {
    for (int64_t i = 0; i < d->n; i++) {
        const double v[] = { d->params[i], d->tokens[i], d->flops[i], d->loss[i] };
        for (int k = 0; k < 4; k++)
            if (!(v[k] > 0 && isfinite(v[k])))
                return LL_FAIL(err, LL_EINPUT, "row %lld: %g, expected finite numbers above 0", (long long)i + 1,
                               v[k]);
        if (d->weight && !(d->weight[i] >= 0 && isfinite(d->weight[i])))
            return LL_FAIL(err, LL_EINPUT, "row %lld: weight is %g, expected a number of at least 0",
                           (long long)i + 1, d->weight[i]);
        if (d->cluster && !(d->cluster[i] >= 0 && d->cluster[i] < d->n))
            return LL_FAIL(err, LL_EINPUT, "row %lld: cluster %lld, expected 0 to the number of rows",
                           (long long)i + 1, (long long)d->cluster[i]);
    }
    return LL_OK;
}

static ll_status prepare(work *w, ll_error *err) {
    const ll_isoflop_data *d = w->d;
    LL_TRY(ll_groups_new(&w->g, d->flops, d->n, err));
    w->group = malloc((size_t)(d->n + 1) * 2 * sizeof *w->group);
    w->ln_n = malloc((size_t)(d->n + 1) * 5 * sizeof *w->ln_n);
    w->f->budget = calloc((size_t)d->n + 1, sizeof *w->f->budget);
    if (!w->group || !w->ln_n || !w->f->budget)
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)d->n);
    w->budget = w->group + d->n;
    w->ln_d = w->ln_n + d->n;
    w->ln_c = w->ln_d + d->n;
    w->fitted = w->ln_c + d->n;
    w->departure = w->fitted + d->n;
    for (int64_t i = 0; i < d->n; i++) {
        w->budget[i] = -1;
        w->ln_n[i] = log(d->params[i]);
        w->ln_d[i] = log(d->tokens[i]);
        w->ln_c[i] = log(d->flops[i]);
        if (d->cluster && d->cluster[i] >= w->n_clusters) w->n_clusters = d->cluster[i] + 1;
    }
    return LL_OK;
}

static void describe_budget(work *w, ll_budget *b, const ll_valley_runs *runs, double *room) {
    w->f->n_used += runs->n;
    b->n_opt = (ll_estimate) { b->valley.n_opt, NAN, NAN, NAN };
    b->bias = b->d_opt = NAN;
    if (b->valley.concave) return;
    b->d_opt = exp(ln_tokens(w, runs, log(b->valley.n_opt)));
    for (int64_t i = 0; i < runs->n; i++) room[i] = w->ln_n[runs->row[i]] - log(b->valley.n_opt);
    if (!b->valley.edge) b->bias = ll_isoflop_bias(room, runs->n, 0.34, 0.28);
}

/* The budgets of three sizes or more. */
static ll_status find_budgets(work *w, ll_error *err) {
    ll_isoflop *f = w->f;
    double *room = malloc((size_t)(w->d->n + 1) * sizeof *room);
    if (!room) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)w->d->n);
    for (int64_t k = 0; k < w->g.n_groups; k++) {
        ll_budget *b = &f->budget[f->n_budgets];
        ll_valley_runs runs = runs_of(w, k, w->d->loss, w->d->weight);
        if (!ll_valley_fit(&b->valley, &runs)) {
            f->n_short++;
            continue;
        }
        for (int64_t i = 0; i < runs.n; i++) w->budget[runs.row[i]] = f->n_budgets;
        w->group[f->n_budgets++] = k;
        describe_budget(w, b, &runs, room);
        f->n_bottoms += !b->valley.concave;
        f->n_edge += b->valley.edge;
        f->n_three += ll_groups_distinct(&w->g, k, w->d->params) == 3;
    }
    free(room);
    return LL_OK;
}

/* Every row, as it is. */
static void take_optima(work *w) {
    ll_isoflop *f = w->f;
    for (int64_t i = 0; i < w->d->n; i++)
        f->budget[i] = (ll_budget) { .valley = { .flops = w->d->flops[i],
                                                 .n = 1,
                                                 .n_opt = w->d->params[i],
                                                 .loss_min = w->d->loss[i],
                                                 .curvature = NAN },
                                     .n_opt = { w->d->params[i], NAN, NAN, NAN },
                                     .d_opt = w->d->tokens[i],
                                     .bias = NAN };
    f->n_budgets = f->n_bottoms = f->n_used = w->d->n;
    f->freedom = w->d->n - 2;
}

/* The sizes of a budget are chosen, not drawn, and few: redrawn as cases they scatter far too much. */
static ll_resample automatic(const ll_isoflop_data *d) {
    return d->cluster ? LL_RESAMPLE_CLUSTER : d->optima ? LL_RESAMPLE_CASE : LL_RESAMPLE_RESIDUAL;
}

static void set_lines(ll_isoflop *f, const bottoms *b) {
    const ll_line N = ll_line_through(b->ln_c, b->ln_n, b->weight, NULL, f->n_budgets),
                  D = ll_line_through(b->ln_c, b->ln_d, b->weight, NULL, f->n_budgets);
    f->a = (ll_estimate) { N.slope, NAN, NAN, NAN };
    f->b = (ll_estimate) { D.slope, NAN, NAN, NAN };
    f->G = (ll_estimate) { exp(ll_line_ln_G(&N)), NAN, NAN, NAN };
}

/* The straight line through each budget's own bottom. */
static void draw_bottoms(const work *w, bottoms *b) {
    ll_isoflop *f = w->f;
    for (int64_t k = 0; k < f->n_budgets; k++) {
        const ll_valley *v = &f->budget[k].valley;
        b->weight[k] = v->concave ? 0 : f->optima && w->d->weight ? w->d->weight[k] : 1;
        b->ln_c[k] = log(v->flops);
        b->ln_n[k] = log(v->n_opt);
        b->ln_d[k] = log(f->budget[k].d_opt);
        b->edge[k] = v->edge;
    }
    const ll_line N = ll_line_through(b->ln_c, b->ln_n, b->weight, NULL, f->n_budgets);
    f->a_bottoms = N.slope;
    f->r2 = N.r2;
    f->a_inner = ll_line_through(b->ln_c, b->ln_n, b->weight, b->edge, f->n_budgets).slope;
}

/* What the rows depart from the shared valley by. For wild resamples each keeps its own size, with what the p
 * parameters took of it given back, (p / n) s^2 to the square of each; otherwise all are grown by sqrt(n / (n - p)). */
static void set_departures(work *w, const double *residual) {
    const double n = (double)w->shared.n_used, taken = w->shared.n_free / n, s = w->f->noise_sd;
    double mean = 0;
    for (int64_t i = 0; i < w->d->n; i++) mean += residual[i] / n;
    for (int64_t i = 0; i < w->d->n; i++) {
        const double root = w->d->weight ? sqrt(w->d->weight[i]) : 1, r = residual[i];
        if (!counts(w, i)) continue;
        w->fitted[i] = w->d->loss[i] * (1 - r / root);
        w->departure[i] = w->size * (w->f->opts.resample == LL_RESAMPLE_WILD ? sqrt(r * r + taken * s * s)
                                                                             : (r - mean) / sqrt(1 - taken));
    }
}

/* Bottoms that lie further off the line than the noise says: the interval is then of their scatter. */
static void set_freedom(work *w, const ll_shared_rows *rows, double *room) {
    ll_isoflop *f = w->f;
    const double freedom = (double)w->shared.n_used - w->shared.n_free;
    f->freedom = (int64_t)(freedom + 0.5);
    f->noise_sd = sqrt(w->shared.sum / fmax(1, freedom));
    const ll_shared_scatter s = ll_shared_valley_scatter(&w->shared, rows, room);
    f->scatter_p = s.p;
    w->size = 1;
    if (!(s.p < SCATTERED)) return;
    w->size = sqrt(s.variance) / f->noise_sd;
    f->freedom = s.freedom;
}

static ll_status fit_shared(work *w, bottoms *b, ll_error *err) {
    ll_isoflop *f = w->f;
    const ll_shared_rows rows = rows_of(w, w->d->loss, w->d->weight);
    if (f->n_budgets < 2)
        return LL_FAIL(
            err, LL_EINPUT,
            "%lld budgets, expected two or more: each needs runs of three sizes within 1 %% of one number "
            "of FLOPs",
            (long long)f->n_budgets);
    const int64_t n = w->d->n, more = ll_shared_valley_room(&rows) + (f->n_budgets + LL_SHARED_PARAMS) * n;
    double *room = malloc((size_t)(n + more) * sizeof *room);
    if (!room) return LL_FAIL(err, LL_ENOMEM, "out of memory for the budgets");
    const bool turns = ll_shared_valley_fit(&w->shared, &rows, room, room + n);
    if (turns) {
        f->n_used = w->shared.n_used;
        set_freedom(w, &rows, room + n);
        set_departures(w, room);
        line_up(w, b, w->shared.p[LL_SHARED_LN_N0], w->shared.p[LL_SHARED_A]);
    }
    free(room);
    if (turns) return LL_OK;
    return LL_FAIL(
        err, LL_EINPUT,
        "the losses of %lld budgets do not turn: together they bend down, or have their lowest point further "
        "from the sizes than those span",
        (long long)f->n_budgets);
}

static ll_status draw_lines(work *w, ll_error *err) {
    ll_isoflop *f = w->f;
    bottoms b;
    ll_status s = LL_OK;
    if (!bottoms_new(&b, f->n_budgets)) return LL_FAIL(err, LL_ENOMEM, "out of memory for the budgets");
    draw_bottoms(w, &b);
    if (!f->optima) s = fit_shared(w, &b, err);
    if (s == LL_OK) set_lines(f, &b);
    free(b.block);
    if (s != LL_OK || isfinite(f->a.value)) return s;
    return LL_FAIL(err, LL_EINPUT, "%lld optima, expected two or more of different FLOPs", (long long)f->n_bottoms);
}

static ll_status check_resample(const work *w, ll_error *err) {
    if (w->f->opts.resample == LL_RESAMPLE_CLUSTER && !w->d->cluster)
        return LL_FAIL(err, LL_EINPUT, "resampling by cluster needs a cluster column");
    if (w->f->opts.resample >= LL_RESAMPLE_WILD && w->d->optima)
        return LL_FAIL(err, LL_EINPUT, "optima are resampled as cases, not %s",
                       ll_resample_name(w->f->opts.resample));
    return LL_OK;
}

static ll_status run(work *w, ll_error *err) {
    LL_TRY(check(w->d, err));
    LL_TRY(prepare(w, err));
    if (w->f->opts.resample == 0) w->f->opts.resample = automatic(w->d);
    LL_TRY(check_resample(w, err));
    w->f->scatter_p = NAN;
    if (w->f->optima) take_optima(w);
    else LL_TRY(find_budgets(w, err));
    LL_TRY(draw_lines(w, err));
    return draw_all(w, err);
}

ll_status ll_isoflop_run(ll_isoflop *f, const ll_isoflop_data *data, const ll_fit_opts *opts, ll_error *err) {
    double start = ll_clock_now();
    *f = (ll_isoflop) { .optima = data->optima };
    work w = { .d = data, .f = f };
    ll_status s = ll_fit_opts_resolve(opts, &f->opts, err);
    f->opts.resample = opts ? opts->resample : (ll_resample)0;
    if (s == LL_OK) s = run(&w, err);
    ll_groups_free(&w.g);
    free(w.group);
    free(w.ln_n);
    free(w.draws);
    free(w.failed);
    if (s != LL_OK) ll_isoflop_clear(f);
    else f->wall_s = ll_clock_now() - start;
    return s;
}

void ll_isoflop_clear(ll_isoflop *f) {
    free(f->budget);
    free(f->a_draw);
    *f = (ll_isoflop) { 0 };
}

/* At C = 6 N D, around the optimum u = 0: L = E + K (exp(-alpha u) / alpha + exp(beta u) / beta). */
double ll_isoflop_bias(const double *u, int64_t n, double alpha, double beta) {
    double *block = ll_counted(calloc((size_t)n + 1, 2 * sizeof *block));
    int64_t *row = ll_counted(malloc((size_t)(n + 1) * sizeof *row));
    double bias = NAN;
    ll_valley v;
    if (block && row) {
        for (int64_t i = 0; i < n; i++) {
            row[i] = i;
            block[i] = exp(-alpha * u[i]) / alpha + exp(beta * u[i]) / beta;
        }
        ll_valley_runs runs = { .n = n, .row = row, .ln_n = u, .ln_c = block + n, .loss = block };
        if (ll_valley_fit(&v, &runs) && !v.concave) bias = log(v.n_opt);
    }
    free(block);
    free(row);
    return bias;
}

/* ---- in words ---- */

static double largest_bias(const ll_isoflop *f) {
    double most = 0;
    for (int64_t k = 0; k < f->n_budgets; k++)
        if (fabs(f->budget[k].bias) > fabs(most)) most = f->budget[k].bias;
    return most;
}

bool ll_isoflop_warning(const ll_isoflop *f, int k, char *buf, size_t size) {
    const long long concave = (long long)(f->n_budgets - f->n_bottoms), budgets = (long long)f->n_budgets;
    const double bias = largest_bias(f);
    if ((double)f->n_flat > (1 - f->opts.level) / 2 * (double)f->n_draws && k-- == 0)
        return snprintf(
                   buf, size,
                   "the valleys are not resolved: in %.0f %% of the resamples the budgets do not turn, and there a "
                   "may be anything from 0 to 1",
                   100 * (double)f->n_flat / (double)f->n_draws),
               true;
    if (f->n_three && k-- == 0)
        return snprintf(
                   buf, size,
                   "%lld of %lld budgets hold three sizes, which a parabola meets exactly: noise and curvature are "
                   "those of all budgets together",
                   (long long)f->n_three, budgets),
               true;
    if (f->scatter_p < SCATTERED && k-- == 0)
        return snprintf(buf, size,
                        "the budgets' own bottoms lie further off the line than the noise of the runs says (p = "
                        "%.2g): the "
                        "intervals are of that scatter, with %lld degrees of freedom",
                        f->scatter_p, (long long)f->freedom),
               true;
    if (f->n_edge && k-- == 0)
        return snprintf(
                   buf, size,
                   "%lld of %lld budgets have their own bottom outside the sizes that were run; the line through "
                   "the others has a = %.4g",
                   (long long)f->n_edge, (long long)f->n_bottoms, f->a_inner),
               true;
    if (concave && k-- == 0)
        return snprintf(buf, size, "%lld budgets have no bottom of their own: their parabola is concave", concave),
               true;
    if (f->n_short && k-- == 0)
        return snprintf(buf, size, "%lld budgets hold fewer than three sizes and are left out",
                        (long long)f->n_short),
               true;
    if (fabs(bias) > 0.02 && k-- == 0)
        return snprintf(
                   buf, size,
                   "a parabola misplaces a budget's own bottom by up to %+.2g %% of N: that is what it does to a "
                   "noiseless surface of exponents .34 and .28 over these sizes",
                   100 * expm1(bias)),
               true;
    return false;
}
