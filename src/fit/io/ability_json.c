#include "fit/io/ability_json.h"

#include <math.h>
#include <stdio.h>

/* ---- sharp or smooth ---- */

static ll_json *put_rise(ll_json *o, const ll_rise *r) {
    ll_json_set_str(o, "shape", ll_climb_shape_name(r->curve.shape));
    ll_json_set(o, "from", ll_estimate_json(&r->from, r->level));
    ll_json_set(o, "to", ll_estimate_json(&r->to, r->level));
    ll_json_set(o, "decades", ll_estimate_json(&r->decades, r->level));
    ll_json_set(o, "before", ll_estimate_json(&r->before, r->level));
    ll_json_set(o, "after", ll_estimate_json(&r->after, r->level));
    ll_json_set_bool(o, "begins", r->begins);
    ll_json_set_bool(o, "ends", r->ends);
    ll_json_set_num(o, "left", r->left);
    return o;
}

static ll_json *put_sharp(ll_json *o, const ll_sharp *s) {
    ll_json_set_num(o, "sudden", s->opts.sudden);
    ll_json_set_num(o, "ln_ratio", s->ratio);
    ll_json_set_num(o, "critical", s->critical);
    ll_json_set_num(o, "p_smooth", s->p_smooth);
    ll_json_set_num(o, "p_broken", s->p_broken);
    ll_json_set_num(o, "alarm", s->alarm);
    ll_json_set_num(o, "power", s->power);
    ll_json_set_int(o, "simulations", s->opts.simulations);
    return o;
}

static ll_json *metric(const ll_ability_metric *m) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "answer", ll_sharpness_name(m->sharp.answer));
    ll_json_set_int(o, "n", m->rise.n);
    ll_json_set(o, "rise", put_rise(ll_json_object(), &m->rise));
    ll_json_set(o, "break", put_sharp(ll_json_object(), &m->sharp));
    return o;
}

static ll_json *link(const ll_ability *a, const ll_ability_link *l, double level) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "sharp", a->metric[l->sharp].name);
    ll_json_set_str(o, "smooth", a->metric[l->smooth].name);
    ll_json_set_int(o, "n", l->of.n);
    ll_json_set(o, "L", ll_estimate_json(&l->of.L, level));
    ll_json_set(o, "left", ll_estimate_json(&l->of.left, level));
    ll_json_set_bool(o, "follows", l->of.follows);
    return o;
}

ll_json *ll_ability_json(const ll_ability *a, const ll_ability_opts *opts, ll_json *convention, const char *along,
                         int64_t n) {
    ll_json *o = ll_json_object(), *links = ll_json_array();
    ll_json_set_str(o, "schema", "loglog.compare/1");
    ll_json_set_str(o, "along", along);
    ll_json_set_int(o, "n", n);
    ll_json_set(o, "convention", convention);
    ll_json_set_str(o, "verdict", ll_sharpness_name(a->verdict));
    ll_json_set_str(o, "why", a->why);
    for (int k = 0; k < a->n_metrics; k++)
        ll_json_set(ll_json_group(o, "metrics"), a->metric[k].name, metric(&a->metric[k]));
    for (int k = 0; k < a->n_links; k++) ll_json_push(links, link(a, &a->link[k], opts->fit.level));
    ll_json_set(o, "power_of", links);
    return o;
}

/* ---- procedures of fit ---- */

typedef struct head {
    const char *law, *form;
    int64_t n, n_draws;
    uint64_t seed;
    double wall_s;
    bool clustered;
} head;

/* The document but for derived and warnings, which it has room for. */
static ll_json *fit_document(const head *h, const ll_fit_context *context, const char *objective) {
    ll_json *o = ll_json_object(), *r;
    ll_json_set_str(o, "schema", "loglog.fit/1");
    ll_json_set_str(o, "law", h->law);
    ll_json_set_str(o, "form", h->form);
    if (context->convention) ll_json_set(o, "convention", context->convention);
    ll_json_set_int(o, "n", h->n);
    ll_json_set_int(o, "dropped", context->dropped);
    ll_json_set_str(ll_json_group(o, "objective"), "name", objective);
    ll_json_group(o, "params");
    ll_json_group(o, "derived");
    r = ll_json_group(o, "resampling");
    ll_json_set_str(r, "kind",
                    h->n_draws ? ll_resample_name(h->clustered ? LL_RESAMPLE_CLUSTER : LL_RESAMPLE_CASE) : "none");
    ll_json_set_int(r, "draws", h->n_draws);
    ll_json_set_int(r, "seed", (int64_t)h->seed);
    ll_json_set(ll_json_group(o, "diagnostics"), "warnings", ll_json_array());
    ll_json_set_num(o, "wall_s", h->wall_s);
    return o;
}

