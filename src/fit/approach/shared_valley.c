#include "fit/approach/shared_valley.h"

#include <math.h>
#include <string.h>

#include "stat/orthonormal.h"
#include "stat/solve.h"
#include "stat/student.h"

enum { P = LL_SHARED_PARAMS };
static const double MIDDLE = 1 / 3.,
                    LEAST[P] = { [LL_SHARED_LN_N0] = -INFINITY,
                                 [LL_SHARED_A] = 0,
                                 [LL_SHARED_CURVATURE] = 0,
                                 [LL_SHARED_ALPHA] = 0.05,
                                 [LL_SHARED_BETA] = 0.05 },
                    MOST[P] = { [LL_SHARED_LN_N0] = INFINITY,
                                [LL_SHARED_A] = 1,
                                [LL_SHARED_CURVATURE] = INFINITY,
                                [LL_SHARED_ALPHA] = 0.7,
                                [LL_SHARED_BETA] = 0.7 };

static double bounded(int j, double v) {
    return fmin(fmax(v, LEAST[j]), MOST[j]);
}

/* Rows that count, centred: c = ln C - ln C0, x = ln N less its mean; y and the columns are relative to the loss and
 * have each budget's weighted mean taken out, which takes out the levels. */
typedef struct centred {
    const ll_shared_rows *rows;
    double *y, *e, *try_e, *J[P], *try_J[P]; /* [n] */
    double *sum, *weight;                    /* [n_budgets] */
    double c0, x0, lo, hi;                   /* lo and hi: the sizes less half of c, about their mean */
} centred;

int64_t ll_shared_valley_room(const ll_shared_rows *rows) {
    return (3 + 2 * P) * rows->n + 2 * rows->n_budgets;
}

/* Of the square of a departure from the loss. */
static double weight(const ll_shared_rows *r, int64_t i) {
    if (r->budget[i] < 0) return 0;
    return (r->weight ? r->weight[i] : 1) / (r->loss[i] * r->loss[i]);
}

/* Takes the means of the budgets out of v and brings it to unit noise. */
static void centre(const centred *t, double *v) {
    const ll_shared_rows *r = t->rows;
    memset(t->sum, 0, (size_t)r->n_budgets * sizeof *t->sum);
    for (int64_t i = 0; i < r->n; i++)
        if (r->budget[i] >= 0) t->sum[r->budget[i]] += weight(r, i) * v[i];
    for (int64_t i = 0; i < r->n; i++) {
        const double w = weight(r, i);
        v[i] = w > 0 ? sqrt(w) * (v[i] - t->sum[r->budget[i]] / t->weight[r->budget[i]]) : 0;
    }
}

static int64_t lay_out(centred *t, const ll_shared_rows *r, double *room) {
    double W = 0, c = 0, x = 0;
    int64_t used = 0;
    *t = (centred) {
        .rows = r, .y = room, .e = room + r->n, .try_e = room + 2 * r->n, .lo = INFINITY, .hi = -INFINITY
    };
    for (int j = 0; j < P; j++) t->J[j] = room + (3 + j) * r->n, t->try_J[j] = room + (3 + P + j) * r->n;
    t->sum = room + (3 + 2 * P) * r->n;
    t->weight = t->sum + r->n_budgets;
    memset(t->weight, 0, (size_t)r->n_budgets * sizeof *t->weight);
    for (int64_t i = 0; i < r->n; i++) {
        const double w = weight(r, i);
        if (!(w > 0)) continue;
        used++;
        W += w;
        c += w * r->ln_c[i];
        x += w * r->ln_n[i];
        t->weight[r->budget[i]] += w;
    }
    t->c0 = c / W;
    t->x0 = x / W;
    for (int64_t i = 0; i < r->n; i++) {
        t->y[i] = r->loss[i];
        if (!(weight(r, i) > 0)) continue;
        const double at = r->ln_n[i] - t->x0 - 0.5 * (r->ln_c[i] - t->c0);
        t->lo = fmin(t->lo, at);
        t->hi = fmax(t->hi, at);
    }
    centre(t, t->y);
    return used;
}

/* S and its derivatives. */
typedef struct shape {
    double s, u, alpha, beta;
} shape;

static shape shape_at(double u, double alpha, double beta) {
    const double both = alpha + beta, a = exp(-alpha * u), b = exp(beta * u);
    const double s = 2 / both * ((a - 1) / alpha + (b - 1) / beta);
    return (shape) { .s = s,
                     .u = 2 / both * (b - a),
                     .alpha = 2 / both * ((1 - a) / alpha - u * a) / alpha - s / both,
                     .beta = 2 / both * ((1 - b) / beta + u * b) / beta - s / both };
}

