/* The objective of an additive law, its gradient and exact second derivative.
 *
 * With t_k = exp(theta_coef - exponent * ln x) the terms, minus that where one is subtracted, S their sum and v_k the
 * gradient of ln |t_k| (1 for the coefficient, -ln x for the exponent), ln S has gradient g = sum u_k v_k,
 * u_k = t_k / S, and second derivative sum u_k v_k v_k' - g g'; S itself the same with u_k = t_k and without the last
 * term. */
#include <math.h>
#include <string.h>

#include "fit/solve/huber.h"
#include "fit/solve/problem.h"

typedef struct terms {
    int K, m;        /* terms; local parameters: each term's coefficient, then its exponent where it has one */
    unsigned powers; /* bit k: term k has an exponent */
    int global[2 * LL_LAW_MAX_TERMS];
    double sign[LL_LAW_MAX_TERMS], ln_c[LL_LAW_MAX_TERMS], e[LL_LAW_MAX_TERMS];
    const double *lnx[LL_LAW_MAX_TERMS];
} terms;

static terms lay_out(const ll_problem *q, const double *theta) {
    const ll_law *law = q->law;
    terms t = { .K = law->n_terms };
    for (int k = 0; k < t.K; k++) {
        const ll_law_term *a = &law->terms[k];
        t.global[t.m++] = a->coef;
        t.sign[k] = a->less ? -1 : 1;
        t.ln_c[k] = law->params[a->coef].log ? theta[a->coef] : log(theta[a->coef]);
        if (a->exponent >= 0) {
            t.powers |= 1u << k;
            t.global[t.m++] = a->exponent;
            t.e[k] = theta[a->exponent];
        }
        t.lnx[k] = q->rows->lnx[a->var];
    }
    return t;
}

enum { ABREAST = 2 }; /* vectors of rows: one waits long for its logarithm */

/* K and the terms with an exponent, bit by bit, are constants where this is inlined, so that the loops over terms
 * unroll. G [m], H [m,m] lower half. A row beyond the last counts for nothing. */
LL_LANES_INLINE double sum_rows(const ll_problem *q, const terms *t, const int K, const unsigned powers, double *G,
                                double *H) {
    const ll_rows *rows = q->rows;
    const double delta = q->delta, soft = q->majorise ? delta : 0;
    const bool lg = q->log_scale;
    const int64_t n = rows->n;
    ll_lanes total = { 0 }, GL[2 * LL_LAW_MAX_TERMS], HL[4 * LL_LAW_MAX_TERMS * LL_LAW_MAX_TERMS];
    double alone[LL_LAW_MAX_TERMS] = { 0 };
    int m = 0;
    LL_UNROLL
    for (int k = 0; k < K; k++) m += powers >> k & 1 ? 2 : 1, alone[k] = t->sign[k] * exp(t->ln_c[k]);
    LL_UNROLL
    for (int b = 0; b < m; b++) {
        GL[b] = ll_lanes_of(0);
        LL_UNROLL
        for (int c = 0; c <= b; c++) HL[b * m + c] = ll_lanes_of(0);
    }
    for (int64_t i = 0; i < n; i += ABREAST * LL_LANES_N) {
        ll_lanes u[ABREAST][LL_LAW_MAX_TERMS] = { 0 }, x[ABREAST][LL_LAW_MAX_TERMS] = { 0 }, S[ABREAST] = { 0 },
                 r[ABREAST];
        LL_UNROLL
        for (int v = 0; v < ABREAST; v++) {
            LL_UNROLL
            for (int k = 0; k < K; k++) {
                u[v][k] = ll_lanes_of(alone[k]);
                if (powers >> k & 1) {
                    x[v][k] = -ll_lanes_some(t->lnx[k], i + v * LL_LANES_N, n, t->lnx[k][n - 1]);
                    u[v][k] = t->sign[k] * ll_lanes_exp(t->ln_c[k] + t->e[k] * x[v][k]);
                }
                S[v] += u[v][k];
            }
        }
        LL_UNROLL
        for (int v = 0; v < ABREAST; v++)
            r[v] = (lg ? ll_lanes_log(S[v]) : S[v]) - ll_lanes_some(rows->y, i + v * LL_LANES_N, n, rows->y[n - 1]);
        LL_UNROLL
        for (int v = 0; v < ABREAST; v++) {
            const ll_lanes w = ll_lanes_some(rows->w, i + v * LL_LANES_N, n, 0);
            total += ll_huber(r[v], w, delta);
            if (!G) continue;
            const ll_lanes d1 = ll_huber_slope(r[v], w, delta), d2 = ll_huber_bend(r[v], w, delta, soft);
            const ll_lanes outer = lg ? d2 - d1 : d2;
            const ll_lanes per = lg ? 1 / S[v] : ll_lanes_of(1);
            ll_lanes g[2 * LL_LAW_MAX_TERMS];
            LL_UNROLL
            for (int k = 0, c = 0; k < K; k++, c++) {
                const ll_lanes curve = d1 * (g[c] = u[v][k] * per);
                HL[c * m + c] += curve;
                if (!(powers >> k & 1)) continue;
                g[c + 1] = g[c] * x[v][k];
                HL[(c + 1) * m + c] += curve * x[v][k];
                HL[(c + 1) * m + c + 1] += curve * x[v][k] * x[v][k];
                c++;
            }
            LL_UNROLL
            for (int b = 0; b < m; b++) {
                GL[b] += d1 * g[b];
                LL_UNROLL
                for (int c = 0; c <= b; c++) HL[b * m + c] += outer * g[b] * g[c];
            }
        }
    }
    LL_UNROLL
    for (int b = 0; G && b < m; b++) {
        G[b] = ll_lanes_sum(GL[b]);
        LL_UNROLL
        for (int c = 0; c <= b; c++) H[b * m + c] = ll_lanes_sum(HL[b * m + c]);
    }
    return q->scale * ll_lanes_sum(total);
}

/* The laws that most are fitted to: terms with exponents, after a floor or alone. */
LL_WIDE static double sum_all(const ll_problem *q, const terms *t, double *G, double *H) {
    enum { FLOOR_AND_ONE = 2, FLOOR_AND_TWO = 6 };
    if (t->K == 2 && t->powers == FLOOR_AND_ONE) return sum_rows(q, t, 2, FLOOR_AND_ONE, G, H);
    if (t->K == 3 && t->powers == FLOOR_AND_TWO) return sum_rows(q, t, 3, FLOOR_AND_TWO, G, H);
    return sum_rows(q, t, t->K, t->powers, G, H);
}

double ll_problem_eval_additive(const ll_problem *q, const double *theta, double *grad, double *hess) {
    const terms t = lay_out(q, theta);
    double G[2 * LL_LAW_MAX_TERMS], H[4 * LL_LAW_MAX_TERMS * LL_LAW_MAX_TERMS];
    const double total = sum_all(q, &t, grad ? G : NULL, H);
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
