#define _POSIX_C_SOURCE 200809L
#include "store/run_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ll_run_table_open(ll_run_table *rt, bool whole) {
    *rt = (ll_run_table) { .whole = whole };
    for (int c = 0; c < LL_COL_COUNT; c++) strcpy(rt->t.header[c], ll_column_name((ll_column)c));
}

static ll_status no_memory(const ll_run_table *rt, ll_error *err) {
    return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)rt->t.rows);
}

/* ---- room ---- */

static bool widen(void *at, int64_t room, size_t size) {
    void **block = at;
    void *bigger = realloc(*block, (size_t)room * size);
    if (bigger) *block = bigger;
    return bigger != NULL;
}

static bool is_silent(const ll_run_table *rt, int c) {
    return rt->settled && !rt->says[c];
}

static bool make_room(ll_run_table *rt) {
    ll_table *t = &rt->t;
    if (t->rows < rt->room) return true;
    const int64_t room = rt->room ? 2 * rt->room : 64;
    bool ok = widen(&rt->id, room, sizeof *rt->id) && widen(&t->line, room, sizeof *t->line) &&
              widen(&rt->of_ladder, room, sizeof *rt->of_ladder);
    for (int c = 0; c < LL_COL_COUNT && ok; c++) {
        if (c < LL_COL_FIRST_NUMBER) ok = is_silent(rt, c) || widen(&t->text[c], room, sizeof *t->text[c]);
        else if (t->num[c]) ok = widen(&t->num[c], room, sizeof *t->num[c]);
    }
    for (int k = 0; k < LL_MEASURES_BESIDE && ok; k++)
        if (rt->beside[k]) ok = widen(&rt->beside[k], room, sizeof *rt->beside[k]);
    if (ok) rt->room = room;
    return ok;
}

/* The rows before it had what is blank. */
static bool put(const ll_run_table *rt, double **column, double v, double blank) {
    const int64_t row = rt->t.rows;
    const bool is_blank = isnan(v) || v == blank;
    if (!*column && is_blank) return true;
    if (!*column) {
        if (!(*column = malloc((size_t)rt->room * sizeof **column))) return false;
        for (int64_t i = 0; i < row; i++) (*column)[i] = blank;
    }
    (*column)[row] = v;
    return true;
}

/* Runs without a role are to be fitted: a column of such says nothing. */
static bool put_text(ll_run_table *rt, ll_column c, const char *text) {
    if (is_silent(rt, c)) return true;
    char **at = &rt->t.text[c][rt->t.rows];
    rt->says[c] |= *text && (c != LL_COL_ROLE || strcmp(text, "fit") != 0);
    return !*text || (*at = strdup(text));
}

/* ---- a row ---- */

static ll_status put_id(ll_run_table *rt, const ll_run *run, ll_error *err) {
    const int64_t row = rt->t.rows;
    if (row && strcmp(rt->id[row - 1], run->id) == 0) return rt->id[row] = rt->id[row - 1], LL_OK;
    if (!rt->settled) LL_TRY(ll_folds_add(&rt->names, ll_fold(LL_FOLD_START, run->name, strlen(run->name)), err));
    return (rt->id[row] = strdup(run->id)) ? LL_OK : no_memory(rt, err);
}

static bool put_count(ll_run_table *rt, ll_column c, int64_t v) {
    return put(rt, &rt->t.num[c], v ? (double)v : NAN, NAN);
}

/* A seed of 0 may be one or none: a column of them says nothing. */
static bool put_numbers(ll_run_table *rt, const ll_run *r) {
    double **num = rt->t.num;
    bool ok = true;
#define PUT(column, field) ok = ok && put(rt, &num[LL_COL_##column], r->field, NAN);
    LL_RUN_TABLE_REALS(PUT)
    PUT(LOSS, loss)
    PUT(LOSS_SE, loss_se)
#undef PUT
    ok = ok && put_count(rt, LL_COL_CONTEXT, r->context) && put_count(rt, LL_COL_VOCAB, r->vocab);
    ok = ok && put(rt, &num[LL_COL_SEED], (double)r->seed, 0);
    return ok && put(rt, &num[LL_COL_PARAMS], isnan(r->params) ? r->params_unstated : r->params, NAN);
}

