/* Packing on paper: what the ladders of some specs take with as many workers as cores, from the pace of this machine
 * as a dry run measures it, against their work divided by the cores. No rung is trained, so that a busy machine does:
 *
 *     cmake --build build --target bench_paper
 *     build/bench/bench_paper examples/wsd.yaml ... */
#include <stdio.h>
#include <stdlib.h>

#include "base/system/threads.h"
#include "sweep/workers/pace.h"
#include "tensor/choice/kernel_tables.h"

enum { VOCAB = 257 }; /* of bytes */

static ll_status print_row(const char *path, int cores, ll_error *err) {
    ll_spec spec;
    ll_rung *rungs;
    int64_t n;
    ll_pace pace = { 0 };
    double work = 0, forecast = 0;
    LL_TRY(ll_spec_load(&spec, path, err));
    LL_TRY(ll_kernels_named(spec.train.kernels, NULL, &pace.kernels, err));
    LL_TRY(ll_design_rungs(&spec, VOCAB, &rungs, &n, err));
    for (int64_t i = 0; i < n; i++) {
        const double seconds = ll_pace_seconds(&pace, &rungs[i], &spec);
        work += seconds;
        forecast += rungs[i].role == LL_RUNG_FORECAST ? seconds : 0;
    }
    const double makespan = ll_pace_makespan(&pace, &spec, rungs, n, cores, NULL);
    free(rungs);
    printf("| %s | %lld | %.1f s | %.0f %% | %.1f s | %.2f |\n", path, (long long)n, work, 100 * forecast / work,
           makespan, cores * makespan / work);
    return LL_OK;
}

int main(int argc, char **argv) {
    const int cores = ll_threads_available();
    printf("| ladder | rungs | work on one core | of it the forecast | makespan on %d | times its share |\n"
           "|---|---|---|---|---|---|\n",
           cores);
    for (int i = 1; i < argc; i++) {
        ll_error err = { 0 };
        if (print_row(argv[i], cores, &err) != LL_OK) return fprintf(stderr, "%s\n", err.msg), 1;
    }
    return 0;
}
