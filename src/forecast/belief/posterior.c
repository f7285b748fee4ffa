#include "forecast/belief/posterior_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "forecast/belief/split.h"
#include "stat/dense.h"
#include "stat/solve.h"

enum {
    P = LL_LAW_MAX_PARAMS,
    NOISES = LL_POSTERIOR_NOISES,
    DEPARTURES = LL_POSTERIOR_DEPARTURES,
    GRID = LL_POSTERIOR_GRID
};
static const double REACH = 2;         /* the grid spans this many sd of its prior to either side */
static const double NEGLIGIBLE = 1e-4; /* weight below which a point of the grid is dropped */

typedef ll_posterior_point point;

/* ---- the rows ---- */

typedef struct place {
    double C;
    int64_t row;
} place;

static int downwards(const void *a, const void *b) {
    const place *x = a, *y = b;
    return x->C != y->C ? (x->C < y->C) - (x->C > y->C) : (x->row > y->row) - (x->row < y->row);
}

void ll_posterior_logs(const ll_law *law, const double *const *columns, int64_t row, double lnx[LL_VAR_COUNT]) {
    for (int v = 0; v < LL_VAR_COUNT; v++) lnx[v] = law->vars >> v & 1 ? log(columns[v][row]) : 0;
}

static void take_row(ll_posterior *p, const ll_fit_data *data, const place *from) {
    int64_t at = p->n++;
    p->row[at] = from->row;
    if (data->cluster) p->cluster[at] = data->cluster[from->row];
    double weight = data->weight ? data->weight[from->row] : 1;
    p->y[at] = log(data->loss[from->row]);
    ll_posterior_logs(p->curve.law, data->x, from->row, p->lnx + at * LL_VAR_COUNT);
    p->scale[at] = exp(p->prior.noise_growth * log10(p->largest / from->C)) / sqrt(weight);
}

static ll_status take_rows(ll_posterior *p, const ll_fit_data *data, place *order, double *C, ll_error *err) {
    int64_t n = 0;
    for (int64_t i = 0; i < data->n; i++) {
        C[i] = ll_split_compute(p->curve.law, data, i);
        if (!data->weight || data->weight[i] > 0) order[n++] = (place) { C[i], i };
    }
    if (n == 0) return LL_FAIL(err, LL_EINPUT, "there are no runs with a weight above 0");
    qsort(order, (size_t)n, sizeof *order, downwards);
    p->largest = order[0].C;
    p->own_compute = data->x[LL_VAR_C] != NULL;
    int64_t step = (n + LL_POSTERIOR_ROWS - 1) / LL_POSTERIOR_ROWS;
    p->y = malloc((size_t)(n / step + 1) * (LL_VAR_COUNT + 3) * sizeof *p->y);
    p->row = malloc((size_t)(n / step + 1) * sizeof *p->row);
    p->cluster = data->cluster ? malloc((size_t)(n / step + 1) * sizeof *p->cluster) : NULL;
    if (!p->y || !p->row || (data->cluster && !p->cluster))
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    p->lnx = p->y + n / step + 1;
    p->scale = p->lnx + (n / step + 1) * LL_VAR_COUNT;
    p->growth = p->scale + n / step + 1;
    for (int64_t i = 0; i < n; i += step) take_row(p, data, &order[i]);
    return LL_OK;
}

/* ---- the covariance ---- */

/* Departure of rows i and j, with what their noise has in common. */
static double covariance(const ll_posterior *p, const point *at, int64_t i, int64_t j) {
    double noise = at->noise * at->noise * p->scale[i] * p->scale[j], share = i == j;
    if (p->cluster && i != j && p->cluster[i] == p->cluster[j]) share = p->prior.in_cluster;
    return at->departure * at->departure * p->growth[i] * p->growth[j] * p->alike[j * p->n + i] + share * noise;
}

/* Every point of the grid asks for the same ones. */
static ll_status correlate(ll_posterior *p, ll_error *err) {
    p->alike = malloc((size_t)(p->n * p->n) * sizeof *p->alike);
    if (!p->alike) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)p->n);
    for (int64_t j = 0; j < p->n; j++)
        for (int64_t i = j; i < p->n; i++)
            p->alike[j * p->n + i] =
                ll_departure_correlation(&p->prior, p->lnx + i * LL_VAR_COUNT, p->lnx + j * LL_VAR_COUNT);
    return LL_OK;
}

