/* The one way of text onto standard output and standard error: what %s prints is shown on its line as
 * base/words/text.h shows it, so that no name out of a file moves the cursor, and is padded by its columns, not by
 * its bytes.
 *
 *     ll_say("%-20s %8.4f\n", run->name, run->loss);
 *
 * The formats are printf's, without the types h, j, t, q, L and the letters a, n, p. A precision of %s counts bytes
 * and cuts at a whole character. JSON has escapes of its own and goes through ll_cli_json.
 */
#ifndef LL_CLI_PRINT_H
#define LL_CLI_PRINT_H

#include <stdarg.h>
#include <stdio.h>

#include "loglog/error.h"

/* On standard output; a line that is wider than its terminal is broken between words. */
void ll_say(const char *fmt, ...) LL_PRINTF(1, 2);
void ll_say_to(FILE *out, const char *fmt, ...) LL_PRINTF(2, 3);
void ll_say_args(FILE *out, const char *fmt, va_list args);

/* What of a line has no end yet. */
void ll_say_flush(void);

/* A text of several lines; its ends of line stay. */
void ll_say_lines(const char *text);

/* A drawing of our own for a terminal, colours and all: as it stands. Words out of files that it holds have gone
 * through ll_text_visible before. */
void ll_say_drawing(const char *text);

/* A JSON document and its end of line; what the JSON left unescaped of the controls gets \u escapes. */
void ll_say_json(const char *text);
void ll_say_json_part(const char *text,
                      size_t n); /* n of its bytes, which are whole characters, and no end of line */

/* A sentence of its own line, broken between words where the terminal behind out ends. */
void ll_say_prose(FILE *out, const char *fmt, ...) LL_PRINTF(2, 3);

/* The columns of the terminal behind out, at least 60; 0 where there is none. */
int ll_say_width(FILE *out);

/* Text whose first word comes at column `at`, broken between words where the terminal behind out ends; further
 * lines are indented. Ends its line. */
void ll_say_wrapped(FILE *out, const char *text, int at, int indent);

#endif
