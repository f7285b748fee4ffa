#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/belief/posterior_grid.h"
#include "stat/dense.h"
#include "stat/orthonormal.h"

enum { P = LL_LAW_MAX_PARAMS, GRID = LL_POSTERIOR_GRID };

typedef ll_posterior_point point;

/* A place as a point of the grid sees it. Points of one factor share all but the sizes: k [n] is the departure's
 * covariance with the runs over its square, v [n] = L^-1 k by the factor that is named, and g [p] = Lh^-1 what is left
 * of the gradient there. */
typedef struct sight {
    const double *lnx;
    double *k, *v, *g;
    double growth; /* of the departure's size */
    int factor;    /* -1: none yet */
} sight;

ll_growth ll_posterior_growth(const ll_posterior *p, const double lnx[LL_VAR_COUNT]) {
    return ll_departure_growth(&p->prior, ll_departure_excess(&p->curve, p->lead, lnx));
}

/* block [2 n + P] holds k, v and g. */
static sight look_from(const ll_posterior *p, const double *lnx, double growth, double *block) {
    const sight s = { lnx, block, block + p->n, block + 2 * p->n, growth, -1 };
    ll_departure_correlations(&p->prior, lnx, p->lnx, p->n, s.k);
    for (int64_t i = 0; i < p->n; i++) s.k[i] *= growth * p->growth[i];
    return s;
}

/* Of the departure at a point over the whitened k of a sight. */
static double size_of(const point *at) {
    return at->departure * at->departure / at->noise;
}

/* Fills v and g. Returns the mean: the law, plus what the runs' residuals say of the departure here (kriging). */
static double look_at(const ll_posterior *p, const point *at, sight *s) {
    const int q = p->curve.p;
    double mean = ll_curve_at(&p->curve, at->theta, s->lnx, s->g);
    mean += at->departure * at->departure * ll_dot(s->k, at->alpha, p->n);
    if (s->factor != at->factor) {
        memcpy(s->v, s->k, (size_t)p->n * sizeof *s->v);
        ll_dense_forward(p->factors[at->factor].L, p->n, s->v, 1);
        s->factor = at->factor;
    }
    for (int j = 0; j < q; j++) s->g[j] -= size_of(at) * ll_dot(at->J + j * p->n, s->v, p->n);
    ll_dense_forward(at->Lh, q, s->g, 1);
    return mean;
}

/* Covariance of ln loss, noise apart, at two places. */
static double both(const ll_posterior *p, const point *at, const sight *a, const sight *b) {
    const double size = size_of(at);
    double sum =
        at->departure * at->departure * a->growth * b->growth * ll_departure_correlation(&p->prior, a->lnx, b->lnx);
    sum -= size * size * ll_dot(a->v, b->v, p->n);
    if (a == b) sum = fmax(sum, 0);
    return sum + ll_dot(a->g, b->g, p->curve.p);
}

/* A run's own scatter, so many decades beyond the largest one. */
static double noise_at(const ll_posterior *p, const point *at, ll_growth growth, double beyond) {
    return at->noise * growth.noise * exp(p->factors[at->factor].growth * fmax(0, -beyond));
}

/* What a ladder falls below its law on the way to a run so many decades beyond: the bend, summed over the way's decades
 * that lie below the known ones. */
static double bend_at(const ll_posterior *p, double beyond) {
    const double there = fmax(0, p->below - fmax(0, beyond));
    return p->prior.bend * (p->below * p->below - there * there) / 2;
}

static void predict(const ll_posterior *p, const point *at, sight *here, ll_growth growth, double beyond,
                    double *mean, double *sd) {
    const double drift = p->drift * fmax(0, beyond), noise = noise_at(p, at, growth, beyond);
    *mean = look_at(p, at, here) - bend_at(p, beyond);
    const double square = both(p, at, here, here) + noise * noise;
    *sd = sqrt(p->prior.spread * p->prior.spread * square + drift * drift);
}

