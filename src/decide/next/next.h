/* Which runs to buy next: the set within a budget that leaves the forecast at a target least uncertain.
 *
 *     ll_next next;
 *     ll_next_ask ask = { .flops = 1e21, .budget = 1e19 };           a zero field means the documented default
 *     LL_TRY(ll_next_choose(&next, &(ll_next_belief) { design, forecast, n, largest }, &ask, err));
 *     next.run[i].N, next.run[i].D, next.run[i].sd                   what is left of the sd after runs 0..i
 *
 * A c-optimal design (Pukelsheim 1993) on the posterior, averaged over the laws given: what is minimised is what is
 * left of the sd of ln loss at the target (what_if.h), over places N, D on a lattice of budgets and sizes. It is
 * found by exchange (Fedorov 1972) under a bound on the largest run, from several such bounds, and the best is
 * kept; nothing is random. A place may be taken more than once: those are seeds. The choice hardly looks at what
 * the runs will come to, so with much to spend it pays to spend a part, fit, and ask again.
 *
 * A run costs 6 N D FLOPs, or with paces its tokens over the tokens per second of its size; budget is in the same.
 */
#ifndef LL_DECIDE_NEXT_NEXT_H
#define LL_DECIDE_NEXT_NEXT_H

#include "decide/next/lattice.h"

typedef struct ll_next_run {
    double N, D, C, cost, sd; /* sd: of the forecast once this run and those before it in the list are done */
} ll_next_run;

typedef struct ll_next {
    ll_next_ask ask; /* resolved; its pointers are the caller's */
    ll_place target;
    double mean, sd; /* of ln loss at the target, today */
    int n;
    ll_next_run run[LL_NEXT_RUNS]; /* each buys most after those before it */
    double cost, sd_after;
    struct {
        int n; /* 0: the budget buys none */
        double C_lo, C_hi, cost, sd;
    } uniform; /* an isoFLOP grid of the same cost: as many runs, three sizes a factor of 4 apart at budgets a
                  factor of 4 apart */
} ll_next;

/* One posterior for each law. Runs are chosen by `design`, whose prior is to be wide (ll_prior_for_design); what is
 * said of them is by `forecast`, which would make the forecast itself. They may be the same. */
typedef struct ll_next_belief {
    const ll_posterior *const *design, *const *forecast; /* [n] */
    int n;
    double largest; /* compute of the largest run so far, 0 without any */
} ll_next_belief;

/* A target that the runs have reached, a budget that
 * buys no run of the lattice, or a size or number that is impossible: LL_EINPUT. */
ll_status ll_next_choose(ll_next *out, const ll_next_belief *belief, const ll_next_ask *ask, ll_error *err);

/* Where the forecast at a budget of C = 6 N D is lowest: N and D, D / N from 1/10000 to 10000 times ratio. */
ll_status ll_next_optimum(const ll_posterior *const *posteriors, int n, double C, double ratio, ll_place *out,
                          ll_error *err);

/* Zero fields become defaults; impossible ones are LL_EINPUT. */
ll_status ll_next_resolve(const ll_next_ask *in, ll_next_ask *out, ll_error *err);

#endif
