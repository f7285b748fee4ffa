#include "forecast/end/courses.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/text.h"
#include "store/observation.h"

enum { WORD = 80 };

static ll_status no_memory(int64_t n, ll_error *err) {
    return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld points of learning curves", (long long)n);
}

/* Room for n runs of points points, whose names have so many bytes. */
static ll_status make_room(ll_courses *c, int64_t n, int64_t points, size_t bytes, ll_error *err) {
    c->at = calloc((size_t)n + 1, sizeof *c->at);
    c->room = malloc(3 * ((size_t)points + 1) * sizeof *c->room);
    c->names = malloc(bytes + 1);
    return c->at && c->room && c->names ? LL_OK : no_memory(points, err);
}

void ll_courses_clear(ll_courses *c) {
    free(c->at);
    free(c->room);
    free(c->names);
    *c = (ll_courses) { 0 };
}

/* ---- a table ---- */

static double count_of(const ll_table *t, const ll_courses *c, int64_t row) {
    return t->num[c->by_tokens ? LL_COL_TOKENS : LL_COL_STEP][row];
}

static double params_of(const ll_table *t, int64_t row) {
    const double N = ll_table_num(t, row, LL_COL_PARAMS);
    return isnan(N) ? ll_table_num(t, row, LL_COL_PARAMS_TOTAL) : N;
}

typedef struct named {
    const char *name;
    int64_t row;
} named;

