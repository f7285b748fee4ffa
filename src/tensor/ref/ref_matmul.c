#include "tensor/ref/ref.h"

#include <string.h>

/* Plain triple loop, sums in double. */
static void ll_ref_matmul_rows(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M,
                               int64_t N, int64_t K, unsigned flags, int64_t from, int64_t to) {
    int64_t am = flags & LL_MM_TA ? 1 : K, ak = flags & LL_MM_TA ? M : 1;
    int64_t bn = flags & LL_MM_TB ? K : 1, bk = flags & LL_MM_TB ? 1 : N;
    for (int64_t m = from; m < to; m++)
        for (int64_t n = 0; n < N; n++) {
            double sum = bias ? bias[n] : 0;
            if (flags & LL_MM_ADD) sum += c[m * N + n];
            for (int64_t k = 0; k < K; k++) sum += (double)a[m * am + k * ak] * b[k * bk + n * bn];
            c[m * N + n] = (ll_real)sum;
        }
}

static void ll_ref_matmul(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M, int64_t N,
                          int64_t K, unsigned flags) {
    ll_ref_matmul_rows(c, a, b, bias, M, N, K, flags, 0, M);
}

/* A plain copy. */
static int64_t ll_ref_packed(int64_t N, int64_t K, unsigned flags) {
    (void)flags;
    return N * K;
}

static void ll_ref_pack(ll_real *to, const ll_real *b, int64_t N, int64_t K, unsigned flags) {
    (void)flags;
    memcpy(to, b, (size_t)(N * K) * sizeof *to);
}

static void ll_ref_copy(ll_real *y, const ll_real *x, int64_t R, int64_t C) {
    memcpy(y, x, (size_t)(R * C) * sizeof *y);
}

static void ll_ref_sum_rows(ll_real *out, const ll_real *x, int64_t R, int64_t N, int64_t from, int64_t to) {
    for (int64_t n = from; n < to; n++) {
        double sum = out[n];
        for (int64_t r = 0; r < R; r++) sum += x[r * N + n];
        out[n] = (ll_real)sum;
    }
}

void ll_ref_bind_matmul(ll_kernels *k) {
    k->matmul = ll_ref_matmul;
    k->matmul_rows = ll_ref_matmul_rows;
    k->whole = false;
    k->packed = ll_ref_packed;
    k->pack = ll_ref_pack;
    k->copy = ll_ref_copy;
    k->sum_rows = ll_ref_sum_rows;
}
