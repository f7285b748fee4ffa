#define _POSIX_C_SOURCE 200809L
#include "sweep/asking/probe_settings.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/document/hash.h"
#include "base/system/file.h"

enum { DATA_DIGITS = 12, DEEPEST = 16 };

/* ---- data ---- */

static ll_status hash_file(ll_hash *h, const char *path, ll_error *err) {
    ll_map m;
    LL_TRY(ll_map_open(&m, path, err));
    ll_hash_update(h, m.data, m.size);
    ll_map_close(&m);
    return LL_OK;
}

static int not_hidden(const struct dirent *e) {
    return e->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static ll_status hash_path(ll_hash *h, const char *path, int depth, ll_error *err);

static ll_status hash_folder(ll_hash *h, const char *path, int depth, ll_error *err) {
    struct dirent **entry;
    const int n = scandir(path, &entry, not_hidden, by_bytes);
    ll_status status = n < 0 ? LL_FAIL(err, LL_EIO, "%s: %s", path, strerror(errno)) : LL_OK;
    for (int i = 0; i < n; i++) {
        char below[LL_PATH_MAX];
        ll_hash_update(h, entry[i]->d_name, strlen(entry[i]->d_name) + 1);
        if (status == LL_OK) status = ll_file_join(below, path, entry[i]->d_name, err);
        if (status == LL_OK) status = hash_path(h, below, depth + 1, err);
        free(entry[i]);
    }
    if (n >= 0) free(entry);
    return status;
}

static ll_status hash_path(ll_hash *h, const char *path, int depth, ll_error *err) {
    struct stat s;
    if (stat(path, &s) != 0)
        return LL_FAIL(err, errno == EIO ? LL_EIO : LL_EINPUT, "%s: cannot read: %s", path, strerror(errno));
    if (!S_ISDIR(s.st_mode)) return hash_file(h, path, err);
    if (depth < DEEPEST) return hash_folder(h, path, depth, err);
    return LL_FAIL(err, LL_EINPUT, "%s: folders are %d deep, expected fewer", path, DEEPEST);
}

static ll_status hash_data(char hex[LL_HASH_HEX], const char *path, ll_error *err) {
    ll_hash h;
    uint8_t digest[LL_HASH_BYTES];
    ll_hash_init(&h);
    LL_TRY(hash_path(&h, path, 0, err));
    ll_hash_final(&h, digest);
    ll_hash_hex(digest, hex);
    return LL_OK;
}

/* ---- all of them ---- */

ll_status ll_probe_settings(char out[LL_PROBE_SETTINGS], const ll_probe_kind *probe, const ll_probe_opts *opts,
                            ll_error *err) {
    char data[LL_HASH_HEX] = "none";
    int n = 0;
    if ((probe->reads & LL_PROBE_DATA) && opts->data && *opts->data) LL_TRY(hash_data(data, opts->data, err));
    *out = 0;
#define PUT(bit, ...)                                    \
    if ((probe->reads & (bit)) && n < LL_PROBE_SETTINGS) \
    n += snprintf(out + n, (size_t)(LL_PROBE_SETTINGS - n), __VA_ARGS__)
    PUT(LL_PROBE_WINDOWS, "windows=%" PRId64 " ", opts->windows);
    PUT(LL_PROBE_ITEMS, "items=%" PRId64 " ", opts->items);
    PUT(LL_PROBE_SHOTS, "shots=%" PRId64 " ", opts->shots);
    PUT(LL_PROBE_SAMPLES, "samples=%" PRId64 " ", opts->samples);
    PUT(LL_PROBE_TEMPERATURE, "temperature=%g ", opts->temperature);
    PUT(LL_PROBE_SEED, "seed=%" PRIu64 " ", opts->seed);
    PUT(LL_PROBE_DATA, "data=%.*s ", DATA_DIGITS, data);
#undef PUT
    if (n >= LL_PROBE_SETTINGS) return LL_FAIL(err, LL_EINPUT, "%s: settings of too many digits", probe->name);
    if (n) out[n - 1] = 0;
    return LL_OK;
}
