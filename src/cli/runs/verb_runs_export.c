#include <stdio.h>
#include <string.h>

#include "base/system/file.h"
#include "cli/cli.h"
#include "cli/show/show_run.h"
#include "cli/store_named.h"

typedef struct export_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], where[LL_OPTION_TEXT], format[LL_OPTION_NAME];
    bool curves;
} export_args;

#define AT(field) offsetof(export_args, field)
static const ll_option options[] = {
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" },
    { "ladder", LL_OPT_TEXT, AT(ladder), "", "only this ladder, by id or name" },
    { "where", LL_OPT_TEXT, AT(where), "", "only runs for which this holds, such as 'loss < 3'" },
    { "curves", LL_OPT_BOOL, AT(curves), "false", "a row for each point of the learning curves" },
    { "format", LL_OPT_NAME, AT(format), "auto", "auto: by the suffix, csv for standard output", "auto csv jsonl" },
};
#undef AT

static ll_status select_table(const export_args *a, ll_table *t, ll_error *err) {
    ll_store *s;
    char ladder[17];
    LL_TRY(ll_cli_open_store(&s, a->store, LL_STORE_READ, err));
    ll_status status = ll_show_ladder_id(s, a->ladder, ladder, err);
    if (status == LL_OK)
        status = (a->curves ? ll_store_export_curves : ll_store_export)(s, ladder, a->where, t, err);
    ll_store_close(s);
    return status;
}

static ll_status put_table(const ll_table *t, const char *path, bool jsonl, ll_error *err) {
    ll_file f;
    if (strcmp(path, "-") == 0) {
        ll_status s = ll_table_print(t, stdout, jsonl, err);
        return ferror(stdout) ? LL_OK : s; /* ll_cli_flush answers for it */
    }
    LL_TRY(ll_file_create(&f, path, err));
    ll_status s = ll_table_print(t, f.out, jsonl, err);
    if (s == LL_OK) return ll_file_commit(&f, err);
    ll_file_abandon(&f);
    return s;
}

static int run_export(const ll_verb *verb, int argc, char **argv) {
    export_args a;
    ll_words words;
    ll_error err = { 0 };
    ll_table t;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("runs export: unexpected '%.80s'", words.at[1]);
    const char *path = words.n ? words.at[0] : "-";
    bool jsonl = strcmp(a.format, "auto") == 0 ? ll_table_is_jsonl(path) : strcmp(a.format, "jsonl") == 0;
    if (select_table(&a, &t, &err) != LL_OK) return ll_cli_fail(&err);
    ll_status s = put_table(&t, path, jsonl, &err);
    if (s == LL_OK && strcmp(path, "-") != 0)
        ll_say_to(stderr, "%s: %lld %s\n", path, (long long)t.rows, a.curves ? "points" : "runs");
    ll_table_clear(&t);
    return s == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
}

const ll_verb ll_verb_runs_export = { "runs export",
                                      "write the done runs as CSV or JSON lines",
                                      "usage: loglog runs export [FILE|-] [--curves] [--format csv|jsonl]\n"
                                      "\n"
                                      "example: loglog runs export runs.csv --where 'role = fit'\n"
                                      "         loglog runs export curves.csv --curves\n",
                                      options,
                                      sizeof options / sizeof *options,
                                      run_export };
