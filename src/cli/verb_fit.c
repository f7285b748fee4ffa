#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/procedures.h"
#include "cli/show_coverage.h"
#include "fit/draws_csv.h"
#include "fit/fit_json.h"
#include "fit/frontier.h"
#include "fit/saved.h"
#include "fit/warn.h"

typedef struct fit_args {
    ll_input input;
    ll_fitting fitting;
    char draws[LL_OPTION_TEXT], save[LL_OPTION_TEXT];
    int64_t coverage;
    bool json, optima;
} fit_args;

#define AT(field) offsetof(fit_args, field)
static const ll_option options[] = {
    LL_INPUT_LAW(fit_args),
    LL_FITTING_TABLE(fit_args),
    { "coverage", LL_OPT_INT, AT(coverage), "0",
      "simulate so many studies of these runs, and say how often the interval holds; 0: none", .max = 1e6 },
    { "draws", LL_OPT_TEXT, AT(draws), "", "CSV file for the resampled parameters" },
    { "save", LL_OPT_TEXT, AT(save), "",
      "JSON file for the fit with its resamples and runs, to plan and forecast from" },
    LL_INPUT_TABLE(fit_args),
    { "optima", LL_OPT_BOOL, AT(optima), "false", "isoflop: every row is the optimum of a budget already" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* ---- for people ---- */

static void show_params(const ll_fit *fit, const ll_columns *c) {
    for (int j = 0; j < fit->law->n_params; j++) {
        const ll_law_param *p = &fit->law->params[j];
        const char *unit = strcmp(p->unit, "nats/token") == 0 ? c->loss_unit : p->unit;
        ll_show_estimate(p->name, &fit->params[j], fit->opts.level, fit->opts.fixed >> j & 1 ? "held" : unit);
    }
    if (strcmp(fit->law->name, "chinchilla") != 0) return;
    const ll_frontier_estimate f = ll_fit_frontier(fit);
    puts("compute-optimal N = G (C/6)^a, D = (C/6)^b / G");
    ll_show_estimate("a", &f.a, fit->opts.level, "");
    ll_show_estimate("b", &f.b, fit->opts.level, "");
    ll_show_estimate("G", &f.G, fit->opts.level, "");
}

static void show_influence(const ll_fit *fit, const ll_columns *c, const ll_table *t) {
    int64_t rows[5];
    int n = ll_fit_most_influential(fit, rows, 5);
    if (n) puts("most influential runs (change of the last exponent without each, in standard errors)");
    for (int k = 0; k < n; k++) {
        int64_t i = rows[k];
        printf("  %+6.2f  line %lld%s%s\n", fit->influence[i], t->line ? (long long)t->line[i] : (long long)i + 1,
               c->run && c->run[i] ? "  " : "", c->run && c->run[i] ? c->run[i] : "");
    }
}

static void show(const ll_fit *fit, const ll_columns *c, const ll_table *t) {
    printf("%s: %s   (%lld runs, %lld left out, N %s, %s)\n", fit->law->name, fit->law->form, (long long)fit->n,
           (long long)t->dropped, c->params_are, c->loss_unit);
    if (strcmp(c->flops_from, "table") != 0) printf("C = 6 N D stands in for the missing FLOPs\n");
    if (strcmp(c->tokens_from, "table") != 0) printf("D = C / (6 N) stands in for the missing tokens\n");
    if (strcmp(c->params_from, "table") != 0) printf("N = C / (6 D) stands in for the missing parameters\n");
    for (int i = 0; i < fit->n_warnings; i++) printf("warning: %s\n", fit->warnings[i]);
    show_params(fit, c);
    printf("%s %.10g, residual sd %.3g %% of the loss, %lld starts, %lld %s resamples, %.2f s\n",
           ll_objective_name(fit->opts.objective), fit->objective, 100 * fit->residual_sd, (long long)fit->starts,
           (long long)fit->n_draws, ll_resample_name(fit->opts.resample), fit->wall_s);
    if (fit->taken)
        printf("each resample takes %lld %s, its departures shrunk by the root of that share\n",
               (long long)fit->taken, fit->opts.resample == LL_RESAMPLE_CLUSTER ? "clusters" : "runs");
    for (int k = 1; k < fit->n_optima; k++) {
        printf("competing optimum %.10g:", fit->optima[k].objective);
        for (int j = 0; j < fit->law->n_params; j++)
            printf(" %s %.5g", fit->law->params[j].name, fit->optima[k].params[j]);
        puts("");
    }
    show_influence(fit, c, t);
}

/* ---- the verb ---- */

static void warn_of_bends(ll_fit *fit, const ll_fit_data *data) {
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        if (!(fit->law->vars >> v & 1)) continue;
        double p = ll_fit_bend_p(fit, data, (ll_var)v, fit->opts.seed);
        if (p < 0.05)
            ll_fit_add_warning(fit, "the residuals bend along %s (p = %.3g): the law is not the whole of it",
                               ll_var_name((ll_var)v), p);
    }
}

static ll_fit_context context_of(const fit_args *a, const ll_columns *c, const ll_table *t, const char *source) {
    return (ll_fit_context) { .convention = ll_columns_convention(c, t, source),
                              .dropped = t->dropped,
                              .runs = c->run,
                              .along = ll_input_along(&a->input) };
}

/* What was asked beyond the fit; *covered is set where there is a coverage to tell. */
static ll_status extras(const ll_fit *fit, const fit_args *a, const ll_columns *columns, const ll_table *t,
                        const char *source, ll_coverage *c, bool *covered, ll_error *err) {
    *covered = a->coverage > 0;
    if (*a->draws) LL_TRY(ll_fit_draws_write(fit, a->draws, err));
    if (*a->save) {
        const ll_fit_context context = context_of(a, columns, t, source);
        LL_TRY(ll_saved_write(fit, &context, a->save, err));
    }
    return *covered ? ll_cover_fit(c, fit, a->coverage, err) : LL_OK;
}

static int answer(ll_fit *fit, const fit_args *a, const ll_columns *c, const ll_table *t, const char *source) {
    ll_error err = { 0 };
    ll_coverage coverage;
    bool covered;
    if (extras(fit, a, c, t, source, &coverage, &covered, &err) != LL_OK) return ll_cli_fail(&err);
    if (!a->json) {
        show(fit, c, t);
        if (covered) ll_show_coverage(&coverage);
        return LL_EXIT_DONE;
    }
    const ll_fit_context context = context_of(a, c, t, source);
    ll_json *doc = ll_fit_json(fit, &context);
    if (covered) ll_json_set(doc, "coverage", ll_coverage_json(&coverage));
    return ll_cli_json(doc);
}

/* Flags that ask for what the others do not give. */
static ll_status check_extras(const fit_args *a, const char *source, ll_error *err) {
    const char *flag = a->coverage ? "--coverage" : *a->draws ? "--draws" : NULL;
    if ((flag || *a->save) && ll_procedure_find(a->input.law))
        return LL_FAIL(err, LL_EINPUT, "%s speaks of a law's parameters: --law %s has none", flag ? flag : "--save",
                       a->input.law);
    if (flag && a->fitting.bootstrap < 2)
        return LL_FAIL(err, LL_EINPUT, "%s needs resamples: --bootstrap is %lld, expected at least 2", flag,
                       (long long)a->fitting.bootstrap);
    if (strcmp(a->draws, source) == 0 || strcmp(a->save, source) == 0)
        return LL_FAIL(err, LL_EINPUT, "%s would overwrite the runs in %s: name another file",
                       strcmp(a->save, source) == 0 ? "--save" : "--draws", source);
    return LL_OK;
}

static int fit_table(const fit_args *a, const ll_table *t, const char *source) {
    ll_error err = { 0 };
    ll_fitted f;
    const ll_law *law = ll_input_law(&a->input, &err);
    if (!law || ll_fitting_run(&a->fitting, &a->input, law, t, source, &f, &err) != LL_OK) return ll_cli_fail(&err);
    warn_of_bends(&f.fit, &f.data);
    int code = answer(&f.fit, a, &f.columns, t, source);
    ll_fitted_clear(&f);
    return code;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    fit_args a;
    ll_words words;
    ll_table t;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("fit: one table at a time, here are %d words", words.n);
    const char *path = words.n ? words.at[0] : NULL, *source = path ? path : a.fitting.store;
    if (check_extras(&a, source, &err) != LL_OK || ll_fitting_read(&a.fitting, &a.input, path, &t, &err) != LL_OK)
        return ll_cli_fail(&err);
    ll_procedure_fit procedure = ll_procedure_find(a.input.law);
    code = procedure ? procedure(&a.fitting, a.optima, a.json, &t, source) : fit_table(&a, &t, source);
    ll_table_clear(&t);
    return code;
}

const ll_verb ll_verb_fit = {
    "fit",
    "fit a scaling law to runs, with intervals and what to worry about",
    "usage: loglog fit [RUNS.csv] --law NAME [options]\n\n"
    "Without a table the runs come from the store.\n\n"
    "  loglog fit runs.csv --law chinchilla --bootstrap 4000\n"
    "  loglog fit runs.csv --law isoflop\n"
    "  loglog fit curves.csv --law envelope --cluster run_name\n"
    "  loglog fit runs.csv --coverage 400 --draws draws.csv\n"
    "  loglog fit runs.csv --bootstrap 4000 --save fit.json\n"
    "  loglog fit runs.csv --law power_floor --x flops --where 'loss < 5' --json\n",
    options,
    sizeof options / sizeof *options,
    run,
};
