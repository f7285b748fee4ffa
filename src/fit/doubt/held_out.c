#include "fit/doubt/held_out.h"

#include <math.h>

static double foretold(const ll_fit *fit, const ll_fit_data *data, int64_t row) {
    double x[LL_VAR_COUNT] = { 0 }, p[LL_LAW_MAX_PARAMS];
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (fit->law->vars >> v & 1) x[v] = data->x[v][row];
    for (int j = 0; j < fit->law->n_params; j++) p[j] = fit->params[j].value;
    return fit->law->eval(p, x);
}

ll_held_out ll_fit_on(const ll_fit *fit, const ll_fit_data *data) {
    ll_held_out h = { .n = data->n, NAN, NAN, NAN, NAN };
    const double n = (double)data->n;
    double mean = 0, left = 0, all = 0, sum = 0, relative = 0, worst = 0;
    for (int64_t i = 0; i < data->n; i++) mean += data->loss[i] / n;
    for (int64_t i = 0; i < data->n; i++) {
        const double L = data->loss[i], off = foretold(fit, data, i) - L, share = fabs(off / L);
        left += off * off;
        all += (L - mean) * (L - mean);
        sum += fabs(off) / n;
        relative += share / n;
        worst = fmax(worst, share);
    }
    if (data->n) h = (ll_held_out) { data->n, 1 - left / all, sum, relative, worst };
    return h;
}

ll_json *ll_held_out_json(const ll_held_out *h) {
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "n", h->n);
    ll_json_set_num(o, "r2", h->r2);
    ll_json_set_num(o, "mean_abs_err", h->mean_abs_err);
    ll_json_set_num(o, "mean_abs_rel_err", h->mean_abs_rel_err);
    ll_json_set_num(o, "worst_abs_rel_err", h->worst_abs_rel_err);
    return o;
}