ll_json *ll_rise_json(const ll_rise *r, const ll_sharp *s, const ll_fit_context *context, double wall_s) {
    const head h = { "rise",      "before + (after - before) shape(ln X)", r->n, r->n_draws, r->seed, wall_s,
                     r->clustered };
    ll_json *o = fit_document(&h, context, "ls"), *derived = ll_json_group(o, "derived");
    put_rise(derived, r);
    ll_json_set_str(derived, "answer", ll_sharpness_name(s->answer));
    put_sharp(ll_json_group(derived, "break"), s);
    return o;
}

ll_json *ll_power_of_json(const ll_power_of *p, const ll_fit_opts *opts, const ll_fit_context *context,
                          double wall_s) {
    const head h = { "power_of", "score = p^L", p->n,        opts->n_boot > 0 ? opts->n_boot : 0,
                     opts->seed, wall_s,        p->clustered };
    ll_json *o = fit_document(&h, context, "ls"), *derived = ll_json_group(o, "derived");
    ll_json_set(derived, "L", ll_estimate_json(&p->L, opts->level));
    ll_json_set(derived, "left", ll_estimate_json(&p->left, opts->level));
    ll_json_set_bool(derived, "follows", p->follows);
    return o;
}

/* ---- two steps ---- */

static ll_json *step(const ll_fit *fit) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "law", fit->law->name);
    ll_json_set_int(o, "n", fit->n);
    ll_json_set_num(o, "residual_sd", fit->residual_sd);
    return o;
}

static ll_json *direct(const ll_two_step *f) {
    ll_json *o = f->direct.law ? step(&f->direct) : ll_json_object();
    if (!f->direct.law) return ll_json_set_str(o, "missing", f->no_direct), o;
    for (int j = 0; j < f->direct.law->n_params; j++)
        if (!(f->direct.opts.fixed >> j & 1))
            ll_json_set(ll_json_group(o, "params"), f->direct.law->params[j].name,
                        ll_estimate_json(&f->direct.params[j], f->opts.level));
    return o;
}

ll_json *ll_two_step_json(const ll_two_step *f, const ll_fit_context *context, const char *score, const char *via) {
    const head h = { "two_step", ll_two_step_form(f), f->n, f->n_draws, f->opts.seed, f->wall_s, f->clustered };
    ll_json *o = fit_document(&h, context, ll_objective_name(f->opts.objective)),
            *derived = ll_json_group(o, "derived");
    ll_json *warnings = ll_json_array();
    for (int j = 0; j < f->n_params; j++)
        ll_json_set(ll_json_group(o, "params"), ll_two_step_param(f, j)->name,
                    ll_estimate_json(&f->params[j], f->opts.level));
    ll_json_set_str(derived, "score", score);
    ll_json_set_str(derived, "via", via);
    ll_json_set_bool(derived, "negated", f->negated);
    ll_json_set(derived, "first", step(&f->first));
    ll_json_set_num(derived, "second_sd", f->second_sd);
    ll_json_set_num(derived, "left", f->left);
    ll_json_set(derived, "direct", direct(f));
    for (int k = 0; k < f->n_warnings; k++) ll_json_push(warnings, ll_json_str(f->warnings[k]));
    ll_json_set(ll_json_group(o, "diagnostics"), "warnings", warnings);
    return o;
}

/* ---- observational scaling ---- */

static ll_json *components(const ll_components *c, const char (*names)[LL_HEADER_MAX]) {
    ll_json *list = ll_json_array();
    for (int k = 0; k < c->k; k++) {
        ll_json *o = ll_json_object();
        ll_json_set_num(o, "share", c->share[k]);
        for (int j = 0; j < c->m; j++) ll_json_set_num(ll_json_group(o, "loadings"), names[j], c->loading[k][j]);
        ll_json_push(list, o);
    }
    return list;
}

