/* A report on paper, printed by a browser that is there. */
#ifndef LL_REPORT_PDF_H
#define LL_REPORT_PDF_H

#include "loglog/error.h"

/* Prints the HTML file at `from` to a PDF at `to` with Chromium, Chrome or WeasyPrint, whichever is found first.
 * LL_EIO: none is there, or it failed or took too long; then there is no file. */
ll_status ll_report_print(const char *from, const char *to, ll_error *err);

#endif
