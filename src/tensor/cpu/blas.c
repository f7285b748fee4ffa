#include "tensor/cpu/cpu.h"

#include <cblas.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

/* OpenBLAS relocates more than all the rest of the program: it is loaded when the kernel tables are first looked at. */
#define LIBRARY "libopenblas.so.0"
static __typeof__(cblas_sgemm) *sgemm;
/* Only OpenBLAS has threads of its own, and the bits must not depend on them. */
static void (*set_num_threads)(int n);
/* 0 where it was built without threads: calls from two of ours then share its scratch, and their sums are wrong. */
static int (*get_parallel)(void);

bool ll_cpu_has_blas(void) {
    static bool asked; /* by one thread, before the tables are shared */
    if (asked) return sgemm != NULL;
    asked = true;
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) return false;
    set_num_threads = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    get_parallel = (int (*)(void))dlsym(library, "openblas_get_parallel");
    sgemm = (__typeof__(cblas_sgemm) *)dlsym(library, "cblas_sgemm");
    return sgemm != NULL;
}

static bool one_at_a_time;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void ll_blas_matmul(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M,
                           int64_t N, int64_t K, unsigned flags) {
    const bool add = flags & LL_MM_ADD;
    for (int64_t m = 0; bias && m < M; m++) /* c may hold anything when it is not added to */
        for (int64_t n = 0; n < N; n++) c[m * N + n] = (add ? c[m * N + n] : 0) + bias[n];
    if (one_at_a_time) pthread_mutex_lock(&turn);
    sgemm(CblasRowMajor, flags & LL_MM_TA ? CblasTrans : CblasNoTrans, flags & LL_MM_TB ? CblasTrans : CblasNoTrans,
          (int)M, (int)N, (int)K, 1, a, (int)(flags & LL_MM_TA ? M : K), b, (int)(flags & LL_MM_TB ? K : N),
          bias || add ? 1 : 0, c, (int)N);
    if (one_at_a_time) pthread_mutex_unlock(&turn);
}

void ll_cpu_bind_blas(ll_kernels *k) {
    ll_kernels plain; /* OpenBLAS packs on its way: a copy is as good */
    ll_kernels_ref(&plain);
    if (set_num_threads) set_num_threads(1);
    one_at_a_time = get_parallel && get_parallel() == 0;
    k->name = "blas";
    k->matmul = ll_blas_matmul;
    k->whole = true;
    k->packed = plain.packed;
    k->pack = plain.pack;
}
