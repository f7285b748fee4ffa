/* Clusters by number. */
#ifndef LL_FIT_DRAWS_CLUSTER_H
#define LL_FIT_DRAWS_CLUSTER_H

#include <stdint.h>

/* The cluster of each row, numbered from 0; *n_groups counts them. The caller frees it; NULL: out of memory. */
int32_t *ll_cluster_number(const int64_t *cluster, int64_t n, int64_t *n_groups);

#endif
