/* Draws texts from a model of random weights and says how fast: what run.py times beside others.
 *
 *     draw WEIGHTS.safetensors <lines of "one|many THREADS ROWS SECONDS"          a line of JSON for each
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "probe/sampling/sample_many.h"
#include "tensor/choice/kernel_tables.h"

enum { PROMPT = 32, LENGTH = 64, SAMPLES = 512 };
static ll_error err;

static void need(ll_status status) {
    if (status == LL_OK) return;
    fprintf(stderr, "%s\n", err.msg);
    exit(1);
}

static double one(const ll_model *m, const ll_kernels *k, const float *params, const int32_t *prompt,
                  double seconds) {
    ll_sampler s;
    int32_t token;
    int64_t n = 0;
    const ll_sample_opts o = { .temperature = 1, .seed = 1, .stop = -1 };
    need(ll_sampler_init(&s, m, k, params, &o, &err));
    const double start = ll_clock_now();
    while (ll_clock_now() - start < seconds) {
        ll_decoder_rewind(&s.decoder);
        s.n = 0;
        need(ll_sampler_read(&s, prompt, PROMPT, &err));
        for (int i = 0; i < LENGTH; i++, n++) ll_sampler_next(&s, &token);
    }
    const double took = ll_clock_now() - start;
    ll_sampler_clear(&s);
    return (double)n / took;
}

static double many(const ll_model *m, const ll_kernels *k, const float *params, const int32_t *prompt,
                   double seconds, int threads, int64_t rows, double *stepped) {
    ll_many all;
    int64_t n = 0;
    int32_t *token = malloc(SAMPLES * LENGTH * sizeof *token);
    int64_t length[SAMPLES];
    double logprob[SAMPLES];
    need(ll_many_init(&all, m, k, params, packed, threads, &err));
    all.rows = rows;
    ll_many_ask ask = {
        .prompt = prompt, .n = PROMPT, .samples = SAMPLES, .most = LENGTH, .opts = { .temperature = 1, .stop = -1 }
    };
    const double start = ll_clock_now();
    while (ll_clock_now() - start < seconds) {
        ask.opts.seed++;
        need(ll_many_draw(&all, &ask, token, length, logprob, &err));
        for (int i = 0; i < SAMPLES; i++) n += length[i];
    }
    const double took = ll_clock_now() - start;
    *stepped = (double)all.stepped / (double)n;
    ll_many_clear(&all);
    free(token);
    return (double)n / took;
}

int main(int argc, char **argv) {
    const ll_kernels *k;
    ll_model m = { LL_FAMILY_GPT, 4, 128, 4, 512, 256, 256, 128, 32 };
    int32_t prompt[PROMPT];
    (void)argc, (void)argv;
    need(ll_kernels_named("auto", "fp32", &k, &err));
    float *params = malloc((size_t)ll_model_size(&m) * sizeof *params);
    ll_model_init(&m, params, 1);
    for (int i = 0; i < PROMPT; i++) prompt[i] = i * 7 % 256;
    double stepped;
    for (int i = 0; i < 2; i++) {
        printf("one %.0f\n", one(&m, k, params, prompt, 1));
        for (int t = 1; t <= 2; t++)
            for (int r = 16; r <= 128; r *= 2) {
                const double rate = many(&m, k, params, prompt, 0.7, t, r, &stepped);
                printf("many %d threads %d rows: %.0f (%.2f)\n", t, r, rate, stepped);
            }
    }
    return 0;
}
