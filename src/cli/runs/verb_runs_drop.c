#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/show/show_run.h"
#include "cli/store_named.h"

typedef struct drop_args {
    char store[LL_OPTION_TEXT], where[LL_OPTION_TEXT], file[LL_OPTION_TEXT];
    bool yes, json;
} drop_args;

static const ll_option options[] = {
    { "store", LL_OPT_TEXT, offsetof(drop_args, store), "loglog.db", "the store" },
    { "where", LL_OPT_TEXT, offsetof(drop_args, where), "", "the runs for which this holds, such as 'loss > 9'" },
    { "file", LL_OPT_TEXT, offsetof(drop_args, file), "",
      "the runs that this file gave, by the path it was given by" },
    { "yes", LL_OPT_BOOL, offsetof(drop_args, yes), "false", "do it; without, only say what would go" },
    { "json", LL_OPT_BOOL, offsetof(drop_args, json), "false", "one JSON document" },
};

enum { MOST = sizeof((ll_words *)0)->at / sizeof *((ll_words *)0)->at, SHOWN = 20 };

static ll_json *dropped_json(const ll_run *r, int64_t points) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "id", r->id);
    ll_json_set_str(o, "state", ll_run_state_name(r->state));
    ll_json_set_int(o, "points", points);
    return o;
}

/* ---- which ---- */

static ll_status by_words(ll_store *s, const ll_words *words, ll_run **runs, int64_t *n, ll_error *err) {
    *runs = calloc(MOST, sizeof **runs);
    if (!*runs) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (*n = 0; *n < words->n; ++*n) {
        ll_run *run = &(*runs)[*n];
        ll_status status = ll_store_find_run(s, words->at[*n], run, err);
        if (status != LL_OK && (status != LL_EFORMAT || !*run->id)) return status; /* a damaged one can go, too */
    }
    return LL_OK;
}

static ll_status by_clause(ll_store *s, const drop_args *a, ll_run **runs, int64_t *n, ll_error *err) {
    int64_t kept = 0;
    LL_TRY(ll_store_list_runs(s, "", -1, a->where, runs, n, err));
    for (int64_t i = 0; i < *n; i++)
        if (!*a->file || strcmp((*runs)[i].source, a->file) == 0) (*runs)[kept++] = (*runs)[i];
    *n = kept;
    return kept ? LL_OK : LL_FAIL(err, LL_EINPUT, "%s: no run is meant: nothing to drop", a->store);
}

/* ---- what is said ---- */

static void print_one(const drop_args *a, const ll_run *r, int64_t points) {
    ll_say("%s ", a->yes ? "drops" : "would drop");
    ll_say("%s", r->id);
    ll_say(" (%s, %lld points)\n", ll_run_state_name(r->state), (long long)points);
}

/* Each run with a line that says so, or with --json an item of list. */
static ll_status tell(ll_store *s, const drop_args *a, const ll_run *runs, int64_t n, ll_json *list,
                      ll_error *err) {
    int64_t all = 0;
    for (int64_t i = 0; i < n; i++) {
        ll_point *points;
        int64_t n_points;
        ll_status status = ll_store_list_points(s, runs[i].id, &points, &n_points, err);
        if (status != LL_OK && status != LL_EFORMAT) return status;
        free(points);
        all += n_points;
        ll_json_push(list, dropped_json(&runs[i], n_points));
        if (!a->json && i < SHOWN) print_one(a, &runs[i], n_points);
    }
    if (!a->json && n > SHOWN) ll_say("and %lld more\n", (long long)(n - SHOWN));
    if (!a->json && n > 1) ll_say("%lld runs, %lld points in all\n", (long long)n, (long long)all);
    return LL_OK;
}

/* Only a store that has these runs is opened to write. */
static ll_status drop_these(const char *path, const ll_run *runs, int64_t n, ll_error *err) {
    ll_store *s;
    const char **ids = malloc((size_t)(n + 1) * sizeof *ids);
    if (!ids) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    for (int64_t i = 0; i < n; i++) ids[i] = runs[i].id;
    ll_status status = ll_store_open(&s, path, LL_STORE_WRITE, err);
    if (status == LL_OK) {
        status = ll_store_drop_runs(s, ids, n, err);
        ll_store_close(s);
    }
    free(ids);
    return status;
}

static ll_status drop(const drop_args *a, const ll_words *words, ll_json *list, ll_error *err) {
    ll_store *s;
    ll_run *runs = NULL;
    int64_t n = 0;
    LL_TRY(ll_cli_open_store(&s, a->store, LL_STORE_READ, err));
    ll_status status = words->n ? by_words(s, words, &runs, &n, err) : by_clause(s, a, &runs, &n, err);
    if (status == LL_OK) status = tell(s, a, runs, n, list, err);
    ll_store_close(s);
    if (status == LL_OK && a->yes) status = drop_these(a->store, runs, n, err);
    free(runs);
    return status;
}

static bool is_blank(const char *text) {
    return !text[strspn(text, " \t\r\n")];
}

static int run_drop(const ll_verb *verb, int argc, char **argv) {
    drop_args a;
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    const bool clause = !is_blank(a.where) || *a.file;
    if (words.n > 0 && clause) return ll_cli_usage("runs drop: expected either runs or --where and --file");
    if (words.n == 0 && !clause)
        return ll_cli_usage("runs drop: expected the runs to drop, by id or name, --where CLAUSE or --file FILE");
    ll_json *doc = ll_json_object(), *list = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.drop/1");
    ll_json_set_bool(doc, "done", a.yes);
    ll_json_set(doc, "runs", list);
    ll_status s = drop(&a, &words, list, &err);
    if (s == LL_OK && a.json) return ll_cli_json(doc);
    ll_json_free(doc);
    if (s != LL_OK) return ll_cli_fail(&err);
    if (!a.yes) ll_say("nothing was dropped; --yes does it\n");
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_runs_drop = { "runs drop",
                                    "remove runs and their learning curves",
                                    "usage: loglog runs drop RUN... --yes\n"
                                    "       loglog runs drop --where CLAUSE | --file FILE --yes\n"
                                    "\n"
                                    "Without --yes it says what would go and removes nothing.\n"
                                    "\n"
                                    "example: loglog runs drop demo-w64 --yes\n"
                                    "         loglog runs drop --file runs.csv --where 'loss > 9' --yes\n",
                                    options,
                                    sizeof options / sizeof *options,
                                    run_drop };
