#include "decide/next/what_if.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double MINOR = 0.003; /* points of a grid that weigh less than this are left out */

/* One point of a posterior's grid. */
typedef struct part {
    double weight, spread, drift; /* of prior.h */
    double odd;                   /* variance that the odd runs among many add; of prior.h */
    double *S;     /* [m,m] of the runs so far, the target last; owned, what follows lies behind it */
    double *noise; /* [m] */
    double *left;  /* [m,m] after the runs supposed */
} part;

struct ll_what_if {
    int m, n_parts;
    double mean, between, largest; /* between: variance of the parts' means */
    double *C;                     /* [m] compute of each place; owned */
    part *parts;
    int n, set[LL_WHAT_IF_RUNS]; /* the runs supposed */
};

static double compute(const ll_place *p) {
    return 6 * p->x[LL_VAR_N] * p->x[LL_VAR_D];
}

/* ---- making ---- */

static ll_status take_point(ll_what_if *w, const ll_posterior *p, int k, double share, const ll_place *places,
                            ll_error *err) {
    const ll_posterior_view view = ll_posterior_look(p);
    part *to = &w->parts[w->n_parts];
    double *S = malloc((size_t)(w->m * (2 * w->m + 1)) * sizeof *S);
    if (!S) return LL_FAIL(err, LL_ENOMEM, "out of memory for %d places", w->m);
    *to = (part) { .weight = share * view.weight[k],
                   .spread = view.prior->spread,
                   .drift = view.drift,
                   .odd = view.prior->odd_share * view.prior->odd * view.prior->odd,
                   .S = S,
                   .noise = S + w->m * w->m,
                   .left = S + w->m * w->m + w->m };
    w->n_parts++;
    return ll_posterior_covariance(p, k, places, w->m, S, to->noise, err);
}

/* Adds one law's forecast at the target to mean and, as the mean square, to between. */
static ll_status take_mean(ll_what_if *w, const ll_posterior *p, double share, const ll_place *target,
                           ll_error *err) {
    double room[LL_POSTERIOR_ROOM];
    ll_mixture m;
    LL_TRY(ll_posterior_predict(p, target->x, room, &m, err));
    for (int k = 0; k < m.n; k++) {
        w->mean += share * m.weight[k] * m.mean[k];
        w->between += share * m.weight[k] * m.mean[k] * m.mean[k];
    }
    return LL_OK;
}

static ll_status take(ll_what_if *w, const ll_posterior *const *posteriors, int n, const ll_place *places,
                      ll_error *err) {
    double sum = 0;
    for (int i = 0; i < w->m; i++) w->C[i] = compute(&places[i]);
    for (int l = 0; l < n; l++) {
        const ll_posterior_view view = ll_posterior_look(posteriors[l]);
        LL_TRY(take_mean(w, posteriors[l], 1.0 / n, &places[w->m - 1], err));
        for (int k = 0; k < view.n; k++)
            if (view.weight[k] > MINOR) LL_TRY(take_point(w, posteriors[l], k, 1.0 / n, places, err));
    }
    w->between = fmax(0, w->between - w->mean * w->mean);
    for (int k = 0; k < w->n_parts; k++) sum += w->parts[k].weight;
    for (int k = 0; k < w->n_parts; k++) w->parts[k].weight /= sum;
    return LL_OK;
}

ll_status ll_what_if_new(ll_what_if **out, const ll_posterior *const *posteriors, int n, const ll_place *places,
                         int m, double largest, ll_error *err) {
    *out = NULL;
    ll_what_if *w = calloc(1, sizeof *w);
    if (w) w->parts = calloc((size_t)n * LL_POSTERIOR_GRID, sizeof *w->parts);
    if (w) w->C = calloc((size_t)m, sizeof *w->C);
    ll_status s = w && w->parts && w->C ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %d places", m);
    if (s == LL_OK) {
        w->m = m;
        w->largest = largest;
        s = take(w, posteriors, n, places, err);
    }
    if (s != LL_OK) {
        ll_what_if_free(w);
        return s;
    }
    ll_what_if_reset(w);
    *out = w;
    return s;
}

void ll_what_if_free(ll_what_if *w) {
    if (!w) return;
    for (int k = 0; w->parts && k < w->n_parts; k++) free(w->parts[k].S);
    free(w->parts);
    free(w->C);
    free(w);
}

