/* A model behind an endpoint as a language model (lm.h): a server that speaks OpenAI's /v1/completions, such as OpenAI,
 * vLLM, SGLang and 'loglog serve --models'.
 *
 *     ll_lm *lm;
 *     LL_TRY(ll_lm_endpoint(&lm, &(ll_endpoint_opts) { .url = "http://127.0.0.1:8080/v1" }, err));
 *     ll_lm_loglikelihood(lm, ...);
 *     ll_lm_close(lm);
 *
 * Log-probabilities are asked for as evaluation harnesses do: echo, logprobs 1, max_tokens 0; where the server refuses
 * that, max_tokens 1, and one text in a request in place of several. The key is LOGLOG_API_KEY of the environment
 * (empty: none), else OPENAI_API_KEY, which goes to another machine by https only; it is in no error and no answer
 * of ours.
 *
 * LL_EINPUT for a text that is no UTF-8: JSON holds characters. LL_EIO, on one line with the URL, for a server that
 * fails or says what cannot be (endpoint_reply.h). A log-probability of a sample is as the server counts it; samples of
 * one prompt are drawn in requests of 128, of which the first has the prompt's seed.
 */
#ifndef LL_PROBE_ENDPOINT_ENDPOINT_H
#define LL_PROBE_ENDPOINT_ENDPOINT_H

#include "probe/lm.h"

/* 0: the default. */
typedef struct ll_endpoint_opts {
    const char *url;   /* to which /completions is put */
    const char *model; /* "" or NULL: the first that the server lists */
    double timeout_s;  /* of a request with its repeats; 300 */
    int64_t retries;   /* after 429, 5xx and failed connections; 5, and none: -1 */
    int64_t parallel;  /* requests at once; 8 */
    int64_t batch;     /* texts in a request; 16 */
} ll_endpoint_opts;

ll_status ll_lm_endpoint(ll_lm **out, const ll_endpoint_opts *opts, ll_error *err);

#endif
