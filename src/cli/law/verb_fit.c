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
#include "decide/answer/fit_answer.h"
#include "fit/curve/curve_law.h"
#include "fit/io/fit_json.h"

typedef struct fit_args {
    ll_input input;
    char draws[LL_OPTION_TEXT], save[LL_OPTION_TEXT];
    int64_t coverage;
    double target_flops;
    bool json, latex, markdown, profile, checklist, no_plot, no_outlook, values;
} fit_args;

#define AT(field) offsetof(fit_args, field)
static const ll_option options[] = {
    LL_INPUT_LAW(fit_args),
    LL_INPUT_PRIOR(fit_args),
    LL_INPUT_VIA(fit_args),
    LL_INPUT_BENCHMARKS(fit_args),
    LL_INPUT_MIXTURE(fit_args),
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
    { "no_outlook", LL_OPT_BOOL, AT(no_outlook), "false",
      "the law without the forecast beside it, which takes longest of many runs" },
    { "target_flops", LL_OPT_REAL, AT(target_flops), "0", "FLOPs of the run to forecast; 0: 10 times the largest",
      .max = 1e60 },
    LL_INPUT_RUNS(fit_args),
    LL_INPUT_CURVES(fit_args),
    LL_INPUT_WHOLE_CURVES(fit_args),
    { "optima", LL_OPT_BOOL, LL_INPUT_AT(fit_args, optima), "false",
      "isoflop: every row is the optimum of a budget already" },
    { "latex", LL_OPT_BOOL, AT(latex), "false", "the table of parameters alone, as LaTeX" },
    { "markdown", LL_OPT_BOOL, AT(markdown), "false", "the table of parameters alone, as Markdown" },
    { "values", LL_OPT_BOOL, AT(values), "false",
      "with --json: a law of one variable along the runs too, with its interval, to be drawn" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* ---- the verb ---- */

/* The rows of --judge, under the law that other rows were fitted to. */
static ll_status judge(ll_held_out *out, const fit_args *a, const char *path, const ll_study *s, ll_error *err) {
    ll_input other = a->input;
    ll_study held;
    snprintf(other.where, sizeof other.where, "%s", a->input.judge);
    LL_TRY(ll_input_read(&other, s->law, path, 0, &held, err));
    *out = ll_fit_on(&s->fit, &held.data);
    ll_study_clear(&held);
    return LL_OK;
}

/* What is asked for beside the answer itself. */
typedef struct extras {
    ll_coverage coverage;
    ll_held_out judged;
} extras;

/* The files that were asked for, and then the answer: a file that cannot be written is known before the long part. */
static ll_status gather(ll_fit_answer *x, extras *b, const fit_args *a, const char *path, ll_study *s,
                        ll_error *err) {
    if (*a->draws) LL_TRY(ll_fit_draws_write(&s->fit, a->draws, err));
    if (*a->save) LL_TRY(ll_study_save(s, a->save, err));
    if (a->coverage) LL_TRY(ll_cover_fit(&b->coverage, &s->fit, a->coverage, err));
    if (*a->input.judge) LL_TRY(judge(&b->judged, a, path, s, err));
    const ll_fit_question question = { .target_flops = a->target_flops,
                                       .no_outlook = a->no_outlook,
                                       .profile = a->profile,
                                       .coverage = a->coverage ? &b->coverage : NULL,
                                       .judged = *a->input.judge ? &b->judged : NULL,
                                       .checklist = a->checklist,
                                       .values = a->values,
                                       .where = a->input.where };
    return ll_fit_answer_make(x, s, &question, err);
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

static void show_judged(const ll_held_out *h) {
    ll_say("judged: %lld runs, r2 %.5g, mean error %.4g or %.3g %%, worst %.3g %%\n", (long long)h->n, h->r2,
           h->mean_abs_err, 100 * h->mean_abs_rel_err, 100 * h->worst_abs_rel_err);
}

static int answer(const ll_fit_answer *x, const fit_args *a, const ll_study *s) {
    const ll_profile *profile = a->profile ? x->profile : NULL;
    if (a->latex || a->markdown) return answer_table(a, s);
    if (!a->json) {
        const ll_fit_told told = { s, &x->diagnosis, profile, x->looks ? &x->outlook : NULL };
        ll_show_fit(&told);
        if (a->coverage) ll_show_coverage(x->asked.coverage);
        if (x->asked.judged) show_judged(x->asked.judged);
        if (a->checklist) ll_show_checklist(&x->checklist);
        if (isatty(STDOUT_FILENO) && !a->no_plot) ll_show_plot(&told);
        if (x->looks) ll_show_outlook(&x->outlook, s->loss_unit);
        return LL_EXIT_DONE;
    }
    return ll_cli_json(ll_fit_answer_json(x, s));
}

/* One form of the answer; a table has no room for what stands beside the parameters. */
static ll_status check_manner(const fit_args *a, ll_error *err) {
    const char *table = a->latex ? "--latex" : a->markdown ? "--markdown" : NULL;
    const char *beside = a->coverage       ? "--coverage"
                         : a->profile      ? "--profile"
                         : a->checklist    ? "--checklist"
                         : *a->input.judge ? "--judge"
                                           : NULL;
    if (a->json + a->latex + a->markdown > 1)
        return LL_FAIL(err, LL_EINPUT, "--json, --latex and --markdown: expected one of them");
    if (a->values && !a->json) return LL_FAIL(err, LL_EINPUT, "fit: --values is a document: it needs --json");
    if (table && beside)
        return LL_FAIL(err, LL_EINPUT, "%s prints the table of parameters alone: %s needs text or --json", table,
                       beside);
    return LL_OK;
}

/* Flags that speak of some laws alone. */
static ll_status check_named(const fit_args *a, ll_error *err) {
    const ll_input *in = &a->input;
    const bool curve = ll_curve_law_find(in->law), mixture = strcmp(in->law, "mixture") == 0;
    const bool judges = curve || mixture || strcmp(in->law, "tuned") == 0 || !ll_procedure_find(in->law);
    if (in->warmup && !curve)
        return LL_FAIL(err, LL_EINPUT, "--warmup is of --law multi_power, multi_power_n and annealing");
    if (*in->judge && !judges)
        return LL_FAIL(err, LL_EINPUT, "--judge: law %s foretells no losses of other rows", in->law);
    if ((*in->shares || *in->losses) && !mixture)
        return LL_FAIL(err, LL_EINPUT, "%s is of --law mixture", *in->shares ? "--shares" : "--losses");
    return LL_OK;
}

/* Flags that ask for what the others do not give. */
static ll_status check_extras(const fit_args *a, const char *source, ll_error *err) {
    LL_TRY(check_manner(a, err));
    LL_TRY(check_named(a, err));
    const char *drawn = a->coverage ? "--coverage" : *a->draws ? "--draws" : NULL;
    const char *flag = drawn                 ? drawn
                       : *a->save            ? "--save"
                       : a->profile          ? "--profile"
                       : a->checklist        ? "--checklist"
                       : a->target_flops > 0 ? "--target-flops"
                                             : NULL;
    if (flag && ll_procedure_find(a->input.law))
        return LL_FAIL(err, LL_EINPUT, "%s speaks of a law's parameters: --law %s is no single law", flag,
                       a->input.law);
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
    ll_fit_answer x = { 0 };
    extras b;
    if (ll_input_study(&a->input, path, &s, &err) != LL_OK) return ll_cli_fail(&err);
    int code = gather(&x, &b, a, path, &s, &err) == LL_OK ? answer(&x, a, &s) : ll_cli_fail(&err);
    ll_fit_answer_clear(&x);
    ll_study_clear(&s);
    return code;
}

static int fit_procedure(const ll_procedure *p, const fit_args *a, const char *path) {
    if (a->input.optima && strcmp(p->name, "isoflop") != 0)
        return ll_cli_usage("fit: --optima is of --law isoflop");
    if (!p->has_table && (a->latex || a->markdown))
        return ll_cli_usage("fit: law %s has no table: leave out --latex and --markdown", p->name);
    return p->fit(&a->input, manner_of(a), path);
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
    const ll_procedure *procedure = ll_procedure_find(a.input.law);
    return procedure ? fit_procedure(procedure, &a, path) : fit_law(&a, path);
}

const ll_verb ll_verb_fit = {
    "fit",
    "fit a scaling law to runs, with intervals and what to worry about",
    "usage: loglog fit [RUNS.csv] --law NAME [options]\n\n"
    "Without a table the runs come from the store. Rows without a loss and rows told twice are\n"
    "left out, and counted. A count whose header ends in (K), (M), (B), (T) or (1E21) is read in that\n"
    "unit; --col 'params=1e9*Size' says it of any. In --where N, D, C and L are params, tokens, flops\n"
    "and loss, where no header is called so.\n\n"
    "  loglog fit runs.csv --law chinchilla --bootstrap 4000\n"
    "  loglog fit runs.csv --law isoflop\n"
    "  loglog fit curves.csv --law envelope --cluster run_name\n"
    "  loglog fit curves.csv --law critical_batch\n"
    "  loglog fit curves.csv --law multi_power --where \"split = 'fit'\" --judge \"split = 'judge'\"\n"
    "  loglog fit mixes.csv --law mixture --shares web,code,books --losses web_loss,code_loss,books_loss\n"
    "  loglog fit runs.csv --law two_step --y arithmetic.exact --via loss\n"
    "  loglog fit models.csv --law observational --y gsm8k --benchmarks mmlu,arc,hellaswag --cluster family\n"
    "  loglog fit runs.csv --coverage 400 --draws draws.csv\n"
    "  loglog fit runs.csv --bootstrap 4000 --save fit.json\n"
    "  loglog fit runs.csv --latex > table.tex\n"
    "  loglog fit runs.csv --profile --checklist --target-flops 1e24\n"
    "  loglog fit runs.csv --law power_floor --x flops --where 'loss < 5' --json\n",
    options,
    sizeof options / sizeof *options,
    run,
};
