#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/text.h"
#include "cli/cli.h"
#include "cli/runs/score_columns.h"
#include "cli/show/show_run.h"
#include "cli/store_named.h"
#include "loglog/units.h"

typedef struct list_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], where[LL_OPTION_TEXT], state[LL_OPTION_NAME];
    char columns[LL_OPTION_TEXT];
    bool json;
} list_args;

#define AT(field) offsetof(list_args, field)
static const ll_option options[] = {
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" },
    { "ladder", LL_OPT_TEXT, AT(ladder), "", "only this ladder, by id or name" },
    { "state", LL_OPT_NAME, AT(state), "any", "only runs in this state",
      "any planned running done failed stopped" },
    { "where", LL_OPT_TEXT, AT(where), "", "only runs for which this holds, such as 'loss < 3 and width = 64'" },
    { "columns", LL_OPT_TEXTS, AT(columns), "",
      "of the JSON document: these numbers and texts of the runs alone, column by column, such as "
      "name,params,loss" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document" },
};
#undef AT

/* How the table is laid out: names so wide, and as many of the last columns as the terminal has room for. */
typedef struct layout {
    int name;
    bool bits, speed;
} layout;

static layout layout_of(const ll_run *runs, int64_t n) {
    enum { NEEDED = 47, BITS = 11, SPEED = 19 }; /* columns behind the name */
    const int width = ll_say_width(stdout);
    layout l = { .name = 4 };
    for (int64_t i = 0; i < n; i++)
        if (ll_text_columns(runs[i].name, -1) > l.name) l.name = ll_text_columns(runs[i].name, -1);
    l.bits = width == 0 || width >= l.name + NEEDED + BITS;
    l.speed = width == 0 || width >= l.name + NEEDED + BITS + SPEED;
    return l;
}

static void print_header(const layout *l) {
    ll_say("%-*s  %-8s %8s %8s %9s %8s", l->name, "name", "state", "N", "D", "6ND", "loss");
    if (l->bits) ll_say(" %10s", "bits/byte");
    if (l->speed) ll_say(" %9s %8s", "tokens/s", "wall");
    ll_say("\n");
}

static void print_run(const ll_run *r, const layout *l) {
    char n[32], d[32], c[32], speed[32], wall[32];
    ll_say("%-*s  %-8s %8s %8s %9s", l->name, r->name, ll_run_state_name(r->state),
           ll_units_show(ll_run_count(r), n, sizeof n), ll_units_show(r->tokens, d, sizeof d),
           ll_units_show(r->flops, c, sizeof c));
    ll_show_fixed(r->loss, 8, 4);
    if (l->bits) ll_show_fixed(ll_run_bits_per_byte(r), 10, 4);
    if (l->speed)
        ll_say(" %9s %8s", ll_units_show(r->tokens_per_s, speed, sizeof speed),
               ll_units_show_seconds(r->wall_s, wall, sizeof wall));
    ll_say("\n");
}

static void print_runs(const ll_run *runs, int64_t n) {
    const layout l = layout_of(runs, n);
    for (int64_t i = 0; i < n; i++) {
        bool first = i == 0 || strcmp(runs[i].ladder, runs[i - 1].ladder) != 0;
        if (first && *runs[i].ladder) ll_say("%sladder %s\n", i ? "\n" : "", runs[i].ladder);
        else if (first) ll_say("imported\n");
        if (first) print_header(&l);
        print_run(&runs[i], &l);
    }
    if (n == 0) ll_say("no runs\n");
}

static ll_status select_runs(const list_args *a, ll_run **runs, int64_t *n, ll_error *err) {
    ll_store *s;
    char ladder[17];
    LL_TRY(ll_cli_open_store(&s, a->store, LL_STORE_READ, err));
    ll_status status = ll_show_ladder_id(s, a->ladder, ladder, err);
    if (status == LL_OK)
        status = ll_store_list_runs(s, ladder, ll_run_state_named(a->state), a->where, runs, n, err);
    ll_store_close(s);
    return status;
}

/* ---- columns: a document of many runs that a page can hold ---- */

static const ll_run_field *field_named(const char *name, size_t n) {
    for (const ll_run_field *f = ll_run_fields; f->name; f++)
        if (strlen(f->name) == n && strncmp(f->name, name, n) == 0) return f;
    return NULL;
}

static ll_json *value_json(const ll_run_field *f, const ll_run *r) {
    const void *at = (const char *)r + f->offset;
    switch (f->kind) {
    case LL_FIELD_TEXT: return ll_json_str(at);
    case LL_FIELD_STATE: return ll_json_str(ll_run_state_name(*(const ll_run_state *)at));
    case LL_FIELD_INT: return ll_json_int(*(const int64_t *)at);
    case LL_FIELD_REAL: break;
    }
    return ll_json_num(*(const double *)at);
}

static ll_status columns_json(ll_store *s, const char *ladder, const char *names, const ll_run *runs, int64_t n,
                              ll_json *out, ll_error *err) {
    for (const char *at = names; *at; at += strcspn(at, ","), at += *at == ',') {
        const size_t size = strcspn(at, ",");
        const ll_run_field *f = field_named(at, size);
        if (size == strlen("scores") && strncmp(at, "scores", size) == 0) {
            LL_TRY(ll_score_columns(s, ladder, runs, n, out, err));
            continue;
        }
        if (!f) return LL_FAIL(err, LL_EINPUT, "--columns: a run has no '%.*s'", size < 40 ? (int)size : 40, at);
        ll_json *column = ll_json_array();
        ll_json_set(out, f->name, column);
        for (int64_t i = 0; i < n; i++) ll_json_push(column, value_json(f, &runs[i]));
    }
    return LL_OK;
}

static ll_status columns_document(const list_args *a, const ll_run *runs, int64_t n, ll_json *doc, ll_error *err) {
    ll_store *s;
    char ladder[17];
    ll_json_set_str(doc, "schema", "loglog.run-columns/1");
    ll_json_set_int(doc, "n", n);
    LL_TRY(ll_cli_open_store(&s, a->store, LL_STORE_READ, err));
    ll_status status = ll_show_ladder_id(s, a->ladder, ladder, err);
    if (status == LL_OK) status = columns_json(s, ladder, a->columns, runs, n, ll_json_group(doc, "columns"), err);
    ll_store_close(s);
    return status;
}

/* On one line: indented it would be twice as long. */
static int print_columns(const list_args *a, const ll_run *runs, int64_t n) {
    ll_json *doc = ll_json_object();
    ll_error err = { 0 };
    const ll_status status = columns_document(a, runs, n, doc, &err);
    char *text = status == LL_OK ? ll_json_text(doc, false) : NULL;
    ll_json_free(doc);
    if (status != LL_OK) return ll_cli_fail(&err);
    if (text) ll_say_json(text);
    free(text);
    return ll_cli_flush();
}

static int run_list(const ll_verb *verb, int argc, char **argv) {
    list_args a;
    ll_words words;
    ll_error err = { 0 };
    ll_run *runs;
    int64_t n;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("runs list: unexpected '%.80s'", words.at[0]);
    if (*a.columns && !a.json) return ll_cli_usage("runs list: --columns is of --json");
    if (select_runs(&a, &runs, &n, &err) != LL_OK) return ll_cli_fail(&err);
    if (*a.columns) code = print_columns(&a, runs, n);
    else if (a.json) code = ll_cli_json(ll_runs_json(runs, n));
    else print_runs(runs, n), code = LL_EXIT_DONE;
    free(runs);
    return code;
}

const ll_verb ll_verb_runs_list = { "runs list",
                                    "list the runs of a store",
                                    "usage: loglog runs list [--ladder NAME] [--state done] [--where CLAUSE]\n"
                                    "\n"
                                    "example: loglog runs list --where 'loss < 3 and width >= 64'\n",
                                    options,
                                    sizeof options / sizeof *options,
                                    run_list };
