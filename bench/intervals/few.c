/* Planted ladders of 8 to 20 runs: how often the interval of every way to resample holds the planted parameters and
 * the loss at ten times the largest compute, and how wide it is beside the narrowest that covers.
 *
 *     bench_few [studies 400] [resamples 400] [huber_log|ls_log]
 *
 * Prints a Markdown table. Noise of ln loss, root mean square sd: normal; its size falling with N, from 1.6 sd to 0.4
 * sd; Student's t of 3 degrees of freedom; normal with one run in ten at five times the size. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "loglog/fit.h"
#include "loglog/random.h"
#include "stat/quantile.h"

enum { ROWS = 32, ITEMS = LL_LAW_MAX_PARAMS + 1, MOST = 2000 };
enum { NORMAL, FALLING, HEAVY, BROKEN, NOISES };
static const char *const noise_names[] = { "normal", "falling", "t3", "broken" };

typedef struct design {
    const char *law;
    int budgets, sizes;
    double sd;
    double params[LL_LAW_MAX_PARAMS];
} design;

static const design designs[] = {
    { "power", 8, 1, 0.01, { 8.8e13, 0.0761 } },
    { "power_floor", 8, 1, 0.003, { 1.7, 40, 0.2 } },
    { "power_floor", 14, 1, 0.003, { 1.7, 40, 0.2 } },
    { "chinchilla", 4, 2, 0.003, { 1.7, 480, 2100, 0.35, 0.37 } },
    { "chinchilla", 4, 3, 0.003, { 1.7, 480, 2100, 0.35, 0.37 } },
    { "chinchilla", 5, 4, 0.003, { 1.7, 480, 2100, 0.35, 0.37 } },
};
enum { DESIGNS = sizeof designs / sizeof *designs };
static const struct {
    const char *name;
    ll_resample kind;
} ways[] = { { "case", LL_RESAMPLE_CASE }, { "wild", LL_RESAMPLE_WILD }, { "residual", LL_RESAMPLE_RESIDUAL } };
enum { WAYS = sizeof ways / sizeof *ways };

typedef struct table {
    ll_fit_data data;
    double N[ROWS], D[ROWS], L[ROWS], at[LL_VAR_COUNT]; /* at: the point of ten times the compute */
} table;

static double noise(ll_rng *rng, int kind, double share) {
    const double z = ll_rng_normal(rng), u = ll_rng_uniform(rng);
    switch (kind) {
    case FALLING: return z * (1.6 - 1.2 * share) / 1.06;
    case HEAVY: return z / sqrt(2 * ll_rng_gamma(rng, 1.5)); /* t3 over the root of its variance, 3 */
    case BROKEN: return z * (u < 0.1 ? 5 : 1) / 1.84;
    default: return z;
    }
}

/* Budgets a factor of 10 apart from 1e18, of sizes a factor of 2 apart; a law of one variable has one run each. */
static void make(table *t, const design *d, int kind, uint64_t seed) {
    const ll_law *law = ll_law_find(d->law);
    const bool one = d->sizes == 1;
    ll_rng rng = ll_rng_at(seed, LL_STREAM_STUDY, (uint64_t)kind);
    *t = (table) { .data = { .n = (int64_t)d->budgets * d->sizes, .loss = t->L } };
    if (one) t->data.x[LL_VAR_X] = t->N;
    else t->data.x[LL_VAR_N] = t->N, t->data.x[LL_VAR_D] = t->D;
    for (int b = 0, i = 0; b <= d->budgets; b++)
        for (int s = 0; s < d->sizes; s++, i++) {
            const double C = 1e18 * pow(10, one ? 0.5 * b : b), mid = one ? 1e6 * sqrt(C / 1e18) : 0.09 * sqrt(C);
            const double N = mid * pow(2, s - (d->sizes - 1) / 2.0);
            const double x[LL_VAR_COUNT] = { [LL_VAR_X] = N, [LL_VAR_N] = N, [LL_VAR_D] = C / (6 * N) };
            memcpy(t->at, x, sizeof x);
            if (b == d->budgets) return;
            const double share = t->data.n > 1 ? (double)i / (double)(t->data.n - 1) : 0;
            t->N[i] = N;
            t->D[i] = x[LL_VAR_D];
            t->L[i] = law->eval(d->params, x) * exp(d->sd * noise(&rng, kind, share));
        }
}

typedef struct result {
    bool failed, covers[ITEMS];
    double width[ITEMS];
} result;

typedef struct trial {
    const design *d;
    int noise;
    ll_fit_opts opts;
    result *out;
} trial;

typedef struct place {
    const ll_law *law;
    const double *at;
} place;

static double loss_at(const double *params, const void *ctx) {
    const place *p = ctx;
    return p->law->eval(params, p->at);
}

static void judge(result *r, int item, const ll_estimate *e, double truth, bool ratio) {
    r->covers[item] = e->lo <= truth && truth <= e->hi;
    r->width[item] = ratio ? log(e->hi / e->lo) : e->hi - e->lo;
}