static bool factor(const ll_posterior *p, point *at) {
    for (int64_t j = 0; j < p->n; j++)
        for (int64_t i = j; i < p->n; i++) at->L[j * p->n + i] = covariance(p, at, i, j);
    return ll_dense_cholesky(at->L, p->n);
}

/* ---- the mode of theta ---- */

/* Whitened residuals into r [n] and gradients into at->J; returns minus the log posterior, constants dropped. */
static double whiten(const ll_posterior *p, point *at, const double *theta, double *r) {
    const ll_curve *c = &p->curve;
    double sum = 0;
    for (int64_t i = 0; i < p->n; i++) {
        double g[P];
        r[i] = p->y[i] - ll_curve_at(c, theta, p->lnx + i * LL_VAR_COUNT, g);
        for (int j = 0; j < c->p; j++) at->J[j * p->n + i] = g[j];
    }
    ll_dense_forward(at->L, p->n, r);
    for (int64_t i = 0; i < p->n; i++) sum += r[i] * r[i];
    for (int j = 0; j < c->p; j++) {
        double off = (theta[j] - c->centre[j]) / c->sd[j];
        sum += off * off;
        ll_dense_forward(at->L, p->n, at->J + j * p->n);
    }
    return 0.5 * sum;
}

/* Gauss and Newton's matrix H [p,p] and the descent direction's right side b [p]. */
static void normal_equations(const ll_posterior *p, const point *at, const double *theta, const double *r,
                             double *H, double *b) {
    const ll_curve *c = &p->curve;
    for (int j = 0; j < c->p; j++) {
        const double *left = at->J + j * p->n, precision = 1 / (c->sd[j] * c->sd[j]);
        b[j] = (c->centre[j] - theta[j]) * precision;
        for (int64_t i = 0; i < p->n; i++) b[j] += left[i] * r[i];
        for (int k = 0; k <= j; k++) {
            double sum = j == k ? precision : 0;
            for (int64_t i = 0; i < p->n; i++) sum += left[i] * at->J[k * p->n + i];
            H[j * c->p + k] = H[k * c->p + j] = sum;
        }
    }
}

/* Levenberg and Marquardt from the lead. Leaves r and J at the mode; false when nothing is finite. */
static bool descend(const ll_posterior *p, point *at, double *r, double *H, double *value) {
    enum { STEPS = 60 };
    const int n = p->curve.p;
    double b[P], ridge[P], step[P], trial[P], mu = 1e-3;
    memcpy(at->theta, p->lead, sizeof at->theta);
    *value = whiten(p, at, at->theta, r);
    normal_equations(p, at, at->theta, r, H, b);
    for (int k = 0; k < STEPS && mu < 1e9; k++) {
        for (int j = 0; j < n; j++) ridge[j] = mu * H[j * n + j];
        if (!ll_cholesky_solve(n, H, ridge, b, step)) return false;
        for (int j = 0; j < n; j++) trial[j] = at->theta[j] + fmax(-1, fmin(1, step[j]));
        double F = whiten(p, at, trial, r), gain = *value - F;
        if (!(gain > 0)) {
            mu = fmax(8 * mu, 1e-4);
            continue;
        }
        *value = F;
        mu *= 0.2;
        memcpy(at->theta, trial, (size_t)n * sizeof *trial);
        if (gain < 1e-9 * F) break;
        normal_equations(p, at, at->theta, r, H, b);
    }
    *value = whiten(p, at, at->theta, r);
    normal_equations(p, at, at->theta, r, H, b);
    return isfinite(*value);
}

/* ---- the grid ---- */

static double grid_z(int k, int n) {
    return REACH * (2.0 * k / (n - 1) - 1);
}

static void drop(point *at) {
    free(at->L);
    *at = (point) { .evidence = -INFINITY };
}

