#include "cli/law/procedures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ability/ability_verbs.h"
#include "cli/cli.h"
#include "cli/law/fit_curve.h"
#include "cli/law/fit_mixture.h"
#include "cli/law/fit_tuned.h"
#include "cli/show/show_fit.h"
#include "fit/approach/critical_batch.h"
#include "fit/approach/envelope.h"
#include "fit/approach/isoflop.h"
#include "fit/approach/tuned.h"
#include "fit/curve/curve_law.h"
#include "fit/io/procedure_json.h"
#include "fit/mixing/mixing_law.h"
#include "fit/observational/observational.h"

/* What approaches 1 and 2 need: N, D, C and the loss of every observation. */
static ll_status read(const ll_input *in, const char *path, ll_study *s, ll_error *err) {
    return ll_input_read(in, NULL, path, 1u << LL_VAR_N | 1u << LL_VAR_D | 1u << LL_VAR_C, s, err);
}

static ll_fit_context context_of(const ll_study *s) {
    return (ll_fit_context) { .convention = ll_study_convention(s), .dropped = ll_study_left_out(s) };
}

static void show_lines(const ll_estimate *a, const ll_estimate *b, const ll_estimate *G, double level) {
    ll_show_estimate("a", a, level, "");
    ll_show_estimate("b", b, level, "of D_opt");
    ll_show_estimate("G", G, level, "");
}

/* ---- approach 2 ---- */

static void show_isoflop(const ll_isoflop *f, const ll_columns *c) {
    char text[LL_FIT_WARNING];
    ll_say("isoflop: N_opt = G (C/6)^a   (%lld runs in %lld budgets, N %s, %s)\n", (long long)f->n_used,
           (long long)f->n_budgets, c->params_are, c->loss_unit);
    for (int k = 0; ll_isoflop_warning(f, k, text, sizeof text); k++) ll_say("warning: %s\n", text);
    show_lines(&f->a, &f->b, &f->G, f->opts.level);
    if (!f->optima)
        ll_say(
            "valleys of one shape, noise %.2g %% of the loss; each budget's own parabola (their bottoms' line: a = "
            "%.4g, r2 %.4g):\n",
            100 * f->noise_sd, f->a_bottoms, f->r2);
    ll_say("%-12s %5s %-12s %-12s %-9s\n", "flops", "runs", "params", "tokens", "loss");
    for (int64_t k = 0; k < f->n_budgets; k++) {
        const ll_budget *b = &f->budget[k];
        ll_say("%-12.4g %5lld %-12.4g %-12.4g %-9.5g%s\n", b->valley.flops, (long long)b->valley.n, b->n_opt.value,
               b->d_opt, b->valley.loss_min,
               b->valley.concave ? "  concave"
               : b->valley.edge  ? "  outside the sizes run"
                                 : "");
    }
    ll_say("ls, %lld %s resamples, %.2f s\n", (long long)f->n_draws,
           ll_resample_name(f->n_draws ? f->opts.resample : (ll_resample)0), f->wall_s);
}

static int fit_isoflop(const ll_input *in, ll_manner manner, const char *path) {
    ll_error err = { 0 };
    ll_study s;
    ll_isoflop f;
    if (read(in, path, &s, &err) != LL_OK) return ll_cli_fail(&err);
    const ll_isoflop_data data = { .n = s.data.n,
                                   .params = s.data.x[LL_VAR_N],
                                   .tokens = s.data.x[LL_VAR_D],
                                   .flops = s.data.x[LL_VAR_C],
                                   .loss = s.data.loss,
                                   .weight = s.data.weight,
                                   .cluster = s.data.cluster,
                                   .optima = in->optima };
    const ll_status status = ll_isoflop_run(&f, &data, &s.opts, &err);
    int code = status == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
    if (status == LL_OK && manner == LL_AS_JSON) {
        const ll_fit_context context = context_of(&s);
        code = ll_cli_json(ll_isoflop_json(&f, &context));
    } else if (status == LL_OK && manner == LL_AS_TEXT) {
        ll_show_minimal(&s);
        show_isoflop(&f, &s.columns);
    } else if (status == LL_OK) {
        ll_show_table_isoflop(&f, &s, manner);
    }
    if (status == LL_OK) ll_isoflop_clear(&f);
    ll_study_clear(&s);
    return code;
}

/* ---- approach 1 ---- */

