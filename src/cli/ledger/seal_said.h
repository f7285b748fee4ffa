/* 'forecast seal' of what others say: quantiles of a quantity, or a statement with a probability. */
#ifndef LL_CLI_LEDGER_SEAL_SAID_H
#define LL_CLI_LEDGER_SEAL_SAID_H

#include "cli/ledger/ledger.h"

typedef struct ll_said_args {
    char run[LL_OPTION_TEXT], question[LL_OPTION_TEXT], author[LL_OPTION_TEXT], judged_by[LL_OPTION_TEXT];
    char key[LL_OPTION_TEXT], quantiles[LL_OPTION_TEXT], statement[LL_OPTION_TEXT], scale[LL_OPTION_NAME];
    double probability;
} ll_said_args;

bool ll_is_said(const ll_said_args *a); /* quantiles, a statement or a probability are given */
int ll_seal_said(const ll_said_args *a, const ll_ledger_args *at);

/* Seals what a law says, with author, judge and key of a, and shows the entry that stands. */
int ll_seal_by_law(ll_said *said, const ll_said_args *a, const ll_ledger_args *at);

#endif
