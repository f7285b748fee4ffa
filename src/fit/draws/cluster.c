#include "fit/draws/cluster.h"

#include <stdlib.h>

typedef struct tag {
    int64_t id, row;
} tag;

static int by_id(const void *a, const void *b) {
    const tag *x = a, *y = b;
    return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : (x->row > y->row) - (x->row < y->row);
}

int32_t *ll_cluster_number(const int64_t *cluster, int64_t n, int64_t *n_groups) {
    tag *tags = malloc((size_t)n * sizeof *tags);
    int32_t *group = malloc((size_t)n * sizeof *group);
    *n_groups = 0;
    if (tags && group) {
        for (int64_t i = 0; i < n; i++) tags[i] = (tag) { cluster[i], i };
        qsort(tags, (size_t)n, sizeof *tags, by_id);
        for (int64_t i = 0; i < n; i++) {
            if (i == 0 || tags[i].id != tags[i - 1].id) ++*n_groups;
            group[tags[i].row] = (int32_t)(*n_groups - 1);
        }
    } else {
        free(group);
        group = NULL;
    }
    free(tags);
    return group;
}
