#include "sweep/seal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/starved.h"
#include "base/version.h"
#include "fit/columns.h"
#include "fit/study.h"
#include "forecast/split.h"

typedef struct rows {
    ll_run *runs;
    double *N, *D, *C, *L, *se;
    int64_t n;
    double largest;
} rows;

static void free_rows(rows *r) {
    free(r->runs);
    free(r->N);
}

static ll_status fitted_rows(ll_store *s, const char *ladder, rows *r, ll_error *err) {
    *r = (rows) { 0 };
    LL_TRY(ll_store_list_runs(s, ladder, LL_RUN_DONE, "role = 'fit'", &r->runs, &r->n, err));
    double *block = calloc((size_t)r->n * 5 + 1, sizeof *block);
    if (!block) {
        free(r->runs);
        return LL_FAIL(err, LL_ENOMEM, "out of memory");
    }
    r->N = block, r->D = block + r->n, r->C = block + 2 * r->n, r->L = block + 3 * r->n, r->se = block + 4 * r->n;
    for (int64_t i = 0; i < r->n; i++) {
        const ll_run *run = &r->runs[i];
        r->N[i] = run->params, r->D[i] = run->tokens, r->C[i] = run->flops, r->L[i] = run->loss,
        r->se[i] = run->loss_se;
        r->largest = fmax(r->largest, run->flops);
    }
    return LL_OK;
}

/* ---- what it stands on ---- */

static void place(const ll_seal_target *t, double x[LL_VAR_COUNT]) {
    memset(x, 0, LL_VAR_COUNT * sizeof *x);
    x[LL_VAR_N] = t->params;
    x[LL_VAR_D] = t->tokens;
    x[LL_VAR_C] = 6 * t->params * t->tokens;
}

static ll_status from_rows(const ll_seal_target *t, const rows *r, ll_forecast *out, ll_error *err) {
    ll_study study;
    ll_study_data data = { .n = r->n, .params = r->N, .tokens = r->D, .flops = r->C, .loss = r->L, .se = r->se };
    LL_TRY(ll_study_run(&study, &data, &(ll_fit_opts) { .seed = t->seed }, err));
    double x[LL_VAR_COUNT];
    place(t, x);
    const ll_fit *fits[1] = { &study.surface };
    ll_status s = study.surface.law ? ll_forecast_make(out, fits, 1, x, x[LL_VAR_C] / r->largest, err)
                                    : LL_FAIL(err, LL_ESTATE, "no forecast of %s: %s", t->run, study.missing);
    ll_study_clear(&study);
    return s;
}

static ll_status from_ladder(ll_store *s, const ll_seal_target *t, ll_forecast *out, ll_error *err) {
    ll_ladder ladder;
    rows r;
    LL_TRY(ll_store_get_ladder(s, t->ladder, &ladder, err));
    ll_status status = fitted_rows(s, ladder.id, &r, err);
    if (status == LL_OK) {
        status = from_rows(t, &r, out, err);
        out->bytes_per_token = r.n ? r.runs[0].bytes_per_token : NAN;
        free_rows(&r);
    }
    snprintf(out->convention, sizeof out->convention, "non-embedding N, C = 6ND");
    snprintf(out->data_hash, sizeof out->data_hash, "%s", ladder.data_hash);
    snprintf(out->spec_hash, sizeof out->spec_hash, "%s", ladder.spec_hash);
    ll_ladder_clear(&ladder);
    return status;
}

static ll_status from_fit(const ll_seal_target *t, ll_forecast *out, ll_error *err) {
    const ll_saved_fit *saved = t->fit;
    const char *N = ll_json_get_str(saved->convention, "params");
    const char *hash = ll_json_get_str(saved->convention, "data_hash");
    const ll_fit *fits[1] = { &saved->fit };
    const ll_fit_data *runs = &saved->fit.data;
    ll_fit_data here = { .n = 1 };
    double x[LL_VAR_COUNT];
    if (strcmp(saved->loss_unit, LL_NATS_PER_TOKEN) != 0)
        return LL_FAIL(err, LL_EINPUT, "a forecast is in nats per token, the fit in %s", saved->loss_unit);
    place(t, x);
    if (saved->fit.law->vars >> LL_VAR_X & 1) x[LL_VAR_X] = x[saved->along];
    for (int v = 0; v < LL_VAR_COUNT; v++) here.x[v] = runs->x[v] ? &x[v] : NULL;
    const double reach = ll_split_compute(saved->fit.law, &here, 0) / ll_split_largest(saved->fit.law, runs);
    LL_TRY(ll_forecast_make(out, fits, 1, x, reach, err));
    snprintf(out->convention, sizeof out->convention, "%.16s N, C = 6ND", N ? N : "unstated");
    snprintf(out->data_hash, sizeof out->data_hash, "%.64s", hash ? hash : "");
    return LL_OK;
}

