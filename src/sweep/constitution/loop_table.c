/* What the loop has left in the store, as a table: a row for each run and stage. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sweep/constitution/loop.h"
#include "sweep/sweep.h"

const char *ll_loop_what(const ll_constitution *c, int what) {
    static const char *const names[LL_LOOP_WHAT] = { "all",   "gold",    "kl",     "loss", "tax",
                                                     "flops", "samples", "rounds", "pairs" };
    return what < LL_LOOP_WHAT ? names[what] : c->principle[what - LL_LOOP_WHAT].id;
}

static int what_named(const ll_constitution *c, const char *name) {
    for (int w = 0; w < LL_LOOP_WHAT + c->n; w++)
        if (strcmp(ll_loop_what(c, w), name) == 0) return w;
    return -1;
}

ll_loop_row *ll_loop_add_row(ll_loop_table *t, int64_t run, const char *stage, ll_error *err) {
    ll_loop_row *bigger = realloc(t->row, (size_t)(t->rows + 1) * sizeof *bigger);
    if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for a table"), NULL;
    t->row = bigger;
    ll_loop_row *row = &bigger[t->rows++];
    *row = (ll_loop_row) { .run = run, .cost = { NAN, NAN, NAN, NAN } };
    snprintf(row->stage, sizeof row->stage, "%s", stage);
    for (int w = 0; w < LL_LOOP_WHAT + LL_PRINCIPLES_MOST; w++) row->value[w] = row->se[w] = NAN;
    return row;
}

static ll_loop_row *row_of(ll_loop_table *t, int64_t run, const char *stage, ll_error *err) {
    for (int64_t i = t->rows - 1; i >= 0 && t->row[i].run == run; i--)
        if (strcmp(t->row[i].stage, stage) == 0) return &t->row[i];
    return ll_loop_add_row(t, run, stage, err);
}

static ll_status read_score(ll_loop_table *t, const ll_constitution *c, int64_t run, const ll_run_score *s,
                            ll_error *err) {
    char stage[LL_OPTION_NAME];
    const char *dot = strrchr(s->metric, '.');
    const int what = dot ? what_named(c, dot + 1) : -1;
    if (what < 0 || dot - s->metric >= (int)sizeof stage) return LL_OK;
    snprintf(stage, sizeof stage, "%.*s", (int)(dot - s->metric), s->metric);
    ll_loop_row *row = row_of(t, run, stage, err);
    if (!row) return LL_ENOMEM;
    row->value[what] = s->value;
    row->se[what] = s->se;
    if (what == LL_LOOP_ALL) row->n = s->items;
    return LL_OK;
}

static ll_status read_run(ll_loop_table *t, const ll_constitution *c, ll_store *store, int64_t i, ll_error *err) {
    char settings[LL_LOOP_SETTINGS];
    ll_run_score *scores;
    int64_t n;
    LL_TRY(ll_store_list_scores(store, t->run[i].id, &scores, &n, err));
    ll_status s = LL_OK;
    ll_loop_settings(c, settings);
    for (int64_t k = 0; k < n && s == LL_OK; k++)
        if (!strcmp(scores[k].probe, c->name) && !strcmp(scores[k].settings, settings) &&
            scores[k].step == (int64_t)t->run[i].steps)
            s = read_score(t, c, i, &scores[k], err);
    free(scores);
    return s;
}

/* What stands behind the last dot of step.N and bestof.N; 0: nothing does. */
static int64_t number_of(const char *stage) {
    const char *dot = strrchr(stage, '.');
    return dot ? strtoll(dot + 1, NULL, 10) : 0;
}

static int rank_of(const char *stage) {
    static const char *const order[] = { "before", "supervised", "bestof", "step", "preference" };
    const bool flip = strncmp(stage, "flip_", 5) == 0;
    for (int i = 0; i < 5; i++)
        if (strncmp(stage + (flip ? 5 : 0), order[i], strlen(order[i])) == 0) return i + (flip ? 5 : 0);
    return 10;
}

static int in_order(const void *a, const void *b) {
    const ll_loop_row *x = a, *y = b;
    const int order = rank_of(x->stage) - rank_of(y->stage);
    if (x->run != y->run) return x->run < y->run ? -1 : 1;
    if (order) return order;
    return number_of(x->stage) < number_of(y->stage) ? -1 : number_of(x->stage) > number_of(y->stage);
}

ll_status ll_loop_read(ll_loop_table *out, const ll_constitution *c, const ll_loop_opts *opts, ll_error *err) {
    ll_store *store;
    *out = (ll_loop_table) { 0 };
    LL_TRY(ll_store_open_there(&store, opts->store, LL_STORE_READ, err));
    ll_status s = ll_loop_select_runs(store, opts, &out->run, &out->runs, err);
    for (int64_t i = 0; i < out->runs && s == LL_OK; i++) s = read_run(out, c, store, i, err);
    if (s == LL_OK) s = ll_loop_price(out, store, opts, err);
    ll_store_close(store);
    if (out->rows) qsort(out->row, (size_t)out->rows, sizeof *out->row, in_order);
    if (s != LL_OK) ll_loop_table_clear(out);
    return s;
}

void ll_loop_table_clear(ll_loop_table *t) {
    free(t->run);
    free(t->row);
    *t = (ll_loop_table) { 0 };
}