static bool open_point(const ll_posterior *p, point *at, double noise, double departure) {
    *at = (point) { .noise = noise,
                    .departure = departure,
                    .L = malloc((size_t)p->n * (size_t)(p->n + p->curve.p + 1) * sizeof(double)) };
    at->alpha = at->L + p->n * p->n;
    at->J = at->alpha + p->n;
    return at->L != NULL;
}

/* The lead, from the prior's centre, and by it where each row lies in its valley. */
static ll_status take_lead(ll_posterior *p, ll_error *err) {
    point at;
    double value;
    memcpy(p->lead, p->curve.centre, sizeof p->lead);
    for (int64_t i = 0; i < p->n; i++) p->growth[i] = 1;
    if (!open_point(p, &at, p->prior.noise, p->prior.discrepancy))
        return LL_FAIL(err, LL_ENOMEM, "out of memory for a forecast");
    if (factor(p, &at) && descend(p, &at, at.alpha, at.Lh, &value)) memcpy(p->lead, at.theta, sizeof p->lead);
    for (int64_t i = 0; i < p->n; i++) {
        const ll_growth more = ll_posterior_growth(p, p->lnx + i * LL_VAR_COUNT);
        p->growth[i] = more.departure;
        p->scale[i] *= more.noise;
    }
    free(at.L);
    return LL_OK;
}

static void weigh(void *ctx, int64_t k, int worker) {
    ll_posterior *p = ctx;
    const ll_prior *a = &p->prior;
    const int q = p->curve.p;
    point *at = &p->points[k];
    double zn = grid_z((int)k / DEPARTURES, NOISES), zd = grid_z((int)k % DEPARTURES, DEPARTURES), value;
    (void)worker;
    if (!open_point(p, at, a->noise * exp(a->noise_sd * zn), a->discrepancy * exp(a->discrepancy_sd * zd))) {
        at->evidence = NAN; /* out of memory: the mixture without this point would be another forecast */
        return;
    }
    if (!factor(p, at) || !descend(p, at, at->alpha, at->Lh, &value)) return drop(at);
    if (!ll_dense_cholesky(at->Lh, q)) return drop(at);
    at->evidence = -value - 0.5 * (zn * zn + zd * zd);
    for (int64_t i = 0; i < p->n; i++) at->evidence -= log(at->L[i * p->n + i]);
    for (int j = 0; j < q; j++) at->evidence -= log(at->Lh[j * q + j]);
    ll_dense_backward(at->L, p->n, at->alpha);
}

/* Every second point either way first, and then those beside one that weighs something: the others are nothing. */
typedef struct wave {
    ll_posterior *p;
    int at[GRID];
} wave;

static void weigh_wave(void *ctx, int64_t k, int worker) {
    const wave *w = ctx;
    weigh(w->p, w->at[k], worker);
}

static bool beside(int a, int b) {
    return abs(a / DEPARTURES - b / DEPARTURES) <= 1 && abs(a % DEPARTURES - b % DEPARTURES) <= 1;
}

static bool is_first(int k) {
    return k / DEPARTURES % 2 == 0 && k % DEPARTURES % 2 == 0;
}

static void weigh_grid(ll_posterior *p, bool coarse, int threads) {
    static const double FAINT = 12; /* below the best in ln weight */
    wave w = { .p = p };
    double best = -INFINITY;
    int n = 0;
    for (int k = 0; k < GRID; k++)
        if (is_first(k)) w.at[n++] = k;
        else p->points[k].evidence = -INFINITY;
    ll_threads_for(n, threads, weigh_wave, &w);
    for (int k = 0; k < GRID; k++) best = fmax(best, p->points[k].evidence);
    n = 0;
    for (int k = 0; k < GRID && !coarse; k++) {
        bool near = false;
        for (int j = 0; j < GRID; j++)
            near = near || (is_first(j) && beside(j, k) && p->points[j].evidence > best - FAINT);
        if (near && !is_first(k)) w.at[n++] = k;
    }
    ll_threads_for(n, threads, weigh_wave, &w);
}

