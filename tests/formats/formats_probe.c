/* What formats_torch.py compares with: a model of ours that is not at its base shape, every number of it drawn, and the
 * logits that a file of weights gives for known tokens.
 *
 *     formats_probe make FAMILY FILE.safetensors
 *     formats_probe logits FILE.safetensors OUT [TEXT]      floats [T,V] for the tokens (37 t + 11) mod V, or for bytes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loglog/random.h"
#include "sweep/asking/weights.h"
#include "tensor/choice/kernel_tables.h"
#include "train/checkpoint.h"

static ll_error err;

static void need(bool ok) {
    if (ok) return;
    fprintf(stderr, "formats_probe: %s\n", err.msg);
    exit(1);
}

static void make(const char *family, const char *path) {
    ll_model m = { .layers = 3,
                   .width = 32,
                   .heads = 2,
                   .ffw = 72,
                   .context = 48,
                   .vocab = 257,
                   .base_width = 12,
                   .base_head = 6 };
    need(ll_family_named(family, &m.family, &err) == LL_OK && ll_model_check(&m, &err) == LL_OK);
    const int64_t n = ll_model_size(&m);
    float *params = malloc((size_t)n * sizeof *params);
    ll_rng r = ll_rng_at(5, LL_STREAM_NOISE, 0);
    need(params != NULL);
    ll_model_init(&m, params, 3);
    for (int64_t i = 0; i < n; i++) params[i] += (float)(0.3 * ll_rng_normal(&r));
    need(ll_checkpoint_write(&(ll_checkpoint) { .model = &m, .params = params, .identity = "test" }, path, &err) ==
         LL_OK);
    free(params);
}

/* Behind the text are zeros, which change nothing before them. */
static void logits(const char *path, const char *to, const char *text) {
    ll_weights w;
    const ll_kernels *k;
    need(ll_weights_file(&w, path, &err) == LL_OK && ll_kernels_named("auto", "fp32", &k, &err) == LL_OK);
    const int64_t T = w.model.context, V = w.model.vocab;
    int32_t *x = malloc((size_t)T * sizeof *x);
    void *work = aligned_alloc(64, (ll_model_work(&w.model, 1) + 63) / 64 * 64);
    FILE *out = fopen(to, "wb");
    need(x && work && out);
    for (int64_t t = 0; t < T; t++) x[t] = text ? 0 : (int32_t)((37 * t + 11) % V);
    for (int64_t t = 0; text && text[t] && t < T; t++) x[t] = (unsigned char)text[t];
    const float *said = ll_model_logits(&w.model, k, w.params, NULL, x, 1, work);
    need(fwrite(said, sizeof *said, (size_t)(T * V), out) == (size_t)(T * V) && fclose(out) == 0);
    free(x);
    free(work);
    ll_weights_clear(&w);
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "make") == 0) make(argv[2], argv[3]);
    else if ((argc == 4 || argc == 5) && strcmp(argv[1], "logits") == 0) logits(argv[2], argv[3], argv[4]);
    else return 2;
    return 0;
}
