/* A language model as probes see it: text in, log-probabilities or text out. These are the requests of the field's
 * evaluation harnesses (log-likelihood of a continuation; generation), so that a rung of a store, a file of weights and
 * a model behind an endpoint answer the same probes.
 *
 *     ll_lm *lm;
 *     LL_TRY(ll_lm_local(&lm, &model, kernels, params, tokenizer, threads, err));
 *     const ll_lm_ask ask = { .context = { "12+30=", 6 }, .continuation = { "42", 2 } };
 *     ll_lm_score score;
 *     LL_TRY(ll_lm_loglikelihood(lm, &ask, 1, &score, err));
 *     score.logprob, score.greedy
 *     ll_lm_close(lm);
 *
 * The context and its continuation are tokenized as one text. Tokens that hold a byte of the continuation are the
 * continuation's. The first token of a text has nothing before it and is not predicted: a context is never empty.
 * Where the text is longer than the model's context, its beginning is left out. Answers are the same to the bit for any
 * number of threads and whatever else is asked in the same call.
 */
#ifndef LL_PROBE_LM_H
#define LL_PROBE_LM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loglog/error.h"

typedef struct ll_span {
    const char *at;
    size_t size; /* bytes; borrowed */
} ll_span;

typedef struct ll_lm_ask {
    ll_span context, continuation; /* neither is empty */
} ll_lm_ask;

typedef struct ll_lm_score {
    double logprob; /* nats, of all tokens of the continuation */
    int64_t tokens; /* of the continuation */
    bool greedy;    /* each of them was the likeliest */
} ll_lm_score;

typedef struct ll_lm_prompt {
    ll_span text;
    int64_t samples;    /* so many continuations of it */
    int64_t most;       /* tokens of each */
    const char *stop;   /* a continuation ends before these bytes; "": only with its document */
    double temperature; /* 0: always the likeliest token */
    uint64_t seed;      /* sample j of a prompt is a function of prompt, seed and j */
    /* Told each token that a model in memory draws, and its log-probability, in the order of the sample's; several
     * samples at once. NULL: nobody listens. */
    void (*drawn)(void *ctx, int64_t sample, int32_t token, double logprob);
    void *ctx;
} ll_lm_prompt;

typedef struct ll_lm_sample {
    char *text; /* owned; [size] and a NUL */
    size_t size;
    int64_t tokens;
    double logprob; /* nats, of its tokens, the stop's among them; of the distribution that was drawn from */
} ll_lm_sample;

typedef struct ll_lm ll_lm;
struct ll_lm {
    char name[64];
    int64_t context;                              /* tokens that the model sees at once; 0: not known */
    double token_flops;                           /* of a forward pass for one token; NaN: not known */
    int64_t answers;                              /* texts that were scored or drawn so far */
    void (*answered)(void *ctx, int64_t answers); /* told now and then; NULL: nobody listens */
    void *ctx;
    ll_status (*loglikelihood)(ll_lm *lm, const ll_lm_ask *ask, int64_t n, ll_lm_score *out, ll_error *err);
    ll_status (*sample)(ll_lm *lm, const ll_lm_prompt *prompt, ll_lm_sample *out, ll_error *err);
    void (*close)(ll_lm *lm);
};

/* The context and its continuation, *size bytes and a NUL; to be freed. NULL: out of memory. */
char *ll_lm_ask_text(const ll_lm_ask *ask, size_t *size);

/* out [n]. LL_EINPUT for an empty context or continuation. */
ll_status ll_lm_loglikelihood(ll_lm *lm, const ll_lm_ask *ask, int64_t n, ll_lm_score *out, ll_error *err);

/* out [prompt->samples]; ll_lm_samples_clear frees their texts. On an error there is none. */
ll_status ll_lm_sample_text(ll_lm *lm, const ll_lm_prompt *prompt, ll_lm_sample *out, ll_error *err);
void ll_lm_samples_clear(ll_lm_sample *out, int64_t n);
void ll_lm_close(ll_lm *lm); /* NULL is fine */

#endif
