#include "probe/lm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHARE = 128 }; /* texts of a call */

char *ll_lm_ask_text(const ll_lm_ask *ask, size_t *size) {
    *size = ask->context.size + ask->continuation.size;
    char *text = malloc(*size + 1);
    if (!text) return NULL;
    memcpy(text, ask->context.at, ask->context.size);
    memcpy(text + ask->context.size, ask->continuation.at, ask->continuation.size);
    text[*size] = 0;
    return text;
}

static ll_status check_ask(const ll_lm_ask *ask, int64_t i, ll_error *err) {
    if (!ask->context.size)
        return LL_FAIL(err, LL_EINPUT,
                       "text %lld: its context is empty, expected at least one byte before what is "
                       "scored",
                       (long long)i + 1);
    if (!ask->continuation.size)
        return LL_FAIL(err, LL_EINPUT, "text %lld: its continuation is empty, expected at least one byte to score",
                       (long long)i + 1);
    return LL_OK;
}

static void count(ll_lm *lm, int64_t n) {
    lm->answers += n;
    if (lm->answered) lm->answered(lm->ctx, lm->answers);
}

ll_status ll_lm_loglikelihood(ll_lm *lm, const ll_lm_ask *ask, int64_t n, ll_lm_score *out, ll_error *err) {
    for (int64_t i = 0; i < n; i++) LL_TRY(check_ask(&ask[i], i, err));
    for (int64_t from = 0; from < n; from += SHARE) {
        const int64_t some = n - from < SHARE ? n - from : SHARE;
        LL_TRY(lm->loglikelihood(lm, ask + from, some, out + from, err));
        count(lm, some);
    }
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(out[i].logprob) || out[i].tokens < 1)
            return LL_FAIL(err, LL_ENUM, "%s: the log-probability of text %lld is %g, of %lld tokens", lm->name,
                           (long long)i + 1, out[i].logprob, (long long)out[i].tokens);
    return LL_OK;
}

static ll_status check_prompt(const ll_lm_prompt *p, ll_error *err) {
    if (!p->text.size) return LL_FAIL(err, LL_EINPUT, "a prompt is empty, expected at least one byte");
    if (p->samples < 1 || p->most < 1)
        return LL_FAIL(err, LL_EINPUT,
                       "a prompt asks for %lld samples of %lld tokens, expected at least one of each",
                       (long long)p->samples, (long long)p->most);
    if (!(p->temperature >= 0 && isfinite(p->temperature)))
        return LL_FAIL(err, LL_EINPUT, "temperature is %g, expected 0 or more", p->temperature);
    return LL_OK;
}

ll_status ll_lm_sample_text(ll_lm *lm, const ll_lm_prompt *prompt, ll_lm_sample *out, ll_error *err) {
    LL_TRY(check_prompt(prompt, err));
    memset(out, 0, (size_t)prompt->samples * sizeof *out);
    const ll_status status = lm->sample(lm, prompt, out, err);
    if (status != LL_OK) ll_lm_samples_clear(out, prompt->samples);
    else count(lm, prompt->samples);
    return status;
}

void ll_lm_samples_clear(ll_lm_sample *out, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        free(out[i].text);
        out[i] = (ll_lm_sample) { 0 };
    }
}

void ll_lm_close(ll_lm *lm) {
    if (lm) lm->close(lm);
}
