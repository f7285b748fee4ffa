#include "fit/doubt/reach.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/draws/interval.h"
#include "stat/quantile.h"

/* C of row i, or what stands for it; NaN where there is neither. */
static double compute_of(const ll_fit_data *d, int64_t i) {
    if (d->x[LL_VAR_C]) return d->x[LL_VAR_C][i];
    if (d->x[LL_VAR_N] && d->x[LL_VAR_D]) return 6 * d->x[LL_VAR_N][i] * d->x[LL_VAR_D][i];
    return d->x[LL_VAR_X] ? d->x[LL_VAR_X][i] : NAN;
}

/* C of each row; false where there is none. */
static bool compute(ll_reach *r, const ll_fit *fit) {
    const double *const *x = fit->data.x;
    r->axis = x[LL_VAR_C] || (x[LL_VAR_N] && x[LL_VAR_D]) ? "C" : "x";
    for (int64_t i = 0; i < fit->n; i++) {
        r->C[i] = compute_of(&fit->data, i);
        if (!(r->C[i] > 0 && isfinite(r->C[i]))) return false;
    }
    return true;
}

double ll_reach_largest(const ll_fit_data *d) {
    double largest = NAN;
    for (int64_t i = 0; i < d->n; i++) largest = fmax(largest, compute_of(d, i));
    return largest;
}

/* The line of ln x against ln C; one of halves where the runs have one C. */
static ll_path lay_path(const ll_fit_data *data, ll_var v) {
    const double *x = data->x[v], n = (double)data->n;
    double mc = 0, mx = 0, cc = 0, cx = 0;
    for (int64_t i = 0; i < data->n; i++) mc += log(compute_of(data, i)) / n, mx += log(x[i]) / n;
    for (int64_t i = 0; i < data->n; i++) {
        double d = log(compute_of(data, i)) - mc;
        cc += d * d;
        cx += d * (log(x[i]) - mx);
    }
    const double slope = cc > 1e-6 * n ? cx / cc : 0.5;
    return (ll_path) { slope, mx - slope * mc };
}

static double on_path(ll_path p, double C) {
    return exp(p.at + p.slope * log(C));
}

ll_status ll_reach_path(const ll_fit_data *data, double C, double *N, double *D, ll_error *err) {
    if (!data->x[LL_VAR_N] || !data->x[LL_VAR_D])
        return LL_FAIL(err, LL_EINPUT, "these runs have no parameters and tokens: no run of %.4g FLOPs follows", C);
    *N = on_path(lay_path(data, LL_VAR_N), C);
    *D = C / (6 * *N);
    return LL_OK;
}

void ll_reach_point(const ll_reach *r, const ll_law *law, double C, double *x) {
    for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = law->vars >> v & 1 ? on_path(r->path[v], C) : 0;
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

static ll_status look(ll_reach *r, const ll_fit *fit, const ll_aim *aim, ll_error *err) {
    if (!compute(r, fit) || (aim->flops > 0 && *r->axis != 'C'))
        return LL_FAIL(err, LL_EINPUT, "these runs have no FLOPs, nor the two that they follow from: no target");
    r->lo = INFINITY;
    for (int64_t i = 0; i < fit->n; i++) r->lo = fmin(r->lo, r->C[i]), r->hi = fmax(r->hi, r->C[i]);
    r->target = aim->flops > 0 ? aim->flops : LL_REACH_FACTOR * r->hi;
    r->factor = r->target / r->hi;
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (fit->law->vars >> v & 1) r->path[v] = lay_path(&fit->data, (ll_var)v);
    if (aim->x) memcpy(r->x, aim->x, sizeof r->x);
    else ll_reach_point(r, fit->law, r->target, r->x);
    r->loss = ll_fit_law_at(fit, r->x);
    for (int k = 0; k < LL_REACH_PARTS; k++) r->share[k] = NAN;
    return fit->left_out && r->loss.se > 0 ? lean(r, fit, err) : LL_OK;
}

ll_status ll_reach_new(ll_reach *r, const ll_fit *fit, const ll_aim *aim, ll_error *err) {
    *r = (ll_reach) { .C = malloc((size_t)fit->n * sizeof *r->C) };
    ll_status s =
        r->C ? look(r, fit, aim, err) : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)fit->n);
    if (s != LL_OK) ll_reach_free(r);
    return s;
}

void ll_reach_free(ll_reach *r) {
    free(r->C);
    free(r->influence);
    *r = (ll_reach) { 0 };
}
