#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/belief/posterior_grid.h"
#include "stat/dense.h"
#include "stat/orthonormal.h"

enum { P = LL_LAW_MAX_PARAMS, GRID = LL_POSTERIOR_GRID };

typedef ll_posterior_point point;

/* Places as a point of the grid sees them. Points of one factor share all but the sizes: k [m][n] are the departure's
 * covariances with the runs over its square, v [m][n] = L^-1 k by the factor that is named, and g [m][P] = Lh^-1 what is
 * left of the gradient there. */
typedef struct sights {
    int m;
    const double *lnx; /* [m][LL_VAR_COUNT] */
    double *k, *v, *g;
    double *growth; /* [m] of the departure's size */
    int factor;     /* -1: none yet */
} sights;

void ll_posterior_excess(const ll_posterior *p, const double *lnx, int64_t n, double *excess) {
    ll_departure_excess(&p->curve, p->lead, lnx, n, excess);
}

static size_t room_of_sight(const ll_posterior *p) {
    return 2 * (size_t)p->n + P + 1;
}

/* block [m][room_of_sight]; growth [m] is told what the places' excess makes of noise and departure. */
static sights look_from(const ll_posterior *p, const double *lnx, int m, double *block, ll_growth *growth) {
    double *k = block, *v = k + m * p->n, *g = v + m * p->n;
    const sights s = { m, lnx, k, v, g, g + m * P, -1 };
    ll_posterior_excess(p, lnx, m, s.growth);
    for (int l = 0; l < m; l++) {
        growth[l] = ll_departure_growth(&p->prior, s.growth[l]);
        s.growth[l] = growth[l].departure;
        ll_departure_correlations(&p->prior, lnx + l * LL_VAR_COUNT, p->lnx, p->n, k + l * p->n);
        for (int64_t i = 0; i < p->n; i++) k[l * p->n + i] *= s.growth[l] * p->growth[i];
    }
    return s;
}

/* Of the departure at a point over the whitened k of a sight. */
static double size_of(const point *at) {
    return at->departure * at->departure / at->noise;
}

/* Fills v and g, and mean [m]: the law, plus what the runs' residuals say of the departure there (kriging). */
static void look_at(const ll_posterior *p, const point *at, sights *s, double *mean) {
    const int q = p->curve.p;
    if (s->factor != at->factor) {
        memcpy(s->v, s->k, (size_t)(s->m * p->n) * sizeof *s->v);
        ll_dense_forward(p->factors[at->factor].L, p->n, s->v, s->m);
        s->factor = at->factor;
    }
    for (int l = 0; l < s->m; l++) {
        double *g = s->g + l * P;
        const double *v = s->v + l * p->n;
        mean[l] = ll_curve_at(&p->curve, at->theta, s->lnx + l * LL_VAR_COUNT, g);
        mean[l] += at->departure * at->departure * ll_dot(s->k + l * p->n, at->alpha, p->n);
        for (int j = 0; j < q; j++) g[j] -= size_of(at) * ll_dot(at->J + j * p->n, v, p->n);
        ll_dense_forward(at->Lh, q, g, 1);
    }
}

