/* A handle on a store that follows it: one that is written anew at the same path is opened anew.
 *
 *     ll_site_store at = { .path = "loglog.db" };
 *     LL_TRY(ll_site_store_look(&at, err));
 *     at.store, at.version                another version: something was written since
 *     ll_site_store_close(&at);
 */
#ifndef LL_SWEEP_SITE_SITE_STORE_H
#define LL_SWEEP_SITE_SITE_STORE_H

#include "store/store.h"

typedef struct ll_site_store {
    const char *path;
    ll_store *store;
    uint64_t file; /* which one it is */
    int64_t version, changes;
} ll_site_store;

ll_status ll_site_store_look(ll_site_store *s, ll_error *err);
void ll_site_store_close(ll_site_store *s);

#endif
