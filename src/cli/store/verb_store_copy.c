#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "sweep/sweep.h"

typedef struct copy_args {
    bool json;
} copy_args;

static const ll_option options[] = {
    { "json", LL_OPT_BOOL, offsetof(copy_args, json), "false", "one JSON document" },
};

static ll_status copy(const char *from, const char *to, ll_store_copied *out, ll_error *err) {
    const bool live = isatty(STDERR_FILENO);
    ll_store *a, *b = NULL;
    LL_TRY(ll_store_open_there(&a, from, LL_STORE_READ, err));
    ll_status status = ll_store_open(&b, to, LL_STORE_WRITE, err);
    if (status == LL_OK) status = ll_store_copy(a, b, out, live ? ll_progress_runs : NULL, NULL, err);
    if (live) ll_say_to(stderr, "\r\033[2K");
    ll_store_close(b);
    ll_store_close(a);
    return status;
}

static int copied_json(const ll_store_copied *c, const char *from, const char *to) {
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.copy/1");
    ll_json_set_str(doc, "from", from);
    ll_json_set_str(doc, "to", to);
    ll_json_set_int(doc, "ladders", c->ladders);
    ll_json_set_int(doc, "runs", c->runs);
    ll_json_set_int(doc, "points", c->points);
    ll_json_set_int(doc, "scores", c->scores);
    ll_json_set_int(doc, "entries", c->entries);
    if (*c->head) ll_json_set_str(doc, "head", c->head);
    return ll_cli_json(doc);
}

/* Shards and weights are no rows: whoever wants them there carries them there. */
static void say_files(const char *from, const char *to) {
    char here[LL_PATH_MAX], there[LL_PATH_MAX];
    if (ll_sweep_files(here, from, NULL) != LL_OK || ll_sweep_files(there, to, NULL) != LL_OK) return;
    if (access(here, F_OK) == 0 && strcmp(here, there) != 0)
        ll_say("weights and shards stay in %s; beside the copy they are looked for in %s\n", here, there);
}

static int run_copy(const ll_verb *verb, int argc, char **argv) {
    copy_args a;
    ll_words words;
    ll_error err = { 0 };
    ll_store_copied c = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 2) return ll_cli_usage("store copy: expected two stores, from one to the other");
    const char *from = words.at[0], *to = words.at[1];
    if (copy(from, to, &c, &err) != LL_OK) return ll_cli_fail(&err);
    if (a.json) return copied_json(&c, from, to);
    ll_say("copied %lld ladders, %lld runs, %lld points, %lld scores\n", (long long)c.ladders, (long long)c.runs,
           (long long)c.points, (long long)c.scores);
    if (c.entries) ll_say("the ledger holds in both: %lld entries, head %s\n", (long long)c.entries, c.head);
    say_files(from, to);
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_store_copy = {
    "store copy",
    "copy a store into another: a file, a PostgreSQL database",
    "usage: loglog store copy FROM TO\n"
    "\n"
    "Ladders, runs, learning curves, scores and the ledger, as they stand at one moment, go into an\n"
    "empty store, all or nothing. Either is a file or postgresql://USER@HOST/DATABASE, whose password is\n"
    "best kept in ~/.pgpass (docs/store.md). The ledger's chain is verified on both sides.\n"
    "\n"
    "example: loglog store copy loglog-demo/loglog.db postgresql://ada@db.example.org/ladders\n"
    "         loglog store copy postgresql://ada@db.example.org/ladders backup.db\n",
    options,
    sizeof options / sizeof *options,
    run_copy
};
