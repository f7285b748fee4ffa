/* Two families, recipes or data sets under one law: does the change move the floor, the offset or the exponent?
 *
 *     ll_compare c;
 *     LL_TRY(ll_compare_run(&c, law, &baseline, &other, &(ll_compare_opts) { .fit.seed = 1 }, err));
 *     c.model[LL_SAME].p                       small: the two differ
 *     c.answer == LL_FLOOR                     the floor alone explains all of it, nothing simpler does
 *     c.model[LL_FLOOR].change[0].value        by how much
 *     ll_compare_clear(&c);
 *
 * Each group is fitted alone, and both together under narrower hypotheses: all parameters shared, the floor each
 * group's own, the offsets, the exponents. A hypothesis that the runs do not contradict is enough (nested.h); the
 * answer is the simplest that is. Where nothing differs, a difference is called with probability alarm.
 */
#ifndef LL_FIT_COMPARE_COMPARE_H
#define LL_FIT_COMPARE_COMPARE_H

#include "base/document/json.h"
#include "loglog/fit.h"

/* What a parameter of a law is: its floor (the first, where it has the unit of a loss), an offset (searched as a
 * logarithm) or an exponent. */
typedef enum ll_hypothesis { LL_SAME = 0, LL_FLOOR, LL_OFFSET, LL_EXPONENT, LL_HYPOTHESES } ll_hypothesis;

typedef enum ll_answer {
    LL_ANSWER_SAME = LL_SAME, /* no difference is seen */
    LL_ANSWER_FLOOR,
    LL_ANSWER_OFFSET,
    LL_ANSWER_EXPONENT,
    LL_ANSWER_UNCLEAR, /* several of the three explain it alone: these runs cannot tell which */
    LL_ANSWER_SEVERAL, /* none of the three alone */
    LL_ANSWER_UNTESTED /* too few runs to test */
} ll_answer;

typedef struct ll_compare_opts {
    ll_fit_opts fit;
    double alarm;        /* 0.05 */
    const char *name[2]; /* of each group, for errors; NULL: "the baseline", "the other" */
} ll_compare_opts;

typedef struct ll_compare_model {
    bool there;       /* false: the law has no such parameter, or this is all it has */
    uint32_t own;     /* bits of the parameters that are each group's own */
    double objective; /* summed over both groups */
    double p;         /* of the separate laws explaining no more than this does; NaN where it cannot be tested */
    bool enough;      /* p > alarm */
    double params[2][LL_LAW_MAX_PARAMS]; /* of each group */
    ll_estimate
        change[LL_LAW_MAX_PARAMS]; /* of those that are own: other - baseline, of an offset other / baseline */
} ll_compare_model;

typedef struct ll_compare {
    const ll_law *law;
    ll_compare_opts opts; /* resolved */
    ll_fit fit[2];        /* baseline and other alone; the draws of a pair belong together */
    bool paired;          /* the same points in both: resampled as pairs, else on their own */
    ll_compare_model model[LL_HYPOTHESES];
    ll_estimate change[LL_LAW_MAX_PARAMS]; /* as above, of the separate fits */
    double objective;                      /* of the separate fits together */
    ll_answer answer;
} ll_compare;

/* Each group must carry the law alone; else LL_EINPUT, and the line says which does not. On failure c is empty. */
ll_status ll_compare_run(ll_compare *c, const ll_law *law, const ll_fit_data *baseline, const ll_fit_data *other,
                         const ll_compare_opts *opts, ll_error *err);
void ll_compare_clear(ll_compare *c);

ll_hypothesis ll_compare_part(const ll_law *law, int param); /* floor, offset or exponent */

const char *ll_hypothesis_name(ll_hypothesis h); /* "same", "floor", "offset", "exponent" */
const char *ll_answer_name(ll_answer a);         /* the same words, "unclear", "several", "untested" */

/* The draws of one fit with those of the other: how many there are of both. */
int64_t ll_compare_draws(const ll_compare *c);

/* se and interval of a quantity of both fits, v [n] its draws, sorted in place. */
ll_estimate ll_compare_interval(const ll_compare *c, double value, double *v, int64_t n);

#endif