static void study(void *ctx, int64_t i, int worker) {
    const trial *t = ctx;
    const ll_law *law = ll_law_find(t->d->law);
    table runs;
    ll_fit fit;
    ll_fit_opts opts = t->opts;
    (void)worker;
    make(&runs, t->d, t->noise, (uint64_t)i + 1);
    opts.seed = (uint64_t)i + 1;
    t->out[i] = (result) { .failed = ll_fit_run(&fit, law, &runs.data, &opts, NULL) != LL_OK };
    if (t->out[i].failed) return;
    for (int j = 0; j < law->n_params; j++)
        judge(&t->out[i], j, &fit.params[j], t->d->params[j], law->params[j].log);
    const place p = { law, runs.at };
    const ll_estimate e = ll_fit_derived(&fit, loss_at, &p);
    judge(&t->out[i], law->n_params, &e, loss_at(t->d->params, &p), true);
    ll_fit_clear(&fit);
}

typedef struct summary {
    double mean, least, most, width[ITEMS]; /* shares covered over the items; median widths */
    int64_t failed;
} summary;

static summary sum_up(const result *r, int64_t studies, int items) {
    summary s = { .least = 1 };
    double v[MOST];
    for (int j = 0; j < items; j++) {
        int64_t n = 0, covered = 0;
        for (int64_t i = 0; i < studies; i++) {
            if (r[i].failed || !isfinite(r[i].width[j])) continue;
            v[n++] = r[i].width[j];
            covered += r[i].covers[j];
        }
        const double share = (double)covered / (double)n;
        s.failed = studies - n;
        s.mean += share / items;
        s.least = fmin(s.least, share);
        s.most = fmax(s.most, share);
        ll_sort(v, n);
        s.width[j] = ll_quantile(v, n, 0.5);
    }
    return s;
}

/* Widths beside those of one way, as the mean of their logarithms over the items. */
static double wider(const summary *s, const summary *than, int items) {
    double sum = 0;
    for (int j = 0; j < items; j++) sum += log(s->width[j] / than->width[j]) / items;
    return exp(sum);
}

/* The way that is taken where none is asked for. */
static int taken(const design *d) {
    const ll_fit_opts opts = { .n_boot = -1, .n_starts = 16, .no_influence = true };
    table runs;
    ll_fit fit;
    int way = 0;
    make(&runs, d, NORMAL, 1);
    if (ll_fit_run(&fit, ll_law_find(d->law), &runs.data, &opts, NULL) != LL_OK) return 0;
    while (ways[way].kind != fit.opts.resample) way++;
    ll_fit_clear(&fit);
    return way;
}

static void show(const design *d, int noise_kind, const summary *s, int items) {
    int best = -1;
    for (int w = 0; w < WAYS; w++)
        if (s[w].mean >= 0.86 && (best < 0 || wider(&s[w], &s[best], items) < 1)) best = w;
    printf("| %s | %d | %s |", d->law, d->budgets * d->sizes, noise_names[noise_kind]);
    for (int w = 0; w < WAYS; w++)
        printf(" %.1f (%.0f-%.0f) | %.2f |", 100 * s[w].mean, 100 * s[w].least, 100 * s[w].most,
               wider(&s[w], &s[best < 0 ? 0 : best], items));
    const int way = taken(d);
    printf(" %s %.2f | %lld |\n", ways[way].name, wider(&s[way], &s[best < 0 ? 0 : best], items),
           (long long)s[0].failed);
    fflush(stdout);
}

int main(int argc, char **argv) {
    const int64_t studies = argc > 1 ? atoll(argv[1]) : 400, draws = argc > 2 ? atoll(argv[2]) : 400;
    ll_objective objective = LL_OBJ_HUBER_LOG;
    if (studies < 1 || studies > MOST || (argc > 3 && !ll_objective_named(argv[3], &objective)))
        return fprintf(stderr, "usage: bench_few [studies [resamples [huber_log|ls_log]]]\n"), 2;
    result *out = malloc((size_t)studies * sizeof *out);
    if (!out) return 1;
    const double start = ll_clock_now();
    printf("| law | runs | noise |");
    for (int w = 0; w < WAYS; w++) printf(" %s covers %% | width |", ways[w].name);
    printf(" default | failed |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (int k = 0; k < DESIGNS; k++)
        for (int noise_kind = 0; noise_kind < NOISES; noise_kind++) {
            const int items = ll_law_find(designs[k].law)->n_params + 1;
            summary s[WAYS];
            for (int w = 0; w < WAYS; w++) {
                trial t = { .d = &designs[k],
                            .noise = noise_kind,
                            .opts = { .objective = objective,
                                      .n_boot = draws,
                                      .resample = ways[w].kind,
                                      .threads = 1,
                                      .no_influence = true },
                            .out = out };
                ll_threads_for(studies, ll_threads_available(), study, &t);
                s[w] = sum_up(out, studies, items);
            }
            show(&designs[k], noise_kind, s, items);
        }
    printf("\n%lld studies each, %lld resamples, %s, nominal 90 %%, %.0f s.\n", (long long)studies,
           (long long)draws, ll_objective_name(objective), ll_clock_now() - start);
    free(out);
    return 0;
}
