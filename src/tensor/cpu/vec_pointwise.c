/* Activations, cross-entropy, the optimiser: one pass over memory each. Tails go through a padded vector, so that
 * an element's bits do not depend on where it lies. */
#include "tensor/cpu/cpu.h"
#include "tensor/cpu/vec.h"

/* gelu(x) = x sigmoid(2 u), u = sqrt(2/pi) (x + 0.044715 x^3). */
#define TWO_SCALE 1.5957691216057308f
#define CUBE 0.044715f

static inline vf gelu_gate(vf x) {
    return 1.0f / (1.0f + vexp2(x * (x * x * (CUBE * -TWO_SCALE * LL_LOG2_E) - TWO_SCALE * LL_LOG2_E)));
}

static void gelu_fwd(ll_real *y, const ll_real *x, int64_t R, int64_t F) {
    const int64_t n = R * F;
    for (int64_t i = 0; i < n; i += L) {
        vf v = vload_some(x + i, n - i, 0);
        vstore_some(y + i, n - i, v * gelu_gate(v));
    }
}

static void gelu_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, int64_t R, int64_t F) {
    const int64_t n = R * F;
    for (int64_t i = 0; i < n; i += L) {
        vf v = vload_some(x + i, n - i, 0), s = gelu_gate(v);
        vf slope = s + s * (1.0f - s) * (v * (v * v * (3 * CUBE * TWO_SCALE) + TWO_SCALE));
        vstore_some(dx + i, n - i, vload_some(dy + i, n - i, 0) * slope);
    }
}

static void swiglu_fwd(ll_real *y, const ll_real *x, int64_t R, int64_t F) {
    for (int64_t r = 0; r < R; r++, x += 2 * F, y += F)
        for (int64_t f = 0; f < F; f += L) {
            vf g = vload_some(x + f, F - f, 0), u = vload_some(x + F + f, F - f, 0);
            vstore_some(y + f, F - f, g / (1.0f + vexp(-g)) * u);
        }
}

static void swiglu_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, int64_t R, int64_t F) {
    for (int64_t r = 0; r < R; r++, x += 2 * F, dx += 2 * F, dy += F)
        for (int64_t f = 0; f < F; f += L) {
            vf g = vload_some(x + f, F - f, 0), u = vload_some(x + F + f, F - f, 0),
               d = vload_some(dy + f, F - f, 0);
            vf s = 1.0f / (1.0f + vexp(-g));
            vstore_some(dx + f, F - f, d * u * s * (1.0f + g * (1.0f - s)));
            vstore_some(dx + F + f, F - f, d * g * s);
        }
}

/* Cross-entropy takes L rows together: the largest of each, the sum of each, its logarithm come as one vector. What
 * is written is taken from the last row on: the vector that ends a row covers the start of the next by its idle
 * lanes, and a load from there would wait until the store is done. */
typedef struct group {
    int64_t rows, V;
    float alpha;
} group;

/* The largest of each row of x [rows,V]. */
static vf row_tops(group g, const float *x) {
    vf most[L];
    for (int64_t i = 0; i < L; i++) {
        most[i] = vsplat(-INFINITY);
        for (int64_t v = 0; i < g.rows && v < g.V; v += L)
            most[i] = vmax(most[i], vload_some(x + i * g.V + v, g.V - v, -INFINITY));
    }
    return vtops(most);
}

/* Sums of exp(alpha (x - top)), alpha above zero; what is summed is kept in out [rows,V] (may be x) unless that is
 * NULL. */
ALWAYS vf row_sums(group g, float *out, const float *x, vf top) {
    const float alpha = g.alpha * LL_LOG2_E;
    float less[L];
    vf part[L];
    vstore(less, top * alpha);
    for (int64_t i = L; i-- > 0;) {
        vf sum = vsplat(0);
        for (int64_t v = 0; i < g.rows && v < g.V; v += L) {
            const vf e = vexp2(vload_some(x + i * g.V + v, g.V - v, -INFINITY) * alpha - less[i]);
            if (out) vstore_some(out + i * g.V + v, g.V - v, e);
            sum += e;
        }
        part[i] = sum;
    }
    return vsums(part);
}

static vf row_hits(group g, const float *x, const int32_t *target) {
    float hit[L] = { 0 };
    for (int64_t i = 0; i < g.rows; i++) hit[i] = x[i * g.V + target[i]];
    return vload(hit);
}

static void xent_fwd(ll_real *loss, const ll_real *logits, const int32_t *target, int64_t R, int64_t V,
                     ll_real alpha) {
    for (int64_t r = 0; r < R; r += L) {
        const group g = { R - r < L ? R - r : L, V, alpha };
        const float *at = logits + r * V;
        const vf top = row_tops(g, at), hit = row_hits(g, at, target + r);
        vstore_some(loss + r, g.rows, (top - hit) * alpha + vlog(row_sums(g, NULL, at, top)));
    }
}

/* The exponentials are taken once, in place, and then made gradients. */
static void xent_grad(ll_real *loss, ll_real *logits, const int32_t *target, int64_t R, int64_t V, ll_real alpha,
                      ll_real scale) {
    for (int64_t r = 0; r < R; r += L) {
        const group g = { R - r < L ? R - r : L, V, alpha };
        float *at = logits + r * V;
        const vf top = row_tops(g, at), hit = row_hits(g, at, target + r), sum = row_sums(g, at, at, top);
        float share[L];
        vstore_some(loss + r, g.rows, (top - hit) * alpha + vlog(sum));
        vstore(share, alpha * scale / sum);
        for (int64_t i = g.rows; i-- > 0;) {
            float *x = at + i * V;
            for (int64_t v = 0; v < V; v += L) vstore_some(x + v, V - v, vload_some(x + v, V - v, 0) * share[i]);
            x[target[r + i]] -= alpha * scale;
        }
    }
}

static void adamw(ll_real *p, ll_real *m, ll_real *v, const ll_real *g, int64_t n, const ll_adamw *o) {
    const float one_by1 = 1 / o->bias1, one_by2 = 1 / o->bias2;
    for (int64_t i = 0; i < n; i += L) {
        vf d = vload_some(g + i, n - i, 0) * o->grad_scale, at = vload_some(p + i, n - i, 0);
        vf first = vload_some(m + i, n - i, 0) * o->beta1 + d * (1 - o->beta1);
        vf second = vload_some(v + i, n - i, 0) * o->beta2 + d * d * (1 - o->beta2);
        vstore_some(m + i, n - i, first);
        vstore_some(v + i, n - i, second);
        at -= first * one_by1 / (vsqrt(second * one_by2) + o->eps) * o->lr + at * o->decay;
        vstore_some(p + i, n - i, at);
    }
}

static double reduce(ll_real *out, const ll_real *part, int64_t stride, int64_t k, int64_t n) {
    double square = 0;
    for (int64_t i = 0; i < n; i += L) {
        vf sum = vload_some(part + i, n - i, 0);
        for (int64_t j = 1; j < k; j++) sum += vload_some(part + j * stride + i, n - i, 0);
        vstore_some(out + i, n - i, sum);
        square += (double)vsum(sum * sum);
    }
    return square;
}

void LL_VEC(_bind_pointwise)(ll_kernels *k) {
    k->gelu_fwd = gelu_fwd;
    k->gelu_bwd = gelu_bwd;
    k->swiglu_fwd = swiglu_fwd;
    k->swiglu_bwd = swiglu_bwd;
    k->xent_fwd = xent_fwd;
    k->xent_grad = xent_grad;
    k->adamw = adamw;
    k->reduce = reduce;
}
