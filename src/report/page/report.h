/* The report of a ladder: one HTML file that needs nothing else, and the ladder's figures as files.
 *
 *     char missing[LL_ERROR_MAX];
 *     ll_evidence *e;
 *     LL_TRY(ll_evidence_gather(&e, &(ll_evidence_opts) { .store = "loglog.db" }, err));
 *     LL_TRY(ll_report_page(e, "report.html", NULL, missing, err));
 *     if (*missing) say(missing);
 */
#ifndef LL_REPORT_PAGE_REPORT_H
#define LL_REPORT_PAGE_REPORT_H

#include "decide/gate/gate.h"
#include "report/evidence/evidence.h"

/* What a policy says, asked by the caller. All of it is borrowed. */
typedef struct ll_report_gate {
    const ll_policy *policy;
    const ll_gate *answer;
    const ll_waiver *waivers; /* those the gate was given */
    const char *about;        /* in words: what it was asked about */
    const char *command;      /* that asks the same again */
    double asked;             /* since 1970 */
} ll_report_gate;

/* gate NULL: no policy was given. Written beside and renamed. What the ladder cannot show yet is said in words.
 * Without gnuplot the report is written without figures, and missing holds ll_gnuplot_absent; a figure that cannot be
 * drawn is named there, with why, and the others are drawn; else missing is "". */
ll_status ll_report_page(const ll_evidence *e, const char *path, const ll_report_gate *gate,
                         char missing[LL_ERROR_MAX], ll_error *err);

#endif
