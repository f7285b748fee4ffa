#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/show_run.h"
#include "loglog/units.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define STORE_HELP "the store"

/* ---- runs list ---- */

typedef struct list_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], where[LL_OPTION_TEXT], state[LL_OPTION_NAME];
    bool json;
} list_args;

#define AT(field) offsetof(list_args, field)
static const ll_option list_options[] = {
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", STORE_HELP },
    { "ladder", LL_OPT_TEXT, AT(ladder), "", "only this ladder, by id or name" },
    { "state", LL_OPT_NAME, AT(state), "any", "only runs in this state",
      "any planned running done failed stopped" },
    { "where", LL_OPT_TEXT, AT(where), "", "only runs for which this holds, such as 'loss < 3 and width = 64'" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document" },
};
#undef AT

static int state_of(const char *name) {
    for (int k = LL_RUN_PLANNED; k <= LL_RUN_STOPPED; k++)
        if (strcmp(name, ll_run_state_name((ll_run_state)k)) == 0) return k;
    return -1;
}

static void show_fixed(double v, int width, int decimals) {
    if (isnan(v)) printf(" %*s", width, "-");
    else printf(" %*.*f", width, decimals, v);
}

static void print_run(const ll_run *r, int width) {
    char n[32], d[32], c[32], speed[32], wall[32];
    ll_show_text(stdout, r->name, width);
    printf("  %-8s %8s %8s %9s", ll_run_state_name(r->state), ll_units_show(ll_run_count(r), n, sizeof n),
           ll_units_show(r->tokens, d, sizeof d), ll_units_show(r->flops, c, sizeof c));
    show_fixed(r->loss, 8, 4);
    show_fixed(ll_run_bits_per_byte(r), 10, 4);
    printf(" %9s %8s\n", ll_units_show(r->tokens_per_s, speed, sizeof speed),
           ll_units_show_seconds(r->wall_s, wall, sizeof wall));
}

static void print_runs(const ll_run *runs, int64_t n) {
    int width = 4;
    for (int64_t i = 0; i < n; i++)
        if ((int)strlen(runs[i].name) > width) width = (int)strlen(runs[i].name);
    for (int64_t i = 0; i < n; i++) {
        bool first = i == 0 || strcmp(runs[i].ladder, runs[i - 1].ladder) != 0;
        if (first && *runs[i].ladder) printf("%sladder %s\n", i ? "\n" : "", runs[i].ladder);
        else if (first) puts("imported");
        if (first)
            printf("%-*s  %-8s %8s %8s %9s %8s %10s %9s %8s\n", width, "name", "state", "N", "D", "C", "loss",
                   "bits/byte", "tokens/s", "wall");
        print_run(&runs[i], width);
    }
    if (n == 0) puts("no runs");
}

static int list_json(const ll_run *runs, int64_t n) {
    ll_json *doc = ll_json_object(), *list = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.runs/1");
    ll_json_set_int(doc, "n", n);
    for (int64_t i = 0; i < n; i++) ll_json_push(list, ll_show_run_json(&runs[i]));
    ll_json_set(doc, "runs", list);
    return ll_cli_json(doc);
}

static ll_status select_runs(const list_args *a, ll_run **runs, int64_t *n, ll_error *err) {
    ll_store *s;
    char ladder[17];
    LL_TRY(ll_store_open(&s, a->store, LL_STORE_READ, err));
    ll_status status = ll_show_ladder_id(s, a->ladder, ladder, err);
    if (status == LL_OK) status = ll_store_list_runs(s, ladder, state_of(a->state), a->where, runs, n, err);
    ll_store_close(s);
    return status;
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
    if (select_runs(&a, &runs, &n, &err) != LL_OK) return ll_cli_fail(&err);
    if (a.json) code = list_json(runs, n);
    else print_runs(runs, n), code = LL_EXIT_DONE;
    free(runs);
    return code;
}

const ll_verb ll_verb_runs_list = { "runs list",
                                    "list the runs of a store",
                                    "usage: loglog runs list [--ladder NAME] [--state done] [--where CLAUSE]\n"
                                    "\n"
                                    "example: loglog runs list --where 'loss < 3 and width >= 64'\n",
                                    list_options,
                                    COUNT(list_options),
                                    run_list };

/* ---- runs show ---- */

typedef struct show_args {
    char store[LL_OPTION_TEXT];
    bool json;
} show_args;

static const ll_option show_options[] = {
    { "store", LL_OPT_TEXT, offsetof(show_args, store), "loglog.db", STORE_HELP },
    { "json", LL_OPT_BOOL, offsetof(show_args, json), "false", "one JSON document" },
};

static void print_field(const ll_run_field *f, const ll_run *r) {
    const void *at = (const char *)r + f->offset;
    bool known = f->kind == LL_FIELD_STATE || (f->kind == LL_FIELD_TEXT && *(const char *)at) ||
                 (f->kind == LL_FIELD_INT && *(const int64_t *)at) ||
                 (f->kind == LL_FIELD_REAL && !isnan(*(const double *)at));
    if (!known) return;
    printf("%-16s ", f->name);
    switch (f->kind) {
    case LL_FIELD_TEXT: ll_show_text(stdout, at, 0); break;
    case LL_FIELD_STATE: fputs(ll_run_state_name(*(const ll_run_state *)at), stdout); break;
    case LL_FIELD_INT: printf("%lld", (long long)*(const int64_t *)at); break;
    case LL_FIELD_REAL: printf("%.10g", *(const double *)at);
    }
    putchar('\n');
}

static void print_whole(const ll_run *r, const ll_point *points, int64_t n) {
    for (const ll_run_field *f = ll_run_fields; f->name; f++) print_field(f, r);
    if (!isnan(ll_run_bits_per_byte(r))) printf("%-16s %.10g\n", "bits_per_byte", ll_run_bits_per_byte(r));
    if (n) printf("\n%12s %10s %10s %10s %10s\n", "step", "tokens", "loss", "se", "train_loss");
    for (int64_t i = 0; i < n; i++) {
        char tokens[32];
        printf("%12lld %10s", (long long)points[i].step, ll_units_show(points[i].tokens, tokens, sizeof tokens));
        show_fixed(points[i].loss, 10, 5);
        show_fixed(points[i].se, 10, 5);
        show_fixed(points[i].train_loss, 10, 5);
        putchar('\n');
    }
}

static int whole_json(const ll_run *r, const ll_point *points, int64_t n) {
    ll_json *doc = ll_json_object(), *list = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.run/1");
    ll_json_set(doc, "run", ll_show_run_json(r));
    for (int64_t i = 0; i < n; i++) {
        ll_json *p = ll_json_object();
        ll_json_set_int(p, "step", points[i].step);
        ll_json_set_num(p, "tokens", points[i].tokens);
        ll_json_set_num(p, "loss", points[i].loss);
        ll_json_set_num(p, "se", points[i].se);
        ll_json_set_num(p, "train_loss", points[i].train_loss);
        ll_json_push(list, p);
    }
    ll_json_set(doc, "points", list);
    return ll_cli_json(doc);
}

static ll_status read_whole(const char *path, const char *word, ll_run *r, ll_point **points, int64_t *n,
                            ll_error *err) {
    ll_store *s;
    LL_TRY(ll_store_open(&s, path, LL_STORE_READ, err));
    ll_status status = ll_store_find_run(s, word, r, err);
    if (status == LL_OK) status = ll_store_list_points(s, r->id, points, n, err);
    ll_store_close(s);
    return status;
}

static int run_show(const ll_verb *verb, int argc, char **argv) {
    show_args a;
    ll_words words;
    ll_error err = { 0 };
    ll_run run;
    ll_point *points;
    int64_t n;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("runs show: expected one run, by id or name");
    if (read_whole(a.store, words.at[0], &run, &points, &n, &err) != LL_OK) return ll_cli_fail(&err);
    if (a.json) code = whole_json(&run, points, n);
    else print_whole(&run, points, n), code = LL_EXIT_DONE;
    free(points);
    return code;
}

const ll_verb ll_verb_runs_show = { "runs show",
                                    "show one run with its learning curve",
                                    "usage: loglog runs show RUN\n"
                                    "\n"
                                    "RUN is an id, a name, or a beginning of either that only one run has.\n"
                                    "\n"
                                    "example: loglog runs show demo-w64\n",
                                    show_options,
                                    COUNT(show_options),
                                    run_show };

/* ---- runs drop ---- */

typedef struct drop_args {
    char store[LL_OPTION_TEXT];
    bool yes, json;
} drop_args;

static const ll_option drop_options[] = {
    { "store", LL_OPT_TEXT, offsetof(drop_args, store), "loglog.db", STORE_HELP },
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
        LL_TRY(ll_store_find_run(s, words->at[i], &runs[i], err));
        LL_TRY(ll_store_list_points(s, runs[i].id, &points, &n, err));
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
    const char *ids[COUNT(words->at)];
    LL_TRY(ll_store_open(&s, a->store, a->yes ? LL_STORE_WRITE : LL_STORE_READ, err));
    ll_run *runs = calloc(COUNT(words->at), sizeof *runs);
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
                                    drop_options,
                                    COUNT(drop_options),
                                    run_drop };
