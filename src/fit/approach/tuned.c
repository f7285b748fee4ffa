#include "fit/approach/tuned.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "fit/draws/interval.h"
#include "loglog/random.h"
#include "stat/quantile.h"
#include "stat/solve.h"

enum { MOST = 9, ROUNDS = 10, DRAWS = 200, KINDS = LL_TUNED_KINDS };
static const double HUBER = 1.345; /* in sd of the residual: 95 % of least squares' efficiency under a normal */

/* ---- cells ---- */

typedef struct cells {
    int64_t n, near; /* cells; runs near the bottoms */
    int64_t *row;    /* [runs] cell by cell; near ones first in each */
    int64_t *start;  /* [n + 1] into row */
    int64_t *bottom; /* [n] how many are near */
} cells;

static void cells_free(cells *c) {
    free(c->row);
    free(c->start);
    free(c->bottom);
    *c = (cells) { 0 };
}

typedef struct keyed {
    double N, D, L;
    int64_t row;
} keyed;

static int by_cell(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    if (x->N != y->N) return x->N < y->N ? -1 : 1;
    if (x->D != y->D) return x->D < y->D ? -1 : 1;
    return (x->L > y->L) - (x->L < y->L);
}

/* In a cell runs are in order of their loss, so that those near its bottom come first. */
static void cut(cells *c, const keyed *k, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        if (i == 0 || k[i].N != k[i - 1].N || k[i].D != k[i - 1].D) c->start[c->n++] = i;
        c->row[i] = k[i].row;
    }
    c->start[c->n] = n;
    for (int64_t j = 0; j < c->n; j++) {
        const int64_t first = c->start[j], m = c->start[j + 1] - first;
        const double lowest = k[first + m / 10].L;
        for (int64_t i = first; i < first + m && k[i].L <= lowest * (1 + LL_TUNED_NEAR); i++) c->bottom[j]++;
        c->near += c->bottom[j];
    }
}

static ll_status cells_new(cells *c, const ll_tuned_data *d, ll_error *err) {
    const size_t n = (size_t)d->n + 1;
    keyed *k = malloc(n * sizeof *k);
    *c = (cells) { .row = malloc(n * sizeof *c->row),
                   .start = calloc(n + 1, sizeof *c->start),
                   .bottom = calloc(n, sizeof *c->bottom) };
    if (!k || !c->row || !c->start || !c->bottom) {
        free(k);
        cells_free(c);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)d->n);
    }
    for (int64_t i = 0; i < d->n; i++) k[i] = (keyed) { d->params[i], d->tokens[i], d->loss[i], i };
    qsort(k, (size_t)d->n, sizeof *k, by_cell);
    cut(c, k, d->n);
    free(k);
    return LL_OK;
}

/* ---- the valley as a regression ---- */

/* Means of the logarithms, about which everything is taken. */
typedef struct centre {
    double z[KINDS], N, D;
} centre;

typedef struct valley {
    double K[KINDS * KINDS]; /* [kinds,kinds] */
    double best[KINDS], by_N[KINDS],
        by_D[KINDS]; /* z_best = best + by_N (ln N - centre.N) + by_D (ln D - centre.D) */
    double residual_sd;
} valley;

typedef struct regression {
    const ll_tuned_data *d;
    const cells *c;
    centre at;
    int kinds, p;  /* columns */
    double *x, *y; /* [near][p] and [near], less their cell's mean; in the order of the cells */
    double *room;  /* [near] residuals */
} regression;

static double z_of(const ll_tuned_data *d, int kind, int64_t i) {
    return log(kind == LL_TUNED_RATE ? d->rate[i] : d->batch[i]);
}

