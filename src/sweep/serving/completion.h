/* Completions of a model in memory, answered in OpenAI's form. Log-probabilities are those that probes get of the same
 * model, printed with 17 digits: they come back to the bit.
 *
 * Tokens are written as in probe/endpoint/token_text.h; text_offset counts characters, and of a token that begins
 * inside one it is that one's. Of what is drawn, top_logprobs is null. A prompt of tokens goes on only where the
 * tokenizer says its text with the same ones.
 */
#ifndef LL_SWEEP_SERVING_COMPLETION_H
#define LL_SWEEP_SERVING_COMPLETION_H

#include "data/token/tokenizer.h"
#include "probe/lm.h"
#include "sweep/serving/completion_ask.h"

/* lm: an ll_lm_local with the tokenizer. The answer's text is the caller's to free. LL_EINPUT for a prompt that the
 * tokenizer cannot say, and for too much at once. */
ll_status ll_complete(ll_lm *lm, const ll_tokenizer *tokenizer, const ll_completion_ask *ask, char **out,
                      ll_error *err);

#endif
