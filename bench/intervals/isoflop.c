/* Planted isoFLOP studies: how often the interval of --law isoflop holds the exponent a and the G of the surface that
 * the losses come from, E + A/N^alpha + B/D^beta with lognormal noise at C = 6 N D.
 *
 *     bench_isoflop [studies 400] [resamples 400] [default|wild|case] [row of the table 1 to 18; 0: all]
 *
 * Prints a Markdown table. The sizes are a factor apart about a centre that misses the optimum by `off` in ln N at the
 * middle budget, and by `drift` more with every budget: as sizes that someone guessed would. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "fit/approach/isoflop.h"
#include "loglog/random.h"
#include "stat/quantile.h"

typedef struct surface {
    const char *name;
    double E, A, B, alpha, beta;
} surface;

/* Hoffmann et al. 2022, eq. 10; the refit of Besiroglu et al. 2024; exponents further apart, steeper, flatter. */
static const surface hoffmann = { "hoffmann2022", 1.69, 406.4, 410.7, 0.34, 0.28 },
                     besiroglu = { "besiroglu2024", 1.8172, 482.01, 2085.43, 0.3478, 0.3658 },
                     skew = { "skew", 1.8, 1500, 300, 0.42, 0.26 }, steep = { "steep", 1.8, 5000, 9000, 0.5, 0.45 },
                     flat = { "flat", 1, 20, 30, 0.18, 0.2 };

typedef struct design {
    int sizes;
    double factor, noise;
    int budgets;
    double step, off, drift;
    const surface *truth;
} design;

static const design designs[] = {
    { 3, 1.5, 0.003, 8, 3, 0.1, 0.03, &hoffmann }, { 3, 2, 0.003, 5, 4, 0.3, 0.1, &skew },
    { 3, 2, 0.01, 8, 4, 0, 0.05, &besiroglu },     { 3, 4, 0.003, 4, 4, 0.5, 0.2, &hoffmann },
    { 3, 4, 0.01, 5, 4, 0.3, 0.1, &skew },         { 3, 4, 0.03, 6, 4, 0, 0.1, &besiroglu },
    { 5, 1.5, 0.003, 5, 4, 0.2, 0.1, &hoffmann },  { 5, 1.5, 0.01, 6, 4, 0, 0.05, &besiroglu },
    { 5, 2, 0.003, 5, 4, 0.3, 0.1, &steep },       { 5, 2, 0.01, 5, 3, 0.5, 0.1, &flat },
    { 5, 2, 0.03, 6, 4, 0.2, 0.05, &hoffmann },    { 5, 4, 0.003, 4, 4, 0.7, 0.2, &skew },
    { 7, 1.5, 0.01, 5, 4, 0.2, 0.1, &besiroglu },  { 7, 2, 0.003, 5, 4, 0.5, 0.2, &hoffmann },
    { 7, 4, 0.01, 4, 4, 0.7, 0.2, &skew },         { 7, 4, 0.03, 5, 4, 0.3, 0.1, &flat },
    { 3, 1.5, 0.01, 5, 4, 0, 0, &hoffmann },       { 3, 2, 0.03, 5, 4, 0, 0, &besiroglu }, /* not resolved */
};
enum { DESIGNS = sizeof designs / sizeof *designs, RESOLVED = 16, ROWS = 128, MOST = 10000 };

typedef struct table {
    int64_t n;
    double N[ROWS], D[ROWS], C[ROWS], L[ROWS];
} table;

static double exponent(const surface *s) {
    return s->beta / (s->alpha + s->beta);
}

static double ln_G(const surface *s) {
    return log(s->alpha * s->A / (s->beta * s->B)) / (s->alpha + s->beta);
}

static void make(table *t, const design *d, double sd, uint64_t seed) {
    const surface *s = d->truth;
    ll_rng rng = ll_rng_at(seed, LL_STREAM_STUDY, 0);
    t->n = 0;
    for (int b = 0; b < d->budgets; b++)
        for (int j = 0; j < d->sizes; j++) {
            const int64_t i = t->n++;
            const double C = 1e18 * pow(d->step, b), ln_n = ln_G(s) + exponent(s) * log(C / 6) + d->off +
                                                            d->drift * (b - (d->budgets - 1) / 2.0) +
                                                            log(d->factor) * (j - (d->sizes - 1) / 2.0);
            t->C[i] = C;
            t->N[i] = exp(ln_n);
            t->D[i] = C / (6 * t->N[i]);
            t->L[i] = (s->E + s->A * pow(t->N[i], -s->alpha) + s->B * pow(t->D[i], -s->beta)) *
                      exp(sd * ll_rng_normal(&rng));
        }
}

