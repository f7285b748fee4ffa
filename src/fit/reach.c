#include "fit/reach.h"

#include <math.h>
#include <stdlib.h>

#include "stat/quantile.h"

/* C of each row, or what stands for it; false where there is neither. */
static bool compute(ll_reach *r, const ll_fit *fit) {
    const double *const *x = fit->data.x;
    const bool product = x[LL_VAR_N] && x[LL_VAR_D];
    const double *given = x[LL_VAR_C] ? x[LL_VAR_C] : product ? NULL : x[LL_VAR_X];
    if (!given && !product) return false;
    r->axis = given && given == x[LL_VAR_X] && given != x[LL_VAR_C] ? "x" : "C";
    for (int64_t i = 0; i < fit->n; i++) {
        r->C[i] = given ? given[i] : 6 * x[LL_VAR_N][i] * x[LL_VAR_D][i];
        if (!(r->C[i] > 0 && isfinite(r->C[i]))) return false;
    }
    return true;
}

/* The line of ln x against ln C; one of halves where the runs have one C. */
static void lay_path(ll_reach *r, ll_var v, const double *x, int64_t n) {
    double mc = 0, mx = 0, cc = 0, cx = 0;
    for (int64_t i = 0; i < n; i++) mc += log(r->C[i]) / (double)n, mx += log(x[i]) / (double)n;
    for (int64_t i = 0; i < n; i++) {
        double d = log(r->C[i]) - mc;
        cc += d * d;
        cx += d * (log(x[i]) - mx);
    }
    r->path[v].slope = cc > 1e-6 * (double)n ? cx / cc : 0.5;
    r->path[v].at = mx - r->path[v].slope * mc;
}

void ll_reach_point(const ll_reach *r, const ll_law *law, double C, double *x) {
    for (int v = 0; v < LL_VAR_COUNT; v++)
        x[v] = law->vars >> v & 1 ? exp(r->path[v].at + r->path[v].slope * log(C)) : 0;
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
static double part(const ll_reach *r, int64_t n, double from, double to) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        if (r->C[i] > from && r->C[i] <= to) sum += r->influence[i] * r->influence[i];
    return sum;
}

static ll_status lean(ll_reach *r, const ll_fit *fit, ll_error *err) {
    double *sorted = malloc((size_t)fit->n * sizeof *sorted);
    r->influence = malloc((size_t)fit->n * sizeof *r->influence);
    if (!sorted || !r->influence) {
        free(sorted);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)fit->n);
    }
    for (int64_t i = 0; i < fit->n; i++) {
        double without = ll_reach_loss_at(r, fit, fit->left_out + i * fit->law->n_params);
        r->influence[i] = (without - r->loss.value) / r->loss.se;
        sorted[i] = r->C[i];
    }
    ll_sort(sorted, fit->n);
    double all = part(r, fit->n, 0, INFINITY), from = 0;
    for (int k = 0; k < LL_REACH_PARTS; k++) {
        double to = k + 1 < LL_REACH_PARTS ? ll_quantile(sorted, fit->n, (k + 1.0) / LL_REACH_PARTS) : INFINITY;
        r->share[k] = part(r, fit->n, from, to) / all;
        from = to;
    }
    free(sorted);
    return LL_OK;
}

static ll_status look(ll_reach *r, const ll_fit *fit, double target, ll_error *err) {
    if (!compute(r, fit) || (target > 0 && *r->axis != 'C'))
        return LL_FAIL(err, LL_EINPUT, "these runs have no FLOPs, nor the two that they follow from: no target");
    r->lo = INFINITY;
    for (int64_t i = 0; i < fit->n; i++) r->lo = fmin(r->lo, r->C[i]), r->hi = fmax(r->hi, r->C[i]);
    r->target = target > 0 ? target : LL_REACH_FACTOR * r->hi;
    r->factor = r->target / r->hi;
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (fit->law->vars >> v & 1) lay_path(r, (ll_var)v, fit->data.x[v], fit->n);
    ll_reach_point(r, fit->law, r->target, r->x);
    r->loss = ll_fit_derived(fit, loss_at, &(place) { fit->law, r->x });
    for (int k = 0; k < LL_REACH_PARTS; k++) r->share[k] = NAN;
    return fit->left_out && r->loss.se > 0 ? lean(r, fit, err) : LL_OK;
}

ll_status ll_reach_new(ll_reach *r, const ll_fit *fit, double target, ll_error *err) {
    *r = (ll_reach) { .C = malloc((size_t)fit->n * sizeof *r->C) };
    ll_status s = r->C ? look(r, fit, target, err)
                       : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)fit->n);
    if (s != LL_OK) ll_reach_free(r);
    return s;
}

void ll_reach_free(ll_reach *r) {
    free(r->C);
    free(r->influence);
    *r = (ll_reach) { 0 };
}
