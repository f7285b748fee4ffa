/* A model in memory as a language model (lm.h).
 *
 *     ll_lm *lm;
 *     LL_TRY(ll_lm_local(&lm, &model, kernels, params, tokenizer, threads, err));
 *     ll_lm_loglikelihood(lm, ...);
 *     ll_lm_close(lm);
 *
 * LL_EINPUT for a text that the tokenizer does not say whole, a text whose first token holds a byte of the continuation
 * already, and a continuation of more tokens than the context. At temperature 0 the log-probability of a sample is of
 * the model's own distribution. A token that ends the document ends the sample; it counts, and has no text. A sample
 * ends with the model's context as well: of a prompt that leaves too little of it, the beginning is left out, down to
 * half a context (sampling/sample_many.h).
 */
#ifndef LL_PROBE_LOCAL_LM_H
#define LL_PROBE_LOCAL_LM_H

#include "data/token/tokenizer.h"
#include "model/model.h"
#include "probe/lm.h"

/* Borrows model, kernels, params and tokenizer until it is closed. threads 0: all cores. One thread asks at a time. */
ll_status ll_lm_local(ll_lm **out, const ll_model *model, const ll_kernels *kernels, const ll_real *params,
                      ll_tokenizer *tokenizer, int threads, ll_error *err);

/* The tokens of a text in place of those in *out; at least one. */
ll_status ll_lm_local_encode(ll_lm *lm, ll_span text, ll_tokens *out, ll_error *err);

/* What the model says of a token, after those before it: nats. */
typedef struct ll_lm_token {
    double logprob;    /* NaN where nothing predicts it: the first one, and those that are left out before it */
    int32_t likeliest; /* in its place: the first of equals */
    double most;       /* of that one */
} ll_lm_token;

typedef struct ll_lm_text {
    const int32_t *token; /* [n] */
    int64_t n;
    ll_lm_token *said; /* [n] what is said of each */
} ll_lm_text;

/* Of each token of n texts, to the bits that ll_lm_loglikelihood adds up. LL_EINPUT for a token outside the
 * vocabulary. */
ll_status ll_lm_local_tokens(ll_lm *lm, const ll_lm_text *text, int64_t n, ll_error *err);

#endif
