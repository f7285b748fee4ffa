/* What a forecast borrows before it sees a run: numbers, where they come from, and what they were worth on ladders that
 * were left out when they were learned.
 *
 *     ll_borrowed b;
 *     LL_TRY(ll_borrowed_named(&b, "none", NULL, err));         public, none, or a file of 'forecast learn'
 *     b.prior                                                   of ll_posterior_new
 *     ll_borrowed_words(&b, words, sizeof words);               in a line
 *
 * "public" was learned from public tables (bench/windtunnel/learn.c); "none" believes next to nothing, so that a
 * forecast stands on the runs it is given alone; a file holds what one's own scored ledger makes of the public numbers
 * (own_ladders.h), and is refused where those have changed since.
 */
#ifndef LL_FORECAST_PRIOR_BORROWED_H
#define LL_FORECAST_PRIOR_BORROWED_H

#include <stddef.h>

#include "base/document/json.h"
#include "forecast/belief/prior.h"

typedef struct ll_borrowed {
    ll_prior prior;
    char name[16];                               /* public, none or learned */
    char hash[65];                               /* of the numbers */
    int64_t ladders, forecasts;                  /* left out in turn, and what was judged on them; 0: nothing was */
    double interval_score, covered90, log_score; /* of ln loss; means */
} ll_borrowed;

void ll_borrowed_public(ll_borrowed *out);
void ll_borrowed_none(ll_borrowed *out);

/* word "" or NULL: what lies beside the store, else the public one. store NULL: of no store. */
ll_status ll_borrowed_named(ll_borrowed *out, const char *word, const char *store, ll_error *err);

/* SHA-256 of the numbers by name; returns hex. */
const char *ll_prior_hash(const ll_prior *prior, char hex[65]);

const char *ll_borrowed_words(const ll_borrowed *b, char *out, size_t size);
ll_json *ll_borrowed_json(const ll_borrowed *b); /* name, hash, left_out */

/* The file beside a store, path [LL_PATH_MAX]; false for a store that is no file. */
bool ll_borrowed_beside(char *path, const char *store);

/* Written beside and renamed. head: of the ledger that it was learned from. */
ll_status ll_borrowed_save(const ll_borrowed *b, const char *head, const char *path, ll_error *err);

#endif
