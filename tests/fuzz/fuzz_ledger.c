/* Ledger files from any bytes: what is read is a whole chain, and what it means is read or remarked on. The first
 * byte says to reseal the lines of the rest as the bodies of a chain, so that they are reached as well. */
#define _GNU_SOURCE
#include "fuzz_file.h"

#include <string.h>

#include "forecast/ledger/ledger_view.h"
#include "store/hash_chain.h"
#include "store/ledger_file.h"

static void read_seals(const ll_entry *entries, int64_t n) {
    ll_ledger_view v;
    ll_error err = { 0 };
    if (ll_ledger_view_of(&v, entries, n, &err) != LL_OK) abort();
    for (int64_t i = 0; i < v.n_remarks; i++)
        if (!*v.remarks[i].why) abort();
    ll_ledger_view_clear(&v);
}

static void as_bodies(const uint8_t *data, size_t size) {
    ll_entry e[64];
    char *text = strndup((const char *)data, size), *rest = text, *line;
    int64_t n = 0;
    if (!text) abort();
    while (n < 64 && (line = strsep(&rest, "\n"))) {
        e[n] = (ll_entry) { .seq = n + 1, .body = line };
        strcpy(e[n].previous, n ? e[n - 1].hash : ll_hash_chain_start);
        ll_hash_chain_hash(e[n].previous, line, e[n].hash);
        n++;
    }
    read_seals(e, n);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ll_ledger_file f;
    ll_error err = { 0 };
    if (size < 1) return 0;
    if (data[0] % 2) {
        as_bodies(data + 1, size - 1);
        return 0;
    }
    if (ll_ledger_read(&f, fuzz_file(data + 1, size - 1), &err) != LL_OK) {
        if (!err.msg[0]) abort();
        return 0;
    }
    if (ll_hash_chain_check(f.entries, f.n, NULL) != 0) abort();
    read_seals(f.entries, f.n);
    ll_entries_free(f.entries, f.n);
    return 0;
}
