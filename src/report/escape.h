/* Texts of others made harmless for where they will stand. Bytes that are no UTF-8 become '?', control
 * characters a blank. */
#ifndef LL_REPORT_ESCAPE_H
#define LL_REPORT_ESCAPE_H

#include <stdio.h>

/* A gnuplot string in single quotes, in which nothing is expanded. */
void ll_escape_gnuplot(FILE *out, const char *text);

/* Text or a quoted attribute of HTML and SVG. Line breaks and tabs stay. */
void ll_escape_html(FILE *out, const char *text);

/* Text in LaTeX outside of its mathematics. */
void ll_escape_latex(FILE *out, const char *text);

/* Text in Markdown, a cell of its tables included. */
void ll_escape_markdown(FILE *out, const char *text);

#endif
