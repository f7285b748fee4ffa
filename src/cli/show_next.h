/* The text form of the next runs to buy. */
#ifndef LL_CLI_SHOW_NEXT_H
#define LL_CLI_SHOW_NEXT_H

#include "forecast/next.h"

/* source: the table or store, NULL: no runs yet. written: the spec's file, or "". */
void ll_next_show(const ll_next *next, const char *source, int64_t runs, double largest, const char *written);

#endif
