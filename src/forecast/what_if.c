#include "forecast/what_if.h"

#include <math.h>
#include <stdlib.h>

#include "stat/dense.h"

enum { RUNS = LL_WHAT_IF_RUNS };
static const double MINOR = 0.01; /* points of a grid that weigh less than this are left out */

/* One point of a posterior's grid. */
typedef struct part {
    double weight, spread, drift; /* of prior.h */
    double *S;                    /* [m,m], the target last; owned, and noise [m] lies behind it */
    double *noise;
} part;

struct ll_what_if {
    int m, n_parts;
    double mean, between, largest; /* between: variance of the parts' means */
    double *C;                     /* [m] compute of each place; owned */
    part *parts;
    double K[RUNS * RUNS], t[RUNS]; /* scratch: factor of the runs' covariance; what they tell of the target */
};

static double compute(const ll_place *p) {
    return 6 * p->x[LL_VAR_N] * p->x[LL_VAR_D];
}

/* ---- making ---- */

static ll_status take_point(ll_what_if *w, const ll_posterior *p, int k, double share, const ll_place *places,
                            ll_error *err) {
    const ll_posterior_view view = ll_posterior_look(p);
    part *to = &w->parts[w->n_parts];
    double *S = malloc((size_t)(w->m * (w->m + 1)) * sizeof *S);
    if (!S) return LL_FAIL(err, LL_ENOMEM, "out of memory for %d places", w->m);
    *to = (part) { share * view.weight[k], view.prior->spread, view.prior->drift, S, S + w->m * w->m };
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
    if (s != LL_OK) ll_what_if_free(w);
    else *out = w;
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

/* ---- asking ---- */

/* Factors the covariance of the runs and leaves in t what they tell of the target; returns the variance left there.
 * Runs have noise, so the factor exists. */
static double condition(ll_what_if *w, const part *p, const int *set, int n) {
    const int m = w->m, target = m - 1;
    for (int j = 0; j < n; j++) {
        for (int i = j; i < n; i++) w->K[j * n + i] = p->S[set[j] * m + set[i]];
        w->K[j * n + j] += p->noise[set[j]] * p->noise[set[j]];
        w->t[j] = p->S[set[j] * m + target];
    }
    ll_dense_cholesky(w->K, n);
    ll_dense_forward(w->K, n, w->t);
    double left = p->S[target * m + target];
    for (int j = 0; j < n; j++) left -= w->t[j] * w->t[j];
    return left;
}

/* And after one more run at place i. */
static double one_more(const ll_what_if *w, const part *p, const int *set, int n, double left, int i) {
    const int m = w->m;
    double a[RUNS], own = p->S[i * m + i] + p->noise[i] * p->noise[i], shared = p->S[i * m + m - 1];
    for (int j = 0; j < n; j++) a[j] = p->S[set[j] * m + i];
    ll_dense_forward(w->K, n, a);
    for (int j = 0; j < n; j++) {
        own -= a[j] * a[j];
        shared -= a[j] * w->t[j];
    }
    return left - shared * shared / own;
}

static double drift(const ll_what_if *w, const part *p, double largest) {
    return p->drift * fmax(0, log10(w->C[w->m - 1] / largest));
}

/* The part's share of the forecast's variance, with so much left of the law's and the departure's. */
static double share(const ll_what_if *w, const part *p, double left, double largest) {
    const double own = p->noise[w->m - 1], d = drift(w, p, largest);
    return p->weight * (p->spread * p->spread * (fmax(left, 0) + own * own) + d * d);
}

static double largest_of(const ll_what_if *w, const int *set, int n) {
    double largest = w->largest;
    for (int j = 0; j < n; j++) largest = fmax(largest, w->C[set[j]]);
    return largest;
}

double ll_what_if_sd(ll_what_if *w, const int *set, int n) {
    const double largest = largest_of(w, set, n);
    double sum = w->between;
    for (int k = 0; k < w->n_parts; k++) {
        const part *p = &w->parts[k];
        sum += share(w, p, condition(w, p, set, n), largest);
    }
    return sqrt(sum);
}

void ll_what_if_each(ll_what_if *w, const int *set, int n, double *sd) {
    const double largest = largest_of(w, set, n);
    for (int i = 0; i < w->m - 1; i++) sd[i] = 0;
    for (int k = 0; k < w->n_parts; k++) {
        const part *p = &w->parts[k];
        const double left = condition(w, p, set, n);
        for (int i = 0; i < w->m - 1; i++) {
            double d = drift(w, p, fmax(largest, w->C[i]));
            sd[i] += p->weight * 0.5 * log(fmax(one_more(w, p, set, n, left, i), 1e-20) + d * d);
        }
    }
}
