/* Text of unknown origin, such as a run's name from someone's table, and how it is shown on one line.
 *
 *     char seen[256];
 *     puts(ll_text_visible(run->name, seen, sizeof seen));       "a<ESC>[2J" is shown as a\x1b[2J
 *
 * Controls of a terminal (C0, DEL, C1), line and paragraph separators, the marks that turn the direction of writing
 * and bytes that are no UTF-8 are written as \n, \x1b, \u202e; all else stays.
 */
#ifndef LL_BASE_WORDS_TEXT_H
#define LL_BASE_WORDS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at text (1 to 4, 0 at its end) and its code point; -1 and one byte where there is no
 * UTF-8. */
int ll_text_char(const char *text, int32_t *code);

/* The bytes of a sequence that a leading byte announces: 2 to 4; 1 for all others, 0 for one that only continues.
 */
int ll_text_length(unsigned char lead);

bool ll_text_is_control(int32_t code); /* or no character at all (-1) */

enum { LL_TEXT_SHOWN = 8 };

/* The character as it is shown, and its bytes into *used. Returns buf. */
const char *ll_text_shown(const char *text, int *used, char buf[LL_TEXT_SHOWN]);

/* The whole text, cut at a whole character where it does not fit size. Returns buf. */
const char *ll_text_visible(const char *text, char *buf, size_t size);

/* The text as one word of a shell command: as it stands where that is safe, else in quotes; cut where it does not
 * fit size. Returns buf. */
const char *ll_text_quoted(const char *text, char *buf, size_t size);

/* How many bytes from the first on are ASCII that is shown as it stands; a byte limit below 0 is none. */
int ll_text_plain(const char *text, int bytes);

/* The columns that so many bytes of text take when they are shown; a byte limit below 0 is none. */
int ll_text_columns(const char *text, int bytes);

#endif
