#include "sweep/serving/completion_ask.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SAMPLES = 1024 };

/* ---- keys ---- */

typedef ll_status reader(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err);

static bool is_whole(const ll_json *object, const char *key, int64_t *v) {
    *v = ll_json_get_int(object, key, 0);
    return *v != 0 || ll_json_get_int(object, key, 1) == 0;
}

static ll_status read_model(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    const char *name = ll_json_as_str(v);
    if (!name || strlen(name) >= sizeof ask->model)
        return LL_FAIL(err, LL_EINPUT, "%s: expected a model's name", key);
    strcpy(ask->model, name);
    return LL_OK;
}

static ll_status read_int(int64_t *to, const ll_completion_ask *ask, const char *key, int64_t least, int64_t most,
                          ll_error *err) {
    if (is_whole(ask->doc, key, to) && *to >= least && *to <= most) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: expected a whole number from %lld to %lld", key, (long long)least,
                   (long long)most);
}

static ll_status read_max_tokens(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    (void)v;
    return read_int(&ask->max_tokens, ask, key, 0, LL_COMPLETION_TOKENS, err);
}

static ll_status read_n(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    (void)v;
    return read_int(&ask->n, ask, key, 1, MOST_SAMPLES, err);
}

static ll_status read_logprobs(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    (void)v;
    return read_int(&ask->logprobs, ask, key, 0, 1, err);
}

static ll_status read_seed(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    (void)v;
    ask->seeded = true;
    return read_int(&ask->seed, ask, key, INT64_MIN, INT64_MAX, err);
}

static ll_status read_temperature(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    ask->temperature = ll_json_as_num(v);
    if (ask->temperature >= 0 && ask->temperature <= 100) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: expected a number from 0 to 100", key);
}

static ll_status read_echo(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    return ll_json_as_bool(v, &ask->echo) ? LL_OK : LL_FAIL(err, LL_EINPUT, "%s: expected true or false", key);
}

static ll_status read_stop(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    const bool list = ll_json_kind_of(v) == LL_JSON_ARRAY;
    if (list && ll_json_size(v) == 0) return LL_OK;
    ask->stop = ll_json_as_str(list && ll_json_size(v) == 1 ? ll_json_at(v, 0) : v);
    if (ask->stop) return LL_OK;
    ask->stop = "";
    return LL_FAIL(err, LL_EINPUT, "%s: expected one text", key);
}

static ll_status pass_over(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    (void)ask, (void)key, (void)v, (void)err;
    return LL_OK;
}

/* ---- prompts ---- */

static ll_status read_tokens(ll_completion_prompt *to, const ll_json *list, ll_error *err) {
    to->n = (int64_t)ll_json_size(list);
    to->token = malloc((size_t)to->n * sizeof *to->token + 1);
    if (!to->token) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld tokens", (long long)to->n);
    for (int64_t i = 0; i < to->n; i++) {
        const double v = ll_json_as_num(ll_json_at(list, (size_t)i));
        if (!(v >= 0 && v <= INT32_MAX && v == floor(v)))
            return LL_FAIL(err, LL_EINPUT, "prompt: token %lld is no whole number from 0", (long long)i + 1);
        to->token[i] = (int32_t)v;
    }
    return LL_OK;
}

static ll_status read_one_prompt(ll_completion_prompt *to, const ll_json *v, ll_error *err) {
    to->text = ll_json_as_str(v);
    if (!to->text && ll_json_kind_of(v) != LL_JSON_ARRAY)
        return LL_FAIL(err, LL_EINPUT, "prompt: expected a text or a list of tokens");
    if (!to->text) LL_TRY(read_tokens(to, v, err));
    if (to->text ? *to->text != 0 : to->n > 0) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "prompt: it is empty, expected at least one token");
}

