#define _POSIX_C_SOURCE 200809L
#include "base/http/http_client.h"

#ifdef LL_HAVE_CURL

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/http/http_host.h"
#include "base/system/clock.h"

/* libcurl brings thirty libraries along: it is loaded when it is first needed, not when the program starts. */
#define LIBRARY "libcurl.so.4"
#define FUNCTIONS(X)       \
    X(global_init)         \
    X(easy_init)           \
    X(easy_cleanup)        \
    X(easy_reset)          \
    X(easy_setopt)         \
    X(easy_getinfo)        \
    X(easy_strerror)       \
    X(multi_init)          \
    X(multi_cleanup)       \
    X(multi_add_handle)    \
    X(multi_remove_handle) \
    X(multi_perform)       \
    X(multi_poll)          \
    X(multi_info_read)     \
    X(multi_strerror)      \
    X(slist_append)        \
    X(slist_free_all)

static struct {
#define FIELD(name) __typeof__(curl_##name) *name;
    FUNCTIONS(FIELD)
#undef FIELD
} curl;
static ll_error not_loaded; /* why it could not be */

static void load(void) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        LL_FAIL(&not_loaded, LL_EINPUT, "no endpoint can be asked: %.200s (Debian: libcurl4)", dlerror());
        return;
    }
#define BIND(name)                                                               \
    if (!(curl.name = (__typeof__(curl_##name) *)dlsym(library, "curl_" #name))) \
        LL_FAIL(&not_loaded, LL_EINPUT, LIBRARY " has no curl_" #name ": it is too old");
    FUNCTIONS(BIND)
#undef BIND
    if (!not_loaded.code) curl.global_init(CURL_GLOBAL_DEFAULT);
}

enum { HEADER_MAX = 1024, POLL_MS = 200, FIRST_ROOM = 4096 };
#define FIRST_PAUSE_S 0.5
#define LONGEST_PAUSE_S 60.0

/* A request on its way. */
typedef struct flight {
    ll_http_client *client;
    CURL *curl;
    int64_t ask;              /* which one; -1: none */
    int64_t tries;            /* that were made of it */
    double began, not_before; /* by ll_clock_now; not_before: it waits for its next try until then; 0: it runs */
    char *body;
    size_t size, room;
    bool too_large, starved;
    char why[CURL_ERROR_SIZE];
} flight;

struct ll_http_client {
    ll_http_opts opts;
    CURLM *multi;
    struct curl_slist *headers;
    flight *of; /* [flights] */
};

/* ---- what a server sends ---- */

static size_t take(char *bytes, size_t one, size_t n, void *ctx) {
    flight *f = ctx;
    (void)one;
    f->too_large = n > (size_t)f->client->opts.most - f->size;
    if (f->too_large) return 0;
    if (f->size + n + 1 > f->room) {
        const size_t room = 2 * f->room + n + FIRST_ROOM;
        char *bigger = realloc(f->body, room);
        if (!bigger) return f->starved = true, 0;
        f->body = bigger;
        f->room = room;
    }
    memcpy(f->body + f->size, bytes, n);
    f->body[f->size += n] = 0;
    return n;
}

static void drop_body(flight *f) {
    free(f->body);
    f->body = NULL;
    f->size = f->room = 0;
    f->too_large = f->starved = false;
    f->why[0] = 0;
}

/* ---- one try ---- */

static double time_left(const flight *f) {
    return f->client->opts.timeout_s - (ll_clock_now() - f->began);
}

static void start(flight *f, const ll_http_ask *ask) {
    CURL *c = f->curl;
    drop_body(f);
    f->not_before = 0;
    f->tries++;
    curl.easy_reset(c);
    curl.easy_setopt(c, CURLOPT_URL, ask->url);
    curl.easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl.easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl.easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl.easy_setopt(c, CURLOPT_HTTP09_ALLOWED, 0L);
    curl.easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(1e3 * fmax(time_left(f), 0.001)) + 1);
    curl.easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)f->client->opts.most);
    curl.easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
    curl.easy_setopt(c, CURLOPT_WRITEDATA, f);
    curl.easy_setopt(c, CURLOPT_ERRORBUFFER, f->why);
    curl.easy_setopt(c, CURLOPT_HTTPHEADER, f->client->headers);
    curl.easy_setopt(c, CURLOPT_PRIVATE, f);
    if (ll_http_is_here(ask->url)) curl.easy_setopt(c, CURLOPT_PROXY, "");
    if (ask->body) {
        curl.easy_setopt(c, CURLOPT_POST, 1L);
        curl.easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->size);
        curl.easy_setopt(c, CURLOPT_POSTFIELDS, ask->body);
    }
    curl.multi_add_handle(f->client->multi, c);
}

