/* Learning curves of runs, out of a table or a store, as collapse.h reads them.
 *
 *     ll_courses c;
 *     LL_TRY(ll_courses_of_table(&c, &table, "curves.csv", err));
 *     c.at[i].params, c.at[i].n
 *     ll_courses_clear(&c);
 */
#ifndef LL_FORECAST_END_COURSES_H
#define LL_FORECAST_END_COURSES_H

#include <stdbool.h>

#include "fit/curve/collapse.h"
#include "store/store.h"

typedef struct ll_courses {
    int64_t n, n_finished; /* finished runs come first; of a table all are */
    ll_course *at;         /* [n] */
    bool by_tokens;        /* at and end count tokens, else steps */
    double *room;          /* what the courses point into; names too; owned */
    char *names;
} ll_courses;

/* A run for each name, in the order of their first rows; it ends at its last row. Points at step 0 are left out. A
 * column of tokens counts, else one of steps; one of rates parts schedules. Without names and either of them, with
 * a point that comes after a later one, or with a loss that is not above 0: LL_EINPUT that names the line. */
ll_status ll_courses_of_table(ll_courses *out, const ll_table *t, const char *source, ll_error *err);

/* Of a ladder by its id ("": the imported runs) the observations, then the runs under way; of these those with a point.
 * Trunks are neither. */
ll_status ll_courses_of_store(ll_courses *out, ll_store *s, const char *ladder, ll_error *err);
void ll_courses_clear(ll_courses *c);

#endif