/* Covariance of ln loss, noise apart, at two places. */
static double both(const ll_posterior *p, const point *at, const sights *s, int a, int b) {
    const double size = size_of(at);
    double sum = at->departure * at->departure * s->growth[a] * s->growth[b] *
                 ll_departure_correlation(&p->prior, s->lnx + a * LL_VAR_COUNT, s->lnx + b * LL_VAR_COUNT);
    sum -= size * size * ll_dot(s->v + a * p->n, s->v + b * p->n, p->n);
    if (a == b) sum = fmax(sum, 0);
    return sum + ll_dot(s->g + a * P, s->g + b * P, p->curve.p);
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

/* Of place l at point k into its room; false where that is not finite. */
static bool predict(const ll_posterior *p, int k, const sights *here, int l, ll_growth growth, double beyond,
                    double mean, double *room) {
    const point *at = p->points[k];
    const double drift = p->drift * fmax(0, beyond), noise = noise_at(p, at, growth, beyond);
    const double square = both(p, at, here, l, l) + noise * noise;
    double *to = room + l * LL_POSTERIOR_ROOM + k;
    to[0] = p->weight[k];
    to[LL_POSTERIOR_PARTS] = mean - bend_at(p, beyond);
    to[2 * LL_POSTERIOR_PARTS] = sqrt(p->prior.spread * p->prior.spread * square + drift * drift);
    return isfinite(to[LL_POSTERIOR_PARTS]) && to[2 * LL_POSTERIOR_PARTS] > 0;
}

/* The same of an odd run beside every part; the mixture of both. */
static ll_mixture beside_odd(const ll_posterior *p, double *room) {
    double *mean = room + LL_POSTERIOR_PARTS, *sd = mean + LL_POSTERIOR_PARTS;
    for (int k = 0; k < p->n_points; k++) {
        const int odd = p->n_points + k;
        room[odd] = p->prior.odd_share * room[k];
        room[k] -= room[odd];
        mean[odd] = mean[k];
        sd[odd] = sqrt(sd[k] * sd[k] + p->prior.odd * p->prior.odd);
    }
    return (ll_mixture) {
        .n = p->prior.odd_share > 0 ? 2 * p->n_points : p->n_points, .weight = room, .mean = mean, .sd = sd
    };
}

ll_status ll_posterior_predict_some(const ll_posterior *p, const ll_place *x, int m, double *room, ll_mixture *out,
                                    ll_error *err) {
    enum { MOST = LL_POSTERIOR_TOGETHER };
    double lnx[MOST * LL_VAR_COUNT], beyond[MOST], mean[MOST];
    ll_growth growth[MOST];
    for (int l = 0; l < m; l++) {
        LL_TRY(place_of(p->curve.law, x[l].x, lnx + l * LL_VAR_COUNT, err));
        beyond[l] = decades_beyond(p, x[l].x);
    }
    double *block = malloc((size_t)m * room_of_sight(p) * sizeof *block);
    if (!block) return LL_FAIL(err, LL_ENOMEM, "out of memory for a forecast");
    sights here = look_from(p, lnx, m, block, growth);
    bool finite = true;
    for (int k = 0; k < p->n_points && finite; k++) {
        look_at(p, p->points[k], &here, mean);
        for (int l = 0; l < m; l++) finite = predict(p, k, &here, l, growth[l], beyond[l], mean[l], room) && finite;
    }
    free(block);
    if (!finite) return LL_FAIL(err, LL_ENUM, "the law has no finite value at the run to forecast");
    for (int l = 0; l < m; l++) out[l] = beside_odd(p, room + l * LL_POSTERIOR_ROOM);
    return LL_OK;
}

ll_status ll_posterior_predict(const ll_posterior *p, const double x[LL_VAR_COUNT], double room[LL_POSTERIOR_ROOM],
                               ll_mixture *m, ll_error *err) {
    ll_place place;
    memcpy(place.x, x, sizeof place.x);
    return ll_posterior_predict_some(p, &place, 1, room, m, err);
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

/* Some rows of data, by all points. room [some][LL_POSTERIOR_ROOM] is scratch. */
static ll_status foresee(const ll_posterior *p, const ll_fit_data *data, const int64_t *row, int some, double *room,
                         double *mean, double *sd, ll_error *err) {
    ll_place x[LL_POSTERIOR_TOGETHER];
    ll_mixture m[LL_POSTERIOR_TOGETHER];
    for (int l = 0; l < some; l++)
        for (int v = 0; v < LL_VAR_COUNT; v++) x[l].x[v] = data->x[v] ? data->x[v][row[l]] : 0;
    LL_TRY(ll_posterior_predict_some(p, x, some, room, m, err));
    for (int l = 0; l < some; l++) {
        mean[row[l]] = ll_mixture_mean(&m[l]);
        sd[row[l]] = ll_mixture_sd(&m[l]);
    }
    return LL_OK;
}

enum { PASSED = 64 }; /* rows that are judged together: what a law asks for once is asked for seldom */

/* Some rows that the selection of a large table passed over, at the likeliest point: the sd of each is that of the
 * nearest row that was left out, which stands for it, where one is near. */
static void stand_for(const ll_posterior *p, const point *at, const ll_bottoms *bottoms, const ll_fit_data *data,
                      const int64_t *row, int some, double *mean, double *sd) {
    static const double NEAR = 0.9; /* correlation of the departures */
    const ll_knots knots = { p->n, p->lnx, p->growth, at->alpha };
    double lnx[PASSED * LL_VAR_COUNT] = { 0 }, law[PASSED], excess[PASSED], departs[PASSED];
    int64_t nearest[PASSED];
    for (int l = 0; l < some; l++) ll_posterior_logs(p->curve.law, data->x, row[l], lnx + l * LL_VAR_COUNT);
    ll_curve_rows(&p->curve, at->theta, lnx, some, law, NULL);
    ll_bottoms_excess(bottoms, lnx, some, excess);
    ll_departure_hear(&p->prior, p->curve.law->vars, lnx, some, &knots, NEAR, departs, nearest);
    for (int l = 0; l < some; l++) {
        double x[LL_VAR_COUNT];
        for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = data->x[v] ? data->x[v][row[l]] : 0;
        departs[l] *= at->departure * at->departure * ll_departure_growth(&p->prior, excess[l]).departure;
        mean[row[l]] = law[l] - bend_at(p, decades_beyond(p, x)) + departs[l];
        if (nearest[l] >= 0) sd[row[l]] = sd[p->row[nearest[l]]];
    }
}

/* As far as the rows go. */
static void look_at_bottoms(const ll_posterior *p, const ll_fit_data *data, ll_bottoms *bottoms) {
    double lo = INFINITY, hi = -INFINITY, lean = 0;
    for (int64_t i = 0; data->x[LL_VAR_N] && data->x[LL_VAR_D] && i < data->n; i++) {
        const double n = log(data->x[LL_VAR_N][i]), d = log(data->x[LL_VAR_D][i]);
        lo = fmin(lo, n + d), hi = fmax(hi, n + d);
        lean += (n - d) / (double)data->n;
    }
    const bool any = lo <= hi;
    ll_bottoms_look(bottoms, &p->curve, p->lead, any ? lo : 0, any ? hi : 0, lean);
}

/* The next rows of data from *i on that nothing is said of yet, most of them at most; how many. */
static int next_rows(const double *sd, int64_t n, int64_t *i, int64_t *row, int most) {
    int some = 0;
    for (; *i < n && some < most; ++*i)
        if (!(sd[*i] > 0)) row[some++] = *i;
    return some;
}

ll_status ll_posterior_left_out(const ll_posterior *p, const ll_fit_data *data, double *mean, double *sd,
                                ll_error *err) {
    enum { ROOM = LL_POSTERIOR_TOGETHER * LL_POSTERIOR_ROOM };
    int64_t row[PASSED];
    int best = 0, some;
    ll_bottoms bottoms;
    ll_status s = LL_OK;
    double *w = malloc(((size_t)p->n + ROOM) * sizeof *w);
    if (!w) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)p->n);
    for (int k = 1; k < p->n_points; k++)
        if (p->weight[k] > p->weight[best]) best = k;
    for (int64_t i = 0; i < data->n; i++) sd[i] = 0;
    for (int64_t i = 0; i < p->n; i++) leave_out(p, p->points[best], i, w, &mean[p->row[i]], &sd[p->row[i]]);
    if (p->selected) look_at_bottoms(p, data, &bottoms);
    for (int64_t i = 0; p->selected && (some = next_rows(sd, data->n, &i, row, PASSED)) > 0;)
        stand_for(p, p->points[best], &bottoms, data, row, some, mean, sd);
    for (int64_t i = 0; s == LL_OK && (some = next_rows(sd, data->n, &i, row, LL_POSTERIOR_TOGETHER)) > 0;)
        s = foresee(p, data, row, some, w + p->n, mean, sd, err);
    free(w);
    return s;
}

