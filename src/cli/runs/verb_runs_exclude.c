#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/store_named.h"

typedef struct exclude_args {
    char store[LL_OPTION_TEXT];
    bool back, json;
} exclude_args;

static const ll_option options[] = {
    { "store", LL_OPT_TEXT, offsetof(exclude_args, store), "loglog.db", "the store" },
    { "back", LL_OPT_BOOL, offsetof(exclude_args, back), "false", "they are fitted again" },
    { "json", LL_OPT_BOOL, offsetof(exclude_args, json), "false", "one JSON document" },
};

static const char excluded[] = "excluded";

/* A run that is held out, or is a trunk, is not fitted anyway, and one under way is its ladder's. */
static ll_status turn(ll_run *r, bool back, ll_error *err) {
    const bool is_out = strcmp(r->role, excluded) == 0;
    if (is_out != back) return LL_FAIL(err, LL_EINPUT, "run %s is%s excluded", r->id, is_out ? " already" : " not");
    if (!back && *r->role && strcmp(r->role, "fit") != 0)
        return LL_FAIL(err, LL_EINPUT, "run %s has the role '%s': only runs that are fitted are excluded", r->id,
                       r->role);
    if (r->state != LL_RUN_DONE)
        return LL_FAIL(err, LL_EINPUT, "run %s is %s: only runs that are done are excluded", r->id,
                       ll_run_state_name(r->state));
    strcpy(r->role, !back ? excluded : *r->ladder ? "fit" : "");
    return LL_OK;
}

/* None is written before all of them may be. */
static ll_status exclude(const exclude_args *a, const ll_words *words, ll_run *runs, ll_error *err) {
    ll_store *s;
    LL_TRY(ll_cli_open_store(&s, a->store, LL_STORE_WRITE, err));
    ll_status status = LL_OK;
    for (int i = 0; i < words->n && status == LL_OK; i++) {
        status = ll_store_find_run(s, words->at[i], &runs[i], err);
        if (status == LL_OK) status = turn(&runs[i], a->back, err);
    }
    for (int i = 0; i < words->n && status == LL_OK; i++) status = ll_store_put_run(s, &runs[i], err);
    ll_store_close(s);
    return status;
}

static ll_json *answer(const exclude_args *a, const ll_run *runs, int n) {
    ll_json *doc = ll_json_object(), *list = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.exclude/1");
    ll_json_set_bool(doc, "excluded", !a->back);
    for (int i = 0; i < n; i++) ll_json_push(list, ll_json_str(runs[i].id));
    ll_json_set(doc, "runs", list);
    return doc;
}

static int run_exclude(const ll_verb *verb, int argc, char **argv) {
    exclude_args a;
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n == 0) return ll_cli_usage("runs exclude: expected runs, by id or name");
    ll_run *runs = calloc((size_t)words.n, sizeof *runs);
    if (!runs) (void)LL_FAIL(&err, LL_ENOMEM, "out of memory for %d runs", words.n);
    if (!runs || exclude(&a, &words, runs, &err) != LL_OK) code = ll_cli_fail(&err);
    else if (a.json) code = ll_cli_json(answer(&a, runs, words.n));
    else
        for (int i = 0; i < words.n; i++)
            ll_say("%s %s\n", runs[i].id, a.back ? "is fitted again" : "is excluded"), code = LL_EXIT_DONE;
    free(runs);
    return code;
}

const ll_verb ll_verb_runs_exclude = {
    "runs exclude",
    "leave runs out of every fit of the store, or take them back",
    "usage: loglog runs exclude RUN... [--back]\n"
    "\n"
    "They keep their losses and curves, and get the role 'excluded': no fit, forecast or plan stands\n"
    "on them, whoever asks, until --back. Every answer says how many there are. For one fit alone\n"
    "there is --where. A file that is imported again brings its runs back.\n"
    "\n"
    "example: loglog runs exclude demo-w64\n",
    options,
    sizeof options / sizeof *options,
    run_exclude
};
