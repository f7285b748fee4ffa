/* Runs to tables; import.c goes the other way. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/exchange/exchange.h"
#include "store/measures.h"
#include "store/observation.h"

static ll_status convention(const ll_run *runs, int64_t n, ll_params_are *out, ll_error *err) {
    int64_t unstated = 0, stated = 0;
    for (int64_t i = 0; i < n; i++) {
        unstated += !isnan(runs[i].params_unstated);
        stated += !isnan(runs[i].params) || !isnan(runs[i].params_total);
    }
    *out = unstated ? LL_PARAMS_UNSTATED : LL_PARAMS_NONEMBEDDING;
    if (!unstated || !stated) return LL_OK;
    return LL_FAIL(
        err, LL_EINPUT,
        "%lld runs do not say what their N counts, %lld do; export them apart: --where 'params_unstated > 0'",
        (long long)unstated, (long long)stated);
}

static ll_status put_text(char **at, const char *text, ll_error *err) {
    if (!*text || (*at = strdup(text))) return LL_OK;
    return LL_FAIL(err, LL_ENOMEM, "out of memory");
}

static int by_name(const void *a, const void *b) {
    const ll_run *x = *(const ll_run *const *)a, *y = *(const ll_run *const *)b;
    const int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->id, y->id);
}

/* Rows of one name are read as one run: where several runs have a name, they go out by their ids. */
static ll_status put_names(ll_table *t, const ll_run *runs, int64_t n, ll_error *err) {
    const ll_run **at = malloc((size_t)(n + 1) * sizeof *at);
    ll_status status = at ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    for (int64_t i = 0; i < n && at; i++) at[i] = &runs[i];
    if (at && n) qsort(at, (size_t)n, sizeof *at, by_name);
    for (int64_t i = 0, end; i < n && status == LL_OK; i = end) {
        for (end = i + 1; end < n && strcmp(at[i]->name, at[end]->name) == 0;) end++;
        const bool shared = strcmp(at[i]->id, at[end - 1]->id) != 0;
        for (int64_t k = i; k < end && status == LL_OK; k++)
            status = put_text(&t->text[LL_COL_RUN][at[k] - runs],
                              shared && *at[k]->ladder ? at[k]->id : at[k]->name, err);
    }
    free(at);
    return status;
}

static ll_status export_row(ll_table *t, int64_t i, const ll_run *r, ll_error *err) {
    LL_TRY(put_text(&t->text[LL_COL_FAMILY][i], r->family, err));
    LL_TRY(put_text(&t->text[LL_COL_ROLE][i], r->role, err));
#define GET(column, field) t->num[LL_COL_##column][i] = r->field;
    LL_EXCHANGE_REALS(GET)
#undef GET
    if (r->context) t->num[LL_COL_CONTEXT][i] = (double)r->context;
    if (r->vocab) t->num[LL_COL_VOCAB][i] = (double)r->vocab;
    t->num[LL_COL_SEED][i] = (double)r->seed;
    t->num[LL_COL_PARAMS][i] = t->params_are == LL_PARAMS_UNSTATED ? r->params_unstated : r->params;
    t->num[LL_COL_LOSS][i] = r->loss;
    t->num[LL_COL_LOSS_SE][i] = r->loss_se;
    return LL_OK;
}

/* A seed of 0 may be one or none, and runs without a role are to be fitted: a column of either says nothing. */
static bool is_blank(const ll_table *t, int c) {
    for (int64_t i = 0; i < t->rows; i++) {
        if (t->text[c] && t->text[c][i] && (c != LL_COL_ROLE || strcmp(t->text[c][i], "fit") != 0)) return false;
        if (t->num[c] && !isnan(t->num[c][i]) && (c != LL_COL_SEED || t->num[c][i] != 0)) return false;
    }
    return true;
}

/* Columns of which nothing is known go; the four that a fit asks for stay. */
static void drop_blank(ll_table *t) {
    for (int c = 0; c < LL_COL_COUNT; c++) {
        bool core = c == LL_COL_PARAMS || c == LL_COL_TOKENS || c == LL_COL_FLOPS || c == LL_COL_LOSS;
        if (core || !is_blank(t, c)) continue;
        free(t->num[c]);
        for (int64_t i = 0; t->text[c] && i < t->rows; i++) free(t->text[c][i]);
        free(t->text[c]);
        t->num[c] = NULL;
        t->text[c] = NULL;
        t->header[c][0] = 0;
    }
}

ll_status ll_runs_to_table(const ll_run *runs, int64_t n, ll_table *out, ll_error *err) {
    ll_params_are are;
    *out = (ll_table) { 0 };
    LL_TRY(convention(runs, n, &are, err));
    LL_TRY(ll_table_new(out, n, err));
    out->params_are = are;
    ll_status status = put_names(out, runs, n, err);
    for (int64_t i = 0; i < n && status == LL_OK; i++) status = export_row(out, i, &runs[i], err);
    if (status == LL_OK) drop_blank(out);
    else ll_table_clear(out);
    return status;
}

ll_status ll_store_export(ll_store *s, const char *ladder, const char *where, ll_table *out, ll_error *err) {
    ll_run *runs;
    int64_t n;
    ll_scored_runs scored;
    *out = (ll_table) { 0 };
    LL_TRY(ll_store_scored_runs(s, &scored, err));
    ll_status status = ll_store_list_runs(s, ladder, LL_RUN_DONE, where, &runs, &n, err);
    if (status == LL_OK) {
        ll_runs_note_scored(runs, n, &scored);
        status = ll_runs_to_table(runs, n, out, err);
        if (status == LL_OK) status = ll_measures_to_table(s, runs, n, false, out, err);
        if (status != LL_OK) ll_table_clear(out);
        free(runs);
    }
    ll_scored_runs_clear(&scored);
    return status;
}
