/* Draws texts from a model of random weights and says how fast: what run.py times beside others.
 *
 *     bench_draw WEIGHTS.safetensors            writes the weights; then a line of JSON for each line of standard input:
 *     one SECONDS                               of the processor; a text after the other, as 'loglog sample' draws it
 *     many THREADS SECONDS                      many at once
 *     greedy                                    the likeliest text, for others to agree with
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/system/clock.h"
#include "probe/sampling/sample_many.h"
#include "tensor/choice/kernel_tables.h"
#include "train/checkpoint.h"

enum { PROMPT = 32, LENGTH = 64, SAMPLES = 96, VOCAB = 256 };
static const ll_model model = { LL_FAMILY_GPT, 4, 128, 4, 512, 256, VOCAB, 128, 32 };
static int32_t prompt[PROMPT];
static ll_error err;

static void need(ll_status status) {
    if (status == LL_OK) return;
    fprintf(stderr, "bench_draw: %s\n", err.msg);
    exit(1);
}

static double processor(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct subject {
    const ll_kernels *k;
    float *params, *packed;
} subject;

static int64_t draw_one(ll_sampler *sampler) {
    int32_t token;
    ll_decoder_rewind(&sampler->decoder);
    sampler->n = 0;
    need(ll_sampler_read(sampler, prompt, PROMPT, &err));
    for (int i = 0; i < LENGTH; i++) ll_sampler_next(sampler, &token);
    return LENGTH;
}

static int64_t draw_many(ll_many *many, uint64_t seed) {
    static int32_t token[SAMPLES * LENGTH];
    static int64_t length[SAMPLES];
    static double logprob[SAMPLES];
    const ll_many_ask ask = { .prompt = prompt,
                              .n = PROMPT,
                              .samples = SAMPLES,
                              .most = LENGTH,
                              .opts = { .temperature = 1, .seed = seed, .stop = -1 } };
    need(ll_many_draw(many, &ask, token, length, logprob, &err));
    return SAMPLES * LENGTH;
}

static void say(int64_t tokens, double wall, double cpu) {
    printf("{\"tokens_per_s\": %.1f, \"tokens_per_cpu_s\": %.1f}\n", (double)tokens / wall, (double)tokens / cpu);
}

static void time_one(const subject *s, double seconds) {
    const ll_sample_opts o = { .temperature = 1, .seed = 1, .stop = -1 };
    ll_sampler sampler;
    int64_t n = 0;
    need(ll_sampler_init(&sampler, &model, s->k, s->params, &o, &err));
    draw_one(&sampler);
    const double start = ll_clock_now(), cpu = processor();
    while (processor() - cpu < seconds) n += draw_one(&sampler);
    say(n, ll_clock_now() - start, processor() - cpu);
    ll_sampler_clear(&sampler);
}

static void time_many(const subject *s, int threads, double seconds) {
    ll_many many;
    int64_t n = 0;
    need(ll_many_init(&many, &model, s->k, s->params, s->packed, threads, &err));
    const double start = ll_clock_now(), cpu = processor();
    for (uint64_t seed = 1; processor() - cpu < seconds; seed++) n += draw_many(&many, seed);
    say(n, ll_clock_now() - start, processor() - cpu);
    ll_many_clear(&many);
}

static void say_greedy(const subject *s) {
    const ll_sample_opts o = { .stop = -1 };
    ll_sampler sampler;
    int32_t token;
    need(ll_sampler_init(&sampler, &model, s->k, s->params, &o, &err));
    need(ll_sampler_read(&sampler, prompt, PROMPT, &err));
    printf("[");
    for (int i = 0; i < LENGTH && ll_sampler_next(&sampler, &token); i++) printf("%s%d", i ? ", " : "", (int)token);
    printf("]\n");
    ll_sampler_clear(&sampler);
}

static void write_weights(const subject *s, const char *path) {
    const ll_checkpoint c = { .model = &model, .params = s->params };
    need(ll_checkpoint_write(&c, path, &err));
}

/* Gains and biases are drawn too, and the head is sharp enough for texts that end nowhere. */
static subject subject_of(void) {
    subject s;
    need(ll_kernels_named("auto", "fp32", &s.k, &err));
    const int64_t size = ll_model_size(&model);
    s.params = malloc((size_t)size * sizeof *s.params);
    s.packed = aligned_alloc(64, ((size_t)ll_model_packed(&model, s.k) * sizeof *s.packed + 63) / 64 * 64);
    if (!s.params || !s.packed) need(LL_FAIL(&err, LL_ENOMEM, "out of memory"));
    ll_rng r = ll_rng_at(1, LL_STREAM_NOISE, 0);
    ll_model_init(&model, s.params, 1);
    for (int64_t i = 0; i < size; i++) s.params[i] += (float)(0.02 * ll_rng_normal(&r));
    for (int64_t i = 0; i < ll_model_matrices(&model); i++) ll_model_pack(&model, s.k, s.params, s.packed, i);
    return s;
}

int main(int argc, char **argv) {
    char line[80];
    int threads;
    double seconds;
    if (argc != 2) return fprintf(stderr, "usage: bench_draw WEIGHTS.safetensors\n"), 2;
    for (int i = 0; i < PROMPT; i++) prompt[i] = i * 7 % VOCAB;
    const subject s = subject_of();
    write_weights(&s, argv[1]);
    printf("{\"layers\": %d, \"width\": %d, \"heads\": %d, \"prompt\": %d, \"length\": %d, \"kernels\": \"%s\"}\n",
           (int)model.layers, (int)model.width, (int)model.heads, PROMPT, LENGTH, s.k->name);
    for (fflush(stdout); fgets(line, sizeof line, stdin); fflush(stdout))
        if (sscanf(line, "one %lf", &seconds) == 1) time_one(&s, seconds);
        else if (sscanf(line, "many %d %lf", &threads, &seconds) == 2) time_many(&s, threads, seconds);
        else if (strcmp(line, "greedy\n") == 0) say_greedy(&s);
    return 0;
}
