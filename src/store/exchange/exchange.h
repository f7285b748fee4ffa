/* What the exports of curves share. */
#ifndef LL_STORE_EXCHANGE_EXCHANGE_H
#define LL_STORE_EXCHANGE_EXCHANGE_H

#include "store/observation.h"
#include "store/run_table.h"

/* The run as one that ended at a point of its curve. */
ll_run ll_run_at_point(const ll_run *run, const ll_point *p);

/* Gives rt the row of a run, or its points that have a loss, each as a run that ended there. */
typedef struct ll_exporting {
    ll_store *store;
    bool curves;
    ll_scored_runs held_out; /* scored in the ledger: they go out as scored */
} ll_exporting;
ll_status ll_exporting_open(ll_exporting *x, ll_store *s, bool curves, ll_error *err);
ll_status ll_exporting_add(const ll_exporting *x, ll_run_table *rt, const ll_run *run, ll_error *err);

#endif
