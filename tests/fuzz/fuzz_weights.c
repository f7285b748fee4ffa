/* Any bytes as a model of others. The first byte says what the rest is: a GGUF file; or config.json, tokenizer.json and
 * model.safetensors with zero bytes between the first two. It is refused in one line with nothing written, or
 * becomes weights of finite numbers that are read again. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sweep/models/model_in.h"
#include "train/checkpoint.h"

static char folder[64];

static const char *path_of(const char *name) {
    static char path[4][128];
    static int i;
    i = (i + 1) % 4;
    snprintf(path[i], sizeof path[i], "%s/%s", folder, name);
    return path[i];
}

static const char *const names[] = { "x.gguf",          "config.json",    "tokenizer.json", "model.safetensors",
                                     "out.safetensors", "out.vocab.json", "out.merges.txt" };

static void remove_all(void) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(path_of(names[i]));
}

static void remove_folder(void) {
    remove_all();
    rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    const char *tmp = getenv("TMPDIR"); /* best in memory */
    snprintf(folder, sizeof folder, "%.32s/fuzz-weights-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) abort();
    atexit(remove_folder);
    return 0;
}

/* Up to a zero byte, or all of it; returns what is behind. */
static const uint8_t *spill(const char *name, const uint8_t *data, const uint8_t *end, bool all) {
    FILE *f = fopen(path_of(name), "wb");
    const uint8_t *stop = all || data == end ? NULL : memchr(data, 0, (size_t)(end - data));
    const size_t n = (size_t)((stop ? stop : end) - data);
    if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0) abort();
    return stop ? stop + 1 : end;
}

static void read_again(const char *path) {
    ll_model m;
    if (ll_checkpoint_model(&m, path, NULL) != LL_OK) abort();
    float *params = malloc((size_t)ll_model_size(&m) * sizeof *params);
    if (!params || ll_checkpoint_read(&(ll_checkpoint) { .model = &m, .params = params }, path, NULL) != LL_OK)
        abort();
    for (int64_t i = 0; i < ll_model_size(&m); i++)
        if (!isfinite(params[i])) abort();
    free(params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ll_model_in in;
    ll_error err = { 0 };
    const uint8_t *end = data + size;
    if (size < 1) return 0;
    const bool gguf = *data++ == 'g';
    if (gguf) spill("x.gguf", data, end, true);
    else {
        data = spill("config.json", data, end, false);
        data = spill("tokenizer.json", data, end, false);
        spill("model.safetensors", data, end, true);
    }
    if (ll_model_in_read(&in, gguf ? path_of("x.gguf") : folder, path_of("out.safetensors"), &err) != LL_OK) {
        if (!err.msg[0] || strchr(err.msg, '\n')) abort();
        if (access(path_of("out.safetensors"), F_OK) == 0) abort();
    } else {
        if (!*in.tokenizer == !*in.note) abort();
        read_again(path_of("out.safetensors"));
    }
    remove_all();
    return 0;
}
