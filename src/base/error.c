#include "loglog/error.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/starved.h"

static atomic_llong starved;

int64_t ll_starved(void) {
    return atomic_load(&starved);
}

void *ll_counted(void *block) {
    if (!block) atomic_fetch_add(&starved, 1);
    return block;
}

/* One error is one line: whatever a hostile file put into a name, control characters do not pass. */
static void flatten(char *s) {
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f) *s = ' ';
}

ll_status ll_error_set(ll_error *err, ll_status code, const char *fmt, ...) {
    if (code == LL_ENOMEM) atomic_fetch_add(&starved, 1);
    if (!err) return code;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->msg, sizeof err->msg, fmt, ap);
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
    vsnprintf(context, sizeof context, fmt, ap);
    va_end(ap);
    memcpy(old, err->msg, sizeof old);
    snprintf(err->msg, sizeof err->msg, "%.400s: %.600s", context, old);
    flatten(err->msg);
    return err->code;
}
