/* Simulated studies on the 240 (N, D) of Chinchilla's Figure 4, planted with the published fit and lognormal noise:
 * how often the interval of each parameter, and of the loss at ten times the largest compute, holds the truth.
 *
 *     planted chinchilla_figure4.csv studies [huber_log|ls_log] [case|wild] [draws] [sd 0.01] [seed]
 *
 * Prints a Markdown table. The loss at 10x is that of the compute-optimal run of ten times the largest 6 N D. */
#include <stdbool.h>

#include "base/system/clock.h"
#include "fit/doubt/coverage.h"
#include "runs.h"

static runs table;

static double loss_at(const double *p, const void *ctx) {
    const double C = *(const double *)ctx;
    const ll_frontier f = ll_chinchilla_frontier(p[1], p[2], p[3], p[4]);
    const double x[LL_VAR_COUNT] = { [LL_VAR_N] = f.G * pow(C / 6, f.a), [LL_VAR_D] = pow(C / 6, f.b) / f.G };
    return ll_law_find("chinchilla")->eval(p, x);
}

static void show(const ll_coverage *c) {
    printf("| | planted | covered | standard error | interval below | above |\n|---|---|---|---|---|---|\n");
    for (int k = 0; k < c->n_items; k++) {
        const ll_coverage_item *i = &c->item[k];
        printf("| %s | %.6g | %.1f %% | %.1f %% | %.1f %% | %.1f %% |\n", i->name, i->planted, 100 * i->share,
               100 * i->se, 100 * (double)i->below / (double)c->studies,
               100 * (double)i->above / (double)c->studies);
    }
}

int main(int argc, char **argv) {
    static const char *const names[] = { "N_params", "D_tokens", "loss_nats", "kept_in_fit", NULL };
    static const double truth[] = { 1.81722, 477.826, 2143.42, 0.34731,
                                    0.367172 }; /* of these 240 rows, published */
    if (argc < 3 || !runs_read(&table, argv[1], names)) {
        fprintf(stderr,
                "usage: planted chinchilla_figure4.csv studies [objective] [resample] [draws] [sd] [seed]\n");
        return 2;
    }
    runs_keep(&table, 3, 1);
    double C = 0;
    for (int64_t i = 0; i < table.n; i++) C = fmax(C, 60 * table.v[0][i] * table.v[1][i]);
    ll_fit_data data = { .n = table.n, .x = { [LL_VAR_N] = table.v[0], [LL_VAR_D] = table.v[1] } };
    ll_trial t = { .law = ll_law_find("chinchilla"),
                   .data = &data,
                   .params = truth,
                   .sd = argc > 6 ? atof(argv[6]) : 0.01,
                   .studies = atoll(argv[2]),
                   .target = { { "loss at 10x", loss_at, &C } },
                   .n_targets = 1 };
    t.opts.objective = argc > 3 && strcmp(argv[3], "ls_log") == 0 ? LL_OBJ_LS_LOG : LL_OBJ_HUBER_LOG;
    t.opts.resample = argc > 4 && strcmp(argv[4], "wild") == 0 ? LL_RESAMPLE_WILD : LL_RESAMPLE_CASE;
    t.opts.n_boot = argc > 5 ? atoll(argv[5]) : 0;
    t.opts.seed = argc > 7 ? strtoull(argv[7], NULL, 10) : 0;
    ll_error err = { 0 };
    ll_coverage c;
    double start = ll_clock_now();
    if (ll_coverage_run(&c, &t, &err) != LL_OK) {
        fprintf(stderr, "planted: %s\n", err.msg);
        return 1;
    }
    show(&c);
    printf("\n%lld studies (%lld failed), %lld resamples each, nominal %g %%, noise %g %%, %.0f s.\n",
           (long long)c.studies, (long long)c.failed, (long long)c.draws, 100 * c.level, 100 * c.noise_sd,
           ll_clock_now() - start);
    return 0;
}
