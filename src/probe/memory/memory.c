#define _GNU_SOURCE
#include "probe/memory/memory.h"

#include <stdlib.h>
#include <string.h>

/* A canary's text in a few tokens more on either side of those that are asked about. */
bool ll_memory_is_text(const ll_shard *shard, const ll_tokenizer *t, int64_t start, int64_t n) {
    const ll_canaries *c = &shard->info.canaries;
    const int64_t from = start > LL_CANARY_TEXT ? start - LL_CANARY_TEXT : 0, end = start + n + LL_CANARY_TEXT;
    const int64_t tokens = (end < shard->n ? end : shard->n) - from;
    bool clean = true;
    if (!c->n) return true;
    const size_t size = ll_tokenizer_decode(t, shard->tokens + from, tokens, NULL);
    char *text = malloc(size + 1);
    if (!text) return false;
    ll_tokenizer_decode(t, shard->tokens + from, tokens, (uint8_t *)text);
    for (int64_t i = 0; i < c->n * c->count && clean; i++) {
        ll_canary canary;
        ll_canary_make(c, i, &canary);
        clean = !memmem(text, size, canary.text, strlen(canary.text));
    }
    free(text);
    return clean;
}

static ll_status run(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    out->n = 0;
    if (!s->train || !s->tokenizer || !s->lm)
        return LL_FAIL(err, LL_EINPUT,
                       "memory asks about the text that a run was trained on: expected its training shard beside "
                       "the store, text and not numbers");
    LL_TRY(ll_memory_exposure(s, out, err));
    LL_TRY(ll_memory_canaries(s, out, err));
    LL_TRY(ll_memory_verbatim(s, out, err));
    return ll_memory_gap(s, out, err);
}

const ll_probe_kind ll_probe_memory = {
    .name = "memory",
    .question = "what it has learnt by heart, and which share of what it has learnt that is",
    .metric = "measure.at",
    .unit = "bits of exposure, shares and nats per token",
    .source = "Carlini et al. 2019 and 2021",
    .details =
        "Of canaries, which data.canaries plants in the text that trains, by number of copies, 0 being controls "
        "that "
        "were never planted: exposure.COPIES is log2 of all secrets there could have been less log2 of the "
        "canary's "
        "rank among them by log-probability, in bits, with the standard error over canaries; 30 of nine digits is "
        "known by heart, 1.4 is chance. extracted.COPIES is the share whose digits are the likeliest continuation. "
        "verbatim.BYTES is the share of so many bytes of the training text that are continued by the very next 16, "
        "held_out_verbatim.BYTES the same of the validation text. trained and held_out are the losses on windows "
        "of "
        "both, gap is the second less the first, and share is what of the gain on the training text over its "
        "tokens' "
        "frequencies does not carry over to the other: above 1 where the other is worse off than by frequencies.",
    .reads = LL_PROBE_WINDOWS | LL_PROBE_ITEMS | LL_PROBE_SEED,
    .needs_model = true,
    .run = run,
};
