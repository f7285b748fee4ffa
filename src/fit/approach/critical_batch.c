#include "fit/approach/critical_batch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "fit/approach/choose.h"
#include "fit/approach/line.h"
#include "fit/draws/cluster.h"
#include "fit/draws/interval.h"
#include "loglog/random.h"

enum { LEAST_BATCHES = 3 };

/* A row, in logarithms. */
typedef struct knot {
    int64_t curve;
    double s, loss, b, n;
} knot;

/* The curves, and what each takes to every loss. */
typedef struct work {
    ll_critical_batch *f;
    knot *at;       /* by curve, then by rising steps */
    int64_t *start; /* [curves + 1] into at */
    int64_t curves;
    int64_t *size;              /* [curves] */
    double *ln_b, *ln_n;        /* [curves] */
    double *ln_s;               /* [curves][LL_CRITICAL_LOSSES] to the losses of its size; NaN: never */
    double *fitted, *departure; /* the same, of the hyperbola; NaN where there is none */
    double *draws;              /* [n_boot][width]: ln B_star, slope, and ln S_min and ln B_crit of each loss */
    int64_t width;
    bool *failed; /* [n_boot] */
} work;

double ll_critical_batch_at(double B_star, double alpha_B, double loss) {
    return B_star * pow(loss, -1 / alpha_B);
}

/* ---- curves ---- */

static int by_curve(const void *a, const void *b) {
    const knot *x = a, *y = b;
    if (x->curve != y->curve) return x->curve < y->curve ? -1 : 1;
    if (x->s != y->s) return x->s < y->s ? -1 : 1;
    return (x->loss > y->loss) - (x->loss < y->loss);
}

static ll_status read_knots(work *w, const ll_critical_batch_data *d, ll_error *err) {
    int64_t groups;
    int32_t *group = ll_cluster_number(d->cluster, d->n, &groups);
    if (!group) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)d->n);
    ll_status status = LL_OK;
    for (int64_t i = 0; i < d->n && status == LL_OK; i++) {
        const double v[] = { d->batch[i], d->steps[i], d->loss[i], d->params ? d->params[i] : 1 };
        for (int k = 0; k < 4 && status == LL_OK; k++)
            if (!(v[k] > 0 && isfinite(v[k])))
                status = LL_FAIL(err, LL_EINPUT, "row %lld: %g, expected finite numbers above 0", (long long)i + 1,
                                 v[k]);
        w->at[i] = (knot) { group[i], log(v[1]), log(v[2]), log(v[0]), log(v[3]) };
    }
    free(group);
    return status;
}

static ll_status one_batch(const knot *k, int64_t n, ll_error *err) {
    for (int64_t i = 1; i < n; i++)
        if (fabs(k[i].b - k->b) > 0.01 || fabs(k[i].n - k->n) > 0.01)
            return LL_FAIL(
                err, LL_EINPUT,
                "one learning curve holds batches of %.6g and of %.6g tokens, or two sizes: expected one of "
                "each; --cluster names what tells curves apart",
                exp(k->b), exp(k[i].b));
    return LL_OK;
}

static ll_status gather(work *w, const ll_critical_batch_data *d, ll_error *err) {
    const size_t n = (size_t)d->n + 1;
    w->at = malloc(n * sizeof *w->at);
    w->start = malloc((n + 1) * sizeof *w->start);
    w->size = malloc(n * sizeof *w->size);
    w->ln_b = malloc(2 * n * sizeof *w->ln_b);
    if (!w->at || !w->start || !w->size || !w->ln_b)
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)d->n);
    w->ln_n = w->ln_b + n;
    LL_TRY(read_knots(w, d, err));
    if (d->n) qsort(w->at, (size_t)d->n, sizeof *w->at, by_curve);
    int64_t kept = 0;
    for (int64_t i = 0, end; i < d->n; i = end) {
        for (end = i; end < d->n && w->at[end].curve == w->at[i].curve; end++) w->at[kept + end - i] = w->at[end];
        LL_TRY(one_batch(w->at + kept, end - i, err));
        if (end - i < 2) {
            w->f->n_short++;
            continue;
        }
        w->ln_b[w->curves] = w->at[kept].b;
        w->ln_n[w->curves] = w->at[kept].n;
        w->start[w->curves++] = kept;
        kept += end - i;
    }
    w->start[w->curves] = w->f->n = kept;
    w->f->n_curves = w->curves;
    return LL_OK;
}

