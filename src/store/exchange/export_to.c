/* Runs on their way into a file, in parts. The first time through them says which columns there are and finds every row
 * that is damaged, the second writes. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/exchange/exchange.h"
#include "store/sql/sql.h"
#include "store/table/table_fill.h"

enum { PART = 1024 }; /* rows at a time */

/* Scores of those rows alone that have any: most of a large store have none. */
typedef struct scored {
    ll_folds have; /* runs, or points of them, that the store has scores of */
    char **id;     /* [t.rows] of the rows of the table that are among them, in its order */
    double *step;
    int64_t room;
    ll_table t;   /* their scores, as measures */
    int64_t next; /* of them that was not written yet */
} scored;

typedef struct writing {
    const ll_export_opts *opts;
    ll_exporting from;
    ll_run_table rt;
    scored scored;
    ll_table_measure
        *measures; /* [n_measures] of a part: numbers beside, then scores, which have room for block rows */
    int64_t n_measures, block;
    FILE *out;
    int64_t rows;
    bool begun;
} writing;

/* ---- rows that have scores ---- */

static uint64_t fold_of(const writing *w, const char *id, double step) {
    const uint64_t fold = ll_fold(LL_FOLD_START, id, strlen(id));
    return w->opts->curves ? ll_fold(fold, &step, sizeof step) : fold;
}

static bool is_scored(const writing *w, int64_t row) {
    const double *step = w->rt.t.num[LL_COL_STEP];
    return w->scored.have.n && ll_folds_has(&w->scored.have, fold_of(w, w->rt.id[row], step ? step[row] : NAN));
}

static ll_status have_score(void *ctx, const char *run, const ll_run_score *score, ll_error *err) {
    writing *w = ctx;
    return ll_folds_add(&w->scored.have, fold_of(w, run, (double)score->step), err);
}

static ll_status note_scored(writing *w, int64_t row, ll_error *err) {
    scored *s = &w->scored;
    const double *step = w->rt.t.num[LL_COL_STEP];
    if (s->t.rows == s->room) {
        const int64_t room = s->room ? 2 * s->room : 64;
        char **id = realloc(s->id, (size_t)room * sizeof *id);
        if (id) s->id = id;
        double *at = realloc(s->step, (size_t)room * sizeof *at);
        if (at) s->step = at;
        if (!id || !at) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)room);
        s->room = room;
    }
    s->step[s->t.rows] = step ? step[row] : NAN;
    if (!(s->id[s->t.rows] = strdup(w->rt.id[row]))) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    s->t.rows++;
    return LL_OK;
}

static void scored_clear(scored *s) {
    for (int64_t i = 0; i < s->t.rows; i++) free(s->id[i]);
    free(s->id);
    free(s->step);
    ll_folds_clear(&s->have);
    ll_table_clear(&s->t);
}

/* ---- the first time ---- */

static ll_status look_at_part(writing *w, ll_error *err) {
    for (int64_t i = 0; i < w->rt.t.rows; i++)
        if (is_scored(w, i)) LL_TRY(note_scored(w, i, err));
    ll_run_table_forget_rows(&w->rt);
    return LL_OK;
}

static ll_status look_at(void *ctx, const ll_run *run, ll_error *err) {
    writing *w = ctx;
    LL_TRY(ll_exporting_add(&w->from, &w->rt, run, err));
    return w->rt.t.rows < PART ? LL_OK : look_at_part(w, err);
}

/* ---- the second ---- */

static ll_table_measure *of_scores(const writing *w) {
    return w->measures + (w->n_measures - w->scored.t.n_measures);
}

static ll_status make_room(writing *w, int64_t rows, ll_error *err) {
    ll_table_measure *m = of_scores(w);
    for (int64_t k = 0; k < w->scored.t.n_measures && rows > w->block; k++) {
        double *bigger = realloc(m[k].value, 2 * (size_t)rows * sizeof *bigger);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)rows);
        m[k].value = bigger;
        m[k].se = bigger + rows;
    }
    w->block = rows > w->block ? rows : w->block;
    return LL_OK;
}

static ll_status open_measures(writing *w, ll_error *err) {
    const ll_table *t = &w->scored.t;
    w->measures = calloc((size_t)(LL_MEASURES_BESIDE + t->n_measures), sizeof *w->measures);
    if (!w->measures) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int k = 0; k < LL_MEASURES_BESIDE; k++)
        if (w->rt.beside[k]) strcpy(w->measures[w->n_measures++].name, ll_measures_beside[k]);
    for (int64_t k = 0; k < t->n_measures; k++) strcpy(w->measures[w->n_measures++].name, t->measures[k].name);
    return make_room(w, PART, err);
}

