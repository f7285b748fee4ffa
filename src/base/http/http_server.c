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
#include "base/system/clock.h"

/* Loaded when it is first needed, with the libraries that it brings along. */
#define LIBRARY "libmicrohttpd.so.12"
#define FUNCTIONS(X)                 \
    X(create_response_from_buffer)   \
    X(create_response_from_callback) \
    X(add_response_header)           \
    X(queue_response)                \
    X(destroy_response)              \
    X(lookup_connection_value)       \
    X(start_daemon)                  \
    X(stop_daemon)                   \
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
    char *query;
    char *body;
    size_t size, room;
    double began; /* by ll_clock_now */
    bool headed;  /* its head was looked at */
    bool too_large, starved;
} incoming;

/* ---- answers ---- */

/* What every answer says: a browser is to guess no types, to run no script but the page's own files, to show the page
 * in no other one, and to tell nobody where it was. */
static const char *const always[][2] = {
    { "X-Content-Type-Options", "nosniff" },
    { "Content-Security-Policy",
      "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'" },
    { "Referrer-Policy", "no-referrer" },
    { "X-Frame-Options", "DENY" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
};

static const char *header(struct MHD_Connection *c, const char *name) {
    return mhd.lookup_connection_value(c, MHD_HEADER_KIND, name);
}

const char *ll_http_header(const ll_http_request *request, const char *name) {
    return header(request->connection, name);
}

static ssize_t more_of(void *ctx, uint64_t at, char *out, size_t room) {
    const ll_http_stream *s = ctx;
    (void)at;
    const int64_t n = s->more(s->ctx, out, room);
    return n < 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)n;
}

static void end_of(void *ctx) {
    const ll_http_stream *s = ctx;
    s->end(s->ctx);
    free(ctx);
}

static struct MHD_Response *streamed(const ll_http_stream *stream) {
    ll_http_stream *kept = malloc(sizeof *kept);
    struct MHD_Response *r = NULL;
    if (kept) {
        *kept = *stream;
        r = mhd.create_response_from_callback(MHD_SIZE_UNKNOWN, 1 << 14, more_of, kept, end_of);
    }
    if (!r) {
        stream->end(stream->ctx);
        free(kept);
    }
    return r;
}

/* Takes the body or the stream over. */
static struct MHD_Response *response_of(const ll_http_answer *a) {
    if (a->stream.more) return streamed(&a->stream);
    struct MHD_Response *r =
        mhd.create_response_from_buffer(a->size, a->body, a->lent ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE);
    if (!r && !a->lent) free(a->body);
    return r;
}

