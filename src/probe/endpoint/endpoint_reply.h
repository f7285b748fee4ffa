/* What a server of completions in OpenAI's form answers, believed in nothing until it is checked.
 *
 *     LL_TRY(ll_reply_scores(body, size, asks, n, scores, url, err));
 *
 * A choice's log-probabilities are four lists as long as each other: tokens, token_logprobs, top_logprobs and, where
 * there is one, text_offset. Where each token lies in the text is decided by the tokens themselves when they are, one
 * behind the other, the text that was asked (up to two tokens of another kind before it, and what was generated behind
 * it); else by text_offset, which counts characters (code points), as servers in Python do.
 *
 * Errors are LL_EIO: `where` (the URL), the choice, and what was expected.
 */
#ifndef LL_PROBE_ENDPOINT_ENDPOINT_REPLY_H
#define LL_PROBE_ENDPOINT_ENDPOINT_REPLY_H

#include "probe/lm.h"

/* One choice for each ask, echoed: out [n]. */
ll_status ll_reply_scores(const char *body, size_t size, const ll_lm_ask *ask, int64_t n, ll_lm_score *out,
                          const char *where, ll_error *err);

/* One choice for each of n samples of the prompt: out [n], which ll_lm_samples_clear frees also after an error. */
ll_status ll_reply_samples(const char *body, size_t size, const ll_lm_prompt *prompt, int64_t n, ll_lm_sample *out,
                           const char *where, ll_error *err);

/* The model of a list that has this id, or this last part of its id behind a slash; where name is "", the first, whose
 * id goes there. *context: how many tokens it sees at once, where the list says so (vLLM's max_model_len), else 0. */
ll_status ll_reply_model(const char *body, size_t size, char *name, size_t name_size, int64_t *context,
                         const char *where, ll_error *err);

/* What the server says of its refusal, on one line; "" where it says nothing. */
void ll_reply_complaint(const char *body, size_t size, char *out, size_t out_size);

#endif
