/* What the ledger of the store says: this ladder's forecasts, every score, and what gates said. Private to
 * evidence.c. */
#ifndef LL_REPORT_EVIDENCE_EVIDENCE_LEDGER_H
#define LL_REPORT_EVIDENCE_EVIDENCE_LEDGER_H

#include "report/evidence/evidence.h"

/* Needs the ladder and the runs. A ledger that was tampered with, or that holds a forecast which cannot be read,
 * gives nothing but e->broken. */
ll_status ll_evidence_read_ledger(ll_evidence *e, ll_store *s, ll_error *err);

#endif
