/* A frame: named columns of texts, put together from several tables. What a programme's tables are made of, and its
 * panels are drawn from.
 *
 *     ll_frame f = { 0 };
 *     LL_TRY(ll_frame_add(&f, csv, size, "main", err));        its rows, and a column arm that says main
 *     LL_TRY(ll_frame_write(&f, "runs.csv", err));
 *     double v = ll_frame_num(&f, row, ll_frame_column(&f, "loss"));
 *     ll_frame_clear(&f);
 */
#ifndef LL_SWEEP_PROGRAMME_FRAME_H
#define LL_SWEEP_PROGRAMME_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loglog/error.h"

typedef struct ll_frame_row {
    char **cell; /* [n] owned; those of later columns are blank */
    int64_t n;
} ll_frame_row;

typedef struct ll_frame {
    char **column; /* [n_columns] names; owned */
    int64_t n_columns;
    ll_frame_row *row; /* [rows] */
    int64_t rows, room;
} ll_frame;

/* Adds the rows of a CSV; text [size] is zero at its end and is changed. Columns that are new get blank cells above. */
ll_status ll_frame_add(ll_frame *f, char *text, size_t size, const char *arm, ll_error *err);
ll_status ll_frame_write(const ll_frame *f, const char *path, ll_error *err);
void ll_frame_clear(ll_frame *f);

int64_t ll_frame_column(const ll_frame *f, const char *name);              /* -1: none */
const char *ll_frame_text(const ll_frame *f, int64_t row, int64_t column); /* "" where blank or column is -1 */
double ll_frame_num(const ll_frame *f, int64_t row, int64_t column);       /* NaN where that is no number */

/* Puts a number into a row, in a column that is made where it is new. */
ll_status ll_frame_set(ll_frame *f, int64_t row, const char *column, double v, ll_error *err);

/* keep [rows]: whether where holds; an unknown column is LL_EINPUT. */
ll_status ll_frame_where(const ll_frame *f, const char *where, bool *keep, ll_error *err);

#endif
