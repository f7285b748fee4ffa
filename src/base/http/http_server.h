/* A server of HTTP: a table of routes, a request in, an answer or a stream out.
 *
 *     static const ll_http_route routes[] = { { "GET", "/v1/models", list_models }, { "POST", ... } };
 *     const ll_http_service services[] = { { .routes = routes, .n_routes = 2, .ctx = &house } };
 *     const ll_http_server_opts opts = { .port = 8080, .services = services, .n_services = 1 };
 *     LL_TRY(ll_http_server_start(&server, &opts, err));
 *     ll_http_server_port(server)
 *     ll_http_server_stop(server);
 *
 * It serves what the tables name and nothing else: an unknown path is 404, a known one by another method 405. Requests
 * are hostile until checked: http_guard.h says who may ask; what is posted has to call itself application/json, which
 * a browser does not send across sites unasked; a body has at most 4 MiB and `patience_s` to come; a connection that
 * moves nothing for so long is closed, and there are so many at once. Without a form of one's own errors are OpenAI's:
 * {"error": {"message": ..., "type": ...}}.
 */
#ifndef LL_BASE_HTTP_HTTP_SERVER_H
#define LL_BASE_HTTP_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/http/http_guard.h"
#include "loglog/error.h"

enum { LL_HTTP_BODY_MAX = 4 << 20, LL_HTTP_CONNECTIONS = 64 };

typedef struct ll_http_request {
    const char *method, *path;
    const char *query; /* behind the '?', as it was sent (http_query.h); "": none */
    const char *body;  /* [size] and a NUL */
    size_t size;
    void *connection; /* of the server, for ll_http_header */
} ll_http_request;

/* A header by its name, borrowed; NULL where it was not sent. */
const char *ll_http_header(const ll_http_request *request, const char *name);

/* An answer without an end. more waits for the next bytes and writes up to room of them; below 0: it has ended. */
typedef struct ll_http_stream {
    int64_t (*more)(void *ctx, char *out, size_t room);
    void (*end)(void *ctx); /* once, also where the reader went away */
    void *ctx;
} ll_http_stream;

typedef struct ll_http_answer {
    int status;       /* 0: 200, or of an error what its ll_status stands for */
    const char *type; /* NULL: application/json */
    char *body;       /* taken over, unless lent */
    size_t size;
    bool lent, zipped;     /* zipped: the body is gzip's */
    const char *tag;       /* quoted, of what never changes under it: 304 for who has it; NULL: nothing is kept */
    char cookie[192];      /* to be set; "": none */
    ll_http_stream stream; /* in place of a body where more is there */
} ll_http_answer;

/* Called from a thread of its connection: several at once. An error is sent as such: LL_EINPUT and LL_EFORMAT as 400,
 * others as 500. */
typedef ll_status ll_http_handler(void *ctx, const ll_http_request *request, ll_http_answer *answer, ll_error *err);

typedef struct ll_http_route {
    const char *method, *path; /* GET or POST; a path that ends in '*' is every path that begins so */
    ll_http_handler *answer;
    ll_http_need need;
} ll_http_route;

typedef struct ll_http_service {
    const ll_http_route *routes;
    int n_routes;
    void *ctx; /* of its handlers */
} ll_http_service;

typedef struct ll_http_server_opts {
    const char *address; /* an IPv4 address to listen on; NULL: 127.0.0.1 */
    int port;            /* 0: one that is free */
    int patience_s;      /* with who sends or takes nothing, and with a whole request; 0: 30 */
    int connections;     /* at once; 0: 64 */
    const ll_http_service *services;
    int n_services;
    const ll_http_guard *guard; /* NULL: this machine alone, without a token */
    /* The body of a refusal, for free(); NULL: OpenAI's form. */
    char *(*refusal)(int status, const char *message);
} ll_http_server_opts;

typedef struct ll_http_server ll_http_server;

/* Borrows what opts point at. LL_EIO where the port cannot be had; LL_EINPUT in a build without libmicrohttpd. */
ll_status ll_http_server_start(ll_http_server **out, const ll_http_server_opts *opts, ll_error *err);
int ll_http_server_port(const ll_http_server *s);
/* Waits for what is being answered; streams have to have been told to end. NULL is fine. */
void ll_http_server_stop(ll_http_server *s);

#endif
