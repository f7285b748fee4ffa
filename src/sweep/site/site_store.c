#include "sweep/site/site_store.h"

#include <sys/stat.h>

static uint64_t file_at(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_dev * 1000003u + (uint64_t)st.st_ino : 0;
}

ll_status ll_site_store_look(ll_site_store *s, ll_error *err) {
    int64_t changes;
    const uint64_t file = file_at(s->path);
    if (s->store && file != s->file) ll_site_store_close(s);
    const bool fresh = !s->store;
    if (fresh) LL_TRY(ll_store_open_there(&s->store, s->path, LL_STORE_READ, err));
    s->file = file;
    const ll_status status = ll_store_changes(s->store, &changes, err);
    if (status != LL_OK) {
        ll_site_store_close(s);
        return status;
    }
    s->version += fresh || changes != s->changes;
    s->changes = changes;
    return LL_OK;
}

void ll_site_store_close(ll_site_store *s) {
    ll_store_close(s->store);
    s->store = NULL;
}
