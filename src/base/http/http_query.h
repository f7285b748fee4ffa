/* The query of a URL, pair by pair: "law=bnsl&x=flops" and what browsers make of blanks and other signs.
 *
 *     ll_http_pair p;
 *     const char *at = request->query;
 *     while (*at) { LL_TRY(ll_http_query_next(&at, &p, err)); use(p.key, p.value); }
 *
 * What is escaped by %XX or '+' is taken back. LL_EINPUT for what is longer than a pair has room for, an escape without
 * two digits, an empty key, and control signs, among them a NUL.
 */
#ifndef LL_BASE_HTTP_HTTP_QUERY_H
#define LL_BASE_HTTP_HTTP_QUERY_H

#include <stdbool.h>

#include "loglog/error.h"

enum { LL_HTTP_KEY = 48, LL_HTTP_VALUE = 1024 };

typedef struct ll_http_pair {
    char key[LL_HTTP_KEY], value[LL_HTTP_VALUE];
    bool valued; /* there was a '=' */
} ll_http_pair;

ll_status ll_http_query_next(const char **at, ll_http_pair *pair, ll_error *err);

#endif
