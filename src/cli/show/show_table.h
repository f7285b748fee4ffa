/* The table of parameters as a paper prints it: what --latex and --markdown ask for. */
#ifndef LL_CLI_SHOW_SHOW_TABLE_H
#define LL_CLI_SHOW_SHOW_TABLE_H

#include "fit/approach/critical_batch.h"
#include "fit/approach/envelope.h"
#include "fit/approach/isoflop.h"
#include "forecast/study/study.h"

/* How an answer is given. */
typedef enum ll_manner { LL_AS_TEXT = 0, LL_AS_JSON, LL_AS_LATEX, LL_AS_MARKDOWN } ll_manner;

void ll_show_table_fit(const ll_study *s, ll_manner manner); /* manner: one of the last two */
void ll_show_table_isoflop(const ll_isoflop *f, const ll_study *s, ll_manner manner);
void ll_show_table_envelope(const ll_envelope *f, const ll_study *s, ll_manner manner);
void ll_show_table_critical_batch(const ll_critical_batch *f, const ll_study *s, ll_manner manner);

#endif
