/* Regular expressions over PCRE2, on bytes.
 *
 *     ll_pattern *p;
 *     bool found;
 *     LL_TRY(ll_pattern_new(&p, "[0-9]+", 0, "house.yaml:7", err));
 *     LL_TRY(ll_pattern_find(p, text, size, 0, &from, &end, &found, err));
 *     ll_pattern_free(p);
 *
 * A match takes a bounded number of steps: a pattern that would need more is an error, not a wait. Needs LL_HAVE_PCRE2.
 * One thread at a time.
 */
#ifndef LL_BASE_WORDS_PATTERN_H
#define LL_BASE_WORDS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "loglog/error.h"

enum {
    LL_PATTERN_UTF = 1,      /* on whole characters; the text is known to be UTF-8 */
    LL_PATTERN_ANCHORED = 2, /* only where it is looked for */
    LL_PATTERN_CASELESS = 4,
    LL_PATTERN_TRUSTED = 8 /* our own: compiled to machine code, without a bound */
};

typedef struct ll_pattern ll_pattern;

/* LL_EINPUT, with where in front, for what is no pattern, and where this build has no PCRE2. */
ll_status ll_pattern_new(ll_pattern **out, const char *pattern, unsigned flags, const char *where, ll_error *err);
void ll_pattern_free(ll_pattern *p); /* NULL is fine */

/* The first match at or behind at: [*from, *end). LL_EINPUT where it takes more steps than are allowed. */
ll_status ll_pattern_find(ll_pattern *p, const void *text, size_t size, size_t at, size_t *from, size_t *end,
                          bool *found, ll_error *err);

#endif
