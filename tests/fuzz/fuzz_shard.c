/* A shard file and its sidecar from any bytes: the first two say how long the shard is, the rest is the sidecar. An
 * open that succeeds must be safe to read from. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/batch.h"

static char folder[64], shard_path[96], side_path[96];

static void remove_all(void) {
    unlink(shard_path);
    unlink(side_path);
    rmdir(folder);
}

static void spill(const char *path, const uint8_t *data, size_t size) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) abort();
}

static void read_batches(const ll_shard *s) {
    enum { T = 3 };
    int32_t x[2 * T], y[2 * T];
    if (ll_batch_check(s, T, NULL) != LL_OK) return;
    ll_batch_at(s, T, 1, 2, 3, 2, x, y);
    ll_batch_eval(s, T, 5, 3, 2, x, y);
    for (int i = 0; i < 2 * T; i++)
        if (x[i] < 0 || x[i] >= s->info.vocab || y[i] < 0 || y[i] >= s->info.vocab) abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    const char *tmp = getenv("TMPDIR"); /* best in memory */
    snprintf(folder, sizeof folder, "%.32s/fuzz-shard-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) abort();
    snprintf(shard_path, sizeof shard_path, "%s/x.bin", folder);
    snprintf(side_path, sizeof side_path, "%s/x.json", folder);
    atexit(remove_all);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    size_t cut = (size_t)data[0] << 8 | data[1];
    data += 2, size -= 2;
    if (cut > size) cut = size;
    spill(shard_path, data, cut);
    if (size > cut) spill(side_path, data + cut, size - cut);
    else unlink(side_path);
    ll_shard s;
    ll_error err = { 0 };
    if (ll_shard_open(&s, shard_path, &err) == LL_OK) {
        read_batches(&s);
        ll_shard_verify(&s, shard_path, &err);
    } else if (err.code == LL_OK || !err.msg[0]) {
        abort();
    }
    ll_shard_close(&s);
    return 0;
}
