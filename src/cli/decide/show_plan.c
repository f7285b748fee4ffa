#include "cli/decide/show_plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "cli/show/show_outlook.h"
#include "loglog/units.h"

/* An estimate times scale, with its interval where there is one. */
static void line(const char *name, const ll_estimate *e, double level, double scale, const char *unit) {
    char v[32], lo[32], hi[32];
    const bool ranges = isfinite(e->lo) && e->hi > e->lo * (1 + 1e-9);
    ll_say(ranges || *unit ? "  %-22s %-9s" : "  %-22s %s", name, ll_units_show(e->value * scale, v, sizeof v));
    if (ranges)
        ll_say(" %g %% [%s, %s]", 100 * level, ll_units_show(e->lo * scale, lo, sizeof lo),
               e->hi < 1e30 ? ll_units_show(e->hi * scale, hi, sizeof hi) : "no end");
    ll_say("%s%s\n", *unit ? "  " : "", unit);
}

static void show_run(const ll_plan_sheet *s) {
    const ll_plan *p = &s->plan;
    char params[32], batch[32], steps[32];
    line("parameters", &p->params, p->level, 1, "");
    line("tokens", &p->tokens, p->level, 1, "");
    line("tokens per parameter", &p->ratio, p->level, 1, "");
    line("FLOPs", &p->flops, p->level, 1, p->ask.inference_tokens > 0 ? "training and serving" : "");
    ll_show_loss(s->fitted ? "loss, forecast" : "loss, by the law", &p->loss, p->level, s->loss_unit);
    if (s->fitted) {
        ll_show_loss("loss, the law alone", &p->law, p->level, s->loss_unit);
        ll_show_departure(&p->loss, &p->law);
    }
    ll_say("  %-22s %g layers, width %g, %g heads, ffw %g: %s non-embedding parameters\n", "shape", s->shape.layers,
           s->shape.width, s->shape.heads, s->shape.ffw, ll_units_show(s->shape.params, params, sizeof params));
    ll_say("  %-22s %s tokens, rate %.3g, %s steps (%s)\n", "batch",
           ll_units_show(s->recipe.batch_tokens, batch, sizeof batch), s->recipe.lr,
           ll_units_show(s->recipe.steps, steps, sizeof steps), s->rule);
}

static void show_bill(const ll_plan_sheet *s) {
    const ll_plan *p = &s->plan;
    const ll_bill *b = &s->bill;
    char lo[32], hi[32];
    ll_say("on %s at %g %% of its peak (%g to %g %%)\n", s->rig.device.name, 100 * s->rig.utilisation,
           100 * s->rig.utilisation_lo, 100 * s->rig.utilisation_hi);
    line("device hours", &p->flops, p->level, b->gpu_hours / p->point.C, "");
    line("dollars", &p->flops, p->level, b->usd / p->point.C, "");
    ll_say("  %-22s %s to %s by price and utilisation\n", "", ll_units_show(b->usd_lo, lo, sizeof lo),
           ll_units_show(b->usd_hi, hi, sizeof hi));
    line("kWh", &p->flops, p->level, b->kwh / p->point.C, "");
    if (isfinite(b->days)) ll_say("  %-22s %.3g on %g devices\n", "days", b->days, s->rig.count);
    ll_say("  %-22s %g, for 16 bytes a parameter of training state\n", "devices at least",
           ll_rig_devices(&s->rig, p->point.N));
}

static void show_serving(const ll_plan_sheet *s) {
    const ll_plan_serving *v = &s->serving;
    char tokens[32], flops[32];
    if (!(v->tokens > 0)) return;
    ll_say("serving: %s tokens", ll_units_show(v->tokens, tokens, sizeof tokens));
    if (v->samples > 1) ll_say(", %g samples of each", v->samples);
    ll_say(", %s FLOPs at %g %% of the peak\n",
           ll_units_show(2 * s->plan.point.N * v->tokens * v->samples, flops, sizeof flops), 100 * v->utilisation);
    if (isnan(v->coverage.value)) return;
    ll_say("  one of the samples is right for %.3g of the problems", v->coverage.value);
    if (isfinite(v->coverage.lo)) ll_say(", %g %% [%.3g, %.3g]", 100 * v->level, v->coverage.lo, v->coverage.hi);
    ll_say("\n");
}

static void show_score(const ll_plan_score *s) {
    if (!(s->score > 0)) return;
    ll_say("%s%sa score of %g is reached at a loss of %.5g", s->name ? s->name : "", s->name ? ": " : "", s->score,
           s->loss.value);
    if (isfinite(s->loss.lo)) ll_say(", %g %% [%.5g, %.5g]", 100 * s->level, s->loss.lo, s->loss.hi);
    ll_say(" by its own law\n");
}

static void show_data(const ll_plan *p) {
    char unique[32], N[32];
    if (!(p->ask.unique_tokens > 0)) return;
    ll_say("data: %s unique tokens, %.3g passes\n", ll_units_show(p->ask.unique_tokens, unique, sizeof unique),
           p->epochs);
    if (p->free.D > p->ask.unique_tokens)
        ll_say("  data binds: with no end of it %s parameters would reach %.5g\n",
               ll_units_show(p->free.N, N, sizeof N), p->free.loss);
    else ll_say("  data does not bind: compute does\n");
    ll_show_repeats(&p->repeats);
}

