#include "sweep/design/rated_curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/exchange/exchange.h"
#include "store/run_table.h"
#include "sweep/design/design.h"

enum { EVEN = 64 }; /* rows of a run without a loss, evenly along it */

typedef struct reading {
    ll_store *s;
    ll_rated_curves *out;
    ll_run_table rt;
    int64_t room;    /* of the marks */
    char ladder[17]; /* whose rungs these are */
    ll_rung *rungs;
    int64_t n;
} reading;

/* ---- the rate along a run ---- */

static ll_status read_rungs(reading *r, const ll_run *run, ll_error *err) {
    ll_ladder ladder;
    ll_spec spec;
    if (strcmp(r->ladder, run->ladder) == 0) return LL_OK;
    free(r->rungs);
    r->rungs = NULL;
    r->n = 0;
    strcpy(r->ladder, run->ladder);
    LL_TRY(ll_store_get_ladder(r->s, run->ladder, &ladder, err));
    ll_status status = ll_spec_parse(&spec, ladder.spec, ladder.id, err);
    ll_ladder_clear(&ladder);
    if (status != LL_OK || ll_spec_has_command(&spec)) return status;
    return ll_design_rungs(&spec, run->vocab, &r->rungs, &r->n, err);
}

/* The rung that the run was trained as; NULL where none has its name. A command's rates are its own. */
static const ll_rung *rung_of(const reading *r, const ll_run *run) {
    for (int64_t i = 0; i < r->n; i++)
        if (strcmp(r->rungs[i].name, run->name) == 0) return &r->rungs[i];
    return NULL;
}

/* ---- rows ---- */

static ll_status make_room(reading *r, ll_error *err) {
    ll_rated_curves *c = r->out;
    const int64_t used = r->rt.t.rows, room = r->room ? 2 * r->room : 1024;
    if (used < r->room) return LL_OK;
    bool *bigger = calloc((size_t)(2 * room), sizeof *bigger);
    if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld points", (long long)room);
    if (used) memcpy(bigger, c->fitted, (size_t)used), memcpy(bigger + room, c->judged, (size_t)used);
    free(c->fitted);
    c->fitted = bigger;
    c->judged = bigger + room;
    r->room = room;
    return LL_OK;
}

typedef struct asked {
    bool fitted, judged;
} asked;

static ll_status add(reading *r, const ll_run *run, const ll_rung *rung, int64_t step, const ll_point *p, asked a,
                     ll_error *err) {
    const ll_point none = { .loss = NAN, .se = NAN };
    LL_TRY(make_room(r, err));
    ll_run at = ll_run_at_point(run, p ? p : &none);
    at.steps = (double)step;
    at.tokens = run->tokens * (double)step / run->steps;
    at.lr = rung->lr * ll_schedule_at(&rung->schedule, step);
    r->out->fitted[r->rt.t.rows] = a.fitted && p;
    r->out->judged[r->rt.t.rows] = a.judged && p;
    return ll_run_table_add(&r->rt, &at, err);
}

