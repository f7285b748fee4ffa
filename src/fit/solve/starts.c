#include "fit/solve/starts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stat/lanes.h"
#include "stat/solve.h"

enum { MAX_ROWS = 2000, HALTON_MIN = 96, HALTON_MAX = 4000, HALTON_ROWS = 1000000 };
enum { FEWEST = 8, STARTS_A_DESCENT = 12 }; /* of few starts few are descended from */

static void keep(ll_starts *s, const double *theta, int p, double value) {
    if (!isfinite(value) || (s->n == s->room && value >= s->value[s->n - 1])) return;
    int at = s->n < s->room ? s->n++ : s->n - 1;
    for (; at > 0 && s->value[at - 1] > value; at--) {
        s->value[at] = s->value[at - 1];
        memcpy(s->theta[at], s->theta[at - 1], (size_t)p * sizeof *theta);
    }
    s->value[at] = value;
    memcpy(s->theta[at], theta, (size_t)p * sizeof *theta);
}

/* ---- laws that are sums of terms ---- */

/* Term k at exponent value v is column [k][v] of basis / loss, so that the target is 1 in every row; where losses may
 * lie below zero they are taken as they are. */
typedef struct grid {
    const ll_problem *q;
    int64_t n; /* rows used: all, or MAX_ROWS evenly spaced */
    int K, size[LL_LAW_MAX_TERMS], stride[LL_LAW_MAX_TERMS], points;
    double *exponent[LL_LAW_MAX_TERMS];  /* [size] */
    double *column[LL_LAW_MAX_TERMS];    /* [size][n], times the square root of the weight */
    double centre[LL_LAW_MAX_TERMS];     /* mean ln x, taken out of the columns */
    double *root_w, *target;             /* [n] square root of the weight; what the columns are to add up to */
    double *of_target[LL_LAW_MAX_TERMS]; /* [size] products of columns with target */
    double *of_pair[LL_LAW_MAX_TERMS][LL_LAW_MAX_TERMS]; /* k <= j: [size k][size j], of columns with columns */
    double *block, *theta, *value; /* theta [points][p], value [points]; block owns everything */
} grid;

static bool is_free(const ll_problem *q, int j) {
    return q->lo[j] < q->hi[j];
}

static void measure(grid *g, int64_t n_starts) {
    const ll_law *law = g->q->law;
    int searched = 0;
    for (int k = 0; k < g->K; k++) searched += law->terms[k].exponent >= 0 && is_free(g->q, law->terms[k].exponent);
    double wanted = (double)(n_starts ? n_starts : LL_STARTS_GRID);
    int side = searched ? (int)ceil(pow(wanted, 1.0 / searched) - 1e-9) : 1;
    if (searched == 1 && side > 500) side = 500; /* one exponent needs no finer grid */
    g->points = 1;
    for (int k = 0; k < g->K; k++) {
        int e = law->terms[k].exponent;
        g->size[k] = e >= 0 && is_free(g->q, e) ? (side > 1 ? side : 2) : 1;
        g->stride[k] = g->points;
        g->points *= g->size[k];
    }
}

static ll_status allocate(grid *g, ll_error *err) {
    size_t total = 2 * (size_t)g->n + (size_t)g->points * (size_t)(g->q->p + 1);
    for (int k = 0; k < g->K; k++) {
        total += (size_t)g->size[k] * (size_t)(g->n + 2);
        for (int j = k; j < g->K; j++) total += (size_t)(g->size[k] * g->size[j]);
    }
    double *at = g->block = calloc(total, sizeof *at);
    if (!at) return LL_FAIL(err, LL_ENOMEM, "out of memory for %d starts", g->points);
    g->root_w = at;
    at += g->n;
    g->target = at;
    at += g->n;
    g->value = at;
    at += g->points;
    g->theta = at;
    at += (int64_t)g->points * g->q->p;
    for (int k = 0; k < g->K; k++) {
        g->exponent[k] = at;
        at += g->size[k];
        g->column[k] = at;
        at += g->size[k] * g->n;
        g->of_target[k] = at;
        at += g->size[k];
        for (int j = k; j < g->K; j++) {
            g->of_pair[k][j] = at;
            at += g->size[k] * g->size[j];
        }
    }
    return LL_OK;
}

/* The i-th of the rows that starts are tried on, evenly spaced among all. */
static int64_t row_of(const grid *g, int64_t i) {
    return i * g->q->rows->n / g->n;
}

