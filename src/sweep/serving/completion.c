#include "sweep/serving/completion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "probe/endpoint/token_text.h"
#include "probe/local_lm.h"

typedef struct completing {
    ll_lm *lm;
    const ll_tokenizer *tokenizer;
    const ll_completion_ask *ask;
    ll_json *choices;
    int64_t read, drawn; /* tokens, for the usage */
} completing;

/* A prompt as it is at work on. */
typedef struct prompt {
    ll_tokens tokens;
    char *text; /* [size] and a NUL */
    size_t size;
    ll_lm_token *said; /* [tokens.n]; NULL: not asked */
    int32_t *token;    /* [n,max_tokens] drawn */
    double *logprob;   /* [n,max_tokens] of them */
    int64_t *length;   /* [n] how many */
    int64_t most;
} prompt;

static void clear_prompt(prompt *p) {
    ll_tokens_clear(&p->tokens);
    free(p->text);
    free(p->said);
    free(p->token);
    free(p->logprob);
    free(p->length);
}

/* ---- prompts ---- */

static ll_status take_tokens(const completing *c, const ll_completion_prompt *from, prompt *p, ll_error *err) {
    for (int64_t i = 0; i < from->n; i++) {
        if (from->token[i] >= c->tokenizer->vocab)
            return LL_FAIL(err, LL_EINPUT, "prompt: token %lld is %d, expected 0 to %lld", (long long)i + 1,
                           (int)from->token[i], (long long)c->tokenizer->vocab - 1);
        LL_TRY(ll_tokens_push(&p->tokens, (uint16_t)from->token[i], err));
    }
    return LL_OK;
}

/* Whether its tokens are those of its text: what is drawn goes on from the text. */
static ll_status check_tokens(const completing *c, const prompt *p, ll_error *err) {
    ll_tokens again = { 0 };
    ll_status status = ll_lm_local_encode(c->lm, (ll_span) { p->text, p->size }, &again, err);
    const bool same = status == LL_OK && again.n == p->tokens.n &&
                      memcmp(again.at, p->tokens.at, (size_t)again.n * sizeof *again.at) == 0;
    ll_tokens_clear(&again);
    if (status != LL_OK || same) return status;
    return LL_FAIL(err, LL_EINPUT, "prompt: the tokenizer says its text with other tokens; expected the text");
}

static ll_status read_prompt(const completing *c, const ll_completion_prompt *from, prompt *p, ll_error *err) {
    const ll_span text = { from->text, from->text ? strlen(from->text) : 0 };
    if (from->text) LL_TRY(ll_lm_local_encode(c->lm, text, &p->tokens, err));
    else LL_TRY(take_tokens(c, from, p, err));
    p->size = ll_tokenizer_decode(c->tokenizer, p->tokens.at, p->tokens.n, NULL);
    p->text = malloc(p->size + 1);
    if (!p->text) return LL_FAIL(err, LL_ENOMEM, "out of memory for a prompt");
    ll_tokenizer_decode(c->tokenizer, p->tokens.at, p->tokens.n, (uint8_t *)p->text);
    p->text[p->size] = 0;
    return from->text || !c->ask->max_tokens ? LL_OK : check_tokens(c, p, err);
}

/* What the model says of each of their tokens. */
static ll_status hear(const completing *c, prompt *p, ll_error *err) {
    const int64_t n = c->ask->n_prompts;
    ll_lm_text *text = calloc((size_t)n, sizeof *text);
    ll_status status = text ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld prompts", (long long)n);
    for (int64_t i = 0; i < n && status == LL_OK; i++) {
        const int64_t size = p[i].tokens.n;
        int32_t *token = malloc((size_t)size * sizeof *token);
        p[i].said = malloc((size_t)size * sizeof *p[i].said);
        text[i] = (ll_lm_text) { .token = token, .n = size, .said = p[i].said };
        if (!token || !p[i].said)
            status = LL_FAIL(err, LL_ENOMEM, "out of memory for %lld tokens", (long long)size);
        for (int64_t t = 0; t < size && status == LL_OK; t++) token[t] = p[i].tokens.at[t];
    }
    if (status == LL_OK) status = ll_lm_local_tokens(c->lm, text, n, err);
    for (int64_t i = 0; text && i < n; i++) free((int32_t *)text[i].token);
    free(text);
    return status;
}

/* ---- a choice ---- */

/* Its tokens, echoed and drawn. */
typedef struct choice {
    const completing *c;
    const prompt *p;
    int64_t j, echoed, n;
    char *bytes;   /* what they say, one behind the other */
    size_t *begin; /* [n + 1] */
} choice;

