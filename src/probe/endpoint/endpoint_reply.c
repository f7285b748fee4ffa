#include "probe/endpoint/endpoint_reply.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/json.h"
#include "base/words/text.h"
#include "probe/endpoint/token_text.h"

enum { BEFORE_MOST = 2 }; /* tokens of no text before it, such as <s> */
#define ROUNDING 1e-6     /* a log-probability in single precision may be so far above 0 */

/* ---- the document ---- */

static ll_status parse(const char *body, size_t size, const char *where, ll_json **doc, ll_error *err) {
    ll_error why = { 0 };
    const ll_status status = ll_json_parse(body, size, "answer", doc, &why);
    if (status == LL_OK || status == LL_ENOMEM)
        return status == LL_OK ? status : LL_FAIL(err, status, "%s", why.msg);
    return LL_FAIL(err, LL_EIO, "%s: expected JSON: %.200s", where, why.msg);
}

static bool is_list(const ll_json *v) {
    return ll_json_kind_of(v) == LL_JSON_ARRAY;
}

/* choice [n], each by its index; without one, by its place. */
static ll_status find_choices(const ll_json *doc, const ll_json **choice, int64_t n, const char *where,
                              ll_error *err) {
    const ll_json *list = ll_json_get(doc, "choices");
    if (!is_list(list) || (int64_t)ll_json_size(list) != n)
        return LL_FAIL(err, LL_EIO, "%s: %lld choices, expected %lld", where,
                       is_list(list) ? (long long)ll_json_size(list) : 0, (long long)n);
    for (int64_t i = 0; i < n; i++) {
        const ll_json *c = ll_json_at(list, (size_t)i);
        const int64_t at = ll_json_get(c, "index") ? ll_json_get_int(c, "index", -1) : i;
        if (at < 0 || at >= n || choice[at])
            return LL_FAIL(err, LL_EIO, "%s: choice %lld has index %lld, expected each of 0 to %lld once", where,
                           (long long)i + 1, (long long)at, (long long)n - 1);
        choice[at] = c;
    }
    return LL_OK;
}

/* ---- the tokens of a choice ---- */

typedef struct said {
    int64_t n; /* tokens */
    const ll_json *tokens, *logprobs;
    char *bytes;   /* what the tokens say, one behind the other */
    size_t *begin; /* [n + 1] where each does */
} said;

static void clear_said(said *s) {
    free(s->bytes);
    free(s->begin);
}

static ll_status join(said *s, ll_error *err) {
    size_t room = 1;
    for (int64_t i = 0; i < s->n; i++) {
        const char *name = ll_json_as_str(ll_json_at(s->tokens, (size_t)i));
        if (!name) return LL_FAIL(err, LL_EIO, "token %lld is no string", (long long)i + 1);
        room += strlen(name);
    }
    s->bytes = malloc(room);
    s->begin = calloc((size_t)s->n + 1, sizeof *s->begin);
    if (!s->bytes || !s->begin) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld tokens", (long long)s->n);
    for (int64_t i = 0; i < s->n; i++)
        s->begin[i + 1] =
            s->begin[i] + ll_token_bytes(ll_json_as_str(ll_json_at(s->tokens, (size_t)i)), s->bytes + s->begin[i]);
    return LL_OK;
}

static ll_status as_long(const ll_json *list, const char *name, int64_t n, ll_error *err) {
    if (is_list(list) && (int64_t)ll_json_size(list) == n) return LL_OK;
    if (!is_list(list)) return LL_FAIL(err, LL_EIO, "no list '%s' beside its tokens", name);
    return LL_FAIL(err, LL_EIO, "%lld tokens, but %zu '%s'", (long long)n, ll_json_size(list), name);
}

static ll_status read_said(const ll_json *choice, said *s, ll_error *err) {
    const ll_json *o = ll_json_get(choice, "logprobs");
    *s = (said) { .tokens = ll_json_get(o, "tokens"), .logprobs = ll_json_get(o, "token_logprobs") };
    if (!is_list(s->tokens))
        return LL_FAIL(err, LL_EIO, "no 'logprobs.tokens': expected log-probabilities of its tokens");
    s->n = (int64_t)ll_json_size(s->tokens);
    LL_TRY(as_long(s->logprobs, "token_logprobs", s->n, err));
    return join(s, err);
}

/* NaN where there is none. */
static ll_status logprob_of(const said *s, int64_t i, double *out, ll_error *err) {
    *out = ll_json_as_num(ll_json_at(s->logprobs, (size_t)i));
    if (*out <= ROUNDING) return LL_OK;
    if (isnan(*out))
        return LL_FAIL(err, LL_EIO, "token %lld has no log-probability%s", (long long)i + 1,
                       i == 0 ? ": nothing predicts the first one; expected a longer context" : "");
    return LL_FAIL(err, LL_EIO, "token %lld has a log-probability of %g, expected 0 or below", (long long)i + 1,
                   *out);
}

/* ---- where they lie in a text ---- */

