#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "forecast/belief/posterior_grid.h"
#include "stat/dense.h"
#include "stat/orthonormal.h"
#include "stat/solve.h"

enum {
    P = LL_LAW_MAX_PARAMS,
    NOISES = LL_POSTERIOR_NOISES,
    RATIOS = LL_POSTERIOR_RATIOS,
    SHARES = LL_POSTERIOR_SHARES,
    GROWTHS = LL_POSTERIOR_GROWTHS,
    LAYER = RATIOS * SHARES, /* cells of one growth */
    MIDDLE = GROWTHS / 2,
    CELLS = LL_POSTERIOR_CELLS,
    GRID = LL_POSTERIOR_GRID
};
static const double REACH = 2;         /* ratios and shares span this many sd of their prior to either side */
static const double NEGLIGIBLE = 1e-4; /* weight below which a point of the grid is dropped */

typedef ll_posterior_point point;

/* ---- the covariance ---- */

/* Departure of rows i and j, with what their noise has in common, over the noise's square. */
static double covariance(const ll_posterior *p, const ll_posterior_factor *f, int64_t i, int64_t j) {
    double share = i == j;
    if (p->cluster && i != j && p->cluster[i] == p->cluster[j]) share = f->share;
    return f->ratio * f->ratio * p->growth[i] * p->growth[j] * p->alike[j * p->n + i] +
           share * f->scale[i] * f->scale[j];
}

/* Every factor asks for the same ones. */
static ll_status correlate(ll_posterior *p, ll_error *err) {
    p->alike = malloc((size_t)(p->n * p->n) * sizeof *p->alike);
    if (!p->alike) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)p->n);
    for (int64_t j = 0; j < p->n; j++)
        ll_departure_correlations(&p->prior, p->lnx + j * LL_VAR_COUNT, p->lnx + j * LL_VAR_COUNT, p->n - j,
                                  p->alike + j * p->n + j);
    return LL_OK;
}

/* False without memory. */
static bool factorise(const ll_posterior *p, ll_posterior_factor *f) {
    f->L = malloc((size_t)(p->n * (p->n + 1)) * sizeof *f->L);
    if (!f->L) return false;
    f->scale = f->L + p->n * p->n;
    for (int64_t i = 0; i < p->n; i++) f->scale[i] = p->scale[i] * exp(f->growth * p->beneath[i]);
    for (int64_t j = 0; j < p->n; j++)
        for (int64_t i = j; i < p->n; i++) f->L[j * p->n + i] = covariance(p, f, i, j);
    f->singular = !ll_dense_cholesky(f->L, p->n);
    return true;
}

void ll_posterior_whiten(const ll_posterior *p, const ll_posterior_point *at, double *b, int m) {
    ll_dense_forward(p->factors[at->factor].L, p->n, b, m);
    for (int64_t i = 0; i < m * p->n; i++) b[i] /= at->noise;
}

/* ---- the mode of theta ---- */

/* Minus the log posterior by the whitened residuals in at->alpha, constants dropped. */
static double objective(const ll_posterior *p, const point *at, const double *theta) {
    const ll_curve *c = &p->curve;
    double sum = ll_dot(at->alpha, at->alpha, p->n);
    for (int j = 0; j < c->p; j++) {
        double off = (theta[j] - c->centre[j]) / c->sd[j];
        sum += off * off;
    }
    return 0.5 * sum;
}

/* Whitened residuals into at->alpha [n] and gradients into at->J behind it; returns minus the log posterior. */
static double whiten(const ll_posterior *p, point *at, const double *theta) {
    double *r = at->alpha;
    ll_curve_rows(&p->curve, theta, p->lnx, p->n, r, at->J);
    for (int64_t i = 0; i < p->n; i++) r[i] = p->y[i] - r[i];
    ll_posterior_whiten(p, at, r, 1 + p->curve.p);
    return objective(p, at, theta);
}

/* Gauss and Newton's matrix H [p,p] and the descent direction's right side b [p]. */
static void normal_equations(const ll_posterior *p, const point *at, const double *theta, double *H, double *b) {
    const ll_curve *c = &p->curve;
    for (int j = 0; j < c->p; j++) {
        const double *left = at->J + j * p->n, precision = 1 / (c->sd[j] * c->sd[j]);
        b[j] = (c->centre[j] - theta[j]) * precision + ll_dot(left, at->alpha, p->n);
        for (int k = 0; k <= j; k++) {
            const double sum = (j == k ? precision : 0) + ll_dot(left, at->J + k * p->n, p->n);
            H[j * c->p + k] = H[k * c->p + j] = sum;
        }
    }
}

