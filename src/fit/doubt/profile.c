#include "fit/doubt/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "fit/solve/polish.h"
#include "stat/quantile.h"
#include "stat/student.h"

/* ---- the scale of the objective ---- */

/* |residual| of the rows that count, each at the size of a row of weight 1, ascending; their number. */
static int64_t sizes(const ll_problem *q, const double *params, double *r) {
    const ll_rows *rows = q->rows;
    int64_t n = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        double x[LL_VAR_COUNT];
        for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = rows->x[v][i];
        double L = q->law->eval(params, x);
        if (rows->w[i] > 0) r[n++] = sqrt(rows->w[i]) * fabs((q->log_scale ? log(L) : L) - rows->y[i]);
    }
    ll_sort(r, n);
    return n;
}

/* The share of |r| within a window no narrower than Hall and Sheather's at the median and 95 %, times delta /
 * window. r holds no residual that the fit has put to zero. */
static double mean_slope(const double *r, int64_t n, double delta) {
    double share = fmin(1, 2 * 0.9716 / cbrt((double)n)), window = fmax(delta, ll_quantile(r, n, share));
    int64_t within = 0;
    while (within < n && r[within] <= window) within++;
    return (double)within / (double)n * (isfinite(window) ? delta / window : 1);
}

/* tau of profile.h and how many degrees of freedom are behind it; NaN where there is none. */
static ll_status scale_of(const ll_problem *q, const double *params, double *tau, double *freedom, ll_error *err) {
    double *r = malloc((size_t)q->rows->n * sizeof *r), psi2 = 0;
    const int p = q->n_free;
    if (!r) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)q->rows->n);
    int64_t n = sizes(q, params, r);
    for (int64_t i = 0; i < n; i++) psi2 += fmin(r[i], q->delta) * fmin(r[i], q->delta);
    *freedom = (double)(n - p);
    *tau = n > p ? psi2 / *freedom / mean_slope(r + p, n - p, q->delta) : NAN;
    free(r);
    return LL_OK;
}

/* ---- one end ---- */

typedef struct profiles {
    const ll_fit *fit;
    const ll_problem *q;
    double least, rise; /* of the objective at the optimum; allowed above it */
    ll_profile *out;
} profiles;

/* The rise of the objective over what is allowed, once parameter j is held; theta is where the others begin and
 * end. */
static double excess(const profiles *p, int j, double at, double *theta) {
    ll_problem q = *p->q;
    double value;
    theta[j] = at;
    ll_problem_pin(&q, j, at);
    ll_polish(&q, theta, 1e-10, &value);
    return isfinite(value) ? (value - p->least) / p->rise - 1 : INFINITY;
}

/* Steps that double until the rise is too large, then halving; each search begins where the last one inside ended.
 */
static double end(const profiles *p, int j, int side, const double *best) {
    enum { DOUBLINGS = 60, HALVINGS = 40 };
    double inside[P_MAX], theta[P_MAX], bound = side < 0 ? p->q->lo[j] : p->q->hi[j];
    double near = best[j], far = near, step = 1e-3 * fmax(0.1, fabs(near));
    const size_t size = (size_t)p->q->p * sizeof *theta;
    memcpy(inside, best, size);
    for (int k = 0; k < DOUBLINGS; k++, step *= 2) {
        far = side < 0 ? fmax(near - step, bound) : fmin(near + step, bound);
        memcpy(theta, inside, size);
        if (excess(p, j, far, theta) > 0) break;
        if (far == bound) return side < 0 ? -INFINITY : INFINITY;
        near = far;
        memcpy(inside, theta, size);
    }
    for (int k = 0; k < HALVINGS && fabs(far - near) > 1e-5 * fabs(far - best[j]); k++) {
        double mid = 0.5 * (near + far);
        memcpy(theta, inside, size);
        if (excess(p, j, mid, theta) > 0) far = mid;
        else near = mid, memcpy(inside, theta, size);
    }
    return p->q->law->params[j].log ? exp(near) : near;
}

static void one_end(void *ctx, int64_t task, int worker) {
    const profiles *p = ctx;
    double best[P_MAX];
    int j = p->q->free_at[task / 2];
    (void)worker;
    ll_problem_theta(p->q, p->fit->optima[0].params, best);
    if (task % 2) p->out[j].hi = end(p, j, 1, best);
    else p->out[j].lo = end(p, j, -1, best);
}

static ll_status run(const ll_fit *fit, const ll_problem *q, ll_profile *out, ll_error *err) {
    double best[P_MAX], tau = NAN, freedom = 0;
    LL_TRY(scale_of(q, fit->optima[0].params, &tau, &freedom, err));
    if (!(tau > 0))
        return LL_FAIL(err, LL_EINPUT, "%lld runs and %d parameters leave no scatter to profile against",
                       (long long)fit->n, q->n_free);
    double t = ll_student_quantile(0.5 + fit->opts.level / 2, freedom);
    ll_problem_theta(q, fit->optima[0].params, best);
    profiles p = { .fit = fit,
                   .q = q,
                   .least = ll_problem_eval(q, best, NULL, NULL),
                   .rise = q->scale * tau * t * t / 2,
                   .out = out };
    for (int j = 0; j < q->p; j++) out[j] = (ll_profile) { NAN, NAN };
    ll_threads_for(2 * q->n_free, fit->opts.threads, one_end, &p);
    return LL_OK;
}

ll_status ll_fit_profile(const ll_fit *fit, ll_profile *out, ll_error *err) {
    ll_problem q;
    ll_rows rows;
    LL_TRY(ll_problem_of_fit(&q, &rows, fit, err));
    ll_status s = run(fit, &q, out, err);
    ll_rows_free(&rows);
    return s;
}
