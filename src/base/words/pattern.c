#include "base/words/pattern.h"

#ifdef LL_HAVE_PCRE2
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

enum { STEPS_MOST = 200000, HEAP_MOST_KIB = 1 << 14 };

struct ll_pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *bounds; /* NULL: trusted */
};

static uint32_t options_of(unsigned flags) {
    return (flags & LL_PATTERN_UTF ? PCRE2_UTF | PCRE2_UCP : 0) |
           (flags & LL_PATTERN_ANCHORED ? PCRE2_ANCHORED : 0) | (flags & LL_PATTERN_CASELESS ? PCRE2_CASELESS : 0);
}

static bool set_bounds(ll_pattern *p) {
    if (!(p->bounds = pcre2_match_context_create(NULL))) return false;
    pcre2_set_match_limit(p->bounds, STEPS_MOST);
    pcre2_set_depth_limit(p->bounds, STEPS_MOST);
    pcre2_set_heap_limit(p->bounds, HEAP_MOST_KIB);
    return true;
}

ll_status ll_pattern_new(ll_pattern **out, const char *pattern, unsigned flags, const char *where, ll_error *err) {
    int code;
    PCRE2_SIZE at;
    PCRE2_UCHAR why[128];
    ll_pattern *p = *out = calloc(1, sizeof *p);
    if (!p) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    p->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options_of(flags), &code, &at, NULL);
    ll_status s = LL_OK;
    if (!p->code) {
        pcre2_get_error_message(code, why, sizeof why);
        s = LL_FAIL(err, LL_EINPUT, "%s: pattern '%.80s' at byte %zu: %s", where, pattern, at, (char *)why);
    } else if (!(p->match = pcre2_match_data_create_from_pattern(p->code, NULL)) ||
               (!(flags & LL_PATTERN_TRUSTED) && !set_bounds(p)))
        s = LL_FAIL(err, LL_ENOMEM, "out of memory");
    if (s == LL_OK) {
        if (flags & LL_PATTERN_TRUSTED)
            pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE); /* faster where it can be had */
        return LL_OK;
    }
    ll_pattern_free(p);
    *out = NULL;
    return s;
}

void ll_pattern_free(ll_pattern *p) {
    if (!p) return;
    pcre2_match_context_free(p->bounds);
    pcre2_match_data_free(p->match);
    pcre2_code_free(p->code);
    free(p);
}

ll_status ll_pattern_find(ll_pattern *p, const void *text, size_t size, size_t at, size_t *from, size_t *end,
                          bool *found, ll_error *err) {
    const int n = pcre2_match(p->code, text, size, at, PCRE2_NO_UTF_CHECK, p->match, p->bounds);
    *found = n > 0;
    *from = n > 0 ? pcre2_get_ovector_pointer(p->match)[0] : 0;
    *end = n > 0 ? pcre2_get_ovector_pointer(p->match)[1] : 0;
    if (n > 0 || n == PCRE2_ERROR_NOMATCH) return LL_OK;
    if (n == PCRE2_ERROR_MATCHLIMIT || n == PCRE2_ERROR_DEPTHLIMIT || n == PCRE2_ERROR_HEAPLIMIT)
        return LL_FAIL(err, LL_EINPUT, "the pattern takes more than %d steps on a text of %zu bytes", STEPS_MOST,
                       size);
    return LL_FAIL(err, LL_EINPUT, "the pattern fails at byte %zu of a text (PCRE2's code %d)", at, n);
}

#else

ll_status ll_pattern_new(ll_pattern **out, const char *pattern, unsigned flags, const char *where, ll_error *err) {
    (void)pattern, (void)flags;
    *out = NULL;
    return LL_FAIL(err, LL_EINPUT, "%s: this build has no PCRE2 for regular expressions (Debian: libpcre2-dev)",
                   where);
}

void ll_pattern_free(ll_pattern *p) {
    (void)p;
}

ll_status ll_pattern_find(ll_pattern *p, const void *text, size_t size, size_t at, size_t *from, size_t *end,
                          bool *found, ll_error *err) {
    (void)p, (void)text, (void)at;
    *from = *end = size;
    *found = false;
    return LL_FAIL(err, LL_EINPUT, "this build has no PCRE2");
}

#endif
