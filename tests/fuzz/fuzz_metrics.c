/* Any bytes as any format of metrics, cut at a place the second byte chooses: the rows must not depend on the cut,
 * and a value that is there has to be read whole. The same bytes as a template and as an expression. */
#include <stdlib.h>
#include <string.h>

#include "base/document/hash.h"
#include "sweep/command/expression.h"
#include "sweep/command/shapes.h"
#include "sweep/command/template.h"
#include "sweep/metrics/metrics.h"

static ll_status hear(void *ctx, const ll_metric_row *row, ll_error *err) {
    (void)err;
    for (int m = 0; m < LL_METRIC_COUNT; m++) {
        ll_hash_update(ctx, &row->has[m], sizeof row->has[m]);
        if (row->has[m]) ll_hash_update(ctx, &row->v[m], sizeof row->v[m]);
    }
    return LL_OK;
}

static ll_status read_cut(const char *format, const uint8_t *data, size_t size, size_t step,
                          uint8_t digest[LL_HASH_BYTES]) {
    static const ll_metric_names names = { .name = { "step", "tokens", "loss", "train.loss", "n", "N" },
                                           .pattern = "step (?<step>[0-9]+).*loss (?<loss>[^ ]+)" };
    ll_metric_reader *r;
    ll_error err = { 0 };
    ll_hash h;
    ll_hash_init(&h);
    if (ll_metric_reader_new(&r, format, &names, hear, &h, &err) != LL_OK) abort();
    ll_status s = LL_OK;
    for (size_t at = 0; at < size && s == LL_OK; at += step)
        s = ll_metric_reader_feed(r, data + at, size - at < step ? size - at : step, &err);
    if (s == LL_OK) s = ll_metric_reader_flush(r, &err);
    if (s != LL_OK && err.code != s) abort();
    ll_metric_reader_free(r);
    ll_hash_final(&h, digest);
    return s;
}

static void as_text(const uint8_t *data, size_t size) {
    static const ll_placeholder at[] = { { "width", NULL, 64, false },
                                         { "out", "a b", 0, false },
                                         { "resume", "--from {out}/x", 0, true } };
    static const ll_placeholders places = { at, 3, NULL };
    ll_listed_shape shapes[LL_SHAPES_MOST];
    ll_arguments a;
    char *text = malloc(size + 1), *line;
    double v;
    int n;
    if (!text) return;
    memcpy(text, data, size);
    text[size] = 0;
    if (ll_template_words(&a, text, &places, NULL) == LL_OK) ll_arguments_free(&a);
    if (ll_template_shell(&line, text, &places, NULL) == LL_OK) free(line);
    ll_expression_value(text, &places, &v, NULL);
    ll_shapes_read(text, shapes, &n, NULL);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const formats[] = { "jsonl", "csv", "regex", "llmc", "tensorboard", "wandb" };
    uint8_t whole[LL_HASH_BYTES], parts[LL_HASH_BYTES];
    if (size < 2) return 0;
    const char *format = formats[data[0] % 6];
    const size_t step = 1 + data[1] % 32;
    const ll_status a = read_cut(format, data + 2, size - 2, size, whole);
    const ll_status b = read_cut(format, data + 2, size - 2, step, parts);
    if (a != b || memcmp(whole, parts, sizeof whole) != 0) abort();
    if (size < 4096) as_text(data + 2, size - 2);
    return 0;
}
