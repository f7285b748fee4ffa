#define _POSIX_C_SOURCE 200809L
#include "base/http/http_server.h"

#ifdef LL_HAVE_MICROHTTPD

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/json.h"
#include "base/http/http_host.h"
#include "base/system/clock.h"

/* Loaded when it is first needed, with the libraries that it brings along. */
#define LIBRARY "libmicrohttpd.so.12"
#define FUNCTIONS(X)               \
    X(create_response_from_buffer) \
    X(add_response_header)         \
    X(queue_response)              \
    X(destroy_response)            \
    X(lookup_connection_value)     \
    X(start_daemon)                \
    X(stop_daemon)                 \
    X(get_daemon_info)

static struct {
#define FIELD(name) __typeof__(MHD_##name) *name;
    FUNCTIONS(FIELD)
#undef FIELD
} mhd;
static ll_error not_loaded; /* why it could not be */

static void load(void) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        LL_FAIL(&not_loaded, LL_EINPUT, "nothing can be served: %.200s (Debian: libmicrohttpd12)", dlerror());
        return;
    }
#define BIND(name)                                                            \
    if (!(mhd.name = (__typeof__(MHD_##name) *)dlsym(library, "MHD_" #name))) \
        LL_FAIL(&not_loaded, LL_EINPUT, LIBRARY " has no MHD_" #name ": it is too old");
    FUNCTIONS(BIND)
#undef BIND
}

struct ll_http_server {
    struct MHD_Daemon *daemon;
    ll_http_server_opts opts;
};

/* A request as it comes in. */
typedef struct incoming {
    char *body;
    size_t size, room;
    double began; /* by ll_clock_now */
    bool too_large, starved;
} incoming;

/* ---- answers ---- */

static enum MHD_Result send_answer(struct MHD_Connection *c, const ll_http_answer *a, const char *allow) {
    struct MHD_Response *r = mhd.create_response_from_buffer(a->size, a->body, MHD_RESPMEM_MUST_FREE);
    if (!r) {
        free(a->body);
        return MHD_NO;
    }
    mhd.add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, a->type ? a->type : "application/json");
    mhd.add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    mhd.add_response_header(r, "X-Content-Type-Options", "nosniff");
    if (allow) mhd.add_response_header(r, MHD_HTTP_HEADER_ALLOW, allow);
    const enum MHD_Result sent = mhd.queue_response(c, (unsigned)(a->status ? a->status : MHD_HTTP_OK), r);
    mhd.destroy_response(r);
    return sent;
}

static enum MHD_Result refuse(struct MHD_Connection *c, int status, const char *allow, const char *message) {
    ll_json *doc = ll_json_object(), *e = ll_json_group(doc, "error");
    ll_json_set_str(e, "message", message);
    ll_json_set_str(e, "type", status < 500 ? "invalid_request_error" : "server_error");
    ll_json_set(e, "param", ll_json_num(NAN));
    ll_json_set(e, "code", ll_json_num(NAN));
    char *body = ll_json_text(doc, false);
    ll_json_free(doc);
    if (!body) return MHD_NO;
    return send_answer(c, &(ll_http_answer) { .status = status, .body = body, .size = strlen(body) }, allow);
}

/* ---- what a request has to be ---- */

static const char *header(struct MHD_Connection *c, const char *name) {
    return mhd.lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static bool says_json(struct MHD_Connection *c) {
    static const char json[] = "application/json";
    const char *type = header(c, MHD_HTTP_HEADER_CONTENT_TYPE);
    return type && strncmp(type, json, sizeof json - 1) == 0 && strchr("; ", type[sizeof json - 1]);
}

static bool says_too_large(struct MHD_Connection *c) {
    const char *length = header(c, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length && strtoull(length, NULL, 10) > LL_HTTP_BODY_MAX;
}

static const char TOO_LARGE[] = "the body is larger than 4 MiB";

/* The route; where there is none, the answer is sent and *sent holds how that went. */
static const ll_http_route *find_route(const ll_http_server *s, struct MHD_Connection *c, const char *method,
                                       const char *path, enum MHD_Result *sent) {
    const char *allow = NULL;
    char message[256];
    for (int i = 0; i < s->opts.n_routes; i++) {
        const ll_http_route *r = &s->opts.routes[i];
        if (strcmp(r->path, path) != 0) continue;
        if (strcmp(r->method, method) == 0) return r;
        allow = r->method;
    }
    if (allow) snprintf(message, sizeof message, "%.100s is asked by %s", path, allow);
    else snprintf(message, sizeof message, "there is nothing at %.100s", path);
    *sent = refuse(c, allow ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND, allow, message);
    return NULL;
}

static enum MHD_Result check_head(const ll_http_server *s, struct MHD_Connection *c, const char *method,
                                  const char *path, bool *good) {
    enum MHD_Result sent;
    *good = false;
    const char *host = header(c, MHD_HTTP_HEADER_HOST), *behind = ll_http_skip_here(host ? host : "");
    if (!behind || *behind)
        return refuse(c, MHD_HTTP_FORBIDDEN, NULL, "the Host is another's: expected 127.0.0.1 or localhost");
    if (!find_route(s, c, method, path, &sent)) return sent;
    if (strcmp(method, MHD_HTTP_METHOD_POST) == 0 && !says_json(c))
        return refuse(c, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, NULL, "expected Content-Type: application/json");
    if (says_too_large(c)) return refuse(c, MHD_HTTP_CONTENT_TOO_LARGE, NULL, TOO_LARGE);
    *good = true;
    return MHD_YES;
}

/* ---- from its first byte to its answer ---- */

static void take(incoming *in, const char *bytes, size_t n) {
    in->too_large |= n > LL_HTTP_BODY_MAX - in->size;
    if (in->too_large || in->starved) return;
    if (in->size + n + 1 > in->room) {
        const size_t room = 2 * in->room + n + 1024;
        char *bigger = realloc(in->body, room);
        if (!bigger) {
            in->starved = true;
            return;
        }
        in->body = bigger;
        in->room = room;
    }
    memcpy(in->body + in->size, bytes, n);
    in->body[in->size += n] = 0;
}

static enum MHD_Result answer(const ll_http_server *s, struct MHD_Connection *c, const char *method,
                              const char *path, const incoming *in) {
    enum MHD_Result sent;
    ll_http_answer a = { 0 };
    ll_error err = { 0 };
    const ll_http_request request = {
        .method = method, .path = path, .body = in->body ? in->body : "", .size = in->size
    };
    if (in->too_large) return refuse(c, MHD_HTTP_CONTENT_TOO_LARGE, NULL, TOO_LARGE);
    if (in->starved) return refuse(c, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, "out of memory");
    const ll_http_route *route = find_route(s, c, method, path, &sent);
    if (!route) return sent;
    const ll_status status = route->answer(s->opts.ctx, &request, &a, &err);
    if (status == LL_OK) return send_answer(c, &a, NULL);
    free(a.body);
    const bool theirs = status == LL_EINPUT || status == LL_EFORMAT;
    return refuse(c,
                  a.status ? a.status
                  : theirs ? MHD_HTTP_BAD_REQUEST
                           : MHD_HTTP_INTERNAL_SERVER_ERROR,
                  NULL, err.msg);
}

/* First with the head alone, then with each part of the body, then once more without one. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *path, const char *method,
                                  const char *version, const char *part, size_t *part_size, void **state) {
    const ll_http_server *s = ctx;
    incoming *in = *state;
    (void)version;
    if (!in) {
        bool good;
        const enum MHD_Result sent = check_head(s, c, method, path, &good);
        if (!good) return sent;
        *state = in = calloc(1, sizeof *in);
        if (in) in->began = ll_clock_now();
        return in ? MHD_YES : MHD_NO;
    }
    if (*part_size == 0) return answer(s, c, method, path, in);
    take(in, part, *part_size);
    *part_size = 0;
    return ll_clock_now() - in->began < s->opts.patience_s ? MHD_YES : MHD_NO;
}

static void on_end(void *ctx, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why) {
    incoming *in = *state;
    (void)ctx, (void)c, (void)why;
    if (in) free(in->body);
    free(in);
    *state = NULL;
}

/* Paths are compared as they were sent: none of ours has an escape. */
static size_t as_sent(void *ctx, struct MHD_Connection *c, char *text) {
    (void)ctx, (void)c;
    return strlen(text);
}

/* ---- its life ---- */

static void say_nothing(void *ctx, const char *fmt, va_list args) {
    (void)ctx, (void)fmt, (void)args;
}

ll_status ll_http_server_start(ll_http_server **out, const ll_http_server_opts *opts, ll_error *err) {
    struct sockaddr_in here = { .sin_family = AF_INET,
                                .sin_port = htons((uint16_t)opts->port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    *out = NULL;
    if (not_loaded.code) return LL_FAIL(err, not_loaded.code, "%s", not_loaded.msg);
    ll_http_server *s = calloc(1, sizeof *s);
    if (!s) return LL_FAIL(err, LL_ENOMEM, "out of memory for a server");
    s->opts = *opts;
    if (s->opts.patience_s <= 0) s->opts.patience_s = 30;
    errno = 0;
    s->daemon = mhd.start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ERROR_LOG, 0, NULL,
        NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL, MHD_OPTION_SOCK_ADDR,
        (struct sockaddr *)&here, MHD_OPTION_CONNECTION_LIMIT, (unsigned)LL_HTTP_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)s->opts.patience_s, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, as_sent, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_END);
    if (!s->daemon) {
        const int why = errno;
        free(s);
        return LL_FAIL(err, LL_EIO, "cannot listen on 127.0.0.1:%d: %s", opts->port,
                       why ? strerror(why) : "the server did not start");
    }
    *out = s;
    return LL_OK;
}

int ll_http_server_port(const ll_http_server *s) {
    const union MHD_DaemonInfo *info = mhd.get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : s->opts.port;
}

void ll_http_server_stop(ll_http_server *s) {
    if (s) mhd.stop_daemon(s->daemon);
    free(s);
}

#endif
