/* Runs. Every statement over them is built from the one list of fields. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/rows/store_rows.h"
#include "store/sql/row_sum.h"
#include "store/table/where.h"

#define TEXT(field, bytes) ", " #field
#define OTHER(field) ", " #field
#define FIELDS LL_RUN_FIELDS(TEXT, OTHER, OTHER, OTHER)
#define TEXT_MARK(field, bytes) "?, "
#define OTHER_MARK(field) "?, "
#define MARKS LL_RUN_FIELDS(TEXT_MARK, OTHER_MARK, OTHER_MARK, OTHER_MARK)
#define TEXT_SET(field, bytes) ", " #field " = excluded." #field
#define OTHER_SET(field) ", " #field " = excluded." #field
#define SETS LL_RUN_FIELDS(TEXT_SET, OTHER_SET, OTHER_SET, OTHER_SET)

#define TEXT_READ(field, bytes) ", run." #field
#define OTHER_READ(field) ", run." #field

#define READS LL_RUN_FIELDS(TEXT_READ, OTHER_READ, OTHER_READ, OTHER_READ)
#define INSERT "INSERT INTO run (sum" FIELDS ") VALUES (" MARKS "?)"

const char ll_rows_select_runs[] =
    "SELECT ladder.key, run.key" READS ", run.sum FROM run LEFT JOIN ladder ON ladder.id = run.ladder WHERE ";

/* ---- one run ---- */

/* The first value is 0 in every store. */
static uint64_t sum_of_run(int fields) {
    return ll_row_sum_int(ll_row_sum_of(fields + 1), 0);
}

#define TEXT_COUNT(field, bytes) +1
#define OTHER_COUNT(field) +1
enum { N_FIELDS = LL_RUN_FIELDS(TEXT_COUNT, OTHER_COUNT, OTHER_COUNT, OTHER_COUNT) };
_Static_assert(N_FIELDS <= 64, "a set of fields is one word");

static bool is_known(const ll_run_field *f, const void *at) {
    switch (f->kind) {
    case LL_FIELD_TEXT: return *(const char *)at;
    case LL_FIELD_INT: return *(const int64_t *)at != 0;
    case LL_FIELD_REAL: return !isnan(*(const double *)at);
    default: return true;
    }
}

uint64_t ll_rows_known_fields(const ll_run *run) {
    uint64_t known = 0;
    for (int k = 0; k < N_FIELDS; k++)
        known |= (uint64_t)is_known(&ll_run_fields[k], (const char *)run + ll_run_fields[k].offset) << k;
    return known;
}

ll_status ll_rows_insert_run(ll_store *s, ll_sql_statement **out, uint64_t fields, ll_error *err) {
    char sql[LL_ROWS_SQL] = "INSERT INTO run (sum", marks[3 * N_FIELDS + 1] = "";
    char *end = sql + strlen(sql), *mark = marks;
    for (int k = 0; k < N_FIELDS; k++) {
        if (!(fields >> k & 1)) continue;
        end += sprintf(end, ", %s", ll_run_fields[k].name);
        mark = stpcpy(mark, ", ?");
    }
    sprintf(end, ") VALUES (?%s)", marks);
    return ll_sql_prepare(s, out, sql, err);
}

ll_status ll_rows_bind_run(ll_store *s, ll_sql_statement *stmt, const ll_run *run, uint64_t fields, ll_error *err) {
    int i = 2;
    uint64_t sum = sum_of_run(N_FIELDS);
    for (const ll_run_field *f = ll_run_fields; f->name; f++, fields >>= 1) {
        const char *at = (const char *)run + f->offset, *text = at;
        const int to = fields & 1 ? i++ : 0;
        switch (f->kind) {
        case LL_FIELD_STATE: text = ll_run_state_name(*(const ll_run_state *)(const void *)at); /* fall through */
        case LL_FIELD_TEXT:
            if (to) ll_sql_bind_text(stmt, to, text);
            sum = ll_row_sum_text(sum, text, strlen(text));
            break;
        case LL_FIELD_INT:
            if (to) ll_sql_bind_int(stmt, to, *(const int64_t *)(const void *)at);
            sum = ll_row_sum_int(sum, *(const int64_t *)(const void *)at);
            break;
        case LL_FIELD_REAL: {
            const double v = *(const double *)(const void *)at;
            if (isinf(v)) return LL_FAIL(err, LL_ENUM, "%s: run %s: %s is infinite", s->path, run->id, f->name);
            if (to) ll_sql_bind_real(stmt, to, v);
            sum = ll_row_sum_real(sum, v);
        }
        }
    }
    ll_sql_bind_int(stmt, 1, (int64_t)sum);
    return LL_OK;
}

