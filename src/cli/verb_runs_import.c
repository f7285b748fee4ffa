#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/show_run.h"

typedef struct import_args {
    char store[LL_OPTION_TEXT], where[LL_OPTION_TEXT], col[LL_OPTION_TEXT], set[LL_OPTION_TEXT];
    bool last;
    char params_are[LL_OPTION_NAME], loss_unit[LL_OPTION_NAME];
    bool json;
} import_args;

#define AT(field) offsetof(import_args, field)
static const ll_option options[] = {
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" },
    { "where", LL_OPT_TEXT, AT(where), "", "only rows for which this holds, such as 'kept_in_fit = 1'" },
    { "col", LL_OPT_TEXT, AT(col), "", "columns by hand, such as tokens=D_tokens,loss=L" },
    { "set", LL_OPT_TEXT, AT(set), "",
      "columns that the table lacks, one value for all rows: params=124M,batch_tokens=524288" },
    { "last", LL_OPT_BOOL, AT(last), "false", "rows are checkpoints: keep the last of each run" },
    { "params_are", LL_OPT_NAME, AT(params_are), "unstated", "what the count of parameters counts",
      "unstated nonembedding total" },
    { "loss_unit", LL_OPT_NAME, AT(loss_unit), "auto", "auto: by the column's name, else nats per token",
      "auto nats bits_per_byte bits_per_token" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

static const char *given(const char *word, const char *none) {
    return strcmp(word, none) == 0 ? NULL : word;
}

/* A table without any of these is not one of runs. */
static ll_status check_known(const ll_table *t, const char *path, ll_error *err) {
    static const ll_column core[] = { LL_COL_PARAMS, LL_COL_PARAMS_TOTAL, LL_COL_TOKENS, LL_COL_FLOPS,
                                      LL_COL_LOSS };
    for (int i = 0; i < (int)(sizeof core / sizeof *core); i++)
        if (t->num[core[i]]) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: no column is params, tokens, flops or loss; name them: --col loss=HEADER",
                   path);
}

static const char *note(const ll_table *t, ll_column c) {
    static const char *const units[] = { ", nats per token", ", bits per byte", ", bits per token",
                                         ", taken for nats per token (--loss-unit)" };
    static const char *const counts[] = { ", unstated what it counts (--params-are)", ", non-embedding",
                                          ", total" };
    return c == LL_COL_LOSS ? units[t->loss_unit] : c == LL_COL_PARAMS ? counts[t->params_are] : "";
}

static void print_import(const ll_table *t, const char *path, int64_t added) {
    ll_say("%s: %lld rows, %lld left out, %lld runs added, %lld there already\n", path, (long long)t->rows,
           (long long)t->dropped, (long long)added, (long long)(t->rows - added));
    for (int c = 0; c < LL_COL_COUNT; c++) {
        if (!t->header[c][0]) continue;
        ll_say("  %-16s from '", ll_column_name((ll_column)c));
        ll_say("%s", t->header[c]);
        ll_say("'%s\n", note(t, (ll_column)c));
    }
}

static int import_json(const ll_table *t, const char *path, int64_t added) {
    ll_json *doc = ll_json_object(), *columns = ll_json_object();
    for (int c = 0; c < LL_COL_COUNT; c++)
        if (t->header[c][0]) ll_json_set_str(columns, ll_column_name((ll_column)c), t->header[c]);
    ll_json_set_str(doc, "schema", "loglog.import/1");
    ll_json_set_str(doc, "source", path);
    ll_json_set_int(doc, "rows", t->rows);
    ll_json_set_int(doc, "dropped", t->dropped);
    ll_json_set_int(doc, "added", added);
    ll_json_set(doc, "columns", columns);
    return ll_cli_json(doc);
}

static ll_status store_table(const import_args *a, const ll_table *t, const char *path, int64_t *added,
                             ll_error *err) {
    ll_store *s;
    LL_TRY(check_known(t, path, err));
    LL_TRY(ll_store_open(&s, a->store, LL_STORE_WRITE, err));
    ll_status status = ll_store_import(s, t, path, added, err);
    ll_store_close(s);
    return status;
}

static int run_import(const ll_verb *verb, int argc, char **argv) {
    import_args a;
    ll_words words;
    ll_error err = { 0 };
    ll_table t;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("runs import: expected one FILE, .csv or .jsonl");
    ll_table_opts o = { .where = a.where,
                        .columns = a.col,
                        .set = a.set,
                        .last = a.last,
                        .params_are = given(a.params_are, "unstated"),
                        .loss_unit = given(a.loss_unit, "auto") };
    if (ll_table_read(&t, words.at[0], &o, &err) != LL_OK) return ll_cli_fail(&err);
    int64_t added;
    if (store_table(&a, &t, words.at[0], &added, &err) != LL_OK) code = ll_cli_fail(&err);
    else if (a.json) code = import_json(&t, words.at[0], added);
    else print_import(&t, words.at[0], added), code = LL_EXIT_DONE;
    ll_table_clear(&t);
    return code;
}

const ll_verb ll_verb_runs_import = { "runs import",
                                      "add the runs of a CSV or JSONL table to the store",
                                      "usage: loglog runs import FILE [--where CLAUSE] [--col tokens=HEADER,...]\n"
                                      "\n"
                                      "The same file adds nothing twice.\n"
                                      "\n"
                                      "example: loglog runs import published.csv --params-are nonembedding\n",
                                      options,
                                      sizeof options / sizeof *options,
                                      run_import };
