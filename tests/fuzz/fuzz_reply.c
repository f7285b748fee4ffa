/* Any bytes as what an endpoint answers: the first byte chooses whether scores, samples, a model or a complaint are
 * read. What is taken is a log-probability, 0 or below, of one token at least; what is not is one line. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probe/endpoint/endpoint_reply.h"

static void check_error(ll_status status, const ll_error *err) {
    if (err->code != status || strchr(err->msg, '\n') || (status != LL_EIO && status != LL_ENOMEM)) abort();
}

static void read_scores(const char *body, size_t size) {
    static const ll_lm_ask asks[2] = { { { "ab", 2 }, { "cd", 2 } }, { { "\xc3\xa9", 2 }, { "\xc3\xbc!", 3 } } };
    for (int64_t n = 1; n <= 2; n++) {
        ll_lm_score s[2];
        ll_error err = { 0 };
        const ll_status status = ll_reply_scores(body, size, asks, n, s, "URL", &err);
        if (status != LL_OK) check_error(status, &err);
        for (int64_t i = 0; status == LL_OK && i < n; i++)
            if (s[i].tokens < 1 || isnan(s[i].logprob) || s[i].logprob > 1e-5 * (double)s[i].tokens) abort();
    }
}

static void read_samples(const char *body, size_t size) {
    const ll_lm_prompt p = { .text = { "a", 1 }, .samples = 1, .most = 4, .stop = "." };
    ll_lm_sample s;
    ll_error err = { 0 };
    const ll_status status = ll_reply_samples(body, size, &p, 1, &s, "URL", &err);
    if (status != LL_OK) check_error(status, &err);
    else if (!s.text || s.text[s.size] || s.tokens > p.most || isnan(s.logprob)) abort();
    ll_lm_samples_clear(&s, 1);
}

static void read_model(const char *body, size_t size) {
    char name[16] = "";
    int64_t context = 0;
    ll_error err = { 0 };
    const ll_status status = ll_reply_model(body, size, name, sizeof name, &context, "URL", &err);
    if (status != LL_OK) check_error(status, &err);
    else if (!*name || context < 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    const char *body = (const char *)data + 1;
    char why[64];
    if (data[0] % 4 == 0) read_scores(body, size - 1);
    if (data[0] % 4 == 1) read_samples(body, size - 1);
    if (data[0] % 4 == 2) read_model(body, size - 1);
    if (data[0] % 4 == 3) {
        ll_reply_complaint(body, size - 1, why, sizeof why);
        if (strlen(why) >= sizeof why || strchr(why, '\n')) abort();
    }
    return 0;
}