/* ---- what runs to come would share ---- */

ll_posterior_view ll_posterior_look(const ll_posterior *p) {
    return (ll_posterior_view) { p->n_points, p->weight, &p->prior, p->largest, p->drift };
}

ll_status ll_posterior_covariance(const ll_posterior *p, int k, const ll_place *x, int m, double *S, double *noise,
                                  ll_error *err) {
    const point *at = p->points[k];
    const size_t many = (size_t)m;
    double *block = calloc(many, (LL_VAR_COUNT + 1 + room_of_sight(p)) * sizeof *block);
    ll_growth *growth = malloc(many * sizeof *growth);
    ll_status s = block && growth ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %d places", m);
    for (int i = 0; i < m && s == LL_OK; i++) s = place_of(p->curve.law, x[i].x, block + i * LL_VAR_COUNT, err);
    if (s == LL_OK) {
        double *mean = block + m * LL_VAR_COUNT;
        sights seen = look_from(p, block, m, mean + m, growth);
        look_at(p, at, &seen, mean);
        for (int i = 0; i < m && s == LL_OK; i++) {
            noise[i] = noise_at(p, at, growth[i], decades_beyond(p, x[i].x));
            for (int j = 0; j <= i; j++) S[i * m + j] = S[j * m + i] = both(p, at, &seen, i, j);
            if (!isfinite(S[i * m + i])) s = LL_FAIL(err, LL_ENUM, "the law has no finite value at a run to come");
        }
    }
    free(growth);
    free(block);
    return s;
}
