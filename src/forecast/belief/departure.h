/* Where the law is wrong: a smooth random function of the logarithms of its variables, a Gaussian process.
 *
 * Matern 3/2: continuous slopes, a course that is kept over prior->length decades, along D over length_ratio times
 * what it is along N. Its size grows with the excess of a place: how far ln loss there lies above the least that
 * the law has at the same N D. Runs on the slopes of a valley depart more than those at its bottom, and a law that
 * is held to both by one size is trusted too little at the bottom and too much on the slopes. How fast it grows is each
 * table's own: triage.h learns it.
 */
#ifndef LL_FORECAST_BELIEF_DEPARTURE_H
#define LL_FORECAST_BELIEF_DEPARTURE_H

#include "forecast/belief/curve.h"

/* Of the departures at two places, by their logarithms. */
double ll_departure_correlation(const ll_prior *prior, const double *a, const double *b);

/* Those of one place with n others, places [n][LL_VAR_COUNT], into out [n]; the same bits whatever n. */
void ll_departure_correlations(const ll_prior *prior, const double *a, const double *places, int64_t n,
                               double *out);

/* Places whose departures are known to some extent. */
typedef struct ll_knots {
    int64_t n;
    const double *lnx;           /* [n][LL_VAR_COUNT] */
    const double *size, *weight; /* [n] */
} ll_knots;

/* What the knots say of m places of a law that reads vars, places [m][LL_VAR_COUNT]: into sum [m] the correlation with
 * each knot times its size and weight, into nearest [m] the knot that is alike most, of those alike by more than near;
 * -1 where there is none. */
void ll_departure_hear(const ll_prior *prior, unsigned vars, const double *places, int m, const ll_knots *knots,
                       double near, double *sum, int64_t *nearest);

/* Of n places, lnx [n][LL_VAR_COUNT], in ln loss into out [n]; 0 of a law that does not read N and D alone. */
void ll_departure_excess(const ll_curve *c, const double *theta, const double *lnx, int64_t n, double *out);

/* The least ln loss of a law at each N D, as a table: what the excess of many places is read from, to within 1e-6. */
enum { LL_BOTTOMS_POINTS = 1024 };
typedef struct ll_bottoms {
    const ll_curve *curve;
    const double *theta;
    double from, step; /* of ln N D */
    double least[LL_BOTTOMS_POINTS];
} ll_bottoms;

/* For places of ln N D from .. to, about lean of ln N / D; borrows curve and theta. */
void ll_bottoms_look(ll_bottoms *v, const ll_curve *c, const double *theta, double from, double to, double lean);
void ll_bottoms_excess(const ll_bottoms *v, const double *lnx, int64_t n, double *out);

/* Sizes at a place of that excess over those at the bottom: of the departure, and of a run's own noise. */
typedef struct ll_growth {
    double departure, noise;
} ll_growth;
ll_growth ll_departure_growth(const ll_prior *prior, double excess);

#endif
