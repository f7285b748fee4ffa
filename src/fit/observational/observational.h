/* Observational scaling (Ruan et al. 2024, arXiv:2405.10938): a score by way of what models score elsewhere.
 *
 *     S = principal components of the benchmarks' scores
 *     P = alpha + beta'S,   target = floor + (ceiling - floor) / (1 + exp(-P))
 *     P = w_f ln C + b_f    within a family f;   equivalent FLOPs = exp((P - b_f) / w_f)
 *
 * Every draw of the bootstrap resamples families (or the clusters that are given) and finds components and sigmoid
 * anew. Beside it stands the direct law, the same sigmoid of ln C. Both are judged on the models above a cutoff in
 * compute, which then have no say in components or sigmoid.
 *
 *     ll_observational f;
 *     ll_observational_data d = { .n = n, .m = m, .k = 3, .x = x, .target = y, .C = flops, .name = names };
 *     LL_TRY(ll_observational_run(&f, &d, &opts, err));
 *     f.components.share[0], f.family[f.reference].name, f.judged.error[LL_JUDGED_LAW]
 *     ll_observational_clear(&f);
 */
#ifndef LL_FIT_OBSERVATIONAL_OBSERVATIONAL_H
#define LL_FIT_OBSERVATIONAL_OBSERVATIONAL_H

#include "fit/observational/share_sigmoid.h"
#include "loglog/fit.h"

#define LL_OBSERVATIONAL_FORM "score = floor + (ceiling - floor)/(1 + exp(-(alpha + beta'S)))"

typedef struct ll_observational_data {
    int64_t n;                                 /* models */
    int m, k;                                  /* benchmarks, components */
    const double *x;                           /* [n][m] their scores, NaN: missing */
    const char *benchmark[LL_BENCHMARKS_MOST]; /* names, for messages; NULL: by number */
    const double *target;                      /* [n] shares, NaN: missing */
    const double *C;                           /* [n] training FLOPs, NaN: not known */
    const int64_t *cluster;                    /* [n] or NULL: the families */
    const char *const *name;                   /* [n] the family, or NULL: none is known */
    const char *score;                         /* name of the target, for messages, or NULL */
    double floor;                              /* the target's chance level */
    double cutoff;                             /* FLOPs; 0: three quarters of the models lie below */
} ll_observational_data;

/* weight: of each benchmark in beta'S; it is the same however components turn. */
typedef struct ll_observational_params {
    ll_estimate alpha, ceiling, beta[LL_COMPONENTS_MOST];
    ll_estimate weight[LL_BENCHMARKS_MOST];
    ll_estimate direct[3]; /* of the direct law: index at C = 1, slope of ln C, ceiling */
} ll_observational_params;

typedef struct ll_observed_family {
    const char *name;   /* borrowed */
    int64_t n;          /* models whose compute is known */
    double w, b;        /* NaN: fewer than two computes */
    ll_estimate factor; /* FLOPs of the reference family that one of this is worth; its doubt is the law's alone */
} ll_observed_family;

enum { LL_JUDGED_LAW = 0, LL_JUDGED_DIRECT, LL_JUDGED };

typedef struct ll_observational {
    ll_components components;
    ll_sigmoid law, direct; /* direct.n 0: compute is known of too few */
    ll_observational_params params;
    double left[LL_JUDGED];     /* share of the target's variance that each leaves */
    int64_t n, models;          /* with a target; in the components */
    int64_t missing;            /* scores that were filled */
    ll_observed_family *family; /* [n_families], those with known compute, largest first; owned */
    int n_families;
    int reference; /* the family of the most models that rises with compute; -1: none */
    struct {
        double cutoff;
        int64_t n_fit, n;        /* models fitted and judged; n 0: none could be, and why */
        double error[LL_JUDGED]; /* mean absolute error, in the target's unit */
        double worst[LL_JUDGED];
        char missing[LL_FIT_WARNING];
    } judged;
    bool clustered;
    int64_t n_draws;  /* that were fitted */
    ll_fit_opts opts; /* resolved */
    double wall_s;
} ll_observational;

/* Of opts: n_boot, resample (case or cluster), level, seed, threads. k above m, a target that is no share, a benchmark
 * with fewer than two different scores, fewer than k + 2 models with a target: LL_EINPUT. */
ll_status ll_observational_run(ll_observational *out, const ll_observational_data *d, const ll_fit_opts *opts,
                               ll_error *err);
void ll_observational_clear(ll_observational *f);

/* Which of the two missed less, where they were judged. */
int ll_observational_better(const ll_observational *f);

/* FLOPs of the reference family that reach index P; NaN where there is none. */
double ll_observational_equivalent(const ll_observational *f, double P);

#endif
