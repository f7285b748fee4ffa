/* Ledger files from any bytes: what is read is a whole chain, and its seals are read or refused by name. The first
 * byte says to reseal the rest as an entry's body, so that bodies are reached as well. */
#define _GNU_SOURCE
#include "fuzz_file.h"

#include <string.h>

#include "forecast/seals.h"
#include "store/hash_chain.h"
#include "store/ledger_file.h"

static void read_seals(const ll_entry *entries, int64_t n) {
    ll_seal *seals;
    int64_t count;
    ll_error err = { 0 };
    if (ll_seal_read(entries, n, &seals, &count, &err) == LL_OK) free(seals);
    else if (!err.msg[0]) abort();
}

static void as_body(const uint8_t *data, size_t size) {
    ll_entry e = { .seq = 1, .body = strndup((const char *)data, size) };
    if (!e.body) abort();
    memcpy(e.previous, ll_hash_chain_start, sizeof e.previous);
    ll_hash_chain_hash(e.previous, e.body, e.hash);
    read_seals(&e, 1);
    free(e.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ll_ledger_file f;
    ll_error err = { 0 };
    if (size < 1) return 0;
    if (data[0] % 2) {
        as_body(data + 1, size - 1);
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
