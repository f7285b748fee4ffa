#include "probe/endpoint/endpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/json.h"
#include "base/http/http_client.h"
#include "base/http/http_host.h"
#include "probe/endpoint/endpoint_reply.h"
#include "probe/endpoint/token_text.h"

enum {
    URL_MAX = 512,
    MODEL_MAX = 256,
    KEY_MAX = 1024,
    ANSWER_MOST = 64 << 20,
    TEXT_MOST = 1 << 18, /* bytes of text in one request of several */
    SAMPLES_MOST = 128,  /* in one request */
    WAVE = 8             /* requests that are made at once, as a multiple of those in flight */
};

/* How a server takes texts to score: the first of these that it does not refuse. */
typedef struct manner {
    bool several; /* texts in one request */
    int max_tokens;
} manner;
static const manner manners[] = { { true, 0 }, { true, 1 }, { false, 0 }, { false, 1 } };
enum { N_MANNERS = sizeof manners / sizeof *manners };

typedef struct endpoint {
    ll_lm lm;
    ll_http_client *http;
    char completions[URL_MAX + 16], models[URL_MAX + 16], model[MODEL_MAX], key[KEY_MAX];
    int64_t batch, parallel;
    int manner; /* N_MANNERS: not known yet */
} endpoint;

/* ---- one answer ---- */

/* A server that repeats the key in its complaint does not have it printed. */
static void hide(char *text, const char *key) {
    const size_t n = strlen(key);
    for (char *at = text; n && (at = strstr(at, key)); at += n) memset(at, '*', n);
}

static bool is_refusal(const ll_http_reply *r) {
    return r->status == 400 || r->status == 422;
}

static ll_status check_reply(const endpoint *e, const ll_http_reply *r, ll_error *err) {
    char why[400];
    if (r->status >= 300 && r->status < 400)
        return LL_FAIL(err, LL_EIO, "%s: the server answers %ld, and redirects are not followed", r->url,
                       r->status);
    if (r->status < 200 || r->status >= 300) {
        ll_reply_complaint(r->body, r->size, why, sizeof why);
        hide(why, e->key);
        return LL_FAIL(err, LL_EIO, "%s: the server answers %ld%s%s", r->url, r->status, *why ? ": " : "", why);
    }
    if (!strstr(r->type, "json"))
        return LL_FAIL(err, LL_EIO, "%s: expected JSON, the server sends '%.80s'", r->url, r->type);
    return LL_OK;
}

/* ---- log-probabilities ---- */

typedef struct batch {
    int64_t first, n; /* asks */
    char *body;
} batch;

typedef struct scoring {
    endpoint *e;
    const ll_lm_ask *ask;
    ll_lm_score *out;
    batch *of;
    bool refused; /* where the manner is not known: the server took the request, and said no */
} scoring;

static ll_json *text_of(const ll_lm_ask *ask) {
    size_t size;
    char *text = ll_lm_ask_text(ask, &size);
    ll_json *s = text ? ll_json_str(text) : NULL;
    free(text);
    return s;
}

static ll_status take_body(ll_json *doc, char **body, ll_error *err) {
    *body = ll_json_text(doc, false);
    ll_json_free(doc);
    return *body ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for a request");
}

static ll_status write_batch(const scoring *s, batch *b, const manner *how, ll_error *err) {
    ll_json *doc = ll_json_object(), *texts = how->several ? ll_json_array() : NULL;
    ll_json_set_str(doc, "model", s->e->model);
    for (int64_t i = 0; i < b->n && texts; i++) ll_json_push(texts, text_of(&s->ask[b->first + i]));
    ll_json_set(doc, "prompt", texts ? texts : text_of(&s->ask[b->first]));
    ll_json_set_int(doc, "max_tokens", how->max_tokens);
    ll_json_set_int(doc, "temperature", 0);
    ll_json_set_bool(doc, "echo", true);
    ll_json_set_int(doc, "logprobs", 1);
    return take_body(doc, &b->body, err);
}

/* The next texts, as many as go into one request. */
static batch cut_batch(const scoring *s, int64_t first, int64_t n, const manner *how) {
    batch b = { .first = first };
    size_t bytes = 0;
    while (first + b.n < n && b.n < (how->several ? s->e->batch : 1)) {
        const ll_lm_ask *a = &s->ask[first + b.n];
        bytes += a->context.size + a->continuation.size;
        if (b.n && bytes > TEXT_MOST) break;
        b.n++;
    }
    return b;
}

static ll_status on_scores(void *ctx, int64_t i, const ll_http_reply *r, ll_error *err) {
    scoring *s = ctx;
    const batch *b = &s->of[i];
    s->refused = s->e->manner == N_MANNERS && is_refusal(r);
    LL_TRY(check_reply(s->e, r, err));
    return ll_reply_scores(r->body, r->size, s->ask + b->first, b->n, s->out + b->first, r->url, err);
}

