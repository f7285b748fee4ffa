#include <math.h>
#include <stdio.h>

#include "fit/isoflop.h"
#include "fit/procedure_json.h"

static ll_json *budget(const ll_isoflop *f, const ll_budget *b) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "flops", b->valley.flops);
    ll_json_set_int(o, "n", b->valley.n);
    ll_json_set(o, "params", ll_estimate_json(&b->n_opt, f->opts.level));
    ll_json_set_num(o, "tokens", b->d_opt);
    ll_json_set_num(o, "loss", b->valley.loss_min);
    ll_json_set_num(o, "curvature", b->valley.curvature);
    ll_json_set_num(o, "bias", b->bias);
    ll_json_set_bool(o, "edge", b->valley.edge);
    ll_json_set_bool(o, "concave", b->valley.concave);
    return o;
}

static ll_json *derived(const ll_isoflop *f) {
    ll_json *o = ll_json_object(), *optima = ll_json_array();
    ll_frontier_json(o, &f->a, &f->b, &f->G, f->opts.level);
    ll_json_set_num(o, "a_inner", f->a_inner);
    ll_json_set_num(o, "r2", f->r2);
    for (int64_t k = 0; k < f->n_budgets; k++) ll_json_push(optima, budget(f, &f->budget[k]));
    ll_json_set(o, "optima", optima);
    return o;
}

static double largest_bias(const ll_isoflop *f) {
    double most = 0;
    for (int64_t k = 0; k < f->n_budgets; k++)
        if (fabs(f->budget[k].bias) > fabs(most)) most = f->budget[k].bias;
    return most;
}

bool ll_isoflop_warning(const ll_isoflop *f, int k, char *buf, size_t size) {
    long long concave = (long long)(f->n_budgets - f->n_bottoms);
    double bias = largest_bias(f);
    if (f->n_edge && k-- == 0)
        return snprintf(
                   buf, size,
                   "%lld of %lld budgets have their optimum outside the sizes that were run; without them a is "
                   "%.4g",
                   (long long)f->n_edge, (long long)f->n_bottoms, f->a_inner),
               true;
    if (concave && k-- == 0)
        return snprintf(buf, size, "%lld budgets have no bottom (the parabola is concave) and are left out",
                        concave),
               true;
    if (f->n_short && k-- == 0)
        return snprintf(buf, size, "%lld budgets hold fewer than three sizes and are left out",
                        (long long)f->n_short),
               true;
    if (fabs(bias) > 0.02 && k-- == 0)
        return snprintf(buf, size,
                        "the parabola itself may misplace N_opt by up to %+.2g %%: that is what it does to a "
                        "noiseless surface of exponents .34 and .28 over these sizes",
                        100 * expm1(bias)),
               true;
    return false;
}

ll_json *ll_isoflop_json(const ll_isoflop *f, const ll_fit_context *context) {
    ll_json *warnings = ll_json_array();
    char text[LL_FIT_WARNING];
    for (int k = 0; ll_isoflop_warning(f, k, text, sizeof text); k++) ll_json_push(warnings, ll_json_str(text));
    ll_procedure p = { .law = "isoflop",
                       .form = "N_opt = G (C/6)^a, D_opt ~ C^b through the bottoms of parabolas in ln N",
                       .objective = "ls",
                       .n = f->n_used,
                       .n_draws = f->n_draws,
                       .resample = f->opts.resample,
                       .seed = f->opts.seed,
                       .n_short = f->n_short,
                       .wall_s = f->wall_s };
    return ll_procedure_json(&p, context, derived(f), warnings);
}
