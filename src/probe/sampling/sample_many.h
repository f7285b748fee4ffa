/* Many continuations of one prompt. The prompt is read once; then the texts go on together, a token each in one step of
 * the model, on every thread so many rows. Samples whose tokens are the same so far are one row: of 10,000 short
 * answers, most cost nothing but their draws. A row that has come to its end goes on with what waits elsewhere.
 *
 *     ll_many m;
 *     LL_TRY(ll_many_init(&m, &model, kernels, params, packed, threads, err));
 *     const ll_many_ask ask = { .prompt = prompt, .n = 6, .samples = 10000, .most = 8, .opts = { .temperature = 1,
 *                               .seed = 7, .stop = end } };
 *     LL_TRY(ll_many_draw(&m, &ask, token, length, logprob, err));      token [10000,8]
 *     ll_many_clear(&m);
 *
 * Sample j is a function of model, prompt, seed and j: draw t takes number (j, t) of a stream that the seed and the
 * prompt name. It is the same for any number of threads and rows, and in whatever company it is drawn, under every
 * table of kernels but that of a BLAS (model/decode.h).
 *
 * A text ends with the model's context: of a prompt that leaves no room for the continuation, the beginning is left
 * out, but its later half is always read.
 */
#ifndef LL_PROBE_SAMPLING_SAMPLE_MANY_H
#define LL_PROBE_SAMPLING_SAMPLE_MANY_H

#include "model/decode.h"
#include "probe/sampling/sample.h"

enum { LL_MANY_ROWS = 24 }; /* of a step: whole tiles of every table, whose keys and values still lie in a cache */

typedef struct ll_many {
    const ll_model *model;
    const ll_kernels *kernels;
    const ll_real *params, *packed;
    int threads;
    int64_t rows;      /* of a step of each thread, at most: LL_MANY_ROWS, and for tests fewer */
    int64_t stepped;   /* tokens that went through the model since init, the prompts' among them */
    ll_decoder reader; /* of prompts */
} ll_many;

typedef struct ll_many_ask {
    const int32_t *prompt; /* [n] at least one */
    int64_t n, samples;
    int64_t most;        /* tokens of each sample */
    ll_sample_opts opts; /* stop: ends a text, and is no token of it */
    /* After each token: whether the text [n] ends with it. NULL: only with stop. Called from any thread. */
    bool (*ends)(void *ctx, const int32_t *text, int64_t n);
    void *ends_ctx;
    /* Told each draw, in the order of the sample's; several samples at once. NULL: nobody listens. */
    void (*drawn)(void *ctx, int64_t sample, int32_t token, double logprob);
    void *drawn_ctx;
} ll_many_ask;

/* Borrows all of them; packed: the matrices as ll_model_pack leaves them, or NULL, which is slower. threads 0: all
 * cores. */
ll_status ll_many_init(ll_many *m, const ll_model *model, const ll_kernels *kernels, const ll_real *params,
                       const ll_real *packed, int threads, ll_error *err);
void ll_many_clear(ll_many *m);

/* token [samples,most], of sample j the first length[j] are written; logprob [samples] in nats, of all draws, that of
 * stop among them; at temperature 0, of the model's own distribution. LL_EINPUT for an empty prompt, a token
 * outside the vocabulary, or options that cannot be. */
ll_status ll_many_draw(ll_many *m, const ll_many_ask *ask, int32_t *token, int64_t *length, double *logprob,
                       ll_error *err);

#endif
