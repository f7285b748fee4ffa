#include "law/laws.h"

/* The parameters of the vocabulary as a third kind of size. The paper's loss is per character and less the unigram
 * model's, hence below zero: that is law vocabulary_unigram, of which E is subtracted. In vocabulary the unigram
 * model's loss is part of E. */
enum { VO_E, VO_A1, VO_A2, VO_B, VO_ALPHA1, VO_ALPHA2, VO_BETA, VO_NPARAMS };

static const ll_law_param params[VO_NPARAMS] = {
    { "E", "nats/token", 1e-6, 1e3, true }, { "A1", "", 1e-6, 1e60, true },   { "A2", "", 1e-6, 1e60, true },
    { "B", "", 1e-6, 1e60, true },          { "alpha1", "", 1e-3, 4, false }, { "alpha2", "", 1e-3, 4, false },
    { "beta", "", 1e-3, 4, false },
};

static const ll_law_term terms[] = { { VO_E, -1, LL_VAR_N },
                                     { VO_A1, VO_ALPHA1, LL_VAR_N },
                                     { VO_A2, VO_ALPHA2, LL_VAR_X },
                                     { VO_B, VO_BETA, LL_VAR_D } };

static double eval(const double *p, const double *x) {
    return p[VO_E] + p[VO_A1] * pow(x[LL_VAR_N], -p[VO_ALPHA1]) + p[VO_A2] * pow(x[LL_VAR_X], -p[VO_ALPHA2]) +
           p[VO_B] * pow(x[LL_VAR_D], -p[VO_BETA]);
}

static void grad(const double *p, const double *x, double *g) {
    g[VO_E] = 1;
    g[VO_A1] = pow(x[LL_VAR_N], -p[VO_ALPHA1]);
    g[VO_A2] = pow(x[LL_VAR_X], -p[VO_ALPHA2]);
    g[VO_B] = pow(x[LL_VAR_D], -p[VO_BETA]);
    g[VO_ALPHA1] = -p[VO_A1] * g[VO_A1] * log(x[LL_VAR_N]);
    g[VO_ALPHA2] = -p[VO_A2] * g[VO_A2] * log(x[LL_VAR_X]);
    g[VO_BETA] = -p[VO_B] * g[VO_B] * log(x[LL_VAR_D]);
}

const ll_law ll_law_vocabulary = { .name = "vocabulary",
                                   .form =
                                       "E + A1/N^alpha1 + A2/X^alpha2 + B/D^beta, X parameters of the vocabulary",
                                   .source = "Tao et al. 2024, arXiv:2407.13623",
                                   .vars = 1u << LL_VAR_N | 1u << LL_VAR_D | 1u << LL_VAR_X,
                                   .x = "parameters of the vocabulary",
                                   .n_params = VO_NPARAMS,
                                   .params = params,
                                   .n_terms = 4,
                                   .terms = terms,
                                   .eval = eval,
                                   .grad = grad };

/* ---- less the unigram model's loss ---- */

static double unigram_eval(const double *p, const double *x) {
    return eval(p, x) - 2 * p[VO_E];
}

static void unigram_grad(const double *p, const double *x, double *g) {
    grad(p, x, g);
    g[VO_E] = -1;
}

static const ll_law_term unigram_terms[] = { { VO_E, -1, LL_VAR_N, .less = true },
                                             { VO_A1, VO_ALPHA1, LL_VAR_N },
                                             { VO_A2, VO_ALPHA2, LL_VAR_X },
                                             { VO_B, VO_BETA, LL_VAR_D } };

const ll_law ll_law_vocabulary_unigram = {
    .name = "vocabulary_unigram",
    .form = "A1/N^alpha1 + A2/X^alpha2 + B/D^beta - E, of losses less the unigram model's",
    .source = "Tao et al. 2024, arXiv:2407.13623",
    .vars = 1u << LL_VAR_N | 1u << LL_VAR_D | 1u << LL_VAR_X,
    .x = "parameters of the vocabulary",
    .below_zero = true,
    .n_params = VO_NPARAMS,
    .params = params,
    .n_terms = 4,
    .terms = unigram_terms,
    .eval = unigram_eval,
    .grad = unigram_grad
};
