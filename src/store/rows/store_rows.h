/* Ladders, runs, points, scores and the ledger as rows: what store.h promises, written once over store/sql. Shared by
 * rows_*.c, and by the import, which brings many runs at once. */
#ifndef LL_STORE_ROWS_STORE_ROWS_H
#define LL_STORE_ROWS_STORE_ROWS_H

#include "store/sql/sql.h"

/* Puts n runs, made one by one with their points, in the place of all whose ids begin with prefix, which ends with
 * '/': one transaction, and no write where the same are there. Only source may differ. Of out fills added, replaced
 * and namesakes. */
typedef struct ll_rows_source {
    ll_status (*make)(void *ctx, int64_t i, ll_run *out, const ll_point **points, int64_t *n_points, ll_error *err);
    void *ctx;
    int64_t n;
} ll_rows_source;
ll_status ll_rows_replace(ll_store *s, const char *prefix, const ll_rows_source *from, ll_imported *out,
                          ll_error *err);

/* Statements over the one list of a run's fields, sums written and compared. A condition goes behind select_runs;
 * limit, order may follow: LL_ROWS_SQL bytes hold them. */
enum { LL_ROWS_SQL = 8192 };
extern const char ll_rows_select_runs[];
ll_status ll_rows_read_run(ll_store *s, ll_sql_statement *stmt, ll_run *run, ll_error *err);

/* Writes many runs, each with its points, inside a transaction. close follows whatever happens. */
typedef struct ll_rows_writer {
    ll_store *store;
    ll_sql_statement *run, *point, *score;
    uint64_t fields; /* that run writes: those that any run had so far */
} ll_rows_writer;
ll_status ll_rows_writer_open(ll_rows_writer *w, ll_store *s, ll_error *err);
ll_status ll_rows_writer_put(ll_rows_writer *w, const ll_run *run, const ll_point *points, int64_t n,
                             ll_error *err);
ll_status ll_rows_writer_score(ll_rows_writer *w, const char *run, const ll_run_score *scores, int64_t n,
                               ll_error *err);
void ll_rows_writer_close(ll_rows_writer *w);

/* The key by which points and scores name the run; inside the transaction that uses it. LL_EINPUT when absent. */
ll_status ll_rows_key_of(ll_store *s, const char *run, int64_t *key, ll_error *err);

/* Sets of fields, a bit each in the order of the list: those of which the run knows something, while a column holds by
 * itself what is said of the others; a statement that inserts these, and the values of these behind the sum, which is
 * of all. */
uint64_t ll_rows_known_fields(const ll_run *run);
ll_status ll_rows_insert_run(ll_store *s, ll_sql_statement **out, uint64_t fields, ll_error *err);
ll_status ll_rows_bind_run(ll_store *s, ll_sql_statement *stmt, const ll_run *run, uint64_t fields, ll_error *err);

extern const char ll_rows_put_point[];
ll_status ll_rows_bind_point(ll_store *s, ll_sql_statement *stmt, const char *run, int64_t key, const ll_point *p,
                             ll_error *err);
/* Inside a transaction; the entry as it is, with its number and hashes. */
ll_status ll_rows_put_ladder(ll_store *s, const ll_ladder *l, ll_error *err);
ll_status ll_rows_put_entry(ll_store *s, const ll_entry *e, ll_error *err);

extern const char ll_rows_put_score[];
ll_status ll_rows_bind_score(ll_store *s, ll_sql_statement *stmt, const char *run, int64_t key,
                             const ll_run_score *score, ll_error *err);

#endif
