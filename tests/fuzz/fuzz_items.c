/* Items of any set from any bytes: the first byte chooses the probe and the file's kind. It is refused in one line, or
 * asked of a language model that is a rule, and every metric is a number. */
#define _XOPEN_SOURCE 700
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/items/items.h"

static ll_status score(ll_lm *lm, const ll_lm_ask *ask, int64_t n, ll_lm_score *out, ll_error *err) {
    (void)lm, (void)err;
    for (int64_t i = 0; i < n; i++) {
        const ll_span c = ask[i].continuation;
        out[i] =
            (ll_lm_score) { -(double)c.size - 0.01 * (unsigned char)c.at[c.size - 1], (int64_t)c.size, c.size % 2 };
    }
    return LL_OK;
}

static void drop(void *ctx, ll_json *item) {
    (void)ctx;
    free(ll_json_text(item, false));
    ll_json_free(item);
}

static char folder[64];

static void clean_up(void) {
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) abort();
}

static const char *file_of(const char *end, const uint8_t *data, size_t size) {
    static char path[96];
    if (!*folder) {
        strcpy(folder, "/tmp/fuzz_items_XXXXXX");
        if (!mkdtemp(folder) || atexit(clean_up)) abort();
    }
    snprintf(path, sizeof path, "%s/x.%s", folder, end);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) abort();
    return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const ends[] = { "jsonl", "csv", "tsv" };
    static const char *const probes[] = { "blimp", "crows", "winogender", "hellaswag",
                                          "arc",   "piqa",  "csqa",       "lambada" };
    if (size < 1) return 0;
    const uint8_t choice = data[0];
    ll_lm rule = { .name = "rule", .context = choice & 0x20 ? 9 : 0, .loglikelihood = score };
    const ll_probe_opts opts = { .items = choice & 0x40 ? 2 : 0,
                                 .seed = 1,
                                 .data = file_of(ends[choice / 8 % 4 % 3], data + 1, size - 1) };
    const ll_probe_subject subject = { .lm = &rule, .opts = &opts, .item = drop };
    ll_measures m;
    ll_error err = { 0 };
    const ll_status status = ll_probe_find(probes[choice % 8])->run(&subject, &m, &err);
    if (status != LL_OK && (err.code != status || !*err.msg || strchr(err.msg, '\n'))) abort();
    for (int k = 0; status == LL_OK && k < m.n; k++)
        if (isnan(m.of[k].value) || m.of[k].n < 1 || !*m.of[k].metric) abort();
    return 0;
}
