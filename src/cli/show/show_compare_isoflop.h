/* A comparison of two tables' isoFLOP exponents for people. */
#ifndef LL_CLI_SHOW_SHOW_COMPARE_ISOFLOP_H
#define LL_CLI_SHOW_SHOW_COMPARE_ISOFLOP_H

#include <stddef.h>

#include "fit/compare/isoflop_compare.h"

/* One sentence; returns buf. */
const char *ll_isoflop_compare_answer(const ll_isoflop_compare *c, char *buf, size_t size);

/* name: of the baseline and of the other; unit: of the losses. */
void ll_show_isoflop_compare(const ll_isoflop_compare *c, const char *const name[2], const char *unit);

#endif
