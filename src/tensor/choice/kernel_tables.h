/* Which kernel table runs here: one list, fastest first, and one look-up.
 *
 *     const ll_kernels *k;
 *     LL_TRY(ll_kernels_named("auto", "fp32", &k, err));
 */
#ifndef LL_TENSOR_CHOICE_KERNEL_TABLES_H
#define LL_TENSOR_CHOICE_KERNEL_TABLES_H

#include "tensor/kernels.h"

/* Environment: the table that "auto" stands for, as if the processor had no faster one. */
#define LL_KERNELS_ENV "LOGLOG_KERNELS"

/* "auto" is the fastest of that precision (fp32 or bf16) that this processor runs, or what LL_KERNELS_ENV names. A
 * name that is unknown, does not run here or computes in another precision is LL_EINPUT with the list. */
ll_status ll_kernels_named(const char *name, const char *precision, const ll_kernels **out, ll_error *err);

/* The names that work here, blank-separated, fastest of each precision first; precision NULL: of any. The string
 * lasts as long as the program. */
const char *ll_kernels_list(const char *precision);

#endif
