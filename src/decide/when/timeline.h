/* When: the year in which growth brings the compute that a loss takes.
 *
 *     ll_timeline_text text;                                        what is assumed, bound by ll_timeline_table
 *     ll_timeline t;
 *     LL_TRY(ll_timeline_resolve(&text, &t, err));
 *     ll_when w;
 *     LL_TRY(ll_when_run(&w, &t, &law, &t.target, 10000, 1, err));
 *     w.year[2]                                                     the median; w.never the share without a date
 *     ll_when_clear(&w);
 *
 * From a run of the past (its date, FLOPs and dollars), effective compute doubles as often a year as its parts do
 * together: compute itself, or spending and what a dollar buys, and algorithms. Whoever may spend more than that
 * run cost has the difference at once; spending stops at `most`. Each part is known or lognormal, drawn once a
 * future.
 */
#ifndef LL_DECIDE_WHEN_TIMELINE_H
#define LL_DECIDE_WHEN_TIMELINE_H

#include "base/document/option.h"
#include "decide/when/compute_law.h"
#include "decide/when/spread.h"

/* As a file (loglog.timeline/1) or flags give it; money 0: as the run cost, or without end. */
typedef struct ll_timeline_text {
    char schema[LL_OPTION_NAME], law[LL_OPTION_NAME];
    double bits_per_char, nats_per_token; /* the target: one of them */
    char chars_per_token[LL_OPTION_NAME];
    char date[LL_OPTION_NAME]; /* of the run it starts from: 2020-05-28 */
    double flops, usd, budget, most;
    char compute[LL_OPTION_NAME], spending[LL_OPTION_NAME], price[LL_OPTION_NAME], algorithms[LL_OPTION_NAME];
} ll_timeline_text;

extern const ll_option ll_timeline_table[];
extern const int ll_timeline_count;

ll_status ll_timeline_load(ll_timeline_text *text, const char *path, ll_error *err);

/* Bits per character, which the unit chain turns into nats per token, or nats per token as they are; the other 0.
 */
typedef struct ll_when_target {
    double bits_per_char, nats_per_token;
} ll_when_target;

typedef struct ll_timeline {
    double year;                                    /* of the start: 2020.40 */
    double flops, usd, budget, most;                /* most INFINITY: no end */
    ll_spread compute, spending, price, algorithms; /* doublings a year; 0: none */
    ll_spread chars_per_token;
    ll_when_target target;
} ll_timeline;

/* A growth that cannot be read, a date that is none, compute beside spending or price (they are its parts), nothing
 * that grows, no target or two: LL_EINPUT that names the key. */
ll_status ll_timeline_resolve(const ll_timeline_text *text, ll_timeline *t, ll_error *err);

enum { LL_WHEN_LEVELS = 5 };
extern const double ll_when_levels[LL_WHEN_LEVELS]; /* .05 .25 .5 .75 .95 */

typedef struct ll_when {
    double nats_per_token; /* the target at the medians */
    double flops, times;   /* compute it takes, and over the start's, at the medians; INFINITY: below the floor */
    double year[LL_WHEN_LEVELS]; /* quantiles over all futures; INFINITY: never */
    double past, never;          /* shares: reached by the start already; not reached at all */
    double *futures;             /* [n] years, ascending; owned */
    int64_t n;
} ll_when;

ll_status ll_when_run(ll_when *w, const ll_timeline *t, const ll_compute_law *law, const ll_when_target *target,
                      int64_t n, uint64_t seed, ll_error *err);
void ll_when_clear(ll_when *w);

#endif