/* Levenberg and Marquardt from at->theta, residuals and J there, until a step promises nothing. Leaves them at the mode;
 * false when nothing is finite. */
static bool descend(const ll_posterior *p, point *at, double *value) {
    enum { STEPS = 60 };
    static const double NOTHING = 1e-9; /* of the value */
    const int n = p->curve.p;
    double *H = at->Lh, b[P], ridge[P], step[P], trial[P], mu = 1e-3;
    bool here = true; /* whether residuals and J are those at theta */
    *value = objective(p, at, at->theta);
    normal_equations(p, at, at->theta, H, b);
    for (int k = 0; k < STEPS && mu < 1e9; k++) {
        double promised = 0;
        for (int j = 0; j < n; j++) ridge[j] = mu * H[j * n + j];
        if (!ll_cholesky_solve(n, H, ridge, b, step)) return false;
        for (int j = 0; j < n; j++) promised += 0.5 * step[j] * b[j];
        if (promised < NOTHING * *value) break;
        for (int j = 0; j < n; j++) trial[j] = at->theta[j] + fmax(-1, fmin(1, step[j]));
        const double F = whiten(p, at, trial);
        here = F < *value;
        if (!here) {
            mu = fmax(8 * mu, 1e-4);
            continue;
        }
        *value = F;
        mu *= 0.2;
        memcpy(at->theta, trial, (size_t)n * sizeof *trial);
        normal_equations(p, at, at->theta, H, b);
    }
    if (!here) *value = whiten(p, at, at->theta);
    return isfinite(*value);
}

/* ---- the grid ---- */

/* A cell of the grid has one ratio, one share and one growth, and so one factor; its points are sizes of noise. */

static double grid_z(int k, int n) {
    return REACH * (2.0 * k / (n - 1) - 1);
}

static double ratio_at(const ll_prior *a, int k) {
    return a->discrepancy / a->noise * exp(hypot(a->noise_sd, a->discrepancy_sd) * grid_z(k, RATIOS));
}

/* The share whose ratio of common to own sd is exp(z sd) times the prior's. */
static double share_at(const ll_prior *a, int k) {
    const double z = grid_z(k, SHARES);
    return 1 / (1 + (1 - a->in_cluster) / a->in_cluster * exp(-2 * a->in_cluster_sd * z));
}

static double growth_at(const ll_prior *a, int k) {
    return a->noise_growth + a->growth_off + a->growth_step * (k - MIDDLE);
}

/* NULL without memory. */
static point *open_point(const ll_posterior *p, double noise, int factor) {
    point *at = malloc(sizeof *at + (size_t)p->n * (size_t)(p->curve.p + 1) * sizeof(double));
    if (!at) return NULL;
    *at = (point) {
        .noise = noise, .departure = noise * p->factors[factor].ratio, .factor = factor, .alpha = (double *)(at + 1)
    };
    at->J = at->alpha + p->n;
    return at;
}

static point *open_at(const ll_posterior *p, double noise, int factor, const double *theta) {
    point *at = open_point(p, noise, factor);
    if (!at) return NULL;
    memcpy(at->theta, theta, sizeof at->theta);
    whiten(p, at, at->theta);
    return at;
}

/* Where another noise of the same factor has its mode: what is whitened there changes by the noise alone. */
static point *open_beside(const ll_posterior *p, double noise, const point *from) {
    point *at = open_point(p, noise, from->factor);
    if (!at) return NULL;
    memcpy(at->theta, from->theta, sizeof at->theta);
    for (int64_t i = 0; i < p->n * (p->curve.p + 1); i++) at->alpha[i] = from->alpha[i] * (from->noise / noise);
    return at;
}

/* The lead, from the prior's centre, and by it where each row lies in its valley. */
static ll_status take_lead(ll_posterior *p, ll_error *err) {
    point *at = NULL;
    ll_posterior_factor *f = &p->factors[0];
    double value;
    memcpy(p->lead, p->curve.centre, sizeof p->lead);
    for (int64_t i = 0; i < p->n; i++) p->growth[i] = 1;
    *f = (ll_posterior_factor) { .ratio = p->prior.discrepancy / p->prior.noise,
                                 .share = p->prior.in_cluster,
                                 .growth = growth_at(&p->prior, MIDDLE) };
    const bool made = factorise(p, f) && (at = open_at(p, p->prior.noise, 0, p->lead));
    if (made && !f->singular && descend(p, at, &value)) memcpy(p->lead, at->theta, sizeof p->lead);
    free(at);
    free(f->L);
    *f = (ll_posterior_factor) { 0 };
    if (!made) return LL_FAIL(err, LL_ENOMEM, "out of memory for a forecast");
    ll_posterior_excess(p, p->lnx, p->n, p->growth);
    for (int64_t i = 0; i < p->n; i++) {
        const ll_growth more = ll_departure_growth(&p->prior, p->growth[i]);
        p->growth[i] = more.departure;
        p->scale[i] *= more.noise;
    }
    return LL_OK;
}

