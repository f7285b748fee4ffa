/* The small parts HTML pages are made of. Everything is written to a stream whose errors are the caller's to
 * check at the end. */
#ifndef LL_REPORT_PAGE_HTML_PARTS_H
#define LL_REPORT_PAGE_HTML_PARTS_H

#include <stdio.h>

#include "loglog/error.h"
#include "loglog/fit.h"
#include "report/show.h"

/* The page up to <main>, with its style sheet, and from </main>, with its script. */
void ll_html_open(FILE *out, const char *title);
void ll_html_close(FILE *out);

/* <section id><h2>heading</h2>, closed by the caller with </section>. */
void ll_html_section(FILE *out, const char *id, const char *heading);

/* <section id><h3>heading</h3>: a part of a section, closed by </section> too. */
void ll_html_part(FILE *out, const char *id, const char *heading);

/* A section that has nothing to show: its heading (rank 2 or 3), folded over why. Nothing is to be closed. */
void ll_html_empty(FILE *out, const char *id, int rank, const char *heading, const char *why);

/* What is looked up rather than read, folded under a line; closed by ll_html_fold_end. Paper shows none of it. */
void ll_html_fold(FILE *out, const char *summary);
void ll_html_fold_end(FILE *out);

/* One <dt>term</dt><dd>text</dd> of a <dl>; nothing where the text is empty, and it is cut at 2047 bytes. */
void ll_html_fact(FILE *out, const char *term, const char *fmt, ...) LL_PRINTF(3, 4);

/* <TAG>text</TAG>, text escaped. */
void ll_html_tag(FILE *out, const char *tag, const char *text);

/* A table's caption and head; columns are separated by '|' and each may end in a unit after ';', which stands
 * under it in small type; '#' in front marks one of numbers: "run|#loss;nats/token". Closed by
 * ll_html_table_end. */
void ll_html_table(FILE *out, const char *caption, const char *columns);
void ll_html_table_end(FILE *out);

/* Cells. A number is short, with all its digits as a tool tip; NaN is a dash. */
void ll_html_row(FILE *out, const char *name); /* <tr> and its head */
void ll_html_cell(FILE *out, const char *text);
void ll_html_prose(FILE *out, const char *text);      /* a cell of sentences, which wrap */
void ll_html_number(FILE *out, double v, int digits); /* significant */
void ll_html_fixed(FILE *out, double v, int decimals);
void ll_html_within(FILE *out, double v, double lo, double hi); /* as many digits as lo to hi earn */
void ll_html_count(FILE *out, double v);                        /* 1.23M */
void ll_html_estimate(FILE *out, const ll_estimate *e);         /* 0.347 and below it 0.321 to 0.372 */
void ll_html_count_estimate(FILE *out, const ll_estimate *e);

/* As many digits as the interval earns, two more than its first. Returns buf. */
const char *ll_html_show(const ll_estimate *e, double v, char buf[LL_SHOW_SIZE]);

/* A drawing of gnuplot in a <figure>: without prologue, with title for readers who cannot see it, its ids made
 * unique by name. kind: its class, or ""; caption "": none. */
void ll_html_svg(FILE *out, const char *svg, const char *name, const char *kind, const char *title,
                 const char *caption);

#endif
