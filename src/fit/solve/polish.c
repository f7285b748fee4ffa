#include "fit/solve/polish.h"

#include <math.h>
#include <string.h>

#include "fit/solve/law_chart.h"
#include "stat/solve.h"

enum { MAX_EVAL = 400 };

/* How Newton's steps are damped: the least ridge of a parameter, as a share of the largest; what damping grows by, and
 * from. Along a law's terms the quadratic holds far, and flat parameters may go their way; elsewhere more is asked. */
typedef struct damping {
    double share, times, from;
} damping;
static const damping careful = { 1e-9, 4, 1e-4 }, along_terms = { 1e-18, 8, 1e-7 };

static const damping *damping_of(const ll_chart *chart) {
    return chart->K ? &along_terms : &careful;
}

/* Parameters that do not move: fixed ones, and those pressed against a bound. */
static uint32_t stuck(const ll_problem *q, const double *theta, const double *g) {
    uint32_t held = (1u << q->p) - 1;
    for (int a = 0; a < q->n_free; a++) {
        const int j = q->free_at[a];
        if (!((theta[j] <= q->lo[j] && g[j] >= 0) || (theta[j] >= q->hi[j] && g[j] <= 0))) held &= ~(1u << j);
    }
    return held;
}

/* The damped Newton step of what is not held, beside the steps of what is; false when the matrix is not positive
 * definite. */
static bool newton_step(int p, uint32_t held, const double *g, const double *H, double mu, double share,
                        double *step) {
    double A[P_MAX * P_MAX], b[P_MAX], ridge[P_MAX], x[P_MAX], largest = 0;
    int at[P_MAX], n = 0;
    for (int j = 0; j < p; j++)
        if (!(held >> j & 1)) at[n++] = j;
    for (int i = 0; i < n; i++) {
        b[i] = -g[at[i]];
        for (int j = 0; j < p; j++)
            if (held >> j & 1) b[i] -= H[at[i] * p + j] * step[j];
        for (int k = 0; k < n; k++) A[i * n + k] = H[at[i] * p + at[k]];
        largest = fmax(largest, fabs(A[i * n + i]));
    }
    for (int i = 0; i < n; i++) ridge[i] = mu * fmax(fabs(A[i * n + i]), share * largest);
    if (n && !ll_cholesky_solve(n, A, ridge, b, x)) return false;
    for (int i = 0; i < n; i++) step[at[i]] = x[i];
    return true;
}

/* The bound that the way from theta to trial meets first, and whose parameter is not held yet; -1: none. */
static int first_outside(const ll_problem *q, uint32_t held, const double *theta, const double *trial,
                         double *bound) {
    double nearest = INFINITY;
    int first = -1;
    for (int j = 0; j < q->p; j++) {
        if (held >> j & 1 || (trial[j] >= q->lo[j] && trial[j] <= q->hi[j])) continue;
        const double at = trial[j] > q->hi[j] ? q->hi[j] : q->lo[j], part = (at - theta[j]) / (trial[j] - theta[j]);
        if (first >= 0 && !(part < nearest)) continue;
        nearest = part;
        *bound = at;
        first = j;
    }
    return first;
}

/* What the quadratic model says that a step gains. */
static double gain_of(int p, const double *g, const double *H, const double *step) {
    double gain = 0;
    for (int i = 0; i < p; i++) {
        gain -= g[i] * step[i];
        for (int k = 0; k < p; k++) gain -= 0.5 * step[i] * H[i * p + k] * step[k];
    }
    return gain;
}

/* Where the damped step inside the bounds leads, and what it should gain: a parameter whose bound lies on the way goes
 * as far, and the others are solved beside it. False when there is no such step. */
static bool propose(const ll_chart *chart, uint32_t held, const double *theta, const double *g, const double *H,
                    double mu, double *trial, double *gain) {
    const ll_problem *q = chart->q;
    double cg[P_MAX], cH[P_MAX * P_MAX], to_bound[P_MAX] = { 0 }, step[P_MAX], bound = 0;
    const size_t p = (size_t)q->p;
    for (int j = 0; j >= 0;) {
        memcpy(cg, g, p * sizeof *g);
        memcpy(cH, H, p * p * sizeof *H);
        memcpy(step, to_bound, sizeof step);
        ll_chart_pull(chart, theta, held, cg, cH);
        if (!newton_step(q->p, held, cg, cH, mu, damping_of(chart)->share, step)) return false;
        ll_chart_shrink(chart, held, step);
        ll_chart_go(chart, theta, held, step, trial);
        j = first_outside(q, held, theta, trial, &bound);
        if (j < 0) break;
        held |= 1u << j;
        to_bound[j] = ll_chart_held(chart, j, bound - theta[j]);
    }
    for (int j = 0; j < q->p; j++) trial[j] = fmin(fmax(trial[j], q->lo[j]), q->hi[j]); /* but for rounding */
    *gain = gain_of(q->p, cg, cH, step);
    return true;
}

