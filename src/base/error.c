#include "loglog/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/system/starved.h"
#include "base/words/number.h"
#include "base/words/text.h"

static _Thread_local int64_t starved;

int64_t ll_starved(void) {
    return starved;
}

void ll_starve(int64_t times) {
    starved += times;
}

void *ll_counted(void *block) {
    starved += !block;
    return block;
}

/* One error is one line: whatever a hostile file put into a name, control characters do not pass. */
static void flatten(char msg[LL_ERROR_MAX]) {
    char raw[LL_ERROR_MAX];
    ll_text_visible(strcpy(raw, msg), msg, LL_ERROR_MAX);
}

static void print(char *out, size_t size, const char *fmt, va_list ap) {
    const ll_number_scope scope = ll_number_begin();
    vsnprintf(out, size, fmt, ap);
    ll_number_end(scope);
}

ll_status ll_error_set(ll_error *err, ll_status code, const char *fmt, ...) {
    starved += code == LL_ENOMEM;
    if (!err) return code;
    va_list ap;
    va_start(ap, fmt);
    print(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    flatten(err->msg);
    err->code = code;
    return code;
}

ll_status ll_error_prefix(ll_error *err, const char *fmt, ...) {
    if (!err) return LL_EINPUT;
    char context[LL_ERROR_MAX], old[LL_ERROR_MAX];
    va_list ap;
    va_start(ap, fmt);
    print(context, sizeof context, fmt, ap);
    va_end(ap);
    memcpy(old, err->msg, sizeof old);
    snprintf(err->msg, sizeof err->msg, "%.400s: %.600s", context, old);
    flatten(err->msg);
    return err->code;
}
