/* A positive quantity that is known, or only within a range; and growth as one.
 *
 *     ll_spread chars, growth;
 *     ll_spread_parse("3.5..4.5", &chars);             lognormal: 5 % below 3.5, 5 % above 4.5
 *     ll_growth_parse("2x/2.1..2.5y", &growth);        doublings a year
 *     double v = ll_spread_at(&chars, ll_rng_normal(&rng));
 */
#ifndef LL_DECIDE_WHEN_SPREAD_H
#define LL_DECIDE_WHEN_SPREAD_H

#include <stdbool.h>

typedef struct ll_spread {
    double lo, hi; /* its 5 and 95 % quantiles; equal: known */
} ll_spread;

/* "4" or "3.5..4.5", above zero, the lower first. False when text is anything else. */
bool ll_spread_parse(const char *text, ll_spread *s);

/* "none", or a factor over a period: "4..5x/1y", "2x/2.1..2.5y", "2x/8mo". One of the two may be a range. */
bool ll_growth_parse(const char *text, ll_spread *doublings_per_year);

double ll_spread_at(const ll_spread *s, double z); /* z standard normal; 0 gives the median */

#endif
