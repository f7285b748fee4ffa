#include "forecast/plan_seen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"

void ll_plan_see(ll_plan *plan, double flops, double loss) {
    if (flops <= plan->point.C && loss > 0) plan->seen = fmin(plan->seen, loss);
}

/* An imported run has no ladder and is of no study. */
static bool is_of_study(const ll_run *r, const ll_run *fitted, int64_t n) {
    for (int64_t i = 0; i < n && *r->ladder; i++)
        if (strcmp(r->ladder, fitted[i].ladder) == 0 && strcmp(r->family, fitted[i].family) == 0) return true;
    return false;
}

ll_status ll_plan_see_store(ll_plan *plan, const char *store, const char *where, ll_error *err) {
    ll_store *s;
    ll_run *fitted = NULL, *all = NULL;
    int64_t n_fitted = 0, n = 0;
    LL_TRY(ll_store_open(&s, store, LL_STORE_READ, err));
    ll_status status = ll_store_list_runs(s, "", LL_RUN_DONE, where, &fitted, &n_fitted, err);
    if (status == LL_OK) status = ll_store_list_runs(s, "", LL_RUN_DONE, NULL, &all, &n, err);
    ll_store_close(s);
    for (int64_t i = 0; status == LL_OK && i < n; i++)
        if (is_of_study(&all[i], fitted, n_fitted)) ll_plan_see(plan, all[i].flops, all[i].loss);
    free(fitted);
    free(all);
    return status;
}
