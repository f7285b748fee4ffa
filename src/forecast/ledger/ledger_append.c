#include "forecast/ledger/ledger_append.h"

#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "forecast/ledger/ledger_sign.h"
#include "forecast/ledger/ledger_view.h"
#include "store/hash_chain.h"

/* What is to be sealed: one of three; and what became of it. */
typedef struct request {
    const ll_forecast *forecast;
    const ll_said *said;
    const char *name;   /* of the run or question */
    const char *judges; /* hash of the entry that a score is of */
    const ll_outcome *outcome;
    const ll_sign_key *key;
    ll_seal *seal; /* as it stands afterwards */
    ll_said *stands;
    ll_sealing how;
    ll_score score; /* of a forecast that is judged */
} request;

static ll_sealing sealing(bool same) {
    return same ? LL_SEALING_SAME : LL_SEALING_OTHER;
}

/* ---- what stands ---- */

static void find_forecast(request *r, const ll_ledger_view *v) {
    const ll_seal *it = ll_ledger_view_seal(v, r->forecast->run);
    if (!it) return;
    r->how = sealing(ll_forecast_says_same(&it->forecast, r->forecast));
    *r->seal = *it;
}

static void find_said(request *r, const ll_ledger_view *v) {
    const ll_said *it = ll_ledger_view_said(v, r->said->question, r->said->author);
    if (!it) return;
    r->how = sealing(ll_said_same(it, r->said));
    *r->stands = *it;
}

static ll_status find_scored(request *r, const ll_ledger_view *v, ll_error *err) {
    const ll_seal *seal = ll_ledger_view_seal_at(v, r->judges);
    const ll_said *said = ll_ledger_view_said_at(v, r->judges);
    if (seal) {
        if (r->outcome->truth || !(r->outcome->value > 0))
            return LL_FAIL(err, LL_EINPUT, "the outcome of %s: expected a loss above 0", seal->forecast.run);
        if (seal->scored) r->how = sealing(seal->score.outcome == r->outcome->value);
    } else if (said) {
        ll_said judged = *said;
        LL_TRY(ll_said_judge(&judged, r->outcome, err));
        if (said->what.judged)
            r->how = sealing(said->what.n ? said->what.score.outcome == r->outcome->value
                                          : said->what.held == r->outcome->held);
    } else return LL_FAIL(err, LL_EINPUT, "no forecast in the ledger has the hash %.64s", r->judges);
    return LL_OK;
}

static ll_status find(request *r, const ll_ledger_view *v, ll_error *err) {
    r->how = LL_SEALING_NEW;
    if (r->judges) return find_scored(r, v, err);
    if (r->forecast) find_forecast(r, v);
    else find_said(r, v);
    return LL_OK;
}

/* ---- the document ---- */

static ll_json *score_document(request *r, const ll_ledger_view *v) {
    const ll_seal *seal = ll_ledger_view_seal_at(v, r->judges);
    char now[32];
    ll_json *doc;
    if (seal) {
        r->score = ll_forecast_score(&seal->forecast, r->outcome->value);
        doc = ll_score_json(&seal->forecast, &r->score);
    } else {
        ll_said said = *ll_ledger_view_said_at(v, r->judges);
        ll_said_judge(&said, r->outcome, NULL); /* found fit before */
        doc = ll_said_score_json(&said);
    }
    ll_json_set_str(doc, "forecast", r->judges);
    ll_json_set_str(doc, "scored", ll_clock_utc(now, sizeof now));
    return doc;
}

static ll_json *document(request *r, const ll_ledger_view *v) {
    if (r->judges) return score_document(r, v);
    return r->forecast ? ll_forecast_json(r->forecast) : ll_said_json(r->said);
}

/* ---- reading it back ---- */

static bool score_is_as_meant(const request *r, const ll_ledger_view *v, const ll_json *body) {
    const ll_seal *seal = ll_ledger_view_seal_at(v, r->judges);
    const ll_said *said = ll_ledger_view_said_at(v, r->judges);
    const char *names = ll_json_get_str(body, "forecast");
    if (!names || strcmp(names, r->judges) != 0) return false;
    if (seal) return seal->scored && ll_score_reads(body, &seal->forecast, &r->score);
    return said && said->what.judged && ll_said_score_reads(body, said);
}

static bool is_as_meant(const request *r, const ll_ledger_view *v, const ll_entry *e, const ll_json *body) {
    if (r->key && strcmp(v->signer[v->n], r->key->open) != 0) return false;
    if (r->judges) return score_is_as_meant(r, v, body);
    if (r->forecast) {
        const ll_seal *got = ll_ledger_view_seal_at(v, e->hash);
        return got && ll_forecast_says_same(&got->forecast, r->forecast) &&
               strcmp(got->forecast.sealed, r->forecast->sealed) == 0 &&
               strcmp(got->forecast.version, r->forecast->version) == 0;
    }
    const ll_said *got = ll_ledger_view_said_at(v, e->hash);
    return got && ll_said_same(got, r->said) && strcmp(got->sealed, r->said->sealed) == 0 &&
           strcmp(got->version, r->said->version) == 0;
}