static bool put_texts(ll_run_table *rt, const ll_run *r) {
    return put_text(rt, LL_COL_RUN, r->name) && put_text(rt, LL_COL_FAMILY, r->family) &&
           put_text(rt, LL_COL_ROLE, r->role);
}

static bool put_beside(ll_run_table *rt, const ll_run *r) {
    for (int k = 0; k < LL_MEASURES_BESIDE && rt->whole; k++)
        if (!put(rt, &rt->beside[k], ll_measure_beside(r, k), NAN)) return false;
    return true;
}

static void note(ll_run_table *rt, const ll_run *run) {
    if (rt->all++ == 0) memcpy(rt->ladder, run->ladder, sizeof rt->ladder);
    else if (strcmp(rt->ladder, run->ladder) != 0) rt->ladder[0] = 0;
    rt->ladders |= *run->ladder != 0;
    rt->unstated += !isnan(run->params_unstated);
    rt->stated += !isnan(run->params) || !isnan(run->params_total);
}

ll_status ll_run_table_add(ll_run_table *rt, const ll_run *run, ll_error *err) {
    if (!make_room(rt)) return no_memory(rt, err);
    const int64_t row = rt->t.rows;
    for (int c = 0; c < LL_COL_FIRST_NUMBER; c++)
        if (rt->t.text[c]) rt->t.text[c][row] = NULL;
    rt->t.line[row] = 0;
    LL_TRY(put_id(rt, run, err));
    const bool ok = put_numbers(rt, run) && put_beside(rt, run) && put_texts(rt, run);
    rt->t.rows++; /* its texts are freed with the rest */
    rt->of_ladder[row] = *run->ladder != 0;
    if (!rt->settled) note(rt, run);
    return ok ? LL_OK : no_memory(rt, err);
}

/* ---- the whole ---- */

static ll_status convention(ll_run_table *rt, ll_error *err) {
    rt->t.params_are = rt->unstated ? LL_PARAMS_UNSTATED : LL_PARAMS_NONEMBEDDING;
    if (!rt->unstated || !rt->stated) return LL_OK;
    return LL_FAIL(
        err, LL_EINPUT,
        "%lld runs do not say what their N counts, %lld do; export them apart: --where 'params_unstated > 0'",
        (long long)rt->unstated, (long long)rt->stated);
}

/* Rows of one name are read as one run: where several runs have a name, those of ladders go out by their ids, which
 * begin with the ladder's. */
ll_status ll_run_table_tell_apart(ll_run_table *rt, ll_error *err) {
    for (int64_t i = 0; rt->ladders && i < rt->t.rows; i++) {
        char **at = &rt->t.text[LL_COL_RUN][i];
        const char *name = *at ? *at : "";
        if (!rt->of_ladder[i] || !ll_folds_has(&rt->names, ll_fold(LL_FOLD_START, name, strlen(name)))) continue;
        char *id = strdup(rt->id[i]);
        if (!id) return no_memory(rt, err);
        free(*at);
        *at = id;
    }
    return LL_OK;
}

/* The four columns that a fit asks for stay, whatever is known. */
static bool put_core(ll_run_table *rt) {
    static const ll_column core[] = { LL_COL_PARAMS, LL_COL_TOKENS, LL_COL_FLOPS, LL_COL_LOSS };
    for (size_t k = 0; k < sizeof core / sizeof *core; k++) {
        double **column = &rt->t.num[core[k]];
        if (*column) continue;
        if (!(*column = malloc((size_t)rt->room * sizeof **column))) return false;
        for (int64_t i = 0; i < rt->t.rows; i++) (*column)[i] = NAN;
    }
    return true;
}

