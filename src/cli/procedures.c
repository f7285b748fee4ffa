#include "cli/procedures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/show_fit.h"
#include "fit/envelope.h"
#include "fit/isoflop.h"

/* What both need: the options, and N, D, C and the loss of every row. */
static ll_status prepare(const ll_fitting *a, const char *name, const ll_table *t, const char *source,
                         ll_fit_opts *opts, ll_columns *c, ll_error *err) {
    LL_TRY(ll_fitting_opts(a, &(ll_law) { .name = name }, opts, err));
    return ll_columns_new(c, t, source, 1u << LL_VAR_N | 1u << LL_VAR_D | 1u << LL_VAR_C, err);
}

static ll_fit_context context_of(const ll_columns *c, const ll_table *t, const char *source) {
    return (ll_fit_context) { .convention = ll_columns_convention(c, t, source), .dropped = t->dropped };
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
    ll_say("%-12s %5s %-12s %-12s %-9s\n", "flops", "runs", "params", "tokens", "loss");
    for (int64_t k = 0; k < f->n_budgets; k++) {
        const ll_budget *b = &f->budget[k];
        ll_say("%-12.4g %5lld %-12.4g %-12.4g %-9.5g%s\n", b->valley.flops, (long long)b->valley.n, b->n_opt.value,
               b->d_opt, b->valley.loss_min,
               b->valley.concave ? "  concave"
               : b->valley.edge  ? "  outside the sizes run"
                                 : "");
    }
    ll_say("ls, r2 %.6g, %lld %s resamples, %.2f s\n", f->r2, (long long)f->n_draws,
           ll_resample_name(f->n_draws ? f->opts.resample : (ll_resample)0), f->wall_s);
}

static int fit_isoflop(const ll_fitting *a, bool optima, bool json, const ll_table *t, const char *source) {
    ll_error err = { 0 };
    ll_fit_opts opts;
    ll_columns c;
    ll_isoflop f;
    double *owned = NULL;
    if (prepare(a, "isoflop", t, source, &opts, &c, &err) != LL_OK) return ll_cli_fail(&err);
    ll_isoflop_data data = { .n = c.n,
                             .params = c.v[LL_VAR_N],
                             .tokens = c.v[LL_VAR_D],
                             .flops = c.v[LL_VAR_C],
                             .loss = c.loss,
                             .cluster = c.cluster,
                             .optima = optima };
    ll_status s = ll_fitting_weights(a, &c, &data.weight, &owned, &err);
    if (s == LL_OK) s = ll_isoflop_run(&f, &data, &opts, &err);
    int code = s == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
    if (s == LL_OK && json) {
        ll_fit_context context = context_of(&c, t, source);
        code = ll_cli_json(ll_isoflop_json(&f, &context));
    } else if (s == LL_OK) {
        show_isoflop(&f, &c);
    }
    if (s == LL_OK) ll_isoflop_clear(&f);
    free(owned);
    ll_columns_free(&c);
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

static int fit_envelope(const ll_fitting *a, bool optima, bool json, const ll_table *t, const char *source) {
    ll_error err = { 0 };
    ll_fit_opts opts;
    ll_columns c;
    ll_envelope f;
    if (optima) return ll_cli_usage("fit: --optima is of --law isoflop");
    if (prepare(a, "envelope", t, source, &opts, &c, &err) != LL_OK) return ll_cli_fail(&err);
    ll_envelope_data data = { .n = c.n,
                              .params = c.v[LL_VAR_N],
                              .tokens = c.v[LL_VAR_D],
                              .flops = c.v[LL_VAR_C],
                              .loss = c.loss,
                              .cluster = c.cluster };
    ll_status s = ll_envelope_run(&f, &data, &opts, &err);
    int code = s == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
    if (s == LL_OK && json) {
        ll_fit_context context = context_of(&c, t, source);
        code = ll_cli_json(ll_envelope_json(&f, &context));
    } else if (s == LL_OK) {
        show_envelope(&f, &c);
    }
    if (s == LL_OK) ll_envelope_clear(&f);
    ll_columns_free(&c);
    return code;
}

ll_procedure_fit ll_procedure_find(const char *name) {
    return strcmp(name, "isoflop") == 0 ? fit_isoflop : strcmp(name, "envelope") == 0 ? fit_envelope : NULL;
}
