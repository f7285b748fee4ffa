#include <math.h>
#include <stdio.h>

#include "fit/envelope.h"
#include "fit/procedure_json.h"

static ll_json *derived(const ll_envelope *f) {
    ll_json *o = ll_json_object(), *treads = ll_json_array();
    ll_frontier_json(o, &f->a, &f->b, &f->G, f->opts.level);
    ll_json_set_num(o, "a_all", f->a_all);
    ll_json_set_num(o, "bias", f->bias);
    ll_json_set_num(o, "r2", f->r2);
    for (int64_t k = 0; k < f->n_treads; k++) {
        const ll_tread *t = &f->tread[k];
        ll_json *e = ll_json_object();
        ll_json_set_num(e, "params", t->params);
        ll_json_set(e, "flops", ll_json_nums((double[]) { t->flops_lo, t->flops_hi }, 2));
        ll_json_set_num(e, "tokens", t->tokens);
        ll_json_set_num(e, "loss", t->loss);
        ll_json_set_bool(e, "edge", t->edge);
        ll_json_push(treads, e);
    }
    ll_json_set(o, "treads", treads);
    return o;
}

bool ll_envelope_warning(const ll_envelope *f, int k, char *buf, size_t size) {
    if (!(fabs(f->bias) < 0.01) && k-- == 0) {
        if (isnan(f->bias))
            snprintf(buf, size,
                     "a noiseless surface of exponents .34 and .28 would show no envelope in this design");
        else
            snprintf(
                buf, size,
                "the staircase itself moves a by %+.3f: that is what this design does to a noiseless surface of "
                "exponents .34 and .28",
                f->bias);
        return true;
    }
    if (f->n_edge && k-- == 0)
        return snprintf(
                   buf, size,
                   "at %.0f %% of the budgets the smallest or the largest size there is the lowest: they are left "
                   "out; with them a is %.4g",
                   100 * (double)f->n_edge / (double)f->n_budgets, f->a_all),
               true;
    if (f->n_short && k-- == 0)
        return snprintf(buf, size, "%lld curves of a single budget are left out", (long long)f->n_short), true;
    if (f->n_sizes < 6 && k-- == 0)
        return snprintf(buf, size, "only %lld curves take turns as the lowest: the line rests on few steps",
                        (long long)f->n_sizes),
               true;
    return false;
}

ll_json *ll_envelope_json(const ll_envelope *f, const ll_fit_context *context) {
    ll_json *warnings = ll_json_array();
    char text[LL_FIT_WARNING];
    for (int k = 0; ll_envelope_warning(f, k, text, sizeof text); k++) ll_json_push(warnings, ll_json_str(text));
    ll_procedure p = { .law = "envelope",
                       .form = "N_opt = G (C/6)^a, D_opt ~ C^b through the lower envelope of the learning curves",
                       .objective = "ls",
                       .n = f->n,
                       .n_draws = f->n_draws,
                       .resample = LL_RESAMPLE_CLUSTER,
                       .seed = f->opts.seed,
                       .n_short = f->n_short,
                       .wall_s = f->wall_s };
    return ll_procedure_json(&p, context, derived(f), warnings);
}
