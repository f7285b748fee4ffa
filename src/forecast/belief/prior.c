/* Chosen over the public tables of bench/windtunnel. exponent, term and the sd of each prior are round and wide enough
 * for the published fits; the others are the mean of the sources' votes (LEARNED.md there, which has what comes of them
 * with each source of tables left out in turn: the optimum is flat). drift_growth, floor_growth and bend are the mean
 * of the votes of ladders of our own, far below those tables (bench/small). odd_share and odd are a guess that each
 * table corrects, as it does excess_growth (triage.h). */
#include "forecast/belief/prior.h"

const ll_prior ll_prior_default = { .exponent = 0.3,
                                    .exponent_sd = 0.2,
                                    .floor = 0.65,
                                    .floor_sd = 0.2,
                                    .term = 0.2,
                                    .term_sd = 0.7,
                                    .mixing = -0.17,
                                    .mixing_sd = 0.54,
                                    .noise = 0.01,
                                    .noise_sd = 1,
                                    .noise_growth = 0.37,
                                    .noise_growth_sd = 0.25,
                                    .discrepancy = 0.0125,
                                    .discrepancy_sd = 1,
                                    .length = 2.4,
                                    .length_ratio = 0.72,
                                    .excess_growth = 21,
                                    .excess_growth_sd = 0.6,
                                    .excess_noise = 5.3,
                                    .in_cluster = 0.54,
                                    .in_cluster_sd = 1,
                                    .drift = 0.0067,
                                    .drift_growth = 0.3,
                                    .floor_growth = 0.056,
                                    .bend = 0.0045,
                                    .known = 1e16,
                                    .odd_share = 0.02,
                                    .odd = 0.05,
                                    .spread = 1,
                                    .spread_parts = 4 };

/* Of the votes that chose these numbers (bench/windtunnel/LEARNED.md). */
const ll_prior_worth ll_prior_left_out = { .interval_score = 0.0572, .covered90 = 0.934, .log_score = -3.15 };

const ll_prior ll_prior_none = { .exponent = 0.3,
                                 .exponent_sd = 1,
                                 .floor = 0.65,
                                 .floor_sd = 1,
                                 .term = 0.2,
                                 .term_sd = 2,
                                 .noise = 0.01,
                                 .noise_sd = 3,
                                 .noise_growth_sd = 0.5,
                                 .discrepancy = 0.01,
                                 .discrepancy_sd = 3,
                                 .length = 2.5,
                                 .length_ratio = 1,
                                 .in_cluster = 0.5,
                                 .in_cluster_sd = 2,
                                 .known = 1,
                                 .odd = 0.05,
                                 .spread = 1,
                                 .spread_parts = 0.1 };

ll_prior ll_prior_for_design(void) {
    ll_prior p = ll_prior_default;
    p.exponent_sd *= 3;
    p.floor_sd *= 3;
    p.term_sd *= 2;
    return p;
}