static ll_status read_state(ll_store *s, const char *name, ll_run_state *out, ll_error *err) {
    const int state = ll_run_state_named(name);
    if (state >= 0) return *out = (ll_run_state)state, LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s: a run is in the unknown state '%.40s'", s->path, name);
}

/* Column 0 is the ladder's key, 1 the run's; the fields follow, then their sum. A row that does not have it is read
 * all the same: its id says what to drop. */
ll_status ll_rows_read_run(ll_store *s, ll_sql_statement *stmt, ll_run *run, ll_error *err) {
    enum { FIRST = 2 };
    int i = FIRST;
    char state[16];
    uint64_t sum = sum_of_run(N_FIELDS);
    for (const ll_run_field *f = ll_run_fields; f->name; f++, i++) {
        const ll_sql_value v = stmt->engine->value(stmt, i);
        void *at = (char *)run + f->offset;
        sum = ll_row_sum_value(sum, &v);
        switch (f->kind) {
        case LL_FIELD_TEXT: ll_sql_as_text(&v, at, f->size); break;
        case LL_FIELD_STATE:
            ll_sql_as_text(&v, state, sizeof state);
            LL_TRY(read_state(s, state, at, err));
            break;
        case LL_FIELD_INT: *(int64_t *)at = ll_sql_as_int(&v); break;
        case LL_FIELD_REAL: *(double *)at = ll_sql_as_real(&v);
        }
    }
    if ((int64_t)sum == ll_sql_int(stmt, i)) return LL_OK;
    return LL_FAIL(
        err, LL_EFORMAT,
        "%s: the row of run '%.80s' is damaged, or was edited: its checksum is another; 'runs drop %.80s "
        "--yes' removes it, and 'run' or 'runs import' makes it anew",
        s->path, run->id, run->id);
}

static ll_status put_run(ll_store *s, void *ctx, ll_error *err) {
    ll_sql_statement *stmt;
    LL_TRY(ll_sql_prepare(s, &stmt, INSERT " ON CONFLICT (id) DO UPDATE SET sum = excluded.sum" SETS, err));
    ll_status status = ll_rows_bind_run(s, stmt, ctx, UINT64_MAX, err);
    if (status == LL_OK) status = ll_sql_run(s, stmt, NULL, err);
    ll_sql_finish(stmt);
    return status;
}

ll_status ll_store_put_run(ll_store *s, const ll_run *run, ll_error *err) {
    if (!*run->id) return LL_FAIL(err, LL_EINPUT, "%s: a run without an id", s->path);
    return ll_sql_transact(s, LL_SQL_WRITE, put_run, (void *)(uintptr_t)run, err);
}

ll_status ll_rows_key_of(ll_store *s, const char *run, int64_t *key, ll_error *err) {
    ll_sql_statement *stmt;
    bool row = false;
    LL_TRY(ll_sql_prepare(s, &stmt, "SELECT key FROM run WHERE id = ?", err));
    ll_sql_bind_text(stmt, 1, run);
    const ll_status status = ll_sql_step(s, stmt, &row, err);
    *key = row ? ll_sql_int(stmt, 0) : 0;
    ll_sql_finish(stmt);
    if (status != LL_OK || row) return status;
    return LL_FAIL(err, LL_EINPUT, "%s: there is no run '%.80s'", s->path, run);
}

