#include "base/http/http_query.h"

#include <stddef.h>
#include <string.h>

static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* n bytes of text into out, which has room for size. */
static ll_status unescape(const char *text, size_t n, char *out, size_t size, ll_error *err) {
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        int c = (unsigned char)text[i];
        if (c == '+') c = ' ';
        else if (c == '%') {
            const int high = i + 1 < n ? digit(text[i + 1]) : -1, low = i + 2 < n ? digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) return LL_FAIL(err, LL_EINPUT, "the query: expected two digits behind a '%%'");
            c = 16 * high + low;
            i += 2;
        }
        if (c < 0x20 || c == 0x7f) return LL_FAIL(err, LL_EINPUT, "the query holds a control sign");
        if (k + 1 >= size) return LL_FAIL(err, LL_EINPUT, "the query: a part is longer than %zu bytes", size - 1);
        out[k++] = (char)c;
    }
    out[k] = 0;
    return LL_OK;
}

ll_status ll_http_query_next(const char **at, ll_http_pair *pair, ll_error *err) {
    const char *begin = *at;
    const size_t n = strcspn(begin, "&");
    const char *equals = memchr(begin, '=', n);
    const size_t key = equals ? (size_t)(equals - begin) : n;
    *at = begin + n + (begin[n] == '&');
    pair->valued = equals != NULL;
    pair->value[0] = 0;
    LL_TRY(unescape(begin, key, pair->key, sizeof pair->key, err));
    if (!*pair->key) return LL_FAIL(err, LL_EINPUT, "the query: expected key=value&key=value");
    return equals ? unescape(equals + 1, n - key - 1, pair->value, sizeof pair->value, err) : LL_OK;
}
