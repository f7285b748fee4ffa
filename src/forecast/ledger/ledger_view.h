/* The ledger as it is to be read: every entry of a verified chain, what it means, and which of them cannot count.
 *
 *     ll_ledger_view v;
 *     LL_TRY(ll_ledger_view_store(&v, store, err));     a broken chain is LL_ESTATE
 *     v.seals[i].forecast, v.seals[i].scored; v.said[k]; v.remarks[j].why
 *     ll_ledger_view_clear(&v);
 *
 * The first forecast of a run counts, the first answer of an author to a question, and the first score of each; a
 * score names the entry that it judges by its hash, is of the same run or question and not earlier in time.
 * Whatever does not fit is no part of what the ledger says, and has a remark.
 */
#ifndef LL_FORECAST_LEDGER_LEDGER_VIEW_H
#define LL_FORECAST_LEDGER_LEDGER_VIEW_H

#include "base/document/sign.h"
#include "forecast/ledger/ledger_index.h"
#include "forecast/ledger/said.h"
#include "store/store.h"

/* A forecast in the ledger, and its score once it has one. The first forecast of a run counts, and its first score.
 */
typedef struct ll_seal {
    int64_t seq;
    char hash[65], scored_hash[65]; /* of the ledger's entries; "" while it has no score */
    ll_forecast forecast;
    bool scored;
    ll_score score;
} ll_seal;

typedef enum ll_remark_kind {
    LL_REMARK_UNKNOWN = 1, /* of a schema that this program does not know: it may mean something to a newer one */
    LL_REMARK_IGNORED,     /* it can be read, and does not count beside what stands before it */
    LL_REMARK_DAMAGED,     /* it is not what its schema promises */
    LL_REMARK_MISDATED     /* it counts, and its date cannot be (ll_ledger_view_dates) */
} ll_remark_kind;

typedef struct ll_remark {
    int64_t seq;
    ll_remark_kind kind;
    char why[256];
} ll_remark;

enum { LL_ENTRY_DATE = 32 };

typedef struct ll_ledger_view {
    const ll_entry *entries;
    int64_t n;
    ll_entry *own; /* the same where the view frees them, else NULL */
    bool cut_off;  /* of a file: it ends in an append that was cut off */
    ll_seal *seals;
    ll_said *said;
    ll_remark *remarks;
    char (*signer)[LL_SIGN_KEY_HEX]; /* [n] public key of who signed the entry; "": it is not signed */
    char (*dated)[LL_ENTRY_DATE];    /* [n] when the entry says that it was made; "": it does not say */
    int64_t n_seals, n_said, n_remarks;
    ll_ledger_index index; /* of names and hashes */
} ll_ledger_view;

/* Of entries of a verified chain, which are borrowed until the view is cleared. */
ll_status ll_ledger_view_of(ll_ledger_view *v, const ll_entry *entries, int64_t n, ll_error *err);

/* Reads one entry more, which the view does not keep; once. A remark on it is the last of v->remarks. */
ll_status ll_ledger_view_add(ll_ledger_view *v, const ll_entry *e, ll_error *err);

ll_status ll_ledger_view_store(ll_ledger_view *v, ll_store *s, ll_error *err);

/* Whether an entry can be about something of that name: a run, a question, or the hash of an entry. An entry with a
 * sign that JSON escapes may be about anything. What of it counts, a view of those entries says as one of all does:
 * every rule is between entries of one name. */
bool ll_ledger_about(const ll_entry *e, const char *name);
ll_status ll_ledger_view_named(ll_ledger_view *v, ll_store *s, const char *name, ll_error *err); /* and the last */
ll_status ll_ledger_view_file(ll_ledger_view *v, const char *path, ll_error *err);               /* ledger_file.h */
void ll_ledger_view_clear(ll_ledger_view *v);

/* Remarks on entries that are dated before one that they follow, or after now (seconds since 1970): the chain says in
 * which order they came, and a clock that was turned back does not. Clocks of several machines may differ by
 * LL_CLOCKS_DIFFER. Of a view of every entry. */
enum { LL_CLOCKS_DIFFER = 300 };
ll_status ll_ledger_view_dates(ll_ledger_view *v, double now, ll_error *err);

/* The forecast of the run, and what the author said of the question; NULL where there is none. */
ll_seal *ll_ledger_view_seal(const ll_ledger_view *v, const char *run);
ll_said *ll_ledger_view_said(const ll_ledger_view *v, const char *question, const char *author);

/* The same of the entry with this hash. */
ll_seal *ll_ledger_view_seal_at(const ll_ledger_view *v, const char *hash);
ll_said *ll_ledger_view_said_at(const ll_ledger_view *v, const char *hash);

/* The hash of the last entry; "" where there is none. */
const char *ll_ledger_view_head(const ll_ledger_view *v);

/* ---- the forecasts alone, straight from a store ---- */

/* The forecast of a run, scored anew by the outcome that was sealed; *found tells. A broken chain is LL_ESTATE. */
ll_status ll_seal_find(ll_store *s, const char *run, ll_seal *out, bool *found, ll_error *err);

/* Whether the store's table of runs has the run as done, and with another loss than the sealed outcome; *loss is
 * the table's. */
ll_status ll_seal_differs(ll_store *s, const ll_seal *seal, bool *differs, double *loss, ll_error *err);

/* The same of a sealed score and the one that the store has. */
ll_status ll_said_differs(ll_store *s, const ll_said *said, bool *differs, double *value, ll_error *err);

#endif
