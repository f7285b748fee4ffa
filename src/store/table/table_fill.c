#define _GNU_SOURCE /* strcasestr */
#include "store/table/table_fill.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/fold.h"
#include "base/words/number.h"
#include "loglog/units.h"

/* ---- distinct texts, by open addressing ---- */

struct ll_labels {
    char **slot; /* [size], a power of two; NULL: free */
    int64_t *number;
    int64_t size, used;
    int64_t next; /* the next number */
};

/* The slot that holds the text or would. */
static int64_t slot_of(const ll_labels *l, const char *text) {
    int64_t i = (int64_t)(ll_fold(LL_FOLD_START, text, strlen(text)) & (uint64_t)(l->size - 1));
    while (l->slot[i] && strcmp(l->slot[i], text) != 0) i = (i + 1) & (l->size - 1);
    return i;
}

static void labels_clear(ll_labels *l) {
    for (int64_t i = 0; i < l->size; i++) free(l->slot[i]);
    free(l->slot);
    free(l->number);
    *l = (ll_labels) { 0 };
}

static bool labels_grow(ll_labels *l) {
    ll_labels big = { .size = l->size ? 2 * l->size : 64, .used = l->used, .next = l->next };
    big.slot = calloc((size_t)big.size, sizeof *big.slot);
    big.number = calloc((size_t)big.size, sizeof *big.number);
    if (!big.slot || !big.number) {
        free(big.slot);
        free(big.number);
        return false;
    }
    for (int64_t i = 0; i < l->size; i++) {
        if (!l->slot[i]) continue;
        int64_t to = slot_of(&big, l->slot[i]);
        big.slot[to] = l->slot[i];
        big.number[to] = l->number[i];
    }
    free(l->slot);
    free(l->number);
    *l = big;
    return true;
}

/* The number of a text, counted from 0 in order of appearance; -1 when out of memory. */
static int64_t label_of(ll_labels *l, const char *text) {
    if (2 * l->used >= l->size && !labels_grow(l)) return -1;
    int64_t i = slot_of(l, text);
    if (!l->slot[i]) {
        if (!(l->slot[i] = strdup(text))) return -1;
        l->number[i] = l->next++;
        l->used++;
    }
    return l->number[i];
}

/* ---- columns ---- */

static ll_status no_memory(const ll_fill *f, ll_error *err) {
    return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", f->path);
}

static ll_status allocate(ll_fill *f, ll_error *err) {
    size_t n = (size_t)f->room;
    ll_table *t = f->t;
    bool ok = (t->line = malloc(n * sizeof *t->line)) != NULL;
    for (int c = 0; c < LL_COL_COUNT; c++) {
        if (f->of[c] < 0 && !f->set[c]) continue;
        if (c < LL_COL_FIRST_NUMBER) ok = ok && (t->text[c] = malloc(n * sizeof *t->text[c]));
        else ok = ok && (t->num[c] = malloc(n * sizeof *t->num[c]));
    }
    if (f->with_loss) ok = ok && (t->cells = malloc(n * sizeof *t->cells));
    if (f->x_of >= 0) ok = ok && (t->x = malloc(n * sizeof *t->x));
    for (int64_t k = 0; k < t->n_measures; k++) {
        ll_table_measure *m = &t->measures[k];
        ok = ok && (m->value = malloc(2 * n * sizeof *m->value));
        if (f->measure_se_of[k] >= 0) m->se = m->value + n;
    }
    if (f->cluster_of >= 0) {
        ok = ok && (t->cluster = malloc(n * sizeof *t->cluster));
        ok = ok && (f->labels = calloc(1, sizeof *f->labels));
    }
    return ok ? LL_OK : no_memory(f, err);
}

ll_status ll_fill_open(ll_fill *f, ll_table *t, const char *path, char *const *headers, int64_t n_headers,
                       const ll_cell *sample, int64_t at_most, const ll_table_opts *opts, ll_error *err) {
    static const ll_table_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    *f = (ll_fill) { .t = t, .path = path, .headers = headers, .n_headers = n_headers };
    f->max_rows = opts->max_rows > 0 ? opts->max_rows : 20000000;
    f->room = at_most < f->max_rows ? at_most : f->max_rows;
    if (f->room < 1) f->room = 1;
    LL_TRY(ll_headers_take(t, path, headers, n_headers, sample, err));
    LL_TRY(ll_where_parse(&f->where, opts->where, err));
    LL_TRY(ll_fill_bind(f, opts, err));
    f->with_loss = opts->with_loss && f->of[LL_COL_LOSS] >= 0;
    return allocate(f, err);
}