/* Where the forecast leaves the law's optimum for another size: the plan is not to be followed unread. */
static void show_lower(const ll_plan_sheet *s) {
    const ll_plan_size *c = &s->plan.lower;
    char N[32], D[32], C[32];
    if (!isfinite(c->size)) return;
    ll_units_show(c->at.N, N, sizeof N);
    ll_say(
        "warning: the forecast is lower at another size: %.5g with %s parameters on %s tokens, where the planned "
        "run\n"
        "  comes to %.5g: the runs depart from the law\n",
        c->forecast, N, ll_units_show(c->at.D, D, sizeof D), s->plan.loss.value);
    ll_say("  a smaller budget is forecast to reach %.5g: %s FLOPs with %s parameters, %.3g %% of this one\n",
           s->plan.loss.value, ll_units_show(c->more_flops * s->plan.point.C, C, sizeof C), N, 100 * c->more_flops);
}

static void show_doubt(const ll_plan_sheet *s) {
    const ll_plan *p = &s->plan;
    char usd[32];
    if (p->ask.loss > 0 && isfinite(p->probability))
        ll_say("the planned run ends at or below %.5g with probability %.3g\n", p->ask.loss, p->probability);
    if (p->ask.loss > 0 && isnan(p->probability) && p->ask.flops > 0)
        ll_say("by the law's own value the planned run %s %.5g\n",
               p->law.value <= p->ask.loss ? "reaches" : "misses", p->ask.loss);
    if (p->unreachable > 0)
        ll_say("warning: in %.3g %% of the resamples no budget reaches %.5g\n", 100 * p->unreachable, p->ask.loss);
    if (isfinite(p->regret.loss))
        ll_say("being wrong costs %.2g of the loss %s, or %.2g %% of the budget: $%s\n", p->regret.loss,
               isfinite(p->lower.size) ? "by the forecast" : "on average", 100 * p->regret.flops,
               ll_units_show(p->regret.flops * s->bill.usd, usd, sizeof usd));
    else ll_say("what being wrong costs is unknown: the law comes without draws\n");
    show_lower(s);
    if (ll_plan_is_beaten(p))
        ll_say("warning: a finished run came to %.5g with no more compute: the law does not follow the runs\n",
               p->seen);
    if (p->reach > 10)
        ll_say("warning: %.3g times the largest compute that was fitted: the intervals hold only if the law still "
               "does\n",
               p->reach);
    if (p->below > 10)
        ll_say(
            "warning: the smallest compute that was fitted is %.3g times this: the intervals hold only if the law "
            "does down there\n",
            p->below);
}

static void show_others(const ll_plan_sheet *s) {
    char N[32], D[32], usd[32], share[32];
    if (s->plan.n_others)
        ll_say("had another law been believed: what it buys with this budget, and what that wastes by this one\n"
               "  %-20s %-9s %-9s %-9s %-9s %s\n",
               "law", "params", "tokens", "excess", "budget", "dollars");
    for (int k = 0; k < s->plan.n_others; k++) {
        const ll_plan_other *q = &s->plan.other[k];
        snprintf(share, sizeof share, "%.3g %%", 100 * q->flops);
        ll_say("  %-20s %-9s %-9s %-+9.2g %-9s $%s\n", q->id, ll_units_show(q->N, N, sizeof N),
               ll_units_show(q->D, D, sizeof D), q->loss - s->plan.point.loss, share,
               ll_units_show(q->flops * s->bill.usd, usd, sizeof usd));
    }
}

static void show_curve(const ll_plan *p) {
    char N[32], D[32];
    const bool foreseen = isfinite(p->curve[LL_PLAN_CURVE / 2].forecast);
    ll_say("other sizes at this budget, by the law%s\n%-6s %-9s %-9s %-9s %-9s %s%s\n",
           foreseen ? ", and what they are forecast to reach" : "", "size", "params", "tokens", "loss", "excess",
           foreseen ? "forecast  " : "", "FLOPs for the planned loss");
    for (int k = 0; k < LL_PLAN_CURVE; k++) {
        const ll_plan_size *c = &p->curve[k];
        ll_say("%-6g %-9s %-9s ", c->size, ll_units_show(c->at.N, N, sizeof N),
               ll_units_show(c->at.D, D, sizeof D));
        if (isfinite(c->at.loss)) ll_say("%-9.5g %-+9.2g ", c->at.loss, c->at.loss - p->point.loss);
        else ll_say("%-9s %-9s ", "-", "-");
        if (isfinite(c->forecast)) ll_say("%-9.5g ", c->forecast);
        else if (foreseen) ll_say("%-9s ", "-");
        if (isfinite(c->more_flops)) ll_say("%.3g times\n", c->more_flops);
        else ll_say("never\n");
    }
}

void ll_plan_show(const ll_plan_sheet *s) {
    char amount[32];
    ll_say("%s: %s\n%s\n", s->law, s->form, s->source);
    if (s->amount > 0) ll_say("%s %s\n", s->budget, ll_units_show(s->amount, amount, sizeof amount));
    if (s->plan.n_draws == 0)
        ll_say("%s\n", s->fitted ? "no intervals: --bootstrap is 0" : "no intervals: published without covariance");
    show_score(&s->score);
    show_run(s);
    show_bill(s);
    show_serving(s);
    show_data(&s->plan);
    show_doubt(s);
    show_others(s);
    show_curve(&s->plan);
}