static enum MHD_Result send_answer(struct MHD_Connection *c, const ll_http_answer *a, const char *allow) {
    const char *has = a->tag && a->lent ? header(c, MHD_HTTP_HEADER_IF_NONE_MATCH) : NULL;
    const bool same = has && strcmp(has, a->tag) == 0;
    const unsigned status = same ? MHD_HTTP_NOT_MODIFIED : a->status ? (unsigned)a->status : MHD_HTTP_OK;
    struct MHD_Response *r = response_of(same ? &(ll_http_answer) { .body = "", .lent = true } : a);
    if (!r) return MHD_NO;
    mhd.add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, a->type ? a->type : "application/json");
    mhd.add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, a->tag ? "no-cache" : "no-store");
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        mhd.add_response_header(r, always[i][0], always[i][1]);
    if (a->tag) mhd.add_response_header(r, MHD_HTTP_HEADER_ETAG, a->tag);
    if (a->zipped) mhd.add_response_header(r, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    if (*a->cookie) mhd.add_response_header(r, MHD_HTTP_HEADER_SET_COOKIE, a->cookie);
    if (allow) mhd.add_response_header(r, MHD_HTTP_HEADER_ALLOW, allow);
    if (a->status == MHD_HTTP_UNAUTHORIZED) mhd.add_response_header(r, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    const enum MHD_Result sent = mhd.queue_response(c, status, r);
    mhd.destroy_response(r);
    return sent;
}

static char *openai_refusal(int status, const char *message) {
    ll_json *doc = ll_json_object(), *e = ll_json_group(doc, "error");
    ll_json_set_str(e, "message", message);
    ll_json_set_str(e, "type", status < 500 ? "invalid_request_error" : "server_error");
    ll_json_set(e, "param", ll_json_num(NAN));
    ll_json_set(e, "code", ll_json_num(NAN));
    char *body = ll_json_text(doc, false);
    ll_json_free(doc);
    return body;
}

static enum MHD_Result refuse(const ll_http_server *s, struct MHD_Connection *c, int status, const char *allow,
                              const char *message) {
    char *body = (s->opts.refusal ? s->opts.refusal : openai_refusal)(status, message);
    if (!body) return MHD_NO;
    return send_answer(c, &(ll_http_answer) { .status = status, .body = body, .size = strlen(body) }, allow);
}

/* ---- what a request has to be ---- */

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

static bool is_at(const ll_http_route *r, const char *path) {
    const size_t n = strlen(r->path);
    return r->path[n - 1] == '*' ? strncmp(r->path, path, n - 1) == 0 : strcmp(r->path, path) == 0;
}

/* The route and the service that it is of; where there is none, the answer is sent and *sent holds how that went. */
static const ll_http_route *find_route(const ll_http_server *s, struct MHD_Connection *c, const char *method,
                                       const char *path, void **ctx, enum MHD_Result *sent) {
    const char *allow = NULL;
    char message[256];
    for (int k = 0; k < s->opts.n_services; k++) {
        const ll_http_service *service = &s->opts.services[k];
        *ctx = service->ctx;
        for (int i = 0; i < service->n_routes; i++) {
            const ll_http_route *r = &service->routes[i];
            if (!is_at(r, path)) continue;
            if (strcmp(r->method, method) == 0) return r;
            if (!allow) allow = r->method;
        }
    }
    if (allow) snprintf(message, sizeof message, "%.100s is asked by %s", path, allow);
    else snprintf(message, sizeof message, "there is nothing at %.100s", path);
    *sent = refuse(s, c, allow ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND, allow, message);
    return NULL;
}

static int check_guard(const ll_http_server *s, struct MHD_Connection *c, ll_http_need need, const char **why) {
    static const ll_http_guard here = { 0 };
    const ll_http_head head = { .host = header(c, MHD_HTTP_HEADER_HOST),
                                .origin = header(c, MHD_HTTP_HEADER_ORIGIN),
                                .fetch_site = header(c, "Sec-Fetch-Site"),
                                .fetch_mode = header(c, "Sec-Fetch-Mode"),
                                .authorization = header(c, MHD_HTTP_HEADER_AUTHORIZATION),
                                .cookie = header(c, MHD_HTTP_HEADER_COOKIE) };
    return ll_http_guard_check(s->opts.guard ? s->opts.guard : &here, &head, need, why);
}

static enum MHD_Result check_head(const ll_http_server *s, struct MHD_Connection *c, const char *method,
                                  const char *path, bool *good) {
    enum MHD_Result sent;
    const char *why;
    void *ctx;
    *good = false;
    int status = check_guard(s, c, LL_HTTP_OPEN, &why); /* whose Host is another's learns no paths */
    if (status) return refuse(s, c, status, NULL, why);
    const ll_http_route *route = find_route(s, c, method, path, &ctx, &sent);
    if (!route) return sent;
    status = check_guard(s, c, route->need, &why);
    if (status) return refuse(s, c, status, NULL, why);
    if (strcmp(method, MHD_HTTP_METHOD_POST) == 0 && !says_json(c))
        return refuse(s, c, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, NULL, "expected Content-Type: application/json");
    if (says_too_large(c)) return refuse(s, c, MHD_HTTP_CONTENT_TOO_LARGE, NULL, TOO_LARGE);
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
    void *ctx;
    const ll_http_request request = { .method = method,
                                      .path = path,
                                      .query = in->query,
                                      .body = in->body ? in->body : "",
                                      .size = in->size,
                                      .connection = c };
    if (in->too_large) return refuse(s, c, MHD_HTTP_CONTENT_TOO_LARGE, NULL, TOO_LARGE);
    if (in->starved) return refuse(s, c, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, "out of memory");
    const ll_http_route *route = find_route(s, c, method, path, &ctx, &sent);
    if (!route) return sent;
    const ll_status status = route->answer(ctx, &request, &a, &err);
    if (status == LL_OK) return send_answer(c, &a, NULL);
    if (!a.lent) free(a.body);
    const bool theirs = status == LL_EINPUT || status == LL_EFORMAT;
    return refuse(s, c,
                  a.status ? a.status
                  : theirs ? MHD_HTTP_BAD_REQUEST
                           : MHD_HTTP_INTERNAL_SERVER_ERROR,
                  NULL, err.msg);
}

/* Before anything of it is looked at: the query as it was sent. */
static void *on_begin(void *ctx, const char *uri, struct MHD_Connection *c) {
    incoming *in = calloc(1, sizeof *in);
    const char *mark = strchr(uri, '?');
    (void)ctx, (void)c;
    if (!in) return NULL;
    in->began = ll_clock_now();
    in->query = strdup(mark ? mark + 1 : "");
    if (in->query) return in;
    free(in);
    return NULL;
}

/* First with the head alone, then with each part of the body, then once more without one. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *path, const char *method,
                                  const char *version, const char *part, size_t *part_size, void **state) {
    const ll_http_server *s = ctx;
    incoming *in = *state;
    (void)version;
    if (!in) return MHD_NO;
    if (!in->headed) {
        bool good;
        in->headed = true;
        const enum MHD_Result sent = check_head(s, c, method, path, &good);
        return good ? MHD_YES : sent;
    }
    if (*part_size == 0) return answer(s, c, method, path, in);
    take(in, part, *part_size);
    *part_size = 0;
    return ll_clock_now() - in->began < s->opts.patience_s ? MHD_YES : MHD_NO;
}

static void on_end(void *ctx, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why) {
    incoming *in = *state;
    (void)ctx, (void)c, (void)why;
    if (in) free(in->body), free(in->query);
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
    const char *address = opts->address ? opts->address : "127.0.0.1";
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)opts->port) };
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    *out = NULL;
    if (not_loaded.code) return LL_FAIL(err, not_loaded.code, "%s", not_loaded.msg);
    if (inet_pton(AF_INET, address, &at.sin_addr) != 1)
        return LL_FAIL(err, LL_EINPUT, "cannot listen on '%.60s': expected an IPv4 address such as 192.168.1.7",
                       address);
    ll_http_server *s = calloc(1, sizeof *s);
    if (!s) return LL_FAIL(err, LL_ENOMEM, "out of memory for a server");
    s->opts = *opts;
    if (s->opts.patience_s <= 0) s->opts.patience_s = 30;
    if (s->opts.connections <= 0) s->opts.connections = LL_HTTP_CONNECTIONS;
    errno = 0;
    s->daemon = mhd.start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ERROR_LOG, 0, NULL,
        NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL, MHD_OPTION_SOCK_ADDR,
        (struct sockaddr *)&at, MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->opts.connections,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)s->opts.patience_s, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, as_sent, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_begin, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_END);
    if (!s->daemon) {
        const int why = errno;
        free(s);
        return LL_FAIL(err, LL_EIO, "cannot listen on %s:%d: %s", address, opts->port,
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