static int by_step(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Steps at which the rate is told whatever the points: even ones, and the ends of warm-up and of level stretches. */
static int64_t even_steps(const ll_rung *rung, int64_t out[EVEN + 3]) {
    int64_t n = 0;
    for (int64_t k = 0; k <= EVEN; k++) out[n++] = rung->steps * k / EVEN;
    out[n++] = rung->schedule.warmup;
    out[n++] = rung->steps - rung->schedule.cooldown;
    qsort(out, (size_t)n, sizeof *out, by_step);
    return n;
}

static ll_status add_rows(reading *r, const ll_run *run, const ll_rung *rung, const ll_point *p, int64_t n, asked a,
                          ll_error *err) {
    int64_t even[EVEN + 3], last = -1;
    const int64_t n_even = even_steps(rung, even);
    for (int64_t i = 0, k = 0; i < n || k < n_even;) {
        const bool point = i < n && (k == n_even || p[i].step <= even[k]);
        const int64_t step = point ? p[i].step : even[k];
        const ll_point *at = point && p[i].loss > 0 ? &p[i] : NULL;
        if (step > last && step <= rung->steps) LL_TRY(add(r, run, rung, step, at, a, err));
        if (step > last) last = step;
        if (point) i++;
        else k++;
    }
    return LL_OK;
}

static ll_status add_run(reading *r, const ll_run *run, asked a, ll_error *err) {
    const ll_rung *rung = NULL;
    ll_point *points;
    int64_t n;
    if (*run->ladder) {
        LL_TRY(read_rungs(r, run, err));
        rung = rung_of(r, run);
    }
    if (!rung) return r->out->unknown++, LL_OK;
    LL_TRY(ll_store_list_points(r->s, run->id, &points, &n, err));
    const ll_status status = add_rows(r, run, rung, points, n, a, err);
    free(points);
    return status;
}

/* ---- which runs ---- */

/* Rows of one run lie behind each other, and the table's names tell runs apart. */
static ll_status number_runs(ll_table *t, ll_error *err) {
    char **name = t->text[LL_COL_RUN];
    t->cluster = calloc((size_t)t->rows + 1, sizeof *t->cluster);
    if (!t->cluster) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld points", (long long)t->rows);
    for (int64_t i = 1; i < t->rows; i++) t->cluster[i] = t->cluster[i - 1] + (strcmp(name[i], name[i - 1]) != 0);
    return LL_OK;
}

typedef struct list {
    ll_run *run;
    int64_t n, at;
} list;

/* Lists come in one order: whether the run is the next of this one. */
static bool has(list *l, const ll_run *run) {
    const bool is = l->at < l->n && strcmp(l->run[l->at].id, run->id) == 0;
    l->at += is;
    return is;
}

static ll_status add_all(reading *r, list *all, list *fitted, list *judged, ll_error *err) {
    for (int64_t i = 0; i < all->n; i++) {
        const ll_run *run = &all->run[i];
        const asked a = { has(fitted, run), has(judged, run) };
        if ((a.fitted || a.judged) && strcmp(run->role, "excluded") != 0) LL_TRY(add_run(r, run, a, err));
    }
    return LL_OK;
}

static ll_status read_lists(reading *r, const char *ladder, const char *where, const char *judge, ll_error *err) {
    list all = { 0 }, fitted = { 0 }, judged = { 0 };
    ll_status s = ll_store_list_runs(r->s, ladder, LL_RUN_DONE, NULL, &all.run, &all.n, err);
    if (s == LL_OK) s = ll_store_list_runs(r->s, ladder, LL_RUN_DONE, where, &fitted.run, &fitted.n, err);
    if (s == LL_OK && *judge) s = ll_store_list_runs(r->s, ladder, LL_RUN_DONE, judge, &judged.run, &judged.n, err);
    if (s == LL_OK) s = add_all(r, &all, &fitted, &judged, err);
    free(all.run);
    free(fitted.run);
    free(judged.run);
    return s;
}

ll_status ll_rated_curves_read(ll_rated_curves *out, ll_store *s, const char *ladder, const char *where,
                               const char *judge, ll_error *err) {
    reading r = { .s = s, .out = out };
    *out = (ll_rated_curves) { 0 };
    ll_run_table_open(&r.rt, false);
    ll_status status = read_lists(&r, ladder, where, judge, err);
    free(r.rungs);
    status = ll_run_table_close(&r.rt, status, &out->table, err);
    if (status == LL_OK) status = number_runs(&out->table, err);
    if (status != LL_OK) ll_rated_curves_clear(out);
    return status;
}

void ll_rated_curves_clear(ll_rated_curves *c) {
    free(c->fitted);
    ll_table_clear(&c->table);
    *c = (ll_rated_curves) { 0 };
}