/* As the next reader will find it; what stands is then what was sealed. */
static ll_status read_back(request *r, ll_ledger_view *v, char *text, ll_error *err) {
    ll_entry e = { .seq = v->n ? v->entries[v->n - 1].seq + 1 : 1, .body = text };
    const int64_t remarks = v->n_remarks;
    ll_json *body;
    strcpy(e.previous, v->n ? v->entries[v->n - 1].hash : ll_hash_chain_start);
    ll_hash_chain_hash(e.previous, text, e.hash);
    LL_TRY(ll_ledger_view_add(v, &e, err));
    if (v->n_remarks > remarks) return LL_FAIL(err, LL_ESTATE, "nothing was sealed: %s", v->remarks[remarks].why);
    LL_TRY(ll_json_parse(text, strlen(text), "ledger", &body, err));
    const bool meant = is_as_meant(r, v, &e, body);
    ll_json_free(body);
    if (!meant)
        return LL_FAIL(
            err, LL_ENOMEM,
            "nothing was sealed: the entry does not read back as it was meant (a text that is no UTF-8, or "
            "no memory)");
    if (r->forecast) *r->seal = *ll_ledger_view_seal_at(v, e.hash);
    if (r->said) *r->stands = *ll_ledger_view_said_at(v, e.hash);
    return LL_OK;
}

/* ---- in the transaction ---- */

static ll_status compose_from(request *r, ll_ledger_view *v, char **body, ll_error *err) {
    LL_TRY(find(r, v, err));
    if (r->how != LL_SEALING_NEW) return LL_OK;
    LL_TRY(ll_ledger_body(body, document(r, v), r->key, v->entries, v->n, err));
    ll_status status = read_back(r, v, *body, err);
    if (status == LL_OK) return LL_OK;
    free(*body);
    *body = NULL;
    return status;
}

static ll_status compose(void *ctx, const ll_entry *entries, int64_t n, char **body, ll_error *err) {
    ll_ledger_view v;
    *body = NULL;
    LL_TRY(ll_ledger_view_of(&v, entries, n, err));
    ll_status status = compose_from(ctx, &v, body, err);
    ll_ledger_view_clear(&v);
    return status;
}

/* An entry about the run or the question, or about the entry that is judged. */
static bool is_wanted(const void *ctx, const ll_entry *e) {
    const request *r = ctx;
    return (r->judges && ll_ledger_about(e, r->judges)) || ll_ledger_about(e, r->name);
}

static ll_status seal(ll_store *s, request *r, ll_sealing *how, ll_error *err) {
    ll_entry e;
    LL_TRY(ll_store_append_if(s, is_wanted, compose, r, &e, err));
    free(e.body);
    *how = r->how;
    return LL_OK;
}

ll_status ll_ledger_seal_forecast(ll_store *s, const ll_forecast *f, const ll_sign_key *key, ll_seal *stands,
                                  ll_sealing *how, ll_error *err) {
    return seal(s, &(request) { .forecast = f, .name = f->run, .key = key, .seal = stands }, how, err);
}

ll_status ll_ledger_seal_said(ll_store *s, const ll_said *said, const ll_sign_key *key, ll_said *stands,
                              ll_sealing *how, ll_error *err) {
    return seal(s, &(request) { .said = said, .name = said->question, .key = key, .stands = stands }, how, err);
}

ll_status ll_ledger_seal_score(ll_store *s, const char *hash, const ll_outcome *outcome, const ll_sign_key *key,
                               ll_sealing *how, ll_error *err) {
    ll_ledger_view v;
    LL_TRY(ll_ledger_view_named(&v, s, hash, err));
    const ll_seal *sealed = ll_ledger_view_seal_at(&v, hash);
    const ll_said *said = ll_ledger_view_said_at(&v, hash);
    const char *name = sealed ? sealed->forecast.run : said ? said->question : hash;
    const ll_status status =
        seal(s, &(request) { .name = name, .judges = hash, .outcome = outcome, .key = key }, how, err);
    ll_ledger_view_clear(&v);
    return status;
}

/* ---- documents of any kind ---- */

/* The text, once it reads back as the document. */
static ll_status text_of(char **text, const ll_json *doc, ll_error *err) {
    ll_json *back = NULL;
    *text = ll_json_text(doc, false);
    if (!*text) return LL_FAIL(err, LL_ENOMEM, "out of memory for the ledger");
    ll_status status = ll_json_parse(*text, strlen(*text), "ledger", &back, err);
    if (status == LL_OK && !ll_json_equal(doc, back))
        status = LL_FAIL(err, LL_ENOMEM, "nothing was sealed: the entry does not read back as it was meant");
    ll_json_free(back);
    if (status == LL_OK) return LL_OK;
    free(*text);
    *text = NULL;
    return status;
}

ll_status ll_seal_append(ll_store *s, ll_json *doc, ll_error *err) {
    char *text;
    ll_entry entry = { 0 };
    ll_status status = text_of(&text, doc, err);
    ll_json_free(doc);
    if (status != LL_OK) return status;
    status = ll_store_append(s, text, &entry, err);
    free(entry.body);
    free(text);
    return status;
}
