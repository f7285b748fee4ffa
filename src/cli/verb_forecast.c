#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "sweep/seal.h"

typedef struct forecast_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], run[LL_OPTION_NAME], judged_by[LL_OPTION_TEXT];
    double params, tokens;
    int64_t seed;
    bool json;
} forecast_args;

#define AT(f) offsetof(forecast_args, f)
#define STORE \
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" }
#define JSON \
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" }
static const ll_option seal_options[] = {
    STORE,
    { "ladder", LL_OPT_TEXT, AT(ladder), "", "whose fitted runs the forecast stands on; the newest without it" },
    { "params", LL_OPT_REAL, AT(params), "0", "non-embedding parameters of the run to come", .max = 1e18 },
    { "tokens", LL_OPT_REAL, AT(tokens), "0", "its training tokens", .max = 1e20 },
    { "run", LL_OPT_NAME, AT(run), "", "its name; none: made from params and tokens" },
    { "judged_by", LL_OPT_TEXT, AT(judged_by), "", "when and by what it will be judged" },
    { "seed", LL_OPT_INT, AT(seed), "1", "of the resampling", .min = 0 },
    JSON,
};
static const ll_option ledger_options[] = { STORE, JSON };
#undef AT
#undef STORE
#undef JSON

static int parse(const ll_verb *verb, forecast_args *a, int argc, char **argv) {
    ll_words words;
    int code = ll_cli_parse(verb, a, &words, argc, argv);
    if (code >= 0) return code;
    return words.n ? ll_cli_usage("%s: unexpected word '%.80s'", verb->name, words.at[0]) : -1;
}

/* ---- seal ---- */

static ll_status seal(const forecast_args *a, ll_forecast *out, ll_error *err) {
    ll_store *s;
    ll_ladder ladder;
    char run[64];
    LL_TRY(ll_store_open(&s, a->store, LL_STORE_WRITE, err));
    ll_status status = ll_store_get_ladder(s, a->ladder, &ladder, err);
    if (status == LL_OK) {
        if (*a->run) snprintf(run, sizeof run, "%s/%s", ladder.id, a->run);
        else snprintf(run, sizeof run, "%s/n%.4g-d%.4g", ladder.id, a->params, a->tokens);
        ll_seal_target target = { ladder.id, run, a->params, a->tokens, a->judged_by, (uint64_t)a->seed };
        status = ll_seal_forecast(s, &target, out, err);
        ll_ladder_clear(&ladder);
    }
    ll_store_close(s);
    return status;
}

static int run_seal(const ll_verb *verb, int argc, char **argv) {
    forecast_args a;
    ll_forecast f;
    ll_error err = { 0 };
    int code = parse(verb, &a, argc, argv);
    if (code >= 0) return code;
    if (!(a.params > 0 && a.tokens > 0))
        return ll_cli_usage("forecast seal: expected --params and --tokens above 0");
    if (seal(&a, &f, &err) != LL_OK) return ll_cli_fail(&err);
    if (a.json) return ll_cli_json(ll_forecast_json(&f));
    printf("%s\nsealed %s: %s\n", f.run, f.sealed, f.question);
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++)
        printf("  %5.1f %%  %.4f\n", 100 * ll_forecast_levels[i], f.quantile[i]);
    printf("from %lld runs, at %.3g times their largest compute\n", (long long)f.n_fitted, f.reach);
    return LL_EXIT_DONE;
}

/* ---- score and list ---- */

static ll_json *seal_json(const ll_seal *s) {
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "seq", s->seq);
    ll_json_set_str(o, "hash", s->hash);
    ll_json_set(o, "forecast", ll_forecast_json(&s->forecast));
    if (s->scored) ll_json_set(o, "score", ll_score_json(&s->forecast, &s->score));
    return o;
}

