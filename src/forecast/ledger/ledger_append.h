/* Appending to the ledger: what is there already, what is appended and whether it reads back as it was meant are
 * asked in one write transaction, so that two who seal the same at once leave one entry, and what was damaged on
 * the way (out of memory) is no entry.
 *
 *     ll_forecast f = ...;
 *     LL_TRY(ll_ledger_seal_forecast(store, &f, key, &stands, &how, err));
 *     if (how == LL_SEALING_OTHER) ...                  another forecast of that run stands, and stays
 *
 * key may be NULL: unsigned (ledger_sign.h). A broken chain is LL_ESTATE and is not appended to.
 *
 * Every hash before the new entry is computed again, a few microseconds each, and only entries about the same name are
 * read for what they mean. No verified beginning is remembered: the mark of it would lie in the store, where who edits
 * an entry edits the mark too, and a seal would follow a broken chain without a word until the next 'forecast check'.
 */
#ifndef LL_FORECAST_LEDGER_LEDGER_APPEND_H
#define LL_FORECAST_LEDGER_LEDGER_APPEND_H

#include "base/document/sign.h"
#include "forecast/ledger/ledger_view.h"
#include "forecast/ledger/said.h"

typedef enum ll_sealing {
    LL_SEALING_NEW = 1, /* appended */
    LL_SEALING_SAME,    /* the same is sealed already: nothing was appended */
    LL_SEALING_OTHER    /* something else is sealed under its name: nothing was appended */
} ll_sealing;

/* *stands: what the ledger holds for the run, or for the author and question, afterwards. */
ll_status ll_ledger_seal_forecast(ll_store *s, const ll_forecast *f, const ll_sign_key *key, ll_seal *stands,
                                  ll_sealing *how, ll_error *err);
ll_status ll_ledger_seal_said(ll_store *s, const ll_said *said, const ll_sign_key *key, ll_said *stands,
                              ll_sealing *how, ll_error *err);

/* The score of the entry with this hash: LL_SEALING_SAME where that outcome is sealed already, LL_SEALING_OTHER
 * where another is. LL_EINPUT where the hash is of no forecast, or the outcome is none of it. */
ll_status ll_ledger_seal_score(ll_store *s, const char *hash, const ll_outcome *outcome, const ll_sign_key *key,
                               ll_sealing *how, ll_error *err);

/* A document of any kind; takes it. */
ll_status ll_seal_append(ll_store *s, ll_json *doc, ll_error *err);

#endif