/* Of a size that is known: as good as infinite. */
static double precision(double sd) {
    static const double KNOWN = 1e-13;
    return 1 / fmax(sd * sd, KNOWN * KNOWN);
}

/* How far a size is from what was believed of it, in its sd. */
static double off(double size, double believed, double sd) {
    return log(size / believed) * sqrt(precision(sd));
}

/* Where ln noise is likeliest given the residuals at a point of the cell, and the sd about it: of
 * -m ln noise - Q / (2 noise^2) and the priors of noise and departure, m rows beyond the parameters. */
static double likeliest(const ll_posterior *p, const point *at, double *sd) {
    enum { STEPS = 40 };
    const ll_prior *a = &p->prior;
    const double ratio = p->factors[at->factor].ratio, m = fmax(0, (double)(p->n - p->curve.p));
    const double kn = precision(a->noise_sd), kd = precision(a->discrepancy_sd);
    double Q = 0, u = log(at->noise), curved = 1;
    for (int64_t i = 0; i < p->n; i++) Q += at->alpha[i] * at->alpha[i];
    Q *= at->noise * at->noise;
    for (int k = 0; k < STEPS; k++) {
        const double q = Q * exp(-2 * u);
        curved = 2 * q + kn + kd;
        u +=
            fmax(-1, fmin(1, (q - m - kn * (u - log(a->noise)) - kd * (u + log(ratio / a->discrepancy))) / curved));
    }
    *sd = 1 / sqrt(curved);
    return u;
}

/* False where the point is none. */
static bool weigh_point(const ll_posterior *p, point *at, int cell, double step) {
    const ll_prior *a = &p->prior;
    const ll_posterior_factor *f = &p->factors[at->factor];
    const int q = p->curve.p;
    const double zn = off(at->noise, a->noise, a->noise_sd), zs = grid_z(cell % LAYER / RATIOS, SHARES);
    const double zd = off(at->departure, a->discrepancy, a->discrepancy_sd);
    const double zg = (f->growth - a->noise_growth) * sqrt(precision(a->noise_growth_sd));
    double value;
    if (!descend(p, at, &value) || !ll_dense_cholesky(at->Lh, q)) return false;
    at->evidence =
        log(step) - value - 0.5 * (zn * zn + zd * zd + zs * zs + zg * zg) - (double)p->n * log(at->noise);
    for (int64_t i = 0; i < p->n; i++) at->evidence -= log(f->L[i * p->n + i]);
    for (int j = 0; j < q; j++) at->evidence -= log(at->Lh[j * q + j]);
    ll_dense_backward(f->L, p->n, at->alpha);
    for (int64_t i = 0; i < p->n; i++) at->alpha[i] /= at->noise;
    return true;
}

/* Noise about its likeliest size, in even steps of its logarithm, into at [NOISES]; false without memory. */
static bool weigh_noises(const ll_posterior *p, int cell, point **at) {
    const int from = p->coarse ? 1 : 0, to = NOISES - from;
    const double apart = p->coarse ? 1.3 : 1;
    double value, sd, u;
    point *guess = open_at(p, p->prior.noise, cell, p->lead), *mode = NULL;
    if (!guess) return false;
    bool found = descend(p, guess, &value), room = true;
    if (found) {
        room = (mode = open_beside(p, exp(likeliest(p, guess, &sd)), guess));
        found = room && descend(p, mode, &value);
    }
    if (found) u = likeliest(p, mode, &sd);
    for (int j = from; found && room && j < to; j++) {
        room = (at[j] = open_beside(p, exp(u + apart * sd * (j - NOISES / 2)), mode));
        if (!room || weigh_point(p, at[j], cell, apart * sd)) continue;
        free(at[j]);
        at[j] = NULL;
    }
    free(guess);
    free(mode);
    return room;
}

typedef struct wave {
    ll_posterior *p;
    int n, cell[CELLS];
} wave;