static void print_seal(const ll_seal *s) {
    const ll_forecast *f = &s->forecast;
    printf("%4lld %.10s  %-36s %.4f [%.4f, %.4f] at %.3gx", (long long)s->seq, s->hash, f->run, f->quantile[5],
           f->quantile[2], f->quantile[8], f->reach);
    if (s->scored)
        printf("  came %.4f, %s; interval score %.4f, log score %.2f\n", s->score.outcome,
               s->score.covered90 ? "covered" : "NOT covered", s->score.interval_score, s->score.log_score);
    else printf("  open\n");
}

static int show(bool json, const ll_seal *list, int64_t n) {
    int64_t judged = 0, covered = 0;
    ll_json *doc = ll_json_object(), *array = ll_json_array();
    for (int64_t i = 0; i < n; i++) {
        judged += list[i].scored;
        covered += list[i].scored && list[i].score.covered90;
        if (json) ll_json_push(array, seal_json(&list[i]));
        else print_seal(&list[i]);
    }
    ll_json_set_str(doc, "schema", "loglog.forecasts/1");
    ll_json_set(doc, "forecasts", array);
    ll_json_set_int(doc, "judged", judged);
    ll_json_set_int(doc, "covered90", covered);
    if (json) return ll_cli_json(doc);
    ll_json_free(doc);
    printf("%lld sealed, %lld judged, %lld inside their 90 %% interval\n", (long long)n, (long long)judged,
           (long long)covered);
    return LL_EXIT_DONE;
}

/* The chain is checked whenever it is read: a ledger that was tampered with has nothing to say. */
static ll_status read_ledger(const char *path, bool score, ll_seal **list, int64_t *n, ll_error *err) {
    ll_store *s;
    int64_t bad, scored;
    LL_TRY(ll_store_open(&s, path, score ? LL_STORE_WRITE : LL_STORE_READ, err));
    ll_status status = ll_store_check_ledger(s, &bad, err);
    if (status == LL_OK && score) status = ll_seal_scores(s, &scored, err);
    if (status == LL_OK) status = ll_seal_list(s, list, n, err);
    ll_store_close(s);
    return status;
}

static int run_ledger(const ll_verb *verb, int argc, char **argv) {
    forecast_args a;
    ll_error err = { 0 };
    ll_seal *list;
    int64_t n;
    int code = parse(verb, &a, argc, argv);
    if (code >= 0) return code;
    bool score =
        strcmp(verb->name, "forecast score") == 0 && access(a.store, F_OK) == 0; /* else there is nothing */
    if (read_ledger(a.store, score, &list, &n, &err) != LL_OK) return ll_cli_fail(&err);
    code = show(a.json, list, n);
    free(list);
    return code;
}

const ll_verb ll_verb_forecast_seal = {
    "forecast seal",
    "forecast a run that is still to come, and seal it",
    "usage: loglog forecast seal --params 1M --tokens 20M [--ladder ID] [--judged-by TEXT]\n\n"
    "The forecast is a distribution of the run's final loss, from the ladder's fitted runs. It is appended to the\n"
    "store's ledger, whose entries chain by their hashes and are never changed. 'run' seals the ladder's last "
    "rung\n"
    "by itself.\n\n"
    "example: loglog forecast seal --store loglog-demo/loglog.db --params 2M --tokens 60M\n",
    seal_options,
    sizeof seal_options / sizeof *seal_options,
    run_seal,
    NULL,
    NULL,
};

const ll_verb ll_verb_forecast_score = {
    "forecast score",
    "score the sealed forecasts whose runs are done",
    "usage: loglog forecast score [--store FILE] [--json]\n\nexample: loglog forecast score --store "
    "loglog-demo/loglog.db\n",
    ledger_options,
    sizeof ledger_options / sizeof *ledger_options,
    run_ledger,
    NULL,
    NULL,
};

const ll_verb ll_verb_forecast_list = {
    "forecast list",
    "list the sealed forecasts and what came of them",
    "usage: loglog forecast list [--store FILE] [--json]\n\nexample: loglog forecast list --store "
    "loglog-demo/loglog.db\n",
    ledger_options,
    sizeof ledger_options / sizeof *ledger_options,
    run_ledger,
    NULL,
    NULL,
};
