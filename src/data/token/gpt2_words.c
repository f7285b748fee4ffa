#include "data/token/gpt2_words.h"

/* White_Space by its property, for \s differs from one library to the next. Possessive where nothing is given back:
 * a word of any length needs no stack. */
#define SPACE "\\p{White_Space}"
static const char pattern[] = "'(?:s|t|re|ve|m|ll|d)| ?\\p{L}++| ?\\p{N}++| ?[^" SPACE "\\p{L}\\p{N}]++|" SPACE
                              "+(?!\\P{White_Space})|" SPACE "+";

ll_status ll_gpt2_words_new(ll_gpt2_words **out, const char *where, ll_error *err) {
    return ll_pattern_new(out, pattern, LL_PATTERN_UTF | LL_PATTERN_ANCHORED | LL_PATTERN_TRUSTED, where, err);
}

void ll_gpt2_words_free(ll_gpt2_words *s) {
    ll_pattern_free(s);
}

ll_status ll_gpt2_words_next(ll_gpt2_words *s, const uint8_t *run, size_t size, size_t at, size_t *end,
                             ll_error *err) {
    size_t from;
    bool found;
    LL_TRY(ll_pattern_find(s, run, size, at, &from, end, &found, err));
    if (*end > at) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "GPT-2's pattern fails at byte %zu of a text", at);
}
