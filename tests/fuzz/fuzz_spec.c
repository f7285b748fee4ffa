/* Run specs from any bytes: one that is read has a resolved text that reads back to the same hash, and a design
 * that is refused by name or made. */
#define _GNU_SOURCE
#include "fuzz_file.h"

#include <string.h>

#include "sweep/design/design.h"

static void read_back(const ll_spec *spec) {
    static ll_spec again;
    char hash[LL_HASH_HEX], hash2[LL_HASH_HEX];
    char *text = ll_spec_text(spec);
    if (!text) abort();
    if (ll_spec_load(&again, fuzz_file((const uint8_t *)text, strlen(text)), NULL) != LL_OK) abort();
    if (ll_spec_hash(spec, hash, NULL) != LL_OK || ll_spec_hash(&again, hash2, NULL) != LL_OK) abort();
    if (strcmp(hash, hash2) != 0) abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static ll_spec spec;
    ll_error err = { 0 };
    ll_rung *rungs;
    int64_t n;
    if (ll_spec_load(&spec, fuzz_file(data, size), &err) != LL_OK) {
        if (!err.msg[0]) abort();
        return 0;
    }
    read_back(&spec);
    if (ll_spec_check(&spec, "fuzz", &err) == LL_OK && ll_design_rungs(&spec, 257, &rungs, &n, &err) == LL_OK)
        free(rungs);
    else if (!err.msg[0]) abort();
    return 0;
}
