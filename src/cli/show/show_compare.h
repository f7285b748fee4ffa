/* A comparison for people. */
#ifndef LL_CLI_SHOW_SHOW_COMPARE_H
#define LL_CLI_SHOW_SHOW_COMPARE_H

#include "decide/plan/settle.h"

typedef struct ll_comparison {
    const char *name[2]; /* of the baseline and of the other */
    const char *along;   /* what the gain runs along: "C", "N", "D" */
    const char *unit;    /* of the losses */
    ll_compare compare;
    ll_gain gain;
    char no_gain[LL_ERROR_MAX]; /* why there is none; "": there is */
    ll_settle settle;
} ll_comparison;

/* One sentence; returns buf. */
const char *ll_comparison_answer(const ll_comparison *c, char *buf, size_t size);

void ll_show_comparison(const ll_comparison *c);

#endif