static void show_envelope(const ll_envelope *f, const ll_columns *c) {
    char text[LL_FIT_WARNING];
    ll_say("envelope: N_opt = G (C/6)^a   (%lld rows on %lld learning curves, N %s, %s)\n", (long long)f->n,
           (long long)f->n_curves, c->params_are, c->loss_unit);
    for (int k = 0; ll_envelope_warning(f, k, text, sizeof text); k++) ll_say("warning: %s\n", text);
    show_lines(&f->a, &f->b, &f->G, f->opts.level);
    ll_say("%-25s %-12s %-12s %-9s\n", "lowest at flops", "params", "tokens", "loss");
    for (int64_t k = 0; k < f->n_treads; k++) {
        const ll_tread *t = &f->tread[k];
        ll_say("%-10.4g to %-11.4g %-12.4g %-12.4g %-9.5g%s\n", t->flops_lo, t->flops_hi, t->params, t->tokens,
               t->loss, t->edge ? "  at an edge of the sizes run" : "");
    }
    ll_say("ls over 1500 budgets, r2 %.6g, %lld resamples of whole curves, %.2f s\n", f->r2, (long long)f->n_draws,
           f->wall_s);
}

static int fit_envelope(const ll_input *in, ll_manner manner, const char *path) {
    ll_error err = { 0 };
    ll_study s;
    ll_envelope f;
    if (read(in, path, &s, &err) != LL_OK) return ll_cli_fail(&err);
    const ll_envelope_data data = { .n = s.data.n,
                                    .params = s.data.x[LL_VAR_N],
                                    .tokens = s.data.x[LL_VAR_D],
                                    .flops = s.data.x[LL_VAR_C],
                                    .loss = s.data.loss,
                                    .cluster = s.data.cluster };
    const ll_status status = ll_envelope_run(&f, &data, &s.opts, &err);
    int code = status == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
    if (status == LL_OK && manner == LL_AS_JSON) {
        const ll_fit_context context = context_of(&s);
        code = ll_cli_json(ll_envelope_json(&f, &context));
    } else if (status == LL_OK && manner == LL_AS_TEXT) {
        ll_show_minimal(&s);
        show_envelope(&f, &s.columns);
    } else if (status == LL_OK) {
        ll_show_table_envelope(&f, &s, manner);
    }
    if (status == LL_OK) ll_envelope_clear(&f);
    ll_study_clear(&s);
    return code;
}

/* ---- the critical batch ---- */

static void show_losses(const ll_critical_batch *f) {
    ll_say("%-12s %-9s %5s %-12s %-12s %-12s %s\n", "params", "loss", "runs", "S_min", "E_min", "B_crit",
           "rms of ln S");
    for (int64_t k = 0; k < f->n_losses; k++) {
        const ll_critical_loss *l = &f->loss[k];
        char params[24] = "-";
        if (isfinite(l->params)) snprintf(params, sizeof params, "%.4g", l->params);
        ll_say("%-12s %-9.5g %5lld ", params, l->loss, (long long)l->at.n);
        if (l->found)
            ll_say("%-12.4g %-12.4g %-12.4g %.3g%s\n", l->S_min.value, l->E_min.value, l->B_crit.value, l->at.rms,
                   l->at.edge ? "  outside the batches run" : "");
        else ll_say("no hyperbola\n");
    }
}

static void show_critical_batch(const ll_critical_batch *f, const ll_columns *c) {
    char text[LL_FIT_WARNING];
    ll_say("critical_batch: %s   (%lld rows on %lld learning curves, %s)\n", LL_CRITICAL_BATCH_FORM,
           (long long)f->n, (long long)f->n_curves, c->loss_unit);
    for (int k = 0; ll_critical_batch_warning(f, k, text, sizeof text); k++) ll_say("warning: %s\n", text);
    ll_show_estimate("B_star", &f->B_star, f->opts.level, "tokens a step");
    ll_show_estimate("alpha_B", &f->alpha_B, f->opts.level, "");
    show_losses(f);
    ll_say("ls of ln S, r2 of ln B_crit on ln L %.6g, %lld %s resamples of whole curves, %.2f s\n", f->r2,
           (long long)f->n_draws, ll_resample_name(f->n_draws ? f->opts.resample : (ll_resample)0), f->wall_s);
}

