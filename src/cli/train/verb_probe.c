#include <stdio.h>
#include <string.h>

#include "base/system/file.h"
#include "base/words/nearest.h"
#include "base/words/number.h"
#include "cli/cli.h"
#include "cli/show/show_run.h"
#include "cli/store_named.h"
#include "loglog/units.h"
#include "sweep/asking/ask_runs.h"

typedef struct probe_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], where[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    int64_t windows, threads;
    bool again, json;
} probe_args;

enum { MOST_PROBES = 16 }; /* in one command */

#define AT(field) offsetof(probe_args, field)
static const ll_option options[] = {
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" },
    { "ladder", LL_OPT_TEXT, AT(ladder), "", "the ladder, by id or name; the newest where nothing is said" },
    { "runs", LL_OPT_TEXT, AT(where), "", "only runs for which this holds, such as 'params > 1e5'" },
    { "windows", LL_OPT_INT, AT(windows), "256", "windows of the validation text to read", .min = 2, .max = 1e6 },
    { "threads", LL_OPT_INT, AT(threads), "0", "threads; 0: all cores", .max = 1024 },
    { "out", LL_OPT_TEXT, AT(out), "", "CSV file, a row for each metric, which 'fit' takes" },
    { "again", LL_OPT_BOOL, AT(again), "false", "measure anew what the store holds already" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* ---- answering ---- */

static ll_json *metrics_json(const ll_asked_run *r) {
    ll_json *o = ll_json_object();
    for (int64_t k = 0; k < r->n; k++) {
        char name[LL_SCORE_NAME];
        snprintf(name, sizeof name, "%s.%s", r->scores[k].probe, r->scores[k].metric);
        ll_json *e = ll_json_object();
        ll_json_set_num(e, "value", r->scores[k].value);
        ll_json_set_num(e, "se", r->scores[k].se);
        ll_json_set_int(e, "n", r->scores[k].items);
        ll_json_set_num(e, "chance", r->scores[k].chance);
        ll_json_set(o, name, e);
    }
    return o;
}

static int answer_json(const ll_asked_runs *asked) {
    ll_json *doc = ll_json_object(), *runs = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.probe/1");
    ll_json_set_int(doc, "measured", asked->measured);
    for (int64_t i = 0; i < asked->n; i++) {
        const ll_asked_run *r = &asked->of[i];
        ll_json *o = ll_json_object();
        ll_json_set_str(o, "run", r->run.id);
        ll_json_set_num(o, "params", r->run.params);
        ll_json_set_num(o, "tokens", r->run.tokens);
        ll_json_set(o, "metrics", metrics_json(r));
        ll_json_push(runs, o);
    }
    ll_json_set(doc, "runs", runs);
    return ll_cli_json(doc);
}

static int answer_text(const ll_asked_runs *asked) {
    char n[32], d[32];
    for (int64_t i = 0; i < asked->n; i++) {
        const ll_asked_run *r = &asked->of[i];
        ll_say("%s", r->run.name);
        ll_say(": %s parameters, %s tokens\n%16s %10s %10s\n", ll_units_show(r->run.params, n, sizeof n),
               ll_units_show(r->run.tokens, d, sizeof d), "", "value", "se");
        for (int64_t k = 0; k < r->n; k++) {
            char name[LL_SCORE_NAME];
            snprintf(name, sizeof name, "%s.%s", r->scores[k].probe, r->scores[k].metric);
            ll_say("%16s", name);
            ll_show_fixed(r->scores[k].value, 10, 5);
            ll_show_fixed(r->scores[k].se, 10, 5);
            ll_say("\n");
        }
    }
    return LL_EXIT_DONE;
}

/* A row for each metric: of position, a table in which the position is a column. */
static ll_status write_csv(const ll_asked_runs *asked, const probe_args *a, const ll_probe_kind *probe,
                           ll_error *err) {
    ll_file f;
    LL_TRY(ll_file_create(&f, a->out, err));
    ll_asked_runs_print(f.out, asked, probe);
    return ll_file_commit(&f, err);
}

/* ---- the verb ---- */

static const ll_probe_kind *probe_named(const char *name, ll_error *err) {
    const ll_probe_kind *found = ll_probe_find(name);
    ll_nearest near = { .word = name };
    char hint[LL_NEAREST_HINT];
    for (const ll_probe_kind *const *p = ll_probes; *p; p++) ll_nearest_try(&near, (*p)->name);
    if (!found)
        LL_FAIL(err, LL_EINPUT, "probe run: no probe '%.40s'%s; 'loglog probe list' lists them", name,
                ll_nearest_hint(&near, hint));
    return found;
}

static ll_status probes_named(const probe_args *a, const ll_words *words, const ll_probe_kind *probes[MOST_PROBES],
                              ll_error *err) {
    for (int k = 0; k < words->n; k++)
        if (!(probes[k] = probe_named(words->at[k], err))) return LL_EINPUT;
    if (*a->out && words->n > 1)
        return LL_FAIL(err, LL_EINPUT,
                       "--out is the table of one probe, here are %d; 'runs export' has every score", words->n);
    return ll_cli_check_store(a->store, err);
}

static void say_progress(void *ctx, const char *probe, const char *run, int64_t i, int64_t n) {
    (void)ctx;
    ll_say_to(stderr, "\r\033[2K%s: run %lld of %lld, %s", probe, (long long)i + 1, (long long)n, run);
}

static int run_probe(const ll_verb *verb, int argc, char **argv) {
    probe_args a;
    ll_words words;
    ll_error err = { 0 };
    const ll_probe_kind *probes[MOST_PROBES];
    ll_asked_runs asked = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n < 1 || words.n > MOST_PROBES)
        return ll_cli_usage("probe run: expected the names of probes, here are %d words", words.n);
    const bool live = !a.json && ll_say_width(stderr) > 0;
    const ll_ask_opts opts = { .store = a.store,
                               .ladder = a.ladder,
                               .where = a.where,
                               .probe = { .windows = a.windows, .threads = (int)a.threads },
                               .again = a.again,
                               .progress = live ? say_progress : NULL };
    ll_status status = probes_named(&a, &words, probes, &err);
    if (status == LL_OK) status = ll_ask_runs(&asked, &opts, probes, words.n, &err);
    if (live) ll_say_to(stderr, "\r\033[2K");
    if (status == LL_OK && *a.out) status = write_csv(&asked, &a, probes[0], &err);
    code = status != LL_OK ? ll_cli_fail(&err) : a.json ? answer_json(&asked) : answer_text(&asked);
    ll_asked_runs_clear(&asked);
    return code;
}

static int run_list(const ll_verb *verb, int argc, char **argv) {
    char none;
    ll_words words;
    int code = ll_cli_parse(verb, &none, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("probe list: unexpected word '%.80s'", words.at[0]);
    for (const ll_probe_kind *const *p = ll_probes; *p; p++)
        ll_say("%-12s %s, in %s\n", (*p)->name, (*p)->question, (*p)->unit);
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_probe_list = {
    "probe list",
    "list what a trained model can be asked",
    "usage: loglog probe list\n\nexample: loglog probe list\n",
    NULL,
    0,
    run_list,
};

const ll_verb ll_verb_probe_run = {
    "probe run",
    "ask the trained models of a ladder something beyond their loss",
    "usage: loglog probe run PROBE... [--store FILE] [--ladder ID] [--runs WHERE] [--out FILE.csv]\n\n"
    "Scores are kept in the store: what is there already is not measured again, 'runs export' carries them, and\n"
    "'fit --y PROBE.METRIC' fits them.\n\n"
    "position is the loss after so many tokens of context, over windows of the validation text, with the standard\n"
    "error over the windows; 4 stands for positions 3 and 4, 8 for 5 to 8, and so on. --out writes a table in "
    "which\n"
    "the position is a column: a law of it is fitted as any other.\n\n"
    "  loglog probe run position --store loglog-demo/loglog.db --out position.csv\n"
    "  loglog fit position.csv --law power_floor --x position --where 'params > 1e5'\n"
    "  loglog fit --store loglog-demo/loglog.db --y position.64 --law power --x params\n",
    options,
    sizeof options / sizeof *options,
    run_probe,
};
