/* The plan: what the next budgets would buy best by the ladder's own surface, and what being wrong costs. */
#include "report/page/html_decision.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/words/text.h"
#include "decide/money/hardware.h"
#include "loglog/units.h"
#include "report/escape.h"
#include "report/page/html_figure.h"
#include "report/page/html_parts.h"

/* FLOP/s of the largest done run, as it was trained; NaN where it was not timed. */
static double rate_here(const ll_evidence *e) {
    double most = 0, rate = NAN;
    for (int64_t i = 0; i < e->n_runs; i++) {
        const ll_run *r = &e->runs[i];
        if (!ll_evidence_done(r) || !(ll_evidence_c(e, r) > most)) continue;
        most = ll_evidence_c(e, r);
        rate = r->wall_s > 0 ? most / r->wall_s : NAN;
    }
    return rate;
}

/* ---- tables ---- */

static void plans(FILE *out, const ll_evidence *e) {
    const double bits = ll_units_bits_per_byte(1, e->bytes_per_token);
    ll_html_table(out, "What to train, with intervals",
                  "budget|#C;FLOPs|#N;parameters|#D;tokens|#D/N|#the law "
                  "alone;nats/token|#loss, forecast;nats/token|#loss, forecast;bits/byte");
    for (int k = 0; k < e->n_plans; k++) {
        const ll_plan *p = &e->plan[k];
        const ll_estimate s = p->loss, in_bits = { s.value * bits, s.se * bits, s.lo * bits, s.hi * bits };
        ll_html_row(out, e->question[k].words);
        ll_html_number(out, p->point.C, 3);
        ll_html_count_estimate(out, &p->params);
        ll_html_count_estimate(out, &p->tokens);
        ll_html_count_estimate(out, &p->ratio);
        ll_html_estimate(out, &p->law);
        ll_html_estimate(out, &s);
        ll_html_estimate(out, &in_bits);
        fputs("</tr>\n", out);
    }
    ll_html_table_end(out);
}

/* A quantity of which people count hundredths. */
static void hundredths(FILE *out, double v, double lo, double hi) {
    const ll_estimate e = { v, NAN, lo, hi };
    if (v < 0.01) fprintf(out, "<td class=\"n\" title=\"%.17g\">under 0.01</td>", v);
    else if (lo < hi) ll_html_estimate(out, &e);
    else ll_html_number(out, v, 2);
}

static void costs(FILE *out, const ll_evidence *e) {
    const ll_rig rig = ll_rig_usual();
    const double rate = rate_here(e);
    ll_html_table(out, "What it costs, and what being wrong about the law costs on average",
                  "budget|#hours;on one H100|#price;dollars|#energy;kWh|#hours;as fast as the "
                  "largest run|#being wrong;nats/token|#being wrong;% of the budget|#being wrong;dollars");
    for (int k = 0; k < e->n_plans; k++) {
        const ll_plan *p = &e->plan[k];
        const ll_bill bill = ll_rig_bill(&rig, p->point.C);
        ll_html_row(out, e->question[k].words);
        hundredths(out, bill.gpu_hours, NAN, NAN);
        hundredths(out, bill.usd, bill.usd_lo, bill.usd_hi);
        hundredths(out, bill.kwh, NAN, NAN);
        ll_html_number(out, p->point.C / rate / 3600, 2);
        ll_html_number(out, p->regret.loss, 2);
        ll_html_number(out, 100 * p->regret.flops, 2);
        hundredths(out, p->regret.flops * bill.usd, NAN, NAN);
        fputs("</tr>\n", out);
    }
    ll_html_table_end(out);
}

static void sizes(FILE *out, const ll_evidence *e) {
    ll_html_table(out, "What another size costs at the same budget",
                  "budget|#size;times the planned N|#N;parameters|#D;tokens|#the law "
                  "alone;nats/token|#above the plan;nats/token|#loss, forecast;nats/token|#compute for the plan's "
                  "loss;times the budget");
    for (int k = 0; k < e->n_plans; k++)
        for (int i = 0; i < LL_PLAN_CURVE; i++) {
            const ll_plan_size *c = &e->plan[k].curve[i];
            ll_html_row(out, e->question[k].words);
            ll_html_number(out, c->size, 3);
            ll_html_count(out, c->at.N);
            ll_html_count(out, c->at.D);
            ll_html_fixed(out, c->at.loss, 4);
            ll_html_fixed(out, c->at.loss - e->plan[k].point.loss, 4);
            ll_html_fixed(out, c->forecast, 4);
            ll_html_number(out, c->more_flops, 3);
            fputs("</tr>\n", out);
        }
    ll_html_table_end(out);
}

