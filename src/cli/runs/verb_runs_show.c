#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/runs/json_list.h"
#include "cli/show/show_run.h"
#include "cli/store_named.h"
#include "loglog/units.h"
#include "sweep/asking/rung_log.h"

typedef struct show_args {
    char store[LL_OPTION_TEXT];
    bool json;
} show_args;

static const ll_option options[] = {
    { "store", LL_OPT_TEXT, offsetof(show_args, store), "loglog.db", "the store" },
    { "json", LL_OPT_BOOL, offsetof(show_args, json), "false", "one JSON document" },
};

static void print_field(const ll_run_field *f, const ll_run *r) {
    const void *at = (const char *)r + f->offset;
    bool known = f->kind == LL_FIELD_STATE || (f->kind == LL_FIELD_TEXT && *(const char *)at) ||
                 (f->kind == LL_FIELD_INT && *(const int64_t *)at) ||
                 (f->kind == LL_FIELD_REAL && !isnan(*(const double *)at));
    if (!known) return;
    ll_say("%-16s ", f->name);
    switch (f->kind) {
    case LL_FIELD_TEXT: ll_say("%s", (const char *)at); break;
    case LL_FIELD_STATE: ll_say("%s", ll_run_state_name(*(const ll_run_state *)at)); break;
    case LL_FIELD_INT: ll_say("%lld", (long long)*(const int64_t *)at); break;
    case LL_FIELD_REAL: ll_say("%.10g", *(const double *)at);
    }
    ll_say("\n");
}

static void print_log(const ll_json *log) {
    if (ll_json_size(log)) ll_say("\nthe end of its log\n");
    for (size_t i = 0; i < ll_json_size(log); i++) ll_say("  %s\n", ll_json_as_str(ll_json_at(log, i)));
}

static void print_whole(const ll_run *r, const ll_point *points, int64_t n) {
    for (const ll_run_field *f = ll_run_fields; f->name; f++) print_field(f, r);
    if (!isnan(ll_run_bits_per_byte(r))) ll_say("%-16s %.10g\n", "bits_per_byte", ll_run_bits_per_byte(r));
    if (n) ll_say("\n%12s %10s %10s %10s %10s\n", "step", "tokens", "loss", "se", "train_loss");
    for (int64_t i = 0; i < n; i++) {
        char tokens[32];
        ll_say("%12lld %10s", (long long)points[i].step, ll_units_show(points[i].tokens, tokens, sizeof tokens));
        ll_show_fixed(points[i].loss, 10, 5);
        ll_show_fixed(points[i].se, 10, 5);
        ll_show_fixed(points[i].train_loss, 10, 5);
        ll_say("\n");
    }
}

static ll_json *point_json(const ll_point *point) {
    ll_json *p = ll_json_object();
    ll_json_set_int(p, "step", point->step);
    ll_json_set_num(p, "tokens", point->tokens);
    ll_json_set_num(p, "loss", point->loss);
    ll_json_set_num(p, "se", point->se);
    ll_json_set_num(p, "train_loss", point->train_loss);
    return p;
}

/* Takes the log. */
static ll_status say_json(const ll_run *r, const ll_point *points, int64_t n, ll_json *log, ll_error *err) {
    ll_json *doc = ll_json_object();
    ll_json_list list;
    ll_json_set_str(doc, "schema", "loglog.run/1");
    ll_json_set(doc, "run", ll_run_json(r));
    ll_json_set(doc, "log", log);
    LL_TRY(ll_json_list_open(&list, doc, "points", err));
    for (int64_t i = 0; i < n; i++) LL_TRY(ll_json_list_item(&list, point_json(&points[i]), err));
    ll_json_list_close(&list);
    return LL_OK;
}

static ll_status read_whole(const char *path, const char *word, ll_run *r, ll_point **points, int64_t *n,
                            ll_error *err) {
    ll_store *s;
    LL_TRY(ll_cli_open_store(&s, path, LL_STORE_READ, err));
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
    ll_json *log = ll_rung_log(a.store, &run);
    if (a.json) code = say_json(&run, points, n, log, &err) == LL_OK ? ll_cli_flush() : ll_cli_fail(&err);
    else {
        print_whole(&run, points, n);
        print_log(log);
        ll_json_free(log);
        code = LL_EXIT_DONE;
    }
    free(points);
    return code;
}

const ll_verb ll_verb_runs_show = { "runs show",
                                    "show one run with its learning curve and the end of its log",
                                    "usage: loglog runs show RUN\n"
                                    "\n"
                                    "RUN is an id, a name, or a beginning of either that only one run has.\n"
                                    "\n"
                                    "example: loglog runs show demo-w64\n",
                                    options,
                                    sizeof options / sizeof *options,
                                    run_show };
