/* Shapes that a spec lists, in the place of a rule: those that a trainer of others has.
 *
 *     "2x64/4,4x128/8+512"            layers x width / heads, and + the width of the feed-forward layer where it is
 *                                     another than the family's
 *
 * A table of them, a CSV with the columns layers, width, heads and maybe ffw, becomes that text when the spec is
 * resolved, so that the shapes stand in the ladder's hash and not the name of a file.
 */
#ifndef LL_SWEEP_COMMAND_SHAPES_H
#define LL_SWEEP_COMMAND_SHAPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/document/option.h"
#include "loglog/error.h"

enum { LL_SHAPES_MOST = 128 };

typedef struct ll_listed_shape {
    int64_t layers, width, heads, ffw; /* ffw 0: the family's */
} ll_listed_shape;

/* LL_EINPUT names the shape that is none. */
ll_status ll_shapes_read(const char *text, ll_listed_shape out[LL_SHAPES_MOST], int *n, ll_error *err);

bool ll_shapes_is_file(const char *text); /* it ends with .csv */

/* The file named by text becomes the list. LL_EINPUT and LL_EFORMAT name file and line. */
ll_status ll_shapes_load(char text[LL_OPTION_TEXT], ll_error *err);

#endif