static void fill_row(writing *w, int64_t row) {
    const ll_table *t = &w->scored.t;
    const bool scored = is_scored(w, row);
    ll_table_measure *to = of_scores(w);
    for (int64_t k = 0; k < t->n_measures; k++) {
        to[k].value[row] = scored ? t->measures[k].value[w->scored.next] : NAN;
        to[k].se[row] = scored ? t->measures[k].se[w->scored.next] : NAN;
    }
    w->scored.next += scored;
}

static ll_status fill_measures(writing *w, ll_error *err) {
    ll_table_measure *m = w->measures;
    for (int k = 0; k < LL_MEASURES_BESIDE; k++)
        if (w->rt.beside[k]) m++->value = w->rt.beside[k];
    LL_TRY(make_room(w, w->rt.t.rows, err));
    for (int64_t i = 0; i < w->rt.t.rows && w->scored.t.n_measures; i++) fill_row(w, i);
    return LL_OK;
}

static ll_table part_of(const writing *w) {
    ll_table part = w->rt.t;
    part.measures = w->measures;
    part.n_measures = w->n_measures;
    return part;
}

static ll_status write_part(writing *w, ll_error *err) {
    LL_TRY(ll_run_table_tell_apart(&w->rt, err));
    LL_TRY(fill_measures(w, err));
    const ll_table part = part_of(w);
    LL_TRY(ll_table_print_rows(&part, w->out, w->opts->jsonl, err));
    w->rows += part.rows;
    ll_run_table_forget_rows(&w->rt);
    return LL_OK;
}

static ll_status write_run(void *ctx, const ll_run *run, ll_error *err) {
    writing *w = ctx;
    LL_TRY(ll_exporting_add(&w->from, &w->rt, run, err));
    return w->rt.t.rows < PART ? LL_OK : write_part(w, err);
}

/* ---- both ---- */

static ll_status visit(writing *w, ll_store *s, ll_run_visit *each, ll_error *err) {
    return ll_store_visit_listed(s, w->opts->ladder, LL_RUN_DONE, w->opts->where, each, w, err);
}

static ll_status look(writing *w, ll_store *s, ll_error *err) {
    const char *ladder = strcmp(w->opts->ladder, LL_LADDER_IMPORTED) == 0 ? "" : w->opts->ladder;
    LL_TRY(ll_store_visit_scores(s, ladder, w->opts->curves, have_score, w, err));
    ll_folds_settle(&w->scored.have, 1);
    LL_TRY(visit(w, s, look_at, err));
    LL_TRY(look_at_part(w, err));
    LL_TRY(ll_run_table_settle(&w->rt, err));
    if (w->scored.t.rows)
        LL_TRY(ll_measures_add_scores(s, w->rt.ladder, w->scored.id, w->opts->curves ? w->scored.step : NULL,
                                      &w->scored.t, err));
    return open_measures(w, err);
}

static ll_status write_all(writing *w, ll_store *s, ll_error *err) {
    const ll_table head = part_of(w);
    w->begun = true;
    ll_table_print_headers(&head, w->out, w->opts->jsonl);
    LL_TRY(visit(w, s, write_run, err));
    return write_part(w, err);
}

static void clear(writing *w) {
    for (int64_t k = 0; w->measures && k < w->scored.t.n_measures; k++) free(of_scores(w)[k].value);
    free(w->measures);
    scored_clear(&w->scored);
    ll_run_table_clear(&w->rt);
    ll_scored_runs_clear(&w->from.held_out);
}

/* What is written already cannot be written anew. */
static ll_status export_to(ll_store *s, void *ctx, ll_error *err) {
    writing *w = ctx;
    if (w->begun) return LL_FAIL(err, LL_EIO, "%s: the connection was lost amid the export", s->path);
    *w = (writing) { .opts = w->opts, .out = w->out };
    ll_run_table_open(&w->rt, true);
    ll_status status = ll_exporting_open(&w->from, s, w->opts->curves, err);
    if (status == LL_OK) status = look(w, s, err);
    if (status == LL_OK) status = write_all(w, s, err);
    clear(w);
    return status;
}

ll_status ll_store_export_to(ll_store *s, const ll_export_opts *opts, FILE *out, int64_t *rows, ll_error *err) {
    writing w = { .opts = opts, .out = out };
    const ll_status status = ll_store_read(s, export_to, &w, err);
    *rows = w.rows;
    return status;
}
