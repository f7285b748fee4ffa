/* Which host is this machine: 127.0.0.1 or localhost, with or without a port. */
#ifndef LL_BASE_HTTP_HTTP_HOST_H
#define LL_BASE_HTTP_HTTP_HOST_H

#include <stdbool.h>

/* What is behind such a host; NULL where it is another's. */
const char *ll_http_skip_here(const char *host);

bool ll_http_is_here(const char *url);

#endif
