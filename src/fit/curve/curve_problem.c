#include "fit/curve/curve_problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/solve/polish.h"
#include "stat/solve.h"

enum { KEEP = 4, LINEAR = LL_CURVE_LINEAR };
/* Of ln loss, what the priors weigh against. Points of a curve err together, so it is ten times a point's own.
 * Chosen on the fitted curves of the public tables alone (mpl_curves_25m, mpl_curves_100m), each foretold from the
 * others: the mean error is .19, .22, .14, .130 and .123 % at 0, 3e-3, 5e-3, 1e-2 and 2e-2, and .121 % with C, beta
 * and gamma held. */
static const double NOISE = 1e-2;

void ll_curve_room_eval(ll_curve_room *room, const bool *want, const double *params, bool gradient) {
    const ll_curve_rows *c = room->rows;
    for (int64_t r = 0; r < c->n_runs; r++) {
        const int64_t at = c->start[r];
        room->law->curve(&c->rates[r], c->params[r], want + at, params, room->L + at,
                         gradient ? room->J + at * room->law->law.n_params : NULL);
    }
}

/* The prior's share of the objective. */
static double add_prior(const ll_problem *q, const double *theta, double *grad, double *hess) {
    const ll_curve_room *room = q->own_ctx;
    double total = 0;
    for (int j = 0; j < q->p; j++) {
        const double sd = room->law->prior[j].sd, off = theta[j] - room->centre[j];
        if (!(sd > 0) || q->lo[j] == q->hi[j]) continue;
        const double weight = NOISE * NOISE / (sd * sd);
        total += weight * off * off / 2;
        if (grad) grad[j] += weight * off, hess[j * q->p + j] += weight;
    }
    return total;
}

/* The second derivative leaves out that of the law: residuals are a thousandth of the loss. */
static double evaluate(const ll_problem *q, const double *theta, double *grad, double *hess) {
    ll_curve_room *room = q->own_ctx;
    const ll_curve_rows *c = room->rows;
    const int p = q->p;
    double params[P_MAX], g[P_MAX], total = 0, soft = q->majorise ? q->delta : 0;
    ll_problem_params(q, theta, params);
    ll_curve_room_eval(room, c->fitted, params, grad != NULL);
    if (grad) memset(grad, 0, (size_t)p * sizeof *grad), memset(hess, 0, (size_t)(p * p) * sizeof *hess);
    for (int64_t i = 0; i < c->n; i++) {
        if (!c->fitted[i]) continue;
        const double L = room->L[i], r = (q->log_scale ? log(L) : L) - room->y[i], a = fabs(r);
        const bool inside = a <= q->delta;
        if (!isfinite(r)) return INFINITY;
        const double scale = q->scale * c->weight[i];
        total += scale * (inside ? 0.5 * r * r : q->delta * (a - 0.5 * q->delta));
        if (!grad) continue;
        const double d1 = scale * (inside ? r : copysign(q->delta, r)), d2 = scale * (inside ? 1 : soft / a);
        for (int j = 0; j < p; j++)
            g[j] = room->J[i * p + j] * (q->log[j] ? params[j] : 1) / (q->log_scale ? L : 1);
        for (int j = 0; j < p; j++) {
            grad[j] += d1 * g[j];
            for (int k = 0; k < p; k++) hess[j * p + k] += d2 * g[j] * g[k];
        }
    }
    return total + add_prior(q, theta, grad, hess);
}

ll_status ll_curve_room_new(ll_curve_room *room, const ll_curve_law *law, const ll_curve_rows *rows,
                            const ll_fit_opts *opts, ll_error *err) {
    const size_t n = (size_t)rows->n;
    *room = (ll_curve_room) { .law = law, .rows = rows };
    ll_problem_init(&room->q, &law->law, opts, NULL);
    room->q.own = evaluate;
    room->q.own_ctx = room;
    for (int j = 0; j < law->law.n_params; j++)
        room->centre[j] = room->q.log[j] ? log(law->prior[j].at) : law->prior[j].at;
    room->y = calloc(n * (size_t)(2 + law->law.n_params), sizeof *room->y);
    if (!room->y) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)rows->n);
    room->L = room->y + n;
    room->J = room->L + n;
    for (size_t i = 0; i < n; i++) room->y[i] = room->q.log_scale ? log(rows->loss[i]) : rows->loss[i];
    return LL_OK;
}

