/* Yes-or-no predictions of a table, and what they came to: for people and as JSON. */
#ifndef LL_CLI_LEDGER_SHOW_STATEMENTS_H
#define LL_CLI_LEDGER_SHOW_STATEMENTS_H

#include "base/document/json.h"
#include "forecast/trial/predictions.h"

void ll_show_statements(const ll_predictions *p); /* nothing where the table has none */
ll_json *ll_statements_json(const ll_predictions *p);

#endif