/* Numbers the sizes: within 2 % they are one. */
static ll_status number_sizes(work *w, bool given, double *params, ll_error *err) {
    ll_groups g;
    double *value = malloc((size_t)(w->curves + 1) * sizeof *value);
    if (!value) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld curves", (long long)w->curves);
    for (int64_t c = 0; c < w->curves; c++) value[c] = exp(w->ln_n[c]);
    const ll_status status = ll_groups_new(&g, value, w->curves, err);
    for (int64_t k = 0; status == LL_OK && k < g.n_groups; k++) {
        params[k] = given ? value[g.row[g.start[k]]] : NAN;
        for (int64_t i = g.start[k]; i < g.start[k + 1]; i++) w->size[g.row[i]] = k;
    }
    w->f->n_sizes = g.n_groups;
    ll_groups_free(&g);
    free(value);
    return status;
}

/* ---- the losses ---- */

static double lowest(const work *w, int64_t c) {
    double least = INFINITY;
    for (int64_t i = w->start[c]; i < w->start[c + 1]; i++) least = fmin(least, w->at[i].loss);
    return least;
}

/* The loss that at least three batches of the size reach: of each batch its lowest, and of those the third. */
static double common_floor(const work *w, int64_t size) {
    double third[LEAST_BATCHES] = { INFINITY, INFINITY, INFINITY }; /* ascending */
    for (int64_t c = 0; c < w->curves; c++) {
        bool best = w->size[c] == size;
        const double least = best ? lowest(w, c) : INFINITY;
        for (int64_t e = 0; e < w->curves && best; e++) { /* of curves of one batch the lowest stands for it */
            if (e == c || w->size[e] != size || fabs(w->ln_b[e] - w->ln_b[c]) > 0.01) continue;
            const double other = lowest(w, e);
            best = least < other || (least == other && c < e);
        }
        for (int k = 0; best && k < LEAST_BATCHES; k++) {
            if (!(least < third[k])) continue;
            for (int m = LEAST_BATCHES - 1; m > k; m--) third[m] = third[m - 1];
            third[k] = least;
            break;
        }
    }
    return third[LEAST_BATCHES - 1];
}

/* ln S where the curve first comes to ln L; NaN where it begins beneath or never does. */
static double steps_to(const work *w, int64_t c, double loss) {
    const knot *k = w->at + w->start[c], *end = w->at + w->start[c + 1];
    if (k->loss < loss) return NAN;
    if (k->loss == loss) return k->s;
    for (k++; k < end; k++)
        if (k->loss <= loss) {
            const double share = (k[-1].loss - loss) / (k[-1].loss - k->loss);
            return k[-1].s + share * (k->s - k[-1].s);
        }
    return NAN;
}

/* The losses of one size, and every curve's steps to them. */
static void place_losses(work *w, int64_t size, double params) {
    double lo = common_floor(w, size), hi = INFINITY;
    for (int64_t c = 0; c < w->curves; c++)
        if (w->size[c] == size) hi = fmin(hi, w->at[w->start[c]].loss);
    hi = (lo + hi) / 2;
    if (!(lo < hi) || !isfinite(hi)) return;
    for (int k = 0; k < LL_CRITICAL_LOSSES; k++) {
        const double ln_loss = k + 1 < LL_CRITICAL_LOSSES ? hi + (lo - hi) * k / (LL_CRITICAL_LOSSES - 1) : lo;
        w->f->loss[w->f->n_losses++] = (ll_critical_loss) { .size = size, .params = params, .loss = exp(ln_loss) };
        for (int64_t c = 0; c < w->curves; c++)
            if (w->size[c] == size) w->ln_s[c * LL_CRITICAL_LOSSES + k] = steps_to(w, c, ln_loss);
    }
}

/* ---- one fit ---- */

/* What one fit has of its own: room for it, and its answer. */
typedef struct solution {
    double *ln_s, *times; /* [curves][LL_CRITICAL_LOSSES], [curves] */
    double *b, *s, *t;    /* [curves] the points of one loss */
    double *x, *y, *w;    /* [n_losses] the line's */
    ll_hyperbola *at;     /* [n_losses] */
    bool *found;          /* [n_losses] */
    ll_line line;
    void *block;
} solution;