/* ---- sealing ---- */

ll_status ll_seal_append(ll_store *s, ll_json *doc, ll_error *err) {
    char *text = ll_json_text(doc, false);
    ll_json_free(doc);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_entry entry = { 0 };
    ll_status status = ll_store_append(s, text, &entry, err);
    free(entry.body);
    free(text);
    return status;
}

/* What a forecast says whatever it stands on. */
static void describe(ll_forecast *f, const ll_seal_target *t) {
    const char *slash = strrchr(t->run, '/');
    char now[32];
    snprintf(f->run, sizeof f->run, "%s", t->run);
    snprintf(f->question, sizeof f->question,
             "the final validation loss, in nats per token, of run %.40s: %.4g parameters (%.31s) trained on %.4g "
             "tokens of the %s own data",
             slash ? slash + 1 : t->run, t->params, f->convention, t->tokens, t->fit ? "fitted runs'" : "ladder's");
    snprintf(f->version, sizeof f->version, "%s %s", LL_VERSION, LL_COMMIT);
    snprintf(f->sealed, sizeof f->sealed, "%s", ll_clock_utc(now, sizeof now));
    snprintf(f->judged_by, sizeof f->judged_by, "%s",
             *t->judged_by ? t->judged_by : "the run's own final validation loss");
}

ll_status ll_seal_forecast(ll_store *s, const ll_seal_target *t, ll_forecast *out, ll_error *err) {
    bool found;
    ll_seal sealed;
    ll_run run;
    LL_TRY(ll_seal_find(s, t->run, &sealed, &found, err));
    if (found) {
        *out = sealed.forecast;
        return LL_OK;
    }
    LL_TRY(ll_store_seek_run(s, t->run, &run, &found, err));
    if (found && run.state == LL_RUN_DONE)
        return LL_FAIL(err, LL_ESTATE, "%s is done: a forecast of it would be no forecast", t->run);
    const int64_t starved = ll_starved();
    LL_TRY(t->fit ? from_fit(t, out, err) : from_ladder(s, t, out, err));
    if (ll_starved() != starved) return LL_FAIL(err, LL_ENOMEM, "no forecast of %s: out of memory", t->run);
    describe(out, t);
    return ll_seal_append(s, ll_forecast_json(out), err);
}

/* ---- scoring ---- */

ll_status ll_seal_outcome(ll_store *s, const ll_seal *sealed, double loss, ll_error *err) {
    char now[32];
    if (!(loss > 0) || !isfinite(loss))
        return LL_FAIL(err, LL_EINPUT, "the outcome of %s is %g, expected a loss above 0", sealed->forecast.run,
                       loss);
    if (sealed->scored)
        return LL_FAIL(err, LL_ESTATE, "%s is scored already: %.6g came", sealed->forecast.run,
                       sealed->score.outcome);
    const ll_score score = ll_forecast_score(&sealed->forecast, loss);
    ll_json *body = ll_score_json(&sealed->forecast, &score);
    ll_json_set_str(body, "forecast", sealed->hash); /* of the ledger's entry that is judged */
    ll_json_set_str(body, "scored", ll_clock_utc(now, sizeof now));
    return ll_seal_append(s, body, err);
}

static ll_status score_one(ll_store *s, const ll_seal *sealed, int64_t *count, ll_error *err) {
    ll_run run;
    bool found;
    if (sealed->scored) return LL_OK;
    LL_TRY(ll_store_seek_run(s, sealed->forecast.run, &run, &found, err));
    if (!found || run.state != LL_RUN_DONE) return LL_OK;
    LL_TRY(ll_seal_outcome(s, sealed, run.loss, err));
    ++*count;
    return LL_OK;
}

ll_status ll_seal_scores(ll_store *s, int64_t *count, ll_error *err) {
    ll_seal *list;
    int64_t n;
    ll_status status = LL_OK;
    *count = 0;
    LL_TRY(ll_seal_list(s, &list, &n, err));
    for (int64_t i = 0; i < n && status == LL_OK; i++) status = score_one(s, &list[i], count, err);
    free(list);
    return status;
}
