#include "tensor/cpu/cpu.h"
#include "tensor/cpu/vec.h"

#define EPS 1e-5f

/* Whole vectors first, then the columns that are left one by one. */
#define EACH_VECTOR(c, C) for (c = 0; c + L <= (C); c += L)
#define EACH_LEFT(c, C) for (; c < (C); c++)

static void layernorm_fwd(ll_real *y, ll_real *mean, ll_real *rstd, const ll_real *x, const ll_real *w,
                          const ll_real *b, int64_t R, int64_t C) {
    for (int64_t r = 0; r < R; r++, x += C, y += C) {
        int64_t c;
        vf part = vsplat(0);
        float sum = 0, square = 0;
        EACH_VECTOR(c, C) part += vload(x + c);
        EACH_LEFT(c, C) sum += x[c];
        float m = (sum + vsum(part)) / (float)C;
        part = vsplat(0);
        EACH_VECTOR(c, C) {
            vf d = vload(x + c) - m;
            part += d * d;
        }
        EACH_LEFT(c, C) square += (x[c] - m) * (x[c] - m);
        float s = 1 / sqrtf((square + vsum(part)) / (float)C + EPS);
        EACH_VECTOR(c, C) vstore(y + c, (vload(x + c) - m) * s * vload(w + c) + vload(b + c));
        EACH_LEFT(c, C) y[c] = (x[c] - m) * s * w[c] + b[c];
        mean[r] = m;
        rstd[r] = s;
    }
}

static void layernorm_bwd(ll_real *dx, ll_real *dw, ll_real *db, const ll_real *dy, const ll_real *x,
                          const ll_real *w, const ll_real *mean, const ll_real *rstd, int64_t R, int64_t C) {
    for (int64_t r = 0; r < R; r++, x += C, dx += C, dy += C) {
        int64_t c;
        const float s = rstd[r], m = mean[r];
        vf g_part = vsplat(0), gn_part = vsplat(0);
        float g_sum = 0, gn_sum = 0;
        EACH_VECTOR(c, C) {
            vf n = (vload(x + c) - m) * s, d = vload(dy + c), g = d * vload(w + c);
            g_part += g;
            gn_part += g * n;
            vstore(dw + c, vload(dw + c) + d * n);
            vstore(db + c, vload(db + c) + d);
        }
        EACH_LEFT(c, C) {
            float n = (x[c] - m) * s, g = dy[c] * w[c];
            g_sum += g;
            gn_sum += g * n;
            dw[c] += dy[c] * n;
            db[c] += dy[c];
        }
        const float g_mean = (g_sum + vsum(g_part)) / (float)C, gn_mean = (gn_sum + vsum(gn_part)) / (float)C;
        EACH_VECTOR(c, C) {
            vf n = (vload(x + c) - m) * s;
            vstore(dx + c, vload(dx + c) + (vload(dy + c) * vload(w + c) - g_mean - n * gn_mean) * s);
        }
        EACH_LEFT(c, C) dx[c] += s * (dy[c] * w[c] - g_mean - (x[c] - m) * s * gn_mean);
    }
}

static void rmsnorm_fwd(ll_real *y, ll_real *rstd, const ll_real *x, const ll_real *w, int64_t R, int64_t C) {
    for (int64_t r = 0; r < R; r++, x += C, y += C) {
        int64_t c;
        vf part = vsplat(0);
        float square = 0;
        EACH_VECTOR(c, C) part += vload(x + c) * vload(x + c);
        EACH_LEFT(c, C) square += x[c] * x[c];
        float s = 1 / sqrtf((square + vsum(part)) / (float)C + EPS);
        EACH_VECTOR(c, C) vstore(y + c, vload(x + c) * s * vload(w + c));
        EACH_LEFT(c, C) y[c] = x[c] * s * w[c];
        rstd[r] = s;
    }
}

static void rmsnorm_bwd(ll_real *dx, ll_real *dw, const ll_real *dy, const ll_real *x, const ll_real *w,
                        const ll_real *rstd, int64_t R, int64_t C) {
    for (int64_t r = 0; r < R; r++, x += C, dx += C, dy += C) {
        int64_t c;
        const float s = rstd[r];
        vf part = vsplat(0);
        float sum = 0;
        EACH_VECTOR(c, C) {
            vf n = vload(x + c) * s, d = vload(dy + c);
            part += d * vload(w + c) * n;
            vstore(dw + c, vload(dw + c) + d * n);
        }
        EACH_LEFT(c, C) {
            sum += dy[c] * w[c] * x[c] * s;
            dw[c] += dy[c] * x[c] * s;
        }
        const float gn_mean = (sum + vsum(part)) / (float)C;
        EACH_VECTOR(c, C) {
            vf n = vload(x + c) * s;
            vstore(dx + c, vload(dx + c) + (vload(dy + c) * vload(w + c) - n * gn_mean) * s);
        }
        EACH_LEFT(c, C) dx[c] += s * (dy[c] * w[c] - x[c] * s * gn_mean);
    }
}

void LL_VEC(_bind_norm)(ll_kernels *k) {
    k->layernorm_fwd = layernorm_fwd;
    k->layernorm_bwd = layernorm_bwd;
    k->rmsnorm_fwd = rmsnorm_fwd;
    k->rmsnorm_bwd = rmsnorm_bwd;
}
