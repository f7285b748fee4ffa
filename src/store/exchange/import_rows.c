/* Which rows of a table are one run: learning curves, or runs of one row. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/exchange/import.h"

/* ---- order ---- */

typedef struct place {
    int64_t group, row;
    double at;
} place;

static int by_place(const void *a, const void *b) {
    const place *p = a, *q = b;
    if (p->group != q->group) return p->group < q->group ? -1 : 1;
    if (p->at != q->at) return p->at < q->at ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

static ll_column position(const ll_table *t) {
    return t->num[LL_COL_STEP] && strcmp(t->header[LL_COL_STEP], "--set") != 0 ? LL_COL_STEP : LL_COL_TOKENS;
}

static bool is_own(const ll_table *t, ll_column c) {
    return t->num[c] && strcmp(t->header[c], "--set") != 0;
}

/* The rows by run and position; group: of each row, NULL where all are one run. */
static ll_status put_in_order(ll_importing *m, const int64_t *group, ll_error *err) {
    const ll_table *t = m->t;
    place *p = malloc((size_t)(t->rows + 1) * sizeof *p);
    if (!p) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", m->source);
    for (int64_t i = 0; i < t->rows; i++) {
        const double at = m->curves ? ll_table_num(t, i, position(t)) : 0;
        p[i] = (place) { group ? group[i] : 0, i, isnan(at) ? INFINITY : at };
    }
    qsort(p, (size_t)t->rows, sizeof *p, by_place);
    m->n = 0;
    for (int64_t i = 0; i < t->rows; i++) {
        m->rows[i] = p[i].row;
        if (i == 0 || p[i].group != p[i - 1].group) m->first[m->n++] = i;
    }
    m->first[m->n] = t->rows;
    free(p);
    return LL_OK;
}

static void one_each(ll_importing *m) {
    m->curves = false;
    m->n = m->t->rows;
    for (int64_t i = 0; i <= m->n; i++) m->first[i] = i;
    for (int64_t i = 0; i < m->n; i++) m->rows[i] = i;
}

/* ---- curves? ---- */

/* A table without names and sizes, of steps: one run. */
static bool is_lone_curve(const ll_table *t) {
    return !t->text[LL_COL_RUN] && t->rows > 1 && is_own(t, LL_COL_STEP) && !is_own(t, LL_COL_PARAMS) &&
           !is_own(t, LL_COL_PARAMS_TOTAL) && !is_own(t, LL_COL_FLOPS);
}

/* Rows of one name that differ in their seed, or without steps stand at the same tokens, repeat a run. */
static bool repeats(const ll_importing *m) {
    const double *seed = m->t->num[LL_COL_SEED], *tokens = m->t->num[LL_COL_TOKENS];
    const bool by_tokens = position(m->t) == LL_COL_TOKENS;
    for (int64_t k = 0; k < m->n; k++)
        for (int64_t i = m->first[k] + 1; i < m->first[k + 1]; i++) {
            const int64_t a = m->rows[i - 1], b = m->rows[i];
            if (seed && seed[a] != seed[b] && !isnan(seed[a]) && !isnan(seed[b])) return true;
            if (by_tokens && !(tokens[a] != tokens[b])) return true;
        }
    return false;
}

/* Among curves a row without a name belongs to none. */
static ll_status check_names(const ll_importing *m, ll_error *err) {
    char *const *names = m->t->text[LL_COL_RUN];
    for (int64_t i = 0; names && i < m->t->rows; i++)
        if (!*names[i])
            return LL_FAIL(err, LL_EINPUT, "%s:%lld: column '%s': no name, in a table of learning curves",
                           m->source, (long long)m->t->line[i], m->t->header[LL_COL_RUN]);
    return LL_OK;
}

static ll_status lay_out(ll_importing *m, bool rows_are_runs, ll_error *err) {
    const ll_table *t = m->t;
    const bool placed = is_own(t, LL_COL_STEP) || is_own(t, LL_COL_TOKENS);
    m->curves = !rows_are_runs && t->num[LL_COL_LOSS] && placed && (t->names_repeat || is_lone_curve(t));
    if (m->curves) LL_TRY(put_in_order(m, t->clustered_by_run ? t->cluster : NULL, err));
    if (!m->curves || repeats(m)) one_each(m);
    return m->curves ? check_names(m, err) : LL_OK;
}

/* ---- points ---- */

static ll_status check_step(const ll_importing *m, int64_t row, double step, ll_error *err) {
    if (step >= 0 && step == floor(step) && step < 9007199254740992.0) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s:%lld: column '%s': %g, expected a step, a whole number", m->source,
                   (long long)m->t->line[row], m->t->header[LL_COL_STEP], step);
}

static void merge(ll_point *p, const ll_point *later) {
    if (!isnan(later->tokens)) p->tokens = later->tokens;
    if (!isnan(later->loss)) p->loss = later->loss;
    if (!isnan(later->se)) p->se = later->se;
}

