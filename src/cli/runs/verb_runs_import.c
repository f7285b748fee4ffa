#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/show/show_run.h"

typedef struct import_args {
    char store[LL_OPTION_TEXT], where[LL_OPTION_TEXT], col[LL_OPTION_TEXT], set[LL_OPTION_TEXT];
    char sizes[LL_OPTION_TEXT];
    bool last;
    char rows[LL_OPTION_NAME], params_are[LL_OPTION_NAME], loss_unit[LL_OPTION_NAME];
    bool json;
} import_args;

#define AT(field) offsetof(import_args, field)
static const ll_option options[] = {
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" },
    { "where", LL_OPT_TEXT, AT(where), "", "only rows for which this holds, such as 'kept_in_fit = 1'" },
    { "col", LL_OPT_TEXT, AT(col), "", "columns by hand, such as tokens=D_tokens,loss=L" },
    { "set", LL_OPT_TEXT, AT(set), "",
      "columns that the table lacks, one value for all rows: params=124M,batch_tokens=524288" },
    { "sizes", LL_OPT_TEXT, AT(sizes), "",
      "a table with a row for each run, by its name: params, tokens, batch_tokens and whatever else is lacking" },
    { "rows", LL_OPT_NAME, AT(rows), "auto",
      "auto: rows of one name are the points of its learning curve; runs: each row is a run", "auto runs" },
    { "last", LL_OPT_BOOL, AT(last), "false", "of each run keep the last row that has a loss, and no curve" },
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

static ll_status check_known(const ll_table *t, const char *path, ll_error *err) {
    char near[LL_HEADERS_TEXT];
    if (t->num[LL_COL_LOSS]) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: no column is a loss; name it with --col loss=HEADER: %s", path,
                   ll_table_candidates(t, LL_COL_LOSS, near));
}

static const char *note(const ll_table *t, ll_column c) {
    static const char *const units[] = { ", nats per token", ", bits per byte", ", bits per token",
                                         ", taken for nats per token (--loss-unit)" };
    static const char *const counts[] = { ", unstated what it counts (--params-are)", ", non-embedding",
                                          ", total" };
    return c == LL_COL_LOSS ? units[t->loss_unit] : c == LL_COL_PARAMS ? counts[t->params_are] : "";
}

static void print_counts(const ll_imported *in) {
    char points[48] = "";
    if (in->curves) snprintf(points, sizeof points, " with %lld points", (long long)in->points);
    ll_say("%lld %s%s ", (long long)in->runs, in->runs == 1 ? "run" : "runs", points);
    if (!in->added) ll_say("there already, nothing changed\n");
    else if (!in->replaced) ll_say("added\n");
    else ll_say("added in place of the %lld that this file gave before\n", (long long)in->replaced);
    if (in->merged)
        ll_say("  %lld rows stand at a step that their run had before: the later values count\n",
               (long long)in->merged);
}

static void print_namesakes(const ll_imported *in, const char *path) {
    if (!in->namesakes) return;
    ll_say("  %lld runs of the same names are there from another ", (long long)in->namesakes);
    ll_say("%s", path);
    ll_say("; if it was an earlier state of this one, drop both with 'runs drop --file' and import again\n");
}

static void print_import(const ll_table *t, const char *path, const ll_imported *in) {
    ll_say("%s", path);
    ll_say(": %lld rows, %lld left out, ", (long long)t->rows, (long long)t->dropped);
    print_counts(in);
    print_namesakes(in, path);
    for (int c = 0; c < LL_COL_COUNT; c++) {
        if (!t->header[c][0]) continue;
        ll_say("  %-16s from '", ll_column_name((ll_column)c));
        ll_say("%s", t->header[c]);
        ll_say("'%s\n", note(t, (ll_column)c));
    }
}

/* Of a ladder: 'run' goes on from there. */
static void print_rungs(const char *path, const ll_imported *in) {
    ll_say("%s", path);
    ll_say(": %lld of its %lld runs are rungs that are done now", (long long)in->added, (long long)in->runs);
    if (in->points) ll_say(", with %lld points", (long long)in->points);
    ll_say("\n");
}

