#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/system/file.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/show/show_run.h"
#include "cli/store_named.h"
#include "loglog/units.h"
#include "sweep/constitution/loop_asked.h"

/* ---- what the loop left ---- */

static ll_json *stage_json(const ll_loop_row *r, const ll_constitution *c) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "stage", r->stage);
    ll_json_set_int(o, "prompts", r->n);
    for (int w = 0; w < LL_LOOP_WHAT + c->n; w++) {
        if (isnan(r->value[w])) continue;
        ll_json *e = ll_json_group(w < LL_LOOP_WHAT ? o : ll_json_group(o, "principles"), ll_loop_what(c, w));
        ll_json_set_num(e, "value", r->value[w]);
        ll_json_set_num(e, "se", r->se[w]);
    }
    if (isnan(r->cost.value)) return o;
    ll_json *cost = ll_json_group(o, "cost");
    ll_json_set_num(cost, "value", r->cost.value);
    ll_json_set(cost, "ci", ll_json_interval(!isnan(r->cost.lo), r->cost.lo, r->cost.hi));
    return o;
}

static int answer_json(const ll_constitution *c, const ll_loop_table *t) {
    ll_json *doc = ll_json_object(), *runs = ll_json_array(), *house = ll_json_group(doc, "constitution");
    ll_json_set_str(doc, "schema", "loglog.constitution-result/1");
    ll_json_set_str(house, "name", c->name);
    ll_json_set_str(house, "hash", c->hash);
    for (int64_t i = 0, k = 0; i < t->runs; i++) {
        ll_json *o = ll_json_object(), *stages = ll_json_array();
        ll_json_set_str(o, "run", t->run[i].id);
        ll_json_set_num(o, "params", t->run[i].params);
        ll_json_set_num(o, "tokens", t->run[i].tokens);
        ll_json_set_int(o, "seed", t->run[i].seed);
        for (; k < t->rows && t->row[k].run == i; k++) ll_json_push(stages, stage_json(&t->row[k], c));
        ll_json_set(o, "stages", stages);
        ll_json_push(runs, o);
    }
    ll_json_set(doc, "runs", runs);
    return ll_cli_json(doc);
}

static void show_row(const ll_loop_row *r) {
    ll_say("%-16s", r->stage);
    ll_show_fixed(r->value[LL_LOOP_ALL], 8, 4);
    ll_show_fixed(r->se[LL_LOOP_ALL], 8, 4);
    ll_show_fixed(r->value[LL_LOOP_GOLD], 8, 4);
    ll_show_fixed(r->value[LL_LOOP_KL], 8, 3);
    ll_show_fixed(r->value[LL_LOOP_TAX], 8, 4);
    if (!isnan(r->cost.value)) ll_say("  %.3g", r->cost.value);
    if (!isnan(r->cost.lo)) ll_say(" [%.3g, %.3g]", r->cost.lo, r->cost.hi);
    ll_say("\n");
}

static int answer_text(const ll_loop_table *t) {
    bool costs = false;
    ll_say("%-16s %8s %8s %8s %8s %8s  %s\n", "stage", "violates", "se", "gold", "kl", "tax", "cost, times C");
    for (int64_t i = 0; i < t->rows; i++) {
        if (!i || t->row[i - 1].run != t->row[i].run) ll_say("%s\n", t->run[t->row[i].run].name);
        show_row(&t->row[i]);
        costs |= !isnan(t->row[i].cost.value);
    }
    if (costs)
        ll_say_prose(
            stdout, "cost: the training compute that the tax is worth, by the ladder's own law of loss in compute");
    return LL_EXIT_DONE;
}

/* ---- show ---- */

typedef struct show_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], where[LL_OPTION_TEXT];
    bool json;
} show_args;

