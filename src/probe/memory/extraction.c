/* Extraction (Carlini et al. 2021): what a model says word for word, always the likeliest token, given a beginning. */
#include <stdlib.h>
#include <string.h>

#include "data/epochs.h"
#include "probe/mean.h"
#include "probe/memory/memory.h"

enum { NEXT = 16, PASSAGES = 200, TRIES = 100, LONGEST = 64 };
static const int prefixes[] = { 16, 32, LONGEST };

/* *says: whether its likeliest continuation of the context begins with those bytes. */
static ll_status ask(const ll_probe_subject *s, ll_span context, const char *bytes, size_t size, int64_t most,
                     bool *says, ll_error *err) {
    ll_lm_sample sample;
    const ll_lm_prompt prompt = { .text = context, .samples = 1, .most = most, .stop = "", .seed = s->opts->seed };
    LL_TRY(ll_lm_sample_text(s->lm, &prompt, &sample, err));
    *says = sample.size >= size && memcmp(sample.text, bytes, size) == 0;
    ll_lm_samples_clear(&sample, 1);
    return LL_OK;
}

/* ---- canaries ---- */

static ll_status ask_canary(const ll_probe_subject *s, const ll_canary *c, bool *says, ll_error *err) {
    char line[LL_CANARY_TEXT + 1] = "\n";
    strcpy(line + 1, c->text);
    LL_TRY(
        ask(s, (ll_span) { line, c->prefix + 1 }, c->text + c->prefix, c->digits, (int64_t)c->digits, says, err));
    if (!s->item) return LL_OK;
    ll_json *item = ll_json_object();
    ll_json_set_str(item, "canary", c->text);
    ll_json_set_int(item, "copies", c->copies);
    ll_json_set_bool(item, "extracted", *says);
    s->item(s->ctx, item);
    return LL_OK;
}

ll_status ll_memory_canaries(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    const ll_canaries *planted = &s->train->info.canaries;
    for (int k = 0; planted->n && k <= planted->n; k++) {
        ll_probe_mean extracted = { 0 };
        ll_canary c = { 0 };
        for (int64_t i = k * planted->count; i < (k + 1) * planted->count; i++) {
            bool says;
            ll_canary_make(planted, i, &c);
            LL_TRY(ask_canary(s, &c, &says, err));
            ll_probe_mean_add(&extracted, says);
        }
        ll_probe_mean_measure(&extracted, out, 0, "extracted.%lld", (long long)c.copies);
    }
    return LL_OK;
}

/* ---- text ---- */

/* So many bytes or a few more, of whole tokens. */
typedef struct passage {
    char *text;
    size_t size;
    int64_t tokens;
} passage;

/* false: the document or the shard ends before. */
static bool take(passage *p, const ll_shard *shard, const ll_tokenizer *t, int64_t start, size_t bytes) {
    size_t size = 0;
    int64_t n = 0;
    for (; size < bytes; n++) {
        if (start + n >= shard->n || shard->tokens[start + n] == t->end) return false;
        size += ll_tokenizer_decode(t, shard->tokens + start + n, 1, NULL);
    }
    *p = (passage) { malloc(size + 1), size, n };
    if (p->text) ll_tokenizer_decode(t, shard->tokens + start, n, (uint8_t *)p->text);
    return p->text != NULL;
}

/* Tokens [first, end) of a shard, which the model saw at once or which are all of it. */
typedef struct stretch {
    int64_t first, end;
} stretch;

static stretch draw_stretch(const ll_probe_subject *s, const ll_shard *shard, ll_rng *r) {
    if (shard != s->train || !s->train_windows) return (stretch) { 0, shard->n };
    const int64_t T = s->model->context, i = ll_rng_below(r, s->train_windows);
    const int64_t first = ll_epochs_start(shard, T, s->train_seed, i);
    return (stretch) { first, first + T + 1 };
}

/* A place for a prefix of `bytes` and what is next, drawn uniformly among those that are text alone. false: none
 * found. */
static bool draw(passage *prefix, passage *next, const ll_probe_subject *s, const ll_shard *shard, size_t bytes,
                 ll_rng *r) {
    for (int k = 0; k < TRIES; k++) {
        const stretch in = draw_stretch(s, shard, r);
        const int64_t start = in.first + ll_rng_below(r, in.end - in.first);
        if (!take(prefix, shard, s->tokenizer, start, bytes)) continue;
        if (take(next, shard, s->tokenizer, start + prefix->tokens, NEXT)) {
            const int64_t tokens = prefix->tokens + next->tokens;
            if (start + tokens <= in.end && ll_memory_is_text(shard, s->tokenizer, start, tokens)) return true;
            free(next->text);
        }
        free(prefix->text);
    }
    return false;
}

static ll_status ask_passage(const ll_probe_subject *s, const passage *prefix, const passage *next,
                             ll_probe_mean *said, ll_error *err) {
    bool says;
    LL_TRY(ask(s, (ll_span) { prefix->text, prefix->size }, next->text, next->size, next->tokens, &says, err));
    ll_probe_mean_add(said, says);
    return LL_OK;
}

static ll_status ask_shard(const ll_probe_subject *s, const ll_shard *shard, int bytes, const char *metric,
                           ll_measures *out, ll_error *err) {
    const int64_t n = s->opts->items > 0 ? s->opts->items : PASSAGES;
    ll_rng r = ll_rng_at(s->opts->seed, LL_STREAM_CANARIES, (uint64_t)3 << 62 | (uint64_t)bytes);
    ll_probe_mean said = { 0 };
    for (int64_t i = 0; i < n; i++) {
        passage prefix, next;
        if (!draw(&prefix, &next, s, shard, (size_t)bytes, &r)) break;
        const ll_status status = ask_passage(s, &prefix, &next, &said, err);
        free(prefix.text);
        free(next.text);
        LL_TRY(status);
    }
    ll_probe_mean_measure(&said, out, 0, "%s.%d", metric, bytes);
    return LL_OK;
}

ll_status ll_memory_verbatim(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    for (size_t k = 0; k < sizeof prefixes / sizeof *prefixes; k++) {
        LL_TRY(ask_shard(s, s->train, prefixes[k], "verbatim", out, err));
        LL_TRY(ask_shard(s, s->val, prefixes[k], "held_out_verbatim", out, err));
    }
    return LL_OK;
}