static ll_status check_offsets(const said *s, const ll_json *offsets, ll_error *err) {
    int64_t last = 0;
    LL_TRY(as_long(offsets, "text_offset", s->n, err));
    for (int64_t i = 0; i < s->n; i++) {
        const double at = ll_json_as_num(ll_json_at(offsets, (size_t)i));
        if (!(at >= (double)last && at <= (double)s->begin[s->n]))
            return LL_FAIL(err, LL_EIO, "the offset of token %lld is %g, expected %lld to %zu", (long long)i + 1,
                           at, (long long)last, s->begin[s->n]);
        last = (int64_t)at;
    }
    return LL_OK;
}

/* The tokens say the text: moves them so that it begins at 0. *first: the first token that is the text's. */
static bool lie_by_bytes(said *s, const char *text, size_t size, int64_t *first) {
    for (int64_t k = 0; k <= BEFORE_MOST && k < s->n; k++) {
        const size_t from = s->begin[k];
        if (s->begin[s->n] - from < size || memcmp(s->bytes + from, text, size) != 0) continue;
        for (int64_t i = k; i <= s->n; i++) s->begin[i] -= from;
        *first = k;
        return true;
    }
    return false;
}

/* Characters become bytes of the text; what lies behind it lies at its end. */
static void lie_by_offsets(said *s, const ll_json *offsets, const char *text, size_t size) {
    size_t at = 0;
    int64_t chars = 0;
    bool whole;
    for (int64_t i = 0; i < s->n; i++) {
        const int64_t want = (int64_t)ll_json_as_num(ll_json_at(offsets, (size_t)i));
        for (; chars < want && at < size; chars++) at += (size_t)ll_token_char(text + at, size - at, &whole);
        s->begin[i] = at;
    }
    s->begin[s->n] = size;
}

static ll_status lie(said *s, const ll_json *choice, const char *text, size_t size, int64_t *first, ll_error *err) {
    const ll_json *offsets = ll_json_get(ll_json_get(choice, "logprobs"), "text_offset");
    const bool told = ll_json_kind_of(offsets) > LL_JSON_NULL;
    *first = 0;
    if (told) LL_TRY(check_offsets(s, offsets, err));
    if (lie_by_bytes(s, text, size, first)) return LL_OK;
    if (!told)
        return LL_FAIL(err, LL_EIO, "its tokens are not the text that was asked, and there is no 'text_offset'");
    lie_by_offsets(s, offsets, text, size);
    return LL_OK;
}

/* ---- scores ---- */

/* Whether the token is among the likeliest that are told, and none of them is likelier. */
static ll_status is_likeliest(const said *s, const ll_json *top, int64_t i, double logprob, bool *likeliest,
                              ll_error *err) {
    const ll_json *of = ll_json_at(top, (size_t)i), *v;
    const char *name = ll_json_as_str(ll_json_at(s->tokens, (size_t)i)), *key = NULL;
    *likeliest = false;
    if (ll_json_kind_of(of) != LL_JSON_OBJECT || !ll_json_next(of, NULL, &v))
        return LL_FAIL(err, LL_EIO, "token %lld: no likeliest one in 'top_logprobs'", (long long)i + 1);
    bool there = false, beaten = false;
    while ((key = ll_json_next(of, key, &v))) {
        there |= strcmp(key, name) == 0;
        beaten |= !(ll_json_as_num(v) <= logprob);
    }
    *likeliest = there && !beaten;
    return LL_OK;
}

static ll_status add_up(const said *s, const ll_json *choice, int64_t first, size_t context, size_t size,
                        ll_lm_score *out, ll_error *err) {
    const ll_json *top = ll_json_get(ll_json_get(choice, "logprobs"), "top_logprobs");
    LL_TRY(as_long(top, "top_logprobs", s->n, err));
    *out = (ll_lm_score) { .greedy = true };
    for (int64_t i = first; i < s->n && s->begin[i] < size; i++) {
        double logprob;
        bool likeliest;
        if (s->begin[i] < context && s->begin[i + 1] <= context) continue;
        LL_TRY(logprob_of(s, i, &logprob, err));
        LL_TRY(is_likeliest(s, top, i, logprob, &likeliest, err));
        out->logprob += logprob;
        out->greedy &= likeliest;
        out->tokens++;
    }
    return out->tokens ? LL_OK : LL_FAIL(err, LL_EIO, "no token holds a byte of what is to be scored");
}

static ll_status score(const ll_json *choice, const ll_lm_ask *ask, ll_lm_score *out, ll_error *err) {
    size_t size;
    char *text = ll_lm_ask_text(ask, &size);
    said s = { 0 };
    int64_t first;
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory for a text of %zu bytes", size);
    ll_status status = read_said(choice, &s, err);
    if (status == LL_OK) status = lie(&s, choice, text, size, &first, err);
    if (status == LL_OK) status = add_up(&s, choice, first, ask->context.size, size, out, err);
    clear_said(&s);
    free(text);
    return status;
}

/* ---- samples ---- */

