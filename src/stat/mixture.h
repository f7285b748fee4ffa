/* A mixture of normal distributions: what a forecast of ln loss is made of.
 *
 *     ll_mixture m = { .n = n, .weight = w, .mean = mu, .sd = sd };      weights sum to 1, sd above 0
 *     double median = ll_mixture_quantile(&m, 0.5);
 */
#ifndef LL_STAT_MIXTURE_H
#define LL_STAT_MIXTURE_H

typedef struct ll_mixture {
    int n;
    const double *weight, *mean, *sd; /* [n] */
} ll_mixture;

double ll_mixture_cdf(const ll_mixture *m, double y);
double ll_mixture_quantile(const ll_mixture *m, double level); /* level in (0, 1) */
double ll_mixture_mean(const ll_mixture *m);
double ll_mixture_sd(const ll_mixture *m);

#endif