/* Exponents from 0.02 to 2 in equal ratios. */
static void fill(grid *g) {
    const ll_problem *q = g->q;
    const ll_rows *r = q->rows;
    const bool absolute = q->law->below_zero;
    for (int64_t i = 0; i < g->n; i++) {
        g->root_w[i] = sqrt(r->w[row_of(g, i)]);
        g->target[i] = g->root_w[i] * (absolute ? r->y[row_of(g, i)] : 1);
    }
    for (int k = 0; k < g->K; k++) {
        const ll_law_term *t = &q->law->terms[k];
        if (t->exponent >= 0)
            for (int64_t i = 0; i < g->n; i++) g->centre[k] += r->lnx[t->var][row_of(g, i)] / (double)g->n;
        for (int v = 0; v < g->size[k]; v++) {
            double e = t->exponent < 0  ? 0
                       : g->size[k] > 1 ? 0.02 * pow(100, v / (double)(g->size[k] - 1))
                                        : q->lo[t->exponent];
            g->exponent[k][v] = e;
            for (int64_t i = 0; i < g->n; i++) {
                const double y = r->y[row_of(g, i)], inverse = absolute ? 1 : q->log_scale ? exp(-y) : 1 / y;
                g->column[k][v * g->n + i] =
                    g->root_w[i] * inverse * (t->less ? -1 : 1) *
                    exp(-e * (r->lnx[t->var][row_of(g, i)] * (t->exponent >= 0) - g->centre[k]));
            }
        }
    }
}

/* [v][u] is column v of some with column u of others, each [n]; column v with itself where they are one term's. */
LL_WIDE static void multiply(double *out, const double *some, int n_some, const double *others, int n_others,
                             int64_t n) {
    for (int v = 0; v < n_some; v++)
        for (int u = some == others ? v : 0; u < (some == others ? v + 1 : n_others); u++) {
            ll_lanes sum = { 0 };
            for (int64_t i = 0; i < n; i += LL_LANES_N)
                sum += ll_lanes_some(some + v * n, i, n, 0) * ll_lanes_some(others + u * n, i, n, 0);
            out[v * n_others + u] = ll_lanes_sum(sum);
        }
}

static void multiply_all(grid *g) {
    for (int k = 0; k < g->K; k++) {
        multiply(g->of_target[k], g->column[k], g->size[k], g->target, 1, g->n);
        for (int j = k; j < g->K; j++)
            multiply(g->of_pair[k][j], g->column[k], g->size[k], g->column[j], g->size[j], g->n);
    }
}

static double product(const grid *g, int k, int j, const int *v) {
    return k <= j ? g->of_pair[k][j][v[k] * g->size[j] + v[j]] : product(g, j, k, v);
}

/* Solves the free coefficients at one point, v [K] in each term's grid, in least squares of the target; c [K] in units
 * of the columns. */
static void solve_point(const grid *g, const int *v, double *c) {
    const ll_problem *q = g->q;
    double G[LL_NNLS_MAX * LL_NNLS_MAX], h[LL_NNLS_MAX], x[LL_NNLS_MAX];
    int at[LL_LAW_MAX_TERMS], n = 0;
    for (int k = 0; k < g->K; k++) {
        int j = q->law->terms[k].coef;
        if (is_free(q, j)) at[n++] = k;
        else c[k] = exp(q->lo[j] - g->exponent[k][v[k]] * g->centre[k]);
    }
    for (int a = 0; a < n; a++) {
        for (int b = 0; b <= a; b++) G[a * n + b] = G[b * n + a] = product(g, at[a], at[b], v);
        h[a] = g->of_target[at[a]][v[at[a]]];
        for (int k = 0; k < g->K; k++)
            if (!is_free(q, q->law->terms[k].coef)) h[a] -= product(g, at[a], k, v) * c[k];
    }
    if (n) ll_nnls(n, G, h, x);
    for (int a = 0; a < n; a++) c[at[a]] = x[a];
}

/* The objective over the grid's rows, residuals on the log scale where there is one: good enough to rank starts. A row
 * without weight has nothing in its columns. */
LL_WIDE static double rank_value(const grid *g, const double *const *col, const double *c) {
    const double delta = fmax(g->q->delta, 1e-6);
    const bool absolute = g->q->law->below_zero;
    const int64_t n = g->n;
    ll_lanes sum = { 0 };
    for (int64_t i = 0; i < n; i += LL_LANES_N) {
        const ll_lanes w = ll_lanes_some(g->root_w, i, n, 0);
        ll_lanes S = { 0 };
        for (int k = 0; k < g->K; k++) S += c[k] * ll_lanes_some(col[k], i, n, 0);
        const ll_lanes off = absolute ? (S - ll_lanes_some(g->target, i, n, 0)) / w : ll_lanes_log(S / w);
        const ll_lanes a = ll_lanes_abs(off);
        sum += ll_lanes_if(w > 0, w * w * ll_lanes_if(a <= delta, 0.5 * a * a, delta * (a - 0.5 * delta)),
                           ll_lanes_of(0));
    }
    return ll_lanes_sum(sum);
}

