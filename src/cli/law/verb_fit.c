#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/law/procedures.h"
#include "cli/show/show_checklist.h"
#include "cli/show/show_coverage.h"
#include "cli/show/show_fit.h"
#include "cli/show/show_outlook.h"
#include "cli/show/show_plot.h"
#include "decide/plan/plan.h"
#include "fit/io/diagnosis_json.h"
#include "fit/io/fit_json.h"
#include "forecast/study/outlook_json.h"

typedef struct fit_args {
    ll_input input;
    char draws[LL_OPTION_TEXT], save[LL_OPTION_TEXT];
    int64_t coverage;
    double target_flops;
    bool json, latex, markdown, optima, profile, checklist, no_plot;
} fit_args;

#define AT(field) offsetof(fit_args, field)
static const ll_option options[] = {
    LL_INPUT_LAW(fit_args),
    LL_INPUT_FIT(fit_args),
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
    LL_INPUT_RUNS(fit_args),
    { "optima", LL_OPT_BOOL, AT(optima), "false", "isoflop: every row is the optimum of a budget already" },
    { "latex", LL_OPT_BOOL, AT(latex), "false", "the table of parameters alone, as LaTeX" },
    { "markdown", LL_OPT_BOOL, AT(markdown), "false", "the table of parameters alone, as Markdown" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* ---- the verb ---- */

static ll_fit_context context_of(const ll_study *s, const ll_profile *profile) {
    return (ll_fit_context) { .convention = ll_study_convention(s),
                              .dropped = s->observed.table.dropped,
                              .runs = s->run,
                              .along = s->along,
                              .profile = profile };
}

/* What was asked beyond the fit. */
typedef struct extras {
    ll_diagnosis diagnosis;
    ll_profile profile[LL_LAW_MAX_PARAMS];
    ll_coverage coverage;
    ll_checklist checklist;
    bool looks; /* there is an outlook: of the run that the diagnosis aims at */
    ll_outlook outlook;
} extras;

/* The run to forecast: of the target's FLOPs the one that the law calls best. A law or table that names none has no
 * outlook, and the diagnosis says of a target that was asked for why. */
static ll_status look_ahead(extras *x, ll_study *s, double target, double at[LL_VAR_COUNT], bool *aimed,
                            ll_error *err) {
    const double largest = ll_reach_largest(&s->data), C = target > 0 ? target : LL_REACH_FACTOR * largest;
    const bool of_a_run = s->data.x[LL_VAR_N] && s->data.x[LL_VAR_D] && s->along != LL_VAR_X;
    ll_error why = { 0 };
    double N, D;
    *aimed = false;
    if (!of_a_run || !isfinite(C) || ll_plan_best_run(s, C, &N, &D, &why) != LL_OK) return LL_OK;
    const ll_status status = ll_study_outlook(s, N, D, 0, &x->outlook, &why);
    x->looks = status == LL_OK;
    if (!x->looks) return status == LL_EINPUT || status == LL_ENUM ? LL_OK : LL_FAIL(err, status, "%s", why.msg);
    memcpy(at, x->outlook.forecast.x, LL_VAR_COUNT * sizeof *at);
    *aimed = true;
    return LL_OK;
}

static ll_status gather(extras *x, const fit_args *a, ll_study *s, ll_error *err) {
    ll_fit *fit = &s->fit;
    double at[LL_VAR_COUNT];
    bool aimed;
    if (*a->draws) LL_TRY(ll_fit_draws_write(fit, a->draws, err));
    if (*a->save) LL_TRY(ll_study_save(s, a->save, err));
    if (a->profile) LL_TRY(ll_fit_profile(fit, x->profile, err));
    if (a->coverage) LL_TRY(ll_cover_fit(&x->coverage, fit, a->coverage, err));
    LL_TRY(look_ahead(x, s, a->target_flops, at, &aimed, err));
    const ll_aim aim = { aimed ? x->outlook.flops : a->target_flops, aimed ? at : NULL };
    LL_TRY(ll_diagnose(&x->diagnosis, fit, &s->observed.table, &s->columns, s->along, &aim, err));
    ll_diagnosis_warn(&x->diagnosis, fit);
    ll_checklist_fill(&x->checklist, fit, &s->observed.table, &s->columns, &x->diagnosis, a->input.where,
                      s->source);
    return LL_OK;
}

static ll_manner manner_of(const fit_args *a) {
    return a->json ? LL_AS_JSON : a->latex ? LL_AS_LATEX : a->markdown ? LL_AS_MARKDOWN : LL_AS_TEXT;
}

/* What should worry the reader of a table stands beside it. */
static int answer_table(const fit_args *a, const ll_study *s) {
    for (int i = 0; i < s->fit.n_warnings; i++) ll_say_to(stderr, "warning: %s\n", s->fit.warnings[i]);
    ll_show_table_fit(s, manner_of(a));
    return LL_EXIT_DONE;
}

static int answer(const extras *x, const fit_args *a, const ll_study *s) {
    const ll_profile *profile = a->profile ? x->profile : NULL;
    if (a->latex || a->markdown) return answer_table(a, s);
    if (!a->json) {
        const ll_fit_told told = { s, &x->diagnosis, profile, x->looks ? &x->outlook : NULL };
        ll_show_fit(&told);
        if (a->coverage) ll_show_coverage(&x->coverage);
        if (a->checklist) ll_show_checklist(&x->checklist);
        if (isatty(STDOUT_FILENO) && !a->no_plot) ll_show_plot(&told);
        if (x->looks) ll_show_outlook(&x->outlook, s->loss_unit);
        return LL_EXIT_DONE;
    }
    const ll_fit_context context = context_of(s, profile);
    ll_json *doc = ll_fit_json(&s->fit, &context);
    ll_diagnosis_json(&x->diagnosis, &s->fit, s->run, ll_json_group(doc, "diagnostics"));
    if (x->looks) ll_json_set(doc, "outlook", ll_outlook_json(&x->outlook));
    if (a->coverage) ll_json_set(doc, "coverage", ll_coverage_json(&x->coverage));
    if (a->checklist) ll_json_set(doc, "checklist", ll_checklist_json(&x->checklist));
    return ll_cli_json(doc);
}

/* One form of the answer; a table has no room for what stands beside the parameters. */
static ll_status check_manner(const fit_args *a, ll_error *err) {
    const char *table = a->latex ? "--latex" : a->markdown ? "--markdown" : NULL;
    const char *beside = a->coverage    ? "--coverage"
                         : a->profile   ? "--profile"
                         : a->checklist ? "--checklist"
                                        : NULL;
    if (a->json + a->latex + a->markdown > 1)
        return LL_FAIL(err, LL_EINPUT, "--json, --latex and --markdown: expected one of them");
    if (table && beside)
        return LL_FAIL(err, LL_EINPUT, "%s prints the table of parameters alone: %s needs text or --json", table,
                       beside);
    return LL_OK;
}

/* Flags that ask for what the others do not give. */
static ll_status check_extras(const fit_args *a, const char *source, ll_error *err) {
    LL_TRY(check_manner(a, err));
    const char *drawn = a->coverage ? "--coverage" : *a->draws ? "--draws" : NULL;
    const char *flag = drawn                 ? drawn
                       : *a->save            ? "--save"
                       : a->profile          ? "--profile"
                       : a->checklist        ? "--checklist"
                       : a->target_flops > 0 ? "--target-flops"
                                             : NULL;
    if (flag && ll_procedure_find(a->input.law))
        return LL_FAIL(err, LL_EINPUT, "%s speaks of a law's parameters: --law %s has none", flag, a->input.law);
    if (drawn && a->input.bootstrap < 2)
        return LL_FAIL(err, LL_EINPUT, "%s needs resamples: --bootstrap is %lld, expected at least 2", drawn,
                       (long long)a->input.bootstrap);
    if (strcmp(a->draws, source) == 0 || strcmp(a->save, source) == 0)
        return LL_FAIL(err, LL_EINPUT, "%s would overwrite the runs in %s: name another file",
                       strcmp(a->save, source) == 0 ? "--save" : "--draws", source);
    return LL_OK;
}

static int fit_law(const fit_args *a, const char *path) {
    ll_error err = { 0 };
    ll_study s;
    extras x = { 0 };
    if (ll_input_study(&a->input, path, &s, &err) != LL_OK) return ll_cli_fail(&err);
    int code = gather(&x, a, &s, &err) == LL_OK ? answer(&x, a, &s) : ll_cli_fail(&err);
    ll_diagnosis_free(&x.diagnosis);
    ll_study_clear(&s);
    return code;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    fit_args a = { 0 };
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("fit: one table at a time, here are %d words", words.n);
    const char *path = words.n ? words.at[0] : NULL;
    if (check_extras(&a, path ? path : a.input.store, &err) != LL_OK) return ll_cli_fail(&err);
    ll_procedure_fit procedure = ll_procedure_find(a.input.law);
    return procedure ? procedure(&a.input, a.optima, manner_of(&a), path) : fit_law(&a, path);
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
    "  loglog fit runs.csv --latex > table.tex\n"
    "  loglog fit runs.csv --profile --checklist --target-flops 1e24\n"
    "  loglog fit runs.csv --law power_floor --x flops --where 'loss < 5' --json\n",
    options,
    sizeof options / sizeof *options,
    run,
};
