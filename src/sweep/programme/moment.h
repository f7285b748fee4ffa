/* Mean and standard deviation of a column of a table, as a document from which a quantity takes.
 *
 *     {"mean": {"loss": {"value": 2.31, "ci": [2.30, 2.32], "level": 0.9}},
 *      "sd": {"loss": {"value": 0.004, "ci": [0.003, 0.009], "level": 0.9}}}
 *
 * Intervals of independent, nearly normal values: Student's for the mean; for the standard deviation that of chi
 * squared, in the cube-root form of Wilson and Hilferty (1931).
 */
#ifndef LL_SWEEP_PROGRAMME_MOMENT_H
#define LL_SWEEP_PROGRAMME_MOMENT_H

#include "base/document/json.h"
#include "sweep/programme/frame.h"

/* LL_EINPUT: no such column, or fewer than two numbers in it where where holds. */
ll_status ll_moment_json(ll_json **out, const ll_frame *f, const char *column, const char *where, ll_error *err);

#endif