/* Without steps the points are counted. */
static ll_status make_point(const ll_importing *m, int64_t row, int64_t count, ll_point *p, ll_error *err) {
    const ll_table *t = m->t;
    const bool steps = position(t) == LL_COL_STEP;
    const double step = steps ? ll_table_num(t, row, LL_COL_STEP) : (double)(count + 1);
    LL_TRY(check_step(m, row, step, err));
    *p = (ll_point) { .step = (int64_t)step,
                      .tokens = ll_table_num(t, row, LL_COL_TOKENS),
                      .loss = ll_table_num(t, row, LL_COL_LOSS),
                      .se = ll_table_num(t, row, LL_COL_LOSS_SE),
                      .train_loss = NAN };
    if (isnan(p->tokens) && steps) p->tokens = step * m->batch;
    LL_TRY(ll_import_nats(m, row, &p->loss, err));
    return ll_import_nats(m, row, &p->se, err);
}

ll_status ll_import_points(ll_importing *m, int64_t k, int64_t *n, ll_error *err) {
    *n = 0;
    for (int64_t i = m->first[k]; i < m->first[k + 1]; i++) {
        ll_point p;
        LL_TRY(make_point(m, m->rows[i], *n, &p, err));
        if (*n && m->points[*n - 1].step == p.step) merge(&m->points[*n - 1], &p);
        else m->points[(*n)++] = p;
    }
    return LL_OK;
}

/* ---- sizes ---- */

typedef struct named {
    const char *name;
    int64_t row;
} named;

static int by_name(const void *a, const void *b) {
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static ll_status sort_sizes(const ll_importing *m, named *at, ll_error *err) {
    const ll_table *z = m->sizes;
    for (int64_t i = 0; i < z->rows; i++) at[i] = (named) { z->text[LL_COL_RUN][i], i };
    qsort(at, (size_t)z->rows, sizeof *at, by_name);
    for (int64_t i = 1; i < z->rows; i++)
        if (strcmp(at[i - 1].name, at[i].name) == 0)
            return LL_FAIL(err, LL_EINPUT, "%s:%lld: the run '%.80s' stands there twice", m->sizes_source,
                           (long long)z->line[at[i].row], at[i].name);
    return LL_OK;
}

static ll_status find_sizes(ll_importing *m, const named *at, ll_error *err) {
    const ll_table *t = m->t;
    for (int64_t k = 0; k < m->n; k++) {
        const int64_t row = m->rows[m->first[k]];
        const char *own = t->text[LL_COL_RUN] ? t->text[LL_COL_RUN][row] : m->curves ? m->stem : "";
        const named key = { own ? own : "", 0 };
        const named *found = bsearch(&key, at, (size_t)m->sizes->rows, sizeof *at, by_name);
        if (!found)
            return LL_FAIL(err, LL_EINPUT, "%s: no row for the run '%.80s' of %s:%lld", m->sizes_source, key.name,
                           m->source, (long long)t->line[row]);
        m->sized[k] = found->row;
    }
    return LL_OK;
}

static ll_status join_sizes(ll_importing *m, ll_error *err) {
    char near[LL_HEADERS_TEXT];
    if (!m->sizes->text[LL_COL_RUN])
        return LL_FAIL(err, LL_EINPUT, "%s: no column of runs' names, expected run; there are %s", m->sizes_source,
                       ll_table_candidates(m->sizes, LL_COL_RUN, near));
    named *at = malloc((size_t)(m->sizes->rows + 1) * sizeof *at);
    m->sized = calloc((size_t)(m->n + 1), sizeof *m->sized);
    ll_status status =
        at && m->sized ? sort_sizes(m, at, err) : LL_FAIL(err, LL_ENOMEM, "%s: out of memory", m->source);
    if (status == LL_OK) status = find_sizes(m, at, err);
    free(at);
    return status;
}

/* ---- all ---- */

static void name_file(ll_importing *m) {
    const char *slash = strrchr(m->source, '/'), *name = slash ? slash + 1 : m->source;
    const char *dot = strrchr(name, '.');
    const int n = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    snprintf(m->stem, sizeof m->stem, "%.*s", n, name);
    snprintf(m->prefix, sizeof m->prefix, "import/%.8s/", m->t->hash);
}

ll_status ll_importing_open(ll_importing *m, const ll_table *t, const ll_import_opts *opts, ll_error *err) {
    const size_t n = (size_t)t->rows + 2;
    *m = (ll_importing) { .t = t,
                          .sizes = opts->sizes,
                          .source = opts->source,
                          .sizes_source = opts->sizes_source ? opts->sizes_source : "sizes" };
    if (t->rows == 0) return LL_FAIL(err, LL_EINPUT, "%s: no rows to import", opts->source);
    name_file(m);
    m->rows = malloc(n * sizeof *m->rows);
    m->first = malloc(n * sizeof *m->first);
    if (!m->rows || !m->first) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", opts->source);
    LL_TRY(lay_out(m, opts->rows_are_runs, err));
    if (m->curves && !(m->points = malloc(n * sizeof *m->points)))
        return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", opts->source);
    return m->sizes ? join_sizes(m, err) : LL_OK;
}

void ll_importing_close(ll_importing *m) {
    free(m->rows);
    free(m->first);
    free(m->sized);
    free(m->points);
}
