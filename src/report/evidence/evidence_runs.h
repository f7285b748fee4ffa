/* The runs of a store as a report shows them: all of them, or of very many some, evenly, with all that are held out and
 * the largest. Laws stand on all of them whatever is shown. */
#ifndef LL_REPORT_EVIDENCE_RUNS_H
#define LL_REPORT_EVIDENCE_RUNS_H

#include "report/evidence/evidence.h"

/* Sets runs, row, n_runs, n_all, n_done, params_are and bytes_per_token; reads e->scored. ladder and where as of
 * ll_store_list_runs. */
ll_status ll_evidence_read_runs(ll_evidence *e, ll_store *s, const char *ladder, const char *where, ll_error *err);

/* The same of runs that are all there already, e->runs [e->n_runs]; row is set alike. */
ll_status ll_evidence_number_runs(ll_evidence *e, ll_error *err);

#endif
