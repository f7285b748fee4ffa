/* How a run looks on the terminal and in JSON; shared by the verbs that show runs. */
#ifndef LL_CLI_SHOW_SHOW_RUN_H
#define LL_CLI_SHOW_SHOW_RUN_H

#include <stdio.h>

#include "base/document/json.h"
#include "store/store.h"

/* Every known field, and bits_per_byte where the run knows its bytes per token. */
ll_json *ll_show_run_json(const ll_run *run);

void ll_show_fixed(double v, int width, int decimals); /* to standard output behind a space; NaN is a dash */

double ll_run_count(const ll_run *run);         /* N: non-embedding, else total, else unstated; NaN when unknown */
double ll_run_bits_per_byte(const ll_run *run); /* NaN when unknown */

/* The id of the ladder that a word names by id or name; "" stays "" and means all. */
ll_status ll_show_ladder_id(ll_store *s, const char *word, char id[17], ll_error *err);

#endif
