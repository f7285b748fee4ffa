#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/input.h"
#include "cli/ledger.h"

typedef struct seal_args {
    ll_ledger_args ledger;
    ll_input input; /* its store is the ledger's */
    char run[LL_OPTION_NAME], judged_by[LL_OPTION_TEXT];
    double params, tokens;
} seal_args;

#define AT(f) offsetof(seal_args, f)
static const ll_option options[] = {
    LL_LEDGER_STORE(seal_args),
    LL_LEDGER_FILE(seal_args),
    { "params", LL_OPT_REAL, AT(params), "0", "parameters of the run to come, counted as the fitted runs are",
      .max = 1e18 },
    { "tokens", LL_OPT_REAL, AT(tokens), "0", "its training tokens", .max = 1e20 },
    { "run", LL_OPT_NAME, AT(run), "", "its name; none: made from params and tokens" },
    { "judged_by", LL_OPT_TEXT, AT(judged_by), "", "when and by what it will be judged" },
    LL_INPUT_LAW(seal_args),
    LL_INPUT_SAVED(seal_args),
    LL_INPUT_LADDER(seal_args),
    LL_INPUT_TABLE(seal_args),
    LL_INPUT_FIT(seal_args),
    LL_LEDGER_JSON(seal_args),
};
#undef AT

/* The run's id: its ladder's, or what else the forecast stands on, then its name. */
static void name_run(char id[64], const seal_args *a, const ll_study *s) {
    const char *whose = s->of_fit ? "fit" : s->of_store ? s->observed.ladder : "table";
    if (*a->run) snprintf(id, 64, "%.30s/%s", whose, a->run);
    else snprintf(id, 64, "%.30s/n%.4g-d%.4g", whose, a->params, a->tokens);
}

static ll_status seal_in(ll_store *s, const seal_args *a, ll_study *study, ll_forecast *out, ll_error *err) {
    char id[64];
    name_run(id, a, study);
    const ll_seal_target target = {
        .study = study, .run = id, .params = a->params, .tokens = a->tokens, .judged_by = a->judged_by
    };
    LL_TRY(ll_seal_forecast(s, &target, out, err));
    return ll_ledger_follow(s, &a->ledger, err);
}

/* The first forecast makes the ledger's store; runs that cannot be read make none. */
static ll_status seal(seal_args *a, const char *path, ll_forecast *out, ll_error *err) {
    ll_store *s;
    ll_study study;
    memcpy(a->input.store, a->ledger.store, sizeof a->input.store);
    LL_TRY(ll_input_study(&a->input, path, &study, err));
    ll_status status = ll_store_open(&s, a->ledger.store, LL_STORE_WRITE, err);
    if (status == LL_OK) status = seal_in(s, a, &study, out, err);
    ll_store_close(s);
    ll_study_clear(&study);
    return status;
}

static int run_seal(const ll_verb *verb, int argc, char **argv) {
    seal_args a = { 0 };
    ll_words words;
    ll_forecast f;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("forecast seal: one table at a time, here are %d words", words.n);
    if (!(a.params > 0 && a.tokens > 0))
        return ll_cli_usage("forecast seal: expected --params and --tokens above 0");
    if (seal(&a, words.n ? words.at[0] : NULL, &f, &err) != LL_OK) return ll_cli_fail(&err);
    if (a.ledger.json) return ll_cli_json(ll_forecast_json(&f));
    printf("%s\nsealed %s: %s\n", f.run, f.sealed, f.question);
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++)
        printf("  %5.1f %%  %.4f\n", 100 * ll_forecast_levels[i], f.quantile[i]);
    printf("from %lld runs, at %.3g times their largest compute\n", (long long)f.n_fitted, f.reach);
    printf("once its loss is known: loglog forecast score --store %s --run %s --outcome LOSS\n", a.ledger.store,
           f.run);
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_forecast_seal = {
    "forecast seal",
    "forecast a run that is still to come, and seal it",
    "usage: loglog forecast seal [RUNS.csv | --fit FIT.json | --ladder ID] --params 1M --tokens 20M [--judged-by TEXT]\n\n"
    "The forecast is a distribution of the run's final loss, from a table, a saved fit, or the finished runs of the\n"
    "store's ladder. It is appended to the store's ledger, whose entries chain by their hashes and are never changed, and "
    "with\n"
    "--ledger to a file that can be published. 'run' seals the ladder's last rung by itself.\n\n"
    "example: loglog forecast seal --store loglog-demo/loglog.db --params 2M --tokens 60M --ledger ledger.jsonl\n",
    options,
    sizeof options / sizeof *options,
    run_seal,
    NULL,
    NULL,
};
