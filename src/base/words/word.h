/* Words of a text, looked at where they stand or copied whole: none is ever shortened.
 *
 *     char name[LL_OPTION_NAME];
 *     size_t n;
 *     for (const char *w; (w = ll_word_next(&text, ", ", &n));)
 *         LL_TRY(ll_word_copy(name, sizeof name, w, n, "--in-place", err));
 */
#ifndef LL_BASE_WORDS_WORD_H
#define LL_BASE_WORDS_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "loglog/error.h"

/* The next of the words in *text that signs of stops separate, and its length; NULL at the end. Borrowed. */
const char *ll_word_next(const char **text, const char *stops, size_t *n);

bool ll_word_is(const char *word, size_t n, const char *name);

/* n letters into out, of size with the zero behind them. LL_EINPUT, and out is empty, when they do not fit: where
 * names the source. */
ll_status ll_word_copy(char *out, size_t size, const char *from, size_t n, const char *where, ll_error *err);

#endif