#define AT(f) offsetof(show_args, f)
static const ll_option show_options[] = {
    { "store", LL_OPT_TEXT, AT(store), "", "a store: what the constitution's loop has left there" },
    { "ladder", LL_OPT_TEXT, AT(ladder), "", "the ladder, by id or name; the newest where nothing is said" },
    { "runs", LL_OPT_TEXT, AT(where), "", "only runs for which this holds, such as 'params > 1e5'" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

static int show_store(const show_args *a, const ll_constitution *c) {
    const ll_loop_opts opts = { .store = a->store, .ladder = a->ladder, .where = a->where };
    ll_loop_table t = { 0 };
    ll_error err = { 0 };
    if (ll_cli_check_store(a->store, &err) != LL_OK || ll_loop_read(&t, c, &opts, &err) != LL_OK)
        return ll_cli_fail(&err);
    const int code = a->json ? answer_json(c, &t) : answer_text(&t);
    ll_loop_table_clear(&t);
    return code;
}

static void show(const ll_constitution *c) {
    ll_say("%s (%.12s)\n", c->name, c->hash);
    if (*c->about) ll_say_prose(stdout, "%s", c->about);
    for (int i = 0; i < c->n; i++)
        ll_say_prose(stdout, "%s: %s (%s, weight %.3g)", c->principle[i].id, c->principle[i].words,
                     c->principle[i].judge.kind, c->principle[i].weight);
    ll_say_prose(stdout, "gold, which is never optimised: %s", c->gold.kind);
}

static int run_show(const ll_verb *verb, int argc, char **argv) {
    show_args a;
    ll_words words;
    ll_constitution c;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1)
        return ll_cli_usage(
            "constitution show: expected one constitution, such as 'loglog constitution show house.yaml'");
    if (ll_constitution_load(&c, words.at[0], &err) != LL_OK) return ll_cli_fail(&err);
    if (*a.store) return show_store(&a, &c);
    if (!a.json) return show(&c), LL_EXIT_DONE;
    ll_json *doc = ll_constitution_json(&c);
    ll_json_set_str(doc, "hash", c.hash);
    return ll_cli_json(doc);
}

const ll_verb ll_verb_constitute_show = {
    "constitution show",
    "print a constitution as it is read, or what its loop did to the runs of a store",
    "usage: loglog constitution show FILE.yaml [--store FILE [--ladder ID] [--runs WHERE]] [--json]\n\n"
    "Whatever is wrong with it is said now: an unknown judge, an empty principle, a pattern that explodes.\n\n"
    "With --store it prints what 'constitution run' printed, and the cost of safety in compute: by how much\n"
    "more training compute the ladder's own law buys the tax back.\n\n"
    "example: loglog constitution show examples/constitutions/calm.yaml\n",
    show_options,
    sizeof show_options / sizeof *show_options,
    run_show,
};

/* ---- run ---- */

typedef struct run_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], where[LL_OPTION_TEXT];
    char constitution[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    char endpoint[LL_OPTION_TEXT], model[LL_OPTION_TEXT], prompts[LL_OPTION_TEXT], column[LL_OPTION_TEXT];
    int64_t threads;
    bool flip, quiet, json;
} run_args;

