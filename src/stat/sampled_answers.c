#include "stat/sampled_answers.h"

#include <math.h>
#include <stdlib.h>

double ll_pass_at_k(int64_t n, int64_t c, int64_t k) {
    double miss = 1;
    if (k > n) return NAN;
    if (n - c < k) return 1;
    if (c > k) { /* C(n-c,k) / C(n,k) = C(n-k,c) / C(n,c): the shorter product of the two */
        const int64_t swap = c;
        c = k;
        k = swap;
    }
    for (int64_t i = n - c + 1; i <= n; i++) miss *= 1 - (double)k / (double)i;
    return 1 - miss;
}

static int by_likelihood(const void *a, const void *b) {
    const ll_sampled_answer *x = a, *y = b;
    return (x->likelihood < y->likelihood) - (x->likelihood > y->likelihood);
}

void ll_answers_sort(ll_sampled_answer *answers, int64_t m) {
    qsort(answers, (size_t)m, sizeof *answers, by_likelihood);
}

static int64_t all_of(const ll_sampled_answer *answers, int64_t m) {
    int64_t n = 0;
    for (int64_t i = 0; i < m; i++) n += answers[i].count;
    return n;
}

/* An answer is chosen when one of its samples is among the k and none of a likelier answer. */
double ll_best_of_k(const ll_sampled_answer *answers, int64_t m, int64_t k) {
    const int64_t n = all_of(answers, m);
    double right = 0;
    for (int64_t i = 0, above = 0; i < m; above += answers[i++].count)
        if (answers[i].right) right += ll_pass_at_k(n, above + answers[i].count, k) - ll_pass_at_k(n, above, k);
    return right;
}

/* Whether a right answer is given most often; a share where several are. given: NULL for the samples themselves. */
static double majority(const ll_sampled_answer *answers, const int64_t *given, int64_t m) {
    int64_t most = 0, equal = 0, right = 0;
    for (int64_t i = 0; i < m; i++) {
        const int64_t count = given ? given[i] : answers[i].count;
        if (count > most) most = count, equal = right = 0;
        if (count == most) equal++, right += answers[i].right;
    }
    return (double)right / (double)equal;
}

static void draw(const ll_sampled_answer *answers, int64_t m, int64_t n, int64_t k, int64_t *given, ll_rng *rng) {
    for (int64_t i = 0; i < m; i++) given[i] = 0;
    for (int64_t j = 0; j < k; j++) {
        int64_t at = ll_rng_below(rng, n), i = 0;
        while (at >= answers[i].count) at -= answers[i++].count;
        given[i]++;
    }
}

double ll_majority_of_k(const ll_sampled_answer *answers, int64_t m, int64_t k, int64_t rounds, ll_rng *rng) {
    const int64_t n = all_of(answers, m);
    if (k > n) return NAN;
    if (k == n) return majority(answers, NULL, m);
    int64_t *given = malloc((size_t)m * sizeof *given);
    double right = given ? 0 : NAN;
    for (int64_t r = 0; given && r < rounds; r++) {
        draw(answers, m, n, k, given, rng);
        right += majority(answers, given, m) / (double)rounds;
    }
    free(given);
    return right;
}
