/* How a run looks on the terminal; shared by the verbs that show runs. */
#ifndef LL_CLI_SHOW_SHOW_RUN_H
#define LL_CLI_SHOW_SHOW_RUN_H

#include <stdio.h>

#include "base/document/json.h"
#include "store/store.h"

void ll_show_fixed(double v, int width, int decimals); /* to standard output behind a space; NaN is a dash */

/* The id of the ladder that a word names by id or name; "" stays "" and means all. */
ll_status ll_show_ladder_id(ll_store *s, const char *word, char id[17], ll_error *err);

#endif
