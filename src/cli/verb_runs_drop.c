#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/show_run.h"

typedef struct drop_args {
    char store[LL_OPTION_TEXT];
    bool yes, json;
} drop_args;

static const ll_option options[] = {
    { "store", LL_OPT_TEXT, offsetof(drop_args, store), "loglog.db", "the store" },
    { "yes", LL_OPT_BOOL, offsetof(drop_args, yes), "false", "do it; without, only say what would go" },
    { "json", LL_OPT_BOOL, offsetof(drop_args, json), "false", "one JSON document" },
};

static ll_json *dropped_json(const ll_run *r, int64_t points) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "id", r->id);
    ll_json_set_str(o, "state", ll_run_state_name(r->state));
    ll_json_set_int(o, "points", points);
    return o;
}

/* The runs that the words mean, each with a line that says so, or with --json an item of list. */
static ll_status find_all(ll_store *s, const ll_words *words, const drop_args *a, ll_run *runs, ll_json *list,
                          ll_error *err) {
    for (int i = 0; i < words->n; i++) {
        ll_point *points;
        int64_t n;
        ll_status status = ll_store_find_run(s, words->at[i], &runs[i], err);
        if (status != LL_OK && (status != LL_EFORMAT || !*runs[i].id))
            return status; /* a damaged one can go, too */
        status = ll_store_list_points(s, runs[i].id, &points, &n, err);
        if (status != LL_OK && status != LL_EFORMAT) return status;
        free(points);
        ll_json_push(list, dropped_json(&runs[i], n));
        if (a->json) continue;
        printf("%s ", a->yes ? "drops" : "would drop");
        ll_show_text(stdout, runs[i].id, 0);
        printf(" (%s, %lld points)\n", ll_run_state_name(runs[i].state), (long long)n);
    }
    return LL_OK;
}

static ll_status drop(const drop_args *a, const ll_words *words, ll_json *list, ll_error *err) {
    ll_store *s;
    enum { MOST = sizeof words->at / sizeof *words->at };
    const char *ids[MOST];
    LL_TRY(ll_store_open(&s, a->store, a->yes ? LL_STORE_WRITE : LL_STORE_READ, err));
    ll_run *runs = calloc(MOST, sizeof *runs);
    ll_status status = runs ? find_all(s, words, a, runs, list, err) : LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int i = 0; i < words->n && runs; i++) ids[i] = runs[i].id;
    if (status == LL_OK && a->yes) status = ll_store_drop_runs(s, ids, words->n, err);
    free(runs);
    ll_store_close(s);
    return status;
}

static int run_drop(const ll_verb *verb, int argc, char **argv) {
    drop_args a;
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n == 0) return ll_cli_usage("runs drop: expected the runs to drop, by id or name");
    ll_json *doc = ll_json_object(), *list = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.drop/1");
    ll_json_set_bool(doc, "done", a.yes);
    ll_json_set(doc, "runs", list);
    ll_status s = drop(&a, &words, list, &err);
    if (s == LL_OK && a.json) return ll_cli_json(doc);
    ll_json_free(doc);
    if (s != LL_OK) return ll_cli_fail(&err);
    if (!a.yes) puts("nothing was dropped; --yes does it");
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_runs_drop = { "runs drop",
                                    "remove runs and their learning curves",
                                    "usage: loglog runs drop RUN... --yes\n"
                                    "\n"
                                    "Without --yes it says what would go and removes nothing.\n"
                                    "\n"
                                    "example: loglog runs drop demo-w64 --yes\n",
                                    options,
                                    sizeof options / sizeof *options,
                                    run_drop };
