/* Normalisation of rows. Lanes behind the last column add nothing to a sum. */
#include "tensor/cpu/cpu.h"
#include "tensor/cpu/vec.h"

#define EPS ((float)LL_NORM_EPS)

/* Forward, L rows go together: each leaves its sum in a vector, and those become one vector of L sums. A narrow row
 * is a handful of vectors, and adding up the lanes of each would cost more than the rest. */
typedef struct group {
    const float *x; /* [rows,C] */
    int64_t rows, C;
} group;

/* Lane i is of row i. */
ALWAYS vf row_means(group g) {
    vf part[L];
#pragma GCC unroll 16
    for (int64_t i = 0; i < L; i++) {
        vf sum = vsplat(0);
        for (int64_t c = 0; i < g.rows && c < g.C; c += L) sum += vload_some(g.x + i * g.C + c, g.C - c, 0);
        part[i] = sum;
    }
    return vsums(part) / (float)g.C;
}

/* 1 / sqrt(mean of (x - m)^2 + EPS) of each row; m [L]. */
ALWAYS vf row_rstds(group g, const float *m) {
    vf part[L];
#pragma GCC unroll 16
    for (int64_t i = 0; i < L; i++) {
        vf sum = vsplat(0);
        for (int64_t c = 0; i < g.rows && c < g.C; c += L) {
            const vf d = vload_some(g.x + i * g.C + c, g.C - c, m[i]) - m[i];
            sum += d * d;
        }
        part[i] = sum;
    }
    return 1.0f / vsqrt(vsums(part) / (float)g.C + EPS);
}

ALWAYS void layernorm_rows(float *y, float *mean, float *rstd, group g, const float *w, const float *b) {
    float m[L], s[L];
    vstore(m, row_means(g));
    vstore(s, row_rstds(g, m));
    vstore_some(mean, g.rows, vload(m));
    vstore_some(rstd, g.rows, vload(s));
    for (int64_t i = 0; i < g.rows; i++, g.x += g.C, y += g.C)
        for (int64_t c = 0, left = g.C; c < g.C; c += L, left -= L) {
            const vf n = (vload_some(g.x + c, left, 0) - m[i]) * s[i];
            vstore_some(y + c, left, n * vload_some(w + c, left, 0) + vload_some(b + c, left, 0));
        }
}

static void layernorm_fwd(ll_real *y, ll_real *mean, ll_real *rstd, const ll_real *x, const ll_real *w,
                          const ll_real *b, int64_t R, int64_t C) {
    int64_t r = 0;
    for (; r + L <= R; r += L) layernorm_rows(y + r * C, mean + r, rstd + r, (group) { x + r * C, L, C }, w, b);
    if (r < R) layernorm_rows(y + r * C, mean + r, rstd + r, (group) { x + r * C, R - r, C }, w, b);
}

static void layernorm_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, const ll_real *w, const ll_real *mean,
                          const ll_real *rstd, int64_t R, int64_t C) {
    for (int64_t r = 0; r < R; r++, x += C, dx += C, dy += C) {
        const float s = rstd[r], m = mean[r];
        vf g_sum = vsplat(0), gn_sum = vsplat(0);
        for (int64_t c = 0; c < C; c += L) {
            const vf n = (vload_some(x + c, C - c, 0) - m) * s,
                     g = vload_some(dy + c, C - c, 0) * vload_some(w + c, C - c, 0);
            g_sum += g;
            gn_sum += g * n;
        }
        const float g_mean = vsum(g_sum) / (float)C, gn_mean = vsum(gn_sum) / (float)C;
        for (int64_t c = 0; c < C; c += L) {
            const vf n = (vload_some(x + c, C - c, 0) - m) * s,
                     g = vload_some(dy + c, C - c, 0) * vload_some(w + c, C - c, 0);
            vstore_some(dx + c, C - c, vload_some(dx + c, C - c, 0) + (g - g_mean - n * gn_mean) * s);
        }
    }
}

ALWAYS void rmsnorm_rows(float *y, float *rstd, group g, const float *w) {
    const float origin[L] = { 0 };
    float s[L];
    vstore(s, row_rstds(g, origin));
    vstore_some(rstd, g.rows, vload(s));
    for (int64_t i = 0; i < g.rows; i++, g.x += g.C, y += g.C)
        for (int64_t c = 0, left = g.C; c < g.C; c += L, left -= L)
            vstore_some(y + c, left, vload_some(g.x + c, left, 0) * s[i] * vload_some(w + c, left, 0));
}

static void rmsnorm_fwd(ll_real *y, ll_real *rstd, const ll_real *x, const ll_real *w, int64_t R, int64_t C) {
    int64_t r = 0;
    for (; r + L <= R; r += L) rmsnorm_rows(y + r * C, rstd + r, (group) { x + r * C, L, C }, w);
    if (r < R) rmsnorm_rows(y + r * C, rstd + r, (group) { x + r * C, R - r, C }, w);
}

static void rmsnorm_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, const ll_real *w, const ll_real *rstd,
                        int64_t R, int64_t C) {
    for (int64_t r = 0; r < R; r++, x += C, dx += C, dy += C) {
        const float s = rstd[r];
        vf gn_sum = vsplat(0);
        for (int64_t c = 0; c < C; c += L) {
            const vf n = vload_some(x + c, C - c, 0) * s, d = vload_some(dy + c, C - c, 0);
            gn_sum += d * vload_some(w + c, C - c, 0) * n;
        }
        const float gn_mean = vsum(gn_sum) / (float)C;
        for (int64_t c = 0; c < C; c += L) {
            const vf n = vload_some(x + c, C - c, 0) * s,
                     g = vload_some(dy + c, C - c, 0) * vload_some(w + c, C - c, 0);
            vstore_some(dx + c, C - c, vload_some(dx + c, C - c, 0) + (g - n * gn_mean) * s);
        }
    }
}

/* One vector of columns after the other, its sums in registers, down all rows. */
static void norm_params_bwd(ll_real *dw, ll_real *db, const ll_real *dy, const ll_real *x, const ll_real *mean,
                            const ll_real *rstd, int64_t R, int64_t C, int64_t from, int64_t to) {
    for (int64_t c = from; c < to; c += L) {
        vf w = vload_some(dw + c, to - c, 0), b = db ? vload_some(db + c, to - c, 0) : vsplat(0);
        for (int64_t r = 0; r < R; r++) {
            const vf d = vload_some(dy + r * C + c, to - c, 0);
            w += d * ((vload_some(x + r * C + c, to - c, 0) - (mean ? mean[r] : 0)) * rstd[r]);
            b += d;
        }
        vstore_some(dw + c, to - c, w);
        if (db) vstore_some(db + c, to - c, b);
    }
}

void LL_VEC(_bind_norm)(ll_kernels *k) {
    k->layernorm_fwd = layernorm_fwd;
    k->layernorm_bwd = layernorm_bwd;
    k->rmsnorm_fwd = rmsnorm_fwd;
    k->rmsnorm_bwd = rmsnorm_bwd;
    k->norm_params_bwd = norm_params_bwd;
}
