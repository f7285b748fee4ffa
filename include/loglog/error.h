/* Errors: a status is returned, its context is written into the caller's ll_error.
 *
 *     ll_error err = {0};
 *     if (ll_thing_open(&thing, path, &err) != LL_OK) fprintf(stderr, "%s\n", err.msg);
 *
 * No function of the library prints, exits or aborts. Thread-safe: the struct is the caller's.
 */
#ifndef LOGLOG_ERROR_H
#define LOGLOG_ERROR_H

#include "loglog/api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ll_status {
    LL_OK = 0,
    LL_EINPUT,   /* an argument or a value in the user's input is unusable */
    LL_EFORMAT,  /* a file is not what it claims to be */
    LL_EIO,      /* the system refused: missing, unreadable, full, read-only */
    LL_ENOMEM,   /* memory, or the bound set on it, is exhausted */
    LL_ENUM,     /* a number is not finite, a solver cannot go on */
    LL_ESTATE,   /* the store or a checkpoint contradicts what was asked */
    LL_ESTOP,    /* asked to stop; the work so far is safe */
    LL_EREFUSED, /* a gate said no; the work so far is safe */
    LL_EUNSURE   /* a gate cannot tell, which is no yes; the work so far is safe */
} ll_status;

enum { LL_ERROR_MAX = 1024 };

/* code and msg are written together by LL_FAIL; msg is one line without a full stop. */
typedef struct ll_error {
    ll_status code;
    char msg[LL_ERROR_MAX];
} ll_error;

#if defined(__GNUC__)
#define LL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define LL_PRINTF(fmt, args)
#endif

/* Writes code and the formatted line into err (which may be NULL) and returns code. */
LL_API ll_status ll_error_set(ll_error *err, ll_status code, const char *fmt, ...) LL_PRINTF(3, 4);

/* Puts "context: " in front of the message and returns the code that was there. */
LL_API ll_status ll_error_prefix(ll_error *err, const char *fmt, ...) LL_PRINTF(2, 3);

#define LL_FAIL(err, code, ...) ll_error_set((err), (code), __VA_ARGS__)

#define LL_TRY(expr)                                      \
    do {                                                  \
        ll_status ll_try_status = (expr);                 \
        if (ll_try_status != LL_OK) return ll_try_status; \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
