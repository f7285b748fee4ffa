#define _POSIX_C_SOURCE 200809L
#include "sweep/site/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/http/http_query.h"
#include "base/system/file.h"
#include "sweep/site/site_answers.h"
#include "sweep/site/site_ask.h"
#include "sweep/site/site_events.h"

enum { FAILED = 500, UNKNOWN = 404, BUSY = 503, LATE = 504, USAGE = 2 };

struct ll_site {
    ll_site_opts opts;
    ll_site_house house;
    const char *status[6]; /* the program's words for its status */
    char store_word[LL_PATH_MAX + 16];
    ll_site_answers *answers;
    ll_site_events *events;
};

/* ---- answers ---- */

static char *error_text(const char *message, int code) {
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.error/1");
    ll_json_set_str(doc, "error", message);
    ll_json_set_int(doc, "exit", code);
    char *text = ll_json_text(doc, false);
    ll_json_free(doc);
    return text;
}

char *ll_site_refusal(int status, const char *message) {
    return error_text(message, status < FAILED ? USAGE : 1);
}

static ll_status send_json(ll_http_answer *answer, ll_json *doc, ll_error *err) {
    answer->body = ll_json_text(doc, false);
    ll_json_free(doc);
    if (!answer->body) return LL_FAIL(err, LL_ENOMEM, "out of memory for an answer");
    answer->size = strlen(answer->body);
    return LL_OK;
}

/* A document is an answer, also that of a gate that says no; where there is none, the line on standard error is. */
static ll_status send_said(ll_http_answer *answer, ll_site_said *said, ll_error *err) {
    if (said->text && said->code != USAGE) {
        answer->body = said->text;
        answer->size = said->size;
        said->text = NULL;
        return LL_OK;
    }
    answer->status = said->late ? LATE : said->code == USAGE ? 400 : FAILED;
    answer->body = error_text(said->complaint ? said->complaint : "the program ended without a word", said->code);
    if (!answer->body) return LL_FAIL(err, LL_ENOMEM, "out of memory for an answer");
    answer->size = strlen(answer->body);
    return LL_OK;
}

static ll_status ask(ll_site *s, const ll_site_ask *question, bool kept, ll_http_answer *answer, ll_error *err) {
    ll_site_said said;
    LL_TRY(ll_site_answers_ask(s->answers, question->argv, kept, &said, err));
    const ll_status status = send_said(answer, &said, err);
    ll_site_said_clear(&said);
    return status;
}

/* ---- verbs ---- */

static ll_status find_route(const ll_http_request *r, bool writes, const ll_site_route **out,
                            ll_http_answer *answer, ll_error *err) {
    *out = ll_site_route_at(r->path, writes);
    if (*out) return LL_OK;
    const bool other = ll_site_route_at(r->path, !writes) != NULL;
    answer->status = other ? 405 : UNKNOWN;
    return LL_FAIL(err, LL_EINPUT, other ? "%.100s is asked by the other method" : "there is nothing at %.100s",
                   r->path);
}

static ll_status get_verb(void *ctx, const ll_http_request *r, ll_http_answer *answer, ll_error *err) {
    ll_site *s = ctx;
    const ll_site_route *route;
    ll_site_ask question;
    LL_TRY(find_route(r, false, &route, answer, err));
    ll_status status = ll_site_ask_query(&question, route, r->query, &s->house, err);
    if (status == LL_OK) status = ask(s, &question, route->kept, answer, err);
    ll_site_ask_clear(&question);
    return status;
}

static ll_status post_verb(void *ctx, const ll_http_request *r, ll_http_answer *answer, ll_error *err) {
    ll_site *s = ctx;
    const ll_site_route *route;
    ll_site_ask question;
    LL_TRY(find_route(r, true, &route, answer, err));
    ll_status status = ll_site_ask_body(&question, route, r->body, r->size, &s->house, err);
    if (status == LL_OK) status = ask(s, &question, false, answer, err);
    ll_site_ask_clear(&question);
    return status;
}

/* ---- what is the site's own ---- */

static ll_json *policies_json(const char *policies) {
    ll_json *list = ll_json_array();
    char path[LL_PATH_MAX];
    for (const char *at = policies ? policies : ""; *at; at += strcspn(at, ","), at += *at == ',') {
        snprintf(path, sizeof path, "%.*s", (int)strcspn(at, ","), at);
        ll_json_push(list, ll_json_str(ll_file_name(path)));
    }
    return list;
}

