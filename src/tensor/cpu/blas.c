#include "tensor/cpu/cpu.h"

#include <cblas.h>
#include <pthread.h>
#include <stdbool.h>

/* Only OpenBLAS has threads of its own, and the bits must not depend on them. */
extern void openblas_set_num_threads(int n) __attribute__((weak));
/* 0 where it was built without threads: calls from two of ours then share its scratch, and their sums are wrong. */
extern int openblas_get_parallel(void) __attribute__((weak));

static bool one_at_a_time;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void ll_blas_matmul(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M,
                           int64_t N, int64_t K, unsigned flags) {
    const bool add = flags & LL_MM_ADD;
    for (int64_t m = 0; bias && m < M; m++) /* c may hold anything when it is not added to */
        for (int64_t n = 0; n < N; n++) c[m * N + n] = (add ? c[m * N + n] : 0) + bias[n];
    if (one_at_a_time) pthread_mutex_lock(&turn);
    cblas_sgemm(CblasRowMajor, flags & LL_MM_TA ? CblasTrans : CblasNoTrans,
                flags & LL_MM_TB ? CblasTrans : CblasNoTrans, (int)M, (int)N, (int)K, 1, a,
                (int)(flags & LL_MM_TA ? M : K), b, (int)(flags & LL_MM_TB ? K : N), bias || add ? 1 : 0, c,
                (int)N);
    if (one_at_a_time) pthread_mutex_unlock(&turn);
}

void ll_cpu_bind_blas(ll_kernels *k) {
    ll_kernels plain; /* OpenBLAS packs on its way: a copy is as good */
    ll_kernels_ref(&plain);
    if (openblas_set_num_threads) openblas_set_num_threads(1);
    one_at_a_time = openblas_get_parallel && openblas_get_parallel() == 0;
    k->name = "blas";
    k->matmul = ll_blas_matmul;
    k->packed = plain.packed;
    k->pack = plain.pack;
}
