/* Writes what torch_check.py compares with PyTorch: weights, a batch, its loss and gradient, and fifty steps of
 * training with the batches they saw.
 *
 *     torch_probe FAMILY FOLDER
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/build.h"
#include "loglog/random.h"
#include "tensor/choice/kernel_tables.h"
#include "train/checkpoint.h"
#include "train/train.h"
#include "train/tuning/tuning.h"

enum { STEPS = 50, BATCH = 6, T = 24, V = 40, WINDOWS = 32, TRAIN = 40000, VAL = 4000 };

static ll_error err;

static void need(bool ok) {
    if (ok) return;
    fprintf(stderr, "torch_probe: %s\n", err.msg);
    exit(1);
}

static const char *at(const char *folder, const char *name) {
    static char path[4][LL_PATH_MAX];
    static int i;
    i = (i + 1) % 4;
    need(ll_file_join(path[i], folder, name, &err) == LL_OK);
    return path[i];
}

static void write_ints(const int32_t *x, const int32_t *y, int64_t n, FILE *out) {
    need(fwrite(x, sizeof *x, (size_t)n, out) == (size_t)n && fwrite(y, sizeof *y, (size_t)n, out) == (size_t)n);
}

static void write_weights(const ll_model *m, float *params, bool state, const char *path) {
    float *zero = calloc((size_t)ll_model_size(m), sizeof *zero);
    ll_checkpoint c = { .model = m, .params = params, .m = state ? zero : NULL, .v = state ? zero : NULL };
    need(zero && ll_checkpoint_write(&c, path, &err) == LL_OK);
    free(zero);
}

static ll_verdict go_on(void *ctx, const ll_train_event *e) {
    (void)ctx, (void)e;
    return LL_CONTINUE;
}

/* DPO's loss and gradient of one pair: the first two sequences, answers behind four tokens. */
static const ll_dpo_pair *dpo_pair(const int32_t *x, const int32_t *y) {
    static int32_t word[2][T + 1];
    static ll_dpo_pair pair = { .ref_a = -70, .ref_b = -72.5, .better = 0.8 };
    for (int i = 0; i < 2; i++) {
        memcpy(word[i], x + i * T, T * sizeof *x);
        word[i][T] = y[i * T + T - 1];
    }
    pair.a = (ll_tuning_text) { word[0], T + 1, 4 };
    pair.b = (ll_tuning_text) { word[1], T + 1, 4 };
    return &pair;
}

static void weigh_pair(void *ctx, float *loss, float *weight) {
    const ll_train_lesson *lesson = ctx;
    lesson->weigh(lesson->ctx, 0, 2, loss, weight);
}

