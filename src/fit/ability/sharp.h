/* Sharp or smooth? A broken law against a smooth one, and how far the answer can be trusted.
 *
 *     ll_sharp s;
 *     LL_TRY(ll_sharp_ask(&s, &rows, &(ll_sharp_opts) { .sudden = 10 }, err));
 *     s.answer, s.ratio, s.p_smooth, s.alarm
 *
 * Smooth: one of the smooth shapes, its rise over a factor `sudden` of scale at least. Broken: flat, a ramp between two
 * kinks of which the first lies among the runs, flat; a jump when both are one. Each has four parameters and noise of
 * one size, so the likelihood ratio is n/2 ln(RSS smooth / RSS broken). They are not nested, and what the ratio
 * would be under either is simulated from its own fit (Cox 1961, Williams 1970): the smooth law is given up where
 * it makes so large a ratio in at most `alarm` of the simulated tables, the broken one where it makes so small a
 * one. How often the smooth law's own tables are called broken is simulated too, each refitted and simulated once
 * more (the fast double bootstrap, Davidson and MacKinnon 2007), and so is how often the broken one's are seen.
 */
#ifndef LL_FIT_ABILITY_SHARP_H
#define LL_FIT_ABILITY_SHARP_H

#include "fit/ability/rise.h"

typedef enum ll_sharpness { LL_UNTOLD = 0, LL_SMOOTH, LL_SHARP } ll_sharpness;
const char *ll_sharpness_name(ll_sharpness s); /* "cannot tell", "smooth", "sharp" */

typedef struct ll_sharp_opts {
    double sudden;       /* factor of scale over which the rise of a smooth law takes at least; 10 */
    double alarm;        /* 0.05 */
    int64_t simulations; /* 400 */
    uint64_t seed;       /* 1 */
    int threads;         /* 0: all cores */
} ll_sharp_opts;

typedef struct ll_sharp {
    ll_sharpness answer;
    ll_sharp_opts opts;      /* resolved */
    ll_climb smooth, broken; /* over t */
    double ratio;            /* ln likelihood of the broken law minus the smooth one's */
    double critical;         /* what the smooth law's tables exceed in a share `alarm` */
    double p_smooth;         /* share of the smooth law's tables with so large a ratio */
    double p_broken;         /* share of the broken law's with so small a one */
    double alarm;            /* share of the smooth law's tables that the test calls broken */
    double power;            /* share of the broken law's that it calls broken */
} ll_sharp;

ll_status ll_sharp_ask(ll_sharp *out, const ll_scored_rows *rows, const ll_sharp_opts *opts, ll_error *err);

/* The least rise of a smooth law where nothing is said: a factor of 10 in N or D, 100 in C, 1.2 in a loss. */
double ll_sharp_sudden(const char *x);

#endif