/* Up to two runs that match the word; *n says how many were met. */
static ll_status match(ll_store *s, const char *condition, const char *word, ll_run *out, int *n, ll_error *err) {
    char sql[LL_ROWS_SQL];
    bool row;
    ll_sql_statement *stmt = NULL;
    snprintf(sql, sizeof sql, "%s%s LIMIT 2", ll_rows_select_runs, condition);
    LL_TRY(ll_sql_prepare(s, &stmt, sql, err));
    ll_sql_bind_text(stmt, 1, word);
    ll_status status = LL_OK;
    for (*n = 0; (status = ll_sql_step(s, stmt, &row, err)) == LL_OK && row; ++*n)
        if (*n == 0 && (status = ll_rows_read_run(s, stmt, out, err)) != LL_OK) break;
    ll_sql_finish(stmt);
    return status;
}

ll_status ll_store_seek_run(ll_store *s, const char *id, ll_run *out, bool *found, ll_error *err) {
    int n = 0;
    ll_status status = match(s, "run.id = ?1", id, out, &n, err);
    *found = status == LL_OK && n > 0;
    return status;
}

ll_status ll_store_get_run(ll_store *s, const char *id, ll_run *out, ll_error *err) {
    bool found;
    LL_TRY(ll_store_seek_run(s, id, out, &found, err));
    return found ? LL_OK : LL_FAIL(err, LL_EINPUT, "%s: there is no run '%.80s'", s->path, id);
}

ll_status ll_store_find_run(ll_store *s, const char *word, ll_run *out, ll_error *err) {
    static const char *const conditions[] = {
        "run.id = ?1", "run.name = ?1", "substr(run.id, 1, length(?1)) = ?1 OR substr(run.name, 1, length(?1)) = ?1"
    };
    int n = 0;
    for (int i = 0; i < 3 && n == 0 && *word; i++) LL_TRY(match(s, conditions[i], word, out, &n, err));
    if (n == 1) return LL_OK;
    if (n == 0) return LL_FAIL(err, LL_EINPUT, "%s: there is no run '%.80s'", s->path, word);
    return LL_FAIL(err, LL_EINPUT, "%s: more than one run is '%.80s'; %.60s is one of them", s->path, word,
                   out->id);
}

/* ---- lists ---- */

typedef struct query {
    char sql[12288];
    size_t used;
    ll_where where;
    const ll_run_field *field[LL_WHERE_MAX];
} query;

static void add(query *q, const char *a, const char *b, const char *c) {
    int n = snprintf(q->sql + q->used, sizeof q->sql - q->used, "%s%s%s", a, b, c);
    q->used += (size_t)n; /* 32 comparisons of known names fit by far */
}

static bool is_number(const ll_run_field *f) {
    return f->kind == LL_FIELD_INT || f->kind == LL_FIELD_REAL;
}

static ll_status find_field(query *q, int i, ll_error *err) {
    ll_where_term *t = &q->where.term[i];
    for (const ll_run_field *f = ll_run_fields; f->name; f++) {
        if (strcmp(f->name, t->name) != 0) continue;
        q->field[i] = f;
        if (is_number(f) && *t->text && !t->is_number)
            return LL_FAIL(err, LL_EINPUT, "where: position %d: %s is a number, '%.40s' is none", t->position,
                           f->name, t->text);
        return LL_OK;
    }
    return LL_FAIL(err, LL_EINPUT, "where: position %d: a run has no field '%.40s'", t->position, t->name);
}

/* The meaning of ll_where_holds in SQL: what is missing differs from every value and is in no order. */
static void add_condition(query *q, int i) {
    static const char *const ops[] = { " = ?", " <> ?", " < ?", " <= ?", " > ?", " >= ?" };
    const ll_where_term *t = &q->where.term[i];
    const char *name = q->field[i]->name;
    const bool number = is_number(q->field[i]), missing = number && !*t->text;
    if (missing && t->op == LL_WHERE_EQ) add(q, " AND run.", name, " IS NULL");
    else if (missing) add(q, " AND run.", name, " IS NOT NULL");
    else if (number && t->op == LL_WHERE_NE) {
        add(q, " AND (run.", name, " IS NULL OR run.");
        add(q, name, ops[t->op], ")");
    } else add(q, " AND run.", name, ops[t->op]);
    const bool of_texts = t->op >= LL_WHERE_LT || (t->op == LL_WHERE_EQ && *t->text);
    if (!number && of_texts) add(q, " AND run.", name, " <> ''"); /* what an index of texts holds */
}

static bool is_ladder(const char *ladder) {
    return *ladder && strcmp(ladder, LL_LADDER_IMPORTED) != 0;
}