static ll_status get_page(void *ctx, const ll_http_request *r, ll_http_answer *answer, ll_error *err) {
    const ll_site *s = ctx;
    ll_json *doc = ll_json_object();
    (void)r;
    ll_json_set_str(doc, "schema", "loglog.page/1");
    ll_json_set_str(doc, "version", s->opts.version);
    ll_json_set_str(doc, "store", s->opts.store);
    ll_json_set_bool(doc, "writable", s->opts.guard && *s->opts.guard->token);
    ll_json_set_bool(doc, "models", s->opts.models);
    ll_json_set(doc, "policies", policies_json(s->opts.policies));
    ll_json_set(doc, "routes", ll_site_routes_json());
    return send_json(answer, doc, err);
}

static ll_status get_events(void *ctx, const ll_http_request *r, ll_http_answer *answer, ll_error *err) {
    ll_site *s = ctx;
    ll_http_pair after = { 0 };
    const char *at = r->query, *last = ll_http_header(r, "Last-Event-ID");
    while (*at) {
        LL_TRY(ll_http_query_next(&at, &after, err));
        if (strcmp(after.key, "after") != 0)
            return LL_FAIL(err, LL_EINPUT, "/api/events has no option '%.40s'", after.key);
    }
    const ll_status status =
        ll_site_events_open(s->events, last || !*after.key ? last : after.value, &answer->stream, err);
    answer->type = "text/event-stream";
    if (status == LL_ESTATE) answer->status = BUSY;
    return status;
}

/* Who comes here has shown the token. */
static ll_status post_session(void *ctx, const ll_http_request *r, ll_http_answer *answer, ll_error *err) {
    const ll_site *s = ctx;
    (void)r;
    snprintf(answer->cookie, sizeof answer->cookie, LL_HTTP_SESSION "=%s; Path=/; HttpOnly; SameSite=Strict",
             s->opts.guard->session);
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.session/1");
    return send_json(answer, doc, err);
}

static ll_status get_file(void *ctx, const ll_http_request *r, ll_http_answer *answer, ll_error *err) {
    const ll_site *s = ctx;
    for (int i = 0; i < s->opts.n_files; i++) {
        const ll_site_file *f = &s->opts.files[i];
        if (strcmp(f->path, r->path) != 0) continue;
        *answer = (ll_http_answer) { .type = f->type,
                                     .body = (char *)(uintptr_t)f->bytes,
                                     .size = f->size,
                                     .lent = true,
                                     .zipped = true,
                                     .tag = f->tag };
        return LL_OK;
    }
    answer->status = UNKNOWN;
    return LL_FAIL(err, LL_EINPUT,
                   s->opts.n_files ? "there is nothing at %.100s"
                                   : "there is nothing at %.100s: this build has no page (it was made without npm)",
                   r->path);
}

const ll_http_route ll_site_routes[LL_SITE_ROUTES] = {
    { "GET", "/", get_file, LL_HTTP_OPEN },
    { "GET", "/favicon.svg", get_file, LL_HTTP_OPEN },
    { "GET", "/assets/*", get_file, LL_HTTP_OPEN },
    { "GET", "/api/page", get_page, LL_HTTP_READ },
    { "GET", "/api/events", get_events, LL_HTTP_READ },
    { "POST", "/api/session", post_session, LL_HTTP_WRITE },
    { "GET", "/api/*", get_verb, LL_HTTP_READ },
    { "POST", "/api/*", post_verb, LL_HTTP_WRITE },
};

/* ---- its life ---- */

ll_status ll_site_new(ll_site **out, const ll_site_opts *opts, ll_error *err) {
    *out = NULL;
    ll_site *s = calloc(1, sizeof *s);
    if (!s) return LL_FAIL(err, LL_ENOMEM, "out of memory for a server");
    s->opts = *opts;
    s->house = (ll_site_house) { .program = opts->program ? opts->program : "/proc/self/exe",
                                 .store = opts->store,
                                 .policies = opts->policies,
                                 .key = opts->key };
    snprintf(s->store_word, sizeof s->store_word, "--store=%s", opts->store);
    s->status[0] = s->house.program;
    s->status[1] = "status";
    s->status[2] = "--json";
    s->status[3] = s->store_word;
    ll_status status = ll_site_answers_new(&s->answers, opts->store, opts->limit_s > 0 ? opts->limit_s : 60, err);
    if (status == LL_OK)
        status = ll_site_events_new(&s->events, opts->store, s->answers, s->status, opts->heartbeat_s, err);
    if (status == LL_OK) *out = s;
    else ll_site_free(s);
    return status;
}

void ll_site_close(ll_site *s) {
    ll_site_events_close(s->events);
}

void ll_site_free(ll_site *s) {
    if (!s) return;
    ll_site_events_free(s->events);
    ll_site_answers_free(s->answers);
    free(s);
}