static void try_point(grid *g, int point) {
    const ll_problem *q = g->q;
    const double *col[LL_LAW_MAX_TERMS];
    double c[LL_LAW_MAX_TERMS], largest = 0;
    int v[LL_LAW_MAX_TERMS];
    double *theta = g->theta + (int64_t)point * q->p;
    for (int k = 0; k < g->K; k++) {
        v[k] = point / g->stride[k] % g->size[k];
        col[k] = g->column[k] + v[k] * g->n;
    }
    solve_point(g, v, c);
    for (int k = 0; k < g->K; k++) largest = fmax(largest, c[k]);
    for (int k = 0; k < g->K; k++) {
        const ll_law_term *t = &q->law->terms[k];
        const double exponent = g->exponent[k][v[k]];
        if (t->exponent >= 0) theta[t->exponent] = exponent;
        /* a term at zero starts small instead: from minus infinity there is no way back */
        double at = log(fmax(c[k], 1e-3 * largest)) + exponent * g->centre[k];
        theta[t->coef] = fmin(fmax(at, q->lo[t->coef]), q->hi[t->coef]);
    }
    g->value[point] = rank_value(g, col, c);
}

/* No neighbour along any axis is better. */
static bool is_valley(const grid *g, int point) {
    for (int k = 0; k < g->K; k++) {
        int v = point / g->stride[k] % g->size[k];
        if (v > 0 && g->value[point - g->stride[k]] < g->value[point]) return false;
        if (v + 1 < g->size[k] && g->value[point + g->stride[k]] < g->value[point]) return false;
    }
    return true;
}

static ll_status from_grid(ll_starts *out, const ll_problem *q, int64_t n_starts, ll_error *err) {
    grid g = { .q = q, .n = q->rows->n > MAX_ROWS ? MAX_ROWS : q->rows->n, .K = q->law->n_terms };
    measure(&g, n_starts);
    LL_TRY(allocate(&g, err));
    fill(&g);
    multiply_all(&g);
    for (int i = 0; i < g.points; i++) try_point(&g, i);
    for (int i = 0; i < g.points; i++)
        if (is_valley(&g, i)) keep(out, g.theta + (int64_t)i * q->p, q->p, g.value[i]);
    int valleys = out->n; /* a quarter of the room goes to the best of the rest */
    for (int i = 0; i < g.points && valleys < 3 * out->room / 4; i++)
        if (!is_valley(&g, i)) keep(out, g.theta + (int64_t)i * q->p, q->p, g.value[i]);
    out->tried = g.points;
    free(g.block);
    return LL_OK;
}

/* ---- any other law ---- */

static double halton(int64_t i, int base) {
    double f = 1, r = 0;
    for (; i > 0; i /= base) r += (f /= base) * (double)(i % base);
    return r;
}

static ll_law_range range_of(const ll_problem *q) {
    const ll_rows *r = q->rows;
    ll_law_range range = { .loss_lo = INFINITY };
    for (int64_t i = 0; i < r->n; i++) {
        double loss = q->log_scale ? exp(r->y[i]) : r->y[i];
        range.loss_lo = fmin(range.loss_lo, loss);
        range.loss_hi = fmax(range.loss_hi, loss);
        for (int v = 0; v < LL_VAR_COUNT; v++) {
            range.lo[v] = i ? fmin(range.lo[v], r->x[v][i]) : r->x[v][i];
            range.hi[v] = fmax(range.hi[v], r->x[v][i]);
        }
    }
    return range;
}

/* Exponents in equal ratios from 0.02 to 1; logarithms over the middle of their bounds. */
static void middle_of_bounds(const ll_problem *q, const double *u, double *theta) {
    for (int j = 0; j < q->p; j++) {
        double lo = q->lo[j], hi = q->hi[j];
        double at = q->law->params[j].log ? lo + (hi - lo) * (0.2 + 0.6 * u[j]) : 0.02 * pow(50, u[j]);
        theta[j] = fmin(fmax(at, lo), hi);
    }
}

/* As many as a million evaluations allow, unless the number is given. */
static void from_box(ll_starts *out, const ll_problem *q, int64_t n_starts) {
    static const int primes[P_MAX] = { 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53 };
    ll_law_range range = range_of(q);
    int64_t wanted = HALTON_ROWS / q->rows->n;
    if (wanted > HALTON_MAX) wanted = HALTON_MAX;
    if (wanted < HALTON_MIN) wanted = HALTON_MIN;
    out->tried = n_starts ? n_starts : wanted;
    for (int64_t i = 0; i < out->tried; i++) {
        double theta[P_MAX], u[P_MAX], params[P_MAX];
        for (int j = 0; j < q->p; j++) u[j] = halton(i + 1, primes[j]);
        middle_of_bounds(q, u, theta);
        if (q->law->start) {
            q->law->start(&range, u, params);
            ll_problem_theta(q, params, theta);
        }
        keep(out, theta, q->p, ll_problem_eval(q, theta, NULL, NULL));
    }
}

ll_status ll_starts_find(ll_starts *out, const ll_problem *q, int64_t n_starts, ll_error *err) {
    const int64_t share = n_starts / STARTS_A_DESCENT;
    out->n = 0;
    out->room = !n_starts || share > LL_STARTS_KEEP ? LL_STARTS_KEEP : share > FEWEST ? (int)share : FEWEST;
    if (q->law->n_terms) return from_grid(out, q, n_starts, err);
    from_box(out, q, n_starts);
    return LL_OK;
}