static void drop_roles(ll_table *t) {
    for (int64_t i = 0; i < t->rows; i++) free(t->text[LL_COL_ROLE][i]);
    free(t->text[LL_COL_ROLE]);
    t->text[LL_COL_ROLE] = NULL;
    t->header[LL_COL_ROLE][0] = 0;
}

/* Whether rows of one name differ in their size: then it is a name of something else, such as a method. */
static ll_status sizes_differ(const ll_fill *f, bool *differ, ll_error *err) {
    const ll_table *t = f->t;
    const double *size = t->num[LL_COL_PARAMS] ? t->num[LL_COL_PARAMS] : t->num[LL_COL_PARAMS_TOTAL];
    const int64_t *run = t->cluster;
    double *of = malloc((size_t)(f->labels->next + 1) * sizeof *of);
    if (!of) return no_memory(f, err);
    *differ = false;
    for (int64_t k = 0; k < f->labels->next; k++) of[k] = NAN;
    for (int64_t i = 0; size && i < t->rows && !*differ; i++) {
        *differ = !isnan(size[i]) && !isnan(of[run[i]]) && of[run[i]] != size[i];
        if (!isnan(size[i])) of[run[i]] = size[i];
    }
    free(of);
    return LL_OK;
}

/* Runs are clusters only where some have several rows, and one run alone cannot be resampled. */
static ll_status settle_clusters(ll_fill *f, ll_error *err) {
    ll_table *t = f->t;
    bool differ = false;
    if (f->set[LL_COL_RUN]) t->names_repeat = t->rows > 1;
    if (!f->labels || !f->by_run) return LL_OK;
    LL_TRY(sizes_differ(f, &differ, err));
    t->names_repeat = f->labels->next < t->rows && !differ;
    t->clustered_by_run = f->cluster_runs && t->names_repeat && f->labels->next > 1;
    if (t->clustered_by_run) return LL_OK;
    free(t->cluster);
    t->cluster = NULL;
    return LL_OK;
}

ll_status ll_fill_finish(ll_fill *f, ll_error *err) {
    if (f->no_role) drop_roles(f->t);
    return settle_clusters(f, err);
}

void ll_fill_close(ll_fill *f) {
    if (f->labels) labels_clear(f->labels);
    free(f->labels);
    free(f->set_texts);
    f->labels = NULL;
    f->set_texts = NULL;
}

/* ---- one row ---- */

static const char *as_text(const ll_cell *cell, char buf[LL_NUMBER_TEXT]) {
    if (cell->text) return cell->text;
    if (isnan(cell->num)) return "";
    return ll_number_show(cell->num, buf);
}

static ll_status as_number(const ll_fill *f, const ll_cell *cell, int64_t header, int64_t line, double *out,
                           ll_error *err) {
    *out = cell->num;
    if (!cell->text || ll_units_parse(cell->text, out)) return LL_OK;
    *out = NAN;
    if (ll_is_missing(cell->text)) return LL_OK;
    char trimmed[64];
    const char *from = cell->text + strspn(cell->text, " \t");
    size_t n = strcspn(from, " \t");
    if (n < sizeof trimmed && !from[n + strspn(from + n, " \t")]) {
        snprintf(trimmed, sizeof trimmed, "%.*s", (int)n, from);
        if (ll_units_parse(trimmed, out)) return LL_OK;
    }
    return LL_FAIL(err, LL_EINPUT, "%s:%lld: column '%.60s': '%.60s', expected a number", f->path, (long long)line,
                   f->headers[header], cell->text);
}

static ll_status take_measures(const ll_fill *f, const ll_cell *cells, int64_t line, int64_t row, ll_error *err) {
    for (int64_t k = 0; k < f->t->n_measures; k++) {
        const ll_table_measure *m = &f->t->measures[k];
        const int64_t of = f->measure_of[k], se_of = f->measure_se_of[k];
        LL_TRY(as_number(f, &cells[of], of, line, &m->value[row], err));
        if (m->se) LL_TRY(as_number(f, &cells[se_of], se_of, line, &m->se[row], err));
    }
    return LL_OK;
}

/* A plain number in a column's unit; "7B" is 7 billion in any. */
static double in_unit(const ll_cell *cell, double times, double v) {
    enum { LARGE = 1000000 };
    const bool said = cell->text && strpbrk(cell->text, "kKMGBTP");
    return times == 0 || said || (times < 0 && v >= LARGE) ? v : fabs(times) * v;
}

