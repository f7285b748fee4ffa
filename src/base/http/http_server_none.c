#include "base/http/http_server.h"

#ifndef LL_HAVE_MICROHTTPD

ll_status ll_http_server_start(ll_http_server **out, const ll_http_server_opts *opts, ll_error *err) {
    (void)opts;
    *out = NULL;
    return LL_FAIL(err, LL_EINPUT,
                   "this build has no libmicrohttpd (Debian: libmicrohttpd-dev): nothing can be served");
}

/* There is never a server to ask. */
const char *ll_http_header(const ll_http_request *request, const char *name) {
    (void)request, (void)name;
    return NULL;
}

int ll_http_server_port(const ll_http_server *s) {
    (void)s;
    return 0;
}

void ll_http_server_stop(ll_http_server *s) {
    (void)s;
}

#endif
