#include "cli/train/ladder_rate.h"

#include <math.h>
#include <stdlib.h>

#include "base/system/clock.h"
#include "base/system/starved.h"

typedef struct sitting {
    double start, end, flops;
} sitting;

static int by_start(const void *a, const void *b) {
    double x = ((const sitting *)a)->start, y = ((const sitting *)b)->start;
    return x < y ? -1 : x > y;
}

static int64_t fill(sitting *out, const ll_run *runs, int64_t n) {
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        const ll_run *r = &runs[i];
        sitting s = { .flops = r->tokens_per_s * r->wall_s * r->flops_exact / r->tokens };
        bool told = ll_clock_parse(r->started, &s.start) && ll_clock_parse(r->ended, &s.end);
        if (r->state == LL_RUN_DONE && told && s.end >= s.start && isfinite(s.flops)) out[kept++] = s;
    }
    return kept;
}

ll_ladder_rate ll_ladder_rate_of(const ll_run *runs, int64_t n) {
    ll_ladder_rate rate = { 0 };
    double covered = -INFINITY; /* up to here */
    sitting *s = ll_counted(calloc((size_t)n + 1, sizeof *s));
    int64_t kept = s ? fill(s, runs, n) : 0;
    if (kept) qsort(s, (size_t)kept, sizeof *s, by_start);
    for (int64_t i = 0; i < kept; i++) {
        rate.flops += s[i].flops;
        if (s[i].end > covered) rate.seconds += s[i].end - fmax(s[i].start, covered);
        covered = fmax(covered, s[i].end);
    }
    free(s);
    return rate;
}
