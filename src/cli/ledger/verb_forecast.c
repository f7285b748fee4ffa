#include <stdio.h>
#include <string.h>

#include "base/words/text.h"
#include "cli/ability/ability_verbs.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/ledger/ledger.h"
#include "cli/ledger/seal_said.h"
#include "cli/print.h"
#include "forecast/ledger/said_by_law.h"
#include "forecast/ledger/seal_repeats.h"

typedef struct seal_args {
    ll_ledger_args ledger;
    ll_input input;    /* its store is the ledger's */
    ll_said_args said; /* what others say */
    double params, tokens;
    bool replicate;
} seal_args;

#define AT(f) offsetof(seal_args, f)
static const ll_option options[] = {
    LL_LEDGER_STORE(seal_args),
    LL_LEDGER_FILE(seal_args),
    { "params", LL_OPT_REAL, AT(params), "0", "parameters of the run to come, counted as the fitted runs are",
      .max = 1e18 },
    { "tokens", LL_OPT_REAL, AT(tokens), "0", "its training tokens", .max = 1e20 },
    { "replicate", LL_OPT_BOOL, AT(replicate), "false",
      "a run of the same size is done, and this is another: sealed as such, and no score of it counts" },
    { "run", LL_OPT_TEXT, AT(said.run), "", "its name; none: made from params and tokens" },
    { "question", LL_OPT_TEXT, AT(said.question), "", "in words; none: made from what is known of the run" },
    { "author", LL_OPT_TEXT, AT(said.author), "", "who forecasts" },
    { "judged_by", LL_OPT_TEXT, AT(said.judged_by), "", "when and by what it will be judged" },
    { "key", LL_OPT_TEXT, AT(said.key), "", "file of a secret key of 'gate keygen', to sign the entry with" },
    { "quantiles", LL_OPT_TEXT, AT(said.quantiles), "",
      "of others, who answer --question or speak of --run: q0.05=1.8,q0.5=1.9,q0.95=2.0" },
    { "scale", LL_OPT_NAME, AT(said.scale), "log",
      "that such quantiles are scored on: log ratios, linear differences", "log linear" },
    { "statement", LL_OPT_TEXT, AT(said.statement), "", "what will be true or false, with --probability" },
    { "probability", LL_OPT_REAL, AT(said.probability), "0", "that the statement is true", .max = 1 },
    LL_INPUT_LAW(seal_args),
    LL_INPUT_PRIOR(seal_args),
    LL_INPUT_VIA(seal_args),
    LL_INPUT_SAVED(seal_args),
    LL_INPUT_LADDER(seal_args),
    LL_INPUT_TABLE(seal_args),
    LL_INPUT_FIT(seal_args),
    LL_LEDGER_JSON(seal_args),
};
#undef AT

/* The run's id: its ladder's, or what else the forecast stands on, then its name. */
static ll_status name_run(char id[LL_RUN_ID], const seal_args *a, const ll_study *s, ll_error *err) {
    const char *whose = s->of_fit ? "fit" : s->of_store ? s->observed.ladder : "table";
    const int size = *a->said.run ? snprintf(id, LL_RUN_ID, "%s/%s", whose, a->said.run)
                                  : snprintf(id, LL_RUN_ID, "%s/n%.4g-d%.4g", whose, a->params, a->tokens);
    return size < LL_RUN_ID ? LL_OK
                            : LL_FAIL(err, LL_EINPUT, "--run is '%.80s', expected at most %d bytes", a->said.run,
                                      LL_RUN_ID - 1 - (size - (int)strlen(a->said.run)));
}

static ll_status seal_in(ll_store *s, const seal_args *a, ll_seal_target *t, ll_forecast *out, ll_sealing *how,
                         ll_error *err) {
    char id[LL_RUN_ID];
    LL_TRY(name_run(id, a, t->study, err));
    t->run = id;
    LL_TRY(ll_seal_forecast(s, t, out, how, err));
    if (*how == LL_SEALING_OTHER)
        return LL_FAIL(
            err, LL_ESTATE,
            "another forecast of %s stands, sealed %s with median %.6g; a sealed forecast is never replaced",
            out->run, out->sealed, out->quantile[LL_FORECAST_MEDIAN]);
    return ll_ledger_follow(s, &a->ledger, err);
}

/* The first forecast makes the ledger's store; runs that cannot be read make none. */
static ll_status seal_with(seal_args *a, const char *path, const ll_sign_key *key, ll_forecast *out,
                           ll_sealing *how, ll_error *err) {
    ll_store *s;
    ll_study study;
    ll_seal_target target = { .study = &study,
                              .params = a->params,
                              .tokens = a->tokens,
                              .judged_by = a->said.judged_by,
                              .question = a->said.question,
                              .author = a->said.author,
                              .replicate = a->replicate,
                              .key = key };
    const char *store = a->ledger.store;
    memcpy(a->input.store, store, sizeof a->input.store);
    LL_TRY(ll_input_forecaster(&a->input, path, &study, err));
    ll_status status = ll_store_open(&s, store, LL_STORE_WRITE, err);
    if (status == LL_OK) status = seal_in(s, a, &target, out, how, err);
    ll_store_close(s);
    ll_study_clear(&study);
    return status;
}

static ll_status seal(seal_args *a, const char *path, ll_forecast *out, ll_sealing *how, ll_error *err) {
    ll_sign_key key;
    const ll_sign_key *given;
    LL_TRY(ll_ledger_key(&key, a->said.key, &given, err));
    ll_status status = seal_with(a, path, given, out, how, err);
    ll_sign_key_clear(&key);
    return status;
}