/* A pause before the next try; false where there is none left. */
static bool wait_again(flight *f) {
    curl_off_t asked = 0;
    curl.easy_getinfo(f->curl, CURLINFO_RETRY_AFTER, &asked);
    const double grown = fmin(FIRST_PAUSE_S * exp2((double)f->tries - 1), LONGEST_PAUSE_S);
    const double pause = asked > 0 ? (double)asked : grown;
    if (f->tries > f->client->opts.retries || pause >= time_left(f)) return false;
    f->not_before = ll_clock_now() + pause;
    return true;
}

/* ---- its end ---- */

static ll_status no_answer(const flight *f, const ll_http_ask *ask, CURLcode code, ll_error *err) {
    char times[40] = "";
    if (f->tries > 1) snprintf(times, sizeof times, ", after %lld tries", (long long)f->tries);
    if (f->starved) return LL_FAIL(err, LL_ENOMEM, "%.300s: out of memory for the answer", ask->url);
    if (f->too_large || code == CURLE_FILESIZE_EXCEEDED)
        return LL_FAIL(err, LL_EIO, "%.300s: the answer is larger than %lld bytes", ask->url,
                       (long long)f->client->opts.most);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return LL_FAIL(err, LL_EIO, "%.300s: no whole answer within %g s%s", ask->url, f->client->opts.timeout_s,
                       times);
    return LL_FAIL(err, LL_EIO, "%.300s: %.200s%s", ask->url, *f->why ? f->why : curl.easy_strerror(code), times);
}

static bool may_pass(const flight *f, CURLcode code) {
    return !f->too_large && !f->starved && code != CURLE_FILESIZE_EXCEEDED && code != CURLE_URL_MALFORMAT &&
           code != CURLE_UNSUPPORTED_PROTOCOL && code != CURLE_PEER_FAILED_VERIFICATION;
}

typedef struct asking {
    const ll_http_ask *asks;
    int64_t n, next, done;
    ll_status (*on_reply)(void *ctx, int64_t i, const ll_http_reply *reply, ll_error *err);
    void *ctx;
} asking;

static ll_status land(asking *a, flight *f, CURLcode code, ll_error *err) {
    const ll_http_ask *ask = &a->asks[f->ask];
    char *type = NULL;
    long status = 0;
    curl.multi_remove_handle(f->client->multi, f->curl);
    curl.easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
    curl.easy_getinfo(f->curl, CURLINFO_CONTENT_TYPE, &type);
    if (code != CURLE_OK && may_pass(f, code) && wait_again(f)) return LL_OK;
    if (code != CURLE_OK) return no_answer(f, ask, code, err);
    if ((status == 429 || status >= 500) && wait_again(f)) return LL_OK;
    const ll_http_reply reply = {
        .url = ask->url, .status = status, .type = type ? type : "", .body = f->body ? f->body : "", .size = f->size
    };
    const ll_status s = a->on_reply(a->ctx, f->ask, &reply, err);
    drop_body(f);
    f->ask = -1;
    a->done++;
    return s;
}

/* ---- all of them ---- */

/* Idle flights take the next requests; those that waited long enough start again. The milliseconds until the next
 * one has. */
static int dispatch(ll_http_client *c, asking *a) {
    int wait = POLL_MS;
    for (int64_t k = 0; k < c->opts.flights; k++) {
        flight *f = &c->of[k];
        const double now = ll_clock_now();
        if (f->ask < 0 && a->next < a->n) {
            *f = (flight) { .client = c, .curl = f->curl, .ask = a->next++, .began = now };
            start(f, &a->asks[f->ask]);
        } else if (f->ask >= 0 && f->not_before > 0) {
            const double left = f->not_before - now;
            if (left <= 0) start(f, &a->asks[f->ask]);
            else if (1e3 * left < wait) wait = (int)(1e3 * left) + 1;
        }
    }
    return wait;
}

static ll_status land_all(ll_http_client *c, asking *a, ll_error *err) {
    CURLMsg *m;
    int left;
    while ((m = curl.multi_info_read(c->multi, &left))) {
        const CURLcode code = m->data.result;
        char *f;
        if (m->msg != CURLMSG_DONE) continue;
        curl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &f);
        LL_TRY(land(a, (flight *)(void *)f, code, err));
    }
    return LL_OK;
}

