/* Saved fits, published ledgers, bodies of a whole chain and tables of forecasts from any bytes: the first byte
 * chooses which. What is read of a saved fit is written and read again. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fit/saved.h"
#include "forecast/ledger_view.h"
#include "forecast/predictions.h"
#include "store/hash_chain.h"
#include "store/ledger_file.h"

static char path[96];

static void clean_up(void) {
    unlink(path);
}

static void put(const uint8_t *data, size_t size) {
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(data, 1, size, out) != size || fclose(out) != 0) abort();
}

static void saved(void) {
    ll_saved_fit a, b;
    ll_error err = { 0 };
    if (ll_saved_read(&a, path, &err) != LL_OK) return;
    const ll_fit_context context = { .convention = ll_json_copy(a.convention), .along = a.along };
    if (ll_saved_write(&a.fit, &context, path, &err) != LL_OK || ll_saved_read(&b, path, &err) != LL_OK) {
        fprintf(stderr, "%s\n", err.msg);
        abort();
    }
    if (a.fit.n != b.fit.n || a.fit.n_draws != b.fit.n_draws) abort();
    ll_saved_clear(&a);
    ll_saved_clear(&b);
}

static void ledger(void) {
    ll_ledger_file f;
    if (ll_ledger_read(&f, path, NULL) == LL_OK) ll_entries_free(f.entries, f.n);
}

/* Each line is the body of an entry of a whole chain: what it means is read of anything. */
static void bodies(const uint8_t *data, size_t size) {
    ll_entry e[64];
    ll_ledger_view v;
    char *text = strndup((const char *)data, size), *rest = text, *line;
    int64_t n = 0;
    while (text && n < 64 && (line = strsep(&rest, "\n"))) {
        e[n] = (ll_entry) { .seq = n + 1, .body = line };
        strcpy(e[n].previous, n ? e[n - 1].hash : ll_hash_chain_start);
        ll_hash_chain_hash(e[n].previous, line, e[n].hash);
        n++;
    }
    if (ll_ledger_view_of(&v, e, n, NULL) == LL_OK) ll_ledger_view_clear(&v);
    free(text);
}

static void predictions(bool ln_scale) {
    ll_predictions p;
    if (ll_predictions_read(&p, path, ln_scale, NULL) == LL_OK) ll_predictions_clear(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!*path) {
        const char *tmp = getenv("TMPDIR"); /* best in memory: every write is synced */
        snprintf(path, sizeof path, "%.32s/fuzz-document-XXXXXX", tmp ? tmp : "/tmp");
        int fd = mkstemp(path);
        if (fd < 0 || close(fd) != 0) abort();
        atexit(clean_up);
    }
    if (size < 1) return 0;
    put(data + 1, size - 1);
    if (data[0] % 4 == 0) saved();
    else if (data[0] % 4 == 1) ledger();
    else if (data[0] % 8 == 7) bodies(data + 1, size - 1);
    else predictions(data[0] % 4 == 2);
    return 0;
}