static bool wanted(const ll_fill *f, const ll_cell *cells) {
    for (int i = 0; i < f->where.n; i++) {
        const ll_cell *cell = &cells[f->where_of[i]];
        double v;
        const bool counts = f->where_times[i] != 0 && (!cell->text || ll_units_parse(cell->text, &v));
        if (counts && !cell->text) v = cell->num;
        if (!(counts ? ll_where_holds(&f->where.term[i], NULL, in_unit(cell, f->where_times[i], v))
                     : ll_where_holds(&f->where.term[i], cell->text, cell->num)))
            return false;
    }
    return true;
}

static bool is_blank(const ll_cell *cell) {
    return cell->text ? ll_is_missing(cell->text) : isnan(cell->num);
}

static uint64_t hash_of(const ll_fill *f, const ll_cell *cells) {
    uint64_t h = LL_FOLD_START;
    for (int64_t i = 0; i < f->n_headers; i++)
        h = cells[i].text ? ll_fold(h, cells[i].text, strlen(cells[i].text) + 1)
                          : ll_fold(h, &cells[i].num, sizeof cells[i].num);
    return h;
}

/* A loss that is the word nan is a loss gone wrong, and none that is missing: it is refused later. */
static bool lacks_loss(const ll_fill *f, const ll_cell *cells) {
    if (!f->y && !f->with_loss) return false;
    const ll_cell *cell = &cells[f->of[LL_COL_LOSS]];
    return is_blank(cell) && (f->y || !cell->text || !strcasestr(cell->text, "nan"));
}

static ll_status take_number(const ll_fill *f, ll_column c, const ll_cell *cells, int64_t line, double *out,
                             ll_error *err) {
    const ll_cell *cell = &cells[f->of[c]];
    LL_TRY(as_number(f, cell, f->of[c], line, out, err));
    *out = in_unit(cell, f->times[c], *out);
    return LL_OK;
}

/* Texts of the row are made last, so that a failure before leaves none behind. */
static ll_status take_texts(ll_fill *f, const ll_cell *cells, int64_t row, ll_error *err) {
    char buf[LL_NUMBER_TEXT];
    ll_table *t = f->t;
    for (int c = 0; c < LL_COL_FIRST_NUMBER; c++)
        if (t->text[c]) t->text[c][row] = NULL;
    t->rows = row + 1;
    for (int c = 0; c < LL_COL_FIRST_NUMBER; c++)
        if (t->text[c] && !(t->text[c][row] = strdup(f->set[c] ? f->set[c] : as_text(&cells[f->of[c]], buf))))
            return no_memory(f, err);
    return LL_OK;
}

/* -1 when out of memory. A row without a name is a run of its own. */
static int64_t cluster_of(ll_fill *f, const ll_cell *cells) {
    char buf[LL_NUMBER_TEXT];
    const char *text = as_text(&cells[f->cluster_of], buf);
    return f->by_run && !*text ? f->labels->next++ : label_of(f->labels, text);
}

static ll_status check_role(ll_fill *f, const ll_cell *cells, int64_t line, ll_error *err) {
    char buf[LL_NUMBER_TEXT];
    if (!f->t->text[LL_COL_ROLE] || f->no_role) return LL_OK;
    const char *word = f->set[LL_COL_ROLE] ? f->set[LL_COL_ROLE] : as_text(&cells[f->of[LL_COL_ROLE]], buf);
    if (ll_table_is_role(word)) return LL_OK;
    f->no_role = !f->role_by_hand;
    if (f->no_role) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s:%lld: role is '%.40s', expected fit, forecast, trunk, scored or excluded",
                   f->path, (long long)line, word);
}

ll_status ll_fill_row(ll_fill *f, const ll_cell *cells, int64_t line, ll_error *err) {
    ll_table *t = f->t;
    int64_t row = t->rows;
    if (!wanted(f, cells)) return t->dropped++, LL_OK;
    if (lacks_loss(f, cells)) return t->without_loss++, LL_OK;
    if (row == f->room)
        return LL_FAIL(err, LL_EINPUT, "%s:%lld: more than %lld rows", f->path, (long long)line,
                       (long long)f->max_rows);
    for (int c = LL_COL_FIRST_NUMBER; c < LL_COL_COUNT; c++)
        if (f->set[c]) t->num[c][row] = f->set_num[c];
        else if (t->num[c]) LL_TRY(take_number(f, (ll_column)c, cells, line, &t->num[c][row], err));
    if (t->x) LL_TRY(as_number(f, &cells[f->x_of], f->x_of, line, &t->x[row], err));
    LL_TRY(take_measures(f, cells, line, row, err));
    if (f->labels && (t->cluster[row] = cluster_of(f, cells)) < 0) return no_memory(f, err);
    LL_TRY(check_role(f, cells, line, err));
    t->line[row] = line;
    if (t->cells) t->cells[row] = hash_of(f, cells);
    return take_texts(f, cells, row, err);
}