/* ---- a score ---- */

static ll_status forecast_score(seal_args *a, const char *path, ll_said *said, ll_error *err) {
    ll_score_study s;
    ll_two_step f;
    char id[LL_RUN_ID];
    memcpy(a->input.store, a->ledger.store, sizeof a->input.store);
    LL_TRY(ll_two_step_fit(&a->input, path, &s, &f, err));
    ll_status status = name_run(id, a, &s.study, err);
    if (status == LL_OK) status = ll_seal_check_repeat(NULL, &s.study, a->params, a->tokens, a->replicate, err);
    if (status == LL_OK) status = ll_said_by_law(said, &s, &f, id, a->params, a->tokens, err);
    said->ground.replicate = a->replicate;
    ll_two_step_clear(&f);
    ll_score_study_clear(&s);
    return status;
}

static int seal_score(seal_args *a, const char *path) {
    ll_said said;
    ll_error err = { 0 };
    if (*a->input.fit || *a->said.question)
        return ll_cli_usage("forecast seal: law " LL_TWO_STEP
                            " is fitted to runs and asks for their score: leave out "
                            "--fit and --question");
    return forecast_score(a, path, &said, &err) == LL_OK ? ll_seal_by_law(&said, &a->said, &a->ledger)
                                                         : ll_cli_fail(&err);
}

/* ---- the verb ---- */

static int show(const seal_args *a, const ll_forecast *f, ll_sealing how) {
    if (how == LL_SEALING_SAME) ll_say_to(stderr, "already sealed, at %s: nothing was added\n", f->sealed);
    if (a->ledger.json) return ll_cli_json(ll_forecast_json(f));
    ll_say("%s\nsealed %s: %s\n", f->run, f->sealed, f->question);
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++)
        ll_say("  %5.1f %%  %.4f\n", 100 * ll_forecast_levels[i], f->quantile[i]);
    ll_say("from %lld runs, at %.3g times their largest compute\n", (long long)f->n_fitted, f->reach);
    char store[4 * LL_OPTION_TEXT], name[4 * LL_OPTION_TEXT];
    ll_say("once its loss is known: loglog forecast score --store %s --run %s --outcome LOSS\n",
           ll_text_quoted(a->ledger.store, store, sizeof store), ll_text_quoted(f->run, name, sizeof name));
    return LL_EXIT_DONE;
}

static int run_seal(const ll_verb *verb, int argc, char **argv) {
    seal_args a = { 0 };
    ll_words words;
    ll_forecast f;
    ll_sealing how;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("forecast seal: one table at a time, here are %d words", words.n);
    if (ll_is_said(&a.said)) {
        if (a.params > 0 || a.tokens > 0 || a.replicate || *a.input.fit || *a.input.ladder || words.n)
            return ll_cli_usage("forecast seal: --quantiles and --statement are of others: leave out --params, "
                                "--tokens, --replicate, --fit, --ladder and a table");
        return ll_seal_said(&a.said, &a.ledger);
    }
    if (!(a.params > 0 && a.tokens > 0))
        return ll_cli_usage(
            "forecast seal: expected --params and --tokens above 0, or --quantiles, or --statement");
    if (strcmp(a.input.law, LL_TWO_STEP) == 0) return seal_score(&a, words.n ? words.at[0] : NULL);
    return seal(&a, words.n ? words.at[0] : NULL, &f, &how, &err) == LL_OK ? show(&a, &f, how) : ll_cli_fail(&err);
}

const ll_verb ll_verb_forecast_seal = {
    "forecast seal",
    "forecast a run that is still to come, and seal it",
    "usage: loglog forecast seal [RUNS.csv | --fit FIT.json | --ladder ID] --params 1M --tokens 20M [--replicate]\n"
    "       loglog forecast seal [RUNS.csv] --law two_step --y SCORE [--via loss|LOGPROB] --params 1M --tokens "
    "20M\n"
    "       loglog forecast seal --quantiles q0.05=1.8,q0.5=1.9,q0.95=2.0 --question TEXT [--author NAME]\n"
    "       loglog forecast seal --statement TEXT --probability 0.7 [--author NAME]\n\n"
    "The forecast is a distribution of the run's final loss, from a table, a saved fit, or the "
    "store's\n"
    "ladder. It is appended to the store's ledger, whose entries chain by their hashes and are never changed, and "
    "with\n"
    "--ledger to a file that can be published. 'run' seals the ladder's last rung by itself. The same forecast "
    "sealed\n"
    "twice is one entry; another of the same run is refused, for the first stands.\n"
    "So is one of a size that a run of the data has already, unless --replicate says that another run of it "
    "comes:\n"
    "its score is shown, and neither 'forecast learn' nor the scorecard counts it.\n"
    "With --law two_step it is a distribution of a run's score --y, on that score's own scale: a forecast of its "
    "own,\n"
    "beside that of the loss.\n"
    "What others say is sealed into the same ledger and scored by the same rules: quantiles of a quantity, or a\n"
    "statement that will be true or false with its probability. An author answers a question once.\n\n"
    "example: loglog forecast seal --store loglog-demo/loglog.db --params 2M --tokens 60M --ledger ledger.jsonl\n"
    "         loglog forecast seal runs.csv --law two_step --y arithmetic.exact --params 1M --tokens 20M\n"
    "         loglog forecast seal --statement 'it will be released in 2027' --probability 0.7 --author ada\n",
    options,
    sizeof options / sizeof *options,
    run_seal,
    NULL,
    NULL,
};
