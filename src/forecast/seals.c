#include "forecast/seals.h"

#include <math.h>

#include "forecast/ledger_view.h"

ll_status ll_seal_list(ll_store *s, ll_seal **out, int64_t *n, ll_error *err) {
    ll_ledger_view v;
    LL_TRY(ll_ledger_view_store(&v, s, err));
    *out = v.seals;
    *n = v.n_seals;
    v.seals = NULL;
    ll_ledger_view_clear(&v);
    return LL_OK;
}

ll_status ll_seal_find(ll_store *s, const char *run, ll_seal *out, bool *found, ll_error *err) {
    ll_ledger_view v;
    LL_TRY(ll_ledger_view_store(&v, s, err));
    const ll_seal *it = ll_ledger_view_seal(&v, run);
    *found = it != NULL;
    if (it) *out = *it;
    ll_ledger_view_clear(&v);
    return LL_OK;
}

ll_status ll_seal_differs(ll_store *s, const ll_seal *seal, bool *differs, double *loss, ll_error *err) {
    ll_run run;
    bool found;
    *differs = false;
    *loss = NAN;
    if (!seal->scored) return LL_OK;
    LL_TRY(ll_store_seek_run(s, seal->forecast.run, &run, &found, err));
    if (!found) return LL_OK;
    *differs = run.state == LL_RUN_DONE && run.loss != seal->score.outcome;
    *loss = run.loss;
    return LL_OK;
}
