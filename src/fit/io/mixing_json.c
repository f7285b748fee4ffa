#include "fit/io/mixing_json.h"

static void put_law(ll_json *o, const ll_mixing *f, int k, const char *const *share) {
    const ll_mixing_law *law = &f->law[k];
    ll_json_set(o, "c", ll_estimate_json(&law->c, f->opts.level));
    ll_json *t = ll_json_group(o, "t");
    for (int j = 0; j < f->shares; j++) ll_json_set(t, share[j], ll_estimate_json(&law->t[j], f->opts.level));
    ll_json_set(o, "at_best", ll_estimate_json(&law->at_best, f->opts.level));
    ll_json_set_num(o, "residual_sd", law->residual_sd);
}

static void put_best(ll_json *o, const ll_mixing *f, const char *const *share) {
    ll_json *best = ll_json_group(o, "best");
    for (int j = 0; j < f->shares; j++) ll_json_set(best, share[j], ll_estimate_json(&f->best[j], f->opts.level));
    ll_json_set(o, "least", ll_estimate_json(&f->least, f->opts.level));
}

static void put_score(ll_json *o, const ll_mixing_score *s) {
    ll_json_set_int(o, "n", s->n);
    ll_json_set_num(o, "mean_abs_rel_err", s->mean_abs_rel_err);
    ll_json_set_num(o, "worst_abs_rel_err", s->worst_abs_rel_err);
    ll_json_set_num(o, "of_constant", s->of_constant);
    ll_json_set_num(o, "covered", s->covered);
}

ll_json *ll_mixing_json(const ll_mixing *f, const char *const *share, const char *const *loss,
                        const ll_mixing_score *score, const ll_fit_context *context) {
    ll_json *o = ll_json_object(), *warnings = ll_json_array(), *g;
    char text[LL_FIT_WARNING];
    ll_json_set_str(o, "schema", "loglog.fit/1");
    ll_json_set_str(o, "law", "mixture");
    ll_json_set_str(o, "form", LL_MIXING_FORM);
    if (context->convention) ll_json_set(o, "convention", context->convention);
    ll_json_set_int(o, "n", f->n);
    ll_json_set_int(o, "dropped", context->dropped);
    g = ll_json_group(o, "params");
    for (int k = 0; k < f->losses; k++) put_law(ll_json_group(g, loss[k]), f, k, share);
    put_best(ll_json_group(o, "derived"), f, share);
    g = score ? ll_json_group(o, "judged") : NULL;
    for (int k = 0; g && k < f->losses; k++) put_score(ll_json_group(g, loss[k]), &score[k]);
    g = ll_json_group(o, "resampling");
    ll_json_set_str(g, "kind", f->n_draws ? ll_resample_name(f->opts.resample) : "none");
    ll_json_set_int(g, "draws", f->n_draws);
    ll_json_set_int(g, "seed", (int64_t)f->opts.seed);
    g = ll_json_group(o, "diagnostics");
    for (int k = 0; ll_mixing_warning(f, k, text, sizeof text); k++) ll_json_push(warnings, ll_json_str(text));
    ll_json_set(g, "warnings", warnings);
    ll_json_set_num(o, "wall_s", f->wall_s);
    return o;
}
