#include "decide/plan/plan_sheet.h"

#include <math.h>

#include "forecast/study/outlook_json.h"

void ll_plan_sheet_of(ll_plan_sheet *sheet, const ll_study *s) {
    sheet->law = s->law->name;
    sheet->form = s->law->form;
    sheet->source = s->source;
    sheet->loss_unit = s->loss_unit;
    sheet->fitted = &s->fit;
}

ll_status ll_plan_sheet_make(ll_plan_sheet *s, const ll_plan_law *law, const ll_plan_ask *ask,
                             const ll_observed *seen, const char *recipe, ll_error *err) {
    LL_TRY(ll_plan_make(&s->plan, law, ask, err));
    for (int64_t i = 0; seen && i < seen->n_finished; i++) ll_plan_see(&s->plan, seen->flops[i], seen->loss[i]);
    const ll_plan_point *p = &s->plan.point;
    LL_TRY(ll_plan_shape(p->N, &s->shape, err));
    s->rule = recipe;
    s->bill = ll_rig_bill(&s->rig, p->C);
    return ll_recipe_of(recipe, p->N, p->D, 6 * p->N * p->D, &s->recipe, err);
}

/* ---- the document ---- */

/* An end that only unreachable draws hold up is no number. */
static double bounded(double v) {
    return v < 1e30 ? v : NAN;
}

static ll_json *number(const ll_estimate *e, double level, double scale) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "value", e->value * scale);
    ll_json_set(o, "ci", ll_json_interval(isfinite(e->lo), bounded(e->lo) * scale, bounded(e->hi) * scale));
    ll_json_set_num(o, "level", level);
    return o;
}

static ll_json *budget(const ll_plan_sheet *s) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "kind", s->budget);
    ll_json_set_num(o, "amount", s->amount);
    return o;
}

static ll_json *shape(const ll_planned_shape *s) {
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "layers", (int64_t)s->layers);
    ll_json_set_int(o, "width", (int64_t)s->width);
    ll_json_set_int(o, "heads", (int64_t)s->heads);
    ll_json_set_int(o, "ffw", (int64_t)s->ffw);
    ll_json_set_num(o, "params", s->params);
    return o;
}

static ll_json *hardware(const ll_plan_sheet *s) {
    const ll_rig *r = &s->rig;
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "device", r->device.name);
    if (r->count > 0) ll_json_set_num(o, "count", r->count);
    ll_json_set_num(o, "peak", r->device.peak);
    ll_json_set_num(o, "memory", r->device.memory);
    ll_json_set_num(o, "watts", r->device.watts);
    ll_json_set_num(o, "usd_per_hour", r->device.usd_per_hour);
    ll_json_set_num(o, "utilisation", r->utilisation);
    ll_json_set(o, "utilisation_range", ll_json_nums((double[]) { r->utilisation_lo, r->utilisation_hi }, 2));
    ll_json_set_num(o, "pue", r->pue);
    ll_json_set_num(o, "devices_for_state", ll_rig_devices(r, s->plan.point.N));
    return o;
}

static ll_json *curve(const ll_plan *p) {
    ll_json *list = ll_json_array();
    for (int k = 0; k < LL_PLAN_CURVE; k++) {
        const ll_plan_size *c = &p->curve[k];
        ll_json *o = ll_json_object();
        ll_json_set_num(o, "size", c->size);
        ll_json_set_num(o, "params", c->at.N);
        ll_json_set_num(o, "tokens", c->at.D);
        ll_json_set_num(o, "loss", c->at.loss);
        ll_json_set_num(o, "excess_loss", c->at.loss - p->point.loss);
        ll_json_set_num(o, "forecast_loss", c->forecast);
        ll_json_set_num(o, "flops_for_same_loss", c->more_flops);
        ll_json_push(list, o);
    }
    return list;
}

/* Null: no other size is forecast to end lower by more than being wrong about the law costs. */
static ll_json *lower(const ll_plan *p) {
    const ll_plan_size *c = &p->lower;
    if (!isfinite(c->size)) return ll_json_num(NAN);
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "size", c->size);
    ll_json_set_num(o, "params", c->at.N);
    ll_json_set_num(o, "tokens", c->at.D);
    ll_json_set_num(o, "forecast_loss", c->forecast);
    ll_json_set_num(o, "below", p->loss.value - c->forecast);
    ll_json_set_num(o, "flops_for_same_loss", c->more_flops);
    return o;
}

static ll_json *others(const ll_plan_sheet *s) {
    ll_json *list = ll_json_array();
    for (int k = 0; k < s->plan.n_others; k++) {
        const ll_plan_other *q = &s->plan.other[k];
        ll_json *o = ll_json_object();
        ll_json_set_str(o, "law", q->id);
        ll_json_set_num(o, "params", q->N);
        ll_json_set_num(o, "tokens", q->D);
        ll_json_set_num(o, "excess_loss", q->loss - s->plan.point.loss);
        ll_json_set_num(o, "flops_share", q->flops);
        ll_json_set_num(o, "usd", q->flops * s->bill.usd);
        ll_json_push(list, o);
    }
    return list;
}