double ll_what_if_mean(const ll_what_if *w) {
    return w->mean;
}

/* ---- supposing ---- */

void ll_what_if_reset(ll_what_if *w) {
    const size_t size = (size_t)(w->m * w->m) * sizeof(double);
    w->n = 0;
    for (int k = 0; k < w->n_parts; k++) memcpy(w->parts[k].left, w->parts[k].S, size);
}

/* left += factor * left[.,i] left[i,.] */
static void rank_one(const ll_what_if *w, const part *p, int i, double factor) {
    const int m = w->m;
    double column[LL_WHAT_IF_PLACES];
    memcpy(column, p->left + i * m, (size_t)m * sizeof *column);
    for (int a = 0; a < m; a++) {
        const double by = factor * column[a];
        for (int b = 0; b < m; b++) p->left[a * m + b] += by * column[b];
    }
}

static double variance(const ll_what_if *w, const part *p, int i) {
    return p->left[i * w->m + i];
}

/* A run's factor in rank_one when it is supposed, and when it is taken back, which is a run whose noise has a
 * negative variance: what is left at its place is less than its noise, so the factor is finite. */
static double supposed(const ll_what_if *w, const part *p, int i) {
    return -1 / (variance(w, p, i) + p->noise[i] * p->noise[i]);
}
static double taken_back(const ll_what_if *w, const part *p, int i) {
    return 1 / (p->noise[i] * p->noise[i] - variance(w, p, i));
}

void ll_what_if_add(ll_what_if *w, int place) {
    w->set[w->n++] = place;
    for (int k = 0; k < w->n_parts; k++) rank_one(w, &w->parts[k], place, supposed(w, &w->parts[k], place));
}

void ll_what_if_move(ll_what_if *w, int j, int place) {
    const int old = w->set[j];
    w->set[j] = place;
    for (int k = 0; k < w->n_parts; k++) {
        const part *p = &w->parts[k];
        rank_one(w, p, old, taken_back(w, p, old));
        rank_one(w, p, place, supposed(w, p, place));
    }
}

/* ---- asking ---- */

static double drift(const ll_what_if *w, const part *p, double largest) {
    return p->drift * fmax(0, log10(w->C[w->m - 1] / largest));
}

/* Compute of the largest run, the j-th of those supposed left out. */
static double largest_but(const ll_what_if *w, int j) {
    double largest = w->largest;
    for (int i = 0; i < w->n; i++)
        if (i != j) largest = fmax(largest, w->C[w->set[i]]);
    return largest;
}

double ll_what_if_sd(const ll_what_if *w) {
    const double largest = largest_but(w, -1);
    double sum = w->between;
    for (int k = 0; k < w->n_parts; k++) {
        const part *p = &w->parts[k];
        const double own = p->noise[w->m - 1], d = drift(w, p, largest);
        sum +=
            p->weight * (p->spread * p->spread * (fmax(variance(w, p, w->m - 1), 0) + own * own) + d * d + p->odd);
    }
    return sqrt(sum);
}

/* Variance left at the target after a run at place i, the run at `old` taken back first by `back`. */
static double after(const ll_what_if *w, const part *p, int i, int old, double back) {
    const int m = w->m, t = m - 1;
    const double *left = p->left, *row = left + old * m;
    const double target = left[t * m + t] + back * row[t] * row[t],
                 shared = left[i * m + t] + back * row[i] * row[t];
    const double own = left[i * m + i] + back * row[i] * row[i] + p->noise[i] * p->noise[i];
    return target - shared * shared / own;
}

void ll_what_if_score(const ll_what_if *w, int j, double *score) {
    static const double NOTHING = 1e-20; /* rounding must not make a logarithm of less */
    const double largest = largest_but(w, j);
    const int old = j >= 0 ? w->set[j] : 0;
    for (int i = 0; i < w->m - 1; i++) score[i] = 0;
    for (int k = 0; k < w->n_parts; k++) {
        const part *p = &w->parts[k];
        const double back = j >= 0 ? taken_back(w, p, old) : 0, square = p->spread * p->spread;
        for (int i = 0; i < w->m - 1; i++) {
            const double d = drift(w, p, fmax(largest, w->C[i]));
            score[i] += 0.5 * p->weight * log(fmax(square * after(w, p, i, old, back) + d * d, NOTHING));
        }
    }
}
