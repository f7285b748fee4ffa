/* Asks probes with items from files and writes what items_torch.py compares: the model's weights, each item as it was
 * told, and the metrics with the seconds that each probe took.
 *
 *     items_probe FAMILY|STORE.db FOLDER ITEMS PROBE=DATA...       ITEMS 0: all that there are
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "loglog/random.h"
#include "probe/local_lm.h"
#include "probe/probes.h"
#include "sweep/asking/weights.h"
#include "tensor/choice/kernel_tables.h"
#include "train/checkpoint.h"

static ll_error err;

static void need(bool ok) {
    if (ok) return;
    fprintf(stderr, "items_probe: %s\n", err.msg);
    exit(1);
}

static const char *at(const char *folder, const char *name, const char *end) {
    static char path[LL_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s%s", folder, name, end);
    return path;
}

/* A small model of the family, its weights moved away from their start: nothing in it is zero or one. */
static void make(ll_weights *w, const char *family) {
    w->model = (ll_model) { .layers = 2,
                            .width = 32,
                            .heads = 4,
                            .ffw = 80,
                            .context = 48,
                            .vocab = 257,
                            .base_width = 16,
                            .base_head = 16 };
    need(ll_family_named(family, &w->model.family, &err) == LL_OK && ll_model_check(&w->model, &err) == LL_OK);
    w->params = malloc((size_t)ll_model_size(&w->model) * sizeof *w->params);
    need(w->params != NULL);
    ll_model_init(&w->model, w->params, 1);
    ll_rng r = ll_rng_at(2, LL_STREAM_NOISE, 0);
    for (int64_t i = 0; i < ll_model_size(&w->model); i++) w->params[i] += (float)(0.1 * ll_rng_normal(&r));
}

static void write_line(void *ctx, ll_json *item) {
    char *text = ll_json_text(item, false);
    need(text && fprintf(ctx, "%s\n", text) > 0);
    free(text);
    ll_json_free(item);
}

static ll_json *ask(const char *name, const char *data, int64_t items, const char *folder, ll_lm *lm) {
    ll_measures m;
    const ll_probe_opts opts = { .items = items, .seed = 1, .data = data };
    ll_probe_subject subject = { .lm = lm, .opts = &opts, .item = write_line };
    const ll_probe_kind *kind = ll_probe_find(name);
    FILE *out = fopen(at(folder, name, ".jsonl"), "w");
    need(kind && (subject.ctx = out));
    const double start = ll_clock_now();
    need(kind->run(&subject, &m, &err) == LL_OK && fclose(out) == 0);
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "data", data);
    ll_json_set_num(o, "seconds", ll_clock_now() - start);
    for (int k = 0; k < m.n; k++) {
        ll_json *e = ll_json_group(ll_json_group(o, "metrics"), m.of[k].metric);
        ll_json_set_num(e, "value", m.of[k].value);
        ll_json_set_num(e, "se", m.of[k].se);
        ll_json_set_num(e, "chance", m.of[k].chance);
        ll_json_set_int(e, "n", m.of[k].n);
    }
    return o;
}

int main(int argc, char **argv) {
    ll_weights w = { 0 };
    const ll_kernels *kernels;
    ll_tokenizer *bytes;
    ll_lm *lm;
    if (argc < 5) return 2;
    if (strstr(argv[1], ".db")) need(ll_weights_load(&w, argv[1], "", &err) == LL_OK);
    else make(&w, argv[1]);
    const ll_checkpoint c = { .model = &w.model, .params = w.params };
    need(ll_checkpoint_write(&c, at(argv[2], "weights", ".safetensors"), &err) == LL_OK);
    need(ll_kernels_named("auto", "fp32", &kernels, &err) == LL_OK);
    need(ll_tokenizer_open(&bytes, "bytes", &err) == LL_OK);
    need(ll_lm_local(&lm, &w.model, kernels, w.params, bytes, 0, &err) == LL_OK);
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "family", ll_family_name(w.model.family));
    ll_json_set_str(doc, "kernels", kernels->name);
    ll_json_set_int(doc, "layers", w.model.layers);
    ll_json_set_int(doc, "width", w.model.width);
    ll_json_set_int(doc, "heads", w.model.heads);
    ll_json_set_int(doc, "context", w.model.context);
    ll_json_set_int(doc, "base_width", w.model.base_width);
    ll_json_set_int(doc, "base_head", w.model.base_head);
    for (int i = 4; i < argc; i++) {
        char *data = strchr(argv[i], '=');
        if (!data) return 2;
        *data++ = 0;
        ll_json_set(ll_json_group(doc, "probes"), argv[i], ask(argv[i], data, atoll(argv[3]), argv[2], lm));
    }
    char *text = ll_json_text(doc, true);
    need(text && puts(text) >= 0);
    free(text);
    ll_json_free(doc);
    ll_lm_close(lm);
    ll_tokenizer_free(bytes);
    ll_weights_clear(&w);
    return 0;
}
