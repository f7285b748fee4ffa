/* The ledger as a file that can be published: one line an entry, in their order, never rewritten.
 *
 *     {"seq":1,"previous":"000...","hash":"3fa...","body":{...}}
 *
 * The body stands there byte for byte as it was hashed, so that anyone can check the chain with sha256sum.
 *
 *     int64_t added;
 *     LL_TRY(ll_ledger_publish(store, "ledger.jsonl", &added, err));       what the file lacks is appended
 *     ll_ledger_file f;
 *     LL_TRY(ll_ledger_read(&f, "ledger.jsonl", err));                     checked on the way
 *     ll_entries_free(f.entries, f.n);
 */
#ifndef LL_STORE_LEDGER_FILE_H
#define LL_STORE_LEDGER_FILE_H

#include "store/store.h"

typedef struct ll_ledger_file {
    ll_entry *entries; /* for ll_entries_free */
    int64_t n;
    size_t whole, size; /* bytes of finished lines, and of all: what lies between is an append that was cut off */
} ll_ledger_file;

/* A byte that was changed anywhere is LL_ESTATE and names the entry; a file that is no ledger at all, or whose lines
 * another program rewrote (CR LF, a byte order mark), LL_EINPUT. An append that was cut off (the last line has
 * no end, and begins as the next entry would) is no entry and no error. */
ll_status ll_ledger_read(ll_ledger_file *out, const char *path, ll_error *err);

/* Appends the store's entries that the file lacks; one that is absent is made once there is an entry for it.
 * Writers wait for each other; the lines are on the disk when it returns. A file that is not the beginning of the
 * store's ledger, or a broken chain on either side: LL_ESTATE, nothing written. A write that fails leaves the file
 * as it was. */
ll_status ll_ledger_publish(ll_store *s, const char *path, int64_t *added, ll_error *err);

#endif
