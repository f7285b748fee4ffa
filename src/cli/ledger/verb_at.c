#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ability/ability_verbs.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/show/show_fit.h"
#include "cli/show/show_outlook.h"
#include "decide/plan/plan.h"
#include "forecast/study/outlook_json.h"

typedef struct at_args {
    ll_input input;
    ll_list params, tokens, flops;
    double unique_tokens;
    bool json;
} at_args;

#define AT(f) offsetof(at_args, f)
static const ll_option options[] = {
    { "params", LL_OPT_LIST, AT(params), "",
      "parameters of the run, counted as the fitted runs are; or of several runs", .min_open = true, .max = 1e18 },
    { "tokens", LL_OPT_LIST, AT(tokens), "",
      "its training tokens; of several runs, one number of both stands for all", .min_open = true, .max = 1e20 },
    { "flops", LL_OPT_LIST, AT(flops), "", "instead of both: the run of so many FLOPs that the law calls best",
      .min_open = true, .max = 1e45 },
    { "unique_tokens", LL_OPT_REAL, AT(unique_tokens), "0", "distinct tokens there are; 0: no end of them",
      .max = 1e30 },
    LL_INPUT_LAW(at_args),
    LL_INPUT_PRIOR(at_args),
    LL_INPUT_VIA(at_args),
    LL_INPUT_SAVED(at_args),
    LL_INPUT_RUNS(at_args),
    LL_INPUT_FIT(at_args),
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* The runs that are asked about; 0: params and tokens do not belong together. */
static int64_t n_runs(const at_args *a) {
    const int64_t N = a->params.n, D = a->tokens.n;
    if (a->flops.n > 0) return N || D ? 0 : a->flops.n;
    return N == D || D == 1 ? N : N == 1 ? D : 0;
}

static double of_run(const ll_list *list, int64_t i) {
    return list->v[list->n == 1 ? 0 : i];
}

static ll_status look(const at_args *a, ll_study *s, ll_outlook *o, int64_t n, ll_error *err) {
    for (int64_t i = 0; i < n; i++) {
        double params, tokens;
        if (a->flops.n > 0) LL_TRY(ll_plan_best_run(s, a->flops.v[i], a->unique_tokens, &params, &tokens, err));
        else params = of_run(&a->params, i), tokens = of_run(&a->tokens, i);
        LL_TRY(ll_study_outlook(s, params, tokens, a->unique_tokens, &o[i], err));
    }
    return LL_OK;
}

static void show_faults(const ll_study *s) {
    for (int f = 0; f < LL_FAULT_COUNT; f++) {
        char words[LL_TRIAGE_WORDS];
        if (*ll_study_fault_words(s, (ll_fault)f, words)) ll_say("  left out: %s\n", words);
    }
}

static int answer(const at_args *a, const ll_study *s, const ll_outlook *o, int64_t n) {
    char borrowed[256];
    if (a->json) return ll_cli_json(ll_outlook_document(o, n, s));
    ll_show_ground(s);
    ll_say("%s: %s   (N %s)\n", s->law->name, s->law->form, ll_json_get_str(s->convention, "params"));
    for (int64_t i = 0; i < n; i++) ll_show_outlook(&o[i], s->loss_unit);
    ll_say("  %s\n", ll_borrowed_words(&s->borrowed, borrowed, sizeof borrowed));
    if (o->unique_tokens > 0) ll_show_repeats(&o->repeats);
    show_faults(s);
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++) {
        ll_say("  %5.1f %%", 100 * ll_forecast_levels[q]);
        for (int64_t i = 0; i < n; i++) ll_say("  %-*.6g", i + 1 < n ? 9 : 0, o[i].forecast.quantile[q]);
        ll_say("\n");
    }
    return LL_EXIT_DONE;
}

static int all_runs(const at_args *a, ll_study *s, int64_t n) {
    ll_error err = { 0 };
    ll_outlook *o = calloc((size_t)n, sizeof *o);
    ll_status status = o ? look(a, s, o, n, &err) : LL_FAIL(&err, LL_ENOMEM, "forecast at: out of memory");
    const int code = status == LL_OK ? answer(a, s, o, n) : ll_cli_fail(&err);
    free(o);
    return code;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    at_args a = { 0 };
    ll_words words;
    ll_study s;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    const char *path = words.n ? words.at[0] : NULL;
    const int64_t n = n_runs(&a);
    if (words.n > 1) return ll_cli_usage("forecast at: one table at a time, here are %d words", words.n);
    if (n == 0)
        return ll_cli_usage(
            "forecast at: expected --params and --tokens above 0, as many of both or one of either, "
            "or --flops alone");
    if (strcmp(a.input.law, LL_TWO_STEP) == 0) {
        if (n > 1 || a.flops.n > 0)
            return ll_cli_usage("forecast at: law " LL_TWO_STEP " needs --params and --tokens of one run");
        if (a.unique_tokens > 0)
            return ll_cli_usage("forecast at: --unique-tokens: law " LL_TWO_STEP
                                " does not say what repeated tokens are worth");
        return ll_at_two_step(&a.input, path, a.params.v[0], a.tokens.v[0], a.json);
    }
    if (ll_input_forecaster(&a.input, path, &s, &err) != LL_OK) return ll_cli_fail(&err);
    code = all_runs(&a, &s, n);
    ll_study_clear(&s);
    return code;
}

const ll_verb ll_verb_forecast_at = {
    "forecast at",
    "what a run of so many parameters and tokens will reach, unsealed",
    "usage: loglog forecast at [RUNS.csv | --fit FIT.json | --store FILE] --params N --tokens D\n\n"
    "The forecast is a distribution: the median and what it lies between. Beside it the value of the fitted law\n"
    "alone, which is not what a run will reach: it knows neither where the runs depart from the law nor a run's "
    "own\n"
    "scatter. Several runs are asked about at once with commas, and cost little more than one. Copies of a run and "
    "rows with which something went wrong are left out, and named. 'plan', 'report'\n"
    "and 'forecast seal' give the same number for the same run.\n\n"
    "  loglog forecast at runs.csv --params 7B --tokens 1T\n"
    "  loglog forecast at runs.csv --params 7B --tokens 140B,1T,15T\n"
    "  loglog forecast at runs.csv --law two_step --y arithmetic.exact --params 1M --tokens 20M\n"
    "  loglog forecast at --fit fit.json --flops 1e23 --json\n",
    options,
    sizeof options / sizeof *options,
    run,
};