static void weigh(void *ctx, int64_t index, int worker) {
    const wave *w = ctx;
    ll_posterior *p = w->p;
    const int cell = w->cell[index];
    ll_posterior_factor *f = &p->factors[cell];
    (void)worker;
    *f = (ll_posterior_factor) { .ratio = ratio_at(&p->prior, cell % RATIOS),
                                 .share = share_at(&p->prior, cell % LAYER / RATIOS),
                                 .growth = growth_at(&p->prior, cell / LAYER) };
    f->lacking = !factorise(p, f) || (!f->singular && !weigh_noises(p, cell, &p->points[cell * NOISES]));
}

static double best_of(const ll_posterior *p, int from, int n) {
    double best = -INFINITY;
    for (int k = from; k < from + n; k++)
        if (p->points[k]) best = fmax(best, p->points[k]->evidence);
    return best;
}

static void weigh_wave(wave *w, int threads) {
    ll_threads_for(w->n, threads, weigh, w);
    w->n = 0;
}

/* Every second ratio first, then those beside one that weighs something, and at last the other growths of what does:
 * the rest is nothing. Of shares all, where there is something to share. */
static void weigh_grid(ll_posterior *p, int threads) {
    static const double FAINT = 12; /* below the best in ln weight */
    const int layer = MIDDLE * LAYER;
    const bool shared = p->cluster && !p->coarse && p->prior.in_cluster_sd > 0;
    wave w = { .p = p };
    for (int c = 0; c < LAYER; c++)
        if (c % RATIOS % 2 == 0 && (shared || c / RATIOS == SHARES / 2)) w.cell[w.n++] = layer + c;
    weigh_wave(&w, threads);
    if (p->coarse) return;
    const double least = best_of(p, 0, GRID) - FAINT;
    for (int c = layer; c < layer + LAYER; c++)
        if (c % RATIOS % 2 == 1 &&
            (best_of(p, (c - 1) * NOISES, NOISES) > least || best_of(p, (c + 1) * NOISES, NOISES) > least))
            w.cell[w.n++] = c;
    weigh_wave(&w, threads);
    for (int c = 0; c < CELLS && p->prior.growth_step > 0; c++)
        if (c / LAYER != MIDDLE && best_of(p, (layer + c % LAYER) * NOISES, NOISES) > least) w.cell[w.n++] = c;
    weigh_wave(&w, threads);
}

/* Factors that no point is left of are not kept. */
static void forget_factors(ll_posterior *p) {
    bool used[CELLS] = { false };
    for (int k = 0; k < p->n_points; k++) used[p->points[k]->factor] = true;
    for (int k = 0; k < CELLS; k++)
        if (!used[k]) {
            free(p->factors[k].L);
            p->factors[k].L = p->factors[k].scale = NULL;
        }
}

/* The mixture without a point that there was no memory for would be another forecast. */
static ll_status gather(ll_posterior *p, ll_error *err) {
    const double best = best_of(p, 0, GRID);
    double sum = 0;
    for (int c = 0; c < CELLS; c++)
        if (p->factors[c].lacking) return LL_FAIL(err, LL_ENOMEM, "out of memory for a forecast");
    if (!isfinite(best)) return LL_FAIL(err, LL_ENUM, "no forecast: the runs fit the law nowhere");
    for (int k = 0; k < GRID; k++) {
        point *at = p->points[k];
        const double weight = at ? exp(at->evidence - best) : 0;
        p->points[k] = NULL;
        if (!(weight > NEGLIGIBLE)) {
            free(at);
            continue;
        }
        p->points[p->n_points] = at;
        sum += p->weight[p->n_points++] = weight;
    }
    for (int k = 0; k < p->n_points; k++) p->weight[k] /= sum;
    p->evidence = best + log(sum);
    forget_factors(p);
    return LL_OK;
}

ll_status ll_posterior_weigh(ll_posterior *p, int threads, ll_error *err) {
    ll_status s = correlate(p, err);
    if (s == LL_OK) s = take_lead(p, err);
    if (s == LL_OK) weigh_grid(p, threads);
    free(p->alike);
    p->alike = NULL;
    return s == LL_OK ? gather(p, err) : s;
}

double ll_posterior_share(const ll_posterior *p) {
    double sum = 0;
    for (int k = 0; k < p->n_points; k++) sum += p->weight[k] * p->factors[p->points[k]->factor].share;
    return sum;
}

void ll_posterior_release(ll_posterior *p) {
    for (int k = 0; k < GRID; k++) free(p->points[k]);
    for (int k = 0; k < CELLS; k++) free(p->factors[k].L);
}
