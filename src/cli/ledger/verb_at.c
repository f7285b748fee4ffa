#include <stddef.h>
#include <stdio.h>
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
    double params, tokens, flops, unique_tokens;
    bool json;
} at_args;

#define AT(f) offsetof(at_args, f)
static const ll_option options[] = {
    { "params", LL_OPT_REAL, AT(params), "0", "parameters of the run, counted as the fitted runs are",
      .max = 1e18 },
    { "tokens", LL_OPT_REAL, AT(tokens), "0", "its training tokens", .max = 1e20 },
    { "flops", LL_OPT_REAL, AT(flops), "0", "instead of both: the run of so many FLOPs that the law calls best",
      .max = 1e45 },
    { "unique_tokens", LL_OPT_REAL, AT(unique_tokens), "0", "distinct tokens, for a law that reads them; 0: all",
      .max = 1e20 },
    LL_INPUT_LAW(at_args),
    LL_INPUT_PRIOR(at_args),
    LL_INPUT_VIA(at_args),
    LL_INPUT_SAVED(at_args),
    LL_INPUT_RUNS(at_args),
    LL_INPUT_FIT(at_args),
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

static ll_status look(at_args *a, ll_study *s, ll_outlook *o, ll_error *err) {
    if (a->flops > 0) LL_TRY(ll_plan_best_run(s, a->flops, &a->params, &a->tokens, err));
    return ll_study_outlook(s, a->params, a->tokens, a->unique_tokens, o, err);
}

static void show_faults(const ll_study *s) {
    for (int f = 0; f < LL_FAULT_COUNT; f++) {
        char words[LL_TRIAGE_WORDS];
        if (*ll_study_fault_words(s, (ll_fault)f, words)) ll_say("  left out: %s\n", words);
    }
}

static int answer(const at_args *a, const ll_study *s, const ll_outlook *o) {
    char borrowed[256];
    if (a->json) return ll_cli_json(ll_outlook_document(o, s));
    ll_show_ground(s);
    ll_say("%s: %s   (N %s)\n", s->law->name, s->law->form, ll_json_get_str(s->convention, "params"));
    ll_show_outlook(o, s->loss_unit);
    ll_say("  %s\n", ll_borrowed_words(&s->borrowed, borrowed, sizeof borrowed));
    show_faults(s);
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++)
        ll_say("  %5.1f %%  %.6g\n", 100 * ll_forecast_levels[q], o->forecast.quantile[q]);
    return LL_EXIT_DONE;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    at_args a = { 0 };
    ll_words words;
    ll_study s;
    ll_outlook o;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("forecast at: one table at a time, here are %d words", words.n);
    if (a.flops > 0 ? a.params > 0 || a.tokens > 0 : !(a.params > 0 && a.tokens > 0))
        return ll_cli_usage("forecast at: expected --params and --tokens above 0, or --flops alone");
    if (strcmp(a.input.law, LL_TWO_STEP) == 0)
        return ll_at_two_step(&a.input, words.n ? words.at[0] : NULL, a.params, a.tokens, a.json);
    if (ll_input_study(&a.input, words.n ? words.at[0] : NULL, &s, &err) != LL_OK) return ll_cli_fail(&err);
    code = look(&a, &s, &o, &err) == LL_OK ? answer(&a, &s, &o) : ll_cli_fail(&err);
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
    "scatter. Copies of a run and rows with which something went wrong are left out, and named. 'plan', 'report'\n"
    "and 'forecast seal' give the same number for the same run.\n\n"
    "  loglog forecast at runs.csv --params 7B --tokens 1T\n"
    "  loglog forecast at runs.csv --law two_step --y arithmetic.exact --params 1M --tokens 20M\n"
    "  loglog forecast at --fit fit.json --flops 1e23 --json\n",
    options,
    sizeof options / sizeof *options,
    run,
};