static ll_json *families(const ll_observational *f) {
    ll_json *list = ll_json_array();
    for (int k = 0; k < f->n_families; k++) {
        const ll_observed_family *of = &f->family[k];
        ll_json *o = ll_json_object();
        ll_json_set_str(o, "family", of->name);
        ll_json_set_int(o, "n", of->n);
        ll_json_set_num(o, "w", of->w);
        ll_json_set_num(o, "b", of->b);
        ll_json_set(o, "equivalent", ll_estimate_json(&of->factor, f->opts.level));
        ll_json_push(list, o);
    }
    return list;
}

static ll_json *direct_sigmoid(const ll_observational *f, const char *along) {
    static const char *const names[] = { "alpha", "beta", "ceiling" };
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "along", along);
    ll_json_set_int(o, "n", f->direct.n);
    ll_json_set_num(o, "left", f->left[LL_JUDGED_DIRECT]);
    for (int j = 0; j < 3 && f->direct.n; j++)
        ll_json_set(ll_json_group(o, "params"), names[j], ll_estimate_json(&f->params.direct[j], f->opts.level));
    return o;
}

static ll_json *judged(const ll_observational *f) {
    static const char *const names[LL_JUDGED] = { "observational", "direct" };
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "cutoff", f->judged.cutoff);
    ll_json_set_int(o, "n_fit", f->judged.n_fit);
    ll_json_set_int(o, "n", f->judged.n);
    if (!f->judged.n) return ll_json_set_str(o, "missing", f->judged.missing), o;
    for (int k = 0; k < LL_JUDGED; k++) {
        ll_json *of = ll_json_group(o, names[k]);
        ll_json_set_num(of, "mean_abs_err", f->judged.error[k]);
        ll_json_set_num(of, "max_abs_err", f->judged.worst[k]);
    }
    ll_json_set_str(o, "better", names[ll_observational_better(f)]);
    return o;
}

ll_json *ll_observational_json(const ll_observational *f, const ll_fit_context *context, const char *along,
                               const char (*names)[LL_HEADER_MAX]) {
    const head h = {
        "observational", LL_OBSERVATIONAL_FORM, f->n, f->n_draws, f->opts.seed, f->wall_s, f->clustered
    };
    ll_json *o = fit_document(&h, context, "ls"), *params = ll_json_group(o, "params"),
            *derived = ll_json_group(o, "derived");
    char name[24];
    ll_json_set(params, "alpha", ll_estimate_json(&f->params.alpha, f->opts.level));
    for (int k = 0; k < f->components.k; k++) {
        snprintf(name, sizeof name, "beta_%d", k + 1);
        ll_json_set(params, name, ll_estimate_json(&f->params.beta[k], f->opts.level));
    }
    ll_json_set(params, "ceiling", ll_estimate_json(&f->params.ceiling, f->opts.level));
    ll_json_set_str(derived, "score", names[0]);
    ll_json_set_int(derived, "models", f->models);
    ll_json_set_int(derived, "missing", f->missing);
    ll_json_set_num(derived, "floor", f->law.floor);
    ll_json_set_num(derived, "left", f->left[LL_JUDGED_LAW]);
    ll_json_set(derived, "components", components(&f->components, names + 1));
    for (int j = 0; j < f->components.m; j++)
        ll_json_set(ll_json_group(derived, "weights"), names[j + 1],
                    ll_estimate_json(&f->params.weight[j], f->opts.level));
    if (f->reference >= 0) ll_json_set_str(derived, "reference", f->family[f->reference].name);
    ll_json_set(derived, "families", families(f));
    ll_json_set(derived, "direct", direct_sigmoid(f, along));
    ll_json_set(o, "judged", judged(f));
    return o;
}

ll_json *ll_ability_outlook_json(const ll_ability_outlook *of, double level) {
    ll_json *o = ll_json_object();
    ll_json_set(o, "run", ll_estimate_json(&of->run, level));
    ll_json_set(o, "law", ll_estimate_json(&of->law, level));
    if (isfinite(of->via.value)) ll_json_set(o, "via", ll_estimate_json(&of->via, level));
    return o;
}