/* Squares and products of z, then for each z itself, and with ln N and ln D. */
static void features(const regression *r, int64_t i, double *f) {
    const double N = log(r->d->params[i]) - r->at.N, D = log(r->d->tokens[i]) - r->at.D;
    double z[KINDS];
    int k = 0;
    for (int a = 0; a < r->kinds; a++) {
        z[a] = z_of(r->d, a, i) - r->at.z[a];
        for (int b = 0; b <= a; b++) f[k++] = a == b ? z[a] * z[a] / 2 : z[a] * z[b];
    }
    for (int a = 0; a < r->kinds; a++) f[k++] = z[a], f[k++] = z[a] * N, f[k++] = z[a] * D;
}

static void take_centre(regression *r) {
    double n = 0;
    for (int64_t i = 0; i < r->d->n; i++) {
        n++;
        for (int a = 0; a < r->kinds; a++) r->at.z[a] += (z_of(r->d, a, i) - r->at.z[a]) / n;
        r->at.N += (log(r->d->params[i]) - r->at.N) / n;
        r->at.D += (log(r->d->tokens[i]) - r->at.D) / n;
    }
}

static void take_rows(regression *r) {
    int64_t at = 0;
    for (int64_t j = 0; j < r->c->n; j++) {
        const int64_t m = r->c->bottom[j];
        double mean[MOST] = { 0 }, y = 0;
        for (int64_t i = 0; i < m; i++) {
            const int64_t row = r->c->row[r->c->start[j] + i];
            features(r, row, r->x + (at + i) * r->p);
            r->y[at + i] = log(r->d->loss[row]);
            y += r->y[at + i] / (double)m;
            for (int a = 0; a < r->p; a++) mean[a] += r->x[(at + i) * r->p + a] / (double)m;
        }
        for (int64_t i = 0; i < m; i++, at++) {
            r->y[at] -= y;
            for (int a = 0; a < r->p; a++) r->x[at * r->p + a] -= mean[a];
        }
    }
}

/* One round of Huber's weights; times [cells] how often each counts, NULL: once. False where the columns do not
 * part. */
static bool solve(const regression *r, const int32_t *times, double limit, double *t) {
    double A[MOST * MOST] = { 0 }, h[MOST] = { 0 }, ridge[MOST], x[MOST];
    int64_t i = 0;
    for (int64_t j = 0; j < r->c->n; j++)
        for (int64_t k = 0; k < r->c->bottom[j]; k++, i++) {
            const double off = fabs(r->room[i]), w = (times ? times[j] : 1) * (off > limit ? limit / off : 1);
            for (int a = 0; a < r->p && w > 0; a++) {
                h[a] += w * r->x[i * r->p + a] * r->y[i];
                for (int b = 0; b <= a; b++) A[a * r->p + b] += w * r->x[i * r->p + a] * r->x[i * r->p + b];
            }
        }
    for (int a = 0; a < r->p; a++) {
        ridge[a] = 1e-10 * A[a * r->p + a];
        if (!(A[a * r->p + a] > 0)) return false;
    }
    if (!ll_cholesky_solve(r->p, A, ridge, h, x)) return false;
    memcpy(t, x, (size_t)r->p * sizeof *t);
    return true;
}

static double scatter(const regression *r, const double *t, double *sorted) {
    for (int64_t i = 0; i < r->c->near; i++) {
        r->room[i] = r->y[i];
        for (int a = 0; a < r->p; a++) r->room[i] -= t[a] * r->x[i * r->p + a];
    }
    memcpy(sorted, r->room, (size_t)r->c->near * sizeof *sorted);
    return ll_residual_sd(sorted, r->c->near, r->p);
}

/* K z_best = - what is linear in z. False where K is no valley's. */
static bool read_valley(const regression *r, const double *t, valley *v) {
    double *const to[] = { v->best, v->by_N, v->by_D };
    int k = 0;
    for (int a = 0; a < r->kinds; a++)
        for (int b = 0; b <= a; b++, k++) v->K[a * r->kinds + b] = v->K[b * r->kinds + a] = t[k];
    for (int j = 0; j < 3; j++) {
        double g[KINDS];
        for (int a = 0; a < r->kinds; a++) g[a] = -t[k + 3 * a + j];
        if (!ll_cholesky_solve(r->kinds, v->K, NULL, g, to[j])) return false;
    }
    return true;
}

