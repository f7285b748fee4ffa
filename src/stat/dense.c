#include "stat/dense.h"

#include <math.h>
#include <stddef.h>

#include "stat/lanes.h"

enum {
    TOGETHER = 4
}; /* columns that are taken off in one pass over memory, in their order: the bits do not know */

/* Takes the four columns from a on off the four from x on, in rows from .. n; f [4][4] is what each has in the others'
 * rows. */
LL_WIDE static void take_off(double *restrict x, const double *restrict a, int64_t n, int64_t from,
                             const double f[TOGETHER][TOGETHER]) {
    const double *b = a + n, *c = b + n, *d = c + n;
    double *y = x + n, *z = y + n, *w = z + n;
    for (int64_t i = from; i < n; i++) {
        const double A = a[i], B = b[i], C = c[i], D = d[i];
        x[i] = (((x[i] - f[0][0] * A) - f[0][1] * B) - f[0][2] * C) - f[0][3] * D;
        y[i] = (((y[i] - f[1][0] * A) - f[1][1] * B) - f[1][2] * C) - f[1][3] * D;
        z[i] = (((z[i] - f[2][0] * A) - f[2][1] * B) - f[2][2] * C) - f[2][3] * D;
        w[i] = (((w[i] - f[3][0] * A) - f[3][1] * B) - f[3][2] * C) - f[3][3] * D;
    }
}

/* The columns before the four from j on; the triangle at their top is done row by row. */
static void take_all_off(double *K, int64_t n, int64_t j) {
    for (int64_t k = 0; k < j; k += TOGETHER) {
        double f[TOGETHER][TOGETHER];
        for (int t = 0; t < TOGETHER; t++)
            for (int s = 0; s < TOGETHER; s++) f[t][s] = K[(k + s) * n + j + t];
        for (int t = 0; t < TOGETHER; t++)
            for (int64_t i = j + t; i < j + TOGETHER; i++)
                for (int s = 0; s < TOGETHER; s++) K[(j + t) * n + i] -= f[t][s] * K[(k + s) * n + i];
        take_off(K + j * n, K + k * n, n, j + TOGETHER, f);
    }
}

/* Column j, from which those before `done` are taken off already. */
LL_WIDE static bool finish(double *K, int64_t n, int64_t j, int64_t done) {
    double *column = K + j * n;
    for (int64_t k = done; k < j; k++) {
        const double *left = K + k * n, factor = left[j];
        for (int64_t i = j; i < n; i++) column[i] -= factor * left[i];
    }
    if (!(column[j] > 0)) return false;
    const double root = sqrt(column[j]);
    for (int64_t i = j; i < n; i++) column[i] /= root;
    return true;
}

bool ll_dense_cholesky(double *K, int64_t n) {
    int64_t j = 0;
    for (; j + TOGETHER <= n; j += TOGETHER) {
        take_all_off(K, n, j);
        for (int t = 0; t < TOGETHER; t++)
            if (!finish(K, n, j + t, j)) return false;
    }
    for (; j < n; j++)
        if (!finish(K, n, j, 0)) return false;
    return true;
}

/* The values at j .. j + 3 of right side x, into f too; false where they are zeros and stay so. */
static bool solve_some(const double *L, int64_t n, int64_t j, double *x, double f[TOGETHER]) {
    if (x[j] == 0 && x[j + 1] == 0 && x[j + 2] == 0 && x[j + 3] == 0) return false;
    const double *a = L + j * n, *b = a + n, *c = b + n, *d = c + n;
    f[0] = x[j] / a[j];
    f[1] = (x[j + 1] - f[0] * a[j + 1]) / b[j + 1];
    f[2] = ((x[j + 2] - f[0] * a[j + 2]) - f[1] * b[j + 2]) / c[j + 2];
    f[3] = (((x[j + 3] - f[0] * a[j + 3]) - f[1] * b[j + 3]) - f[2] * c[j + 3]) / d[j + 3];
    for (int t = 0; t < TOGETHER; t++) x[j + t] = f[t];
    return true;
}

/* Four columns from a on, f of each, off the rest of one right side, and off that of two. */
LL_WIDE static void lower_one(double *restrict x, const double *restrict a, int64_t n, int64_t from,
                              const double *f) {
    const double *b = a + n, *c = b + n, *d = c + n, p = f[0], q = f[1], r = f[2], s = f[3];
    for (int64_t i = from; i < n; i++) x[i] = (((x[i] - p * a[i]) - q * b[i]) - r * c[i]) - s * d[i];
}

