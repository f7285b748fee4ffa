#include "cli/show/show_table.h"

#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "fit/approach/frontier.h"
#include "report/print_table.h"

#define FRONTIER "N_opt = G (C/6)^a, D_opt ~ C^b"

static void print(const ll_print_table *t, ll_manner manner) {
    ll_say_flush();
    if (manner == LL_AS_LATEX) ll_print_latex(t, stdout);
    else ll_print_markdown(t, stdout);
}

/* What of the runs was fitted. */
static void add_ground(ll_print_table *t, const ll_study *s, int64_t n) {
    const ll_table *table = &s->observed.table;
    const ll_columns *c = &s->columns;
    ll_print_fact(t, "%lld runs of %s, %lld left out", (long long)n, s->source, (long long)ll_study_left_out(s));
    ll_print_fact(t, "L the column %s, %s", *table->header[LL_COL_LOSS] ? table->header[LL_COL_LOSS] : "loss",
                  s->loss_unit);
    if (*table->x_header) ll_print_fact(t, "X the column %s", table->x_header);
    ll_print_fact(t, "N %s, C %s%s", c->params_are, strcmp(c->flops_from, "table") == 0 ? "of the table" : "= ",
                  strcmp(c->flops_from, "table") == 0 ? "" : "6 N D");
}

static void add_resamples(ll_print_table *t, int64_t n, ll_resample kind, uint64_t seed) {
    if (n)
        ll_print_fact(t, "%lld %s resamples, seed %llu", (long long)n, ll_resample_name(kind),
                      (unsigned long long)seed);
    else ll_print_fact(t, "not resampled, so without intervals");
}

static void add_lines(ll_print_table *t, const ll_estimate *a, const ll_estimate *b, const ll_estimate *G) {
    ll_print_row_add(t, "a", a, false);
    ll_print_row_add(t, "b", b, false);
    ll_print_row_add(t, "G", G, false);
}

void ll_show_table_fit(const ll_study *s, ll_manner manner) {
    const ll_fit *fit = &s->fit;
    char form[256];
    ll_print_table t = { .form = fit->law->form, .level = fit->opts.level };
    for (int j = 0; j < fit->law->n_params; j++)
        ll_print_row_add(&t, fit->law->params[j].name, &fit->params[j], fit->opts.fixed >> j & 1);
    if (strcmp(fit->law->name, "chinchilla") == 0) {
        const ll_frontier_estimate f = ll_fit_frontier(fit);
        snprintf(form, sizeof form, "%s, N_opt = G (C/6)^a, D_opt = (C/6)^b/G", fit->law->form);
        t.form = form;
        add_lines(&t, &f.a, &f.b, &f.G);
    }
    add_ground(&t, s, fit->n);
    if (fit->opts.objective == LL_OBJ_HUBER_LOG)
        ll_print_fact(&t, "sum of %s %.6g, delta %g", ll_objective_name(fit->opts.objective), fit->objective,
                      fit->opts.delta);
    else ll_print_fact(&t, "sum of %s %.6g", ll_objective_name(fit->opts.objective), fit->objective);
    add_resamples(&t, fit->n_draws, fit->opts.resample, fit->opts.seed);
    print(&t, manner);
}

void ll_show_table_isoflop(const ll_isoflop *f, const ll_study *s, ll_manner manner) {
    ll_print_table t = { .form = FRONTIER, .level = f->opts.level };
    add_lines(&t, &f->a, &f->b, &f->G);
    add_ground(&t, s, f->n_used);
    if (f->optima) ll_print_fact(&t, "each an optimum; least squares of ln N on ln C, r2 %.4g", f->r2);
    else
        ll_print_fact(&t, "bottoms of parabolas in ln N at %lld budgets; least squares of ln N on ln C, r2 %.4g",
                      (long long)f->n_bottoms, f->r2);
    add_resamples(&t, f->n_draws, f->opts.resample, f->opts.seed);
    print(&t, manner);
}

void ll_show_table_envelope(const ll_envelope *f, const ll_study *s, ll_manner manner) {
    ll_print_table t = { .form = FRONTIER, .level = f->opts.level };
    add_lines(&t, &f->a, &f->b, &f->G);
    add_ground(&t, s, f->n);
    ll_print_fact(&t, "lowest of %lld learning curves; least squares of ln N on ln C, r2 %.4g",
                  (long long)f->n_curves, f->r2);
    add_resamples(&t, f->n_draws, LL_RESAMPLE_CLUSTER, f->opts.seed);
    print(&t, manner);
}

void ll_show_table_critical_batch(const ll_critical_batch *f, const ll_study *s, ll_manner manner) {
    ll_print_table t = { .form = "B_crit = B_star/L^(1/alpha_B)", .level = f->opts.level };
    ll_print_row_add(&t, "B_star", &f->B_star, false);
    ll_print_row_add(&t, "alpha_B", &f->alpha_B, false);
    add_ground(&t, s, f->n);
    ll_print_fact(&t, "hyperbolas at %lld losses of %lld learning curves; least squares of ln S, r2 %.4g",
                  (long long)f->n_found, (long long)f->n_curves, f->r2);
    add_resamples(&t, f->n_draws, f->opts.resample, f->opts.seed);
    print(&t, manner);
}
