/* What is believed of a law before its runs are seen. The numbers were chosen over the public tables of
 * bench/windtunnel, where they are in-sample; RESULTS.md there has first what numbers chosen without a table's source
 * make of it. */
#ifndef LL_FORECAST_BELIEF_PRIOR_H
#define LL_FORECAST_BELIEF_PRIOR_H

/* sd of a quantity that is above zero is of its logarithm. L is the lowest loss among the runs fitted. */
typedef struct ll_prior {
    double exponent, exponent_sd;         /* of N and of D */
    double floor, floor_sd;               /* E / L */
    double term, term_sd;                 /* each power term at the runs' own frontier, over L */
    double mixing, mixing_sd;             /* ln q, by which the power terms are joined; sd 0: they are added */
    double noise, noise_sd;               /* of ln loss, one run's own scatter at the frontier */
    double noise_growth, noise_growth_sd; /* of ln noise, for each decade of compute below the frontier */
    double growth_off, growth_step; /* a table's own (triage.h): how far from noise_growth it is looked for, and in
                                       which steps; 0, 0: there, and nowhere else */
    double discrepancy, discrepancy_sd; /* of ln loss, size of the smooth departure from the law */
    double length, length_ratio;        /* decades over which it keeps its course; that along D over that along N */
    double excess_growth, excess_growth_sd; /* of its size, for each unit of ln loss above the valley's bottom; a
                                               table's own is learned (triage.h) */
    double excess_noise;                    /* the same of the noise */
    double in_cluster, in_cluster_sd; /* share of the noise's variance that rows of one cluster have in common;
                                           of ln of the ratio of common to own sd */
    double drift;                     /* of ln loss, for each decade beyond the largest compute fitted */
    double drift_growth; /* of ln drift, for each decade of FLOPs that the largest run fitted lies below known */
    double floor_growth; /* of ln(L / E), the same: a text's E stays, and smaller runs are further from it */
    double bend;         /* of ln loss: how much faster than its law a ladder falls, for each decade on the way, and
                              for each decade that the way lies below known */
    double known;        /* FLOPs: the smallest compute that the numbers above were chosen over */
    double odd_share, odd; /* of runs that are unlike the others: their share, and sd of ln loss beyond noise */
    double spread;         /* every forecast's sd is multiplied by this */
    double spread_parts;   /* how many rehearsals that is worth */
} ll_prior;

extern const ll_prior ll_prior_default;

/* How numbers learned without a source of tables forecast its runs, 3, 10 and 30 times beyond those fitted: means over
 * tables with 10 judged or more (the first table of bench/windtunnel/RESULTS.md). */
enum { LL_PRIOR_SOURCES = 5, LL_PRIOR_JUDGED = 1411 };
typedef struct ll_prior_worth {
    double interval_score, covered90, log_score;
} ll_prior_worth;
extern const ll_prior_worth ll_prior_left_out;

/* Next to nothing: three times as wide or more about everything, terms that are added, no drift, no odd runs, noise of
 * one size, and an interval's width by the table's own rehearsals alone. */
extern const ll_prior ll_prior_none;

/* The same with three times the sd of exponents and floor and twice that of the terms: for the choice of runs,
 * which are to show what the law is and not to rest on what is believed of it. */
ll_prior ll_prior_for_design(void);

#endif
