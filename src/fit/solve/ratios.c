/* The objective of a law [sum of (c_k / x_k)^(e_k / q)]^q, its gradient and exact second derivative.
 *
 * ln L = q ln S with S = sum of exp(a_k - b_k ln x_k), b_k = e_k / q, a_k = b_k ln c_k. Rows are summed over a, b and q:
 * with u_k the k-th share of S and v_k = (1, -ln x_k) the gradient of its logarithm, ln L has gradient q u_k v_k and ln S,
 * and second derivative q (sum of u_k v_k v_k' - g g') and g, g the gradient of ln S. What follows over c, e and q is the
 * chain rule. */
#include <math.h>
#include <string.h>

#include "fit/solve/huber.h"
#include "fit/solve/problem.h"

enum { TERMS = LL_LAW_MAX_TERMS, LOCAL = 2 * TERMS + 1 };

typedef struct ratios {
    int K;
    double a[TERMS], b[TERMS], q;
    const double *lnx[TERMS];
} ratios;

/* K is a constant where this is inlined. G [2K + 1], H [2K + 1, 2K + 1] lower half: a and b of each term, then q. */
LL_LANES_INLINE double sum_rows(const ll_problem *p, const ratios *t, const int K, double *G, double *H) {
    const ll_rows *rows = p->rows;
    const double delta = p->delta, soft = p->majorise ? delta : 0, q = t->q;
    const bool lg = p->log_scale;
    const int64_t n = rows->n;
    const int m = 2 * K + 1;
    ll_lanes total = { 0 }, GL[LOCAL], HL[LOCAL * LOCAL];
    for (int i = 0; i < m; i++) {
        GL[i] = ll_lanes_of(0);
        for (int j = 0; j <= i; j++) HL[i * m + j] = ll_lanes_of(0);
    }
    for (int64_t i = 0; i < n; i += LL_LANES_N) {
        ll_lanes x[TERMS], z[TERMS], most = ll_lanes_of(-INFINITY), S = { 0 }, g[LOCAL];
        for (int k = 0; k < K; k++) {
            x[k] = -ll_lanes_some(t->lnx[k], i, n, t->lnx[k][n - 1]);
            z[k] = t->a[k] + t->b[k] * x[k];
            most = ll_lanes_if(z[k] > most, z[k], most);
        }
        for (int k = 0; k < K; k++) S += z[k] = ll_lanes_exp(z[k] - most);
        const ll_lanes w = ll_lanes_some(rows->w, i, n, 0), y = ll_lanes_some(rows->y, i, n, rows->y[n - 1]);
        const ll_lanes ln_S = most + ll_lanes_log(S), L = lg ? ll_lanes_of(1) : ll_lanes_exp(q * ln_S);
        const ll_lanes r = (lg ? q * ln_S : L) - y;
        total += ll_huber(r, w, delta);
        if (!G) continue;
        const ll_lanes d1 = L * ll_huber_slope(r, w, delta), d2 = L * L * ll_huber_bend(r, w, delta, soft);
        const ll_lanes outer = lg ? d2 : d2 + d1, among = outer - d1 / q;
        for (int k = 0; k < K; k++) {
            const ll_lanes curve = d1 * (g[2 * k] = q * z[k] / S);
            g[2 * k + 1] = g[2 * k] * x[k];
            HL[2 * k * m + 2 * k] += curve;
            HL[(2 * k + 1) * m + 2 * k] += curve * x[k];
            HL[(2 * k + 1) * m + 2 * k + 1] += curve * x[k] * x[k];
        }
        for (int b = 0; b < 2 * K; b++) {
            GL[b] += d1 * g[b];
            for (int c = 0; c <= b; c++) HL[b * m + c] += among * g[b] * g[c];
            HL[2 * K * m + b] += (outer * ln_S + d1 / q) * g[b];
        }
        GL[2 * K] += d1 * ln_S;
        HL[2 * K * m + 2 * K] += outer * ln_S * ln_S;
    }
    for (int b = 0; G && b < m; b++) {
        G[b] = ll_lanes_sum(GL[b]);
        for (int c = 0; c <= b; c++) H[b * m + c] = H[c * m + b] = ll_lanes_sum(HL[b * m + c]);
    }
    return p->scale * ll_lanes_sum(total);
}

LL_WIDE static double sum_all(const ll_problem *p, const ratios *t, double *G, double *H) {
    if (t->K == 1) return sum_rows(p, t, 1, G, H);
    if (t->K == 2) return sum_rows(p, t, 2, G, H);
    return sum_rows(p, t, t->K, G, H);
}

/* A second derivative of a local parameter over two of theta, times its slope. */
static void add(double *hess, int p, int i, int j, double v, bool twice) {
    hess[i * p + j] += v;
    if (twice) hess[j * p + i] += v;
}

/* J [2K + 1][p], and into hess what the bent way from theta to a and b adds. */
static void chain(const ll_law *law, const ratios *t, const double *theta, const double *G, double *J,
                  double *hess) {
    const int p = law->n_params, q_at = law->joined;
    const double q = t->q;
    memset(J, 0, (size_t)((2 * t->K + 1) * p) * sizeof *J);
    if (q_at >= 0) J[2 * t->K * p + q_at] = 1;
    for (int k = 0; k < t->K; k++) {
        const int c_at = law->ratios[k].coef, e_at = law->ratios[k].exponent;
        const double c = theta[c_at], e = theta[e_at], of_a = G[2 * k], of_b = G[2 * k + 1];
        double *a = J + 2 * k * p, *b = a + p;
        a[c_at] += e / q;
        a[e_at] += c / q;
        b[e_at] += 1 / q;
        add(hess, p, c_at, e_at, of_a / q, true);
        if (q_at < 0) continue;
        a[q_at] -= e * c / (q * q);
        b[q_at] -= e / (q * q);
        add(hess, p, c_at, q_at, -of_a * e / (q * q), true);
        add(hess, p, e_at, q_at, -(of_a * c + of_b) / (q * q), true);
        add(hess, p, q_at, q_at, 2 * (of_a * c + of_b) * e / (q * q * q), false);
    }
}

double ll_problem_eval_ratios(const ll_problem *q, const double *theta, double *grad, double *hess) {
    const ll_law *law = q->law;
    const int p = q->p;
    ratios t = { .K = law->n_ratios, .q = law->joined < 0 ? 1 : theta[law->joined] };
    double G[LOCAL], H[LOCAL * LOCAL], J[LOCAL * P_MAX];
    for (int k = 0; k < t.K; k++) {
        t.b[k] = theta[law->ratios[k].exponent] / t.q;
        t.a[k] = t.b[k] * theta[law->ratios[k].coef];
        t.lnx[k] = q->rows->lnx[law->ratios[k].var];
    }
    const double total = sum_all(q, &t, grad ? G : NULL, H);
    if (!grad) return total;
    const int m = 2 * t.K + 1;
    memset(grad, 0, (size_t)p * sizeof *grad);
    memset(hess, 0, (size_t)(p * p) * sizeof *hess);
    chain(law, &t, theta, G, J, hess);
    for (int i = 0; i < p; i++)
        for (int b = 0; b < m; b++) {
            grad[i] += q->scale * J[b * p + i] * G[b];
            for (int j = 0; j < p; j++)
                for (int c = 0; c < m; c++) hess[i * p + j] += J[b * p + i] * H[b * m + c] * J[c * p + j];
        }
    for (int i = 0; i < p * p; i++) hess[i] *= q->scale;
    return total;
}
