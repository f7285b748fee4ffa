#include "sweep/constitution/answers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/batch.h"
#include "probe/local_lm.h"

/* ---- prompts ---- */

static ll_status take(ll_prompts *p, const ll_tokenizer *t, const uint16_t *tokens, int64_t length, ll_error *err) {
    const size_t size = ll_tokenizer_decode(t, tokens, length, NULL);
    char *text = malloc(size + 2);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory for a prompt");
    ll_tokenizer_decode(t, tokens, length, (uint8_t *)text);
    if (!size) text[0] = '\n'; /* nothing but the ends of documents */
    text[size ? size : 1] = 0;
    p->text[p->n] = text;
    p->size[p->n++] = size ? size : 1;
    return LL_OK;
}

ll_status ll_prompts_take(ll_prompts *out, const ll_shard *shard, const ll_tokenizer *t, int64_t n, int64_t length,
                          ll_error *err) {
    *out =
        (ll_prompts) { .text = calloc((size_t)n, sizeof *out->text), .size = calloc((size_t)n, sizeof *out->size) };
    ll_status s = out->text && out->size ? ll_batch_check(shard, length, err)
                                         : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld prompts", (long long)n);
    for (int64_t i = 0; i < n && s == LL_OK; i++)
        s = take(out, t, shard->tokens + ll_batch_window(shard, length, n, i), length, err);
    if (s != LL_OK) ll_prompts_clear(out);
    return s;
}

void ll_prompts_clear(ll_prompts *p) {
    for (int64_t i = 0; i < p->n; i++) free(p->text[i]);
    free(p->text);
    free(p->size);
    *p = (ll_prompts) { 0 };
}

/* ---- answers ---- */

/* Takes the sample's text over, behind so many bytes of `kept`. */
static ll_status put(ll_loop_answer *a, int64_t prompt, const char *kept, size_t bytes, int64_t most,
                     ll_lm_sample *s, ll_error *err) {
    *a = (ll_loop_answer) { .prompt = prompt, .size = bytes + s->size, .tokens = s->tokens, .gold = NAN };
    a->ended = s->tokens < most;
    if (!(a->text = malloc(a->size + 1))) return LL_FAIL(err, LL_ENOMEM, "out of memory for an answer");
    if (bytes) memcpy(a->text, kept, bytes);
    memcpy(a->text + bytes, s->text, s->size);
    a->text[a->size] = 0;
    return LL_OK;
}

/* text: the prompt, and of an answer what is kept of it. */
static ll_status draw(ll_answers *out, const ll_answering *how, int64_t prompt, ll_span text, size_t kept,
                      int64_t most, int64_t samples, ll_error *err) {
    const ll_lm_prompt ask = { .text = text,
                               .samples = samples,
                               .most = most,
                               .stop = "",
                               .temperature = how->temperature,
                               .seed = how->seed };
    ll_lm_sample *s = calloc((size_t)samples, sizeof *s);
    if (!s) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld samples", (long long)samples);
    ll_status status = ll_lm_sample_text(how->lm, &ask, s, err);
    for (int64_t i = 0; i < samples && status == LL_OK; i++) {
        status = put(&out->of[out->n], prompt, text.at + text.size - kept, kept, most, &s[i], err);
        if (status == LL_OK) out->drawn += out->of[out->n++].tokens, out->samples++;
    }
    ll_lm_samples_clear(s, samples);
    free(s);
    return status;
}

static ll_status make(ll_answers *out, const ll_answering *how, int64_t n, ll_error *err) {
    *out = (ll_answers) { .prompts = how->prompts, .of = calloc((size_t)n + 1, sizeof *out->of) };
    return out->of ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld answers", (long long)n);
}

ll_status ll_answers_draw(ll_answers *out, const ll_answering *how, int64_t samples, ll_error *err) {
    const ll_prompts *p = how->prompts;
    ll_status s = make(out, how, samples * p->n, err);
    for (int64_t i = 0; i < p->n && s == LL_OK; i++)
        s = draw(out, how, i, (ll_span) { p->text[i], p->size[i] }, 0, how->most, samples, err);
    if (s != LL_OK) ll_answers_clear(out);
    return s;
}

