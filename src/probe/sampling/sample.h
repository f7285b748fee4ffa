/* Sampling: a trained model goes on with a text.
 *
 *     ll_sample_opts o = { .temperature = 0.8, .top_k = 40, .seed = 1, .stop = 256 };
 *     ll_sampler s;
 *     LL_TRY(ll_sampler_init(&s, &model, kernels, params, &o, err));
 *     LL_TRY(ll_sampler_read(&s, prompt, n, err));
 *     while (i < length && ll_sampler_next(&s, &token)) out[i++] = token;
 *     ll_sampler_clear(&s);
 *
 * A text may be longer than the context: when that is full, the model reads the later half of it again and goes on
 * from there, at one pass over half a context for every other half. The same options give the same tokens.
 */
#ifndef LL_PROBE_SAMPLE_H
#define LL_PROBE_SAMPLE_H

#include "loglog/random.h"
#include "model/decode.h"

typedef struct ll_sample_opts {
    double temperature; /* the logits are divided by it; 0: always the likeliest token */
    int64_t top_k;      /* draw from so many of the likeliest, 0: from all */
    uint64_t seed;
    int32_t stop; /* a token that ends the text, -1: none does */
    bool naive;   /* a whole forward pass for every token, to time the other way against */
} ll_sample_opts;

typedef struct ll_sampler {
    ll_decoder decoder;
    ll_sample_opts opts;
    ll_rng rng;
    int32_t *context; /* [T] the tokens the model sees */
    int64_t n;        /* of them so far */
    double *sums;     /* [V] of the last draw */
    char *work;       /* of the naive way */
    ll_arena memory;
} ll_sampler;

/* Borrows model, kernels and params. LL_EINPUT when temperature or top_k is below 0. */
ll_status ll_sampler_init(ll_sampler *s, const ll_model *model, const ll_kernels *kernels, const ll_real *params,
                          const ll_sample_opts *opts, ll_error *err);
void ll_sampler_clear(ll_sampler *s);

/* Takes tokens into the context. LL_EINPUT when one is outside the vocabulary. */
ll_status ll_sampler_read(ll_sampler *s, const int32_t *token, int64_t n, ll_error *err);

/* Draws the next token and takes it into the context; something has been read. False when it is the one that ends
 * the text. */
bool ll_sampler_next(ll_sampler *s, int32_t *token);

/* LL_EINPUT when temperature or top_k is below 0. */
ll_status ll_sample_check(const ll_sample_opts *opts, ll_error *err);

/* What draws are made of: sums [V] of softmax(logits [V] / temperature) among the top_k likeliest, up to a factor; of
 * equals, the lower token is the likelier. u in [0, 1) picks a token, and the logarithm of a token's probability is in
 * nats. */
void ll_sample_sums(const ll_real *logits, double *sums, int64_t V, const ll_sample_opts *opts);
int32_t ll_sample_pick(const double *sums, int64_t V, double u);
int32_t ll_sample_likeliest(const ll_real *logits, int64_t V); /* the first of equals */
double ll_sample_logprob(const double *sums, int64_t V, int32_t token);

#endif