/* The sum of squares at p, with what is left in e and the derivatives in J. */
static double at(const centred *t, const double p[P], double *e, double *const J[P]) {
    const ll_shared_rows *r = t->rows;
    const double k = p[LL_SHARED_CURVATURE], alpha = p[LL_SHARED_ALPHA], beta = p[LL_SHARED_BETA],
                 both = alpha + beta, fading = alpha * beta / both;
    double sum = 0;
    for (int64_t i = 0; i < r->n; i++) {
        const double c = r->ln_c[i] - t->c0, depth = exp(-fading * c);
        const shape s = shape_at(r->ln_n[i] - t->x0 - p[LL_SHARED_LN_N0] - p[LL_SHARED_A] * c, alpha, beta);
        J[LL_SHARED_LN_N0][i] = -k * depth * s.u;
        J[LL_SHARED_A][i] = -k * depth * s.u * c;
        J[LL_SHARED_CURVATURE][i] = depth * s.s;
        J[LL_SHARED_ALPHA][i] = k * depth * (s.alpha - c * pow(beta / both, 2) * s.s);
        J[LL_SHARED_BETA][i] = k * depth * (s.beta - c * pow(alpha / both, 2) * s.s);
    }
    for (int j = 0; j < P; j++) centre(t, J[j]);
    for (int64_t i = 0; i < r->n; i++) {
        e[i] = t->y[i] - k * J[LL_SHARED_CURVATURE][i];
        sum += e[i] * e[i];
    }
    return sum;
}

/* Parabolas of one curvature are linear: loss = level_k + depth (q0 x^2 + q1 x + q2 x c). */
static bool start(const centred *t, double p[P]) {
    const ll_shared_rows *r = t->rows;
    double A[9], b[3], q[3];
    for (int64_t i = 0; i < r->n; i++) {
        const double c = r->ln_c[i] - t->c0, x = r->ln_n[i] - t->x0, depth = exp(-MIDDLE / 2 * c);
        t->J[0][i] = depth * x * x;
        t->J[1][i] = depth * x;
        t->J[2][i] = depth * x * c;
    }
    for (int j = 0; j < 3; j++) centre(t, t->J[j]);
    for (int j = 0; j < 3; j++) {
        b[j] = ll_dot(t->J[j], t->y, r->n);
        for (int k = 0; k < 3; k++) A[3 * j + k] = ll_dot(t->J[j], t->J[k], r->n);
    }
    if (!ll_cholesky_solve(3, A, NULL, b, q) || !(q[0] > 0)) return false;
    const double first[P] = { -q[1] / (2 * q[0]), -q[2] / (2 * q[0]), q[0], MIDDLE, MIDDLE };
    memcpy(p, first, sizeof first);
    return true;
}

/* Not further from the sizes than they span. */
static bool in_reach(const centred *t, const double p[P]) {
    const double span = t->hi - t->lo;
    return p[LL_SHARED_LN_N0] > t->lo - span && p[LL_SHARED_LN_N0] < t->hi + span;
}

/* The parameters that may move: none that is pressed against a bound, and alpha and beta only where rows are left. */
static int movable(const centred *t, const double p[P], int64_t left, int which[P], double g[P]) {
    int n = 0;
    for (int j = 0; j < (left < P + 3 ? LL_SHARED_ALPHA : P); j++) {
        g[n] = ll_dot(t->J[j], t->e, t->rows->n);
        if ((p[j] <= LEAST[j] && g[n] <= 0) || (p[j] >= MOST[j] && g[n] >= 0)) continue;
        which[n++] = j;
    }
    return n;
}

/* How many parameters the rows tell: the trace of (A + Lambda)^-1 A, A the normal matrix over the noise. Of one
 * that may be anything within its bounds the prior is as wide as these are, so that valleys which say next to
 * nothing of alpha and beta lose no freedom to them. */
static double taken(const centred *t, int n, const int which[P], double sum, double rows) {
    enum { ROUNDS = 4 };
    double A[P * P], lambda[P], column[P], x[P], trace = n;
    for (int j = 0; j < n; j++)
        for (int k = 0; k < n; k++) A[j * n + k] = ll_dot(t->J[which[j]], t->J[which[k]], t->rows->n);
    for (int round = 0; round < ROUNDS; round++) {
        const double variance = sum / fmax(1, rows - trace);
        double next = 0;
        for (int j = 0; j < n; j++) {
            const double range = which[j] < LL_SHARED_ALPHA ? INFINITY : MOST[which[j]] - LEAST[which[j]];
            lambda[j] = 12 * variance / (range * range);
        }
        for (int j = 0; j < n; j++) {
            for (int k = 0; k < n; k++) column[k] = A[k * n + j];
            if (!ll_cholesky_solve(n, A, lambda, column, x)) return n;
            next += x[j];
        }
        trace = next;
    }
    return trace;
}

static void swap(centred *t) {
    double *e = t->e;
    t->e = t->try_e;
    t->try_e = e;
    for (int j = 0; j < P; j++) {
        double *J = t->J[j];
        t->J[j] = t->try_J[j];
        t->try_J[j] = J;
    }
}

