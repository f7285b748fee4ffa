#include "cli/ledger.h"
#include "cli/store_named.h"

#include <stdlib.h>

#include "store/ledger_file.h"

ll_status ll_ledger_follow(ll_store *s, const ll_ledger_args *a, ll_error *err) {
    int64_t added;
    return *a->ledger ? ll_ledger_publish(s, a->ledger, &added, err) : LL_OK;
}

int ll_cli_parse_bare(const ll_verb *verb, void *object, int argc, char **argv) {
    ll_words words;
    int code = ll_cli_parse(verb, object, &words, argc, argv);
    if (code >= 0) return code;
    return words.n ? ll_cli_usage("%s: unexpected word '%.80s'", verb->name, words.at[0]) : -1;
}

static ll_status read_store(ll_ledger_view *v, const char *path, ll_error *err) {
    ll_store *s;
    int64_t bad;
    LL_TRY(ll_cli_open_store(&s, path, LL_STORE_READ, err));
    ll_status status = ll_store_check_ledger(s, &bad, err);
    if (status == LL_OK) status = ll_store_list_entries(s, &v->entries, &v->n, err);
    ll_store_close(s);
    return status;
}

static ll_status read_file(ll_ledger_view *v, const char *path, ll_error *err) {
    ll_ledger_file f;
    LL_TRY(ll_ledger_read(&f, path, err));
    v->entries = f.entries;
    v->n = f.n;
    v->cut_off = f.size > f.whole;
    return LL_OK;
}

ll_status ll_ledger_view_read(ll_ledger_view *v, const char *file, const char *store, ll_error *err) {
    *v = (ll_ledger_view) { 0 };
    LL_TRY(*file ? read_file(v, file, err) : read_store(v, store, err));
    ll_status status = ll_seal_read(v->entries, v->n, &v->seals, &v->n_seals, err);
    if (status != LL_OK) ll_ledger_view_clear(v);
    return status;
}

void ll_ledger_view_clear(ll_ledger_view *v) {
    ll_entries_free(v->entries, v->n);
    free(v->seals);
    *v = (ll_ledger_view) { 0 };
}

const char *ll_ledger_head(const ll_ledger_view *v) {
    return v->n ? v->entries[v->n - 1].hash : "";
}
