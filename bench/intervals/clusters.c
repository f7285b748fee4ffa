/* Planted runs of several checkpoints each, whose noise is partly the run's own: how often the 90 and 50 % intervals of
 * a forecast hold what a further run comes to, at 4 and at 10 times the largest compute.
 *
 *     bench_clusters [studies 200] [checkpoints 6]
 *
 * Prints a Markdown table. Sizes of the runs lie evenly over two decades, checkpoints from an eighth of a run to its
 * end; noise of ln loss has 1 % sd altogether, and the share that all checkpoints of a run have in common is the
 * row's. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "forecast/belief/rehearsal.h"
#include "loglog/law.h"
#include "loglog/random.h"

enum { RUNS = 40, POINTS = 12, ROWS = RUNS * POINTS, REACHES = 2 };
static const double truth[5] = { 1.7, 480, 2100, 0.35, 0.37 };
static const double SD = 0.01;
static const double reach[REACHES] = { 4, 10 };
static const int run_counts[] = { 6, 12, 40 };
static const double shares[] = { 0, 0.5, 0.9 };

typedef struct table {
    double N[ROWS], D[ROWS], L[ROWS], largest;
    int64_t cluster[ROWS];
    ll_fit_data data;
    double x[REACHES][LL_VAR_COUNT], came[REACHES]; /* further runs, and ln of their losses */
} table;

static double law_at(double N, double D) {
    const double x[LL_VAR_COUNT] = { [LL_VAR_N] = N, [LL_VAR_D] = D };
    return ll_law_find("chinchilla")->eval(truth, x);
}

static void make(table *t, int runs, int points, double share, uint64_t seed) {
    ll_rng rng = ll_rng_at(seed, LL_STREAM_STUDY, (uint64_t)runs);
    int64_t n = 0;
    t->largest = 0;
    for (int r = 0; r < runs; r++) {
        const double N = 1e7 * pow(100, (double)r / (runs - 1)), own = sqrt(share) * SD * ll_rng_normal(&rng);
        for (int k = 0; k < points; k++, n++) {
            t->N[n] = N;
            t->D[n] = 20 * N * pow(8, (double)(k + 1) / points - 1) * (r % 2 ? 2 : 1);
            t->L[n] = law_at(N, t->D[n]) * exp(own + sqrt(1 - share) * SD * ll_rng_normal(&rng));
            t->cluster[n] = r;
            t->largest = fmax(t->largest, 6 * N * t->D[n]);
        }
    }
    t->data = (ll_fit_data) { .n = n, .x = { t->N, t->D }, .loss = t->L, .cluster = t->cluster };
    for (int k = 0; k < REACHES; k++) {
        const double N = sqrt(reach[k] * t->largest / 120), D = 20 * N;
        for (int v = 0; v < LL_VAR_COUNT; v++) t->x[k][v] = 0;
        t->x[k][LL_VAR_N] = N;
        t->x[k][LL_VAR_D] = D;
        t->x[k][LL_VAR_C] = 6 * N * D;
        t->came[k] = log(law_at(N, D)) + SD * ll_rng_normal(&rng);
    }
}

typedef struct result {
    bool covers90[REACHES], covers50[REACHES];
    double width[REACHES];
} result;

typedef struct trial {
    int runs, points;
    double share;
    result *out;
} trial;

static void study(void *ctx, int64_t i, int worker) {
    const trial *t = ctx;
    ll_posterior *p;
    ll_error err;
    result *r = &t->out[i];
    table *runs = malloc(sizeof *runs);
    (void)worker;
    *r = (result) { .width = { NAN, NAN } };
    if (!runs) return;
    make(runs, t->runs, t->points, t->share, (uint64_t)i + 1);
    if (ll_rehearsed_posterior(&p, ll_law_find("chinchilla"), &runs->data, NULL, NULL, 1, &err) == LL_OK) {
        for (int k = 0; k < REACHES; k++) {
            double room[LL_POSTERIOR_ROOM];
            ll_mixture m;
            if (ll_posterior_predict(p, runs->x[k], room, &m, &err) != LL_OK) continue;
            const double at = ll_mixture_cdf(&m, runs->came[k]);
            r->covers90[k] = at > 0.05 && at < 0.95;
            r->covers50[k] = at > 0.25 && at < 0.75;
            r->width[k] = ll_mixture_quantile(&m, 0.95) - ll_mixture_quantile(&m, 0.05);
        }
        ll_posterior_free(p);
    }
    free(runs);
}

static void show(const trial *t, int64_t studies) {
    printf("| %d | %.1f |", t->runs, t->share);
    for (int k = 0; k < REACHES; k++) {
        double ninety = 0, fifty = 0, width = 0;
        for (int64_t i = 0; i < studies; i++) {
            ninety += t->out[i].covers90[k];
            fifty += t->out[i].covers50[k];
            width += t->out[i].width[k];
        }
        const double n = (double)studies;
        printf(" %.1f %% | %.1f %% | %.2f %% |", 100 * ninety / n, 100 * fifty / n, 50 * width / n);
    }
    puts("");
    fflush(stdout);
}

int main(int argc, char **argv) {
    const int64_t studies = argc > 1 ? atoll(argv[1]) : 200;
    const int points = argc > 2 ? atoi(argv[2]) : 6;
    if (studies < 1 || points < 2 || points > POINTS)
        return fprintf(stderr, "usage: bench_clusters [studies [checkpoints 2 to %d]]\n", POINTS), 2;
    result *out = malloc((size_t)studies * sizeof *out);
    if (!out) return 1;
    const double start = ll_clock_now();
    printf("| runs | share in common |");
    for (int k = 0; k < REACHES; k++) printf(" %gx: 90 %% covers | 50 %% covers | half-width |", reach[k]);
    printf("\n|---|---|---|---|---|---|---|---|\n");
    for (size_t r = 0; r < sizeof run_counts / sizeof *run_counts; r++)
        for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
            const trial t = { run_counts[r], points, shares[s], out };
            ll_threads_for(studies, ll_threads_available(), study, (void *)&t);
            show(&t, studies);
        }
    printf("\n%lld studies each, %d checkpoints a run, %.0f s.\n", (long long)studies, points,
           ll_clock_now() - start);
    free(out);
    return 0;
}
