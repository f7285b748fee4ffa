#include "sweep/seal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/version.h"
#include "fit/study.h"

static const char FORECAST[] = "loglog.forecast/1", SCORE[] = "loglog.score/1";

/* ---- what the ledger holds ---- */

static ll_seal *find(ll_seal *list, int64_t n, const char *run) {
    for (int64_t i = 0; run && i < n; i++)
        if (strcmp(list[i].forecast.run, run) == 0) return &list[i];
    return NULL;
}

static ll_status read_entry(const ll_entry *e, ll_seal *list, int64_t *n, ll_error *err) {
    ll_json *body;
    LL_TRY(ll_json_parse(e->body, strlen(e->body), "ledger", &body, err));
    const char *schema = ll_json_get_str(body, "schema");
    ll_seal *about = find(list, *n, ll_json_get_str(body, "run"));
    ll_status s = LL_OK;
    if (schema && strcmp(schema, FORECAST) == 0 && !about) {
        ll_seal *to = &list[*n];
        to->seq = e->seq;
        memcpy(to->hash, e->hash, sizeof to->hash);
        s = ll_forecast_parse(&to->forecast, body, err);
        *n += s == LL_OK;
    } else if (schema && strcmp(schema, SCORE) == 0 && about && !about->scored) {
        about->scored = true;
        about->score = ll_forecast_score(&about->forecast, ll_json_get_num(body, "outcome"));
    }
    ll_json_free(body);
    return s;
}

ll_status ll_seal_list(ll_store *s, ll_seal **out, int64_t *n, ll_error *err) {
    ll_entry *entries;
    int64_t count;
    *n = 0;
    LL_TRY(ll_store_list_entries(s, &entries, &count, err));
    *out = calloc((size_t)count + 1, sizeof **out);
    ll_status status = *out ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int64_t i = 0; i < count && status == LL_OK; i++) status = read_entry(&entries[i], *out, n, err);
    ll_entries_free(entries, count);
    if (status == LL_OK) return LL_OK;
    free(*out);
    *out = NULL;
    return status;
}

ll_status ll_seal_find(ll_store *s, const char *run, ll_seal *out, bool *found, ll_error *err) {
    ll_seal *list;
    int64_t n;
    LL_TRY(ll_seal_list(s, &list, &n, err));
    const ll_seal *it = find(list, n, run);
    *found = it != NULL;
    if (it) *out = *it;
    free(list);
    return LL_OK;
}

static ll_status append_json(ll_store *s, ll_json *doc, ll_error *err) {
    char *text = ll_json_text(doc, false);
    ll_json_free(doc);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_entry entry = { 0 };
    ll_status status = ll_store_append(s, text, &entry, err);
    free(entry.body);
    free(text);
    return status;
}

/* ---- sealing ---- */

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

static void describe(ll_forecast *f, const ll_seal_target *t, const rows *r, const ll_ladder *ladder) {
    char now[32];
    snprintf(f->run, sizeof f->run, "%s", t->run);
    snprintf(
        f->question, sizeof f->question,
        "the final validation loss, in nats per token, of run %.40s: %.4g non-embedding parameters trained on %.4g "
        "tokens of the ladder's own data",
        strrchr(t->run, '/') ? strrchr(t->run, '/') + 1 : t->run, t->params, t->tokens);
    snprintf(f->convention, sizeof f->convention, "non-embedding N, C = 6ND");
    snprintf(f->data_hash, sizeof f->data_hash, "%s", ladder->data_hash);
    snprintf(f->spec_hash, sizeof f->spec_hash, "%s", ladder->spec_hash);
    snprintf(f->version, sizeof f->version, "%s %s", LL_VERSION, LL_COMMIT);
    snprintf(f->sealed, sizeof f->sealed, "%s", ll_clock_utc(now, sizeof now));
    snprintf(f->judged_by, sizeof f->judged_by, "%s",
             *t->judged_by ? t->judged_by : "the run's own final validation loss");
    f->bytes_per_token = r->n ? r->runs[0].bytes_per_token : NAN;
    f->n_fitted = r->n;
}

static ll_status forecast_from(const ll_seal_target *t, const rows *r, ll_forecast *out, ll_error *err) {
    ll_study study;
    ll_study_data data = { .n = r->n, .params = r->N, .tokens = r->D, .flops = r->C, .loss = r->L, .se = r->se };
    LL_TRY(ll_study_run(&study, &data, &(ll_fit_opts) { .seed = t->seed }, err));
    const double x[LL_VAR_COUNT] = {
        [LL_VAR_N] = t->params, [LL_VAR_D] = t->tokens, [LL_VAR_C] = 6 * t->params * t->tokens
    };
    const ll_fit *fits[1] = { &study.surface };
    ll_status s = study.surface.law ? ll_forecast_make(out, fits, 1, x, x[LL_VAR_C] / r->largest, err)
                                    : LL_FAIL(err, LL_ESTATE, "no forecast of %s: %s", t->run, study.missing);
    ll_study_clear(&study);
    return s;
}

ll_status ll_seal_forecast(ll_store *s, const ll_seal_target *t, ll_forecast *out, ll_error *err) {
    bool found;
    ll_seal sealed;
    ll_run run;
    ll_ladder ladder;
    rows r;
    LL_TRY(ll_seal_find(s, t->run, &sealed, &found, err));
    if (found) {
        *out = sealed.forecast;
        return LL_OK;
    }
    if (ll_store_get_run(s, t->run, &run, NULL) == LL_OK && run.state == LL_RUN_DONE)
        return LL_FAIL(err, LL_ESTATE, "%s is done: a forecast of it would be no forecast", t->run);
    LL_TRY(ll_store_get_ladder(s, t->ladder, &ladder, err));
    ll_status status = fitted_rows(s, ladder.id, &r, err);
    if (status == LL_OK) {
        status = forecast_from(t, &r, out, err);
        if (status == LL_OK) {
            describe(out, t, &r, &ladder);
            status = append_json(s, ll_forecast_json(out), err);
        }
        free_rows(&r);
    }
    ll_ladder_clear(&ladder);
    return status;
}

/* ---- scoring ---- */

static ll_status score_one(ll_store *s, const ll_seal *sealed, int64_t *count, ll_error *err) {
    ll_run run;
    char now[32];
    if (sealed->scored || ll_store_get_run(s, sealed->forecast.run, &run, NULL) != LL_OK ||
        run.state != LL_RUN_DONE)
        return LL_OK;
    ll_score score = ll_forecast_score(&sealed->forecast, run.loss);
    ll_json *body = ll_score_json(&sealed->forecast, &score);
    ll_json_set_str(body, "forecast", sealed->hash); /* of the ledger's entry that is judged */
    ll_json_set_str(body, "scored", ll_clock_utc(now, sizeof now));
    LL_TRY(append_json(s, body, err));
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
