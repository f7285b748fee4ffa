#include "fit/doubt/undertuned.h"

#include <math.h>

#include "fit/approach/choose.h"
#include "fit/draws/residual.h"
#include "stat/student.h"

static void insert(ll_undertuned *u, double params, double miss, double z, int64_t runs, int64_t row) {
    int at = u->n < LL_UNDERTUNED_MAX ? u->n++ : LL_UNDERTUNED_MAX;
    for (; at > 0 && z > u->rung[at - 1].z; at--)
        if (at < LL_UNDERTUNED_MAX) u->rung[at] = u->rung[at - 1];
    if (at == LL_UNDERTUNED_MAX) return;
    u->rung[at].params = params;
    u->rung[at].miss = miss;
    u->rung[at].z = z;
    u->rung[at].runs = runs;
    u->rung[at].row = row;
}

ll_status ll_undertuned_find(ll_undertuned *u, const ll_fit *fit, ll_error *err) {
    const double *N = fit->data.x[LL_VAR_N];
    ll_groups g;
    *u = (ll_undertuned) { 0 };
    const int64_t freedom = ll_fit_freedom(fit);
    if (fit->law->below_zero || !(fit->law->vars >> LL_VAR_N & 1) || freedom < 1 || !(fit->residual_sd > 0))
        return LL_OK;
    LL_TRY(ll_groups_new(&g, N, fit->n, err));
    u->rungs = g.n_groups;
    double limit = ll_student_quantile(1 - LL_UNDERTUNED_ALARM / (double)g.n_groups, (double)freedom);
    for (int64_t k = 0; k < g.n_groups; k++) {
        int64_t runs = g.start[k + 1] - g.start[k];
        double miss = 0;
        for (int64_t i = g.start[k]; i < g.start[k + 1]; i++) miss += fit->residual[g.row[i]] / (double)runs;
        double z = miss * sqrt((double)runs) / fit->residual_sd;
        if (z > limit) insert(u, N[g.row[g.start[k]]], miss, z, runs, g.row[g.start[k]]);
    }
    ll_groups_free(&g);
    return LL_OK;
}
