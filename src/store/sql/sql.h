/* What the store asks of a database: statements, values, transactions. store/sqlite and store/postgres do it, and
 * store/rows writes every statement once, in the SQL that both read:
 *
 *     LL_TRY(ll_sql_prepare(s, &stmt, "DELETE FROM run WHERE id = ?1", err));
 *     ll_sql_bind_text(stmt, 1, id);
 *     status = ll_sql_run(s, stmt, err);
 *     ll_sql_finish(stmt);
 *
 * Parameters are ?1, ?2, ... or ? (the next one) and count from 1, columns from 0. Numbers are whole (64 bits) or
 * double; a double that is not known is NULL, and NaN here.
 */
#ifndef LL_STORE_SQL_SQL_H
#define LL_STORE_SQL_SQL_H

#include "base/system/file.h"
#include "store/store.h"

/* What a transaction does. It may be done again from its beginning where the database could not keep it, or did not
 * say whether it has: whatever it makes is made anew, and what it finds done by itself is fine. */
typedef ll_status ll_sql_body(ll_store *s, void *ctx, ll_error *err);

typedef enum ll_sql_mode {
    LL_SQL_READ = 1, /* all that is read is of one moment */
    LL_SQL_WRITE,
    LL_SQL_SAFE, /* what is done survives the loss of power */
    LL_SQL_ALONE /* that, and no other of this mode comes between */
} ll_sql_mode;

typedef enum ll_sql_kind { LL_SQL_NULL, LL_SQL_INT, LL_SQL_REAL, LL_SQL_TEXT } ll_sql_kind;
typedef struct ll_sql_engine ll_sql_engine;
typedef struct ll_sql_statement {
    const ll_sql_engine *engine;
    bool many;      /* set before the first step: rows that may be a million come in portions, not at once */
} ll_sql_statement; /* the beginning of the engine's own */

typedef struct ll_sql_value {
    ll_sql_kind kind;
    int64_t whole;
    double real;
    const char *text; /* until the next step */
    size_t bytes;
} ll_sql_value;

struct ll_sql_engine {
    /* Connects s->db to s->source and migrates. *there: whether a store was there; where none is and s is not
     * writable, s->db may stay NULL. Whatever it returns, close follows. */
    ll_status (*open)(ll_store *s, bool make, bool *there, ll_error *err);
    void (*close)(ll_store *s);
    /* Commits what body did when it returns LL_OK, else undoes it and hands the status on. */
    ll_status (*transact)(ll_store *s, ll_sql_mode mode, ll_sql_body *body, void *ctx, ll_error *err);
    /* Within a transaction that writes: until its end no other comes by that name. NULL: who writes is alone. */
    ll_status (*hold)(ll_store *s, const char *name, ll_error *err);
    ll_status (*prepare)(ll_store *s, ll_sql_statement **out, const char *sql, ll_error *err);
    ll_status (*step)(ll_store *s, ll_sql_statement *stmt, bool *row, ll_error *err);
    int64_t (*changed)(ll_store *s); /* rows, by the last statement */
    /* Of a statement that gives no rows, within a transaction: what is wrong with it may be told by a later one, at the
     * latest by the transaction. NULL: step and reset do. */
    ll_status (*put)(ll_store *s, ll_sql_statement *stmt, ll_error *err);
    void (*bind)(ll_sql_statement *stmt, int i, const ll_sql_value *v);
    ll_sql_value (*value)(ll_sql_statement *stmt, int i);
    void (*reset)(ll_sql_statement *stmt);
    void (*finish)(ll_sql_statement *stmt);
    int64_t (*inserted)(ll_store *s); /* the key of the row that was inserted last; NULL: it is looked for */
    /* Within a transaction that writes runs of no ladder, each of another id: what each would pay for goes, the indexes
     * and the check of its ladder; without begins it is made again. NULL: it stays, others would wait for it. */
    ll_status (*load_runs)(ll_store *s, bool begins, ll_error *err);
    const char *changes; /* a statement whose number is another one when others have written */
};

enum { LL_SQL_IDLE = 8 };
struct ll_store {
    const ll_sql_engine *engine;
    void *db; /* the engine's own, and so are finished statements that may be asked for again */
    ll_sql_statement *idle[LL_SQL_IDLE];
    bool writable;
    char path[LL_PATH_MAX];   /* how messages call the store: without a password */
    char source[LL_PATH_MAX]; /* what the engine opens */
};

void ll_sql_notice(const char *line); /* to whom ll_store_on_notice named */

/* Refuses to write into a store that was opened for reading. */
ll_status ll_sql_transact(ll_store *s, ll_sql_mode mode, ll_sql_body *body, void *ctx, ll_error *err);

/* Of a transaction's body: no other that holds this name comes between. */
ll_status ll_sql_hold(ll_store *s, const char *name, ll_error *err);

ll_status ll_sql_prepare(ll_store *s, ll_sql_statement **out, const char *sql,
                         ll_error *err);    /* NULL when it fails */
void ll_sql_finish(ll_sql_statement *stmt); /* NULL is fine */

/* *row: whether there is a row to read. */
ll_status ll_sql_step(ll_store *s, ll_sql_statement *stmt, bool *row, ll_error *err);

/* Steps a statement that gives no rows and makes it ready for the next binding. *changed: rows. Where it is NULL, an
 * error may be told by a later statement of the transaction, or by its end. */
ll_status ll_sql_run(ll_store *s, ll_sql_statement *stmt, int64_t *changed, ll_error *err);

void ll_sql_bind_text(ll_sql_statement *stmt, int i, const char *text); /* the text must outlive the step */
void ll_sql_bind_real(ll_sql_statement *stmt, int i, double v);
void ll_sql_bind_int(ll_sql_statement *stmt, int i, int64_t v);
double ll_sql_real(ll_sql_statement *stmt, int i);
int64_t ll_sql_int(ll_sql_statement *stmt, int i);
void ll_sql_text(ll_sql_statement *stmt, int i, char *out, size_t size);
char *ll_sql_dup(ll_sql_statement *stmt, int i); /* NULL only when out of memory */
/* Of a value that is at hand. */
double ll_sql_as_real(const ll_sql_value *v);
int64_t ll_sql_as_int(const ll_sql_value *v);
void ll_sql_as_text(const ll_sql_value *v, char *out, size_t size);
bool ll_sql_is_text(ll_sql_statement *stmt, int i, const char *text); /* to the last byte */

/* Room for one more element of size bytes behind n; doubles. NULL when out of memory, the old block stays. */
void *ll_sql_grow(void *block, int64_t n, size_t size);

#endif
