#include "fit/io/tuned_json.h"

#include <math.h>

static void put_best(ll_json *o, const ll_tuned_best *b, double level) {
    ll_json_set(o, "value", ll_estimate_json(&b->value, level));
    ll_json_set(o, "by_params", ll_estimate_json(&b->by_params, level));
    ll_json_set(o, "by_tokens", ll_estimate_json(&b->by_tokens, level));
    ll_json_set_num(o, "curvature", b->curvature);
}

static void put_params(ll_json *o, const ll_fit *f) {
    for (int j = 0; j < f->law->n_params; j++)
        ll_json_set(o, f->law->params[j].name, ll_estimate_json(&f->params[j], f->opts.level));
}

static void put_judged(ll_json *o, const ll_tuned_score *s) {
    ll_json_set_int(o, "n", s->n);
    ll_json_set_int(o, "n_cells", s->n_cells);
    ll_json_set_num(o, "mean_abs_rel_err", s->near);
    ll_json_set_num(o, "raw_mean_abs_rel_err", s->near_raw);
    ll_json_set_num(o, "best_mean_abs_rel_err", s->best);
    ll_json_set_num(o, "raw_best_mean_abs_rel_err", s->best_raw);
}

ll_json *ll_tuned_json(const ll_tuned *f, const ll_tuned_score *judged, const ll_fit_context *context) {
    static const char *const names[LL_TUNED_KINDS] = { "lr", "batch_tokens" };
    ll_json *o = ll_json_object(), *warnings = ll_json_array(), *g;
    char text[LL_FIT_WARNING];
    ll_json_set_str(o, "schema", "loglog.fit/1");
    ll_json_set_str(o, "law", "tuned");
    ll_json_set_str(o, "form", LL_TUNED_FORM);
    if (context->convention) ll_json_set(o, "convention", context->convention);
    ll_json_set_int(o, "n", f->n);
    ll_json_set_int(o, "n_near", f->n_near);
    ll_json_set_int(o, "n_cells", f->n_cells);
    ll_json_set_int(o, "dropped", context->dropped);
    put_params(ll_json_group(o, "params"), &f->law);
    g = ll_json_group(o, "derived");
    ll_json_set_num(g, "params", f->params);
    ll_json_set_num(g, "tokens", f->tokens);
    for (int a = 0; a < f->kinds; a++) put_best(ll_json_group(g, names[a]), &f->best[a], f->opts.level);
    g = ll_json_group(o, "raw");
    put_params(ll_json_group(g, "params"), &f->raw);
    ll_json_set_num(g, "residual_sd", f->raw_sd);
    if (judged) put_judged(ll_json_group(o, "judged"), judged);
    g = ll_json_group(o, "resampling");
    ll_json_set_str(g, "kind", f->n_draws ? ll_resample_name(LL_RESAMPLE_CLUSTER) : "none");
    ll_json_set_int(g, "draws", f->n_draws);
    ll_json_set_int(g, "seed", (int64_t)f->opts.seed);
    g = ll_json_group(o, "diagnostics");
    ll_json_set_num(g, "residual_sd", f->law_sd);
    ll_json_set_num(g, "residual_sd_of_cells", f->residual_sd);
    ll_json_set_num(g, "median_lost", f->median_lost);
    for (int k = 0; ll_tuned_warning(f, k, text, sizeof text); k++) ll_json_push(warnings, ll_json_str(text));
    ll_json_set(g, "warnings", warnings);
    ll_json_set_num(o, "wall_s", f->wall_s);
    return o;
}
