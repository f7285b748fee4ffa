/* The objective of any law through its eval and grad. */
#include <math.h>
#include <string.h>

#include "fit/solve/problem.h"

/* theta and, for the second derivative, theta moved a little along each free parameter. */
typedef struct point {
    double params[P_MAX], step;
    int along;
} point;

static int points(const ll_problem *q, const double *theta, bool moved, point at[P_MAX + 1]) {
    double t[P_MAX];
    memcpy(t, theta, (size_t)q->p * sizeof *t);
    ll_problem_params(q, t, at[0].params);
    for (int a = 0; moved && a < q->n_free; a++) {
        int j = at[a + 1].along = q->free_at[a];
        at[a + 1].step = 1e-6 * fmax(1e-2, fabs(theta[j]));
        t[j] = theta[j] + at[a + 1].step;
        ll_problem_params(q, t, at[a + 1].params);
        t[j] = theta[j];
    }
    return moved ? q->n_free + 1 : 1;
}

/* f = ln L or L at one row and its gradient over theta [p]; false where it is not finite. */
static bool row(const ll_problem *q, const double *params, const double *x, double *f, double *g) {
    double L = q->law->eval(params, x);
    *f = q->log_scale ? log(L) : L;
    if (!isfinite(*f)) return false;
    if (!g) return true;
    q->law->grad(params, x, g);
    for (int j = 0; j < q->p; j++) {
        if (q->law->params[j].log) g[j] *= params[j];
        if (q->log_scale) g[j] /= L;
        if (!isfinite(g[j])) return false;
    }
    return true;
}

/* Adds d1 times the second derivative of f at one row, by forward differences of its gradient g. */
static void add_curvature(const ll_problem *q, const point *at, int n, const double *x, const double *g, double d1,
                          double *hess) {
    double moved[P_MAX], f;
    for (int a = 1; a < n; a++)
        if (row(q, at[a].params, x, &f, moved))
            for (int k = 0; k < q->p; k++) hess[at[a].along * q->p + k] += d1 * (moved[k] - g[k]) / at[a].step;
}

static void symmetrise(int p, double *hess) {
    for (int a = 0; a < p; a++)
        for (int b = 0; b < a; b++) hess[a * p + b] = hess[b * p + a] = 0.5 * (hess[a * p + b] + hess[b * p + a]);
}

double ll_problem_eval_general(const ll_problem *q, const double *theta, double *grad, double *hess) {
    const ll_rows *rows = q->rows;
    const int p = q->p;
    double total = 0, soft = q->majorise ? q->delta : 0, g[P_MAX], f;
    point at[P_MAX + 1];
    int n = points(q, theta, grad != NULL, at);
    if (grad) memset(grad, 0, (size_t)p * sizeof *grad), memset(hess, 0, (size_t)(p * p) * sizeof *hess);
    for (int64_t i = 0; i < rows->n; i++) {
        double x[LL_VAR_COUNT];
        for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = rows->x[v][i];
        if (!row(q, at[0].params, x, &f, grad ? g : NULL)) return INFINITY;
        double r = f - rows->y[i], a = fabs(r), w = q->scale * rows->w[i];
        bool inside = a <= q->delta;
        total += w * (inside ? 0.5 * r * r : q->delta * (a - 0.5 * q->delta));
        if (!grad) continue;
        double d1 = w * (inside ? r : copysign(q->delta, r)), d2 = inside ? w : soft * w / a;
        for (int j = 0; j < p; j++) {
            grad[j] += d1 * g[j];
            for (int k = 0; k < p; k++) hess[j * p + k] += d2 * g[j] * g[k];
        }
        add_curvature(q, at, n, x, g, d1, hess);
    }
    if (grad) symmetrise(p, hess);
    return total;
}