static bool at_bound(const ll_problem *q, const double *theta) {
    for (int a = 0; a < q->n_free; a++) {
        int j = q->free_at[a];
        if (theta[j] <= q->lo[j] || theta[j] >= q->hi[j]) return true;
    }
    return false;
}

static ll_fit_stop descend(const ll_chart *chart, const ll_problem *q, double *theta, double tolerance,
                           double *value) {
    double g[P_MAX], H[P_MAX * P_MAX], tg[P_MAX], tH[P_MAX * P_MAX], trial[P_MAX], gain, mu = 1e-8;
    const size_t p = (size_t)q->p;
    *value = ll_problem_eval(q, theta, g, H);
    if (!isfinite(*value)) return LL_FIT_STALLED;
    for (int evals = 1; evals < MAX_EVAL;) {
        const uint32_t held = stuck(q, theta, g);
        if (held == (1u << q->p) - 1) return at_bound(q, theta) ? LL_FIT_AT_BOUND : LL_FIT_CONVERGED;
        if (mu > 1e14) return LL_FIT_STALLED;
        if (!propose(chart, held, theta, g, H, mu, trial, &gain)) {
            mu = fmax(10 * mu, 1e-6);
            continue;
        }
        /* gain below 0: bounds bent the step. Behind the last one nobody asks for slopes. */
        const bool last = mu < 1 && gain >= 0 && gain <= tolerance * *value;
        const double F = ll_problem_eval(q, trial, last ? NULL : tg, last ? NULL : tH), ratio = (*value - F) / gain;
        const bool down = F < *value;
        evals++;
        if (down) {
            *value = F;
            memcpy(theta, trial, p * sizeof *theta);
        }
        if (last) return at_bound(q, theta) ? LL_FIT_AT_BOUND : LL_FIT_CONVERGED;
        if (down) {
            memcpy(g, tg, p * sizeof *g);
            memcpy(H, tH, p * p * sizeof *H);
        }
        if (gain > 0 && ratio > 0.75) mu *= 0.1;
        else if (!(gain > 0 && ratio > 0.25)) mu = fmax(damping_of(chart)->times * mu, damping_of(chart)->from);
    }
    return LL_FIT_MAX_EVAL;
}

/* Where the kinks lie close together Newton stalls between them; steps on the majorising quadratic do not. */
static ll_fit_stop settle(const ll_chart *chart, const ll_problem *q, double *theta, double tolerance,
                          double *value) {
    enum { ROUNDS = 10 };
    ll_problem bound = *q;
    bound.majorise = true;
    ll_fit_stop stop = descend(chart, q, theta, tolerance, value);
    for (int i = 0; i < ROUNDS && stop == LL_FIT_STALLED && isfinite(*value); i++) {
        double before = *value;
        descend(chart, &bound, theta, 1e-9, value);
        stop = descend(chart, q, theta, tolerance, value);
        if (!(*value < before * (1 - 1e-12))) return LL_FIT_CONVERGED; /* at a kink: no way down */
    }
    return stop;
}

/* A steep term is seen by the rows at one end, far from the middle of all: what they pin is straight in ln A and the
 * exponent, where steps along terms creep. Those in theta have the last word. */
ll_fit_stop ll_polish(const ll_problem *q, double *theta, double tolerance, double *value) {
    const ll_chart chart = ll_chart_of(q), plain = { .q = q };
    ll_problem stage = *q;
    for (double delta = 1e-3; delta > 3 * q->delta; delta *= 0.1) {
        stage.delta = delta;
        stage.scale = q->scale * q->delta / delta;
        descend(&chart, &stage, theta, 1e-4, value);
    }
    const ll_fit_stop stop = settle(&chart, q, theta, tolerance, value);
    return chart.K ? settle(&plain, q, theta, tolerance, value) : stop;
}