/* The bytes that the tokens tell, where the text stands for them; else the text. */
static ll_status take_text(const said *s, const char *text, const char *stop, ll_lm_sample *out, ll_error *err) {
    const size_t meant = ll_token_meant(text, s->bytes, s->begin[s->n]);
    const char *bytes = meant == SIZE_MAX ? text : s->bytes;
    out->size = meant == SIZE_MAX ? strlen(text) : meant;
    out->text = malloc(out->size + 1);
    if (!out->text) return LL_FAIL(err, LL_ENOMEM, "out of memory for a text of %zu bytes", out->size);
    memcpy(out->text, bytes, out->size);
    out->text[out->size] = 0;
    const char *end = *stop ? strstr(out->text, stop) : NULL;
    if (end) out->size = (size_t)(end - out->text);
    out->text[out->size] = 0;
    return LL_OK;
}

static ll_status take_sample(const ll_json *choice, const ll_lm_prompt *prompt, ll_lm_sample *out, ll_error *err) {
    const char *text = ll_json_get_str(choice, "text");
    said s = { 0 };
    if (!text) return LL_FAIL(err, LL_EIO, "no 'text'");
    ll_status status = read_said(choice, &s, err);
    if (status == LL_OK && s.n > prompt->most)
        status =
            LL_FAIL(err, LL_EIO, "%lld tokens, expected %lld at most", (long long)s.n, (long long)prompt->most);
    for (int64_t i = 0; i < s.n && status == LL_OK; i++) {
        double logprob;
        status = logprob_of(&s, i, &logprob, err);
        out->logprob += logprob;
    }
    out->tokens = s.n;
    if (status == LL_OK) status = take_text(&s, text, prompt->stop ? prompt->stop : "", out, err);
    clear_said(&s);
    return status;
}

/* ---- what is asked ---- */

typedef struct taking {
    const ll_lm_ask *ask; /* NULL: samples of the prompt */
    const ll_lm_prompt *prompt;
    ll_lm_score *score;
    ll_lm_sample *sample;
} taking;

static ll_status take_choices(const ll_json *doc, const taking *t, int64_t n, const char *where, ll_error *err) {
    const ll_json **choice = calloc((size_t)n, sizeof(ll_json *));
    if (!choice) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld choices", (long long)n);
    ll_status status = find_choices(doc, choice, n, where, err);
    for (int64_t i = 0; i < n && status == LL_OK; i++) {
        status = t->ask ? score(choice[i], &t->ask[i], &t->score[i], err)
                        : take_sample(choice[i], t->prompt, &t->sample[i], err);
        if (status != LL_OK) ll_error_prefix(err, "%s: choice %lld", where, (long long)i + 1);
    }
    free(choice);
    return status;
}

static ll_status take_all(const char *body, size_t size, const taking *t, int64_t n, const char *where,
                          ll_error *err) {
    ll_json *doc;
    LL_TRY(parse(body, size, where, &doc, err));
    const ll_status status = take_choices(doc, t, n, where, err);
    ll_json_free(doc);
    return status;
}

ll_status ll_reply_scores(const char *body, size_t size, const ll_lm_ask *ask, int64_t n, ll_lm_score *out,
                          const char *where, ll_error *err) {
    return take_all(body, size, &(taking) { .ask = ask, .score = out }, n, where, err);
}

ll_status ll_reply_samples(const char *body, size_t size, const ll_lm_prompt *prompt, int64_t n, ll_lm_sample *out,
                           const char *where, ll_error *err) {
    memset(out, 0, (size_t)n * sizeof *out);
    return take_all(body, size, &(taking) { .prompt = prompt, .sample = out }, n, where, err);
}

static bool is_called(const char *id, const char *name) {
    const char *last = strrchr(id, '/');
    return strcmp(id, name) == 0 || (last && strcmp(last + 1, name) == 0);
}

ll_status ll_reply_model(const char *body, size_t size, char *name, size_t name_size, int64_t *context,
                         const char *where, ll_error *err) {
    ll_json *doc;
    bool found = false;
    LL_TRY(parse(body, size, where, &doc, err));
    const ll_json *list = ll_json_get(doc, "data");
    for (size_t i = 0; i < ll_json_size(list) && !found; i++) {
        const char *id = ll_json_get_str(ll_json_at(list, i), "id");
        const int64_t seen = ll_json_get_int(ll_json_at(list, i), "max_model_len", 0);
        found = id && *id && strlen(id) < name_size && (!*name || is_called(id, name));
        if (found && !*name) strcpy(name, id);
        if (found) *context = seen > 0 ? seen : 0;
    }
    ll_json_free(doc);
    return found ? LL_OK : LL_FAIL(err, LL_EIO, "%s: expected a list of models, 'data[].id'", where);
}

void ll_reply_complaint(const char *body, size_t size, char *out, size_t out_size) {
    ll_json *doc = NULL;
    *out = 0;
    if (ll_json_parse(body, size, "", &doc, NULL) != LL_OK) return;
    const ll_json *e = ll_json_get(doc, "error"), *in = ll_json_kind_of(e) == LL_JSON_OBJECT ? e : doc;
    const char *message = ll_json_get_str(in, "message");
    if (!message) message = ll_json_as_str(e);
    if (message) ll_text_visible(message, out, out_size);
    ll_json_free(doc);
}