static int import_json(const ll_table *t, const char *path, const ll_imported *in) {
    ll_json *doc = ll_json_object(), *columns = ll_json_object();
    for (int c = 0; c < LL_COL_COUNT; c++)
        if (t->header[c][0]) ll_json_set_str(columns, ll_column_name((ll_column)c), t->header[c]);
    ll_json_set_str(doc, "schema", "loglog.import/1");
    ll_json_set_str(doc, "source", path);
    ll_json_set_int(doc, "rows", t->rows);
    ll_json_set_int(doc, "dropped", t->dropped);
    ll_json_set_int(doc, "runs", in->runs);
    ll_json_set_int(doc, "points", in->points);
    ll_json_set_int(doc, "merged", in->merged);
    ll_json_set_int(doc, "added", in->added);
    ll_json_set_int(doc, "replaced", in->replaced);
    ll_json_set_int(doc, "namesakes", in->namesakes);
    ll_json_set(doc, "columns", columns);
    return ll_cli_json(doc);
}

/* What would be refused is refused before a store is made for it. */
static ll_status store_table(const import_args *a, const ll_table *t, const ll_import_opts *o, ll_imported *in,
                             bool *rungs, ll_error *err) {
    ll_store *s;
    LL_TRY(check_known(t, o->source, err));
    LL_TRY(ll_store_open(&s, a->store, LL_STORE_READ, err));
    *rungs = ll_store_holds_rungs(s, t);
    ll_store_close(s);
    if (!*rungs) LL_TRY(ll_store_import_check(t, o, in, err));
    LL_TRY(ll_store_open(&s, a->store, LL_STORE_WRITE, err));
    ll_status status = (*rungs ? ll_store_import_rungs : ll_store_import)(s, t, o, in, err);
    ll_store_close(s);
    return status;
}

static ll_status read_sizes(const import_args *a, ll_table *sizes, ll_error *err) {
    ll_table_opts o = { .params_are = given(a->params_are, "unstated"), .cluster = "none" };
    *sizes = (ll_table) { 0 };
    return *a->sizes ? ll_table_read(sizes, a->sizes, &o, err) : LL_OK;
}

static ll_status import_file(const import_args *a, const char *path, ll_table *t, ll_imported *in, bool *rungs,
                             ll_error *err) {
    ll_table sizes;
    ll_table_opts o = { .where = a->where,
                        .columns = a->col,
                        .set = a->set,
                        .last = a->last,
                        .params_are = given(a->params_are, "unstated"),
                        .loss_unit = given(a->loss_unit, "auto") };
    LL_TRY(ll_table_read(t, path, &o, err));
    ll_status status = read_sizes(a, &sizes, err);
    ll_import_opts how = { .source = path,
                           .sizes = *a->sizes ? &sizes : NULL,
                           .sizes_source = a->sizes,
                           .rows_are_runs = strcmp(a->rows, "runs") == 0 };
    if (status == LL_OK) status = store_table(a, t, &how, in, rungs, err);
    ll_table_clear(&sizes);
    return status;
}

static int run_import(const ll_verb *verb, int argc, char **argv) {
    import_args a;
    ll_words words;
    ll_error err = { 0 };
    ll_table t = { 0 };
    ll_imported in;
    bool rungs = false;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("runs import: expected one FILE, .csv or .jsonl");
    if (import_file(&a, words.at[0], &t, &in, &rungs, &err) != LL_OK) code = ll_cli_fail(&err);
    else if (a.json) code = import_json(&t, words.at[0], &in);
    else if (rungs) print_rungs(words.at[0], &in), code = LL_EXIT_DONE;
    else print_import(&t, words.at[0], &in), code = LL_EXIT_DONE;
    ll_table_clear(&t);
    return code;
}

const ll_verb ll_verb_runs_import = {
    "runs import",
    "add the runs of a CSV or JSONL table to the store",
    "usage: loglog runs import FILE [--where CLAUSE] [--col tokens=HEADER,...]\n"
    "\n"
    "Rows of one name, at other steps or tokens, are the learning curve of one run, as\n"
    "in the exports of W&B (a column a run, or a row a point); so is a file of\n"
    "TensorBoard. Else each row is a run. --sizes tells by name what the table lacks.\n"
    "A file imported again changes nothing, or with other options replaces all that\n"
    "it gave before; an import that fails leaves nothing. Rows called LADDER/RUNG, as\n"
    "'run --export' writes them, with a loss filled in, are those rungs.\n"
    "\n"
    "example: loglog runs import published.csv --params-are nonembedding\n"
    "         loglog runs import chart.csv --sizes sizes.csv\n"
    "         loglog runs import scalar.csv --col loss=Value --set params=124M,batch_tokens=524288\n",
    options,
    sizeof options / sizeof *options,
    run_import
};
