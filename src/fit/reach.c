#include "fit/reach.h"

#include <math.h>
#include <stdlib.h>

#include "stat/quantile.h"

/* C of each row [n] into C; false where it cannot be had. */
static bool compute(const ll_fit *fit, double *C) {
    const double *const *x = fit->data.x;
    const double *given = x[LL_VAR_C] ? x[LL_VAR_C] : x[LL_VAR_N] && x[LL_VAR_D] ? NULL : x[LL_VAR_X];
    if (!given && !(x[LL_VAR_N] && x[LL_VAR_D])) return false;
    for (int64_t i = 0; i < fit->n; i++) {
        C[i] = given ? given[i] : 6 * x[LL_VAR_N][i] * x[LL_VAR_D][i];
        if (!(C[i] > 0 && isfinite(C[i]))) return false;
    }
    return true;
}

/* x at C = target on the line of ln x against ln C; halves of a step of C where there is no line. */
static double follow(const double *x, const double *C, int64_t n, double target) {
    double mc = 0, mx = 0, cc = 0, cx = 0;
    for (int64_t i = 0; i < n; i++) mc += log(C[i]) / (double)n, mx += log(x[i]) / (double)n;
    for (int64_t i = 0; i < n; i++) {
        double d = log(C[i]) - mc;
        cc += d * d;
        cx += d * (log(x[i]) - mx);
    }
    double slope = cc > 1e-6 * (double)n ? cx / cc : 0.5;
    return exp(mx + slope * (log(target) - mc));
}

typedef struct place {
    const ll_law *law;
    const double *x;
} place;

static double loss_at(const double *params, const void *ctx) {
    const place *p = ctx;
    return p->law->eval(params, p->x);
}

double ll_reach_loss_at(const ll_reach *r, const ll_fit *fit, const double *params) {
    return fit->law->eval(params, r->x);
}

/* The sum of the squared changes that the rows of C up to `to` and above `from` bring. */
static double part(const ll_reach *r, const double *C, int64_t n, double from, double to) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        if (C[i] > from && C[i] <= to) sum += r->influence[i] * r->influence[i];
    return sum;
}

static ll_status lean(ll_reach *r, const ll_fit *fit, double *C, ll_error *err) {
    double *sorted = malloc((size_t)fit->n * sizeof *sorted);
    r->influence = malloc((size_t)fit->n * sizeof *r->influence);
    if (!sorted || !r->influence) {
        free(sorted);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)fit->n);
    }
    for (int64_t i = 0; i < fit->n; i++) {
        double without = ll_reach_loss_at(r, fit, fit->left_out + i * fit->law->n_params);
        r->influence[i] = (without - r->loss.value) / r->loss.se;
        sorted[i] = C[i];
    }
    ll_sort(sorted, fit->n);
    double all = part(r, C, fit->n, 0, INFINITY), from = 0;
    for (int k = 0; k < LL_REACH_PARTS; k++) {
        double to = k + 1 < LL_REACH_PARTS ? ll_quantile(sorted, fit->n, (k + 1.0) / LL_REACH_PARTS) : INFINITY;
        r->share[k] = part(r, C, fit->n, from, to) / all;
        from = to;
    }
    free(sorted);
    return LL_OK;
}

static ll_status look(ll_reach *r, const ll_fit *fit, double *C, double target, ll_error *err) {
    if (!compute(fit, C))
        return LL_FAIL(err, LL_EINPUT, "these runs have no FLOPs, nor the two that they follow from: no target");
    r->lo = INFINITY;
    for (int64_t i = 0; i < fit->n; i++) r->lo = fmin(r->lo, C[i]), r->hi = fmax(r->hi, C[i]);
    r->target = target > 0 ? target : LL_REACH_FACTOR * r->hi;
    r->factor = r->target / r->hi;
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (fit->law->vars >> v & 1) r->x[v] = follow(fit->data.x[v], C, fit->n, r->target);
    r->loss = ll_fit_derived(fit, loss_at, &(place) { fit->law, r->x });
    for (int k = 0; k < LL_REACH_PARTS; k++) r->share[k] = NAN;
    return fit->left_out && r->loss.se > 0 ? lean(r, fit, C, err) : LL_OK;
}

ll_status ll_reach_new(ll_reach *r, const ll_fit *fit, double target, ll_error *err) {
    *r = (ll_reach) { 0 };
    double *C = malloc((size_t)fit->n * sizeof *C);
    if (!C) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)fit->n);
    ll_status s = look(r, fit, C, target, err);
    free(C);
    if (s != LL_OK) ll_reach_free(r);
    return s;
}

void ll_reach_free(ll_reach *r) {
    free(r->influence);
    *r = (ll_reach) { 0 };
}