LL_WIDE static void lower_two(double *restrict x, double *restrict y, const double *restrict a, int64_t n,
                              int64_t from, const double *f, const double *g) {
    const double *b = a + n, *c = b + n, *d = c + n;
    for (int64_t i = from; i < n; i++) {
        const double A = a[i], B = b[i], C = c[i], D = d[i];
        x[i] = (((x[i] - f[0] * A) - f[1] * B) - f[2] * C) - f[3] * D;
        y[i] = (((y[i] - g[0] * A) - g[1] * B) - g[2] * C) - g[3] * D;
    }
}

static void forward_some(const double *L, int64_t n, int64_t j, double *x, double *y) {
    double f[TOGETHER], g[TOGETHER];
    const bool of_x = solve_some(L, n, j, x, f), of_y = y && solve_some(L, n, j, y, g);
    if (of_x && of_y) lower_two(x, y, L + j * n, n, j + TOGETHER, f, g);
    else if (of_x) lower_one(x, L + j * n, n, j + TOGETHER, f);
    else if (of_y) lower_one(y, L + j * n, n, j + TOGETHER, g);
}

static void forward_few(const double *L, int64_t n, double *b, int m) {
    int64_t j = 0;
    for (; j + TOGETHER <= n; j += TOGETHER)
        for (int k = 0; k < m; k += 2) forward_some(L, n, j, b + k * n, k + 1 < m ? b + (k + 1) * n : NULL);
    for (; j < n; j++)
        for (double *x = b; x < b + m * n; x += n) {
            x[j] /= L[j * n + j];
            for (int64_t i = j + 1; i < n; i++) x[i] -= x[j] * L[j * n + i];
        }
}

/* Row i of up to a vector's width of right sides, and back. */
LL_LANES_INLINE ll_lanes gather(const double *b, int64_t n, int m, int64_t i) {
    ll_lanes x = { 0 };
    for (int k = 0; k < m; k++) x[k] = b[k * n + i];
    return x;
}

LL_LANES_INLINE void scatter(double *b, int64_t n, int m, int64_t i, ll_lanes x) {
    for (int k = 0; k < m; k++) b[k * n + i] = x[k];
}

/* Columns from .. from + width, whose values are x, off the rows from i on, so many. */
LL_LANES_INLINE void lower_rows(double *b, int m, const double *L, int64_t n, int64_t from, int width,
                                const ll_lanes *x, int64_t i, int rows) {
    ll_lanes left[TOGETHER];
    for (int r = 0; r < rows; r++) left[r] = gather(b, n, m, i + r);
    for (int j = 0; j < width; j++) {
        const double *column = L + (from + j) * n + i;
        for (int r = 0; r < rows; r++) left[r] -= column[r] * x[j];
    }
    for (int r = 0; r < rows; r++) scatter(b, n, m, i + r, left[r]);
}

/* A vector's width of right sides at a time, by panels of columns: what is taken off a row is taken off in the columns'
 * order, as it is from a few. */
LL_LANES_INLINE void forward_panels(const double *L, int64_t n, double *b, int m) {
    enum { PANEL = 64 };
    for (int64_t from = 0; from < n; from += PANEL) {
        const int width = n - from < PANEL ? (int)(n - from) : PANEL;
        ll_lanes x[PANEL];
        for (int j = 0; j < width; j++) x[j] = gather(b, n, m, from + j);
        for (int j = 0; j < width; j++) {
            const double *column = L + (from + j) * n + from;
            x[j] /= column[j];
            for (int i = j + 1; i < width; i++) x[i] -= column[i] * x[j];
        }
        for (int j = 0; j < width; j++) scatter(b, n, m, from + j, x[j]);
        int64_t i = from + width;
        for (; i + TOGETHER <= n; i += TOGETHER) lower_rows(b, m, L, n, from, width, x, i, TOGETHER);
        if (i < n) lower_rows(b, m, L, n, from, width, x, i, (int)(n - i));
    }
}

LL_WIDE static void forward_many(const double *L, int64_t n, double *b, int m) {
    if (m == LL_LANES_N) forward_panels(L, n, b, LL_LANES_N);
    else forward_panels(L, n, b, m);
}

void ll_dense_forward(const double *L, int64_t n, double *b, int m) {
    enum { FEW = 3 };
    while (m > FEW) {
        const int some = m < LL_LANES_N ? m : LL_LANES_N;
        forward_many(L, n, b, some);
        b += some * n;
        m -= some;
    }
    forward_few(L, n, b, m);
}

LL_WIDE static void backward(const double *L, int64_t n, double *b) {
    for (int64_t j = n - 1; j >= 0; j--) {
        const double *column = L + j * n;
        ll_lanes sum = { 0 };
        for (int64_t i = j + 1; i < n; i += LL_LANES_N)
            sum += ll_lanes_some(column, i, n, 0) * ll_lanes_some(b, i, n, 0);
        b[j] = (b[j] - ll_lanes_sum(sum)) / column[j];
    }
}

void ll_dense_backward(const double *L, int64_t n, double *b) {
    backward(L, n, b);
}