static uint16_t token_at(const choice *o, int64_t i) {
    return (uint16_t)(i < o->echoed ? o->p->tokens.at[i] : o->p->token[o->j * o->p->most + i - o->echoed]);
}

static double logprob_at(const choice *o, int64_t i) {
    return i < o->echoed ? o->p->said[i].logprob : o->p->logprob[o->j * o->p->most + i - o->echoed];
}

static ll_json *name_json(const ll_tokenizer *t, uint16_t token) {
    size_t size;
    const uint8_t *piece = ll_tokenizer_piece(t, token, &size);
    char *name = ll_token_name((const char *)piece, size);
    ll_json *v = name ? ll_json_str(name) : NULL;
    free(name);
    return v;
}

static ll_json *top_json(const choice *o, int64_t i) {
    if (i >= o->echoed || isnan(o->p->said[i].logprob)) return ll_json_num(NAN);
    ll_json *top = ll_json_object(), *name = name_json(o->c->tokenizer, (uint16_t)o->p->said[i].likeliest);
    const char *key = ll_json_as_str(name);
    if (key) ll_json_set_num(top, key, o->p->said[i].most);
    ll_json_free(name);
    return top;
}

static ll_json *offsets_json(const choice *o) {
    ll_json *list = ll_json_array();
    size_t at = 0;
    int64_t chars = 0;
    for (int64_t i = 0; i < o->n; i++) {
        bool whole;
        while (at < o->begin[i]) {
            const size_t next = at + (size_t)ll_token_char(o->bytes + at, o->begin[o->n] - at, &whole);
            if (next > o->begin[i]) break;
            at = next;
            chars++;
        }
        ll_json_push(list, ll_json_int(chars));
    }
    return list;
}

static ll_json *logprobs_json(const choice *o) {
    ll_json *doc = ll_json_object(), *tokens = ll_json_array(), *logprobs = ll_json_array(), *top = ll_json_array();
    for (int64_t i = 0; i < o->n; i++) {
        ll_json_push(tokens, name_json(o->c->tokenizer, token_at(o, i)));
        ll_json_push(logprobs, ll_json_num(logprob_at(o, i)));
        if (o->c->ask->logprobs > 0) ll_json_push(top, top_json(o, i));
    }
    ll_json_set(doc, "tokens", tokens);
    ll_json_set(doc, "token_logprobs", logprobs);
    ll_json_set(doc, "top_logprobs", top);
    ll_json_set(doc, "text_offset", offsets_json(o));
    return doc;
}

static ll_status lay_out(choice *o, ll_error *err) {
    const ll_tokenizer *t = o->c->tokenizer;
    o->begin = calloc((size_t)o->n + 1, sizeof *o->begin);
    if (!o->begin) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld tokens", (long long)o->n);
    for (int64_t i = 0; i < o->n; i++) o->begin[i + 1] = o->begin[i] + ll_tokenizer_piece_size(t, token_at(o, i));
    o->bytes = malloc(o->begin[o->n] + 1);
    if (!o->bytes) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld tokens", (long long)o->n);
    for (int64_t i = 0; i < o->n; i++) {
        const uint16_t token = token_at(o, i);
        ll_tokenizer_decode(t, &token, 1, (uint8_t *)o->bytes + o->begin[i]);
    }
    return LL_OK;
}

/* Its own end, or the stop, ended it, and not the number of tokens. */
static bool has_stopped(const choice *o, const ll_lm_sample *s) {
    const size_t drawn = o->begin[o->n] - o->begin[o->echoed];
    return o->n > o->echoed && (drawn != s->size || token_at(o, o->n - 1) == o->c->tokenizer->end);
}

static ll_status add_choice(completing *c, const prompt *p, const ll_lm_sample *s, int64_t j, int64_t index,
                            ll_error *err) {
    choice o = { .c = c, .p = p, .j = j, .echoed = c->ask->echo ? p->tokens.n : 0 };
    o.n = o.echoed + (p->most ? p->length[j] : 0);
    ll_status status = lay_out(&o, err);
    if (status == LL_OK) {
        ll_json *doc = ll_json_object();
        char *text = ll_token_text(o.bytes, o.begin[o.echoed] + (s ? s->size : 0));
        ll_json_set(doc, "text", text ? ll_json_str(text) : NULL);
        ll_json_set_int(doc, "index", index);
        ll_json_set(doc, "logprobs", c->ask->logprobs >= 0 ? logprobs_json(&o) : ll_json_num(NAN));
        ll_json_set_str(doc, "finish_reason", s && has_stopped(&o, s) ? "stop" : "length");
        ll_json_push(c->choices, doc);
        free(text);
        c->drawn += o.n - o.echoed;
    }
    free(o.bytes);
    free(o.begin);
    return status;
}

