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

static ll_status export_from(ll_store *s, const export_args *a, bool jsonl, FILE *out, int64_t *rows,
                             ll_error *err) {
    char ladder[17];
    LL_TRY(ll_show_ladder_id(s, a->ladder, ladder, err));
    const ll_export_opts o = { .ladder = ladder, .where = a->where, .curves = a->curves, .jsonl = jsonl };
    return ll_store_export_to(s, &o, out, rows, err);
}

static ll_status put_table(ll_store *s, const export_args *a, const char *path, bool jsonl, int64_t *rows,
                           ll_error *err) {
    ll_file f;
    if (strcmp(path, "-") == 0) {
        const ll_status status = export_from(s, a, jsonl, stdout, rows, err);
        return ferror(stdout) ? LL_OK : status; /* ll_cli_flush answers for it */
    }
    LL_TRY(ll_file_create(&f, path, err));
    const ll_status status = export_from(s, a, jsonl, f.out, rows, err);
    if (status == LL_OK) return ll_file_commit(&f, err);
    ll_file_abandon(&f);
    return status;
}

static ll_status export(const export_args *a, const char *path, bool jsonl, int64_t *rows, ll_error *err) {
    ll_store *s;
    LL_TRY(ll_cli_open_store(&s, a->store, LL_STORE_READ, err));
    const ll_status status = put_table(s, a, path, jsonl, rows, err);
    ll_store_close(s);
    return status;
}

static int run_export(const ll_verb *verb, int argc, char **argv) {
    export_args a;
    ll_words words;
    ll_error err = { 0 };
    int64_t rows = 0;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("runs export: unexpected '%.80s'", words.at[1]);
    const char *path = words.n ? words.at[0] : "-";
    bool jsonl = strcmp(a.format, "auto") == 0 ? ll_table_is_jsonl(path) : strcmp(a.format, "jsonl") == 0;
    if (export(&a, path, jsonl, &rows, &err) != LL_OK) return ll_cli_fail(&err);
    if (strcmp(path, "-") != 0)
        ll_say_to(stderr, "%s: %lld %s\n", path, (long long)rows, a.curves ? "points" : "runs");
    return LL_EXIT_DONE;
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
