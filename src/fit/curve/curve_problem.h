/* A curve law over a table's fitted rows as a problem of the solver (fit/solve/problem.h).
 *
 *     ll_curve_room room;                 one for each thread
 *     LL_TRY(ll_curve_room_new(&room, law, &rows, &opts, err));
 *     ll_polish(&room.q, theta, 1e-12, &value);
 *     ll_curve_room_free(&room);
 */
#ifndef LL_FIT_CURVE_CURVE_PROBLEM_H
#define LL_FIT_CURVE_CURVE_PROBLEM_H

#include "fit/curve/curve_law.h"
#include "fit/curve/curve_rows.h"
#include "fit/solve/problem.h"

typedef struct ll_curve_room {
    ll_problem q; /* points at this room: it must not move */
    const ll_curve_law *law;
    const ll_curve_rows *rows;
    double centre[P_MAX]; /* of the priors, as theta */
    double *y;            /* [n] what is fitted: ln loss, or loss; owns L and J */
    double *L, *J;        /* [n] and [n][n_params] of the last evaluation */
} ll_curve_room;

ll_status ll_curve_room_new(ll_curve_room *room, const ll_curve_law *law, const ll_curve_rows *rows,
                            const ll_fit_opts *opts, ll_error *err);
void ll_curve_room_free(ll_curve_room *room);

/* Losses of all rows that are wanted [n] into L, and J unless gradient is false. */
void ll_curve_room_eval(ll_curve_room *room, const bool *want, const double *params, bool gradient);

/* The best of a grid over the exponents with the linear coefficients solved, polished; theta [n_params]. */
ll_fit_stop ll_curve_room_search(ll_curve_room *room, double *theta, double *value, int64_t *starts);

#endif