static int by_name(const void *a, const void *b) {
    const named *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* Which run each row is of, numbered by their first rows, into of [rows]; how many there are, -1 without memory. */
static int64_t number_runs(const ll_table *t, int64_t *of) {
    named *list = malloc(((size_t)t->rows + 1) * sizeof *list);
    int64_t *first = malloc(((size_t)t->rows + 1) * sizeof *first), n = 0;
    for (int64_t i = 0; list && first && i < t->rows; i++) {
        const char *name = t->text[LL_COL_RUN][i];
        list[i] = (named) { name ? name : "", i };
    }
    if (list && first && t->rows) qsort(list, (size_t)t->rows, sizeof *list, by_name);
    for (int64_t i = 0; list && first && i < t->rows; i++) {
        const bool same = i > 0 && strcmp(list[i].name, list[i - 1].name) == 0;
        first[list[i].row] = same ? first[list[i - 1].row] : list[i].row;
    }
    for (int64_t i = 0; list && first && i < t->rows; i++) of[i] = first[i] == i ? n++ : of[first[i]];
    if (!list || !first) n = -1;
    free(list);
    free(first);
    return n;
}

static ll_status check_row(const ll_courses *c, const ll_table *t, int64_t i, const ll_course *run,
                           const char *source, ll_error *err) {
    const double at = count_of(t, c, i), loss = t->num[LL_COL_LOSS][i];
    const char *what = c->by_tokens ? "tokens" : "step";
    char name[WORD];
    ll_text_visible(run->name, name, sizeof name);
    if (!(loss > 0 && isfinite(loss)))
        return LL_FAIL(err, LL_EINPUT, "%s:%lld: run %s: loss is %g, expected a number above 0", source,
                       (long long)t->line[i], name, loss);
    if (!(at >= 0 && isfinite(at)))
        return LL_FAIL(err, LL_EINPUT, "%s:%lld: run %s: %s is %g, expected a number not below 0", source,
                       (long long)t->line[i], name, what, at);
    if (run->n && !(at > run->at[run->n - 1]))
        return LL_FAIL(err, LL_EINPUT, "%s:%lld: run %s: %s %g comes after %g, expected them to rise", source,
                       (long long)t->line[i], name, what, at, run->at[run->n - 1]);
    return LL_OK;
}

static ll_status fill(ll_courses *c, const ll_table *t, const int64_t *of, const char *source, ll_error *err) {
    int64_t *rows = calloc((size_t)c->n + 1, sizeof *rows);
    double *next = c->room;
    char *name = c->names;
    ll_status status = rows ? LL_OK : no_memory(t->rows, err);
    for (int64_t i = 0; rows && i < t->rows; i++) rows[of[i]]++;
    for (int64_t i = 0; status == LL_OK && i < t->rows; i++) {
        ll_course *run = &c->at[of[i]];
        if (!run->at) {
            const char *called = t->text[LL_COL_RUN][i];
            *run = (ll_course) { .name = name, .params = params_of(t, i), .at = next, .loss = next + rows[of[i]] };
            run->rate = t->num[LL_COL_LR] ? next + 2 * rows[of[i]] : NULL;
            next += 3 * rows[of[i]];
            name += sprintf(name, "%s", called ? called : "") + 1;
        }
        const double at = count_of(t, c, i);
        if (at == 0 || isnan(t->num[LL_COL_LOSS][i])) continue;
        status = check_row(c, t, i, run, source, err);
        double *points = c->room + (run->at - c->room);
        points[run->n] = run->end = at;
        points[rows[of[i]] + run->n] = t->num[LL_COL_LOSS][i];
        points[2 * rows[of[i]] + run->n++] = ll_table_num(t, i, LL_COL_LR);
    }
    free(rows);
    return status;
}

static ll_status read_table(ll_courses *c, const ll_table *t, const char *source, ll_error *err) {
    size_t bytes = 0;
    int64_t *of = malloc(((size_t)t->rows + 1) * sizeof *of);
    if (!of) return no_memory(t->rows, err);
    c->n = number_runs(t, of);
    for (int64_t i = 0; i < t->rows; i++)
        bytes += (t->text[LL_COL_RUN][i] ? strlen(t->text[LL_COL_RUN][i]) : 0) + 1;
    ll_status status = c->n < 0 ? no_memory(t->rows, err) : make_room(c, c->n, t->rows, bytes, err);
    if (status == LL_OK) status = fill(c, t, of, source, err);
    free(of);
    return status;
}

ll_status ll_courses_of_table(ll_courses *out, const ll_table *t, const char *source, ll_error *err) {
    *out = (ll_courses) { .by_tokens = t->num[LL_COL_TOKENS] != NULL };
    if (!t->text[LL_COL_RUN])
        return LL_FAIL(err, LL_EINPUT, "%s: no column run (the name of the run of each point): name it with --col",
                       source);
    if (!out->by_tokens && !t->num[LL_COL_STEP])
        return LL_FAIL(err, LL_EINPUT, "%s: no column tokens or step (of each point): name it with --col", source);
    if (!t->num[LL_COL_LOSS])
        return LL_FAIL(err, LL_EINPUT, "%s: no column loss (of each point): name it with --col", source);
    const ll_status status = read_table(out, t, source, err);
    if (status != LL_OK) ll_courses_clear(out);
    out->n_finished = out->n;
    return status;
}

/* ---- a store ---- */

typedef struct points {
    ll_point *at;
    int64_t n;
} points;

/* Finished runs keep their end as the last point. */
static void take(ll_courses *c, const ll_run *r, const points *p, bool finished, double **next, char **name) {
    ll_course *run = &c->at[c->n];
    double *at = *next, *loss = at + p->n + 1;
    *run = (ll_course) { .name = *name, .params = ll_run_count(r), .end = r->tokens, .at = at, .loss = loss };
    for (int64_t k = 0; k < p->n; k++) {
        const ll_point *q = &p->at[k];
        if (!(q->loss > 0 && isfinite(q->loss) && q->tokens > (run->n ? at[run->n - 1] : 0))) continue;
        if (q->tokens >= r->tokens * (1 - 1e-9)) break;
        at[run->n] = q->tokens;
        loss[run->n++] = q->loss;
    }
    if (finished) at[run->n] = r->tokens, loss[run->n++] = r->loss;
    if (run->n == 0) return;
    *next += 2 * (p->n + 1);
    *name += sprintf(*name, "%s", r->name) + 1;
    c->n++;
}

static bool counts(const ll_run *r, const ll_scored_runs *scored, bool finished) {
    if (!(r->tokens > 0)) return false;
    if (finished) return ll_run_observation(r, scored) == LL_OBSERVATION;
    return r->state == LL_RUN_RUNNING && strcmp(r->role, "trunk") != 0;
}

static ll_status take_runs(ll_courses *c, const ll_run *runs, points *p, int64_t n, const ll_scored_runs *scored,
                           ll_error *err) {
    int64_t room = 0;
    size_t bytes = 0;
    for (int64_t i = 0; i < n; i++) room += p[i].n + 1, bytes += strlen(runs[i].name) + 1;
    LL_TRY(make_room(c, n, room, bytes, err));
    double *next = c->room;
    char *name = c->names;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < n; i++)
            if (counts(&runs[i], scored, pass == 0)) take(c, &runs[i], &p[i], pass == 0, &next, &name);
        if (pass == 0) c->n_finished = c->n;
    }
    return LL_OK;
}

static ll_status read_store(ll_courses *c, ll_store *s, const ll_run *runs, int64_t n, ll_error *err) {
    ll_scored_runs scored;
    LL_TRY(ll_store_scored_runs(s, &scored, err));
    points *p = calloc((size_t)n + 1, sizeof *p);
    ll_status status = p ? LL_OK : no_memory(n, err);
    for (int64_t i = 0; status == LL_OK && i < n; i++)
        if (counts(&runs[i], &scored, true) || counts(&runs[i], &scored, false))
            status = ll_store_list_points(s, runs[i].id, &p[i].at, &p[i].n, err);
    if (status == LL_OK) status = take_runs(c, runs, p, n, &scored, err);
    for (int64_t i = 0; p && i < n; i++) free(p[i].at);
    free(p);
    ll_scored_runs_clear(&scored);
    return status;
}

ll_status ll_courses_of_store(ll_courses *out, ll_store *s, const char *ladder, ll_error *err) {
    ll_run *runs;
    int64_t n;
    *out = (ll_courses) { .by_tokens = true };
    LL_TRY(ll_store_list_runs(s, ladder, -1, *ladder ? NULL : "ladder = ''", &runs, &n, err));
    const ll_status status = read_store(out, s, runs, n, err);
    free(runs);
    if (status != LL_OK) ll_courses_clear(out);
    return status;
}
