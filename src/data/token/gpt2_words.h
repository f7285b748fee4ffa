/* Words: where GPT-2 cuts a text before it merges, by its own pattern over PCRE2. Needs LL_HAVE_PCRE2. */
#ifndef LL_DATA_TOKEN_GPT2_WORDS_H
#define LL_DATA_TOKEN_GPT2_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/words/pattern.h"

typedef ll_pattern ll_gpt2_words;

/* LL_EINPUT where this build has no PCRE2; where is for the message. */
ll_status ll_gpt2_words_new(ll_gpt2_words **out, const char *where, ll_error *err);
void ll_gpt2_words_free(ll_gpt2_words *s);

/* The end of the word that begins at `at` in a run of whole characters (utf8.h) [size]. */
ll_status ll_gpt2_words_next(ll_gpt2_words *s, const uint8_t *run, size_t size, size_t at, size_t *end,
                             ll_error *err);

#endif