/* A text, texts, tokens, or lists of tokens. */
static ll_status read_prompt(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    const bool list = ll_json_kind_of(v) == LL_JSON_ARRAY && isnan(ll_json_as_num(ll_json_at(v, 0)));
    const int64_t n = list ? (int64_t)ll_json_size(v) : 1;
    if (n < 1 || n > LL_COMPLETION_PROMPTS)
        return LL_FAIL(err, LL_EINPUT, "%s: %lld of them, expected 1 to %d", key, (long long)n,
                       LL_COMPLETION_PROMPTS);
    ask->prompt = calloc((size_t)n, sizeof *ask->prompt);
    if (!ask->prompt) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld prompts", (long long)n);
    ask->n_prompts = n;
    for (int64_t i = 0; i < n; i++)
        LL_TRY(read_one_prompt(&ask->prompt[i], list ? ll_json_at(v, (size_t)i) : v, err));
    return LL_OK;
}

/* ---- what is not offered: fine where it says that it is not wanted ---- */

static ll_status expect(bool neutral, const char *key, const char *value, ll_error *err) {
    return neutral ? LL_OK : LL_FAIL(err, LL_EINPUT, "%s: only %s is offered here", key, value);
}

static ll_status expect_one(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    (void)ask;
    return expect(ll_json_as_num(v) == 1, key, "1", err);
}

static ll_status expect_zero(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    (void)ask;
    return expect(ll_json_as_num(v) == 0, key, "0", err);
}

static ll_status expect_false(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    bool truth;
    (void)ask;
    return expect(ll_json_as_bool(v, &truth) && !truth, key, "false", err);
}

static ll_status expect_null(ll_completion_ask *ask, const char *key, const ll_json *v, ll_error *err) {
    (void)ask, (void)v;
    return expect(false, key, "null", err);
}

static const struct {
    const char *name;
    reader *read;
} keys[] = {
    { "model", read_model },
    { "prompt", read_prompt },
    { "max_tokens", read_max_tokens },
    { "n", read_n },
    { "temperature", read_temperature },
    { "stop", read_stop },
    { "seed", read_seed },
    { "echo", read_echo },
    { "logprobs", read_logprobs },
    { "user", pass_over },
    { "best_of", expect_one },
    { "top_p", expect_one },
    { "frequency_penalty", expect_zero },
    { "presence_penalty", expect_zero },
    { "stream", expect_false },
    { "stream_options", expect_null },
    { "suffix", expect_null },
    { "logit_bias", expect_null },
};
enum { N_KEYS = sizeof keys / sizeof *keys };

/* ---- the whole ---- */

static ll_status read_keys(ll_completion_ask *ask, ll_error *err) {
    const ll_json *v;
    const char *key = NULL;
    if (ll_json_kind_of(ask->doc) != LL_JSON_OBJECT)
        return LL_FAIL(err, LL_EINPUT, "expected an object with 'model' and 'prompt'");
    while ((key = ll_json_next(ask->doc, key, &v))) {
        int k = 0;
        while (k < N_KEYS && strcmp(keys[k].name, key) != 0) k++;
        if (k == N_KEYS) return LL_FAIL(err, LL_EINPUT, "unknown key '%.40s'", key);
        if (ll_json_kind_of(v) != LL_JSON_NULL) LL_TRY(keys[k].read(ask, key, v, err));
    }
    return ask->prompt ? LL_OK : LL_FAIL(err, LL_EINPUT, "there is no 'prompt'");
}

ll_status ll_completion_read(ll_completion_ask *out, const char *body, size_t size, ll_error *err) {
    *out = (ll_completion_ask) { .max_tokens = 16, .n = 1, .logprobs = -1, .temperature = 1, .stop = "" };
    ll_status status = ll_json_parse(body, size, "request", &out->doc, err);
    if (status == LL_OK) status = read_keys(out, err);
    if (status != LL_OK) ll_completion_clear(out);
    return status;
}

void ll_completion_clear(ll_completion_ask *ask) {
    for (int64_t i = 0; i < ask->n_prompts; i++) free(ask->prompt[i].token);
    free(ask->prompt);
    ll_json_free(ask->doc);
    *ask = (ll_completion_ask) { 0 };
}
