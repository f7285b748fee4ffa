#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/text.h"
#include "cli/cli.h"
#include "cli/runs/json_list.h"
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

static ll_status widen(void *ctx, const char *name, ll_error *err) {
    layout *l = ctx;
    const int columns = ll_text_columns(name, -1);
    (void)err;
    if (columns > l->name) l->name = columns;
    return LL_OK;
}

static void choose_columns(layout *l) {
    enum { NEEDED = 47, BITS = 11, SPEED = 19 }; /* columns behind the name */
    const int width = ll_say_width(stdout);
    l->bits = width == 0 || width >= l->name + NEEDED + BITS;
    l->speed = width == 0 || width >= l->name + NEEDED + BITS + SPEED;
}

static void print_header(const layout *l) {
    ll_say("%-*s  %-8s %8s %8s %9s %8s", l->name, "name", "state", "N", "D", "6ND", "loss");
    if (l->bits) ll_say(" %10s", "bits/byte");
    if (l->speed) ll_say(" %9s %8s", "tokens/s", "wall");
    ll_say("\n");
}

/* What a line of the table says. */
typedef struct shown {
    char ladder[sizeof((ll_run *)0)->ladder], name[sizeof((ll_run *)0)->name];
    ll_run_state state;
    double params, tokens, flops, loss, bits_per_byte, tokens_per_s, wall_s;
} shown;

static shown shown_of(const ll_run *r) {
    shown s = { .state = r->state,
                .params = ll_run_count(r),
                .tokens = r->tokens,
                .flops = r->flops,
                .loss = r->loss,
                .bits_per_byte = ll_run_bits_per_byte(r),
                .tokens_per_s = r->tokens_per_s,
                .wall_s = r->wall_s };
    strcpy(s.ladder, r->ladder);
    strcpy(s.name, r->name);
    return s;
}

static void print_run(const shown *r, const layout *l) {
    char n[32], d[32], c[32], speed[32], wall[32];
    ll_say("%-*s  %-8s %8s %8s %9s", l->name, r->name, ll_run_state_name(r->state),
           ll_units_show(r->params, n, sizeof n), ll_units_show(r->tokens, d, sizeof d),
           ll_units_show(r->flops, c, sizeof c));
    ll_show_fixed(r->loss, 8, 4);
    if (l->bits) ll_show_fixed(r->bits_per_byte, 10, 4);
    if (l->speed)
        ll_say(" %9s %8s", ll_units_show(r->tokens_per_s, speed, sizeof speed),
               ll_units_show_seconds(r->wall_s, wall, sizeof wall));
    ll_say("\n");
}

enum { COLUMNS = 64 };

/* A list on its way out. */
typedef struct listing {
    const list_args *args;
    int64_t n; /* said */
    bool begun;
    layout layout;
    char ladder[sizeof((ll_run *)0)->ladder]; /* of the last */
    ll_json_list json;
    const ll_run_field *field[COLUMNS];
    ll_json *column[COLUMNS];
    int n_columns;
    ll_json *scored; /* ids of the runs, where their scores are asked for */
} listing;

static void say_shown(listing *l, const shown *r) {
    const bool first = l->n == 0 || strcmp(r->ladder, l->ladder) != 0;
    if (first && l->n) ll_say("\n");
    if (first && *r->ladder) ll_say("ladder %s\n", r->ladder);
    else if (first) ll_say("imported\n");
    if (first) print_header(&l->layout);
    print_run(r, &l->layout);
    memcpy(l->ladder, r->ladder, sizeof l->ladder);
    l->n++;
}

static ll_status say_json(void *ctx, const ll_run *r, ll_error *err) {
    listing *l = ctx;
    return ll_json_list_item(&l->json, ll_run_json(r), err);
}

/* Held until the widest name is known. Where they are too many to be held all, the names are read ahead of the rest. */
enum { HELD = 1 << 14 };

typedef struct holding {
    listing *list;
    ll_store *store;
    const char *ladder;
    int state;
    bool over; /* the widths are known: each is said as it comes */
    int64_t n;
    shown at[HELD];
} holding;

static void say_held(holding *h) {
    choose_columns(&h->list->layout);
    for (int64_t i = 0; i < h->n; i++) say_shown(h->list, &h->at[i]);
    h->over = true;
}

static ll_status hold(void *ctx, const ll_run *r, ll_error *err) {
    holding *h = ctx;
    listing *l = h->list;
    const shown one = shown_of(r);
    if (!h->over && h->n == HELD) {
        LL_TRY(ll_store_visit_names(h->store, h->ladder, h->state, l->args->where, widen, &l->layout, err));
        say_held(h);
    }
    if (h->over) return say_shown(l, &one), LL_OK;
    h->at[h->n++] = one;
    return widen(&l->layout, one.name, err);
}

