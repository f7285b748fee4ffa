/* Simulated studies: how much compute the runs of ll_next_choose need to forecast a target as well as a uniform
 * isoFLOP grid does.
 *
 *     next studies [repeats 16] [share|grid] [sizes 3] [seed 1]
 *
 * A study is a planted law, a smooth departure from it, a noise of seeds and a target 10 to 30 times the largest
 * run of the grid. The error of a strategy is the root mean square, over repeats with new noise, of ln forecast -
 * ln loss of the planted surface; the forecast is ll_posterior's for all. "share": no run of ours above 0.1 of the
 * target; "grid": none above the grid's largest. Prints a Markdown table. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "decide/next/lattice.h"
#include "decide/next/next.h"
#include "loglog/random.h"
#include "stat/quantile.h"

enum { WAVES = 12, STAGE_RUNS = 24, GRID_RUNS = 21, MOST_RUNS = 160, FRACTIONS = 2, MOST_STUDIES = 2000 };
static const double fractions[FRACTIONS] = { 0.5, 1 };

/* ---- what is planted ---- */

typedef struct study {
    double p[5], noise, factor, C_target, N, D;
    double wave[WAVES][4], size; /* departure: frequencies along log10 N and log10 D, phase, weight */
} study;

/* The fit of Besiroglu et al. 2024 with exponents and floor of its own: terms keep their size at 1e9 parameters and
 * 2e10 tokens. The departure has a Gaussian covariance of length 2 decades, unlike the prior's. */
static study plant(uint64_t seed, int k) {
    static const double published[5] = { 1.8172, 482.01, 2085.43, 0.3478, 0.3658 }, N0 = 1e9, D0 = 2e10;
    ll_rng rng = ll_rng_at(seed, LL_STREAM_STUDY, (uint64_t)k);
    study s = { .noise = 0.005 + 0.005 * ll_rng_uniform(&rng), .factor = 10 * pow(3, ll_rng_uniform(&rng)) };
    s.C_target = pow(10, 20 + 4 * ll_rng_uniform(&rng));
    s.N = sqrt(s.C_target / 120);
    s.D = 20 * s.N;
    s.p[0] = published[0] * exp(0.1 * ll_rng_normal(&rng));
    s.p[3] = published[3] * exp(0.2 * ll_rng_normal(&rng));
    s.p[4] = published[4] * exp(0.2 * ll_rng_normal(&rng));
    s.p[1] = published[1] * pow(N0, s.p[3] - published[3]);
    s.p[2] = published[2] * pow(D0, s.p[4] - published[4]);
    s.size = 0.005;
    for (int i = 0; i < WAVES; i++) {
        for (int j = 0; j < 2; j++) s.wave[i][j] = ll_rng_normal(&rng) / 2;
        s.wave[i][2] = 6.283185307179586 * ll_rng_uniform(&rng);
        s.wave[i][3] = sqrt(2.0 / WAVES);
    }
    return s;
}

static double truth(const study *s, const double *x) {
    const double N = x[LL_VAR_N], D = x[LL_VAR_D];
    double sum = 0;
    for (int i = 0; i < WAVES; i++) {
        const double *w = s->wave[i];
        sum += w[3] * cos(w[0] * log10(N) + w[1] * log10(D) + w[2]);
    }
    return log(s->p[0] + s->p[1] * pow(N, -s->p[3]) + s->p[2] * pow(D, -s->p[4])) + s->size * sum;
}

/* ---- runs ---- */

typedef struct table {
    int64_t n;
    double v[LL_VAR_COUNT][MOST_RUNS], loss[MOST_RUNS], largest, cost;
} table;

static void train(table *t, const study *s, const ll_place *p, ll_rng *rng) {
    for (int v = 0; v < LL_VAR_COUNT; v++) t->v[v][t->n] = p->x[v];
    t->loss[t->n++] = exp(truth(s, p->x) + s->noise * ll_rng_normal(rng));
    t->largest = fmax(t->largest, p->x[LL_VAR_C]);
    t->cost += p->x[LL_VAR_C];
}

static void must(ll_status s, const ll_error *err) {
    if (s == LL_OK) return;
    fprintf(stderr, "next: %s\n", err->msg);
    exit(1);
}

static ll_posterior *posterior(const table *t, const ll_prior *prior) {
    ll_error err = { 0 };
    ll_posterior *p;
    ll_fit_data data = { .n = t->n, .loss = t->loss, .x = { t->v[0], t->v[1], t->v[2] } };
    must(ll_posterior_new(&p, ll_law_find("chinchilla"), &data, prior, NULL, 1, &err), &err);
    return p;
}

static double error_of(const table *t, const study *s) {
    ll_error err = { 0 };
    ll_posterior *p = posterior(t, NULL);
    double room[LL_POSTERIOR_ROOM];
    ll_mixture m;
    const ll_place target = ll_place_at(s->N, s->C_target);
    must(ll_posterior_predict(p, target.x, room, &m, &err), &err);
    ll_posterior_free(p);
    return ll_mixture_quantile(&m, 0.5) - truth(s, target.x);
}

/* ---- strategies ---- */

static void run_grid(table *t, const study *s, int sizes, ll_rng *rng) {
    double C = s->C_target / s->factor;
    for (int b = 0; b < GRID_RUNS / sizes; b++, C /= 4)
        for (int i = 0; i < sizes; i++) {
            double N = sqrt(C / 120) * pow(sizes > 3 ? 2 : 4, i - sizes / 2);
            const ll_place p = ll_place_at(N, C);
            train(t, s, &p, rng);
        }
}

