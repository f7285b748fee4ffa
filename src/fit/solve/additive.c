/* The objective of an additive law, its gradient and exact second derivative.
 *
 * With t_k = exp(theta_coef - exponent * ln x) the terms, minus that where one is subtracted, S their sum and v_k the gradient of ln |t_k| (1 for the
 * coefficient, -ln x for the exponent), ln S has gradient g = sum u_k v_k, u_k = t_k / S, and second derivative
 * sum u_k v_k v_k' - g g'; S itself the same with u_k = t_k and without the last term. */
#include <math.h>
#include <string.h>

#include "fit/solve/problem.h"

typedef struct terms {
    int K, m;                     /* terms; local parameters */
    int coef[LL_LAW_MAX_TERMS];   /* place of a coefficient among the local parameters, its exponent follows */
    bool power[LL_LAW_MAX_TERMS]; /* has an exponent */
    int global[2 * LL_LAW_MAX_TERMS];
    double sign[LL_LAW_MAX_TERMS], ln_c[LL_LAW_MAX_TERMS], e[LL_LAW_MAX_TERMS];
    const double *lnx[LL_LAW_MAX_TERMS];
} terms;

static terms lay_out(const ll_problem *q, const double *theta) {
    const ll_law *law = q->law;
    terms t = { .K = law->n_terms };
    for (int k = 0; k < t.K; k++) {
        const ll_law_term *a = &law->terms[k];
        t.power[k] = a->exponent >= 0;
        t.coef[k] = t.m;
        t.global[t.m++] = a->coef;
        if (t.power[k]) t.global[t.m++] = a->exponent;
        t.sign[k] = a->less ? -1 : 1;
        t.ln_c[k] = law->params[a->coef].log ? theta[a->coef] : log(theta[a->coef]);
        t.e[k] = t.power[k] ? theta[a->exponent] : 0;
        t.lnx[k] = q->rows->lnx[a->var];
    }
    return t;
}

/* K and m are constants where this is inlined, so that the loops unroll. A term whose variable stands as it did in the
 * row before is what it was there: rows of one run share its N. G [m], H [m,m] lower half. */
static inline double sum_rows(const ll_problem *q, const terms *t, const int K, const int m, double *G, double *H) {
    const ll_rows *rows = q->rows;
    const double delta = q->delta, soft = q->majorise ? delta : 0;
    const bool lg = q->log_scale;
    double total = 0, u[LL_LAW_MAX_TERMS] = { 0 }, before[LL_LAW_MAX_TERMS];
    for (int k = 0; k < K; k++) before[k] = NAN;
    for (int64_t i = 0; i < rows->n; i++) {
        double S = 0;
        for (int k = 0; k < K; k++) {
            const double x = t->power[k] ? t->lnx[k][i] : 0;
            if (x != before[k]) u[k] = t->sign[k] * exp(t->ln_c[k] - t->e[k] * x);
            before[k] = x;
            S += u[k];
        }
        double r = (lg ? log(S) : S) - rows->y[i], a = fabs(r), w = rows->w[i];
        bool inside = a <= delta;
        total += w * (inside ? 0.5 * r * r : delta * (a - 0.5 * delta));
        if (!G) continue;
        double d1 = w * (inside ? r : copysign(delta, r)), d2 = inside ? w : soft * w / a;
        double per = lg ? 1 / S : 1, outer = lg ? d2 - d1 : d2, g[2 * LL_LAW_MAX_TERMS];
        for (int k = 0; k < K; k++) {
            double uk = u[k] * per, x = -t->lnx[k][i], curve = d1 * uk;
            int c = t->coef[k];
            g[c] = uk;
            H[c * m + c] += curve;
            if (!t->power[k]) continue;
            g[c + 1] = uk * x;
            H[(c + 1) * m + c] += curve * x;
            H[(c + 1) * m + c + 1] += curve * x * x;
        }
        for (int a_ = 0; a_ < m; a_++) {
            G[a_] += d1 * g[a_];
            for (int b = 0; b <= a_; b++) H[a_ * m + b] += outer * g[a_] * g[b];
        }
    }
    return q->scale * total;
}

double ll_problem_eval_additive(const ll_problem *q, const double *theta, double *grad, double *hess) {
    const terms t = lay_out(q, theta);
    double G[2 * LL_LAW_MAX_TERMS] = { 0 }, H[4 * LL_LAW_MAX_TERMS * LL_LAW_MAX_TERMS] = { 0 }, total;
    double *want = grad ? G : NULL;
    if (t.K == 2 && t.m == 3) total = sum_rows(q, &t, 2, 3, want, H);
    else if (t.K == 3 && t.m == 5) total = sum_rows(q, &t, 3, 5, want, H);
    else if (t.K == 4 && t.m == 7) total = sum_rows(q, &t, 4, 7, want, H);
    else total = sum_rows(q, &t, t.K, t.m, want, H);
    if (!grad) return total;
    memset(grad, 0, (size_t)q->p * sizeof *grad);
    memset(hess, 0, (size_t)(q->p * q->p) * sizeof *hess);
    for (int a = 0; a < t.m; a++) {
        grad[t.global[a]] = q->scale * G[a];
        for (int b = 0; b <= a; b++)
            hess[t.global[a] * q->p + t.global[b]] = hess[t.global[b] * q->p + t.global[a]] =
                q->scale * H[a * t.m + b];
    }
    return total;
}
