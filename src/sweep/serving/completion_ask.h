/* A request for completions in OpenAI's form, checked key by key.
 *
 *     ll_completion_ask ask;
 *     LL_TRY(ll_completion_read(&ask, body, size, err));
 *     ask.prompt[i].text, ask.max_tokens
 *     ll_completion_clear(&ask);
 *
 * What would change the answer and is not offered is refused (LL_EINPUT), never passed over: streams, top_p, penalties,
 * best_of, a second stop, a key that is not known.
 */
#ifndef LL_SWEEP_SERVING_COMPLETION_ASK_H
#define LL_SWEEP_SERVING_COMPLETION_ASK_H

#include <stdbool.h>

#include "base/document/json.h"

enum { LL_COMPLETION_PROMPTS = 1024, LL_COMPLETION_MODEL = 256 };
enum { LL_COMPLETION_TOKENS = 1 << 18 }; /* of an answer, at most: echoed and drawn */

typedef struct ll_completion_prompt {
    const char *text; /* borrowed from the document; NULL: tokens */
    int32_t *token;   /* [n] owned */
    int64_t n;
} ll_completion_prompt;

typedef struct ll_completion_ask {
    char model[LL_COMPLETION_MODEL]; /* "": none was named */
    ll_completion_prompt *prompt;    /* [n_prompts] */
    int64_t n_prompts;
    int64_t max_tokens, n, logprobs; /* n: completions of each prompt; logprobs: -1: none; 1: also the likeliest */
    double temperature;
    bool echo, seeded;
    int64_t seed;
    const char *stop; /* borrowed; "": none */
    ll_json *doc;
} ll_completion_ask;

ll_status ll_completion_read(ll_completion_ask *out, const char *body, size_t size, ll_error *err);
void ll_completion_clear(ll_completion_ask *ask);

#endif