/* Whether a condition names one text that has an index of its own. */
static bool is_looked_up(const query *q) {
    static const char *const indexed[] = { "id", "name", "family" };
    for (int i = 0; i < q->where.n; i++)
        for (size_t k = 0; k < sizeof indexed / sizeof *indexed; k++)
            if (q->where.term[i].op == LL_WHERE_EQ && *q->where.term[i].text &&
                strcmp(q->where.term[i].name, indexed[k]) == 0)
                return true;
    return false;
}

/* Without statistics a database takes the index of ladders, which holds whole ladders in order, for the better one: of
 * an expression there is none. */
static ll_status build(query *q, const char *select, const char *ladder, int state, const char *where,
                       ll_error *err) {
    q->used = 0;
    LL_TRY(ll_where_parse(&q->where, where, err));
    for (int i = 0; i < q->where.n; i++) LL_TRY(find_field(q, i, err));
    add(q, select, "1 = 1", "");
    const char *plain = is_looked_up(q) ? " || ''" : "";
    if (is_ladder(ladder)) add(q, " AND run.ladder", plain, " = ?");
    else if (*ladder) add(q, " AND run.ladder", plain, " = ''");
    if (state >= 0) add(q, " AND run.state = ?", "", "");
    for (int i = 0; i < q->where.n; i++) add_condition(q, i);
    return LL_OK;
}

static void bind_query(const query *q, ll_sql_statement *stmt, const char *ladder, int state) {
    int k = 1;
    if (is_ladder(ladder)) ll_sql_bind_text(stmt, k++, ladder);
    if (state >= 0) ll_sql_bind_text(stmt, k++, ll_run_state_name((ll_run_state)state));
    for (int i = 0; i < q->where.n; i++) {
        const ll_where_term *t = &q->where.term[i];
        if (is_number(q->field[i]) && !*t->text) continue;
        if (is_number(q->field[i])) ll_sql_bind_real(stmt, k++, t->num);
        else ll_sql_bind_text(stmt, k++, t->text);
    }
}

/* The order of a list: ladders as they were made (imported runs first), flops, then as they came. A database would
 * sort whole rows; this sorts their keys, and is several times as fast. */
typedef struct rank {
    int64_t ladder, key, at;
    double flops;
} rank;

typedef struct listing {
    ll_run *runs;
    rank *ranks;
    int64_t n;
} listing;

static int by_rank(const void *a, const void *b) {
    const rank *x = a, *y = b;
    if (x->ladder != y->ladder) return x->ladder < y->ladder ? -1 : 1;
    if (x->flops != y->flops) return x->flops < y->flops ? -1 : 1;
    return x->key < y->key ? -1 : 1;
}

/* Moves every run to its place along the cycles of the permutation. */
static void put_in_order(listing *l) {
    if (l->n) qsort(l->ranks, (size_t)l->n, sizeof *l->ranks, by_rank);
    for (int64_t i = 0; i < l->n; i++) {
        if (l->ranks[i].at == i) continue;
        ll_run first = l->runs[i];
        int64_t to = i;
        for (int64_t from = l->ranks[to].at; from != i; from = l->ranks[to].at) {
            l->runs[to] = l->runs[from];
            l->ranks[to].at = to;
            to = from;
        }
        l->runs[to] = first;
        l->ranks[to].at = to;
    }
}

/* One run with what it is ordered by. */
typedef ll_status row_visit(void *ctx, const ll_run *run, const rank *rank, ll_error *err);

static ll_status read_runs(ll_store *s, ll_sql_statement *stmt, row_visit *visit, void *ctx, ll_error *err) {
    ll_run run;
    for (;;) {
        bool row;
        LL_TRY(ll_sql_step(s, stmt, &row, err));
        if (!row) return LL_OK;
        LL_TRY(ll_rows_read_run(s, stmt, &run, err));
        const rank at = { ll_sql_int(stmt, 0), ll_sql_int(stmt, 1), 0, isnan(run.flops) ? -INFINITY : run.flops };
        LL_TRY(visit(ctx, &run, &at, err));
    }
}

