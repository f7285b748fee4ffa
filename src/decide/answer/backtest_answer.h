/* The document loglog.backtest/1, of the verb and of the library: its head, and where a score stands in it.
 *
 *     ll_json *doc = ll_backtest_document(&study, "", seed);
 *     ll_backtest_document_add(doc, "loglog", 10, &score, "");
 */
#ifndef LL_DECIDE_ANSWER_BACKTEST_ANSWER_H
#define LL_DECIDE_ANSWER_BACKTEST_ANSWER_H

#include "forecast/study/study.h"
#include "forecast/trial/backtest.h"

/* cluster: the column that was named, "" for none. */
ll_json *ll_backtest_document(const ll_study *s, const char *cluster, int64_t seed);

/* missing: why there is no score, or "". */
void ll_backtest_document_add(ll_json *doc, const char *method, double factor, const ll_backtest_score *score,
                              const char *missing);

#endif
