#include "forecast/ledger/ledger_seal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/starved.h"
#include "base/version.h"
#include "base/words/number.h"
#include "base/words/word.h"
#include "forecast/ledger/ledger_view.h"
#include "forecast/ledger/seal_repeats.h"

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
    char name[LL_REPEATED];
    LL_TRY(ll_study_in_nats(s, "a forecast", err));
    LL_TRY(ll_study_outlook(s, t->params, t->tokens, 0, &o, err));
    *out = o.forecast;
    out->bytes_per_token = ll_study_bytes_per_token(s);
    LL_TRY(ll_seal_repeats(NULL, s, t->params, t->tokens, name, &out->replicate, err));
    out->replicate |= t->replicate;
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

static ll_status put(char *to, size_t size, const char *text, const char *what, ll_error *err) {
    return ll_word_copy(to, size, text, strlen(text), what, err);
}

static const char *given(const char *text, const char *otherwise) {
    return text && *text ? text : otherwise;
}

/* What a forecast says whatever it stands on. */
static ll_status describe(ll_forecast *f, const ll_seal_target *t, ll_error *err) {
    const char *slash = strrchr(t->run, '/');
    char now[32], question[sizeof f->question];
    const ll_number_scope scope = ll_number_begin();
    snprintf(question, sizeof question,
             "the final validation loss, in nats per token, of run %.40s: %.4g parameters (%.31s) trained on %.4g "
             "tokens of the %s own data",
             slash ? slash + 1 : t->run, t->params, f->convention, t->tokens,
             t->study ? "fitted runs'" : "ladder's");
    ll_number_end(scope);
    LL_TRY(put(f->run, sizeof f->run, t->run, "run", err));
    LL_TRY(put(f->question, sizeof f->question, given(t->question, question), "question", err));
    LL_TRY(put(f->author, sizeof f->author, given(t->author, ""), "author", err));
    LL_TRY(put(f->judged_by, sizeof f->judged_by, given(t->judged_by, "the run's own final validation loss"),
               "judge", err));
    snprintf(f->version, sizeof f->version, "%s %s", LL_VERSION, LL_COMMIT);
    snprintf(f->sealed, sizeof f->sealed, "%s", ll_clock_utc(now, sizeof now));
    return LL_OK;
}

/* A run that is done has no forecast any more, by whatever name, unless one stands. */
static ll_status check_open(ll_store *s, const ll_seal_target *t, ll_error *err) {
    ll_seal stands;
    ll_run run;
    bool found;
    LL_TRY(ll_seal_find(s, t->run, &stands, &found, err));
    if (found) return LL_OK;
    LL_TRY(ll_store_seek_run(s, t->run, &run, &found, err));
    if (found && run.state == LL_RUN_DONE)
        return LL_FAIL(err, LL_ESTATE, "%s is done: a forecast of it would be no forecast", t->run);
    if (!t->study) return LL_OK; /* a spec's rungs are runs of their own */
    return ll_seal_check_repeat(s, t->study, t->params, t->tokens, t->replicate, err);
}

ll_status ll_seal_forecast(ll_store *s, const ll_seal_target *t, ll_forecast *out, ll_sealing *how, ll_error *err) {
    ll_seal stands;
    const int64_t starved = ll_starved();
    LL_TRY(check_open(s, t, err));
    LL_TRY(t->study ? look(t, t->study, out, err) : from_ladder(s, t, out, err));
    if (ll_starved() != starved) return LL_FAIL(err, LL_ENOMEM, "no forecast of %s: out of memory", t->run);
    LL_TRY(describe(out, t, err));
    LL_TRY(ll_ledger_seal_forecast(s, out, t->key, &stands, how, err));
    *out = stands.forecast;
    return LL_OK;
}

/* ---- scoring ---- */

ll_status ll_seal_outcome(ll_store *s, const ll_seal *sealed, double loss, ll_error *err) {
    ll_sealing how;
    LL_TRY(ll_ledger_seal_score(s, sealed->hash, &(ll_outcome) { .value = loss }, NULL, &how, err));
    return how == LL_SEALING_NEW ? LL_OK : LL_FAIL(err, LL_ESTATE, "%s is scored already", sealed->forecast.run);
}

/* The loss of a run, or its score of that name, where the store has it done. */
static ll_status has_come(ll_store *s, const char *run, const char *quantity, ll_outcome *outcome, bool *came,
                          ll_error *err) {
    ll_run r;
    *came = false;
    if (!*run) return LL_OK;
    *outcome = (ll_outcome) { 0 };
    if (*quantity) return ll_score_come(s, run, quantity, &outcome->value, came, err);
    LL_TRY(ll_store_seek_run(s, run, &r, came, err));
    *came = *came && r.state == LL_RUN_DONE;
    if (*came) outcome->value = r.loss;
    return LL_OK;
}

/* One that cannot be scored does not keep the others from it: the first error stands. */
typedef struct scoring {
    ll_store *store;
    const ll_sign_key *key;
    int64_t count;
    ll_status status;
    ll_error *err;
} scoring;

static ll_status score_one(scoring *c, const char *hash, const char *run, const char *quantity, ll_error *err) {
    ll_outcome outcome;
    ll_sealing how;
    bool came;
    LL_TRY(has_come(c->store, run, quantity, &outcome, &came, err));
    if (!came) return LL_OK;
    LL_TRY(ll_ledger_seal_score(c->store, hash, &outcome, c->key, &how, err));
    c->count += how == LL_SEALING_NEW;
    return LL_OK;
}

static void score(scoring *c, const char *hash, const char *run, const char *quantity) {
    const bool first = c->status == LL_OK;
    const ll_status status = score_one(c, hash, run, quantity, first ? c->err : NULL);
    if (first) c->status = status;
}

/* *v: as the ledger was before. */
static ll_status seal_due(ll_store *s, const ll_sign_key *key, int64_t *count, ll_ledger_view *v, ll_error *err) {
    scoring c = { .store = s, .key = key, .err = err };
    *count = 0;
    LL_TRY(ll_ledger_view_store(v, s, err));
    for (int64_t i = 0; i < v->n_seals; i++)
        if (!v->seals[i].scored) score(&c, v->seals[i].hash, v->seals[i].forecast.run, "");
    for (int64_t i = 0; i < v->n_said; i++) {
        const ll_said *it = &v->said[i];
        if (!it->what.judged && it->what.n && (it->ln_scale || *it->ground.quantity))
            score(&c, it->hash, it->run, it->ground.quantity);
    }
    *count = c.count;
    return c.status;
}

ll_status ll_seal_scores(ll_store *s, const ll_sign_key *key, int64_t *count, ll_error *err) {
    ll_ledger_view v;
    const ll_status status = seal_due(s, key, count, &v, err);
    ll_ledger_view_clear(&v);
    return status;
}

ll_status ll_seal_scores_view(ll_store *s, const ll_sign_key *key, ll_ledger_view *after, ll_error *err) {
    int64_t count;
    const ll_status status = seal_due(s, key, &count, after, err);
    if (status == LL_OK && count == 0) return LL_OK;
    ll_ledger_view_clear(after);
    return status == LL_OK ? ll_ledger_view_store(after, s, err) : status;
}