static ll_status fly(ll_http_client *c, asking *a, ll_error *err) {
    while (a->done < a->n) {
        int running;
        const int wait = dispatch(c, a);
        CURLMcode m = curl.multi_perform(c->multi, &running);
        if (m == CURLM_OK) LL_TRY(land_all(c, a, err));
        if (m == CURLM_OK && a->done < a->n) m = curl.multi_poll(c->multi, NULL, 0, wait, NULL);
        if (m != CURLM_OK) return LL_FAIL(err, LL_EIO, "%s: %s", a->asks[0].url, curl.multi_strerror(m));
    }
    return LL_OK;
}

/* A write to a connection that is closed is an error here, and no SIGPIPE for the program. */
typedef struct quiet {
    sigset_t pipe, before;
    bool pending;
} quiet;

static void hush(quiet *q) {
    sigset_t pending;
    sigemptyset(&q->pipe);
    sigaddset(&q->pipe, SIGPIPE);
    sigpending(&pending);
    q->pending = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &q->pipe, &q->before);
}

static void unhush(const quiet *q) {
    if (!q->pending) sigtimedwait(&q->pipe, NULL, &(struct timespec) { 0 });
    pthread_sigmask(SIG_SETMASK, &q->before, NULL);
}

ll_status ll_http_client_ask(ll_http_client *c, const ll_http_ask *asks, int64_t n,
                             ll_status (*on_reply)(void *ctx, int64_t i, const ll_http_reply *reply, ll_error *err),
                             void *ctx, ll_error *err) {
    asking a = { .asks = asks, .n = n, .on_reply = on_reply, .ctx = ctx };
    quiet q;
    hush(&q);
    const ll_status status = fly(c, &a, err);
    for (int64_t k = 0; k < c->opts.flights; k++) {
        curl.multi_remove_handle(c->multi, c->of[k].curl);
        drop_body(&c->of[k]);
        c->of[k].ask = -1;
    }
    unhush(&q);
    return status;
}

/* ---- its life ---- */

static bool add_header(ll_http_client *c, const char *line) {
    struct curl_slist *more = curl.slist_append(c->headers, line);
    if (more) c->headers = more;
    return more != NULL;
}

static bool make(ll_http_client *c) {
    char line[HEADER_MAX] = "Authorization: Bearer ";
    c->multi = curl.multi_init();
    c->of = calloc((size_t)c->opts.flights, sizeof *c->of);
    bool done = c->multi && c->of && add_header(c, "Content-Type: application/json") &&
                add_header(c, "Accept: application/json") && add_header(c, "Expect:");
    if (*c->opts.key) done = done && add_header(c, strncat(line, c->opts.key, sizeof line - strlen(line) - 1));
    c->opts.key = "";
    for (int64_t k = 0; done && k < c->opts.flights; k++)
        c->of[k] = (flight) { .client = c, .curl = curl.easy_init(), .ask = -1 };
    for (int64_t k = 0; done && k < c->opts.flights; k++) done = c->of[k].curl != NULL;
    return done;
}

ll_status ll_http_client_new(ll_http_client **out, const ll_http_opts *opts, ll_error *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    *out = NULL;
    if (not_loaded.code) return LL_FAIL(err, not_loaded.code, "%s", not_loaded.msg);
    if (strlen(opts->key) + sizeof "Authorization: Bearer " > HEADER_MAX || strpbrk(opts->key, "\r\n"))
        return LL_FAIL(err, LL_EINPUT, "the key in the environment is longer than %d bytes or of several lines",
                       HEADER_MAX - (int)sizeof "Authorization: Bearer ");
    ll_http_client *c = calloc(1, sizeof *c);
    if (c) c->opts = *opts;
    if (c && make(c)) {
        *out = c;
        return LL_OK;
    }
    ll_http_client_free(c);
    return LL_FAIL(err, LL_ENOMEM, "out of memory for a client of HTTP");
}

void ll_http_client_free(ll_http_client *c) {
    if (!c) return;
    for (int64_t k = 0; c->of && k < c->opts.flights; k++) curl.easy_cleanup(c->of[k].curl);
    free(c->of);
    curl.slist_free_all(c->headers);
    curl.multi_cleanup(c->multi);
    free(c);
}

#endif
