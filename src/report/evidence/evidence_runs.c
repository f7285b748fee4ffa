#include "report/evidence/evidence_runs.h"

#include <math.h>
#include <stdlib.h>

enum { SHOWN = 4000 };

/* What of all runs is known while one after the other comes. */
typedef struct taking {
    ll_evidence *e;
    int64_t every, room, rows; /* rows: of observations so far */
    bool stated, total, unstated, differ;
    double most; /* C of the largest that is done */
    ll_run largest;
    int64_t row_of_largest;
    bool has_largest, shows_largest;
} taking;

static void note_count(taking *t, const ll_run *r) {
    ll_evidence *e = t->e;
    t->stated |= r->params > 0;
    t->total |= r->params_total > 0;
    t->unstated |= r->params_unstated > 0;
    e->params_are = t->stated     ? LL_PARAMS_NONEMBEDDING
                    : t->total    ? LL_PARAMS_TOTAL
                    : t->unstated ? LL_PARAMS_UNSTATED
                                  : LL_PARAMS_NONEMBEDDING;
}

/* Known where all that say it say the same. */
static void note_ratio(taking *t, double ratio) {
    double *common = &t->e->bytes_per_token;
    if (!(ratio > 0) || t->differ) return;
    t->differ = *common > 0 && fabs(ratio / *common - 1) > 1e-9;
    *common = t->differ ? NAN : ratio;
}

static int64_t note(taking *t, const ll_run *r) {
    ll_evidence *e = t->e;
    e->n_all++;
    e->n_done += ll_evidence_done(r);
    note_count(t, r);
    note_ratio(t, r->bytes_per_token);
    return ll_run_observation(r, &e->scored) == LL_OBSERVATION ? t->rows++ : -1;
}

static ll_status show(taking *t, const ll_run *r, int64_t row, ll_error *err) {
    ll_evidence *e = t->e;
    if (e->n_runs == t->room) {
        const int64_t room = 2 * t->room;
        ll_run *runs = realloc(e->runs, (size_t)room * sizeof *runs);
        if (runs) e->runs = runs;
        int64_t *rows = runs ? realloc(e->row, (size_t)room * sizeof *rows) : NULL;
        if (!rows) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)room);
        e->row = rows;
        t->room = room;
    }
    e->runs[e->n_runs] = *r;
    e->row[e->n_runs++] = row;
    return LL_OK;
}

static ll_status take(void *ctx, const ll_run *r, ll_error *err) {
    taking *t = ctx;
    const bool shown = t->e->n_all % t->every == 0 || ll_evidence_held_out(r);
    const int64_t row = note(t, r);
    const double C = r->flops > 0 ? r->flops : 6 * ll_run_count(r) * r->tokens;
    if (ll_evidence_done(r) && C > t->most) {
        t->most = C;
        t->has_largest = true;
        t->shows_largest = shown;
        t->row_of_largest = row;
        if (!shown) t->largest = *r;
    }
    return shown ? show(t, r, row, err) : LL_OK;
}

ll_status ll_evidence_read_runs(ll_evidence *e, ll_store *s, const char *ladder, const char *where, ll_error *err) {
    int64_t n;
    LL_TRY(ll_store_count_runs(s, ladder, -1, where, &n, err));
    taking t = { .e = e, .every = 1 + (n - 1) / SHOWN, .room = 16 + (n < SHOWN ? n : SHOWN) };
    e->runs = malloc((size_t)t.room * sizeof *e->runs);
    e->row = malloc((size_t)t.room * sizeof *e->row);
    if (!e->runs || !e->row) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    LL_TRY(ll_store_visit_listed(s, ladder, -1, where, take, &t, err));
    return t.has_largest && !t.shows_largest ? show(&t, &t.largest, t.row_of_largest, err) : LL_OK;
}

ll_status ll_evidence_number_runs(ll_evidence *e, ll_error *err) {
    taking t = { .e = e };
    e->row = malloc((size_t)(e->n_runs + 1) * sizeof *e->row);
    if (!e->row) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)e->n_runs);
    for (int64_t i = 0; i < e->n_runs; i++) e->row[i] = note(&t, &e->runs[i]);
    return LL_OK;
}
