/* What the tax is worth in training compute, by the ladder's own law. */
#include <math.h>
#include <stdlib.h>

#include "fit/draws/interval.h"
#include "forecast/study/study.h"
#include "sweep/constitution/loop.h"

/* p: of the law power, Cc and alpha. */
static double factor(const ll_law *law, const double *p, double C, double tax) {
    double x[LL_VAR_COUNT] = { 0 };
    x[LL_VAR_X] = C;
    const double L = law->eval(p, x);
    return pow(1 + tax / L, 1 / p[1]);
}

static void price(ll_loop_row *row, const ll_run *run, const ll_fit *fit, double *v) {
    const double tax = row->value[LL_LOOP_TAX];
    const double p[] = { fit->params[0].value, fit->params[1].value };
    int64_t n = 0;
    if (!isfinite(tax)) return;
    const double value = factor(fit->law, p, run->flops, tax);
    if (!isfinite(value)) return;
    for (int64_t i = 0; i < fit->n_draws; i++) {
        v[n] = factor(fit->law, fit->draws + i * fit->law->n_params, run->flops, tax);
        n += isfinite(v[n]);
    }
    row->cost = n > 1 ? ll_fit_interval(fit, value, v, n) : (ll_estimate) { value, NAN, NAN, NAN };
}

static ll_status study_of(ll_study *study, ll_store *store, const ll_loop_opts *opts, ll_error *err) {
    ll_observed observed;
    const ll_observe_opts which = { .ladder = opts->ladder };
    const ll_study_opts how = { .law = ll_law_find("power"), .along = LL_VAR_C };
    LL_TRY(ll_observe(&observed, store, &which, err));
    LL_TRY(ll_study_of(study, &observed, "the ladder", &how, err));
    const ll_status s = ll_study_fit(study, err);
    if (s != LL_OK) ll_study_clear(study);
    return s;
}

ll_status ll_loop_price(ll_loop_table *t, ll_store *store, const ll_loop_opts *opts, ll_error *err) {
    ll_study study;
    ll_error why = { 0 };
    const ll_status s = study_of(&study, store, opts, &why);
    if (s == LL_EINPUT || s == LL_ENUM || s == LL_ESTATE) return LL_OK; /* too few runs, or all alike: no law */
    if (s != LL_OK) return LL_FAIL(err, s, "%s", why.msg);
    double *v = malloc((size_t)(study.fit.n_draws + 1) * sizeof *v);
    for (int64_t i = 0; i < t->rows && v; i++) price(&t->row[i], &t->run[t->row[i].run], &study.fit, v);
    ll_study_clear(&study);
    const bool got = v != NULL;
    free(v);
    return got ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for the cost of a tax");
}
