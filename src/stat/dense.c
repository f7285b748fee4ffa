#include "stat/dense.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "stat/lanes.h"

/* ---- the factor ---- */

enum { BLOCK = LL_LANES_N, ABREAST = 2 }; /* columns that are finished together; vectors of their rows */

/* Rows i .. of a column, of the n there are; and back. */
LL_LANES_INLINE void put(double *column, int64_t i, int64_t n, ll_lanes x) {
    if (i + LL_LANES_N <= n) memcpy(column + i, &x, sizeof x);
    else
        for (int l = 0; i + l < n; l++) column[i + l] = x[l];
}

/* What the columns before a block take off some rows of it, in their order. left [BLOCK][vectors] */
LL_LANES_INLINE void take_off(ll_lanes left[BLOCK][ABREAST], const double *K, int64_t n, int64_t j, int64_t i,
                              const int vectors) {
    for (int64_t k = 0; k < j; k++) {
        const double *column = K + k * n;
        for (int v = 0; v < vectors; v++) {
            const ll_lanes x = ll_lanes_some(column, i + v * LL_LANES_N, n, 0);
            for (int t = 0; t < BLOCK; t++) left[t][v] -= column[j + t] * x;
        }
    }
}

/* The block from column j on in its own rows; root [BLOCK] is what each column is divided by. */
LL_LANES_INLINE bool finish_triangle(double *K, int64_t n, int64_t j, double *root) {
    ll_lanes left[BLOCK][ABREAST];
    for (int t = 0; t < BLOCK; t++)
        for (int l = 0; l < LL_LANES_N; l++) left[t][0][l] = l < t ? 0 : K[(j + t) * n + j + l];
    take_off(left, K, n, j, j, 1);
    for (int t = 0; t < BLOCK; t++) {
        double *column = K + (j + t) * n + j;
        for (int s = 0; s < t; s++) left[t][0] -= left[s][0][t] * left[s][0];
        if (!(left[t][0][t] > 0)) return false;
        root[t] = sqrt(left[t][0][t]);
        left[t][0] /= root[t];
        for (int l = t; l < LL_LANES_N; l++) column[l] = left[t][0][l];
    }
    return true;
}

/* The block in some rows below. */
LL_LANES_INLINE void finish_below(double *K, int64_t n, int64_t j, int64_t i, const double *root,
                                  const int vectors) {
    ll_lanes left[BLOCK][ABREAST];
    for (int t = 0; t < BLOCK; t++)
        for (int v = 0; v < vectors; v++) left[t][v] = ll_lanes_some(K + (j + t) * n, i + v * LL_LANES_N, n, 0);
    take_off(left, K, n, j, i, vectors);
    for (int t = 0; t < BLOCK; t++) {
        const double *row = K + j * n + j + t;
        for (int v = 0; v < vectors; v++) {
            for (int s = 0; s < t; s++) left[t][v] -= row[s * n] * left[s][v];
            left[t][v] /= root[t];
            put(K + (j + t) * n, i + v * LL_LANES_N, n, left[t][v]);
        }
    }
}

LL_WIDE static bool finish_block(double *K, int64_t n, int64_t j) {
    double root[BLOCK];
    int64_t i = j + BLOCK;
    if (!finish_triangle(K, n, j, root)) return false;
    for (; i + ABREAST * LL_LANES_N <= n; i += ABREAST * LL_LANES_N) finish_below(K, n, j, i, root, ABREAST);
    for (; i < n; i += LL_LANES_N) finish_below(K, n, j, i, root, 1);
    return true;
}

