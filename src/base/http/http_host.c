#include "base/http/http_host.h"

#include <string.h>

const char *ll_http_skip_here(const char *host) {
    const size_t n = strcspn(host, ":/");
    if (n != 9 || (strncmp(host, "127.0.0.1", n) != 0 && strncmp(host, "localhost", n) != 0)) return NULL;
    if (host[n] != ':') return host + n;
    const size_t digits = strspn(host + n + 1, "0123456789");
    return digits ? host + n + 1 + digits : NULL;
}

bool ll_http_is_here(const char *url) {
    const char *host = strstr(url, "://"), *behind = host ? ll_http_skip_here(host + 3) : NULL;
    return behind && (*behind == 0 || *behind == '/');
}