void ll_curve_room_free(ll_curve_room *room) {
    free(room->y);
    *room = (ll_curve_room) { 0 };
}

/* ---- where the search begins ---- */

/* What the loss is linear in by least squares of the relative error, the rest as in params. */
static void solve_linear(ll_curve_room *room, double *params) {
    const ll_curve_rows *c = room->rows;
    const int p = room->law->law.n_params, n = room->law->n_linear, *linear = room->law->linear;
    double G[LINEAR * LINEAR] = { 0 }, h[LINEAR] = { 0 };
    for (int a = 0; a < n; a++) params[linear[a]] = 1;
    params[LL_CURVE_L0] = 0;
    ll_curve_room_eval(room, c->fitted, params, true);
    for (int64_t i = 0; i < c->n; i++)
        for (int a = 0; a < n && c->fitted[i]; a++) {
            const double *J = room->J + i * p, w = c->weight[i] * J[linear[a]] / (c->loss[i] * c->loss[i]);
            h[a] += w * c->loss[i];
            for (int b = 0; b < n; b++) G[a * n + b] += w * J[linear[b]];
        }
    double x[LINEAR] = { 1, 1, 1, 1 }, ridge[LINEAR];
    for (int a = 0; a < n; a++) ridge[a] = 1e-12 * G[a * n + a] + 1e-300;
    ll_cholesky_solve(n, G, ridge, h, x);
    for (int a = 0; a < n; a++) params[linear[a]] = x[a];
}

typedef struct begin {
    double theta[P_MAX], value;
} begin;

static void keep(begin best[KEEP], const begin *b) {
    int k = KEEP;
    while (k > 0 && b->value < best[k - 1].value) k--;
    if (k == KEEP) return;
    memmove(best + k + 1, best + k, (size_t)(KEEP - 1 - k) * sizeof *best);
    best[k] = *b;
}

/* Sets params to point number i of the grid; false when there are no more. */
static bool grid_point(const ll_curve_law *law, int64_t i, double *params) {
    for (int j = 0; j < law->law.n_params; j++) {
        int64_t n = 0;
        if (!law->grid[j]) continue;
        while (law->grid[j][n] > 0) n++;
        params[j] = law->grid[j][i % n];
        i /= n;
    }
    return i == 0;
}

ll_fit_stop ll_curve_room_search(ll_curve_room *room, double *theta, double *value, int64_t *starts) {
    const ll_problem *q = &room->q;
    begin best[KEEP], b;
    double params[P_MAX];
    int chosen = 0;
    for (int k = 0; k < KEEP; k++) best[k].value = INFINITY;
    for (*starts = 0;; ++*starts) {
        for (int j = 0; j < q->p; j++) params[j] = room->law->prior[j].at;
        if (!grid_point(room->law, *starts, params)) break;
        ll_problem_theta(q, params, b.theta);
        ll_problem_params(q, b.theta, params); /* what is fixed, in its place */
        solve_linear(room, params);
        ll_problem_theta(q, params, b.theta);
        b.value = ll_problem_eval(q, b.theta, NULL, NULL);
        keep(best, &b);
    }
    for (int k = 0; k < KEEP && isfinite(best[k].value); k++) {
        ll_polish(q, best[k].theta, 1e-6, &best[k].value);
        if (best[k].value < best[chosen].value) chosen = k;
    }
    *value = INFINITY;
    if (!isfinite(best[chosen].value)) return LL_FIT_STALLED;
    memcpy(theta, best[chosen].theta, (size_t)q->p * sizeof *theta);
    return ll_polish(q, theta, 1e-12, value);
}
