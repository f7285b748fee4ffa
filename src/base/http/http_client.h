/* Requests to servers of others, over HTTP: several in flight, repeated where the server says that it is busy.
 *
 *     ll_http_client *c;
 *     const ll_http_opts opts = { .timeout_s = 300, .retries = 5, .flights = 8, .most = 64 << 20, .key = key };
 *     LL_TRY(ll_http_client_new(&c, &opts, err));
 *     LL_TRY(ll_http_client_ask(c, asks, n, on_reply, ctx, err));
 *     ll_http_client_free(c);
 *
 * What a server says is bounded and believed in nothing: no redirect is followed, only http and https are spoken, an
 * answer of more than `most` bytes is none. A status of 429 or of 500 and above, and a connection that fails, are asked
 * again after a pause (Retry-After, else 0.5 s, 1 s, 2 s, ...), as long as retries and time are left. The key goes into
 * the header of the request and nowhere else.
 */
#ifndef LL_BASE_HTTP_HTTP_CLIENT_H
#define LL_BASE_HTTP_HTTP_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "loglog/error.h"

typedef struct ll_http_opts {
    double timeout_s; /* of a request with all its repeats */
    int64_t retries;  /* repeats of one request, at most */
    int64_t flights;  /* requests at once, at most */
    int64_t most;     /* bytes of an answer, at most */
    const char *key;  /* Authorization: Bearer KEY; "": none. Copied. */
} ll_http_opts;

typedef struct ll_http_ask {
    const char *url;
    const char *body; /* JSON, posted; NULL: a GET */
    size_t size;
} ll_http_ask;

/* A status of 429, 500 and above comes when there are no more repeats. */
typedef struct ll_http_reply {
    const char *url; /* that was asked */
    long status;
    const char *type; /* the content type; "" where none was said */
    const char *body; /* [size] and a NUL; borrowed until the call returns */
    size_t size;
} ll_http_reply;

typedef struct ll_http_client ll_http_client;

/* LL_EINPUT in a build without libcurl. One thread asks at a time. */
ll_status ll_http_client_new(ll_http_client **out, const ll_http_opts *opts, ll_error *err);
void ll_http_client_free(ll_http_client *c); /* NULL is fine */

/* Hands the answer of each of n requests to on_reply, in any order, from this thread. The first error, a server's or
 * on_reply's, ends all. LL_EIO with the URL for a server that cannot be reached, does not answer in time or answers
 * with more than is allowed. */
ll_status ll_http_client_ask(ll_http_client *c, const ll_http_ask *asks, int64_t n,
                             ll_status (*on_reply)(void *ctx, int64_t i, const ll_http_reply *reply, ll_error *err),
                             void *ctx, ll_error *err);

#endif