static void drop_silent(ll_run_table *rt) {
    ll_table *t = &rt->t;
    for (int c = 0; c < LL_COL_COUNT; c++) {
        if (c < LL_COL_FIRST_NUMBER ? rt->says[c] : t->num[c] != NULL) continue;
        for (int64_t i = 0; t->text[c] && i < t->rows; i++) free(t->text[c][i]);
        free(t->text[c]);
        t->text[c] = NULL;
        t->header[c][0] = 0;
    }
}

static ll_status put_measures(ll_run_table *rt, ll_error *err) {
    ll_table *t = &rt->t;
    for (int k = 0; k < LL_MEASURES_BESIDE; k++) {
        if (!rt->beside[k]) continue;
        ll_table_measure *bigger = realloc(t->measures, (size_t)(t->n_measures + 1) * sizeof *bigger);
        if (!bigger) return no_memory(rt, err);
        t->measures = bigger;
        ll_table_measure *m = &t->measures[t->n_measures++];
        *m = (ll_table_measure) { .value = rt->beside[k] };
        snprintf(m->name, sizeof m->name, "%s", ll_measures_beside[k]);
        rt->beside[k] = NULL;
    }
    return LL_OK;
}

ll_status ll_run_table_settle(ll_run_table *rt, ll_error *err) {
    if (!make_room(rt)) return no_memory(rt, err);
    LL_TRY(convention(rt, err));
    if (!put_core(rt)) return no_memory(rt, err);
    if (rt->ladders) ll_folds_settle(&rt->names, 2);
    rt->says[LL_COL_RUN] |= rt->ladders;
    drop_silent(rt);
    rt->settled = true;
    return LL_OK;
}

static ll_status finish(ll_run_table *rt, ll_error *err) {
    LL_TRY(ll_run_table_settle(rt, err));
    LL_TRY(ll_run_table_tell_apart(rt, err));
    return put_measures(rt, err);
}

static void forget_ids(ll_run_table *rt) {
    for (int64_t i = 0; i < rt->t.rows; i++)
        if (i + 1 == rt->t.rows || rt->id[i] != rt->id[i + 1]) free(rt->id[i]);
}

static void forget(ll_run_table *rt) {
    forget_ids(rt);
    for (int k = 0; k < LL_MEASURES_BESIDE; k++) free(rt->beside[k]);
    free(rt->id);
    free(rt->of_ladder);
    ll_folds_clear(&rt->names);
}

void ll_run_table_forget_rows(ll_run_table *rt) {
    forget_ids(rt);
    for (int c = 0; c < LL_COL_FIRST_NUMBER; c++)
        for (int64_t i = 0; rt->t.text[c] && i < rt->t.rows; i++) free(rt->t.text[c][i]);
    rt->t.rows = 0;
}

void ll_run_table_clear(ll_run_table *rt) {
    forget(rt);
    ll_table_clear(&rt->t);
}

static ll_status give(ll_run_table *rt, ll_status status, ll_table *out) {
    if (status != LL_OK) ll_table_clear(&rt->t);
    *out = rt->t;
    return status;
}

ll_status ll_run_table_close(ll_run_table *rt, ll_status status, ll_table *out, ll_error *err) {
    if (status == LL_OK) status = finish(rt, err);
    forget(rt);
    return give(rt, status, out);
}

ll_status ll_run_table_close_with_scores(ll_run_table *rt, ll_status status, ll_store *s, bool points,
                                         ll_table *out, ll_error *err) {
    if (status == LL_OK) status = finish(rt, err);
    if (status == LL_OK)
        status = ll_measures_add_scores(s, rt->ladder, rt->id, points ? rt->t.num[LL_COL_STEP] : NULL, &rt->t, err);
    forget(rt);
    return give(rt, status, out);
}
