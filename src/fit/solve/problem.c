#include "fit/solve/problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

ll_status ll_rows_new(ll_rows *r, int64_t n, ll_error *err) {
    enum { ARRAYS = 2 * LL_VAR_COUNT + 2 };
    *r = (ll_rows) { .n = n };
    r->block = calloc((size_t)n, ARRAYS * sizeof(double));
    if (!r->block) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)n);
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        r->x[v] = r->block + v * n;
        r->lnx[v] = r->block + (LL_VAR_COUNT + v) * n;
    }
    r->y = r->block + 2 * LL_VAR_COUNT * n;
    r->w = r->y + n;
    return LL_OK;
}

void ll_rows_fill(ll_rows *r, const ll_law *law, const ll_fit_data *data, bool log_scale) {
    r->vars = law->vars;
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        if (!(law->vars >> v & 1)) continue;
        for (int64_t i = 0; i < r->n; i++) {
            r->x[v][i] = data->x[v][i];
            r->lnx[v][i] = log(data->x[v][i]);
        }
    }
    for (int64_t i = 0; i < r->n; i++) {
        r->y[i] = log_scale ? log(data->loss[i]) : data->loss[i];
        r->w[i] = data->weight ? data->weight[i] : 1;
    }
}

void ll_rows_copy(ll_rows *to, int64_t at, const ll_rows *from, int64_t row) {
    to->vars = from->vars;
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        if (!(from->vars >> v & 1)) continue;
        to->x[v][at] = from->x[v][row];
        to->lnx[v][at] = from->lnx[v][row];
    }
    to->y[at] = from->y[row];
    to->w[at] = from->w[row];
}

void ll_rows_free(ll_rows *r) {
    free(r->block);
    *r = (ll_rows) { 0 };
}

void ll_problem_init(ll_problem *q, const ll_law *law, const ll_fit_opts *opts, const ll_rows *rows) {
    *q = (ll_problem) {
        .law = law, .rows = rows, .log_scale = ll_log_scale(opts->objective), .p = law->n_params, .scale = 1
    };
    q->delta = opts->delta;
    if (opts->objective == LL_OBJ_LS || opts->objective == LL_OBJ_LS_LOG) q->delta = INFINITY, q->scale = 2;
    if (opts->objective == LL_OBJ_LAD_LOG) q->delta = 1e-9, q->scale = 1e9; /* |r| but for a rounded corner */
    for (int j = 0; j < q->p; j++) {
        const ll_law_param *a = &law->params[j];
        bool fixed = opts->fixed >> j & 1;
        double lo = fixed ? opts->fixed_value[j] : a->lo, hi = fixed ? lo : a->hi;
        q->log[j] = a->log;
        q->lo[j] = a->log ? log(lo) : lo;
        q->hi[j] = a->log ? log(hi) : hi;
        if (!fixed) q->free_at[q->n_free++] = j;
    }
}

ll_status ll_problem_of_fit(ll_problem *q, ll_rows *rows, const ll_fit *fit, ll_error *err) {
    LL_TRY(ll_rows_new(rows, fit->n, err));
    ll_rows_fill(rows, fit->law, &fit->data, ll_log_scale(fit->opts.objective));
    ll_problem_init(q, fit->law, &fit->opts, rows);
    return LL_OK;
}

void ll_problem_pin(ll_problem *q, int j, double theta_j) {
    int kept = 0;
    for (int a = 0; a < q->n_free; a++)
        if (q->free_at[a] != j) q->free_at[kept++] = q->free_at[a];
    q->n_free = kept;
    q->lo[j] = q->hi[j] = theta_j;
}

double ll_problem_eval(const ll_problem *q, const double *theta, double *grad, double *hess) {
    if (q->own) return q->own(q, theta, grad, hess);
    if (q->joint) return ll_problem_eval_joint(q, theta, grad, hess);
    if (q->law->n_terms) return ll_problem_eval_additive(q, theta, grad, hess);
    return q->law->n_ratios ? ll_problem_eval_ratios(q, theta, grad, hess)
                            : ll_problem_eval_general(q, theta, grad, hess);
}

void ll_problem_params(const ll_problem *q, const double *theta, double *params) {
    for (int j = 0; j < q->p; j++) params[j] = q->log[j] ? exp(theta[j]) : theta[j];
}

void ll_problem_theta(const ll_problem *q, const double *params, double *theta) {
    for (int j = 0; j < q->p; j++) {
        double t = q->log[j] ? log(params[j]) : params[j];
        theta[j] = t > q->lo[j] ? fmin(t, q->hi[j]) : q->lo[j];
    }
}

double ll_problem_value(const ll_problem *q, ll_objective objective, double delta, const double *params) {
    const ll_rows *r = q->rows;
    double sum = 0;
    for (int64_t i = 0; i < r->n; i++) {
        double x[LL_VAR_COUNT];
        for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = r->x[v][i];
        double L = q->law->eval(params, x), e = fabs((q->log_scale ? log(L) : L) - r->y[i]), term = e * e;
        if (objective == LL_OBJ_LAD_LOG) term = e;
        if (objective == LL_OBJ_HUBER_LOG) term = e <= delta ? e * e / 2 : delta * (e - delta / 2);
        sum += r->w[i] * term;
    }
    return sum;
}
