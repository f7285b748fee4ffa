#include "stat/eigen.h"

#include <math.h>
#include <string.h>

/* Rows p and q of M, n long with stride s, turned by an angle of cosine c and sine t. */
static void turn(double *M, int n, int p, int q, int row, int s, double c, double t) {
    for (int i = 0; i < n; i++) {
        double *a = M + p * row + i * s, *b = M + q * row + i * s;
        const double u = *a, v = *b;
        *a = c * u - t * v, *b = t * u + c * v;
    }
}

/* The rotation that makes A[p][q] zero, applied from both sides. */
static void rotate(int n, double *A, double *vector, int p, int q) {
    const double theta = (A[q * n + q] - A[p * n + p]) / (2 * A[p * n + q]);
    const double tangent = copysign(1, theta) / (fabs(theta) + hypot(theta, 1));
    const double c = 1 / hypot(tangent, 1), s = tangent * c;
    turn(A, n, p, q, n, 1, c, s);
    turn(A, n, p, q, 1, n, c, s);
    turn(vector, n, p, q, n, 1, c, s);
    A[p * n + q] = A[q * n + p] = 0;
}

static void exchange(double *a, double *b, int n) {
    for (int i = 0; i < n; i++) {
        const double t = a[i];
        a[i] = b[i], b[i] = t;
    }
}

void ll_symmetric_eigen(int n, double *A, double *value, double *vector) {
    enum { SWEEPS = 60 };
    memset(vector, 0, (size_t)(n * n) * sizeof *vector);
    for (int i = 0; i < n; i++) vector[i * n + i] = 1;
    for (int sweep = 0, turned = 1; sweep < SWEEPS && turned; sweep++) {
        turned = 0;
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) {
                if (fabs(A[p * n + q]) <= 1e-16 * sqrt(fabs(A[p * n + p] * A[q * n + q]))) continue;
                rotate(n, A, vector, p, q);
                turned = 1;
            }
    }
    for (int i = 0; i < n; i++) value[i] = A[i * n + i];
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++)
            if (value[j] > value[i]) {
                exchange(&value[i], &value[j], 1);
                exchange(vector + i * n, vector + j * n, n);
            }
}
