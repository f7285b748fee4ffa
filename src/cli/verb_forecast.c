#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/ledger.h"
#include "cli/store_named.h"

typedef struct seal_args {
    ll_ledger_args ledger;
    char ladder[LL_OPTION_TEXT], fit[LL_OPTION_TEXT], run[LL_OPTION_NAME], judged_by[LL_OPTION_TEXT];
    double params, tokens;
    int64_t seed;
} seal_args;

#define AT(f) offsetof(seal_args, f)
static const ll_option options[] = {
    LL_LEDGER_STORE(seal_args),
    LL_LEDGER_FILE(seal_args),
    { "ladder", LL_OPT_TEXT, AT(ladder), "", "whose fitted runs the forecast stands on; the newest without it" },
    { "fit", LL_OPT_TEXT, AT(fit), "", "a saved fit, of 'loglog fit --save', to stand on instead of a ladder" },
    { "params", LL_OPT_REAL, AT(params), "0", "parameters of the run to come, counted as the fitted runs are",
      .max = 1e18 },
    { "tokens", LL_OPT_REAL, AT(tokens), "0", "its training tokens", .max = 1e20 },
    { "run", LL_OPT_NAME, AT(run), "", "its name; none: made from params and tokens" },
    { "judged_by", LL_OPT_TEXT, AT(judged_by), "", "when and by what it will be judged" },
    { "seed", LL_OPT_INT, AT(seed), "1", "of the resampling", .min = 0 },
    LL_LEDGER_JSON(seal_args),
};
#undef AT

/* The run's id: its ladder's, or "fit", then its name. */
static void name_run(char id[64], const seal_args *a, const char *whose) {
    if (*a->run) snprintf(id, 64, "%.30s/%s", whose, a->run);
    else snprintf(id, 64, "%.30s/n%.4g-d%.4g", whose, a->params, a->tokens);
}

static ll_status seal_from_ladder(ll_store *s, const seal_args *a, ll_seal_target *t, ll_forecast *out,
                                  ll_error *err) {
    ll_ladder ladder;
    char id[64];
    LL_TRY(ll_store_get_ladder(s, a->ladder, &ladder, err));
    name_run(id, a, ladder.id);
    t->ladder = ladder.id;
    t->run = id;
    ll_status status = ll_seal_forecast(s, t, out, err);
    ll_ladder_clear(&ladder);
    return status;
}

static ll_status seal_from_fit(ll_store *s, const seal_args *a, ll_seal_target *t, ll_forecast *out,
                               ll_error *err) {
    char id[64];
    name_run(id, a, "fit");
    t->run = id;
    return ll_seal_forecast(s, t, out, err);
}

static ll_status seal_in(ll_store *s, const seal_args *a, ll_seal_target *t, ll_forecast *out, ll_error *err) {
    LL_TRY(t->fit ? seal_from_fit(s, a, t, out, err) : seal_from_ladder(s, a, t, out, err));
    return ll_ledger_follow(s, &a->ledger, err);
}

/* The first forecast from a saved fit makes the store; a fit that cannot be read makes none. */
static ll_status seal(const seal_args *a, ll_forecast *out, ll_error *err) {
    ll_store *s;
    ll_saved_fit fit = { 0 };
    ll_seal_target target = {
        .params = a->params, .tokens = a->tokens, .judged_by = a->judged_by, .seed = (uint64_t)a->seed
    };
    if (*a->fit) {
        LL_TRY(ll_saved_read(&fit, a->fit, err));
        target.fit = &fit;
    }
    ll_status status = *a->fit ? ll_store_open(&s, a->ledger.store, LL_STORE_WRITE, err)
                               : ll_cli_open_store(&s, a->ledger.store, LL_STORE_WRITE, err);
    if (status == LL_OK) status = seal_in(s, a, &target, out, err);
    ll_store_close(s);
    ll_saved_clear(&fit);
    return status;
}

static int run_seal(const ll_verb *verb, int argc, char **argv) {
    seal_args a;
    ll_forecast f;
    ll_error err = { 0 };
    int code = ll_cli_parse_bare(verb, &a, argc, argv);
    if (code >= 0) return code;
    if (!(a.params > 0 && a.tokens > 0))
        return ll_cli_usage("forecast seal: expected --params and --tokens above 0");
    if (*a.fit && *a.ladder) return ll_cli_usage("forecast seal: --fit and --ladder are two grounds: give one");
    if (seal(&a, &f, &err) != LL_OK) return ll_cli_fail(&err);
    if (a.ledger.json) return ll_cli_json(ll_forecast_json(&f));
    ll_say("%s\nsealed %s: %s\n", f.run, f.sealed, f.question);
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++)
        ll_say("  %5.1f %%  %.4f\n", 100 * ll_forecast_levels[i], f.quantile[i]);
    ll_say("from %lld runs, at %.3g times their largest compute\n", (long long)f.n_fitted, f.reach);
    char store[4 * LL_OPTION_TEXT], name[4 * LL_OPTION_TEXT];
    ll_say("once its loss is known: loglog forecast score --store %s --run %s --outcome LOSS\n",
           ll_text_quoted(a.ledger.store, store, sizeof store), ll_text_quoted(f.run, name, sizeof name));
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_forecast_seal = {
    "forecast seal",
    "forecast a run that is still to come, and seal it",
    "usage: loglog forecast seal --params 1M --tokens 20M [--ladder ID | --fit FILE.json] [--judged-by TEXT]\n\n"
    "The forecast is a distribution of the run's final loss, from the ladder's fitted runs or from those of a "
    "saved\n"
    "fit. It is appended to the store's ledger, whose entries chain by their hashes and are never changed, and "
    "with\n"
    "--ledger to a file that can be published. 'run' seals the ladder's last rung by itself.\n\n"
    "example: loglog forecast seal --store loglog-demo/loglog.db --params 2M --tokens 60M --ledger ledger.jsonl\n",
    options,
    sizeof options / sizeof *options,
    run_seal,
    NULL,
    NULL,
};