static ll_status gather(ll_posterior *p, ll_error *err) {
    double best = -INFINITY, sum = 0;
    for (int k = 0; k < GRID; k++) {
        if (isnan(p->points[k].evidence)) return LL_FAIL(err, LL_ENOMEM, "out of memory for a forecast");
        best = fmax(best, p->points[k].evidence);
    }
    if (!isfinite(best)) return LL_FAIL(err, LL_ENUM, "no forecast: the runs fit the law nowhere");
    for (int k = 0; k < GRID; k++) {
        point at = p->points[k];
        double weight = exp(at.evidence - best);
        p->points[k] = (point) { 0 };
        if (!(weight > NEGLIGIBLE)) {
            free(at.L);
            continue;
        }
        p->points[p->n_points] = at;
        sum += p->weight[p->n_points++] = weight;
    }
    for (int k = 0; k < p->n_points; k++) p->weight[k] /= sum;
    return LL_OK;
}

/* Curves of runs far smaller than any the prior was chosen over bend more than it knows: what such models learn
 * last, they learn at once. */
static void widen_drift(ll_posterior *p) {
    ll_prior *a = &p->prior;
    if (!ll_law_is_of_x(p->curve.law)) a->drift *= exp(a->drift_growth * fmax(0, log10(a->known / p->largest)));
}

static ll_status build(ll_posterior *p, const ll_fit_data *data, const ll_fit_opts *opts, int threads,
                       ll_error *err) {
    place *order = malloc((size_t)data->n * sizeof *order);
    double *C = malloc((size_t)data->n * sizeof *C);
    ll_status s = order && C ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)data->n);
    if (s == LL_OK) s = take_rows(p, data, order, C, err);
    if (s == LL_OK) widen_drift(p);
    if (s == LL_OK) s = ll_curve_init(&p->curve, p->curve.law, data, C, opts, &p->prior, err);
    free(order);
    free(C);
    if (s == LL_OK) s = correlate(p, err);
    if (s == LL_OK) s = take_lead(p, err);
    if (s != LL_OK) return s;
    weigh_grid(p, p->coarse, threads > 0 ? threads : ll_threads_available());
    free(p->alike);
    p->alike = NULL;
    return gather(p, err);
}

static ll_status make(ll_posterior **out, const ll_law *law, const ll_fit_data *data, const ll_prior *prior,
                      const ll_fit_opts *opts, bool coarse, int threads, ll_error *err) {
    *out = NULL;
    if (data->n < 1) return LL_FAIL(err, LL_EINPUT, "there are no runs to forecast from");
    ll_posterior *p = calloc(1, sizeof *p);
    if (!p) return LL_FAIL(err, LL_ENOMEM, "out of memory for a forecast");
    p->prior = prior ? *prior : ll_prior_default;
    p->curve.law = law;
    p->coarse = coarse;
    ll_status s = build(p, data, opts, threads, err);
    if (s != LL_OK) ll_posterior_free(p);
    else *out = p;
    return s;
}

ll_status ll_posterior_new(ll_posterior **out, const ll_law *law, const ll_fit_data *data, const ll_prior *prior,
                           const ll_fit_opts *opts, int threads, ll_error *err) {
    return make(out, law, data, prior, opts, false, threads, err);
}

ll_status ll_posterior_sketch(ll_posterior **out, const ll_law *law, const ll_fit_data *data, const ll_prior *prior,
                              const ll_fit_opts *opts, int threads, ll_error *err) {
    return make(out, law, data, prior, opts, true, threads, err);
}

void ll_posterior_free(ll_posterior *p) {
    if (!p) return;
    for (int k = 0; k < GRID; k++) free(p->points[k].L);
    free(p->y);
    free(p->row);
    free(p->cluster);
    free(p->alike);
    free(p);
}

ll_status ll_posterior_of_prior(ll_posterior **out, const ll_law *law, const double x[LL_VAR_COUNT],
                                const ll_prior *prior, ll_error *err) {
    static const double loss = 1, weight = 1e-12; /* of the one run: its noise is a million times a run's */
    ll_fit_data data = { .n = 1, .loss = &loss, .weight = &weight };
    for (int v = 0; v < LL_VAR_COUNT; v++) data.x[v] = &x[v];
    return ll_posterior_new(out, law, &data, prior, NULL, 1, err);
}