/* sorted [near] is room. */
static bool find_valley(const regression *r, const int32_t *times, double *sorted, valley *v) {
    double t[MOST], limit = INFINITY;
    memset(r->room, 0, (size_t)r->c->near * sizeof *r->room);
    for (int round = 0; round < ROUNDS; round++) {
        if (!solve(r, times, limit, t)) return false;
        limit = HUBER * (v->residual_sd = scatter(r, t, sorted));
    }
    return read_valley(r, t, v);
}

/* ---- draws ---- */

static double value_of(const regression *r, const valley *v, int a) {
    return exp(r->at.z[a] + v->best[a]);
}

/* Three numbers of each kind for every draw. */
static ll_status draw(ll_tuned *f, const regression *r, double *sorted, const valley *v, ll_error *err) {
    enum { PER = 3 * KINDS };
    const int64_t n = f->opts.n_boot < 2 ? 0 : f->opts.n_boot < DRAWS ? f->opts.n_boot : DRAWS;
    double *draws = malloc((size_t)(PER * n + 1) * sizeof *draws);
    int32_t *times = malloc((size_t)r->c->n * sizeof *times);
    ll_status status =
        draws && times ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)n);
    for (int64_t i = 0; status == LL_OK && i < n; i++) {
        valley drawn;
        ll_rng rng = ll_rng_at(f->opts.seed, LL_STREAM_BOOTSTRAP, (uint64_t)i);
        memset(times, 0, (size_t)r->c->n * sizeof *times);
        for (int64_t j = 0; j < r->c->n; j++) times[ll_rng_below(&rng, (uint64_t)r->c->n)]++;
        if (!find_valley(r, times, sorted, &drawn)) continue;
        for (int a = 0; a < r->kinds; a++) {
            draws[(3 * a) * n + f->n_draws] = value_of(r, &drawn, a);
            draws[(3 * a + 1) * n + f->n_draws] = drawn.by_N[a];
            draws[(3 * a + 2) * n + f->n_draws] = drawn.by_D[a];
        }
        f->n_draws++;
    }
    for (int a = 0; status == LL_OK && a < r->kinds; a++) {
        ll_tuned_best *b = &f->best[a];
        b->curvature = v->K[a * r->kinds + a];
        b->value = (ll_estimate) { value_of(r, v, a), NAN, NAN, NAN };
        b->by_params = (ll_estimate) { v->by_N[a], NAN, NAN, NAN };
        b->by_tokens = (ll_estimate) { v->by_D[a], NAN, NAN, NAN };
        ll_estimate *const of[] = { &b->value, &b->by_params, &b->by_tokens };
        for (int j = 0; j < 3 && f->n_draws > 1; j++)
            *of[j] =
                ll_interval(of[j]->value, draws + (3 * a + j) * n, f->n_draws, f->opts.level, r->c->n, r->c->n - 3);
    }
    free(draws);
    free(times);
    return status;
}

/* ---- the law of what is left ---- */

double ll_tuned_lost(const ll_tuned *f, double params, double tokens, double rate, double batch) {
    const double z[KINDS] = { log(rate), f->kinds > 1 ? log(batch) : 0 };
    double off[KINDS], lost = 0;
    for (int a = 0; a < f->kinds; a++) {
        const ll_tuned_best *b = &f->best[a];
        off[a] = z[a] - log(b->value.value) - b->by_params.value * log(params / f->params) -
                 b->by_tokens.value * log(tokens / f->tokens);
    }
    for (int a = 0; a < f->kinds; a++)
        for (int b = 0; b < f->kinds; b++) lost += off[a] * f->K[a * f->kinds + b] * off[b] / 2;
    return lost;
}

static double lost_of_row(const ll_tuned *f, const ll_tuned_data *d, int64_t i) {
    return ll_tuned_lost(f, d->params[i], d->tokens[i], d->rate[i], d->batch ? d->batch[i] : 1);
}

