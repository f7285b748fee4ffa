#include "cli/show/show_fit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "cli/show/show_diagnosis.h"
#include "cli/show/show_run.h"
#include "fit/approach/frontier.h"
#include "fit/approach/overfit.h"
#include "fit/io/fit_json.h"
#include "report/show.h"

void ll_show_estimate(const char *name, const ll_estimate *e, double level, const char *unit) {
    char value[LL_SHOW_SIZE], se[LL_SHOW_SIZE], lo[LL_SHOW_SIZE], hi[LL_SHOW_SIZE];
    if (isfinite(e->lo))
        ll_say("  %-9s %-9s +- %-8s %g %% [%s, %s]", name, ll_show_in(e->value, e->lo, e->hi, value),
               ll_show_in(e->se, 0, e->se, se), 100 * level, ll_show_in(e->lo, e->lo, e->hi, lo),
               ll_show_in(e->hi, e->lo, e->hi, hi));
    else ll_say("  %-9s %.6g", name, e->value);
    ll_say("%s%s\n", *unit ? "  " : "", unit);
}

/* An end that the objective never reaches is open. */
static void show_profile(const ll_fit *fit, const ll_profile *profile) {
    ll_say("profile likelihood, %g %%\n", 100 * fit->opts.level);
    for (int j = 0; j < fit->law->n_params; j++) {
        const ll_profile *p = &profile[j];
        char lo[32] = "open", hi[32] = "open";
        if (fit->opts.fixed >> j & 1) continue;
        if (isfinite(p->lo)) snprintf(lo, sizeof lo, "%.5g", p->lo);
        if (isfinite(p->hi)) snprintf(hi, sizeof hi, "%.5g", p->hi);
        ll_say("  %-9s [%s, %s]\n", fit->law->params[j].name, lo, hi);
    }
}

static void show_overfit(const ll_fit *fit) {
    const ll_overfit f = ll_fit_overfit(fit, LL_OVERFIT_GAP);
    ll_say("no more than %g %% of the loss lost to overfitting where D >= k N^x\n", 100 * f.at_gap);
    ll_show_estimate("k", &f.k, fit->opts.level, "");
    ll_show_estimate("x", &f.x, fit->opts.level, "");
}

static void show_params(const ll_fit *fit, const ll_columns *c, const ll_profile *profile) {
    for (int j = 0; j < fit->law->n_params; j++) {
        const ll_law_param *p = &fit->law->params[j];
        const char *unit = strcmp(p->unit, "nats/token") == 0 ? c->loss_unit : p->unit;
        ll_show_estimate(p->name, &fit->params[j], fit->opts.level, fit->opts.fixed >> j & 1 ? "held" : unit);
    }
    if (profile) show_profile(fit, profile);
    if (strcmp(fit->law->name, "kaplan_nd") == 0) show_overfit(fit);
    if (strcmp(fit->law->name, "chinchilla") != 0) return;
    const ll_frontier_estimate f = ll_fit_frontier(fit);
    ll_say("compute-optimal N = G (C/6)^a, D = (C/6)^b / G\n");
    ll_show_estimate("a", &f.a, fit->opts.level, "");
    ll_show_estimate("b", &f.b, fit->opts.level, "");
    ll_show_estimate("G", &f.G, fit->opts.level, "");
}

static void show_solver(const ll_fit *fit) {
    const bool below = fit->law->below_zero;
    ll_say("%s %.10g, residual sd %.3g%s, %lld starts, %lld %s resamples, %.2f s\n",
           ll_objective_name(fit->opts.objective), fit->objective, (below ? 1 : 100) * fit->residual_sd,
           below ? "" : " % of the loss", (long long)fit->starts, (long long)fit->n_draws,
           ll_resample_name(fit->opts.resample), fit->wall_s);
    if (fit->taken)
        ll_say("each resample takes %lld %s, its departures shrunk by the root of that share\n",
               (long long)fit->taken, fit->opts.resample == LL_RESAMPLE_CLUSTER ? "clusters" : "runs");
}

/* Which column, where it is not the one called loss: a held-out loss is taken before that one. */
static void show_loss_column(const ll_study *s) {
    const char *header = s->observed.table.header[LL_COL_LOSS];
    if (!*header || strcmp(header, "loss") == 0) return;
    ll_say("the loss is the column '");
    ll_say("%s", header);
    ll_say("'\n");
}

static void show_columns(const ll_columns *c) {
    if (strcmp(c->flops_from, "table") != 0) ll_say("C = 6 N D stands in for the missing FLOPs\n");
    if (strcmp(c->tokens_from, "table") != 0) ll_say("D = %s stands in for the missing tokens\n", c->tokens_from);
    if (strcmp(c->params_from, "table") != 0) ll_say("N = C / (6 D) stands in for the missing parameters\n");
}

void ll_show_minimal(const ll_study *s) {
    const ll_json *b = ll_json_get(s->convention, "bcrit");
    if (!b) return;
    ll_say("steps and FLOPs are S_min and C_min, of B_crit = %.6g / L^(1/%.6g) tokens\n",
           ll_json_get_num(b, "B_star"), ll_json_get_num(b, "alpha_B"));
}

void ll_show_ground(const ll_study *s) {
    char words[512];
    ll_show_minimal(s);
    if (!*ll_study_words(s, words, sizeof words)) return;
    ll_say("%s", words);
    ll_say("\n");
}

void ll_show_fit(const ll_fit_told *told) {
    const ll_study *s = told->study;
    const ll_fit *fit = &s->fit;
    ll_show_ground(s);
    ll_say("%s: %s\n%lld runs, %lld left out; N %s, losses in %s\n", fit->law->name, fit->law->form,
           (long long)fit->n, (long long)ll_study_left_out(s), s->columns.params_are, s->loss_unit);
    show_loss_column(s);
    show_columns(&s->columns);
    for (int i = 0; i < fit->n_warnings; i++) ll_say("warning: %s\n", fit->warnings[i]);
    show_params(fit, &s->columns, told->profile);
    show_solver(fit);
    ll_show_diagnosis(told);
}