/* ---- what is drawn ---- */

static void take_drawn(void *ctx, int64_t j, int32_t token, double logprob) {
    prompt *p = ctx;
    const int64_t i = p->length[j];
    if (i >= p->most) return;
    p->token[j * p->most + i] = token;
    p->logprob[j * p->most + i] = logprob;
    p->length[j]++;
}

static ll_status draw(const completing *c, prompt *p, ll_lm_sample *out, ll_error *err) {
    const size_t n = (size_t)c->ask->n, most = (size_t)c->ask->max_tokens;
    p->most = c->ask->max_tokens;
    p->token = calloc(n * most, sizeof *p->token);
    p->logprob = calloc(n * most, sizeof *p->logprob);
    p->length = calloc(n, sizeof *p->length);
    if (!p->token || !p->logprob || !p->length) return LL_FAIL(err, LL_ENOMEM, "out of memory for samples");
    const ll_lm_prompt asked = { .text = { p->text, p->size },
                                 .samples = c->ask->n,
                                 .most = p->most,
                                 .stop = c->ask->stop,
                                 .temperature = c->ask->temperature,
                                 .seed = (uint64_t)c->ask->seed,
                                 .drawn = take_drawn,
                                 .ctx = p };
    return ll_lm_sample_text(c->lm, &asked, out, err);
}

static ll_status complete_prompt(completing *c, prompt *p, int64_t first, ll_error *err) {
    const int64_t n = c->ask->n;
    ll_lm_sample *samples = c->ask->max_tokens ? calloc((size_t)n, sizeof *samples) : NULL;
    if (c->ask->max_tokens && !samples) return LL_FAIL(err, LL_ENOMEM, "out of memory for samples");
    ll_status status = samples ? draw(c, p, samples, err) : LL_OK;
    for (int64_t j = 0; j < n && status == LL_OK; j++)
        status = add_choice(c, p, samples ? &samples[j] : NULL, j, first + j, err);
    if (samples) ll_lm_samples_clear(samples, n);
    free(samples);
    return status;
}

/* ---- the whole ---- */

static ll_status check_size(const completing *c, const prompt *p, int64_t n, ll_error *err) {
    double tokens = 0;
    for (int64_t i = 0; i < n; i++)
        tokens += (double)c->ask->n * (double)(c->ask->max_tokens + (c->ask->echo ? p[i].tokens.n : 0));
    if (tokens <= LL_COMPLETION_TOKENS) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "the answer may have %g tokens, expected %d at most: ask for less at once",
                   tokens, LL_COMPLETION_TOKENS);
}

static ll_status complete_all(completing *c, prompt *p, ll_error *err) {
    const int64_t n = c->ask->n_prompts;
    for (int64_t i = 0; i < n; i++) LL_TRY(read_prompt(c, &c->ask->prompt[i], &p[i], err));
    LL_TRY(check_size(c, p, n, err));
    if (c->ask->echo && c->ask->logprobs >= 0) LL_TRY(hear(c, p, err));
    for (int64_t i = 0; i < n; i++) {
        LL_TRY(complete_prompt(c, &p[i], i * c->ask->n, err));
        c->read += p[i].tokens.n;
    }
    return LL_OK;
}

static ll_status write_answer(const completing *c, ll_json *doc, char **out, ll_error *err) {
    ll_json *usage = ll_json_group(doc, "usage");
    ll_json_set_int(usage, "prompt_tokens", c->read);
    ll_json_set_int(usage, "completion_tokens", c->drawn);
    ll_json_set_int(usage, "total_tokens", c->read + c->drawn);
    *out = ll_json_text(doc, false);
    return *out ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for an answer");
}

ll_status ll_complete(ll_lm *lm, const ll_tokenizer *tokenizer, const ll_completion_ask *ask, char **out,
                      ll_error *err) {
    ll_json *doc = ll_json_object();
    completing c = { .lm = lm, .tokenizer = tokenizer, .ask = ask };
    prompt *p = calloc((size_t)ask->n_prompts, sizeof *p);
    ll_status status = p ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for prompts");
    ll_json_set_str(doc, "id", "cmpl-0");
    ll_json_set_str(doc, "object", "text_completion");
    ll_json_set_int(doc, "created", (int64_t)ll_clock_unix());
    ll_json_set_str(doc, "model", lm->name);
    ll_json_set(doc, "choices", c.choices = ll_json_array());
    if (status == LL_OK) status = complete_all(&c, p, err);
    if (status == LL_OK) status = write_answer(&c, doc, out, err);
    for (int64_t i = 0; p && i < ask->n_prompts; i++) clear_prompt(&p[i]);
    free(p);
    ll_json_free(doc);
    return status;
}