static ll_status say_table(listing *l, ll_store *s, const char *ladder, int state, ll_error *err) {
    holding *h = malloc(sizeof *h);
    if (!h) return LL_FAIL(err, LL_ENOMEM, "out of memory for a list");
    h->list = l, h->store = s, h->ladder = ladder, h->state = state, h->over = false, h->n = 0;
    l->layout = (layout) { .name = 4 };
    const ll_status status = ll_store_visit_listed(s, ladder, state, l->args->where, hold, h, err);
    if (status == LL_OK && !h->over) say_held(h);
    free(h);
    if (status == LL_OK && l->n == 0) ll_cli_say_no_runs(l->args->store);
    return status;
}

static ll_status say_document(listing *l, ll_store *s, const char *ladder, int state, ll_error *err) {
    ll_json *doc = ll_json_object();
    int64_t n;
    ll_status status = ll_store_count_runs(s, ladder, state, l->args->where, &n, err);
    if (status != LL_OK) return ll_json_free(doc), status;
    ll_json_set_str(doc, "schema", "loglog.runs/1");
    ll_json_set_int(doc, "n", n);
    LL_TRY(ll_json_list_open(&l->json, doc, "runs", err));
    LL_TRY(ll_store_visit_listed(s, ladder, state, l->args->where, say_json, l, err));
    ll_json_list_close(&l->json);
    return LL_OK;
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

static ll_status open_columns(listing *l, ll_json *into, ll_error *err) {
    for (const char *at = l->args->columns; *at; at += strcspn(at, ","), at += *at == ',') {
        const size_t size = strcspn(at, ",");
        const ll_run_field *f = field_named(at, size);
        if (size == strlen("scores") && strncmp(at, "scores", size) == 0) {
            l->scored = l->scored ? l->scored : ll_json_array();
            continue;
        }
        if (!f) return LL_FAIL(err, LL_EINPUT, "--columns: a run has no '%.*s'", size < 40 ? (int)size : 40, at);
        if (l->n_columns == COLUMNS) return LL_FAIL(err, LL_EINPUT, "--columns: at most %d of them", COLUMNS);
        l->field[l->n_columns] = f;
        l->column[l->n_columns] = ll_json_array();
        ll_json_set(into, f->name, l->column[l->n_columns++]);
    }
    return LL_OK;
}

static ll_status say_columns(void *ctx, const ll_run *r, ll_error *err) {
    listing *l = ctx;
    (void)err;
    for (int i = 0; i < l->n_columns; i++) ll_json_push(l->column[i], value_json(l->field[i], r));
    if (l->scored) ll_json_push(l->scored, ll_json_str(r->id));
    l->n++;
    return LL_OK;
}

/* On one line: indented it would be twice as long. */
static ll_status say_column_document(listing *l, ll_store *s, const char *ladder, int state, ll_error *err) {
    ll_json *doc = ll_json_object(), *columns = ll_json_object();
    ll_status status = open_columns(l, columns, err);
    if (status == LL_OK) status = ll_store_visit_listed(s, ladder, state, l->args->where, say_columns, l, err);
    if (status == LL_OK && l->scored) status = ll_score_columns(s, ladder, l->scored, columns, err);
    ll_json_free(l->scored);
    ll_json_set_str(doc, "schema", "loglog.run-columns/1");
    ll_json_set_int(doc, "n", l->n);
    ll_json_set(doc, "columns", columns);
    char *text = status == LL_OK ? ll_json_text(doc, false) : NULL;
    ll_json_free(doc);
    if (text) ll_say_json(text);
    free(text);
    return status;
}

/* What is said already cannot be said anew. */
static ll_status say_all(ll_store *s, void *ctx, ll_error *err) {
    listing *l = ctx;
    char ladder[17];
    const int state = ll_run_state_named(l->args->state);
    if (l->begun) return LL_FAIL(err, LL_EIO, "%s: the connection was lost amid the list", l->args->store);
    LL_TRY(ll_show_ladder_id(s, l->args->ladder, ladder, err));
    l->begun = true;
    if (*l->args->columns) return say_column_document(l, s, ladder, state, err);
    return (l->args->json ? say_document : say_table)(l, s, ladder, state, err);
}

static ll_status list_runs(const list_args *a, ll_error *err) {
    ll_store *s;
    listing l = { .args = a };
    LL_TRY(ll_cli_open_store(&s, a->store, LL_STORE_READ, err));
    const ll_status status = ll_store_read(s, say_all, &l, err);
    ll_store_close(s);
    return status;
}

static int run_list(const ll_verb *verb, int argc, char **argv) {
    list_args a;
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("runs list: unexpected '%.80s'", words.at[0]);
    if (*a.columns && !a.json) return ll_cli_usage("runs list: --columns is of --json");
    return list_runs(&a, &err) == LL_OK ? ll_cli_flush() : ll_cli_fail(&err);
}

const ll_verb ll_verb_runs_list = { "runs list",
                                    "list the runs of a store",
                                    "usage: loglog runs list [--ladder NAME] [--state done] [--where CLAUSE]\n"
                                    "\n"
                                    "example: loglog runs list --where 'loss < 3 and width >= 64'\n",
                                    options,
                                    sizeof options / sizeof *options,
                                    run_list };