static void others(FILE *out, const ll_evidence *e) {
    ll_html_table(out, "Had a published law been believed instead, by the reckoning of these runs",
                  "law|budget|#N;parameters|#D;tokens|#above the plan;nats/token|#wasted;% of the budget");
    for (int k = 0; k < e->n_plans; k++)
        for (int i = 0; i < e->plan[k].n_others; i++) {
            const ll_plan_other *o = &e->plan[k].other[i];
            ll_html_row(out, o->id);
            ll_html_cell(out, e->question[k].words);
            ll_html_count(out, o->N);
            ll_html_count(out, o->D);
            ll_html_fixed(out, o->loss - e->plan[k].point.loss, 4);
            ll_html_fixed(out, 100 * o->flops, 1);
            fputs("</tr>\n", out);
        }
    ll_html_table_end(out);
}

/* ---- where it comes from ---- */

/* The flags of the same question. */
static const char *flags(const ll_plan_ask *ask, char *buf, size_t size) {
    const struct {
        const char *name;
        double value;
    } of[] = { { "flops", ask->flops },
               { "params", ask->params },
               { "tokens", ask->tokens },
               { "unique-tokens", ask->unique_tokens },
               { "inference-tokens", ask->inference_tokens } };
    *buf = 0;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        const size_t used = strlen(buf);
        if (of[i].value > 0) snprintf(buf + used, size - used, " --%s %.17g", of[i].name, of[i].value);
    }
    return buf;
}

/* The runs as the command line names them: a saved fit, a table or a ladder. */
static void source(const ll_evidence *e, char *out, size_t size) {
    const char *ladder = *e->ladder.id ? e->ladder.id : LL_LADDER_IMPORTED;
    const ll_study *s = &e->study;
    char word[4096];
    if (s->of_store) {
        const size_t used = (size_t)snprintf(out, size, "--store %s", ll_text_quoted(e->store, word, sizeof word));
        if (used < size)
            snprintf(out + used, size - used, " --ladder %s", ll_text_quoted(ladder, word, sizeof word));
    } else snprintf(out, size, "%s%s", s->of_fit ? "--fit " : "", ll_text_quoted(s->source, word, sizeof word));
}

static void commands(FILE *out, const ll_evidence *e) {
    char asked[256], from[2 * 4096];
    source(e, from, sizeof from);
    for (int k = 0; k < e->n_plans; k++)
        ll_html_fact(out, "to plan it again", "loglog plan %s%s%s", from, e->how,
                     flags(&e->question[k].ask, asked, sizeof asked));
}

static void facts(FILE *out, const ll_evidence *e) {
    const ll_rig rig = ll_rig_usual();
    const ll_fit *fit = &e->study.fit;
    fputs("<dl>\n", out);
    ll_html_fact(out, "law", "%s: %s, fitted to %lld runs", fit->law->name, fit->law->form, (long long)fit->n);
    ll_html_fact(out, "convention", "N counts %s, C = 6ND, losses in nats per token", ll_evidence_n_words(e));
    ll_html_fact(out, "intervals",
                 "%g %%; of N, D and the law from %lld resamples, seed %llu; of the loss from the forecast",
                 100 * fit->opts.level, (long long)fit->n_draws, (unsigned long long)fit->opts.seed);
    ll_html_fact(
        out, "prices",
        "of the FLOPs alone, on one %s at %g %% (%g to %g %%) of its %.3g FLOP/s, $%g ($%g to $%g) an hour, "
        "the building at %g times its power; a small model does not fill the device",
        rig.device.name, 100 * rig.utilisation, 100 * rig.utilisation_lo, 100 * rig.utilisation_hi, rig.device.peak,
        rig.device.usd_per_hour, rig.device.usd_lo, rig.device.usd_hi, rig.pue);
    commands(out, e);
    fputs("</dl>\n", out);
}

ll_status ll_html_plan(FILE *out, const ll_evidence *e, char missing[LL_ERROR_MAX], ll_error *err) {
    static const char heading[] = "Plan: what more compute would buy best";
    if (!e->n_plans) {
        char why[LL_ERROR_MAX + 32];
        snprintf(why, sizeof why, "There is no plan: %s.", e->unplanned);
        ll_html_empty(out, "plan", 3, heading, why);
        return LL_OK;
    }
    ll_html_part(out, "plan", heading);
    for (int k = 0; k < e->n_plans; k++) ll_html_plan_sentence(out, &e->plan[k], &e->question[k]);
    if (*e->unplanned) {
        fputs("<p>There is no further plan: ", out);
        ll_escape_html(out, e->unplanned);
        fputs(".</p>\n", out);
    }
    plans(out, e);
    costs(out, e);
    LL_TRY(ll_html_figure(out, ll_ladder_figure_find("plan"), e, missing, err));
    ll_html_fold(out, "What another size costs, and what a published law would have chosen");
    sizes(out, e);
    others(out, e);
    ll_html_fold_end(out);
    ll_html_fold(out, "What the plan stands on, and the command that makes it");
    facts(out, e);
    ll_html_fold_end(out);
    fputs("</section>\n", out);
    return LL_OK;
}