/* From nothing, in two stages: a start by the prior for a tenth of the budget, then, once fitted, the rest. */
static void run_ours(table *t, const study *s, double budget, double share, ll_rng *rng) {
    const ll_law *law = ll_law_find("chinchilla");
    const ll_place at = ll_place_at(sqrt(budget / 1200), budget / 10);
    const ll_prior wide = ll_prior_for_design();
    ll_error err = { 0 };
    for (int stage = 0; stage < 2; stage++) {
        ll_posterior *p;
        ll_next next;
        const double rest = (stage ? 1 : 0.1) * budget - t->cost;
        ll_next_ask ask = { .params = s->N, .tokens = s->D, .budget = rest, .runs = STAGE_RUNS, .share = share };
        if (stage) p = posterior(t, &wide);
        else must(ll_posterior_of_prior(&p, law, at.x, &wide, &err), &err);
        const ll_posterior *one = p;
        must(ll_next_choose(&next, &(ll_next_belief) { &one, &one, 1, t->largest }, &ask, &err), &err);
        ll_posterior_free(p);
        for (int i = 0; i < next.n; i++) {
            const ll_place q = ll_place_at(next.run[i].N, next.run[i].C);
            train(t, s, &q, rng);
        }
    }
}

/* ---- the count ---- */

typedef struct outcome {
    double grid, ours[FRACTIONS]; /* root mean square errors */
} outcome;

typedef struct job {
    uint64_t seed;
    int repeats, sizes;
    bool as_grid;
    outcome *out;
} job;

static void judge(void *ctx, int64_t k, int worker) {
    const job *j = ctx;
    const study s = plant(j->seed, (int)k);
    outcome *o = &j->out[k];
    (void)worker;
    *o = (outcome) { 0 };
    for (int r = 0; r < j->repeats; r++) {
        table grid = { 0 };
        ll_rng rng = ll_rng_at(j->seed, LL_STREAM_NOISE, (uint64_t)(k * 1000 + r));
        run_grid(&grid, &s, j->sizes, &rng);
        double e = error_of(&grid, &s);
        o->grid += e * e / j->repeats;
        for (int f = 0; f < FRACTIONS; f++) {
            table ours = { 0 };
            run_ours(&ours, &s, fractions[f] * grid.cost, j->as_grid ? 1 / s.factor : 0.1, &rng);
            e = error_of(&ours, &s);
            o->ours[f] += e * e / j->repeats;
        }
    }
    o->grid = sqrt(o->grid);
    for (int f = 0; f < FRACTIONS; f++) o->ours[f] = sqrt(o->ours[f]);
}

static double quantile(double *v, int n, double q) {
    ll_sort(v, n);
    return ll_quantile(v, n, q);
}

/* How ln error falls with ln compute, over all studies: one study alone is too noisy to tell. */
static double slope(const outcome *out, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += log(out[i].ours[FRACTIONS - 1] / out[i].ours[0]);
    return sum / n / log(fractions[FRACTIONS - 1] / fractions[0]);
}

/* Compute of the grid over ours for the grid's error, along that slope, averaged over the fractions. */
static double saving(const outcome *o, double along) {
    double sum = 0;
    for (int f = 0; f < FRACTIONS; f++) sum += log(o->ours[f] / o->grid) / along - log(fractions[f]);
    return exp(sum / FRACTIONS);
}

static void print_errors(const outcome *out, int n) {
    double v[MOST_STUDIES];
    printf("| | error, median study | over the grid's, median | worst tenth |\n|---|---|---|---|\n");
    for (int i = 0; i < n; i++) v[i] = out[i].grid;
    printf("| uniform isoFLOP grid | %.2f %% | 1 | 1 |\n", 100 * quantile(v, n, 0.5));
    for (int f = 0; f < FRACTIONS; f++) {
        for (int i = 0; i < n; i++) v[i] = out[i].ours[f];
        printf("| next, %g of its compute | %.2f %% |", fractions[f], 100 * quantile(v, n, 0.5));
        for (int i = 0; i < n; i++) v[i] = out[i].ours[f] / out[i].grid;
        printf(" %.2f |", quantile(v, n, 0.5));
        printf(" %.2f |\n", quantile(v, n, 0.9));
    }
}

int main(int argc, char **argv) {
    static outcome out[MOST_STUDIES];
    double v[MOST_STUDIES], start = ll_clock_now();
    const int n = argc > 1 ? atoi(argv[1]) : 0;
    job j = { .repeats = argc > 2 ? atoi(argv[2]) : 16,
              .as_grid = argc > 3 && strcmp(argv[3], "grid") == 0,
              .sizes = argc > 4 ? atoi(argv[4]) : 3,
              .seed = argc > 5 ? strtoull(argv[5], NULL, 10) : 1,
              .out = out };
    if (n < 1 || n > MOST_STUDIES || j.repeats < 1 || j.sizes < 1 || j.sizes > GRID_RUNS) {
        fprintf(stderr, "usage: next studies [repeats] [share|grid] [sizes] [seed]\n");
        return 2;
    }
    ll_threads_for(n, 1, judge, &j);
    print_errors(out, n);
    const double along = slope(out, n);
    for (int i = 0; i < n; i++) v[i] = saving(&out[i], along);
    printf(
        "\nCompute of the grid over that of next for the same error (error falls as compute^%.2f): median %.2f, ",
        along, quantile(v, n, 0.5));
    printf("worst tenth %.2f, best tenth %.2f. %d studies of %d repeats, seed %llu, %.0f s.\n", quantile(v, n, 0.1),
           quantile(v, n, 0.9), n, j.repeats, (unsigned long long)j.seed, ll_clock_now() - start);
    return 0;
}