typedef struct outcome {
    bool refused, covers, covers_G, runaway;
    double width;
} outcome;

typedef struct trial {
    const design *d;
    ll_fit_opts opts;
    outcome *out;
} trial;

static ll_isoflop_data view(const table *t) {
    return (ll_isoflop_data) { .n = t->n, .params = t->N, .tokens = t->D, .flops = t->C, .loss = t->L };
}

static void study(void *ctx, int64_t i, int worker) {
    const trial *t = ctx;
    const double a = exponent(t->d->truth), G = exp(ln_G(t->d->truth));
    table runs;
    ll_isoflop f;
    ll_fit_opts opts = t->opts;
    (void)worker;
    make(&runs, t->d, t->d->noise, (uint64_t)i + 1);
    const ll_isoflop_data data = view(&runs);
    opts.seed = (uint64_t)i + 1;
    t->out[i] = (outcome) { .refused = ll_isoflop_run(&f, &data, &opts, NULL) != LL_OK };
    if (t->out[i].refused) return;
    t->out[i].covers = f.a.lo <= a && a <= f.a.hi;
    t->out[i].covers_G = f.G.lo <= G && G <= f.G.hi;
    t->out[i].width = f.a.hi - f.a.lo;
    t->out[i].runaway = !(f.a.lo > -1e-6 && f.a.hi < 1 + 1e-6 && f.a.hi > f.a.lo);
    ll_isoflop_clear(&f);
}

/* What the fit makes of the surface without noise: a, and a through the budgets' own bottoms, less the truth. */
static void bias(const design *d, double out[2]) {
    table t;
    ll_isoflop f;
    make(&t, d, 0, 1);
    const ll_isoflop_data data = view(&t);
    out[0] = out[1] = NAN;
    if (ll_isoflop_run(&f, &data, &(ll_fit_opts) { .n_boot = -1 }, NULL) != LL_OK) return;
    out[0] = f.a.value - exponent(d->truth);
    out[1] = f.a_bottoms - exponent(d->truth);
    ll_isoflop_clear(&f);
}

static void show(const design *d, const outcome *o, int64_t studies) {
    double width[MOST], lean[2];
    int64_t n = 0, covered = 0, covered_G = 0, runaways = 0;
    bias(d, lean);
    for (int64_t i = 0; i < studies; i++) {
        if (o[i].refused) continue;
        width[n++] = o[i].width;
        covered += o[i].covers;
        covered_G += o[i].covers_G;
        runaways += o[i].runaway;
    }
    ll_sort(width, n);
    printf("| %d | %g | %g %% | %d | %s | %.1f %% | %.1f %% | %.3f | %+.4f | %+.4f | %lld | %lld |\n", d->sizes,
           d->factor, 100 * d->noise, d->budgets, d->truth->name, 100 * (double)covered / (double)n,
           100 * (double)covered_G / (double)n, ll_quantile(width, n, 0.5), lean[0], lean[1], (long long)runaways,
           (long long)(studies - n));
    fflush(stdout);
}

int main(int argc, char **argv) {
    const int64_t studies = argc > 1 ? atoll(argv[1]) : 400, draws = argc > 2 ? atoll(argv[2]) : 400;
    ll_resample kind = (ll_resample)0;
    if (studies < 1 || studies > MOST ||
        (argc > 3 && strcmp(argv[3], "default") != 0 && !ll_resample_named(argv[3], &kind)))
        return fprintf(stderr, "usage: bench_isoflop [studies [resamples [default|wild|case]]]\n"), 2;
    outcome *out = malloc((size_t)studies * sizeof *out);
    if (!out) return 1;
    const double start = ll_clock_now();
    printf("| sizes | factor | noise | budgets | surface | a covered | G covered | median width of a | bias of a | "
           "of the bottoms' line | runaways | refused |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    const int only = argc > 4 ? atoi(argv[4]) : 0;
    for (int k = 0; k < DESIGNS; k++) {
        if (only && k + 1 != only) continue;
        trial t = { .d = &designs[k], .opts = { .n_boot = draws, .resample = kind, .threads = 1 }, .out = out };
        if (k == RESOLVED) printf("| | | | | not resolved: | | | | | | | |\n");
        ll_threads_for(studies, ll_threads_available(), study, &t);
        show(&designs[k], out, studies);
    }
    printf("\n%lld studies a design, %lld resamples each, nominal 90 %%, %.0f s.\n", (long long)studies,
           (long long)draws, ll_clock_now() - start);
    free(out);
    return 0;
}
