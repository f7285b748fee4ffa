#include "fit/solve/polish.h"

#include <math.h>
#include <string.h>

#include "stat/solve.h"

enum { MAX_EVAL = 400 };

/* The parameters that may move: free, and not pressed against a bound. */
static int movable(const ll_problem *q, const double *theta, const double *g, int at[P_MAX]) {
    int n = 0;
    for (int a = 0; a < q->n_free; a++) {
        int j = q->free_at[a];
        bool stuck = (theta[j] <= q->lo[j] && g[j] >= 0) || (theta[j] >= q->hi[j] && g[j] <= 0);
        if (!stuck) at[n++] = j;
    }
    return n;
}

/* The damped Newton step over the movable parameters; false when the matrix is not positive definite. */
static bool newton_step(const ll_problem *q, int n, const int *at, const double *g, const double *H, double mu,
                        double *step) {
    double A[P_MAX * P_MAX], b[P_MAX], ridge[P_MAX], largest = 0;
    for (int i = 0; i < n; i++) {
        b[i] = -g[at[i]];
        for (int k = 0; k < n; k++) A[i * n + k] = H[at[i] * q->p + at[k]];
        largest = fmax(largest, fabs(A[i * n + i]));
    }
    for (int i = 0; i < n; i++) ridge[i] = mu * fmax(fabs(A[i * n + i]), 1e-9 * largest);
    return ll_cholesky_solve(n, A, ridge, b, step);
}

/* No step moves an exponent by more than 0.5 or a logarithm by more than 20. */
static double shrink(const ll_problem *q, int n, const int *at, const double *step) {
    double scale = 1;
    for (int i = 0; i < n; i++) {
        double cap = q->log[at[i]] ? 20 : 0.5;
        if (fabs(step[i]) > cap * scale) scale = cap / fabs(step[i]);
    }
    return scale;
}

/* Moves to trial; returns what the quadratic model says the move gains. */
static double propose(const ll_problem *q, int n, const int *at, const double *step, const double *theta,
                      const double *g, const double *H, double *trial) {
    double s[P_MAX], gain = 0, scale = shrink(q, n, at, step);
    memcpy(trial, theta, (size_t)q->p * sizeof *trial);
    for (int i = 0; i < n; i++) {
        int j = at[i];
        trial[j] = fmin(fmax(theta[j] + scale * step[i], q->lo[j]), q->hi[j]);
        s[i] = trial[j] - theta[j];
        gain -= g[j] * s[i];
    }
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) gain -= 0.5 * s[i] * H[at[i] * q->p + at[k]] * s[k];
    return gain;
}

static bool at_bound(const ll_problem *q, const double *theta) {
    for (int a = 0; a < q->n_free; a++) {
        int j = q->free_at[a];
        if (theta[j] <= q->lo[j] || theta[j] >= q->hi[j]) return true;
    }
    return false;
}

static ll_fit_stop descend(const ll_problem *q, double *theta, double tolerance, double *value) {
    double g[P_MAX], H[P_MAX * P_MAX], tg[P_MAX], tH[P_MAX * P_MAX], trial[P_MAX], step[P_MAX], mu = 1e-8;
    const size_t p = (size_t)q->p;
    int at[P_MAX];
    *value = ll_problem_eval(q, theta, g, H);
    if (!isfinite(*value)) return LL_FIT_STALLED;
    for (int evals = 1; evals < MAX_EVAL;) {
        int n = movable(q, theta, g, at);
        if (n == 0) return at_bound(q, theta) ? LL_FIT_AT_BOUND : LL_FIT_CONVERGED;
        if (mu > 1e14) return LL_FIT_STALLED;
        if (!newton_step(q, n, at, g, H, mu, step)) {
            mu = fmax(10 * mu, 1e-6);
            continue;
        }
        double gain = propose(q, n, at, step, theta, g, H, trial);
        double F = ll_problem_eval(q, trial, tg, tH), ratio = (*value - F) / gain;
        evals++;
        bool last = gain >= 0 && gain <= tolerance * *value; /* below 0: the bounds cut the step askew */
        if (F < *value) {
            *value = F;
            memcpy(theta, trial, p * sizeof *theta);
            memcpy(g, tg, p * sizeof *g);
            memcpy(H, tH, p * p * sizeof *H);
        }
        if (last && mu < 1) return at_bound(q, theta) ? LL_FIT_AT_BOUND : LL_FIT_CONVERGED;
        if (gain > 0 && ratio > 0.75) mu *= 0.1;
        else if (!(gain > 0 && ratio > 0.25)) mu = fmax(4 * mu, 1e-4);
    }
    return LL_FIT_MAX_EVAL;
}

/* Where the kinks lie close together Newton stalls between them; steps on the majorising quadratic do not. */
static ll_fit_stop settle(const ll_problem *q, double *theta, double tolerance, double *value) {
    enum { ROUNDS = 10 };
    ll_problem bound = *q;
    bound.majorise = true;
    ll_fit_stop stop = descend(q, theta, tolerance, value);
    for (int i = 0; i < ROUNDS && stop == LL_FIT_STALLED && isfinite(*value); i++) {
        double before = *value;
        descend(&bound, theta, 1e-9, value);
        stop = descend(q, theta, tolerance, value);
        if (!(*value < before * (1 - 1e-12))) return LL_FIT_CONVERGED; /* at a kink: no way down */
    }
    return stop;
}

ll_fit_stop ll_polish(const ll_problem *q, double *theta, double tolerance, double *value) {
    ll_problem stage = *q;
    for (double delta = 1e-3; delta > 3 * q->delta; delta *= 0.1) {
        stage.delta = delta;
        stage.scale = q->scale * q->delta / delta;
        descend(&stage, theta, 1e-4, value);
    }
    return settle(q, theta, tolerance, value);
}
