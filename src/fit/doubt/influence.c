#include "fit/doubt/influence.h"

#include <math.h>
#include <stddef.h>

int ll_fit_most_influential(const double *influence, int64_t n, int64_t *out, int k) {
    int listed = 0;
    for (int64_t i = 0; influence && i < n; i++) {
        int at = listed < k ? listed++ : k;
        for (; at > 0 && fabs(influence[i]) > fabs(influence[out[at - 1]]); at--)
            if (at < k) out[at] = out[at - 1];
        if (at < k) out[at] = i;
    }
    return listed;
}