/* Decades of compute from the largest fitted run to one at x; 0 where x does not tell. */
static double decades_beyond(const ll_posterior *p, const double x[LL_VAR_COUNT]) {
    bool one = ll_law_is_of_x(p->curve.law);
    double C = p->own_compute || !one ? x[LL_VAR_C] : x[LL_VAR_X];
    if (!(C > 0) && !one) C = 6 * x[LL_VAR_N] * x[LL_VAR_D];
    return C > 0 ? log10(C / p->largest) : 0;
}

static ll_status place_of(const ll_law *law, const double x[LL_VAR_COUNT], double lnx[LL_VAR_COUNT],
                          ll_error *err) {
    const double *columns[LL_VAR_COUNT];
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        columns[v] = &x[v];
        if ((law->vars >> v & 1) && !(x[v] > 0 && isfinite(x[v])))
            return LL_FAIL(err, LL_EINPUT, "law %s needs a finite variable above 0, here is %g", law->name, x[v]);
    }
    ll_posterior_logs(law, columns, 0, lnx);
    return LL_OK;
}

ll_status ll_posterior_predict(const ll_posterior *p, const double x[LL_VAR_COUNT], double room[LL_POSTERIOR_ROOM],
                               ll_mixture *m, ll_error *err) {
    double lnx[LL_VAR_COUNT], *mean = room + LL_POSTERIOR_PARTS, *sd = mean + LL_POSTERIOR_PARTS;
    LL_TRY(place_of(p->curve.law, x, lnx, err));
    const double beyond = decades_beyond(p, x);
    const ll_growth growth = ll_posterior_growth(p, lnx);
    double *block = malloc((size_t)(2 * p->n + P) * sizeof *block);
    if (!block) return LL_FAIL(err, LL_ENOMEM, "out of memory for a forecast");
    sight here = look_from(p, lnx, growth.departure, block);
    bool finite = true;
    for (int k = 0; k < p->n_points && finite; k++) {
        room[k] = p->weight[k];
        predict(p, &p->points[k], &here, growth, beyond, &mean[k], &sd[k]);
        finite = isfinite(mean[k]) && sd[k] > 0;
    }
    free(block);
    if (!finite) return LL_FAIL(err, LL_ENUM, "the law has no finite value at the run to forecast");
    for (int k = 0; k < p->n_points; k++) {
        const int odd = p->n_points + k;
        room[odd] = p->prior.odd_share * room[k];
        room[k] -= room[odd];
        mean[odd] = mean[k];
        sd[odd] = sqrt(sd[k] * sd[k] + p->prior.odd * p->prior.odd);
    }
    *m = (ll_mixture) {
        .n = p->prior.odd_share > 0 ? 2 * p->n_points : p->n_points, .weight = room, .mean = mean, .sd = sd
    };
    return LL_OK;
}

/* ---- what the others say of a row ---- */

/* Row i of the posterior, at its likeliest point: with S the covariance of ln loss, theta's own included, the others
 * leave it at y - (S^-1 r)_i / (S^-1)_ii with variance 1 / (S^-1)_ii; its noise is not less for what it shares with
 * its cluster. w [n] is scratch. */
static void leave_out(const ll_posterior *p, const point *at, int64_t i, double *w, double *mean, double *sd) {
    const int q = p->curve.p;
    double g[P] = { 0 }, precision = 0;
    for (int64_t j = 0; j < p->n; j++) w[j] = j == i;
    ll_posterior_whiten(p, at, w, 1);
    for (int j = 0; j < q; j++)
        for (int64_t k = i; k < p->n; k++) g[j] += at->J[j * p->n + k] * w[k];
    ll_dense_forward(at->Lh, q, g, 1);
    for (int64_t k = i; k < p->n; k++) precision += w[k] * w[k];
    for (int j = 0; j < q; j++) precision -= g[j] * g[j];
    *mean = p->y[i] - at->alpha[i] / precision;
    *sd = fmax(1 / sqrt(precision), at->noise * p->factors[at->factor].scale[i]);
}

