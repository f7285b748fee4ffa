#include "fit/observational/share_sigmoid.h"

#include <math.h>
#include <string.h>

#include "stat/solve.h"

enum { P_MOST = LL_COMPONENTS_MOST + 1 };

double ll_sigmoid_index(const ll_sigmoid *f, const double *s) {
    double index = f->a;
    for (int j = 0; j < f->k; j++) index += f->b[j] * s[j];
    return index;
}

double ll_sigmoid_at(const ll_sigmoid *f, const double *s) {
    return f->floor + (f->ceiling - f->floor) / (1 + exp(-ll_sigmoid_index(f, s)));
}

/* The weight of a row; 0: it is left out. */
static double weight_of(const ll_sigmoid_rows *r, int64_t i) {
    if (isnan(r->y[i])) return 0;
    for (int j = 0; j < r->k; j++)
        if (!isfinite(r->S[i * r->k + j])) return 0;
    return r->w ? r->w[i] : 1;
}

/* Normal equations of rows whose derivative by the index is slope, and what is left of each is off. */
typedef struct normal {
    double A[P_MOST * P_MOST], g[P_MOST];
} normal;

static void add_row(normal *e, const ll_sigmoid_rows *r, int64_t i, double w, double slope, double off) {
    double d[P_MOST] = { slope };
    for (int j = 0; j < r->k; j++) d[j + 1] = slope * r->S[i * r->k + j];
    for (int p = 0; p <= r->k; p++) {
        e->g[p] += w * d[p] * off;
        for (int q = 0; q <= p; q++) e->A[p * (r->k + 1) + q] += w * d[p] * d[q];
    }
}

static bool solve(const normal *e, int p, double damping, double *step) {
    double ridge[P_MOST];
    for (int j = 0; j < p; j++) ridge[j] = damping * e->A[j * p + j] + 1e-12;
    return ll_cholesky_solve(p, e->A, ridge, e->g, step);
}

/* Least squares of the scores' own logits, held away from the ends. */
static bool begin(ll_sigmoid *f, const ll_sigmoid_rows *r) {
    normal e = { 0 };
    double step[P_MOST];
    for (int64_t i = 0; i < r->n; i++) {
        const double w = weight_of(r, i);
        if (!(w > 0)) continue;
        const double u = fmin(fmax((r->y[i] - f->floor) / (f->ceiling - f->floor), 0.02), 0.98);
        add_row(&e, r, i, w, 1, log(u / (1 - u)));
    }
    if (!solve(&e, r->k + 1, 1e-9, step)) return false;
    f->a = step[0];
    memcpy(f->b, step + 1, (size_t)r->k * sizeof *f->b);
    return true;
}

static double equations(const ll_sigmoid *f, const ll_sigmoid_rows *r, normal *e) {
    double rss = 0;
    *e = (normal) { 0 };
    for (int64_t i = 0; i < r->n; i++) {
        const double w = weight_of(r, i);
        if (!(w > 0)) continue;
        const double y = ll_sigmoid_at(f, r->S + i * r->k), off = r->y[i] - y;
        rss += w * off * off;
        add_row(e, r, i, w, (y - f->floor) * (f->ceiling - y) / (f->ceiling - f->floor), off);
    }
    return rss;
}

static ll_sigmoid moved(const ll_sigmoid *f, const double *step) {
    ll_sigmoid to = *f;
    to.a += step[0];
    for (int j = 0; j < f->k; j++) to.b[j] += step[j + 1];
    return to;
}

static void descend(ll_sigmoid *f, const ll_sigmoid_rows *r) {
    enum { STEPS = 60 };
    normal e, next;
    double damping = 1e-3, step[P_MOST];
    f->rss = equations(f, r, &e);
    for (int i = 0; i < STEPS && damping < 1e9; i++) {
        if (!solve(&e, r->k + 1, damping, step)) return;
        ll_sigmoid to = moved(f, step);
        to.rss = equations(&to, r, &next);
        const double gain = f->rss - to.rss;
        if (!(gain > 0)) {
            damping *= 10;
            continue;
        }
        *f = to, e = next, damping /= 5;
        if (gain < 1e-10 * f->rss) return;
    }
}

bool ll_sigmoid_fit(ll_sigmoid *f, const ll_sigmoid_rows *r, double floor) {
    enum { CEILINGS = 11 };
    int64_t rows = 0;
    for (int64_t i = 0; i < r->n; i++) rows += weight_of(r, i) > 0;
    *f = (ll_sigmoid) { .rss = INFINITY };
    if (rows < r->k + 2) return false;
    for (int c = 0; c < CEILINGS; c++) {
        ll_sigmoid t = { .k = r->k, .floor = floor, .ceiling = 1 - 0.2 * c / (CEILINGS - 1), .n = rows };
        if (!begin(&t, r)) continue;
        descend(&t, r);
        if (t.rss < f->rss) *f = t;
    }
    return isfinite(f->rss);
}
