#include "train/theory/mlp.h"

#include <math.h>
#include <string.h>

#include "loglog/random.h"

static int64_t ins(const ll_mlp *m, int64_t layer) {
    return layer ? m->width : m->inputs;
}

static int64_t outs(const ll_mlp *m, int64_t layer) {
    return layer < m->depth ? m->width : m->outputs;
}

int64_t ll_mlp_count(const ll_mlp *m) {
    int64_t n = 0;
    for (int64_t l = 0; l <= m->depth; l++) n += outs(m, l) * (ins(m, l) + 1);
    return n;
}

/* What each layer puts out [R, outs], one behind the other, then two gradients [R, widest]. */
int64_t ll_mlp_work(const ll_mlp *m, int64_t R) {
    const int64_t widest = m->width > m->outputs ? m->width : m->outputs;
    return R * (m->depth * m->width + m->outputs + 2 * widest);
}

void ll_mlp_init(const ll_mlp *m, ll_real *p, uint64_t seed) {
    for (int64_t l = 0; l <= m->depth; l++) {
        const int64_t I = ins(m, l), O = outs(m, l);
        const double sd = sqrt(2.0 / (double)I);
        ll_rng r = ll_rng_at(seed, LL_STREAM_INIT, (uint64_t)l);
        for (int64_t i = 0; i < O * I; i++) p[i] = (ll_real)(sd * ll_rng_normal(&r));
        memset(p + O * I, 0, (size_t)O * sizeof *p);
        p += O * (I + 1);
    }
}

static void relu(ll_real *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
}

/* Where y was cut off, nothing comes back. */
static void relu_bwd(ll_real *dx, const ll_real *y, int64_t n) {
    for (int64_t i = 0; i < n; i++) dx[i] = y[i] > 0 ? dx[i] : 0;
}

static ll_real *outputs_of(const ll_kernels *k, const ll_mlp *m, const ll_real *p, const ll_mlp_rows *rows,
                           ll_real *work) {
    const ll_real *x = rows->x;
    for (int64_t l = 0; l <= m->depth; l++) {
        const int64_t I = ins(m, l), O = outs(m, l);
        k->matmul(work, x, p, p + O * I, rows->R, O, I, LL_MM_TB);
        if (l < m->depth) relu(work, rows->R * O);
        x = work;
        p += O * (I + 1);
        if (l < m->depth) work += rows->R * O;
    }
    return work;
}

static void squares(const ll_mlp *m, const ll_mlp_rows *rows, const ll_real *out, ll_real *loss) {
    for (int64_t r = 0; r < rows->R; r++) {
        double sum = 0;
        for (int64_t j = r * m->outputs; j < (r + 1) * m->outputs; j++) {
            const double d = (double)out[j] - rows->y[j];
            sum += d * d;
        }
        loss[r] = (ll_real)sum;
    }
}

const ll_real *ll_mlp_fwd(const ll_kernels *k, const ll_mlp *m, const ll_real *p, const ll_mlp_rows *rows,
                          ll_real *loss, ll_real *work) {
    const ll_real *out = outputs_of(k, m, p, rows, work);
    if (m->loss == LL_MLP_MSE) squares(m, rows, out, loss);
    else k->xent_fwd(loss, out, rows->label, rows->R, m->outputs, 1);
    return out;
}

/* loss [R], and d [R, outputs] = the gradient of the mean loss by the outputs. */
static void slope_of_loss(const ll_kernels *k, const ll_mlp *m, const ll_mlp_rows *rows, const ll_real *out,
                          ll_real *loss, ll_real *d) {
    const int64_t n = rows->R * m->outputs;
    const ll_real scale = (ll_real)(1.0 / (double)rows->R);
    if (m->loss == LL_MLP_XENT) {
        memcpy(d, out, (size_t)n * sizeof *d);
        k->xent_grad(loss, d, rows->label, rows->R, m->outputs, 1, scale);
        return;
    }
    squares(m, rows, out, loss);
    for (int64_t i = 0; i < n; i++) d[i] = 2 * scale * (out[i] - rows->y[i]);
}

double ll_mlp_grad(const ll_kernels *k, const ll_mlp *m, const ll_real *p, const ll_mlp_rows *rows, ll_real *loss,
                   ll_real *g, ll_real *work) {
    const int64_t R = rows->R, widest = m->width > m->outputs ? m->width : m->outputs;
    const ll_real *y = outputs_of(k, m, p, rows, work);
    ll_real *d = work + R * (m->depth * m->width + m->outputs), *next = d + R * widest;
    double mean = 0;
    slope_of_loss(k, m, rows, y, loss, d);
    p += ll_mlp_count(m);
    g += ll_mlp_count(m);
    for (int64_t l = m->depth; l >= 0; l--) {
        const int64_t I = ins(m, l), O = outs(m, l);
        const ll_real *x = l ? work + R * (l - 1) * m->width : rows->x;
        p -= O * (I + 1);
        g -= O * (I + 1);
        k->matmul(g, d, x, NULL, O, I, R, LL_MM_TA);
        memset(g + O * I, 0, (size_t)O * sizeof *g);
        k->sum_rows(g + O * I, d, R, O, 0, O);
        if (l == 0) break;
        k->matmul(next, d, p, NULL, R, I, O, 0);
        relu_bwd(next, x, R * I);
        ll_real *swap = d;
        d = next;
        next = swap;
    }
    for (int64_t r = 0; r < R; r++) mean += loss[r];
    return mean / (double)R;
}
