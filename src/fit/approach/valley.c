#include "fit/approach/valley.h"

#include <math.h>
#include <stdlib.h>

#include "fit/approach/choose.h"
#include "stat/solve.h"

enum { SIZES = 3 };

static double weight(const ll_valley_runs *r, int64_t i) {
    return r->weight ? r->weight[r->row[i]] : 1;
}

/* Sizes 2 % apart, counted no further than a parabola needs. */
static bool enough_sizes(const ll_valley_runs *r) {
    double seen[SIZES];
    int n = 0;
    for (int64_t i = 0; i < r->n && n < SIZES; i++) {
        double ln_n = r->ln_n[r->row[i]];
        bool known = !(weight(r, i) > 0);
        for (int k = 0; k < n; k++) known = known || fabs(ln_n - seen[k]) < log(1.02);
        if (!known) seen[n++] = ln_n;
    }
    return n == SIZES;
}

static void normal_matrix(const ll_valley_runs *r, double centre, double A[9]) {
    for (int k = 0; k < 9; k++) A[k] = 0;
    for (int64_t i = 0; i < r->n; i++) {
        double u = r->ln_n[r->row[i]] - centre, basis[3] = { 1, u, u * u };
        for (int k = 0; k < 9; k++) A[k] += weight(r, i) * basis[k / 3] * basis[k % 3];
    }
}

/* Weighted least squares of loss = c0 + c1 u + c2 u^2, u = ln N - centre. */
static bool parabola(const ll_valley_runs *r, double centre, double c[3]) {
    double A[9], b[3] = { 0 };
    normal_matrix(r, centre, A);
    for (int64_t i = 0; i < r->n; i++) {
        double u = r->ln_n[r->row[i]] - centre, wy = weight(r, i) * r->loss[r->row[i]];
        b[0] += wy;
        b[1] += wy * u;
        b[2] += wy * u * u;
    }
    return ll_cholesky_solve(3, A, NULL, b, c);
}

bool ll_valley_fit(ll_valley *v, const ll_valley_runs *r) {
    double centre = 0, ln_c = 0, sum = 0, lo = INFINITY, hi = -INFINITY, c[3];
    if (!enough_sizes(r)) return false;
    for (int64_t i = 0; i < r->n; i++) {
        double ln_n = r->ln_n[r->row[i]], w = weight(r, i);
        if (!(w > 0)) continue;
        sum += w;
        centre += w * ln_n;
        ln_c += w * r->ln_c[r->row[i]];
        lo = fmin(lo, ln_n);
        hi = fmax(hi, ln_n);
    }
    centre /= sum;
    if (!parabola(r, centre, c)) return false;
    *v = (ll_valley) {
        .flops = exp(ln_c / sum),
        .n = r->n,
        .curvature = c[2],
    };
    double bottom = -c[1] / (2 * c[2]), reach = hi - lo;
    v->concave = !(c[2] * reach * reach > 1e-12 * fabs(c[0])); /* a plane but for rounding has no bottom either */
    if (!(centre + bottom > lo - reach && centre + bottom < hi + reach)) v->concave = true;
    if (v->concave) bottom = NAN;
    v->n_opt = exp(centre + bottom);
    v->loss_min = c[0] + 0.5 * c[1] * bottom;
    v->edge = !v->concave && (centre + bottom < lo || centre + bottom > hi);
    return true;
}

ll_status ll_valleys_find(ll_valley **out, int *n, const ll_univariate_data *d, ll_error *err) {
    ll_groups g;
    *out = NULL;
    *n = 0;
    LL_TRY(ll_groups_new(&g, d->flops, d->n, err));
    double *ln_n = malloc((size_t)(d->n + 1) * 2 * sizeof *ln_n), *ln_c = ln_n ? ln_n + d->n : NULL;
    *out = calloc((size_t)g.n_groups + 1, sizeof **out);
    bool ok = ln_n && *out;
    for (int64_t i = 0; ok && i < d->n; i++) ln_n[i] = log(d->params[i]), ln_c[i] = log(d->flops[i]);
    for (int64_t k = 0; ok && k < g.n_groups; k++) {
        ll_valley_runs runs = {
            .n = g.start[k + 1] - g.start[k], .row = g.row + g.start[k], .ln_n = ln_n, .ln_c = ln_c, .loss = d->loss
        };
        *n += ll_valley_fit(&(*out)[*n], &runs);
    }
    free(ln_n);
    ll_groups_free(&g);
    return ok ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for the valleys");
}