static ll_status visit_rows(ll_store *s, const char *ladder, int state, const char *where, const char *order,
                            row_visit *visit, void *ctx, ll_error *err) {
    query q;
    ll_sql_statement *stmt;
    LL_TRY(build(&q, ll_rows_select_runs, ladder, state, where, err));
    add(&q, order, "", "");
    LL_TRY(ll_sql_prepare(s, &stmt, q.sql, err));
    stmt->many = true;
    bind_query(&q, stmt, ladder, state);
    const ll_status status = read_runs(s, stmt, visit, ctx, err);
    ll_sql_finish(stmt);
    return status;
}

static ll_status keep(void *ctx, const ll_run *run, const rank *at, ll_error *err) {
    listing *l = ctx;
    ll_run *runs = ll_sql_grow(l->runs, l->n, sizeof *runs);
    if (runs) l->runs = runs;
    rank *ranks = ll_sql_grow(l->ranks, l->n, sizeof *ranks);
    if (ranks) l->ranks = ranks;
    if (!runs || !ranks) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)l->n);
    runs[l->n] = *run;
    ranks[l->n] = *at;
    ranks[l->n].at = l->n;
    l->n++;
    return LL_OK;
}

ll_status ll_store_list_runs(ll_store *s, const char *ladder, int state, const char *where, ll_run **out,
                             int64_t *n, ll_error *err) {
    listing l = { 0 };
    *out = NULL;
    *n = 0;
    const ll_status status = visit_rows(s, ladder, state, where, "", keep, &l, err);
    if (status == LL_OK) {
        put_in_order(&l);
        *out = l.runs;
        *n = l.n;
    } else free(l.runs);
    free(l.ranks);
    return status;
}

typedef struct visiting {
    ll_run_visit *visit;
    void *ctx;
} visiting;

static ll_status pass_on(void *ctx, const ll_run *run, const rank *at, ll_error *err) {
    const visiting *v = ctx;
    (void)at;
    return v->visit(v->ctx, run, err);
}

ll_status ll_store_visit_runs(ll_store *s, const char *ladder, int state, const char *where, ll_run_visit *visit,
                              void *ctx, ll_error *err) {
    return visit_rows(s, ladder, state, where, "", pass_on, &(visiting) { visit, ctx }, err);
}

/* Of one ladder the index run_ladder has this order. */
static ll_status visit_ladder(ll_store *s, const char *ladder, int state, const char *where, visiting *v,
                              ll_error *err) {
    return visit_rows(s, ladder, state, where, " ORDER BY run.flops NULLS FIRST, run.key", pass_on, v, err);
}

ll_status ll_store_visit_listed(ll_store *s, const char *ladder, int state, const char *where, ll_run_visit *visit,
                                void *ctx, ll_error *err) {
    visiting v = { visit, ctx };
    char id[sizeof((ll_run *)0)->ladder];
    ll_sql_statement *stmt;
    bool row = true;
    if (*ladder) return visit_ladder(s, ladder, state, where, &v, err);
    if (where && *where)
        return visit_rows(s, "", state, where, " ORDER BY ladder.key NULLS FIRST, run.flops NULLS FIRST, run.key",
                          pass_on, &v, err);
    LL_TRY(visit_ladder(s, LL_LADDER_IMPORTED, state, where, &v, err));
    LL_TRY(ll_sql_prepare(s, &stmt, "SELECT id FROM ladder ORDER BY key", err));
    ll_status status;
    while ((status = ll_sql_step(s, stmt, &row, err)) == LL_OK && row) {
        ll_sql_text(stmt, 0, id, sizeof id);
        if ((status = visit_ladder(s, id, state, where, &v, err)) != LL_OK) break;
    }
    ll_sql_finish(stmt);
    return status;
}

ll_status ll_store_visit_names(ll_store *s, const char *ladder, int state, const char *where, ll_name_visit *visit,
                               void *ctx, ll_error *err) {
    query q;
    ll_sql_statement *stmt;
    char name[sizeof((ll_run *)0)->name];
    bool row = true;
    LL_TRY(build(&q, "SELECT run.name FROM run WHERE ", ladder, state, where, err));
    LL_TRY(ll_sql_prepare(s, &stmt, q.sql, err));
    stmt->many = true;
    bind_query(&q, stmt, ladder, state);
    ll_status status;
    while ((status = ll_sql_step(s, stmt, &row, err)) == LL_OK && row) {
        ll_sql_text(stmt, 0, name, sizeof name);
        if ((status = visit(ctx, name, err)) != LL_OK) break;
    }
    ll_sql_finish(stmt);
    return status;
}

