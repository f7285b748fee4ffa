#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/procedures.h"
#include "cli/show_checklist.h"
#include "cli/show_coverage.h"
#include "cli/show_fit.h"
#include "cli/show_plot.h"
#include "fit/draws_csv.h"
#include "fit/fit_json.h"
#include "fit/saved.h"

typedef struct fit_args {
    ll_input input;
    ll_fitting fitting;
    char draws[LL_OPTION_TEXT], save[LL_OPTION_TEXT];
    int64_t coverage;
    double target_flops;
    bool json, optima, profile, checklist, no_plot;
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
    { "profile", LL_OPT_BOOL, AT(profile), "false", "the profile likelihood interval of each parameter too" },
    { "checklist", LL_OPT_BOOL, AT(checklist), "false",
      "what to state beside this law, filled in where it is known" },
    { "no_plot", LL_OPT_BOOL, AT(no_plot), "false", "no plot at the end, where standard output is a terminal" },
    { "target_flops", LL_OPT_REAL, AT(target_flops), "0", "FLOPs of the run to forecast; 0: 10 times the largest",
      .max = 1e60 },
    LL_INPUT_TABLE(fit_args),
    { "optima", LL_OPT_BOOL, AT(optima), "false", "isoflop: every row is the optimum of a budget already" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* ---- the verb ---- */

static ll_fit_context context_of(const fit_args *a, const ll_fitted *f, const ll_table *t, const char *source,
                                 const ll_profile *profile) {
    return (ll_fit_context) { .convention = ll_columns_convention(&f->columns, t, source),
                              .dropped = t->dropped,
                              .runs = f->columns.run,
                              .along = ll_input_along(&a->input),
                              .profile = profile };
}

/* What was asked beyond the fit. */
typedef struct extras {
    ll_diagnosis diagnosis;
    ll_profile profile[LL_LAW_MAX_PARAMS];
    ll_coverage coverage;
    ll_checklist checklist;
} extras;

static ll_status gather(extras *x, const fit_args *a, ll_fitted *f, const ll_table *t, const char *source,
                        ll_error *err) {
    ll_fit *fit = &f->fit;
    if (*a->draws) LL_TRY(ll_fit_draws_write(fit, a->draws, err));
    if (*a->save) {
        const ll_fit_context context = context_of(a, f, t, source, NULL);
        LL_TRY(ll_saved_write(fit, &context, a->save, err));
    }
    if (a->profile) LL_TRY(ll_fit_profile(fit, x->profile, err));
    if (a->coverage) LL_TRY(ll_cover_fit(&x->coverage, fit, a->coverage, err));
    LL_TRY(ll_diagnose(&x->diagnosis, fit, t, &f->columns, ll_input_along(&a->input), a->target_flops, err));
    ll_diagnosis_warn(&x->diagnosis, fit);
    ll_checklist_fill(&x->checklist, fit, t, &f->columns, &x->diagnosis, a->input.where, source);
    return LL_OK;
}

static int answer(const extras *x, const fit_args *a, const ll_fitted *f, const ll_table *t, const char *source) {
    const ll_profile *profile = a->profile ? x->profile : NULL;
    if (!a->json) {
        const ll_fit_told told = { &f->fit, &f->columns, t, &x->diagnosis, profile };
        ll_show_fit(&told);
        if (a->coverage) ll_show_coverage(&x->coverage);
        if (a->checklist) ll_show_checklist(&x->checklist);
        if (isatty(STDOUT_FILENO) && !a->no_plot) ll_show_plot(&told, ll_input_along(&a->input));
        return LL_EXIT_DONE;
    }
    const ll_fit_context context = context_of(a, f, t, source, profile);
    ll_json *doc = ll_fit_json(&f->fit, &context);
    ll_diagnosis_json(&x->diagnosis, &f->fit, f->columns.run, ll_json_group(doc, "diagnostics"));
    if (a->coverage) ll_json_set(doc, "coverage", ll_coverage_json(&x->coverage));
    if (a->checklist) ll_json_set(doc, "checklist", ll_checklist_json(&x->checklist));
    return ll_cli_json(doc);
}

/* Flags that ask for what the others do not give. */
static ll_status check_extras(const fit_args *a, const char *source, ll_error *err) {
    const char *drawn = a->coverage ? "--coverage" : *a->draws ? "--draws" : NULL;
    const char *flag = drawn                 ? drawn
                       : *a->save            ? "--save"
                       : a->profile          ? "--profile"
                       : a->checklist        ? "--checklist"
                       : a->target_flops > 0 ? "--target-flops"
                                             : NULL;
    if (flag && ll_procedure_find(a->input.law))
        return LL_FAIL(err, LL_EINPUT, "%s speaks of a law's parameters: --law %s has none", flag, a->input.law);
    if (drawn && a->fitting.bootstrap < 2)
        return LL_FAIL(err, LL_EINPUT, "%s needs resamples: --bootstrap is %lld, expected at least 2", drawn,
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
    extras x = { 0 };
    int code = gather(&x, a, &f, t, source, &err) == LL_OK ? answer(&x, a, &f, t, source) : ll_cli_fail(&err);
    ll_diagnosis_free(&x.diagnosis);
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
    "  loglog fit runs.csv --profile --checklist --target-flops 1e24\n"
    "  loglog fit runs.csv --law power_floor --x flops --where 'loss < 5' --json\n",
    options,
    sizeof options / sizeof *options,
    run,
};
