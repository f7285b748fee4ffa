#include "decide/money/spending.h"

#include <math.h>
#include <stdlib.h>

#include "decide/money/era.h"
#include "stat/quantile.h"

ll_bill ll_spending_bill(double year, double flops, double pue) {
    ll_rig rig = { .pue = pue };
    ll_era_rig(year, &rig);
    return ll_rig_bill(&rig, flops);
}

/* Models are in the order of their days: fewer than `top` before this one are larger. */
static void find_frontier(ll_spending *s, int64_t top) {
    const ll_published_model *m = s->models->at;
    for (int64_t i = 0; i < s->models->n; i++) {
        int64_t larger = 0;
        for (int64_t j = 0; j < i && larger < top; j++) larger += m[j].flops > m[i].flops;
        s->frontier[i] = larger < top;
    }
}

static ll_status fit_growth(ll_spending *s, const ll_spending_opts *o, double *block, ll_error *err) {
    const int64_t n = s->models->n;
    double *year = block, *usd = block + n, *flops = block + 2 * n;
    int64_t k = 0;
    for (int64_t i = 0; i < n; i++) {
        const ll_published_model *m = &s->models->at[i];
        if (!s->frontier[i] || m->year < o->since) continue;
        year[k] = m->year;
        usd[k] = s->bill[i].usd;
        flops[k++] = m->flops;
    }
    LL_TRY(ll_trend_fit(&s->growth, year, usd, k, o->level, o->n_boot, o->seed, err));
    return ll_trend_fit(&s->compute, year, flops, k, o->level, o->n_boot, o->seed, err);
}

static void compare_known(ll_spending *s, double *ratio) {
    for (int64_t i = 0; i < s->models->n; i++)
        if (s->models->at[i].usd > 0) ratio[s->n_known++] = s->bill[i].usd / s->models->at[i].usd;
    ll_sort(ratio, s->n_known);
    s->ratio = ll_quantile(ratio, s->n_known, 0.5);
    s->ratio_lo = ll_quantile(ratio, s->n_known, 0.1);
    s->ratio_hi = ll_quantile(ratio, s->n_known, 0.9);
}

ll_status ll_spending_make(ll_spending *s, const ll_models *models, const ll_spending_opts *o, ll_error *err) {
    const size_t n = (size_t)models->n;
    *s = (ll_spending) { .models = models,
                         .bill = malloc(n * sizeof *s->bill),
                         .frontier = malloc(n * sizeof(bool)) };
    double *block = malloc(3 * n * sizeof *block);
    ll_status status = LL_OK;
    if (!s->bill || !s->frontier || !block) status = LL_FAIL(err, LL_ENOMEM, "out of memory for %zu models", n);
    if (status == LL_OK) {
        for (size_t i = 0; i < n; i++)
            s->bill[i] = ll_spending_bill(models->at[i].year, models->at[i].flops, o->pue);
        find_frontier(s, o->top);
        compare_known(s, block);
        status = fit_growth(s, o, block, err);
    }
    free(block);
    if (status != LL_OK) ll_spending_clear(s);
    return status;
}

void ll_spending_clear(ll_spending *s) {
    free(s->bill);
    free(s->frontier);
    *s = (ll_spending) { 0 };
}

double ll_spending_passes(const ll_spending *s, double usd) {
    const ll_trend *t = &s->growth;
    return t->rate > 0 ? t->origin + (log(usd) - t->offset) / t->rate : INFINITY;
}