/* Of all, and of those in each other state than done, which an index of their own holds. */
static ll_status tally(ll_store *s, ll_sql_statement *all, ll_sql_statement *open, ll_run_tally *out,
                       ll_error *err) {
    char name[16];
    ll_run_state state = LL_RUN_DONE;
    bool row = true;
    LL_TRY(ll_sql_step(s, all, &row, err));
    int64_t done = row ? ll_sql_int(all, 0) : 0;
    double flops = row ? ll_sql_real(all, 1) : 0;
    for (;;) {
        LL_TRY(ll_sql_step(s, open, &row, err));
        if (!row) break;
        ll_sql_text(open, 0, name, sizeof name);
        LL_TRY(read_state(s, name, &state, err));
        done -= out->n[state] = ll_sql_int(open, 1);
        flops -= out->flops[state] = ll_sql_real(open, 2);
    }
    out->n[LL_RUN_DONE] = done;
    out->flops[LL_RUN_DONE] = done ? flops : 0;
    return LL_OK;
}

ll_status ll_store_tally_runs(ll_store *s, const char *ladder, ll_run_tally *out, ll_error *err) {
    ll_sql_statement *all = NULL, *open = NULL;
    *out = (ll_run_tally) { 0 };
    ll_status status =
        ll_sql_prepare(s, &all, "SELECT count(*), coalesce(sum(flops), 0.0) FROM run WHERE ladder = ?", err);
    if (status == LL_OK)
        status = ll_sql_prepare(s, &open,
                                "SELECT state, count(*), coalesce(sum(flops), 0.0) FROM run"
                                " WHERE ladder = ? AND state <> 'done' GROUP BY state",
                                err);
    if (status == LL_OK) {
        ll_sql_bind_text(all, 1, is_ladder(ladder) ? ladder : "");
        ll_sql_bind_text(open, 1, is_ladder(ladder) ? ladder : "");
        status = tally(s, all, open, out, err);
    }
    ll_sql_finish(all);
    ll_sql_finish(open);
    return status;
}

ll_status ll_store_count_runs(ll_store *s, const char *ladder, int state, const char *where, int64_t *n,
                              ll_error *err) {
    query q;
    bool row;
    ll_sql_statement *stmt;
    *n = 0;
    LL_TRY(build(&q, "SELECT count(*) FROM run WHERE ", ladder, state, where, err));
    LL_TRY(ll_sql_prepare(s, &stmt, q.sql, err));
    bind_query(&q, stmt, ladder, state);
    const ll_status status = ll_sql_step(s, stmt, &row, err);
    if (status == LL_OK && row) *n = ll_sql_int(stmt, 0);
    ll_sql_finish(stmt);
    return status;
}

typedef struct drop_of {
    const char *const *ids;
    int64_t n;
    bool ended; /* all were there, and may be gone by it */
} drop_of;

static ll_status drop_runs(ll_store *s, void *ctx, ll_error *err) {
    drop_of *drop = ctx;
    ll_sql_statement *stmt;
    LL_TRY(ll_sql_prepare(s, &stmt, "DELETE FROM run WHERE id = ?", err));
    ll_status status = LL_OK;
    for (int64_t i = 0; i < drop->n && status == LL_OK; i++) {
        int64_t gone;
        ll_sql_bind_text(stmt, 1, drop->ids[i]);
        status = ll_sql_run(s, stmt, &gone, err);
        if (status == LL_OK && gone == 0 && !drop->ended)
            status = LL_FAIL(err, LL_EINPUT, "%s: there is no run '%.80s'", s->path, drop->ids[i]);
    }
    ll_sql_finish(stmt);
    drop->ended |= status == LL_OK;
    return status;
}

ll_status ll_store_drop_runs(ll_store *s, const char *const *ids, int64_t n, ll_error *err) {
    return ll_sql_transact(s, LL_SQL_WRITE, drop_runs, &(drop_of) { ids, n, false }, err);
}