static ll_status foresee(const ll_posterior *p, const ll_fit_data *data, int64_t row, double *mean, double *sd,
                         ll_error *err) {
    double x[LL_VAR_COUNT], room[LL_POSTERIOR_ROOM];
    ll_mixture m;
    for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = data->x[v] ? data->x[v][row] : 0;
    LL_TRY(ll_posterior_predict(p, x, room, &m, err));
    *mean = ll_mixture_mean(&m);
    *sd = ll_mixture_sd(&m);
    return LL_OK;
}

/* A row that the selection of a large table passed over, at the likeliest point: its sd is that of the nearest row that
 * was left out, which stands for it. False where none is near. alike [n] is scratch. */
static bool stood_for(const ll_posterior *p, const point *at, const ll_fit_data *data, int64_t row, double *alike,
                      double *mean, double *sd) {
    static const double NEAR = 0.9; /* correlation of the departures */
    double x[LL_VAR_COUNT], lnx[LL_VAR_COUNT], most = NEAR;
    int64_t nearest = -1;
    for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = data->x[v] ? data->x[v][row] : 0;
    if (!p->selected || place_of(p->curve.law, x, lnx, NULL) != LL_OK) return false;
    const double size = at->departure * at->departure * ll_posterior_growth(p, lnx).departure;
    mean[row] = ll_curve_at(&p->curve, at->theta, lnx, NULL) - bend_at(p, decades_beyond(p, x));
    ll_departure_correlations(&p->prior, lnx, p->lnx, p->n, alike);
    for (int64_t i = 0; i < p->n; i++) {
        mean[row] += size * p->growth[i] * alike[i] * at->alpha[i];
        if (alike[i] > most) most = alike[i], nearest = i;
    }
    if (nearest >= 0) sd[row] = sd[p->row[nearest]];
    return nearest >= 0;
}

ll_status ll_posterior_left_out(const ll_posterior *p, const ll_fit_data *data, double *mean, double *sd,
                                ll_error *err) {
    int best = 0;
    ll_status s = LL_OK;
    double *w = malloc((size_t)p->n * sizeof *w);
    if (!w) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)p->n);
    for (int k = 1; k < p->n_points; k++)
        if (p->weight[k] > p->weight[best]) best = k;
    for (int64_t i = 0; i < data->n; i++) sd[i] = 0;
    for (int64_t i = 0; i < p->n; i++) leave_out(p, &p->points[best], i, w, &mean[p->row[i]], &sd[p->row[i]]);
    for (int64_t i = 0; i < data->n && s == LL_OK; i++)
        if (!(sd[i] > 0) && !stood_for(p, &p->points[best], data, i, w, mean, sd))
            s = foresee(p, data, i, &mean[i], &sd[i], err);
    free(w);
    return s;
}

/* ---- what runs to come would share ---- */

ll_posterior_view ll_posterior_look(const ll_posterior *p) {
    return (ll_posterior_view) { p->n_points, p->weight, &p->prior, p->largest, p->drift };
}

ll_status ll_posterior_covariance(const ll_posterior *p, int k, const ll_place *x, int m, double *S, double *noise,
                                  ll_error *err) {
    const point *at = &p->points[k];
    const int64_t row = LL_VAR_COUNT + 2 * p->n + P;
    double *block = malloc((size_t)(m * row) * sizeof *block);
    sight *seen = malloc((size_t)m * sizeof *seen);
    ll_status s = block && seen ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %d places", m);
    for (int i = 0; i < m && s == LL_OK; i++) {
        double *lnx = block + i * row;
        s = place_of(p->curve.law, x[i].x, lnx, err);
        if (s != LL_OK) break;
        const ll_growth growth = ll_posterior_growth(p, lnx);
        seen[i] = look_from(p, lnx, growth.departure, lnx + LL_VAR_COUNT);
        look_at(p, at, &seen[i]);
        noise[i] = noise_at(p, at, growth, decades_beyond(p, x[i].x));
        for (int j = 0; j <= i; j++) S[i * m + j] = S[j * m + i] = both(p, at, &seen[i], &seen[j]);
        if (!isfinite(S[i * m + i])) s = LL_FAIL(err, LL_ENUM, "the law has no finite value at a run to come");
    }
    free(seen);
    free(block);
    return s;
}
