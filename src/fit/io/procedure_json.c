#include "fit/io/procedure_json.h"

#include <math.h>

#include "fit/io/fit_json.h"

typedef struct procedure {
    const char *law, *form, *objective;
    int64_t n, n_draws, n_short;
    ll_resample resample;
    uint64_t seed;
    double wall_s;
} procedure;

/* Takes derived and warnings. */
static ll_json *document(const procedure *p, const ll_fit_context *context, ll_json *derived, ll_json *warnings) {
    ll_json *o = ll_json_object(), *objective = ll_json_object(), *r;
    ll_json_set_str(o, "schema", "loglog.fit/1");
    ll_json_set_str(o, "law", p->law);
    ll_json_set_str(o, "form", p->form);
    if (context->convention) ll_json_set(o, "convention", context->convention);
    ll_json_set_int(o, "n", p->n);
    ll_json_set_int(o, "dropped", context->dropped);
    ll_json_set_str(objective, "name", p->objective);
    ll_json_set(o, "objective", objective);
    ll_json_group(o, "params");
    ll_json_set(o, "derived", derived);
    r = ll_json_group(o, "resampling");
    ll_json_set_str(r, "kind", p->n_draws ? ll_resample_name(p->resample) : "none");
    ll_json_set_int(r, "draws", p->n_draws);
    ll_json_set_int(r, "seed", (int64_t)p->seed);
    ll_json_set_int(ll_json_group(o, "diagnostics"), "short", p->n_short);
    ll_json_set(ll_json_group(o, "diagnostics"), "warnings", warnings);
    ll_json_set_num(o, "wall_s", p->wall_s);
    return o;
}

/* ---- approach 2 ---- */

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

static ll_json *isoflop_derived(const ll_isoflop *f) {
    ll_json *o = ll_json_object(), *optima = ll_json_array();
    ll_frontier_json(o, &f->a, &f->b, &f->G, f->opts.level);
    ll_json_set_num(o, "a_bottoms", f->a_bottoms);
    ll_json_set_num(o, "a_inner", f->a_inner);
    ll_json_set_num(o, "r2", f->r2);
    ll_json_set_num(o, "noise_sd", f->optima ? NAN : f->noise_sd);
    for (int64_t k = 0; k < f->n_budgets; k++) ll_json_push(optima, budget(f, &f->budget[k]));
    ll_json_set(o, "optima", optima);
    return o;
}

ll_json *ll_isoflop_json(const ll_isoflop *f, const ll_fit_context *context) {
    ll_json *warnings = ll_json_array();
    char text[LL_FIT_WARNING];
    for (int k = 0; ll_isoflop_warning(f, k, text, sizeof text); k++) ll_json_push(warnings, ll_json_str(text));
    procedure p = { .law = "isoflop",
                    .form = LL_ISOFLOP_FORM,
                    .objective = "ls",
                    .n = f->n_used,
                    .n_draws = f->n_draws,
                    .resample = f->opts.resample,
                    .seed = f->opts.seed,
                    .n_short = f->n_short,
                    .wall_s = f->wall_s };
    return document(&p, context, isoflop_derived(f), warnings);
}

/* ---- approach 1 ---- */

static ll_json *envelope_derived(const ll_envelope *f) {
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

ll_json *ll_envelope_json(const ll_envelope *f, const ll_fit_context *context) {
    ll_json *warnings = ll_json_array();
    char text[LL_FIT_WARNING];
    for (int k = 0; ll_envelope_warning(f, k, text, sizeof text); k++) ll_json_push(warnings, ll_json_str(text));
    procedure p = { .law = "envelope",
                    .form = "N_opt = G (C/6)^a, D_opt ~ C^b through the lower envelope of the learning curves",
                    .objective = "ls",
                    .n = f->n,
                    .n_draws = f->n_draws,
                    .resample = LL_RESAMPLE_CLUSTER,
                    .seed = f->opts.seed,
                    .n_short = f->n_short,
                    .wall_s = f->wall_s };
    return document(&p, context, envelope_derived(f), warnings);
}

/* ---- the critical batch ---- */

static ll_json *critical_loss(const ll_critical_batch *f, const ll_critical_loss *l) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "params", l->params);
    ll_json_set_num(o, "loss", l->loss);
    ll_json_set_int(o, "n", l->at.n);
    ll_json_set_int(o, "batches", l->at.batches);
    ll_json_set(o, "S_min", ll_estimate_json(&l->S_min, f->opts.level));
    ll_json_set(o, "E_min", ll_estimate_json(&l->E_min, f->opts.level));
    ll_json_set(o, "B_crit", ll_estimate_json(&l->B_crit, f->opts.level));
    ll_json_set_num(o, "rms", l->at.rms);
    ll_json_set_bool(o, "edge", l->at.edge);
    return o;
}

static ll_json *critical_derived(const ll_critical_batch *f) {
    ll_json *o = ll_json_object(), *losses = ll_json_array();
    ll_json_set(o, "B_star", ll_estimate_json(&f->B_star, f->opts.level));
    ll_json_set(o, "alpha_B", ll_estimate_json(&f->alpha_B, f->opts.level));
    ll_json_set_num(o, "r2", f->r2);
    for (int64_t k = 0; k < f->n_losses; k++) ll_json_push(losses, critical_loss(f, &f->loss[k]));
    ll_json_set(o, "losses", losses);
    return o;
}

ll_json *ll_critical_batch_json(const ll_critical_batch *f, const ll_fit_context *context) {
    ll_json *warnings = ll_json_array();
    char text[LL_FIT_WARNING];
    for (int k = 0; ll_critical_batch_warning(f, k, text, sizeof text); k++)
        ll_json_push(warnings, ll_json_str(text));
    procedure p = { .law = "critical_batch",
                    .form = LL_CRITICAL_BATCH_FORM,
                    .objective = "ls_log",
                    .n = f->n,
                    .n_draws = f->n_draws,
                    .resample = f->opts.resample,
                    .seed = f->opts.seed,
                    .n_short = f->n_short,
                    .wall_s = f->wall_s };
    return document(&p, context, critical_derived(f), warnings);
}
