#include <stddef.h>
#include <string.h>

#include "base/system/file.h"
#include "base/words/word.h"
#include "cli/cli.h"
#include "cli/ledger/ledger.h"
#include "cli/print.h"
#include "forecast/ledger/own_ladders.h"

typedef struct learn_args {
    ll_ledger_args ledger;
    char out[LL_OPTION_TEXT];
} learn_args;

#define AT(f) offsetof(learn_args, f)
static const ll_option options[] = {
    LL_LEDGER_STORE(learn_args),
    LL_LEDGER_READ(learn_args),
    { "out", LL_OPT_TEXT, AT(out), "", "the file to write; none: loglog.prior.json beside the store" },
    LL_LEDGER_JSON(learn_args),
};
#undef AT

/* The file to write into path [LL_PATH_MAX]. */
static ll_status choose_file(const learn_args *a, char *path, ll_error *err) {
    if (*a->out) return ll_word_copy(path, LL_PATH_MAX, a->out, strlen(a->out), "--out", err);
    if (!*a->ledger.ledger && ll_borrowed_beside(path, a->ledger.store)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT,
                   "forecast learn: name the file to write with --out: there is no folder of a store");
}

static int show(const learn_args *a, const ll_borrowed *b, const char *path) {
    char words[256];
    if (a->ledger.json) {
        ll_json *doc = ll_borrowed_json(b);
        ll_json_set_str(doc, "schema", "loglog.learned/1");
        ll_json_set_num(doc, "spread", b->prior.spread);
        ll_json_set_num(doc, "spread_parts", b->prior.spread_parts);
        ll_json_set_num(doc, "odd_share", b->prior.odd_share);
        ll_json_set_str(doc, "file", path);
        return ll_cli_json(doc);
    }
    ll_say(
        "%lld forecasts of %lld ladder%s: intervals %.3g times as wide as believed, worth %g rehearsals; %.2g of "
        "runs odd\n",
        (long long)b->forecasts, (long long)b->ladders, b->ladders == 1 ? "" : "s", b->prior.spread,
        b->prior.spread_parts, b->prior.odd_share);
    ll_say("%s\n", ll_borrowed_words(b, words, sizeof words));
    ll_say("written to %s; forecasts of that store use it, others with --prior %s\n", path, path);
    return LL_EXIT_DONE;
}

static ll_status learn(const learn_args *a, ll_borrowed *b, char *path, ll_error *err) {
    ll_ledger_view v;
    LL_TRY(choose_file(a, path, err));
    LL_TRY(ll_ledger_view_read(&v, &a->ledger, err));
    ll_status status = ll_learn_from_seals(b, v.seals, v.n_seals, err);
    if (status == LL_OK) status = ll_borrowed_save(b, ll_ledger_view_head(&v), path, err);
    ll_ledger_view_clear(&v);
    return status;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    learn_args a = { 0 };
    ll_borrowed b;
    char path[LL_PATH_MAX];
    ll_error err = { 0 };
    const int code = ll_cli_parse_bare(verb, &a, argc, argv);
    if (code >= 0) return code;
    return learn(&a, &b, path, &err) == LL_OK ? show(&a, &b, path) : ll_cli_fail(&err);
}

const ll_verb ll_verb_forecast_learn = {
    "forecast learn",
    "what forecasts borrow, corrected by one's own scored ones",
    "usage: loglog forecast learn [--store FILE | --ledger FILE] [--out FILE]\n\n"
    "Before a forecast sees a run it borrows numbers that were learned from public tables. The scored forecasts "
    "of\n"
    "a ledger say how much wider or narrower they have to be, and how many runs come out unlike the others: "
    "forecasts\n"
    "that stand on the same data count as one ladder. What is learned is judged on each ladder without it, goes "
    "into\n"
    "a small file beside the store, and is used and named by later forecasts of that store (--prior public: "
    "not).\n\n"
    "  loglog forecast learn\n"
    "  loglog forecast learn --ledger published.jsonl --out mine.json\n"
    "  loglog forecast at runs.csv --params 7B --tokens 1T --prior mine.json\n",
    options,
    sizeof options / sizeof *options,
    run,
};
