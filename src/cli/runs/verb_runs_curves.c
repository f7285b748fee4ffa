#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/show/show_run.h"
#include "cli/store_named.h"
#include "loglog/units.h"

enum { RUNS_MAX = 200 };

typedef struct curves_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], where[LL_OPTION_TEXT], state[LL_OPTION_NAME];
    int64_t points;
    bool json;
} curves_args;

#define AT(field) offsetof(curves_args, field)
static const ll_option options[] = {
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" },
    { "ladder", LL_OPT_TEXT, AT(ladder), "",
      "where no run is named: a ladder by id or name, or imported; the newest ladder" },
    { "state", LL_OPT_NAME, AT(state), "any", "only runs in this state",
      "any planned running done failed stopped" },
    { "where", LL_OPT_TEXT, AT(where), "", "only runs for which this holds, such as 'loss < 3 and width = 64'" },
    { "points", LL_OPT_INT, AT(points), "300", "of each curve, at most", .min = 4, .max = 1e6 },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document" },
};
#undef AT

/* ---- thinning ---- */

/* Keeps the first and the last point, and of each stretch between them the lowest and the highest loss in their order:
 * a spike stays where it was. Returns how many are left, at most max. */
static int64_t thin(ll_point *p, int64_t n, int64_t max) {
    const int64_t stretches = (max - 2) / 2, between = n - 2;
    int64_t kept = 1;
    if (n <= max) return n;
    for (int64_t k = 0; k < stretches; k++) {
        const int64_t from = 1 + k * between / stretches, to = 1 + (k + 1) * between / stretches;
        int64_t low = from, high = from;
        for (int64_t i = from; i < to; i++) {
            if (!(p[i].loss >= p[low].loss)) low = i;
            if (!(p[i].loss <= p[high].loss)) high = i;
        }
        p[kept++] = p[low < high ? low : high];
        if (low != high) p[kept++] = p[low < high ? high : low];
    }
    p[kept++] = p[n - 1];
    return kept;
}

/* ---- what is asked for ---- */

static ll_status select_ladder(ll_store *s, const curves_args *a, ll_run **runs, int64_t *n, ll_error *err) {
    ll_ladder l;
    ll_error none;
    char id[17] = LL_LADDER_IMPORTED;
    if (strcmp(a->ladder, LL_LADDER_IMPORTED) != 0) {
        const ll_status status = ll_store_get_ladder(s, a->ladder, &l, *a->ladder ? err : &none);
        if (status == LL_OK) memcpy(id, l.id, sizeof id);
        if (status == LL_OK) ll_ladder_clear(&l);
        else if (*a->ladder) return status; /* and a store without ladders shows what was imported */
    }
    return ll_store_list_runs(s, id, ll_run_state_named(a->state), a->where, runs, n, err);
}

static ll_status select_named(ll_store *s, const ll_words *words, ll_run **runs, int64_t *n, ll_error *err) {
    *n = words->n;
    *runs = calloc((size_t)words->n, sizeof **runs);
    if (!*runs) return LL_FAIL(err, LL_ENOMEM, "out of memory for %d runs", words->n);
    for (int i = 0; i < words->n; i++) LL_TRY(ll_store_find_run(s, words->at[i], &(*runs)[i], err));
    return LL_OK;
}

/* ---- what is shown ---- */

static ll_json *curve_json(const ll_run *r, const ll_point *points, int64_t n) {
    ll_json *o = ll_json_object(), *list = ll_json_array();
    const double N = ll_run_count(r);
    ll_json_set_str(o, "id", r->id);
    ll_json_set_str(o, "name", r->name);
    ll_json_set_str(o, "status", ll_run_state_name(r->state));
    ll_json_set_num(o, "params", N);
    for (int64_t i = 0; i < n; i++)
        ll_json_push(list, ll_json_nums((double[]) { (double)points[i].step, points[i].tokens,
                                                     6 * N * points[i].tokens, points[i].loss },
                                        4));
    ll_json_set(o, "points", list);
    return o;
}

static void print_curve(const ll_run *r, const ll_point *points, int64_t n) {
    ll_say("%s  %s\n", r->name, ll_run_state_name(r->state));
    for (int64_t i = 0; i < n; i++) {
        char tokens[32];
        ll_say("%12lld %10s", (long long)points[i].step, ll_units_show(points[i].tokens, tokens, sizeof tokens));
        ll_show_fixed(points[i].loss, 10, 5);
        ll_say("\n");
    }
}

static ll_status show_curve(ll_store *s, const curves_args *a, const ll_run *r, ll_json *list, ll_error *err) {
    ll_point *points;
    int64_t n;
    LL_TRY(ll_store_list_points(s, r->id, &points, &n, err));
    n = thin(points, n, a->points);
    if (list) ll_json_push(list, curve_json(r, points, n));
    else print_curve(r, points, n);
    free(points);
    return LL_OK;
}

static ll_status show_curves(const curves_args *a, const ll_words *words, ll_json *doc, ll_error *err) {
    ll_store *s;
    ll_run *runs = NULL;
    int64_t n = 0;
    ll_json *list = doc ? ll_json_array() : NULL;
    if (doc) ll_json_set(doc, "runs", list);
    LL_TRY(ll_cli_open_store(&s, a->store, LL_STORE_READ, err));
    ll_status status = words->n ? select_named(s, words, &runs, &n, err) : select_ladder(s, a, &runs, &n, err);
    const int64_t shown = n < RUNS_MAX ? n : RUNS_MAX;
    for (int64_t i = 0; i < shown && status == LL_OK; i++) status = show_curve(s, a, &runs[i], list, err);
    if (doc) ll_json_set_int(doc, "left_out", n - shown);
    else if (n > shown && status == LL_OK)
        ll_say("%lld more runs are left out: name those that are meant\n", (long long)(n - shown));
    free(runs);
    ll_store_close(s);
    return status;
}

static int run_curves(const ll_verb *verb, int argc, char **argv) {
    curves_args a;
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    ll_json *doc = a.json ? ll_json_object() : NULL;
    if (doc) ll_json_set_str(doc, "schema", "loglog.curves/1");
    if (show_curves(&a, &words, doc, &err) != LL_OK) {
        ll_json_free(doc);
        return ll_cli_fail(&err);
    }
    return doc ? ll_cli_json(doc) : LL_EXIT_DONE;
}

const ll_verb ll_verb_runs_curves = {
    "runs curves",
    "the learning curves of runs, thinned so that a picture of them loses nothing",
    "usage: loglog runs curves [RUN...] [--ladder NAME] [--points 300]\n"
    "\n"
    "Without a run those of the newest ladder, 200 of them at most. A curve of more points keeps the first and\n"
    "the last, and of each stretch between them the lowest and the highest loss.\n"
    "\n"
    "example: loglog runs curves demo-w64 demo-w96 --points 100\n",
    options,
    sizeof options / sizeof *options,
    run_curves
};