/* Through each cell's median over the runs near its bottom; lost NULL: as they came. sorted [near] is room. */
static ll_status fit_law(ll_fit *out, double *residual_sd, const ll_tuned *f, const regression *r,
                         const double *lost, double *sorted, ll_error *err) {
    const int64_t m = r->c->n;
    double *v = malloc((size_t)(3 * m + 1) * sizeof *v);
    ll_fit_opts opts = f->opts;
    int64_t k = 0;
    if (!v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld cells", (long long)m);
    for (int64_t j = 0; j < m; j++) {
        const int64_t *row = r->c->row + r->c->start[j], n = r->c->bottom[j];
        for (int64_t i = 0; i < n; i++) sorted[i] = log(r->d->loss[row[i]]) - (lost ? lost[row[i]] : 0);
        ll_sort(sorted, n);
        v[j] = r->d->params[*row];
        v[m + j] = r->d->tokens[*row];
        v[2 * m + j] = exp(ll_quantile(sorted, n, 0.5));
    }
    opts.resample = (ll_resample)0;
    if (!lost) opts.n_boot = -1;
    const ll_fit_data data = { .n = m, .x = { [LL_VAR_N] = v, [LL_VAR_D] = v + m }, .loss = v + 2 * m };
    const ll_status status = ll_fit_run(out, ll_law_find("chinchilla"), &data, &opts, err);
    for (int64_t j = 0; status == LL_OK && j < m; j++) {
        const double at = log(data.loss[j]) - out->residual[j];
        for (int64_t i = 0; i < r->c->bottom[j]; i++) {
            const int64_t row = r->c->row[r->c->start[j] + i];
            sorted[k++] = log(r->d->loss[row]) - (lost ? lost[row] : 0) - at;
        }
    }
    if (status == LL_OK) *residual_sd = ll_residual_sd(sorted, k, out->law->n_params);
    free(v);
    return status;
}

static ll_status run(ll_tuned *f, regression *r, double *sorted, ll_error *err) {
    valley v;
    int64_t k = 0;
    take_centre(r);
    f->params = exp(r->at.N);
    f->tokens = exp(r->at.D);
    take_rows(r);
    if (!find_valley(r, NULL, sorted, &v))
        return LL_FAIL(
            err, LL_EINPUT,
            "no valley of learning rates and batches: cells of one N and D have to hold runs on both sides of "
            "the best, at several N and D");
    f->residual_sd = v.residual_sd;
    LL_TRY(draw(f, r, sorted, &v, err));
    memcpy(f->K, v.K, sizeof f->K);
    for (int64_t i = 0; i < f->n; i++) f->lost[i] = lost_of_row(f, r->d, i);
    for (int64_t j = 0; j < r->c->n; j++)
        for (int64_t i = 0; i < r->c->bottom[j]; i++) sorted[k++] = f->lost[r->c->row[r->c->start[j] + i]];
    ll_sort(sorted, k);
    f->median_lost = ll_quantile(sorted, k, 0.5);
    LL_TRY(fit_law(&f->law, &f->law_sd, f, r, f->lost, sorted, err));
    return fit_law(&f->raw, &f->raw_sd, f, r, NULL, sorted, err);
}

static ll_status with_room(ll_tuned *f, regression *r, ll_error *err) {
    const size_t near = (size_t)r->c->near;
    double *room = malloc((near * (MOST + 3) + 1) * sizeof *room);
    f->lost = calloc((size_t)f->n + 1, sizeof *f->lost);
    if (!room || !f->lost) {
        free(room);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)f->n);
    }
    r->y = room;
    r->room = room + near;
    r->x = room + 3 * near;
    const ll_status status = run(f, r, room + 2 * near, err);
    free(room);
    return status;
}

