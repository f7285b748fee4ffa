/* The forecast beyond the runs, into e->fan: along the runs that the fitted law calls best. */
#ifndef LL_REPORT_EVIDENCE_EVIDENCE_FAN_H
#define LL_REPORT_EVIDENCE_EVIDENCE_FAN_H

#include "report/evidence/evidence.h"

/* After the plans and the ledger are read. No forecast can be made: e->fan.n is 0, and that is no failure. */
ll_status ll_evidence_forecast(ll_evidence *e, ll_error *err);

#endif
