/* What a policy says of the run that a report is about: the one that is planned for, else the largest that is here.
 *
 *     ll_asked *q;
 *     LL_TRY(ll_asked_open(&q, &(ll_asking) { .policy = "house.yaml", .store = "loglog.db" }, e, err));
 *     if (q) show(ll_asked_gate(q));
 *     ll_asked_close(q);
 */
#ifndef LL_CLI_LAW_ASKED_H
#define LL_CLI_LAW_ASKED_H

#include "report/page/report.h"

typedef struct ll_asking {
    const char *policy, *evidence, *waivers; /* paths; "" for none */
    const char *store;                       /* that the runs are in; "": they are of a table or a saved fit */
    bool planned;                            /* the reader asked for a plan: the first one's run is meant */
} ll_asking;

typedef struct ll_asked ll_asked;

/* *out NULL without a policy. The forecast of a planned run is taken of e's study. */
ll_status ll_asked_open(ll_asked **out, const ll_asking *how, ll_evidence *e, ll_error *err);
ll_report_gate ll_asked_gate(const ll_asked *q); /* borrowed */
void ll_asked_close(ll_asked *q);                /* NULL is fine */

#endif