static bool solution_new(solution *o, const work *w) {
    const size_t c = (size_t)w->curves, l = (size_t)w->f->n_losses;
    *o = (solution) { .block = calloc(1, (c * (LL_CRITICAL_LOSSES + 4) + 3 * l) * sizeof(double) +
                                             l * (sizeof(ll_hyperbola) + sizeof(bool)) + 1) };
    if (!o->block) return false;
    o->ln_s = o->block;
    o->times = o->ln_s + c * LL_CRITICAL_LOSSES;
    o->b = o->times + c, o->s = o->b + c, o->t = o->s + c;
    o->x = o->t + c, o->y = o->x + l, o->w = o->y + l;
    o->at = (ll_hyperbola *)(o->w + l);
    o->found = (bool *)(o->at + l);
    return true;
}

/* Hyperbolas and line of o->ln_s, of curves that count o->times. A loss weighs as its points fix B_crit. */
static void solve(const work *w, solution *o) {
    int64_t lines = 0;
    for (int64_t l = 0; l < w->f->n_losses; l++) {
        int64_t n = 0;
        for (int64_t c = 0; c < w->curves; c++) {
            if (w->size[c] != w->f->loss[l].size) continue;
            o->b[n] = w->ln_b[c];
            o->s[n] = o->ln_s[c * LL_CRITICAL_LOSSES + l % LL_CRITICAL_LOSSES];
            o->t[n++] = o->times[c];
        }
        o->found[l] = ll_hyperbola_fit(&o->at[l], &(ll_hyperbola_points) { n, o->b, o->s, o->t });
        if (!o->found[l]) continue;
        o->x[lines] = log(w->f->loss[l].loss);
        o->y[lines] = o->at[l].ln_b_crit;
        o->w[lines++] = o->at[l].spread;
    }
    o->line = ll_line_through(o->x, o->y, o->w, NULL, lines);
}

static ll_estimate bare(double v) {
    return (ll_estimate) { v, NAN, NAN, NAN };
}

/* A departure of full size: half way from HC2 (1/2) to HC3 (1), as of the parabolas of approach 2. */
static double grown(double departure, double leverage) {
    const double left = 1 - leverage;
    return left > 1e-9 ? departure / pow(left, 0.75) : 0;
}

static void take_losses(work *w, const solution *o) {
    ll_critical_batch *f = w->f;
    for (int64_t l = 0; l < f->n_losses; l++) {
        ll_critical_loss *at = &f->loss[l];
        at->at = o->at[l];
        at->found = o->found[l];
        at->S_min = bare(exp(at->at.ln_s_min));
        at->B_crit = bare(exp(at->at.ln_b_crit));
        at->E_min = bare(exp(at->at.ln_s_min + at->at.ln_b_crit));
        f->n_found += at->found;
        f->n_edge += at->found && at->at.edge;
        for (int64_t c = 0; c < w->curves && at->found; c++) {
            const int64_t i = c * LL_CRITICAL_LOSSES + l % LL_CRITICAL_LOSSES;
            if (w->size[c] != at->size || isnan(w->ln_s[i])) continue;
            w->fitted[i] = ll_hyperbola_ln_steps(&at->at, w->ln_b[c]);
            w->departure[i] = grown(w->ln_s[i] - w->fitted[i], ll_hyperbola_leverage(&at->at, w->ln_b[c]));
        }
    }
}

static ll_status fit_once(work *w, ll_error *err) {
    ll_critical_batch *f = w->f;
    solution o;
    if (!solution_new(&o, w)) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld curves", (long long)w->curves);
    memcpy(o.ln_s, w->ln_s, (size_t)w->curves * LL_CRITICAL_LOSSES * sizeof *o.ln_s);
    for (int64_t c = 0; c < w->curves; c++) o.times[c] = 1;
    solve(w, &o);
    take_losses(w, &o);
    f->B_star = bare(exp(o.line.level));
    f->alpha_B = bare(-1 / o.line.slope);
    f->r2 = o.line.r2;
    free(o.block);
    if (isfinite(f->alpha_B.value)) return LL_OK;
    return LL_FAIL(
        err, LL_EINPUT,
        "%lld of %lld losses have a critical batch, expected two or more: each needs curves of three batches "
        "that come to it, small ones that take more steps and large ones that take more tokens",
        (long long)f->n_found, (long long)f->n_losses);
}

/* ---- resampling ---- */

enum { LINES = 2 };

/* Curves of each size, drawn with replacement among themselves. */
static void draw_curves(const work *w, ll_rng *rng, double *times) {
    for (int64_t k = 0; k < w->f->n_sizes; k++) {
        int64_t n = 0;
        for (int64_t c = 0; c < w->curves; c++) n += w->size[c] == k;
        for (int64_t i = 0; i < n; i++) {
            int64_t nth = ll_rng_below(rng, n), c = 0;
            while (w->size[c] != k || nth-- > 0) c++;
            times[c]++;
        }
    }
}

