/* The report of a ladder: one HTML file that needs nothing else, and the ladder's figures as files.
 *
 *     char missing[LL_ERROR_MAX];
 *     LL_TRY(ll_report_write("loglog.db", "", "report.html", missing, err));     "": the newest ladder
 *     if (*missing) say(missing);
 */
#ifndef LL_REPORT_REPORT_H
#define LL_REPORT_REPORT_H

#include "report/evidence.h"

/* Written beside and renamed. What the ladder cannot show yet is said in words. When gnuplot fails, the report is
 * written without figures and missing holds its line; else missing is "". */
ll_status ll_report_write(const char *store, const char *ladder, const char *path, char missing[LL_ERROR_MAX],
                          ll_error *err);

#endif
