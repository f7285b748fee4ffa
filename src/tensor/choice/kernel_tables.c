#include "tensor/choice/kernel_tables.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/cpu/cpu.h"

/* Fastest first. Each row builds its table over the reference. */
typedef struct row {
    const char *name;
    bool (*runs_here)(void);
    void (*bind)(ll_kernels *k);
} row;

static bool always(void) {
    return true;
}

static void bind_nothing(ll_kernels *k) {
    (void)k;
}

#define VECTOR_TABLE(isa)                   \
    static void bind_##isa(ll_kernels *k) { \
        k->name = #isa;                     \
        ll_##isa##_bind_matmul(k);          \
        ll_##isa##_bind_attention(k);       \
        ll_##isa##_bind_attention_step(k);  \
        ll_##isa##_bind_norm(k);            \
        ll_##isa##_bind_embed(k);           \
        ll_##isa##_bind_pointwise(k);       \
        ll_##isa##_bind_lstm(k);            \
        ll_##isa##_bind_peak(k);            \
    }
VECTOR_TABLE(simd128)
#ifdef LL_HAVE_X86
VECTOR_TABLE(avx512)
VECTOR_TABLE(avx2)

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}

static void bind_avx512bf16(ll_kernels *k) {
    bind_avx512(k);
    k->name = "avx512bf16";
    ll_avx512bf16_bind_matmul(k);
    ll_avx512bf16_bind_attention(k);
}

static bool has_avx512bf16(void) {
    return has_avx512() && __builtin_cpu_supports("avx512bf16");
}

static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif
#ifdef LL_HAVE_CBLAS
static void bind_blas(ll_kernels *k) {
    bind_simd128(k);
    ll_cpu_bind_blas(k);
}
#endif

static const row rows[] = {
#ifdef LL_HAVE_X86
    { "avx512", has_avx512, bind_avx512 },  { "avx512bf16", has_avx512bf16, bind_avx512bf16 },
    { "avx2", has_avx2, bind_avx2 },
#endif
#ifdef LL_HAVE_CBLAS
    { "blas", ll_cpu_has_blas, bind_blas },
#endif
    { "simd128", always, bind_simd128 },    { "ref", always, bind_nothing },
};
enum { ROWS = sizeof rows / sizeof *rows };

static ll_kernels tables[ROWS];
static const char *const precisions[] = { NULL, "fp32", "bf16" };
enum { PRECISIONS = sizeof precisions / sizeof *precisions };
static char names[PRECISIONS][64 * ROWS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool computes_in(const ll_kernels *k, const char *precision) {
    return !precision || strcmp(k->precision, precision) == 0;
}

static void list_name(char *list, const char *name) {
    if (list[0]) strcat(list, " ");
    strcat(list, name);
}

static void prepare(void) {
    for (int i = 0; i < ROWS; i++) {
        ll_kernels_ref(&tables[i]);
        if (!rows[i].runs_here()) continue;
        rows[i].bind(&tables[i]);
        for (int p = 0; p < PRECISIONS; p++)
            if (computes_in(&tables[i], precisions[p])) list_name(names[p], rows[i].name);
    }
}

const char *ll_kernels_list(const char *precision) {
    pthread_once(&once, prepare);
    for (int p = 1; precision && p < PRECISIONS; p++)
        if (strcmp(precision, precisions[p]) == 0) return names[p];
    return names[0];
}

ll_status ll_kernels_named(const char *name, const char *precision, const ll_kernels **out, ll_error *err) {
    const char *list = ll_kernels_list(precision), *chosen = getenv(LL_KERNELS_ENV);
    if (strcmp(name, "auto") == 0 && chosen && *chosen) name = chosen;
    for (int i = 0; i < ROWS; i++) {
        if (!rows[i].runs_here() || !computes_in(&tables[i], precision)) continue;
        if (strcmp(name, "auto") != 0 && strcmp(name, rows[i].name) != 0) continue;
        *out = &tables[i];
        return LL_OK;
    }
    if (!*list) return LL_FAIL(err, LL_EINPUT, "no kernels of precision %s run here, expected fp32", precision);
    return LL_FAIL(err, LL_EINPUT, "no kernels '%.40s' of precision %s run here, expected auto or one of: %s", name,
                   precision ? precision : "fp32 or bf16", list);
}
