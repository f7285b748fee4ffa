#include "base/words/word.h"

#include <string.h>

const char *ll_word_next(const char **text, const char *stops, size_t *n) {
    const char *word = *text + strspn(*text, stops);
    *n = strcspn(word, stops);
    *text = word + *n;
    return *n ? word : NULL;
}

bool ll_word_is(const char *word, size_t n, const char *name) {
    return strlen(name) == n && memcmp(word, name, n) == 0;
}

ll_status ll_word_copy(char *out, size_t size, const char *from, size_t n, const char *where, ll_error *err) {
    *out = 0;
    if (n >= size)
        return LL_FAIL(err, LL_EINPUT, "%.400s: '%.40s...' has %zu letters, expected at most %zu", where, from, n,
                       size - 1);
    memcpy(out, from, n);
    out[n] = 0;
    return LL_OK;
}