LL_WIDE static bool finish_column(double *K, int64_t n, int64_t j) {
    double *column = K + j * n;
    for (int64_t k = 0; k < j; k++) {
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
    for (; j + BLOCK <= n; j += BLOCK)
        if (!finish_block(K, n, j)) return false;
    for (; j < n; j++)
        if (!finish_column(K, n, j)) return false;
    return true;
}

/* ---- right sides ---- */

enum {
    TOGETHER = 4
}; /* columns that are taken off in one pass over memory, in their order: the bits do not know */

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

enum {
    PANEL = 64,
    ROWS = 512,
    TALL = 8
}; /* columns whose values are at hand, rows that wait for them, and at once */

/* Row i of a vector's width of right sides, and back. */
LL_LANES_INLINE ll_lanes gather(double *const *b, int64_t i) {
    ll_lanes x;
    for (int k = 0; k < LL_LANES_N; k++) x[k] = b[k][i];
    return x;
}

LL_LANES_INLINE void scatter(double *const *b, int64_t i, ll_lanes x) {
    for (int k = 0; k < LL_LANES_N; k++) b[k][i] = x[k];
}

/* Columns from .. from + width of L, whose values are x, off so many rows y that stand at `at`. */
LL_LANES_INLINE void lower_rows(ll_lanes *y, const double *L, int64_t n, int64_t from, int width, const ll_lanes *x,
                                int64_t at, const int rows) {
    ll_lanes left[TALL];
    for (int r = 0; r < rows; r++) left[r] = y[r];
    for (int j = 0; j < width; j++) {
        const double *column = L + (from + j) * n + at;
        for (int r = 0; r < rows; r++) left[r] -= column[r] * x[j];
    }
    for (int r = 0; r < rows; r++) y[r] = left[r];
}

LL_LANES_INLINE void lower_all(ll_lanes *y, const double *L, int64_t n, int64_t from, int width, const ll_lanes *x,
                               int64_t at, int rows) {
    int r = 0;
    for (; r + TALL <= rows; r += TALL) lower_rows(y + r, L, n, from, width, x, at + r, TALL);
    for (; r < rows; r++) lower_rows(y + r, L, n, from, width, x, at + r, 1);
}

/* The triangle of so many columns. */
LL_LANES_INLINE void solve_few(ll_lanes *x, const double *L, int64_t n, int64_t from, const int width) {
    ll_lanes left[TALL];
    for (int r = 0; r < width; r++) left[r] = x[r];
    for (int j = 0; j < width; j++) {
        const double *column = L + (from + j) * n + from;
        left[j] /= column[j];
        for (int r = j + 1; r < width; r++) left[r] -= column[r] * left[j];
    }
    for (int r = 0; r < width; r++) x[r] = left[r];
}

LL_LANES_INLINE void solve_panel(ll_lanes *x, const double *L, int64_t n, int64_t from, int width) {
    int r = 0;
    for (; r + TALL <= width; r += TALL) {
        lower_rows(x + r, L, n, from, r, x, from + r, TALL);
        solve_few(x + r, L, n, from + r, TALL);
    }
    for (; r < width; r++) {
        lower_rows(x + r, L, n, from, r, x, from + r, 1);
        solve_few(x + r, L, n, from + r, 1);
    }
}

/* By panels of columns: what is taken off a row is taken off in the columns' order, as it is from a few. */
LL_WIDE static void forward_lanes(const double *L, int64_t n, double *const *b) {
    ll_lanes y[ROWS], x[PANEL];
    for (int64_t at = 0; at < n; at += ROWS) {
        const int rows = n - at < ROWS ? (int)(n - at) : ROWS;
        for (int i = 0; i < rows; i++) y[i] = gather(b, at + i);
        for (int64_t from = 0; from < at; from += PANEL) {
            for (int j = 0; j < PANEL; j++) x[j] = gather(b, from + j);
            lower_all(y, L, n, from, PANEL, x, at, rows);
        }
        for (int i = 0; i < rows; i += PANEL) {
            const int width = rows - i < PANEL ? rows - i : PANEL, next = i + width;
            solve_panel(y + i, L, n, at + i, width);
            lower_all(y + next, L, n, at + i, width, y + i, at + next, rows - next);
        }
        for (int i = 0; i < rows; i++) scatter(b, at + i, y[i]);
    }
}

/* Where they are fewer than a vector's width the last stands for the others. */
static void forward_many(const double *L, int64_t n, double *b, int m) {
    double *of[LL_LANES_N];
    for (int k = 0; k < LL_LANES_N; k++) of[k] = b + (k < m ? k : m - 1) * n;
    forward_lanes(L, n, of);
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
