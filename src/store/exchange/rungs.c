/* Rungs of a ladder that were trained elsewhere come back: rows whose run is called by the id of one, LADDER/RUNG. */
#include <math.h>
#include <string.h>

#include "base/system/clock.h"
#include "store/exchange/import.h"

#define NEAR_N 0.01 /* relative: another N is another model */

static ll_status check(const ll_importing *m, const ll_run *rung, const ll_run *row, ll_error *err) {
    const double n = ll_run_count(row), planned = ll_run_count(rung);
    if (!isnan(n) && fabs(n / planned - 1) > NEAR_N)
        return LL_FAIL(err, LL_EINPUT, "%s: run %s has %.6g parameters, the ladder planned %.6g", m->source,
                       rung->id, n, planned);
    if (rung->state == LL_RUN_DONE && rung->loss != row->loss)
        return LL_FAIL(err, LL_EINPUT, "%s: run %s is done already, with another loss", m->source, rung->id);
    return LL_OK;
}

/* What its table says of how it was trained goes over what was planned; of what it is nothing changes. */
static void finish(ll_run *rung, const ll_run *row) {
    const double share = row->tokens > 0 ? row->tokens / rung->tokens : 1;
    rung->state = LL_RUN_DONE;
    rung->loss = row->loss;
    rung->loss_se = row->loss_se;
    rung->tokens *= share;
    rung->flops *= share;
    rung->flops_exact *= share;
    if (row->bytes_per_token > 0) rung->bytes_per_token = row->bytes_per_token;
    rung->failure[0] = 0;
    strcpy(rung->source, row->source);
    ll_clock_utc(rung->ended, sizeof rung->ended);
}

static ll_status take(ll_importing *m, int64_t k, ll_store *s, ll_imported *out, ll_error *err) {
    ll_run row, rung;
    bool found;
    int64_t n = 0;
    LL_TRY(ll_import_run(m, k, &row, err));
    LL_TRY(ll_import_check(m, &row, err));
    LL_TRY(ll_store_seek_run(s, row.name, &rung, &found, err));
    if (!found || !*rung.ladder)
        return LL_FAIL(err, LL_EINPUT, "%s: run '%.80s' is no rung of the store, unlike those before it", m->source,
                       row.name);
    if (isnan(row.loss)) return LL_OK; /* still to be trained */
    LL_TRY(check(m, &rung, &row, err));
    if (rung.state == LL_RUN_DONE) return LL_OK;
    if (m->curves) LL_TRY(ll_import_points(m, k, &n, err));
    finish(&rung, &row);
    for (int64_t i = 0; i < n; i++) LL_TRY(ll_store_put_point(s, rung.id, &m->points[i], err));
    LL_TRY(ll_store_put_run(s, &rung, err));
    out->added++;
    out->points += n;
    return LL_OK;
}

bool ll_store_holds_rungs(ll_store *s, const ll_table *t) {
    ll_run run;
    bool found = false;
    const char *name = t->rows && t->text[LL_COL_RUN] ? t->text[LL_COL_RUN][0] : NULL;
    return name && ll_store_seek_run(s, name, &run, &found, NULL) == LL_OK && found && *run.ladder;
}

ll_status ll_store_import_rungs(ll_store *s, const ll_table *t, const ll_import_opts *opts, ll_imported *out,
                                ll_error *err) {
    ll_importing m;
    *out = (ll_imported) { 0 };
    ll_status status = ll_importing_open(&m, t, opts, err);
    if (status == LL_OK) *out = (ll_imported) { .curves = m.curves, .runs = m.n };
    for (int64_t k = 0; status == LL_OK && k < m.n; k++) status = take(&m, k, s, out, err);
    ll_importing_close(&m);
    return status;
}