int main(int argc, char **argv) {
    ll_train_job job = { .steps = STEPS,
                         .batch = BATCH,
                         .micro = 2,
                         .schedule = { LL_SCHEDULE_COSINE, STEPS, 5, 0, 0.1 },
                         .lr = 0.01,
                         .beta1 = 0.9,
                         .beta2 = 0.98,
                         .eps = 1e-8,
                         .decay = 0.3,
                         .clip = 0.5,
                         .seed = 7,
                         .threads = 1,
                         .eval_points = 1,
                         .eval_windows = WINDOWS,
                         .final_windows = WINDOWS };
    if (argc != 3) return 2;
    job.model = (ll_model) {
        .layers = 2, .width = 32, .heads = 4, .ffw = 80, .context = T, .vocab = V, .base_width = 16, .base_head = 16
    };
    need(ll_family_named(argv[1], &job.model.family, &err) == LL_OK);
    const ll_model *m = &job.model;
    need(ll_model_check(m, &err) == LL_OK && ll_kernels_named("auto", "fp32", &job.kernels, &err) == LL_OK);
    ll_source *source;
    ll_build_report report;
    ll_shard train, val;
    need(ll_source_markov(&source, V, 1, 0.1, 3, &err) == LL_OK);
    need(ll_build_source(source, at(argv[2], "data"), TRAIN, VAL, 3, &report, &err) == LL_OK);
    need(ll_shard_open_pair(&train, &val, at(argv[2], "data"), &err) == LL_OK);
    ll_source_free(source);

    int64_t size = ll_model_size(m), n = BATCH * T, windows = WINDOWS * T;
    float *params = calloc((size_t)size, sizeof *params), *grads = calloc((size_t)size, sizeof *grads);
    float *loss = calloc((size_t)n, sizeof *loss);
    int32_t *x = calloc((size_t)windows, sizeof *x), *y = calloc((size_t)windows, sizeof *y);
    void *work = aligned_alloc(64, (ll_model_work(m, BATCH) + 63) / 64 * 64);
    need(params && grads && loss && x && y && work);
    ll_model_init(m, params, 5);
    ll_rng r = ll_rng_at(5, LL_STREAM_NOISE, 0); /* so that no bias is zero and no gain is one */
    for (int64_t i = 0; i < size; i++) params[i] += 0.05f * (float)ll_rng_normal(&r);
    write_weights(m, params, true, at(argv[2], "start.safetensors"));

    FILE *out = fopen(at(argv[2], "batches.bin"), "wb");
    need(out != NULL);
    for (int64_t s = 0; s < STEPS; s++) {
        ll_batch_at(&train, T, job.seed, s, 0, BATCH, x, y);
        write_ints(x, y, n, out);
    }
    ll_batch_eval(&val, T, WINDOWS, 0, WINDOWS, x, y);
    write_ints(x, y, windows, out);
    need(fclose(out) == 0);

    ll_batch_at(&train, T, job.seed, 0, 0, BATCH, x, y);
    ll_model_grad(m, job.kernels, params, NULL, grads, x, y, BATCH, 1.0 / (double)n, loss, work);
    write_weights(m, grads, false, at(argv[2], "grads.safetensors"));
    double mean = 0;
    for (int64_t i = 0; i < n; i++) mean += loss[i] / (double)n;

    const ll_dpo d = { .pair = dpo_pair(x, y), .n = 1, .beta = 0.3, .batch = 2, .T = T };
    ll_train_lesson lesson = ll_dpo_lesson(&d);
    float *weight = calloc((size_t)n, sizeof *weight);
    need(weight != NULL);
    ll_model_grad_weighted(m, job.kernels, params, NULL, grads, x, y, 2,
                           &(ll_model_weights) { weigh_pair, &lesson, weight }, loss, work);
    write_weights(m, grads, false, at(argv[2], "dpo.safetensors"));
    double preference = 0;
    for (int64_t i = 0; i < 2 * T; i++) preference += loss[i] / (2.0 * T);

    /* Fine-tuning on the first of the two answers, and on the second sequence as plain text. */
    const ll_finetune f = {
        .text = &d.pair->a, .n = 1, .plain = 1, .shard = &train, .batch = 2, .T = T, .seed = job.seed
    };
    lesson = ll_finetune_lesson(&f);
    for (uint64_t i = 0; i < 2; i++) need(lesson.sequence(lesson.ctx, i, x + i * T, y + i * T));
    ll_model_grad_weighted(m, job.kernels, params, NULL, grads, x, y, 2,
                           &(ll_model_weights) { weigh_pair, &lesson, weight }, loss, work);
    write_weights(m, grads, false, at(argv[2], "finetune.safetensors"));
    double supervised = 0;
    for (int64_t i = 0; i < 2 * T; i++) supervised += loss[i] / (2.0 * T);
    free(weight);

    char start[LL_PATH_MAX], weights[LL_PATH_MAX];
    snprintf(start, sizeof start, "%s", at(argv[2], "start.safetensors"));
    snprintf(weights, sizeof weights, "%s", at(argv[2], "end.safetensors"));
    ll_train_result result;
    job.train = &train, job.val = &val, job.start = start, job.weights = weights;
    need(ll_train_run(&job, go_on, NULL, &result, &err) == LL_OK);
    printf("{\"dpo\": %.9g, \"finetune\": %.9g, ", preference, supervised);
    printf("\"loss\": %.9g, \"final\": %.9g, \"steps\": %d, \"batch\": %d, \"context\": %d, \"windows\": %d,\n"
           " \"width\": 32, \"heads\": 4, \"layers\": 2, \"base_width\": 16, \"base_head\": 16, \"lr\": %g, "
           "\"beta1\": %g,\n"
           " \"beta2\": %g, \"eps\": %g, \"decay\": %g, \"clip\": %g, \"warmup\": 5, \"end\": 0.1, \"kernels\": "
           "\"%s\"}\n",
           mean, result.loss, STEPS, BATCH, T, WINDOWS, job.lr, job.beta1, job.beta2, job.eps, job.decay, job.clip,
           job.kernels->name);
    ll_shard_close(&train);
    ll_shard_close(&val);
    free(params), free(grads), free(loss), free(x), free(y), free(work);
    return 0;
}