/* Asks for batches [n], whose bodies are made and freed. */
static ll_status send(scoring *s, batch *of, int64_t n, const manner *how, ll_error *err) {
    ll_http_ask *asks = calloc((size_t)n, sizeof *asks);
    ll_status status = asks ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld requests", (long long)n);
    s->of = of;
    for (int64_t i = 0; i < n && status == LL_OK; i++) {
        status = write_batch(s, &of[i], how, err);
        if (status == LL_OK) asks[i] = (ll_http_ask) { s->e->completions, of[i].body, strlen(of[i].body) };
    }
    if (status == LL_OK) status = ll_http_client_ask(s->e->http, asks, n, on_scores, s, err);
    for (int64_t i = 0; i < n; i++) free(of[i].body);
    free(asks);
    return status;
}

/* The first texts, in one manner after the other. What is said of the first one is the error where none will do. */
static ll_status find_manner(scoring *s, int64_t n, int64_t *done, ll_error *err) {
    ll_error first = { 0 };
    for (int m = n > 1 ? 0 : N_MANNERS / 2; m < N_MANNERS; m++) {
        batch b = cut_batch(s, 0, n, &manners[m]);
        ll_error why = { 0 };
        s->refused = false; /* also where no answer comes */
        const ll_status status = send(s, &b, 1, &manners[m], &why);
        if (status == LL_OK) {
            s->e->manner = m;
            *done = b.n;
            return LL_OK;
        }
        if (!first.code) first = why;
        if (!s->refused) break;
    }
    return LL_FAIL(err, first.code, "%s", first.msg);
}

static ll_status score_rest(scoring *s, int64_t done, int64_t n, ll_error *err) {
    const int64_t most = WAVE * s->e->parallel;
    const manner *how = &manners[s->e->manner];
    batch *wave = calloc((size_t)most, sizeof *wave);
    ll_status status = wave ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for requests");
    while (done < n && status == LL_OK) {
        int64_t k = 0;
        for (; k < most && done < n; done += wave[k++].n) wave[k] = cut_batch(s, done, n, how);
        status = send(s, wave, k, how, err);
    }
    free(wave);
    return status;
}

static ll_status check_chars(ll_span text, const char *what, ll_error *err) {
    if (ll_token_all_chars(text.at, text.size)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s is no UTF-8, or holds a NUL: an endpoint takes characters", what);
}

static ll_status loglikelihood(ll_lm *lm, const ll_lm_ask *ask, int64_t n, ll_lm_score *out, ll_error *err) {
    endpoint *e = (endpoint *)lm;
    scoring s = { .e = e, .ask = ask, .out = out };
    int64_t done = 0;
    char what[64];
    for (int64_t i = 0; i < n; i++) {
        snprintf(what, sizeof what, "text %lld", (long long)i + 1);
        LL_TRY(check_chars(ask[i].context, what, err));
        LL_TRY(check_chars(ask[i].continuation, what, err));
    }
    if (e->manner == N_MANNERS) LL_TRY(find_manner(&s, n, &done, err));
    return done < n ? score_rest(&s, done, n, err) : LL_OK;
}

/* ---- samples ---- */

typedef struct drawing {
    endpoint *e;
    const ll_lm_prompt *prompt;
    ll_lm_sample *out;
} drawing;

static int64_t part_size(const ll_lm_prompt *p, int64_t part) {
    const int64_t left = p->samples - part * SAMPLES_MOST;
    return left < SAMPLES_MOST ? left : SAMPLES_MOST;
}

/* Of the first part the prompt's own seed; of the others 52 bits that differ from it and from each other. */
static int64_t part_seed(uint64_t seed, int64_t part) {
    const uint64_t mixed = (seed + (uint64_t)part) * 0x9e3779b97f4a7c15u;
    return part ? (int64_t)(mixed >> 12) : (int64_t)seed;
}

static ll_json *span_json(ll_span text) {
    return text_of(&(ll_lm_ask) { .context = text, .continuation = { "", 0 } });
}

static ll_status write_part(const drawing *d, int64_t part, char **body, ll_error *err) {
    const ll_lm_prompt *p = d->prompt;
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "model", d->e->model);
    ll_json_set(doc, "prompt", span_json(p->text));
    ll_json_set_int(doc, "n", part_size(p, part));
    ll_json_set_int(doc, "max_tokens", p->most);
    ll_json_set_num(doc, "temperature", p->temperature);
    ll_json_set_int(doc, "seed", part_seed(p->seed, part));
    ll_json_set_int(doc, "logprobs", 1);
    if (p->stop && *p->stop) ll_json_set_str(doc, "stop", p->stop);
    return take_body(doc, body, err);
}

static ll_status on_samples(void *ctx, int64_t i, const ll_http_reply *r, ll_error *err) {
    const drawing *d = ctx;
    LL_TRY(check_reply(d->e, r, err));
    return ll_reply_samples(r->body, r->size, d->prompt, part_size(d->prompt, i), d->out + i * SAMPLES_MOST, r->url,
                            err);
}

static ll_status draw(const drawing *d, int64_t parts, ll_http_ask *asks, ll_error *err) {
    for (int64_t i = 0; i < parts; i++) {
        char *body;
        LL_TRY(write_part(d, i, &body, err));
        asks[i] = (ll_http_ask) { d->e->completions, body, strlen(body) };
    }
    return ll_http_client_ask(d->e->http, asks, parts, on_samples, (void *)d, err);
}

