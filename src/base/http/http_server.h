/* A server of HTTP on 127.0.0.1: a table of routes, a request in, an answer out.
 *
 *     static const ll_http_route routes[] = { { "GET", "/v1/models", list_models }, { "POST", ... } };
 *     const ll_http_server_opts opts = { .port = 8080, .routes = routes, .n_routes = 2, .ctx = &house };
 *     LL_TRY(ll_http_server_start(&server, &opts, err));
 *     ll_http_server_port(server)
 *     ll_http_server_stop(server);
 *
 * It serves what the table names and nothing else: an unknown path is 404, a known one by another method 405. Requests
 * are hostile until checked: the Host has to be 127.0.0.1 or localhost, so that no page of another site reaches it under
 * a name of its own (DNS rebinding); what is posted has to call itself application/json, which a browser does not send
 * across sites unasked; a body has at most 4 MiB and `patience_s` to come; 64 connections at once. Errors are OpenAI's:
 * {"error": {"message": ..., "type": ...}}.
 */
#ifndef LL_BASE_HTTP_HTTP_SERVER_H
#define LL_BASE_HTTP_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "loglog/error.h"

enum { LL_HTTP_BODY_MAX = 4 << 20, LL_HTTP_CONNECTIONS = 64 };

typedef struct ll_http_request {
    const char *method, *path;
    const char *body; /* [size] and a NUL */
    size_t size;
} ll_http_request;

typedef struct ll_http_answer {
    int status;       /* 0: 200, or of an error what its ll_status stands for */
    const char *type; /* NULL: application/json */
    char *body;       /* taken over */
    size_t size;
} ll_http_answer;

/* Called from a thread of its connection: several at once. An error is sent as such: LL_EINPUT and LL_EFORMAT as 400,
 * others as 500. */
typedef ll_status ll_http_handler(void *ctx, const ll_http_request *request, ll_http_answer *answer, ll_error *err);

typedef struct ll_http_route {
    const char *method, *path; /* GET or POST */
    ll_http_handler *answer;
} ll_http_route;

typedef struct ll_http_server_opts {
    int port;       /* 0: one that is free */
    int patience_s; /* with who sends nothing, and with a whole request; 0: 30 */
    const ll_http_route *routes;
    int n_routes;
    void *ctx; /* of the handlers */
} ll_http_server_opts;

typedef struct ll_http_server ll_http_server;

/* Borrows the routes. LL_EIO where the port cannot be had; LL_EINPUT in a build without libmicrohttpd. */
ll_status ll_http_server_start(ll_http_server **out, const ll_http_server_opts *opts, ll_error *err);
int ll_http_server_port(const ll_http_server *s);
void ll_http_server_stop(ll_http_server *s); /* waits for what is being answered; NULL is fine */

#endif