static ll_json *data(const ll_plan *p) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "unique_tokens", p->ask.unique_tokens);
    ll_json_set_num(o, "epochs", p->epochs);
    ll_json_set_bool(o, "binds", p->free.D > p->ask.unique_tokens);
    ll_json_set_num(o, "params_if_endless", p->free.N);
    ll_json_set_num(o, "loss_if_endless", p->free.loss);
    ll_json_set(o, "repeats", ll_repeats_json(&p->repeats));
    return o;
}

static ll_json *serving(const ll_plan_sheet *s) {
    ll_json *o = ll_json_object();
    const ll_plan *p = &s->plan;
    ll_json_set_num(o, "tokens", s->serving.tokens);
    ll_json_set_num(o, "samples", s->serving.samples);
    ll_json_set_num(o, "utilisation", s->serving.utilisation);
    ll_json_set_num(o, "flops", 2 * p->point.N * s->serving.tokens * s->serving.samples);
    ll_json_set_num(o, "training_flops", 6 * p->point.N * p->point.D);
    if (!isnan(s->serving.coverage.value))
        ll_json_set(o, "coverage", number(&s->serving.coverage, s->serving.level, 1));
    return o;
}

static ll_json *target(const ll_plan_sheet *s) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "loss", s->plan.ask.loss);
    ll_json_set_num(o, "probability", s->plan.probability);
    ll_json_set_num(o, "below_floor", s->plan.unreachable);
    if (s->score.score > 0) {
        ll_json_set_num(o, "score", s->score.score);
        if (s->score.name) ll_json_set_str(o, "metric", s->score.name);
        ll_json_set(o, "loss_of_score", number(&s->score.loss, s->score.level, 1));
    }
    return o;
}

/* Null without draws: a published law does not say how sure it is. */
static ll_json *wrong(const ll_plan_sheet *s) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "excess_loss", s->plan.regret.loss);
    ll_json_set_num(o, "flops_share", s->plan.regret.flops);
    ll_json_set_num(o, "usd", s->plan.regret.flops * s->bill.usd);
    return o;
}

static void set_run(ll_json *o, const ll_plan_sheet *s) {
    const ll_plan *p = &s->plan;
    const double per_flop = 1 / p->point.C;
    ll_json_set(o, "params", number(&p->params, p->level, 1));
    ll_json_set(o, "tokens", number(&p->tokens, p->level, 1));
    ll_json_set(o, "flops", number(&p->flops, p->level, 1));
    ll_json_set(o, "loss", number(&p->loss, p->level, 1));
    ll_json_set(o, "law_loss", number(&p->law, p->level, 1));
    ll_json_set_str(o, "loss_unit", s->loss_unit);
    ll_json_set(o, "tokens_per_param", number(&p->ratio, p->level, 1));
    ll_json_set(o, "shape", shape(&s->shape));
    ll_json_set_str(o, "recipe", s->rule);
    ll_json_set_num(o, "batch_tokens", s->recipe.batch_tokens);
    ll_json_set_num(o, "lr", s->recipe.lr);
    ll_json_set_num(o, "steps", s->recipe.steps);
    ll_json_set(o, "hardware", hardware(s));
    ll_json_set(o, "gpu_hours", number(&p->flops, p->level, s->bill.gpu_hours * per_flop));
    ll_json_set(o, "usd", number(&p->flops, p->level, s->bill.usd * per_flop));
    ll_json_set(o, "usd_range", ll_json_nums((double[]) { s->bill.usd_lo, s->bill.usd_hi }, 2));
    ll_json_set(o, "kwh", number(&p->flops, p->level, s->bill.kwh * per_flop));
    ll_json_set_num(o, "days", s->bill.days);
}

ll_json *ll_plan_json(const ll_plan_sheet *s) {
    const ll_plan *p = &s->plan;
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "schema", "loglog.plan/1");
    ll_json_set_str(o, "law", s->law);
    ll_json_set_str(o, "form", s->form);
    ll_json_set_str(o, "source", s->source);
    if (s->convention) ll_json_set(o, "convention", s->convention);
    ll_json_set(o, "budget", budget(s));
    ll_json_set_int(o, "draws", p->n_draws);
    if (p->n_draws == 0)
        ll_json_set_str(o, "note",
                        s->fitted ? "no draws, so no intervals: --bootstrap is 0"
                                  : "published without covariance, so no intervals");
    set_run(o, s);
    if (p->ask.unique_tokens > 0) ll_json_set(o, "data", data(p));
    if (p->ask.inference_tokens > 0) ll_json_set(o, "serving", serving(s));
    if (p->ask.loss > 0) ll_json_set(o, "target", target(s));
    ll_json_set(o, "wrong", wrong(s));
    ll_json_set(o, "other_laws", others(s));
    ll_json_set(o, "curve", curve(p));
    ll_json_set(o, "lower_forecast", lower(p));
    ll_json_set_num(o, "reach", p->reach);
    ll_json_set_num(o, "seen", p->seen);
    return o;
}
