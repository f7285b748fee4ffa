/* What k samples of an item are worth, from n >= k that were drawn.
 *
 *     ll_pass_at_k(10, 3, 5)                     0.9166667: that one of 5 is right, where 3 of 10 are
 *     ll_best_of_k(answers, 4, 100)              that the likeliest of 100 is right
 *     ll_majority_of_k(answers, 4, 100, 200, &r) that the answer given most often by 100 is right
 *
 * The first two are unbiased: means over every choice of k of the n samples.
 */
#ifndef LL_STAT_SAMPLED_ANSWERS_H
#define LL_STAT_SAMPLED_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "loglog/random.h"

/* 1 - C(n-c,k) / C(n,k) as 1 - prod over i = n-c+1 .. n of (1 - k/i) (Chen et al. 2021, eq. 1). 0 <= c <= n, 1 <= k
 * <= n; NaN for k > n. */
double ll_pass_at_k(int64_t n, int64_t c, int64_t k);

typedef struct ll_sampled_answer {
    double likelihood; /* any increasing function of it */
    int64_t count;     /* of the samples that gave it, at least 1 */
    bool right;
} ll_sampled_answer;

/* Sorted by likelihood, the largest first: of equals the first is chosen. */
void ll_answers_sort(ll_sampled_answer *answers, int64_t m);

/* answers [m] sorted. The probability that the likeliest of k samples is right. */
double ll_best_of_k(const ll_sampled_answer *answers, int64_t m, int64_t k);

/* The probability that the answer given most often among k samples, drawn with replacement, is right; answers given
 * equally often share it. The mean of so many rounds; where k is the number of all samples, the samples themselves. */
double ll_majority_of_k(const ll_sampled_answer *answers, int64_t m, int64_t k, int64_t rounds, ll_rng *rng);

#endif