static ll_status check(const ll_tuned_data *d, ll_error *err) {
    for (int64_t i = 0; i < d->n; i++) {
        const double least = fmin(fmin(d->params[i], d->tokens[i]), fmin(d->rate[i], d->loss[i])),
                     batch = d->batch ? d->batch[i] : 1;
        if (!(least > 0 && batch > 0 && isfinite(d->params[i] * d->tokens[i]) &&
              isfinite(d->rate[i] * batch * d->loss[i])))
            return LL_FAIL(err, LL_EINPUT, "row %lld: parameters, tokens, rate, batch and loss have to be above 0",
                           (long long)(i + 1));
    }
    return LL_OK;
}

ll_status ll_tuned_run(ll_tuned *f, const ll_tuned_data *data, const ll_fit_opts *opts, ll_error *err) {
    const double start = ll_clock_now();
    cells c;
    *f = (ll_tuned) { .n = data->n, .kinds = data->batch ? KINDS : 1 };
    LL_TRY(ll_fit_opts_resolve(opts, &f->opts, err));
    LL_TRY(check(data, err));
    LL_TRY(cells_new(&c, data, err));
    f->n_cells = c.n;
    f->n_near = c.near;
    regression r = { .d = data, .c = &c, .kinds = f->kinds, .p = f->kinds * (f->kinds + 1) / 2 + 3 * f->kinds };
    ll_status status = LL_OK;
    if (c.near - c.n <= r.p)
        status = LL_FAIL(err, LL_EINPUT,
                         "%lld runs in %lld cells of one N and D: expected several in each, at other rates",
                         (long long)c.near, (long long)c.n);
    else status = with_room(f, &r, err);
    cells_free(&c);
    f->wall_s = ll_clock_now() - start;
    if (status != LL_OK) ll_tuned_clear(f);
    return status;
}

/* ---- other runs ---- */

static double law_at(const ll_fit *fit, const ll_tuned_data *d, int64_t row) {
    const double x[LL_VAR_COUNT] = { [LL_VAR_N] = d->params[row], [LL_VAR_D] = d->tokens[row] };
    return fit->law->eval(fit->optima[0].params, x);
}

ll_status ll_tuned_judge(ll_tuned_score *out, const ll_tuned *f, const ll_tuned_data *d, ll_error *err) {
    cells c;
    *out = (ll_tuned_score) { 0 };
    if (f->kinds > 1 && !d->batch) return LL_FAIL(err, LL_EINPUT, "the runs to judge by have no batches");
    LL_TRY(check(d, err));
    LL_TRY(cells_new(&c, d, err));
    out->n = c.near;
    out->n_cells = c.n;
    for (int64_t j = 0; j < c.n; j++) {
        const int64_t *row = c.row + c.start[j];
        const double law = law_at(&f->law, d, *row), raw = law_at(&f->raw, d, *row), lowest = d->loss[*row];
        out->best += fabs(law / lowest - 1) / (double)c.n;
        out->best_raw += fabs(raw / lowest - 1) / (double)c.n;
        for (int64_t i = 0; i < c.bottom[j]; i++) {
            const double L = d->loss[row[i]];
            out->near += fabs(law * exp(lost_of_row(f, d, row[i])) / L - 1) / (double)c.near;
            out->near_raw += fabs(raw / L - 1) / (double)c.near;
        }
    }
    cells_free(&c);
    return LL_OK;
}

void ll_tuned_clear(ll_tuned *f) {
    if (f->law.law) ll_fit_clear(&f->law);
    if (f->raw.law) ll_fit_clear(&f->raw);
    free(f->lost);
    *f = (ll_tuned) { 0 };
}

bool ll_tuned_warning(const ll_tuned *f, int k, char *buf, size_t size) {
    if (f->n_cells < 8 && k-- == 0)
        return snprintf(buf, size, "%lld cells of one N and D: intervals over so few say little",
                        (long long)f->n_cells),
               true;
    for (int j = 0; j < f->law.n_warnings; j++)
        if (k-- == 0) return snprintf(buf, size, "%s", f->law.warnings[j]), true;
    return false;
}
