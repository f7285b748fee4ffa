#include "fit/solve/law_chart.h"

#include <math.h>
#include <string.h>

ll_chart ll_chart_of(const ll_problem *q) {
    ll_chart c = { .q = q };
    if (q->own || q->joint) return c;
    const ll_rows *rows = q->rows;
    double sum = 0;
    c.K = q->law->n_terms;
    for (int64_t i = 0; c.K && i < rows->n; i++) sum += rows->w[i];
    for (int k = 0; k < c.K; k++) {
        const double *lnx = rows->lnx[q->law->terms[k].var];
        for (int64_t i = 0; q->law->terms[k].exponent >= 0 && i < rows->n; i++)
            c.centre[k] += rows->w[i] / sum * lnx[i];
    }
    return c;
}

/* How a term steps. */
typedef enum steps {
    STEPS_RAW,   /* in theta */
    STEPS_VALUE, /* value, and the exponent by itself where there is one */
    STEPS_SLOPE  /* value and slope */
} steps;

static steps steps_of(const ll_problem *q, const ll_law_term *t, uint32_t held) {
    if (!q->log[t->coef]) return STEPS_RAW;
    if (t->exponent < 0) return STEPS_VALUE;
    return held >> t->coef & 1 ? STEPS_RAW : held >> t->exponent & 1 ? STEPS_VALUE : STEPS_SLOPE;
}

double ll_chart_held(const ll_chart *c, int j, double by) {
    for (int n = 0; n < c->K; n++) {
        const ll_law_term *t = &c->q->law->terms[n];
        if (t->coef == j && t->exponent < 0 && c->q->log[j]) return expm1(by);
    }
    return by;
}

/* Columns, then rows i and k of H [p,p] by theta_i = (1 - l e) a + l b, theta_k = b - e a. */
static void mix(double *H, int p, int i, int k, double l, double e) {
    for (int turn = 0; turn < 2; turn++)
        for (int r = 0; r < p; r++) {
            double *at_i = turn ? H + i * p + r : H + r * p + i, *at_k = turn ? H + k * p + r : H + r * p + k;
            const double b = l * *at_i + *at_k;
            *at_i -= e * b;
            *at_k = b;
        }
}

/* After steps a and b from ln A and e: e' = (e + b) / (1 + a), or e + b, and ln A' = ln A + ln(1 + a) + l (e' - e). */
void ll_chart_pull(const ll_chart *c, const double *theta, uint32_t held, double *g, double *H) {
    const int p = c->q->p;
    for (int n = 0; n < c->K; n++) {
        const ll_law_term *t = &c->q->law->terms[n];
        const steps kind = steps_of(c->q, t, held);
        const int i = t->coef, k = t->exponent;
        const double of_coef = g[i];
        if (kind == STEPS_RAW) continue;
        if (k >= 0) {
            const double e = kind == STEPS_SLOPE ? theta[k] : 0;
            mix(H, p, i, k, c->centre[n], e);
            g[k] += c->centre[n] * g[i];
            g[i] -= e * g[k];
            H[i * p + i] += 2 * e * g[k];
            if (kind == STEPS_SLOPE) H[i * p + k] -= g[k], H[k * p + i] -= g[k];
        }
        H[i * p + i] -= of_coef;
    }
}

void ll_chart_shrink(const ll_chart *c, uint32_t held, double *step) {
    const ll_problem *q = c->q;
    double down[P_MAX], up[P_MAX], scale = 1;
    for (int j = 0; j < q->p; j++) down[j] = up[j] = q->log[j] ? 20 : 0.5;
    for (int n = 0; n < c->K; n++) {
        const ll_law_term *t = &q->law->terms[n];
        if (steps_of(q, t, held) == STEPS_RAW) continue;
        down[t->coef] = t->exponent < 0 ? INFINITY : 0.75;
        up[t->coef] = t->exponent < 0 ? exp(20) : 3;
    }
    for (int j = 0; j < q->p; j++) scale = fmin(scale, (step[j] < 0 ? down[j] : up[j]) / fabs(step[j]));
    for (int j = 0; j < q->p && scale < 1; j++) step[j] *= scale;
}

void ll_chart_go(const ll_chart *c, const double *theta, uint32_t held, const double *step, double *to) {
    for (int j = 0; j < c->q->p; j++) to[j] = theta[j] + step[j];
    for (int n = 0; n < c->K; n++) {
        const ll_law_term *t = &c->q->law->terms[n];
        const steps kind = steps_of(c->q, t, held);
        const int i = t->coef, k = t->exponent;
        if (kind == STEPS_RAW) continue;
        if (kind == STEPS_SLOPE) to[k] /= 1 + step[i];
        to[i] = theta[i] + log(fmax(0, 1 + step[i])) + (k < 0 ? 0 : c->centre[n] * (to[k] - theta[k]));
    }
}
