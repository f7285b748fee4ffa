/* Any bytes as a request for completions: what is read keeps the bounds that the answer is made within. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sweep/serving/completion_ask.h"

static void check_prompt(const ll_completion_prompt *p) {
    if (p->text ? p->token || !*p->text : !p->token || p->n < 1) abort();
    for (int64_t i = 0; !p->text && i < p->n; i++)
        if (p->token[i] < 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ll_completion_ask ask;
    ll_error err = { 0 };
    const ll_status status = ll_completion_read(&ask, (const char *)data, size, &err);
    if (status != LL_OK) {
        if (err.code != status || strchr(err.msg, '\n') || ask.doc || ask.prompt) abort();
        return 0;
    }
    if (ask.n_prompts < 1 || ask.n_prompts > LL_COMPLETION_PROMPTS || ask.n < 1 || ask.max_tokens < 0) abort();
    if (ask.logprobs < -1 || ask.logprobs > 1 || !(ask.temperature >= 0) || !isfinite(ask.temperature)) abort();
    if (!ask.stop || strlen(ask.model) >= sizeof ask.model) abort();
    for (int64_t i = 0; i < ask.n_prompts; i++) check_prompt(&ask.prompt[i]);
    ll_completion_clear(&ask);
    return 0;
}
