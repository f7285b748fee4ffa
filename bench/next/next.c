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

#include "base/clock.h"
#include "base/threads.h"
#include "forecast/lattice.h"
#include "loglog/random.h"
#include "stat/quantile.h"

enum { WAVES = 12, GRID_RUNS = 21, MOST_RUNS = 64, FRACTIONS = 4, MOST_STUDIES = 2000 };
static const double fractions[FRACTIONS] = { 0.125, 0.25, 0.5, 1 };

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

static ll_prior wide(void) {
    ll_prior a = ll_prior_default;
    const char *e;
    if ((e = getenv("EXS"))) a.exponent_sd = atof(e);
    if ((e = getenv("FLS"))) a.floor_sd = atof(e);
    if ((e = getenv("TES"))) a.term_sd = atof(e);
    if ((e = getenv("DIS"))) a.discrepancy = atof(e);
    if ((e = getenv("DSS"))) a.discrepancy_sd = atof(e);
    if ((e = getenv("NGR"))) a.noise_growth = atof(e);
    if ((e = getenv("DRI"))) a.drift = atof(e);
    return a;
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

/* From nothing, in three stages: a start by the prior, then twice a fit and the next runs. */
static void run_ours(table *t, const study *s, double budget, double share, ll_rng *rng) {
    static const double stage[] = { 0.1, 0.4, 1 };
    ll_error err = { 0 };
    for (int k = 0; k < 3; k++) {
        ll_posterior *p;
        ll_next next;
        const ll_place at = ll_place_at(sqrt(budget / 1200), budget / 10);
        ll_next_ask ask = { .params = s->N,
                            .tokens = s->D,
                            .budget = stage[k] * budget - t->cost,
                            .runs = getenv("RUNS") ? atoi(getenv("RUNS")) : 7,
                            .share = share };
        const ll_prior prior = wide();
        if (t->n) p = posterior(t, &prior);
        else must(ll_posterior_of_prior(&p, ll_law_find("chinchilla"), at.x, &prior, &err), &err);
        must(ll_next_choose(&next, (const ll_posterior *const *)&p, 1, t->largest, &ask, &err), &err);
        ll_posterior_free(p);
        if (getenv("SHOW"))
            printf("stage %d: sd %.4f -> %.4f (uniform %.4f)\n", k, next.sd, next.sd_after, next.uniform.sd);
        for (int i = 0; i < next.n; i++) {
            const ll_place q = ll_place_at(next.run[i].N, next.run[i].C);
            if (getenv("SHOW"))
                printf("  N %.3g D/N %.3g C/Ct %.3g\n", q.x[0], q.x[1] / q.x[0], q.x[2] / s->C_target);
            train(t, s, &q, rng);
        }
    }
}

/* ---- the count ---- */

typedef struct outcome {
    double grid, ours[FRACTIONS], ratio, bg, bo[FRACTIONS];
} outcome;

typedef struct job {
    uint64_t seed;
    int repeats, sizes;
    bool as_grid;
    outcome *out;
} job;

static double slope_solve(const outcome *o) {
    double sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (int f = 0; f < FRACTIONS; f++) {
        double x = log(fractions[f]), y = log(o->ours[f]);
        sx += x, sy += y, sxx += x * x, sxy += x * y;
    }
    double slope = (FRACTIONS * sxy - sx * sy) / (FRACTIONS * sxx - sx * sx), level = (sy - slope * sx) / FRACTIONS;
    if (slope > -0.05) slope = -0.05;
    return exp(-(log(o->grid) - level) / slope);
}

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
        o->bg += e / j->repeats;
        for (int f = 0; f < FRACTIONS; f++) {
            table ours = { 0 };
            run_ours(&ours, &s, fractions[f] * grid.cost, j->as_grid ? 1 / s.factor : 0.1, &rng);
            e = error_of(&ours, &s);
            o->ours[f] += e * e / j->repeats;
            o->bo[f] += e / j->repeats;
        }
    }
    o->grid = sqrt(o->grid);
    for (int f = 0; f < FRACTIONS; f++) o->ours[f] = sqrt(o->ours[f]);
    o->ratio = slope_solve(o);
}

int main(int argc, char **argv) {
    static outcome out[MOST_STUDIES];
    double v[MOST_STUDIES];
    const int studies = argc > 1 ? atoi(argv[1]) : 0;
    job j = { .repeats = argc > 2 ? atoi(argv[2]) : 16,
              .as_grid = argc > 3 && strcmp(argv[3], "grid") == 0,
              .sizes = argc > 4 ? atoi(argv[4]) : 3,
              .seed = argc > 5 ? strtoull(argv[5], NULL, 10) : 1,
              .out = out };
    if (studies < 1 || studies > MOST_STUDIES) return 2;
    double start = ll_clock_now();
    ll_threads_for(studies, 1, judge, &j);
    for (int i = 0; i < studies; i++) v[i] = out[i].grid;
    ll_sort(v, studies);
    printf("| | median error |\n|---|---|\n| grid | %.3f %% |\n", 100 * ll_quantile(v, studies, 0.5));
    for (int f = 0; f < FRACTIONS; f++) {
        for (int i = 0; i < studies; i++) v[i] = out[i].ours[f];
        ll_sort(v, studies);
        double m = ll_quantile(v, studies, 0.5);
        for (int i = 0; i < studies; i++) v[i] = out[i].ours[f] / out[i].grid;
        ll_sort(v, studies);
        printf("| ours, %g | %.3f %%, error ratio median %.2f, worst tenth %.2f |\n", fractions[f], 100 * m,
               ll_quantile(v, studies, 0.5), ll_quantile(v, studies, 0.9));
    }
    for (int f = -1; f < FRACTIONS; f++) {
        for (int i = 0; i < studies; i++) v[i] = f < 0 ? out[i].bg : out[i].bo[f];
        double mb = 0, ab = 0, sd = 0;
        for (int i = 0; i < studies; i++) {
            double e = f < 0 ? out[i].grid : out[i].ours[f];
            mb += v[i] / studies, ab += fabs(v[i]) / studies, sd += sqrt(e * e - v[i] * v[i]) / studies;
        }
        printf("%d: mean bias %.3f %% mean |bias| %.3f %% mean sd %.3f %%\n", f, 100 * mb, 100 * ab, 100 * sd);
    }
    for (int i = 0; i < studies; i++) v[i] = out[i].ratio;
    ll_sort(v, studies);
    printf("\ncompute ratio: median %.2f, worst tenth %.2f, best tenth %.2f; %.0f s\n",
           ll_quantile(v, studies, 0.5), ll_quantile(v, studies, 0.1), ll_quantile(v, studies, 0.9),
           ll_clock_now() - start);
    return 0;
}
