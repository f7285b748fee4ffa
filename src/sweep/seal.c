#include "sweep/seal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/version.h"

/* The study of the ladder's observations; the seed is that of its resamples. */
static ll_status study_ladder(ll_store *s, const ll_seal_target *t, ll_study *study, ll_error *err) {
    ll_observed o;
    const ll_observe_opts which = { t->ladder, NULL };
    LL_TRY(ll_observe(&o, s, &which, err));
    if (o.table.rows == 0) {
        ll_observed_clear(&o);
        return LL_FAIL(err, LL_ESTATE, "no forecast of %s: the ladder has no finished runs to fit", t->run);
    }
    return ll_study_of(study, &o, t->ladder, &(ll_study_opts) { 0 }, err);
}

static ll_status look(const ll_seal_target *t, ll_study *s, ll_forecast *out, ll_error *err) {
    ll_outlook o;
    if (strcmp(s->loss_unit, LL_NATS_PER_TOKEN) != 0)
        return LL_FAIL(err, LL_EINPUT, "a forecast is in nats per token, the losses of %s in %s", s->source,
                       s->loss_unit);
    LL_TRY(ll_study_outlook(s, t->params, t->tokens, 0, &o, err));
    *out = o.forecast;
    out->bytes_per_token = ll_study_bytes_per_token(s);
    return LL_OK;
}

/* Runs of the ladder that carry no law are no fault of the caller's. */
static ll_status from_ladder(ll_store *s, const ll_seal_target *t, ll_forecast *out, ll_error *err) {
    ll_study study;
    ll_error why = { 0 };
    LL_TRY(study_ladder(s, t, &study, err));
    ll_status status = ll_study_fit(&study, &why);
    if (status == LL_OK) status = look(t, &study, out, &why);
    ll_study_clear(&study);
    if (status == LL_OK) return LL_OK;
    return LL_FAIL(err, status == LL_EINPUT ? LL_ESTATE : status, "no forecast of %s: %s", t->run, why.msg);
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
             slash ? slash + 1 : t->run, t->params, f->convention, t->tokens, t->study ? "fitted runs'" : "ladder's");
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
    if (ll_store_get_run(s, t->run, &run, NULL) == LL_OK && run.state == LL_RUN_DONE)
        return LL_FAIL(err, LL_ESTATE, "%s is done: a forecast of it would be no forecast", t->run);
    LL_TRY(t->study ? look(t, t->study, out, err) : from_ladder(s, t, out, err));
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
    if (sealed->scored || ll_store_get_run(s, sealed->forecast.run, &run, NULL) != LL_OK ||
        run.state != LL_RUN_DONE)
        return LL_OK;
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