static void one_draw(void *ctx, int64_t i, int worker) {
    work *w = ctx;
    ll_rng rng = ll_rng_at(w->f->opts.seed, LL_STREAM_BOOTSTRAP, (uint64_t)i);
    const bool wild = w->f->opts.resample == LL_RESAMPLE_WILD;
    double *out = w->draws + i * w->width;
    solution o;
    (void)worker;
    w->failed[i] = !solution_new(&o, w);
    if (w->failed[i]) return;
    if (!wild) draw_curves(w, &rng, o.times);
    for (int64_t c = 0; c < w->curves; c++) {
        const double sign = ll_rng_u32(&rng) & 1 ? 1 : -1;
        if (wild) o.times[c] = 1;
        for (int64_t k = c * LL_CRITICAL_LOSSES; k < (c + 1) * LL_CRITICAL_LOSSES; k++)
            o.ln_s[k] = wild ? w->fitted[k] + sign * w->departure[k] : w->ln_s[k];
    }
    solve(w, &o);
    out[0] = o.line.level;
    out[1] = o.line.slope;
    for (int64_t l = 0; l < w->f->n_losses; l++) {
        out[LINES + 2 * l] = o.at[l].ln_s_min;
        out[LINES + 2 * l + 1] = o.at[l].ln_b_crit;
    }
    free(o.block);
}

/* Departures drawn at full size need no more room than Student's t. */
static int64_t rows_of(const ll_critical_batch *f, int64_t rows, int64_t freedom) {
    return f->opts.resample == LL_RESAMPLE_WILD ? freedom : rows;
}

/* exp of the sum of columns j and j + more - 1 of the draws, as an estimate of value. */
static ll_estimate column(const work *w, int64_t j, int more, double value, int64_t rows, int64_t freedom,
                          double *v) {
    int64_t n = 0;
    for (int64_t i = 0; i < w->f->n_draws; i++) {
        const double *draw = w->draws + i * w->width + j;
        v[n] = exp(more > 1 ? draw[0] + draw[1] : draw[0]);
        n += isfinite(v[n]) != 0;
    }
    return ll_interval(value, v, n, w->f->opts.level, rows_of(w->f, rows, freedom), freedom);
}

static void estimate(work *w, double *v) {
    ll_critical_batch *f = w->f;
    const int64_t rows = f->n_curves, freedom = rows - 2 * f->n_sizes;
    int64_t n = 0;
    for (int64_t i = 0; i < f->n_draws; i++) {
        const double slope = w->draws[i * w->width + 1];
        if (slope < 0) v[n++] = -1 / slope;
        else f->n_rising++, w->draws[i * w->width] = NAN;
    }
    f->alpha_B = ll_interval(f->alpha_B.value, v, n, f->opts.level, rows_of(f, rows, freedom), freedom);
    f->B_star = column(w, 0, 1, f->B_star.value, rows, freedom, v);
    for (int64_t l = 0; l < f->n_losses; l++) {
        ll_critical_loss *at = &f->loss[l];
        const int64_t j = LINES + 2 * l;
        if (!at->found) continue;
        at->S_min = column(w, j, 1, at->S_min.value, at->at.n, at->at.n - 2, v);
        at->B_crit = column(w, j + 1, 1, at->B_crit.value, at->at.n, at->at.n - 2, v);
        at->E_min = column(w, j, 2, at->E_min.value, at->at.n, at->at.n - 2, v);
    }
}

static ll_status draw_all(work *w, ll_error *err) {
    ll_critical_batch *f = w->f;
    const int64_t n = f->opts.n_boot > 0 ? f->opts.n_boot : 0;
    w->width = LINES + 2 * f->n_losses;
    if ((double)n * (double)w->width > 1e9)
        return LL_FAIL(err, LL_EINPUT, "%lld resamples of %lld losses are too many to hold", (long long)n,
                       (long long)f->n_losses);
    w->draws = malloc((size_t)(n * w->width + 1) * sizeof *w->draws);
    w->failed = calloc((size_t)n + 1, sizeof *w->failed);
    double *v = malloc((size_t)(n + 1) * sizeof *v);
    bool ok = w->draws && w->failed && v;
    if (ok) ll_threads_for(n, f->opts.threads, one_draw, w);
    for (int64_t i = 0; ok && i < n; i++) ok = !w->failed[i];
    f->n_draws = ok ? n : 0;
    if (ok && n > 1) estimate(w, v);
    free(v);
    return ok ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld resamples", (long long)n);
}