/* Tokens are left in the measure in which bytes are. */
ll_status ll_answers_again(ll_answers *out, const ll_answering *how, const ll_loop_answer *of, int64_t samples,
                           ll_error *err) {
    const ll_prompts *p = how->prompts;
    const size_t kept = of->from < of->size ? of->from : 0, size = p->size[of->prompt];
    int64_t most = how->most - (of->size ? (int64_t)((double)of->tokens * (double)kept / (double)of->size) : 0);
    if (most < 1) most = 1;
    char *text = malloc(size + kept + 1);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory for an answer");
    memcpy(text, p->text[of->prompt], size);
    if (kept) memcpy(text + size, of->text, kept);
    ll_status s = make(out, how, samples, err);
    if (s == LL_OK) s = draw(out, how, of->prompt, (ll_span) { text, size + kept }, kept, most, samples, err);
    free(text);
    if (s != LL_OK) ll_answers_clear(out);
    return s;
}

void ll_answers_clear(ll_answers *a) {
    for (int64_t i = 0; i < a->n; i++) free(a->of[i].text);
    free(a->of);
    *a = (ll_answers) { 0 };
}

void ll_answer_swap(ll_loop_answer *a, ll_loop_answer *b) {
    const ll_loop_answer keep = *a;
    *a = *b;
    *b = keep;
}

/* ---- as tokens ---- */

typedef struct encoding {
    ll_answer_texts *out;
    ll_tokens tokens;
    int64_t used, room;
} encoding;

/* Behind those that are there; *at is where they begin. */
static ll_status keep(encoding *e, bool ended, int32_t end, int64_t *at, int64_t *n, ll_error *err) {
    *at = e->used;
    *n = e->tokens.n + ended;
    if (e->used + *n > e->room) {
        e->room = 2 * (e->used + *n);
        int32_t *bigger = realloc(e->out->block, (size_t)e->room * sizeof *bigger);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for answers");
        e->out->block = bigger;
    }
    for (int64_t i = 0; i < e->tokens.n; i++) e->out->block[e->used++] = e->tokens.at[i];
    if (ended) e->out->block[e->used++] = end;
    return LL_OK;
}

static ll_status encode(encoding *e, ll_lm *lm, const ll_tokenizer *t, const ll_answers *answers, int64_t i,
                        int64_t *at, ll_error *err) {
    const ll_loop_answer *a = &answers->of[i];
    const ll_prompts *p = answers->prompts;
    const ll_lm_ask ask = { { p->text[a->prompt], p->size[a->prompt] }, { a->text, a->size } };
    size_t size, said = 0;
    char *text = ll_lm_ask_text(&ask, &size);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory for an answer");
    ll_status s = ll_lm_local_encode(lm, (ll_span) { text, size }, &e->tokens, err);
    free(text);
    LL_TRY(s);
    ll_tuning_text *to = &e->out->of[i];
    while (to->prompt < e->tokens.n) {
        const int64_t token = e->tokens.at[to->prompt];
        if ((said += ll_tokenizer_piece_size(t, token)) > p->size[a->prompt]) break;
        to->prompt++;
    }
    if (to->prompt < 1) to->prompt = 1;
    LL_TRY(keep(e, a->ended && t->end >= 0, t->end, at, &to->n, err));
    if (to->prompt >= to->n) to->n = 0;
    return LL_OK;
}

ll_status ll_answers_encode(ll_answer_texts *out, ll_lm *local, const ll_tokenizer *t, const ll_answers *answers,
                            ll_error *err) {
    encoding e = { .out = out };
    int64_t *at = calloc((size_t)answers->n + 1, sizeof *at);
    *out = (ll_answer_texts) { .of = calloc((size_t)answers->n + 1, sizeof *out->of), .n = answers->n };
    ll_status s = at && out->of ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for answers");
    for (int64_t i = 0; i < answers->n && s == LL_OK; i++) s = encode(&e, local, t, answers, i, &at[i], err);
    for (int64_t i = 0; i < answers->n && s == LL_OK; i++) out->of[i].token = out->block + at[i];
    ll_tokens_clear(&e.tokens);
    free(at);
    if (s != LL_OK) ll_answer_texts_clear(out);
    return s;
}

void ll_answer_texts_clear(ll_answer_texts *t) {
    free(t->of);
    free(t->block);
    *t = (ll_answer_texts) { 0 };
}
