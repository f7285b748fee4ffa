#include "data/token/gpt2_words.h"

#ifdef LL_HAVE_PCRE2
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

struct ll_gpt2_words {
    pcre2_code *code;
    pcre2_match_data *match;
};

/* White_Space by its property, for \s differs from one library to the next. Possessive where nothing is given back:
 * a word of any length needs no stack. */
#define SPACE "\\p{White_Space}"
static const char pattern[] = "'(?:s|t|re|ve|m|ll|d)| ?\\p{L}++| ?\\p{N}++| ?[^" SPACE "\\p{L}\\p{N}]++|" SPACE
                              "+(?!\\P{White_Space})|" SPACE "+";

ll_status ll_gpt2_words_new(ll_gpt2_words **out, const char *where, ll_error *err) {
    int code;
    PCRE2_SIZE at;
    ll_gpt2_words *s = *out = calloc(1, sizeof *s);
    if (!s) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    s->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED,
                            &code, &at, NULL);
    if (s->code) s->match = pcre2_match_data_create_from_pattern(s->code, NULL);
    if (!s->match) {
        ll_gpt2_words_free(s);
        *out = NULL;
        return LL_FAIL(err, LL_ENOMEM, "%s: PCRE2 refuses GPT-2's pattern (%d)", where, code);
    }
    pcre2_jit_compile(s->code, PCRE2_JIT_COMPLETE); /* faster where it can be had */
    return LL_OK;
}

void ll_gpt2_words_free(ll_gpt2_words *s) {
    if (!s) return;
    pcre2_match_data_free(s->match);
    pcre2_code_free(s->code);
    free(s);
}

ll_status ll_gpt2_words_next(ll_gpt2_words *s, const uint8_t *run, size_t size, size_t at, size_t *end,
                             ll_error *err) {
    const int n = pcre2_match(s->code, run, size, at, PCRE2_NO_UTF_CHECK, s->match, NULL);
    *end = n > 0 ? pcre2_get_ovector_pointer(s->match)[1] : 0;
    if (*end > at) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "GPT-2's pattern fails at byte %zu of a text (PCRE2's code %d)", at, n);
}

#else

ll_status ll_gpt2_words_new(ll_gpt2_words **out, const char *where, ll_error *err) {
    *out = NULL;
    return LL_FAIL(err, LL_EINPUT, "%s: this build has no PCRE2, which cuts words (Debian: libpcre2-dev)", where);
}

void ll_gpt2_words_free(ll_gpt2_words *s) {
    (void)s;
}

ll_status ll_gpt2_words_next(ll_gpt2_words *s, const uint8_t *run, size_t size, size_t at, size_t *end,
                             ll_error *err) {
    (void)s, (void)run, (void)at;
    *end = size;
    return LL_FAIL(err, LL_EINPUT, "this build has no PCRE2");
}

#endif