static ll_status sample(ll_lm *lm, const ll_lm_prompt *prompt, ll_lm_sample *out, ll_error *err) {
    const drawing d = { .e = (endpoint *)lm, .prompt = prompt, .out = out };
    const int64_t parts = (prompt->samples + SAMPLES_MOST - 1) / SAMPLES_MOST;
    LL_TRY(check_chars(prompt->text, "the prompt", err));
    LL_TRY(check_chars((ll_span) { prompt->stop, prompt->stop ? strlen(prompt->stop) : 0 }, "the stop", err));
    ll_http_ask *asks = calloc((size_t)parts, sizeof *asks);
    if (!asks) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld requests", (long long)parts);
    const ll_status status = draw(&d, parts, asks, err);
    for (int64_t i = 0; i < parts; i++) free((char *)asks[i].body);
    free(asks);
    return status;
}

/* ---- its life ---- */

static ll_status find_key(endpoint *e, const char *url, ll_error *err) {
    const char *own = getenv("LOGLOG_API_KEY"), *theirs = getenv("OPENAI_API_KEY"), *key = own ? own : theirs;
    if (!key || !*key) return LL_OK;
    if (!own && strncmp(url, "https://", 8) != 0 && !ll_http_is_here(url))
        return LL_FAIL(err, LL_EINPUT,
                       "%.300s: OPENAI_API_KEY would go there unencrypted; expected https, or LOGLOG_API_KEY "
                       "(empty: no key)",
                       url);
    if (strlen(key) >= KEY_MAX - 64)
        return LL_FAIL(err, LL_EINPUT, "the key in the environment is longer than %d bytes", KEY_MAX - 64);
    strcpy(e->key, key);
    return LL_OK;
}

static ll_status find_url(endpoint *e, const char *url, ll_error *err) {
    size_t n = strlen(url);
    const bool http = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
    if (!http || n > URL_MAX || strpbrk(url, "@?# \t\r\n"))
        return LL_FAIL(err, LL_EINPUT,
                       "endpoint '%.200s': expected http://HOST:PORT/v1 or https://HOST/v1; a key comes from "
                       "LOGLOG_API_KEY of the environment",
                       url);
    while (n && url[n - 1] == '/') n--;
    snprintf(e->completions, sizeof e->completions, "%.*s/completions", (int)n, url);
    snprintf(e->models, sizeof e->models, "%.*s/models", (int)n, url);
    return LL_OK;
}

/* A server that lists nothing of the model that was named may have it all the same. */
static ll_status on_models(void *ctx, int64_t i, const ll_http_reply *r, ll_error *err) {
    endpoint *e = ctx;
    const bool named = *e->model;
    (void)i;
    ll_status status = check_reply(e, r, named ? NULL : err);
    if (status == LL_OK)
        status =
            ll_reply_model(r->body, r->size, e->model, sizeof e->model, &e->lm.context, r->url, named ? NULL : err);
    return named ? LL_OK : status;
}

static ll_status find_model(endpoint *e, const char *model, ll_error *err) {
    const ll_http_ask ask = { .url = e->models };
    if (model && strlen(model) >= sizeof e->model)
        return LL_FAIL(err, LL_EINPUT, "the model's name is longer than %d bytes", MODEL_MAX - 1);
    if (model) strcpy(e->model, model);
    return ll_http_client_ask(e->http, &ask, 1, on_models, e, err);
}

static void close_endpoint(ll_lm *lm) {
    endpoint *e = (endpoint *)lm;
    ll_http_client_free(e->http);
    free(e);
}

static ll_status open_endpoint(endpoint *e, const ll_endpoint_opts *o, ll_error *err) {
    e->parallel = o->parallel > 0 ? o->parallel : 8;
    e->batch = o->batch > 0 ? o->batch : 16;
    e->manner = N_MANNERS;
    LL_TRY(find_url(e, o->url, err));
    LL_TRY(find_key(e, o->url, err));
    const ll_http_opts http = { .timeout_s = o->timeout_s > 0 ? o->timeout_s : 300,
                                .retries = o->retries ? (o->retries > 0 ? o->retries : 0) : 5,
                                .flights = e->parallel,
                                .most = ANSWER_MOST,
                                .key = e->key };
    LL_TRY(ll_http_client_new(&e->http, &http, err));
    return find_model(e, o->model, err);
}

ll_status ll_lm_endpoint(ll_lm **out, const ll_endpoint_opts *opts, ll_error *err) {
    endpoint *e = calloc(1, sizeof *e);
    *out = NULL;
    if (!e) return LL_FAIL(err, LL_ENOMEM, "out of memory for an endpoint");
    e->lm =
        (ll_lm) { .token_flops = NAN, .loglikelihood = loglikelihood, .sample = sample, .close = close_endpoint };
    const ll_status status = open_endpoint(e, opts, err);
    if (status != LL_OK) {
        close_endpoint(&e->lm);
        return status;
    }
    snprintf(e->lm.name, sizeof e->lm.name, "%.60s", e->model);
    *out = &e->lm;
    return LL_OK;
}
