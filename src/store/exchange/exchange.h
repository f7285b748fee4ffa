/* What the exports of curves share. */
#ifndef LL_STORE_EXCHANGE_EXCHANGE_H
#define LL_STORE_EXCHANGE_EXCHANGE_H

#include "store/store.h"

/* The run as one that ended at a point of its curve. */
ll_run ll_run_at_point(const ll_run *run, const ll_point *p);

#endif