/* One step down of Levenberg and Marquardt; false when there is none. */
static bool step(centred *t, int n, const int which[P], const double g[P], double p[P], double *sum, double *mu) {
    enum { TRIES = 12 };
    double A[P * P], ridge[P], move[P], to[P];
    for (int j = 0; j < n; j++)
        for (int k = 0; k < n; k++) A[j * n + k] = ll_dot(t->J[which[j]], t->J[which[k]], t->rows->n);
    for (int tries = 0; tries < TRIES; tries++, *mu = 10 * *mu + 1e-8) {
        for (int j = 0; j < n; j++) ridge[j] = *mu * A[j * n + j];
        if (!ll_cholesky_solve(n, A, ridge, g, move)) continue;
        memcpy(to, p, sizeof to);
        for (int j = 0; j < n; j++) to[which[j]] = bounded(which[j], to[which[j]] + move[j]);
        if (!(to[LL_SHARED_CURVATURE] > 0)) continue;
        const double there = at(t, to, t->try_e, t->try_J);
        if (!(there <= *sum)) continue;
        memcpy(p, to, sizeof to);
        *sum = there;
        *mu /= 10;
        swap(t);
        return true;
    }
    return false;
}

bool ll_shared_valley_fit(ll_shared_valley *v, const ll_shared_rows *rows, double *residual, double *room) {
    enum { STEPS = 100 };
    centred t;
    double g[P], mu = 1e-4, before = INFINITY;
    int which[P], n = 0;
    *v = (ll_shared_valley) { .n_used = lay_out(&t, rows, room) };
    if (!start(&t, v->p) || !in_reach(&t, v->p)) return false;
    v->p[LL_SHARED_LN_N0] = fmin(fmax(v->p[LL_SHARED_LN_N0], t.lo), t.hi);
    v->p[LL_SHARED_A] = bounded(LL_SHARED_A, v->p[LL_SHARED_A]);
    v->sum = at(&t, v->p, t.e, t.J);
    for (int k = 0; k < STEPS && before - v->sum > 1e-10 * v->sum; k++) {
        n = movable(&t, v->p, v->n_used - rows->n_budgets, which, g);
        before = v->sum;
        if (!step(&t, n, which, g, v->p, &v->sum, &mu)) break;
    }
    if (!in_reach(&t, v->p)) return false;
    v->n_free = (double)rows->n_budgets + taken(&t, n, which, v->sum, (double)(v->n_used - rows->n_budgets));
    for (int j = 0; j < n; j++) v->free |= 1u << which[j];
    v->ln_c0 = t.c0;
    v->p[LL_SHARED_LN_N0] += t.x0;
    v->lo = t.lo + t.x0;
    v->hi = t.hi + t.x0;
    if (residual) memcpy(residual, t.e, (size_t)rows->n * sizeof *residual);
    return true;
}

/* Adds column v to the k of basis; how many there are then. */
static int add(double *v, double *basis, int k, int64_t n) {
    memmove(basis + k * n, v, (size_t)n * sizeof *v);
    return k + ll_orthonormal_add(basis + k * n, basis, k, n);
}

/* The slopes that a bottom of its own would give each budget, beyond what the valley's parameters do already. */
ll_shared_scatter ll_shared_valley_scatter(const ll_shared_valley *v, const ll_shared_rows *rows, double *room) {
    const int64_t n = rows->n;
    const double freedom = (double)v->n_used - v->n_free;
    ll_shared_scatter s = { .p = NAN, .freedom = 0, .variance = v->sum / freedom };
    centred t;
    double p[P], sum = 0;
    int k = 0, known;
    memcpy(p, v->p, sizeof p);
    lay_out(&t, rows, room);
    p[LL_SHARED_LN_N0] -= t.x0;
    at(&t, p, t.e, t.J);
    double *basis = room + ll_shared_valley_room(rows), *column = t.try_e;
    for (int j = 0; j < P; j++)
        if (j < LL_SHARED_ALPHA || v->free >> j & 1) k = add(t.J[j], basis, k, n);
    known = k;
    for (int64_t b = 0; b < rows->n_budgets; b++) {
        for (int64_t i = 0; i < n; i++) column[i] = rows->budget[i] == b ? t.J[LL_SHARED_LN_N0][i] : 0;
        k = add(column, basis, k, n);
    }
    for (int j = known; j < k; j++) sum += pow(ll_dot(t.e, basis + j * n, n), 2);
    s.freedom = k - known;
    const double left = freedom - (double)s.freedom, noise = (v->sum - sum) / left;
    if (s.freedom < 1 || left < 1) return s;
    s.variance = sum / (double)s.freedom;
    s.p = 1 - ll_fisher_cdf(s.variance / noise, (double)s.freedom, left);
    return s;
}