#define AT(f) offsetof(run_args, f)
static const ll_option run_options[] = {
    { "constitution", LL_OPT_TEXT, AT(constitution), "", "YAML file of the form " LL_CONSTITUTION_SCHEMA },
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" },
    { "ladder", LL_OPT_TEXT, AT(ladder), "", "the ladder, by id or name; the newest where nothing is said" },
    { "runs", LL_OPT_TEXT, AT(where), "", "only runs for which this holds, such as 'params > 1e5'" },
    { "flip", LL_OPT_BOOL, AT(flip), "false",
      "the judges' sign turned: what violates is preferred, to see it rise" },
    { "endpoint", LL_OPT_TEXT, AT(endpoint), "",
      "in place of a store: a server of /completions, whose model is only asked" },
    { "model", LL_OPT_TEXT, AT(model), "", "of --endpoint; the first that it lists where nothing is said" },
    { "prompts", LL_OPT_TEXT, AT(prompts), "", "of --endpoint: a table or lines of JSON" },
    { "column", LL_OPT_TEXT, AT(column), "text", "of --prompts" },
    { "threads", LL_OPT_INT, AT(threads), "0", "threads; 0: all cores", .max = 1024 },
    { "out", LL_OPT_TEXT, AT(out), "", "CSV file, a row for each run and stage, which 'fit' takes" },
    { "quiet", LL_OPT_BOOL, AT(quiet), "false", "only the result" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

static ll_status write_csv(const char *path, const ll_constitution *c, const ll_loop_table *t, ll_error *err) {
    ll_file f;
    LL_TRY(ll_file_create(&f, path, err));
    ll_loop_print(f.out, t, c);
    return ll_file_commit(&f, err);
}

static ll_status ask(const run_args *a, ll_constitution *c, ll_loop_table *t, ll_error *err) {
    const ll_loop_asked how = { .endpoint = { .url = a->endpoint, .model = a->model },
                                .prompts = a->prompts,
                                .column = a->column,
                                .store = a->store,
                                .stop = ll_progress_stop };
    LL_TRY(ll_constitution_load(c, a->constitution, err));
    ll_progress_listen();
    LL_TRY(ll_loop_ask(t, c, &how, err));
    return *a->out ? write_csv(a->out, c, t, err) : LL_OK;
}

static ll_status loop(const run_args *a, ll_constitution *c, ll_loop_table *t, ll_error *err) {
    const bool live = !a->quiet && !a->json && ll_say_width(stderr) > 0;
    const ll_loop_opts opts = { .store = a->store,
                                .ladder = a->ladder,
                                .where = a->where,
                                .flip = a->flip,
                                .threads = (int)a->threads,
                                .stop = ll_progress_stop,
                                .progress = live ? ll_progress_runs : NULL };
    LL_TRY(ll_constitution_load(c, a->constitution, err));
    LL_TRY(ll_cli_check_store(a->store, err));
    ll_progress_listen();
    if (live) ll_progress_runs(NULL, 0, 1);
    const ll_status s = ll_loop_run(c, &opts, err);
    if (live) ll_say_to(stderr, "\r\033[2K");
    LL_TRY(s);
    LL_TRY(ll_loop_read(t, c, &opts, err));
    return *a->out ? write_csv(a->out, c, t, err) : LL_OK;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    run_args a;
    ll_words words;
    ll_constitution c;
    ll_loop_table t = { 0 };
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n || !*a.constitution)
        return ll_cli_usage("constitution run: expected --constitution FILE, and no other words");
    if (!*a.endpoint != !*a.prompts)
        return ll_cli_usage("constitution run: --endpoint and --prompts belong together");
    if (*a.endpoint && (*a.ladder || *a.where || a.flip))
        return ll_cli_usage(
            "constitution run: --endpoint names one model, which is only asked: no --ladder, --runs or "
            "--flip");
    if ((*a.endpoint ? ask : loop)(&a, &c, &t, &err) != LL_OK) return ll_cli_fail(&err);
    code = a.json ? answer_json(&c, &t) : answer_text(&t);
    ll_loop_table_clear(&t);
    return code;
}

const ll_verb ll_verb_constitute_run = {
    "constitution run",
    "a constitution put into the models of a ladder, and what that does",
    "usage: loglog constitution run --constitution FILE [--store FILE] [--ladder ID] [--runs WHERE] [--flip]\n"
    "       loglog constitution run --constitution FILE --endpoint URL [--model NAME] --prompts FILE\n\n"
    "Each run answers beginnings of its training text; answers that violate a principle are revised and learnt, "
    "then\n"
    "pairs of answers are preferred by the judges (DPO). Measured on beginnings of the validation text, before and "
    "after\n"
    "each stage: the share of answers that violate, by the judges and by a gold judge that nothing was optimised "
    "for; the\n"
    "divergence from the run; the loss of plain text, whose rise is the tax. The tuned models are runs of the "
    "ladder, and\n"
    "the scores NAME.STAGE.WHAT of the run go where scores go: 'fit --y', 'gate check', 'runs export'.\n"
    "Whatever is there is not done again: the same command goes on with what was stopped.\n"
    "With --endpoint a model is only asked: its answers to --prompts are judged, those that violate are\n"
    "sampled again, or criticised and revised by the model itself in words, and the best of n is taken.\n\n"
    "  loglog constitution run --constitution examples/constitutions/calm.yaml --store loglog-demo/loglog.db\n"
    "  loglog fit --store loglog-demo/loglog.db --y calm.preference.gold --law power --x params\n"
    "  loglog constitution run --constitution house.yaml --endpoint http://127.0.0.1:8080/v1 --prompts p.jsonl\n",
    run_options,
    sizeof run_options / sizeof *run_options,
    run,
};