/* Steps and batch of every row: the table's, or of D and the other one. */
static ll_status take_curves(const ll_study *s, ll_critical_batch_data *d, ll_error *err) {
    const ll_columns *c = &s->columns;
    if (!c->batch || !c->steps)
        return LL_FAIL(
            err, LL_EINPUT,
            "%s: no column of %s; two of step, batch_tokens and tokens are needed: name them with --col, or "
            "give batch_tokens with --set",
            s->source, c->batch ? "steps" : "batches");
    *d = (ll_critical_batch_data) { .n = c->n,
                                    .batch = c->batch,
                                    .steps = c->steps,
                                    .loss = c->loss,
                                    .params = c->v[LL_VAR_N],
                                    .cluster = c->cluster };
    return LL_OK;
}

static int fit_critical_batch(const ll_input *in, ll_manner manner, const char *path) {
    ll_error err = { 0 };
    ll_study s;
    ll_critical_batch f;
    ll_critical_batch_data data;
    ll_input curves = *in;
    if (*in->bcrit) return ll_cli_usage("fit: --bcrit is what critical_batch finds");
    if (!path) curves.curves = true;
    if (ll_input_read(&curves, NULL, path, 1u << LL_VAR_S, &s, &err) != LL_OK) return ll_cli_fail(&err);
    ll_status status = take_curves(&s, &data, &err);
    if (status == LL_OK) status = ll_critical_batch_run(&f, &data, &s.opts, &err);
    int code = status == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
    if (status == LL_OK && manner == LL_AS_JSON) {
        const ll_fit_context context = context_of(&s);
        code = ll_cli_json(ll_critical_batch_json(&f, &context));
    } else if (status == LL_OK && manner == LL_AS_TEXT) {
        show_critical_batch(&f, &s.columns);
    } else if (status == LL_OK) {
        ll_show_table_critical_batch(&f, &s, manner);
    }
    if (status == LL_OK) ll_critical_batch_clear(&f);
    ll_study_clear(&s);
    return code;
}

#define CURVE_COLUMNS "run, step, lr, loss"

const ll_procedure ll_procedures[] = {
    { "annealing", LL_ANNEALING_FORM, LL_ANNEALING_SOURCE, ll_fit_curve, CURVE_COLUMNS, false },
    { "critical_batch", LL_CRITICAL_BATCH_FORM,
      "Kaplan et al. 2020, arXiv:2001.08361, 5.1; McCandlish et al. 2018, arXiv:1812.06162", fit_critical_batch,
      NULL, true },
    { "envelope", "N_opt = G (C/6)^a, D_opt ~ C^b through the lower envelope of the learning curves",
      "Hoffmann et al. 2022, arXiv:2203.15556, 3.1 (approach 1)", fit_envelope, NULL, true },
    { "isoflop", LL_ISOFLOP_FORM, "Hoffmann et al. 2022, arXiv:2203.15556, 3.2 (approach 2)", fit_isoflop, NULL,
      true },
    { "multi_power", LL_MULTI_POWER_FORM, LL_MULTI_POWER_SOURCE, ll_fit_curve, CURVE_COLUMNS, false },
    { "multi_power_n", LL_MULTI_POWER_N_FORM, LL_MULTI_POWER_N_SOURCE, ll_fit_curve, CURVE_COLUMNS ", params",
      false },
    { "tuned", LL_TUNED_FORM, LL_TUNED_SOURCE, ll_fit_tuned, "params, tokens, lr, batch_tokens or step", false },
    { "mixture", LL_MIXING_FORM, LL_MIXING_SOURCE, ll_fit_mixture, "shares that add up to 1, losses", false },
    { "rise", "before + (after - before) shape(ln X): from a tenth to nine tenths; does it break?",
      "Wei et al. 2022, arXiv:2206.07682; Schaeffer et al. 2023, arXiv:2304.15004", ll_fit_rise, NULL, false },
    { "power_of", "score = p^L, p of the score --via", "Schaeffer et al. 2023, arXiv:2304.15004", ll_fit_power_of,
      NULL, false },
    { LL_OBSERVATIONAL, LL_OBSERVATIONAL_FORM ", S the principal components of --benchmarks",
      "Ruan et al. 2024, arXiv:2405.10938", ll_fit_observational, NULL, false },
    { LL_TWO_STEP, "L = E + A/N^alpha + B/D^beta, score = floor + (ceiling - floor)/(1 + exp(k (L - L0)))",
      "Bhagia et al. 2024, arXiv:2412.04403; Llama 3, arXiv:2407.21783, 3.2.1", ll_fit_two_step, NULL, false },
    { NULL, NULL, NULL, NULL, NULL, false }
};

const ll_procedure *ll_procedure_find(const char *name) {
    for (const ll_procedure *p = ll_procedures; p->name; p++)
        if (strcmp(p->name, name) == 0) return p;
    return NULL;
}
