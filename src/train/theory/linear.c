/* Linear regression on a power-law spectrum: feature i has variance i^-(1+a) and the teacher weighs them all alike. The
 * loss of the first N features after t steps of gradient descent is known exactly, so that what is fitted to it tests
 * the fit alone: N^-a, and t^-a/(1+a). */
#include <math.h>

#include "train/theory/theory.h"
#include "train/theory/zeta.h"

static double predicted(const ll_theory *t, ll_var along) {
    return along == LL_VAR_N ? t->alpha : along == LL_VAR_S ? t->alpha / (1 + t->alpha) : NAN;
}

static double guess(const ll_theory *t) {
    return ll_zeta(1 + t->alpha, 1);
}

/* The weight of feature i is off by (1 - lr lambda_i)^t. */
static double loss(const ll_theory *t, const ll_theory_row *at) {
    const double s = 1 + t->alpha;
    double sum = ll_zeta(s, (double)at->width + 1);
    for (int64_t i = at->width; i >= 1; i--) {
        const double lambda = pow((double)i, -s), part = t->lr * lambda;
        const double ln_off = part < 1 ? log1p(-part) : log(part - 1);
        sum += lambda * exp(2 * (double)at->step * ln_off);
    }
    return sum;
}

const ll_theory_kind ll_theory_linear = {
    .name = "linear",
    .question = "linear regression on a power-law spectrum, computed: does a fit find the exponent that is there?",
    .source = "Maloney, Roberts and Sully 2022, arXiv:2210.16859",
    .preset = { .seeds = 1,
                .alpha = 0.5,
                .widths = { 4, { 100, 1000, 10000, 100000 } },
                .samples = { 1, { 0 } },
                .steps = 1000000000000,
                .lr = 0.5 },
    .guess = guess,
    .predicted = predicted,
    .computed = loss,
};
