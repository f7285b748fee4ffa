/* Shapes of a rise: how a score goes from what it is at small scale to what it is at large.
 *
 *     y = before + (after - before) shape((t - t10) / (t90 - t10))
 *
 * t is the logarithm of the scale, or a loss. Every shape is 0.1 at t10 and 0.9 at t90. Three are smooth, the usual
 * links of a share: the logistic curve, Gompertz's exp(-exp(-z)), which is what exp(-L A N^-alpha) is along ln N
 * (Schaeffer et al. 2023, arXiv:2304.15004, sec. 2), and its mirror. One is broken: flat, a straight ramp from one
 * kink to the other, flat; without width it is a jump.
 *
 *     ll_placing which;
 *     LL_TRY(ll_placing_new(&which, t, n, err));                equal t are one place
 *     ll_places p;
 *     ll_places_fill(&p, &which, t, y, NULL);
 *     p.ends[0] = 0, p.ends[1] = 1;
 *     ll_climb c;
 *     ll_climb_grid grid;
 *     LL_TRY(ll_climb_grid_new(&grid, &p, &(ll_climb_range) { LL_SMOOTH_SHAPES, { 10, 20 }, { 0.1, 30 } }, err));
 *     ll_climb_fit(&c, &grid, &p);
 *     use(c.t10, c.t90, ll_climb_at(&c, 15));
 *     ll_climb_grid_free(&grid);
 *     ll_placing_free(&which);
 */
#ifndef LL_FIT_ABILITY_CLIMB_H
#define LL_FIT_ABILITY_CLIMB_H

#include <stdbool.h>
#include <stdint.h>

#include "loglog/error.h"

typedef enum ll_climb_shape {
    LL_LOGISTIC = 0,
    LL_GOMPERTZ,
    LL_GOMPERTZ_MIRRORED,
    LL_RAMP,
    LL_SHAPE_COUNT
} ll_climb_shape;
enum { LL_SMOOTH_SHAPES = 1 << LL_LOGISTIC | 1 << LL_GOMPERTZ | 1 << LL_GOMPERTZ_MIRRORED };

const char *ll_climb_shape_name(ll_climb_shape shape);

/* 0.1 at u = 0, 0.9 at u = 1. */
double ll_climb_shape_at(ll_climb_shape shape, double u);

typedef struct ll_climb {
    ll_climb_shape shape;
    double t10, t90;      /* t90 = t10: a jump */
    double before, after; /* at small t and at large */
    double rss;           /* weighted sum of squares that it leaves */
} ll_climb;
double ll_climb_at(const ll_climb *c, double t);

/* ---- the rows, gathered by t: all that least squares asks of them ---- */

enum { LL_PLACES_MOST = 48 };

typedef struct ll_places {
    int m; /* distinct t; above LL_PLACES_MOST neighbours are one */
    double t[LL_PLACES_MOST], w[LL_PLACES_MOST], y[LL_PLACES_MOST]; /* rising; summed weight; mean */
    double within;                                                  /* sum of squares about those means */
    double ends[2];                                                 /* between which before and after have to lie */
} ll_places;

/* Which place each row is of; shared by all resamples of the rows. */
typedef struct ll_placing {
    int64_t n;
    int m;
    int *of; /* [n]; owned */
} ll_placing;
ll_status ll_placing_new(ll_placing *p, const double *t, int64_t n, ll_error *err);
void ll_placing_free(ll_placing *p);

/* weight [n] or NULL. A place may have no weight; its y is then 0. ends stays as it is. */
void ll_places_fill(ll_places *out, const ll_placing *p, const double *t, const double *y, const double *weight);

/* Between which the ends of y's curve may lie: 0 and 1 of shares, at most 0 where no value is above it, at least 0
 * where none is below, and otherwise as far again as the values span. True for a share. */
bool ll_score_ends(const double *y, int64_t n, double ends[2]);

/* The variance of a score at a mean, to a factor: that of a share where it is one, with a little left at its ends. */
double ll_score_variance(bool share, double mean);

/* ---- fitting ---- */

/* Where t10 and t90 are looked for. */
typedef struct ll_climb_range {
    unsigned shapes;  /* bits */
    double middle[2]; /* of (t10 + t90) / 2 */
    double width[2];  /* of t90 - t10; even in its logarithm, from the first; 0 is one point more */
} ll_climb_range;

/* The shapes of a grid over the range, worked out once for many scores and weights at the same t. */
typedef struct ll_climb_grid {
    ll_climb_range range;
    int m;                /* places */
    int64_t n;            /* shapes */
    ll_climb *at;         /* [n] shape, t10, t90 */
    double *value;        /* [n][m] */
    double *weighed;      /* [n][m] times the weights that the grid was made with */
    double *sum, *square; /* [n] of weighed, and of weighed times value */
    double *block;        /* owns them */
} ll_climb_grid;
ll_status ll_climb_grid_new(ll_climb_grid *g, const ll_places *p, const ll_climb_range *range, ll_error *err);
void ll_climb_grid_free(ll_climb_grid *g);

/* Least squares over the grid, then down to the minimum within the range. p: the grid's t, any weights and scores. */
void ll_climb_fit(ll_climb *out, const ll_climb_grid *g, const ll_places *p);

/* Over the grid alone, with the weights that it was made with: for many y. */
void ll_climb_fit_fast(ll_climb *out, const ll_climb_grid *g, const ll_places *p, const double *y, double within);

#endif
