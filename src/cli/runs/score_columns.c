#include "cli/runs/score_columns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct place { /* of a run in the list */
    const char *id;
    int64_t at;
} place;

typedef struct column {
    char name[LL_SCORE_NAME];
    double *v; /* [2 n]: values, then their errors */
} column;

typedef struct table {
    place *places; /* [n] by id */
    int64_t n;
    column *columns;
    int64_t n_columns;
} table;

static int by_id(const void *a, const void *b) {
    return strcmp(((const place *)a)->id, ((const place *)b)->id);
}

static ll_status find_column(table *t, const char *name, column **out, ll_error *err) {
    for (int64_t i = 0; i < t->n_columns; i++)
        if (strcmp(t->columns[i].name, name) == 0) return *out = &t->columns[i], LL_OK;
    column *bigger = realloc(t->columns, (size_t)(t->n_columns + 1) * sizeof *bigger);
    if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for scores");
    t->columns = bigger;
    column *c = &t->columns[t->n_columns];
    *c = (column) { .v = malloc((size_t)(2 * t->n) * sizeof *c->v) };
    if (!c->v) return LL_FAIL(err, LL_ENOMEM, "out of memory for scores of %lld runs", (long long)t->n);
    snprintf(c->name, sizeof c->name, "%s", name);
    for (int64_t i = 0; i < 2 * t->n; i++) c->v[i] = NAN;
    t->n_columns++;
    *out = c;
    return LL_OK;
}

static ll_status take(void *ctx, const char *run, const ll_run_score *score, ll_error *err) {
    table *t = ctx;
    char name[LL_SCORE_NAME];
    column *c = NULL;
    const place *p = bsearch(&(place) { .id = run }, t->places, (size_t)t->n, sizeof *t->places, by_id);
    if (!p) return LL_OK;
    snprintf(name, sizeof name, "%s.%s", score->probe, score->metric);
    LL_TRY(find_column(t, name, &c, err));
    c->v[p->at] = score->value;
    c->v[t->n + p->at] = score->se;
    return LL_OK;
}

static void set_columns(const table *t, ll_json *out) {
    char name[LL_SCORE_NAME + 4];
    for (int64_t i = 0; i < t->n_columns; i++) {
        const column *c = &t->columns[i];
        snprintf(name, sizeof name, "%s_se", c->name);
        ll_json_set(out, c->name, ll_json_nums(c->v, (size_t)t->n));
        ll_json_set(out, name, ll_json_nums(c->v + t->n, (size_t)t->n));
    }
}

ll_status ll_score_columns(ll_store *s, const char *ladder, const ll_json *ids, ll_json *out, ll_error *err) {
    const int64_t n = (int64_t)ll_json_size(ids);
    table t = { .n = n };
    if (n == 0) return LL_OK;
    t.places = malloc((size_t)n * sizeof *t.places);
    if (!t.places) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    for (int64_t i = 0; i < n; i++) t.places[i] = (place) { ll_json_as_str(ll_json_at(ids, (size_t)i)), i };
    qsort(t.places, (size_t)n, sizeof *t.places, by_id);
    const ll_status status = ll_store_visit_scores(s, ladder, false, take, &t, err);
    if (status == LL_OK) set_columns(&t, out);
    for (int64_t i = 0; i < t.n_columns; i++) free(t.columns[i].v);
    free(t.columns);
    free(t.places);
    return status;
}
