/* How tokens and texts stand in JSON, in OpenAI's form. JSON holds characters; a token may hold a part of one, and a
 * model may say bytes that are none.
 *
 * A text has U+FFFD in place of each byte that is no UTF-8, and of NUL. A token of such bytes is written
 * bytes:\xe2\x80, which loses nothing; so is one that begins with "bytes:" itself.
 */
#ifndef LL_PROBE_ENDPOINT_TOKEN_TEXT_H
#define LL_PROBE_ENDPOINT_TOKEN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at the beginning of size bytes, 1 or more; *whole: it is one. Else one byte. */
int ll_token_char(const char *at, size_t size, bool *whole);

/* Whether every byte is of a character. */
bool ll_token_all_chars(const char *bytes, size_t size);

/* To be freed; NULL: out of memory. */
char *ll_token_text(const char *bytes, size_t size); /* a text */
char *ll_token_name(const char *bytes, size_t size); /* a token */

/* The bytes of a token that is so written, into out [strlen(name)]; how many. */
size_t ll_token_bytes(const char *name, char *out);

/* How many bytes of a text's tokens, one behind the other, the text stands for, if it does; SIZE_MAX where it says
 * something else. */
size_t ll_token_meant(const char *text, const char *bytes, size_t size);

#endif
