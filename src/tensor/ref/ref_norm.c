#include "tensor/ref/ref.h"

#include <math.h>

static void ll_ref_layernorm_fwd(ll_real *y, ll_real *mean, ll_real *rstd, const ll_real *x, const ll_real *w,
                                 const ll_real *b, int64_t R, int64_t C) {
    for (int64_t r = 0; r < R; r++) {
        double m = 0, v = 0;
        for (int64_t c = 0; c < C; c++) m += x[r * C + c];
        m /= (double)C;
        for (int64_t c = 0; c < C; c++) v += (x[r * C + c] - m) * (x[r * C + c] - m);
        double s = 1 / sqrt(v / (double)C + LL_NORM_EPS);
        for (int64_t c = 0; c < C; c++) y[r * C + c] = (ll_real)((x[r * C + c] - m) * s * w[c] + b[c]);
        mean[r] = (ll_real)m;
        rstd[r] = (ll_real)s;
    }
}

/* With n = (x - mean) rstd and g = dy w: dx = rstd (g - mean(g) - n mean(g n)). */
static void ll_ref_layernorm_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, const ll_real *w,
                                 const ll_real *mean, const ll_real *rstd, int64_t R, int64_t C) {
    for (int64_t r = 0; r < R; r++) {
        double s = rstd[r], m = mean[r], g_mean = 0, gn_mean = 0;
        for (int64_t c = 0; c < C; c++) {
            double n = (x[r * C + c] - m) * s, g = (double)dy[r * C + c] * w[c];
            g_mean += g;
            gn_mean += g * n;
        }
        g_mean /= (double)C;
        gn_mean /= (double)C;
        for (int64_t c = 0; c < C; c++) {
            double n = (x[r * C + c] - m) * s, g = (double)dy[r * C + c] * w[c];
            dx[r * C + c] += (ll_real)(s * (g - g_mean - n * gn_mean));
        }
    }
}

static void ll_ref_rmsnorm_fwd(ll_real *y, ll_real *rstd, const ll_real *x, const ll_real *w, int64_t R,
                               int64_t C) {
    for (int64_t r = 0; r < R; r++) {
        double v = 0;
        for (int64_t c = 0; c < C; c++) v += (double)x[r * C + c] * x[r * C + c];
        double s = 1 / sqrt(v / (double)C + LL_NORM_EPS);
        for (int64_t c = 0; c < C; c++) y[r * C + c] = (ll_real)(x[r * C + c] * s * w[c]);
        rstd[r] = (ll_real)s;
    }
}

static void ll_ref_rmsnorm_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, const ll_real *w,
                               const ll_real *rstd, int64_t R, int64_t C) {
    for (int64_t r = 0; r < R; r++) {
        double s = rstd[r], gn_mean = 0;
        for (int64_t c = 0; c < C; c++) gn_mean += (double)dy[r * C + c] * w[c] * x[r * C + c] * s;
        gn_mean /= (double)C;
        for (int64_t c = 0; c < C; c++) {
            double n = x[r * C + c] * s;
            dx[r * C + c] += (ll_real)(s * ((double)dy[r * C + c] * w[c] - n * gn_mean));
        }
    }
}

static void ll_ref_norm_params_bwd(ll_real *dw, ll_real *db, const ll_real *dy, const ll_real *x,
                                   const ll_real *mean, const ll_real *rstd, int64_t R, int64_t C, int64_t from,
                                   int64_t to) {
    for (int64_t r = 0; r < R; r++)
        for (int64_t c = from; c < to; c++) {
            const double n = ((double)x[r * C + c] - (mean ? mean[r] : 0)) * rstd[r];
            dw[c] += (ll_real)(dy[r * C + c] * n);
            if (db) db[c] += dy[r * C + c];
        }
}

void ll_ref_bind_norm(ll_kernels *k) {
    k->layernorm_fwd = ll_ref_layernorm_fwd;
    k->layernorm_bwd = ll_ref_layernorm_bwd;
    k->rmsnorm_fwd = ll_ref_rmsnorm_fwd;
    k->rmsnorm_bwd = ll_ref_rmsnorm_bwd;
    k->norm_params_bwd = ll_ref_norm_params_bwd;
}
