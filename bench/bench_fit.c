/* Times the reference fit: 4500 starts and 4000 case resamples of the 240 digitised Chinchilla runs.
 *
 *     bench_fit chinchilla_figure4.csv [threads]
 *
 * Prints the optimum, the spread of the draws and the best wall time of five. */
#include <stdbool.h>

#include "loglog/fit.h"
#include "runs.h"

static runs table;

int main(int argc, char **argv) {
    static const char *const names[] = { "N_params", "D_tokens", "loss_nats", "kept_in_fit", NULL };
    if (argc < 2 || !runs_read(&table, argv[1], names)) {
        fprintf(stderr, "usage: bench_fit chinchilla_figure4.csv [threads]\n");
        return 2;
    }
    runs_keep(&table, 3, 1);
    ll_fit_data data = { .n = table.n,
                         .x = { [LL_VAR_N] = table.v[0], [LL_VAR_D] = table.v[1] },
                         .loss = table.v[2] };
    ll_fit_opts opts = { .n_boot = 4000, .threads = argc > 2 ? atoi(argv[2]) : 0 };
    double best = INFINITY;
    for (int round = 0; round < 5; round++) {
        ll_error err = { 0 };
        ll_fit fit;
        if (ll_fit_run(&fit, ll_law_find("chinchilla"), &data, &opts, &err) != LL_OK) {
            fprintf(stderr, "bench_fit: %s\n", err.msg);
            return 1;
        }
        best = fmin(best, fit.wall_s);
        for (int j = 0; round == 0 && j < fit.law->n_params; j++)
            printf("%-6s %.9g +- %.4g\n", fit.law->params[j].name, fit.params[j].value, fit.params[j].se);
        if (round == 0)
            printf("objective %.13g, %lld starts, %lld draws\n", fit.objective, (long long)fit.starts,
                   (long long)fit.n_draws);
        ll_fit_clear(&fit);
    }
    printf("best wall time of five: %.3f s\n", best);
    return 0;
}
