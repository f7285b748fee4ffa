#include "sweep/command/placeholders.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/words/nearest.h"

ll_status ll_placeholder_fail(const ll_placeholders *places, const char *whole, const char *at, ll_error *err,
                              const char *fmt, ...) {
    char what[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    if (places->fault) *places->fault = (size_t)(at - whole);
    return LL_FAIL(err, LL_EINPUT, "%s", what);
}

ll_status ll_placeholder_find(const ll_placeholders *places, const char *whole, const char *at,
                              const ll_placeholder **out, size_t *n, ll_error *err) {
    char name[LL_PLACEHOLDER_NAME], hint[LL_NEAREST_HINT];
    const size_t length = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz_");
    if (length == 0 || length >= sizeof name || at[1 + length] != '}')
        return ll_placeholder_fail(places, whole, at, err, "expected a {name} here, or {{ for a brace");
    memcpy(name, at + 1, length);
    name[length] = 0;
    *n = length + 2;
    for (int i = 0; i < places->n; i++)
        if (strcmp(places->at[i].name, name) == 0) return *out = &places->at[i], LL_OK;
    ll_nearest near = { .word = name };
    for (int i = 0; i < places->n; i++) ll_nearest_try(&near, places->at[i].name);
    return ll_placeholder_fail(places, whole, at, err, "unknown placeholder {%s}%s", name,
                               ll_nearest_hint(&near, hint));
}