/* ---- the whole ---- */

static ll_status prepare(work *w, const ll_critical_batch_data *d, ll_error *err) {
    LL_TRY(gather(w, d, err));
    const size_t cells = (size_t)w->curves * LL_CRITICAL_LOSSES + 1;
    double *params = malloc((size_t)(w->curves + 1) * sizeof *params);
    w->ln_s = malloc(3 * cells * sizeof *w->ln_s);
    w->f->loss = calloc(cells, sizeof *w->f->loss);
    ll_status status = params && w->ln_s && w->f->loss
                           ? LL_OK
                           : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld curves", (long long)w->curves);
    if (status == LL_OK) {
        w->fitted = w->ln_s + cells;
        w->departure = w->fitted + cells;
        for (size_t i = 0; i < 3 * cells; i++) w->ln_s[i] = NAN;
        status = number_sizes(w, d->params != NULL, params, err);
    }
    for (int64_t k = 0; status == LL_OK && k < w->f->n_sizes; k++) place_losses(w, k, params[k]);
    free(params);
    if (status != LL_OK || w->f->n_losses) return status;
    return LL_FAIL(
        err, LL_EINPUT,
        "%lld learning curves of which no three of one size and of different batches come to one loss from "
        "above",
        (long long)w->curves);
}

static ll_status run(work *w, const ll_critical_batch_data *d, ll_error *err) {
    ll_resample *how = &w->f->opts.resample;
    if (*how == 0) *how = LL_RESAMPLE_WILD;
    if (*how != LL_RESAMPLE_WILD && *how != LL_RESAMPLE_CLUSTER)
        return LL_FAIL(err, LL_EINPUT, "critical_batch resamples wild or cluster: its rows belong to curves");
    if (!d->cluster)
        return LL_FAIL(err, LL_EINPUT, "learning curves: expected rows that share the name of a run, or --cluster");
    LL_TRY(prepare(w, d, err));
    LL_TRY(fit_once(w, err));
    return draw_all(w, err);
}

ll_status ll_critical_batch_run(ll_critical_batch *f, const ll_critical_batch_data *data, const ll_fit_opts *opts,
                                ll_error *err) {
    const double start = ll_clock_now();
    *f = (ll_critical_batch) { 0 };
    work w = { .f = f };
    ll_status s = ll_fit_opts_resolve(opts, &f->opts, err);
    f->opts.resample = opts ? opts->resample : (ll_resample)0;
    if (s == LL_OK) s = run(&w, data, err);
    free(w.at);
    free(w.start);
    free(w.size);
    free(w.ln_b);
    free(w.ln_s);
    free(w.draws);
    free(w.failed);
    if (s != LL_OK) ll_critical_batch_clear(f);
    else f->wall_s = ll_clock_now() - start;
    return s;
}

void ll_critical_batch_clear(ll_critical_batch *f) {
    free(f->loss);
    *f = (ll_critical_batch) { 0 };
}

/* ---- in words ---- */

bool ll_critical_batch_warning(const ll_critical_batch *f, int k, char *buf, size_t size) {
    const long long none = (long long)(f->n_losses - f->n_found);
    if (f->alpha_B.value < 0 && k-- == 0)
        return snprintf(buf, size, "B_crit does not grow as the loss falls: these curves show no power law of it"),
               true;
    if (none && k-- == 0)
        return snprintf(buf, size, "%lld of %lld losses have no critical batch and are left out", none,
                        (long long)f->n_losses),
               true;
    if (f->n_edge && k-- == 0)
        return snprintf(buf, size, "%lld of %lld critical batches lie outside the batches that were run",
                        (long long)f->n_edge, (long long)f->n_found),
               true;
    if (f->r2 < 0.9 && k-- == 0)
        return snprintf(buf, size,
                        "B_crit(L) is no power law here (r2 %.2g): the intervals of B_star and alpha_B do not "
                        "cover that",
                        f->r2),
               true;
    if (f->n_short && k-- == 0)
        return snprintf(buf, size, "%lld curves of a single row are left out", (long long)f->n_short), true;
    if (f->n_rising && k-- == 0)
        return snprintf(
                   buf, size,
                   "in %lld of %lld resamples B_crit does not grow as the loss falls; the intervals of alpha_B and "
                   "B_star leave them out",
                   (long long)f->n_rising, (long long)f->n_draws),
               true;
    return false;
}
