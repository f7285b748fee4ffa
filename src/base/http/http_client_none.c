#include "base/http/http_client.h"

#ifndef LL_HAVE_CURL

ll_status ll_http_client_new(ll_http_client **out, const ll_http_opts *opts, ll_error *err) {
    (void)opts;
    *out = NULL;
    return LL_FAIL(err, LL_EINPUT,
                   "this build has no libcurl (Debian: libcurl4-openssl-dev): no endpoint can be asked");
}

/* There is never a client to ask. */
void ll_http_client_free(ll_http_client *c) {
    (void)c;
}

ll_status ll_http_client_ask(ll_http_client *c, const ll_http_ask *asks, int64_t n,
                             ll_status (*on_reply)(void *ctx, int64_t i, const ll_http_reply *reply, ll_error *err),
                             void *ctx, ll_error *err) {
    (void)c, (void)asks, (void)n, (void)on_reply, (void)ctx;
    return LL_FAIL(err, LL_EINPUT, "this build has no libcurl");
}

#endif
