#include "forecast/ledger/ledger_view.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "forecast/ledger/ledger_sign.h"
#include "store/ledger_file.h"

/* ---- room ---- */

/* The block with room for an element behind its n; false when out of memory, and the block stays. */
static bool more(void **block, int64_t n, size_t size) {
    if (n & (n - 1)) return true; /* room grows at the powers of two */
    void *bigger = realloc(*block, (size_t)(n ? 2 * n : 1) * size);
    if (bigger) *block = bigger;
    return bigger != NULL;
}

/* For what one entry can bring. */
static ll_status make_room(ll_ledger_view *v, ll_error *err) {
    void *seals = v->seals, *said = v->said, *remarks = v->remarks;
    const bool ok = more(&seals, v->n_seals, sizeof *v->seals) && more(&said, v->n_said, sizeof *v->said) &&
                    more(&remarks, v->n_remarks, sizeof *v->remarks);
    v->seals = seals, v->said = said, v->remarks = remarks;
    return ok ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for the ledger");
}

/* ---- remarks ---- */

static void remark(ll_ledger_view *v, const ll_entry *e, ll_remark_kind kind, const char *fmt, ...) LL_PRINTF(4, 5);
static void remark(ll_ledger_view *v, const ll_entry *e, ll_remark_kind kind, const char *fmt, ...) {
    ll_remark *r = &v->remarks[v->n_remarks++];
    va_list ap;
    *r = (ll_remark) { .seq = e->seq, .kind = kind };
    va_start(ap, fmt);
    vsnprintf(r->why, sizeof r->why, fmt, ap);
    va_end(ap);
}

/* What cannot be read is remarked on; running out of memory is no remark. */
static ll_status remark_or_fail(ll_ledger_view *v, const ll_entry *e, ll_status status, const ll_error *why,
                                ll_error *err) {
    if (status != LL_OK && status != LL_EFORMAT) return LL_FAIL(err, status, "%s", why->msg);
    if (status != LL_OK) remark(v, e, LL_REMARK_DAMAGED, "%.200s", why->msg);
    return LL_OK;
}

/* ---- finding ---- */

/* Kinds of names in the index. */
enum { RUN = 'r', ANSWER = 'a', SEAL_HASH = 's', SAID_HASH = 'h' };

ll_seal *ll_ledger_view_seal(const ll_ledger_view *v, const char *run) {
    const uint64_t key = ll_ledger_key_of(RUN, run, "");
    for (int64_t probe = 0, at; (at = ll_ledger_index_next(&v->index, key, &probe)) >= 0;)
        if (at < v->n_seals && strcmp(v->seals[at].forecast.run, run) == 0) return &v->seals[at];
    return NULL;
}

ll_said *ll_ledger_view_said(const ll_ledger_view *v, const char *question, const char *author) {
    const uint64_t key = ll_ledger_key_of(ANSWER, question, author);
    for (int64_t probe = 0, at; (at = ll_ledger_index_next(&v->index, key, &probe)) >= 0;)
        if (at < v->n_said && strcmp(v->said[at].question, question) == 0 &&
            strcmp(v->said[at].author, author) == 0)
            return &v->said[at];
    return NULL;
}

ll_seal *ll_ledger_view_seal_at(const ll_ledger_view *v, const char *hash) {
    const uint64_t key = ll_ledger_key_of(SEAL_HASH, hash, "");
    for (int64_t probe = 0, at; (at = ll_ledger_index_next(&v->index, key, &probe)) >= 0;)
        if (at < v->n_seals && strcmp(v->seals[at].hash, hash) == 0) return &v->seals[at];
    return NULL;
}

ll_said *ll_ledger_view_said_at(const ll_ledger_view *v, const char *hash) {
    const uint64_t key = ll_ledger_key_of(SAID_HASH, hash, "");
    for (int64_t probe = 0, at; (at = ll_ledger_index_next(&v->index, key, &probe)) >= 0;)
        if (at < v->n_said && strcmp(v->said[at].hash, hash) == 0) return &v->said[at];
    return NULL;
}

/* Under its name and its hash. */
static ll_status keep(ll_ledger_view *v, uint64_t name, uint64_t hash, int64_t at, ll_error *err) {
    if (ll_ledger_index_put(&v->index, name, at) && ll_ledger_index_put(&v->index, hash, at)) return LL_OK;
    return LL_FAIL(err, LL_ENOMEM, "out of memory for the ledger");
}

/* ---- forecasts ---- */

static ll_status read_forecast(ll_ledger_view *v, const ll_entry *e, const ll_json *body, ll_error *err) {
    ll_seal *to = &v->seals[v->n_seals];
    ll_error why = { 0 };
    *to = (ll_seal) { .seq = e->seq };
    ll_status status = ll_forecast_parse(&to->forecast, body, &why);
    if (status != LL_OK) return remark_or_fail(v, e, status, &why, err);
    const ll_seal *first = ll_ledger_view_seal(v, to->forecast.run);
    if (first) {
        remark(v, e, LL_REMARK_IGNORED, "it forecasts %s, whose forecast stands in entry %lld", first->forecast.run,
               (long long)first->seq);
        return LL_OK;
    }
    memcpy(to->hash, e->hash, sizeof to->hash);
    return keep(v, ll_ledger_key_of(RUN, to->forecast.run, ""), ll_ledger_key_of(SEAL_HASH, to->hash, ""),
                v->n_seals++, err);
}

static ll_status read_said(ll_ledger_view *v, const ll_entry *e, const ll_json *body, ll_error *err) {
    ll_said *to = &v->said[v->n_said];
    ll_error why = { 0 };
    ll_status status = ll_said_parse(to, body, &why);
    if (status != LL_OK) return remark_or_fail(v, e, status, &why, err);
    const ll_said *first = ll_ledger_view_said(v, to->question, to->author);
    if (first) {
        remark(v, e, LL_REMARK_IGNORED, "%.80s answered this in entry %lld",
               *to->author ? to->author : "somebody without a name", (long long)first->seq);
        return LL_OK;
    }
    to->seq = e->seq;
    memcpy(to->hash, e->hash, sizeof to->hash);
    return keep(v, ll_ledger_key_of(ANSWER, to->question, to->author), ll_ledger_key_of(SAID_HASH, to->hash, ""),
                v->n_said++, err);
}

/* ---- scores ---- */

/* What a score is held against, whichever kind of forecast it judges. */
typedef struct judged {
    ll_seal *seal;
    ll_said *said;
    int64_t seq;
    const char *name, *key, *quantity, *sealed, *scored_hash; /* quantity "": of no score */
} judged;

static bool find_judged(const ll_ledger_view *v, const char *hash, judged *j) {
    ll_seal *seal = ll_ledger_view_seal_at(v, hash);
    ll_said *said = ll_ledger_view_said_at(v, hash);
    if (seal)
        *j = (judged) {
            seal, NULL, seal->seq, seal->forecast.run, "run", "", seal->forecast.sealed, seal->scored_hash
        };
    else if (said)
        *j = (judged) { NULL,         said,
                        said->seq,    said->question,
                        "question",   said->ground.quantity,
                        said->sealed, said->scored_hash };
    return seal || said;
}

/* Is the score of what it names, after it, and the first? */
static bool fits(ll_ledger_view *v, const ll_entry *e, const ll_json *body, const judged *j) {
    const char *name = ll_json_get_str(body, j->key), *scored = ll_json_get_str(body, "scored");
    const char *quantity = ll_json_get_str(body, "quantity");
    double sealed_at, scored_at;
    if (!name || strcmp(name, j->name) != 0)
        remark(v, e, LL_REMARK_IGNORED, "it is a score of '%.60s', and the forecast that it names is of '%.60s'",
               name ? name : "", j->name);
    else if (strcmp(quantity ? quantity : "", j->quantity) != 0)
        remark(v, e, LL_REMARK_IGNORED, "its outcome is '%.60s', and the forecast that it names is of '%.60s'",
               quantity ? quantity : "a loss", *j->quantity ? j->quantity : "a loss");
    else if (*j->scored_hash)
        remark(v, e, LL_REMARK_IGNORED, "the forecast that it names, entry %lld, has its score already",
               (long long)j->seq);
    else if (!ll_clock_parse(j->sealed, &sealed_at) || !scored || !ll_clock_parse(scored, &scored_at))
        remark(v, e, LL_REMARK_IGNORED, "it or the forecast that it names does not say when it was sealed");
    else if (scored_at < sealed_at)
        remark(v, e, LL_REMARK_IGNORED, "it was scored at %s, before its forecast was sealed at %s", scored,
               j->sealed);
    else return true;
    return false;
}

static void take_loss(ll_ledger_view *v, const ll_entry *e, const ll_json *body, ll_seal *s) {
    const double loss = ll_json_get_num(body, "outcome");
    if (!(loss > 0) || !isfinite(loss)) {
        remark(v, e, LL_REMARK_DAMAGED, "its outcome is no loss above 0");
        return;
    }
    s->scored = true;
    s->score = ll_forecast_score(&s->forecast, loss);
    memcpy(s->scored_hash, e->hash, sizeof s->scored_hash);
}

static void take_outcome(ll_ledger_view *v, const ll_entry *e, const ll_json *body, ll_said *s) {
    ll_outcome o = { .value = ll_json_get_num(body, "outcome") };
    ll_error why = { 0 };
    o.truth = ll_json_get_bool(body, "outcome", &o.held);
    if (ll_said_judge(s, &o, &why) != LL_OK) {
        remark(v, e, LL_REMARK_DAMAGED, "its outcome is none of the question that it judges");
        return;
    }
    memcpy(s->scored_hash, e->hash, sizeof s->scored_hash);
}

static ll_status read_score(ll_ledger_view *v, const ll_entry *e, const ll_json *body, ll_error *err) {
    const char *names = ll_json_get_str(body, "forecast");
    judged j;
    (void)err;
    if (!names || !*names || !find_judged(v, names, &j)) {
        remark(v, e, LL_REMARK_IGNORED, "a score that names no forecast before it");
        return LL_OK;
    }
    if (!fits(v, e, body, &j)) return LL_OK;
    if (j.seal) take_loss(v, e, body, j.seal);
    else take_outcome(v, e, body, j.said);
    return LL_OK;
}

/* ---- entries ---- */

static const struct {
    const char *schema, *when; /* its key of the date; NULL: it has none */
    ll_status (*read)(ll_ledger_view *, const ll_entry *, const ll_json *, ll_error *); /* NULL: the gate's */
} kinds[] = {
    { "loglog.forecast/1", "sealed", read_forecast },
    { "loglog.prediction/1", "sealed", read_said },
    { "loglog.score/1", "scored", read_score },
    { "loglog.refusal/1", "time", NULL },
    { "loglog.unasked/1", "time", NULL },
    { "loglog.waiver/1", NULL, NULL },
};

static ll_status read_body(ll_ledger_view *v, const ll_entry *e, const ll_json *body, int64_t at, ll_error *err) {
    const char *schema = ll_json_get_str(body, "schema"), *why = "";
    char *signer = v->signer[at];
    for (size_t k = 0; schema && k < sizeof kinds / sizeof *kinds; k++) {
        if (strcmp(schema, kinds[k].schema) != 0) continue;
        const char *when = kinds[k].when ? ll_json_get_str(body, kinds[k].when) : NULL;
        snprintf(v->dated[at], LL_ENTRY_DATE, "%s", when ? when : "");
        if (!kinds[k].read) return LL_OK; /* a waiver carries a signature of its own, which the gate verifies */
        if (ll_ledger_signature(e, body, signer, &why)) return kinds[k].read(v, e, body, err);
        remark(v, e, LL_REMARK_DAMAGED, "%s", why);
        return LL_OK;
    }
    if (schema) remark(v, e, LL_REMARK_UNKNOWN, "it is a %.80s, which this version does not know", schema);
    else remark(v, e, LL_REMARK_UNKNOWN, "it names no schema");
    return LL_OK;
}

/* at: its place in signer and dated. */
static ll_status read_entry(ll_ledger_view *v, const ll_entry *e, int64_t at, ll_error *err) {
    ll_json *body;
    ll_error why = { 0 };
    LL_TRY(make_room(v, err));
    ll_status status = ll_json_parse(e->body, strlen(e->body), "its body", &body, &why);
    if (status != LL_OK) return remark_or_fail(v, e, status, &why, err);
    status = read_body(v, e, body, at, err);
    ll_json_free(body);
    return status;
}

/* ---- dates ---- */

/* *latest: the entry with the latest date so far that can be, -1: none; *at is it. */
static void look_at_date(ll_ledger_view *v, int64_t i, double now, int64_t *latest, double *at) {
    const ll_entry *e = &v->entries[i];
    const char *date = v->dated[i];
    double when;
    if (!ll_clock_parse(date, &when)) remark(v, e, LL_REMARK_MISDATED, "its date, %s, is none", date);
    else if (when > now + LL_CLOCKS_DIFFER) remark(v, e, LL_REMARK_MISDATED, "it is dated %s, after now", date);
    else if (*latest >= 0 && when < *at - LL_CLOCKS_DIFFER)
        remark(v, e, LL_REMARK_MISDATED, "it is dated %s, before entry %lld, which it follows, of %s", date,
               (long long)v->entries[*latest].seq, v->dated[*latest]);
    else if (*latest < 0 || when > *at) *latest = i, *at = when;
}

ll_status ll_ledger_view_dates(ll_ledger_view *v, double now, ll_error *err) {
    int64_t latest = -1;
    double at = 0;
    for (int64_t i = 0; i < v->n; i++) {
        if (!*v->dated[i]) continue;
        LL_TRY(make_room(v, err));
        look_at_date(v, i, now, &latest, &at);
    }
    return LL_OK;
}

/* ---- the whole ---- */

static ll_status read_all(ll_ledger_view *v, ll_error *err) {
    v->signer = calloc((size_t)v->n + 1, sizeof *v->signer);
    v->dated = calloc((size_t)v->n + 1, sizeof *v->dated);
    if (!v->signer || !v->dated) return LL_FAIL(err, LL_ENOMEM, "out of memory for the ledger");
    for (int64_t i = 0; i < v->n; i++) LL_TRY(read_entry(v, &v->entries[i], i, err));
    return LL_OK;
}

/* Reads what the view was given; clears it when it cannot. */
static ll_status begin(ll_ledger_view *v, ll_error *err) {
    ll_status status = read_all(v, err);
    if (status != LL_OK) ll_ledger_view_clear(v);
    return status;
}

ll_status ll_ledger_view_of(ll_ledger_view *v, const ll_entry *entries, int64_t n, ll_error *err) {
    *v = (ll_ledger_view) { .entries = entries, .n = n };
    return begin(v, err);
}

ll_status ll_ledger_view_add(ll_ledger_view *v, const ll_entry *e, ll_error *err) {
    return read_entry(v, e, v->n, err);
}

ll_status ll_ledger_view_store(ll_ledger_view *v, ll_store *s, ll_error *err) {
    *v = (ll_ledger_view) { 0 };
    LL_TRY(ll_store_list_entries(s, &v->own, &v->n, err));
    v->entries = v->own;
    return begin(v, err);
}

bool ll_ledger_about(const ll_entry *e, const char *name) {
    return strstr(e->body, name) || strchr(e->body, '\\') || strcmp(e->hash, name) == 0;
}

static bool is_about(const void *name, const ll_entry *e) {
    return ll_ledger_about(e, name);
}

ll_status ll_ledger_view_named(ll_ledger_view *v, ll_store *s, const char *name, ll_error *err) {
    *v = (ll_ledger_view) { 0 };
    LL_TRY(ll_store_list_wanted(s, is_about, name, &v->own, &v->n, err));
    v->entries = v->own;
    return begin(v, err);
}

ll_status ll_ledger_view_file(ll_ledger_view *v, const char *path, ll_error *err) {
    ll_ledger_file f;
    *v = (ll_ledger_view) { 0 };
    LL_TRY(ll_ledger_read(&f, path, err));
    *v = (ll_ledger_view) { .entries = f.entries, .own = f.entries, .n = f.n, .cut_off = f.size > f.whole };
    return begin(v, err);
}

void ll_ledger_view_clear(ll_ledger_view *v) {
    if (v->own) ll_entries_free(v->own, v->n);
    free(v->seals);
    free(v->said);
    free(v->remarks);
    free(v->signer);
    free(v->dated);
    ll_ledger_index_clear(&v->index);
    *v = (ll_ledger_view) { 0 };
}

const char *ll_ledger_view_head(const ll_ledger_view *v) {
    return v->n ? v->entries[v->n - 1].hash : "";
}

/* ---- the forecasts alone ---- */

ll_status ll_seal_find(ll_store *s, const char *run, ll_seal *out, bool *found, ll_error *err) {
    ll_ledger_view v;
    LL_TRY(ll_ledger_view_named(&v, s, run, err));
    const ll_seal *it = ll_ledger_view_seal(&v, run);
    *found = it != NULL;
    if (it) *out = *it;
    ll_ledger_view_clear(&v);
    return LL_OK;
}

ll_status ll_said_differs(ll_store *s, const ll_said *said, bool *differs, double *value, ll_error *err) {
    *differs = false;
    *value = NAN;
    if (!said->what.judged || !*said->ground.quantity) return LL_OK;
    LL_TRY(ll_score_come(s, said->run, said->ground.quantity, value, differs, err));
    *differs = *differs && *value != said->what.score.outcome;
    return LL_OK;
}

ll_status ll_seal_differs(ll_store *s, const ll_seal *seal, bool *differs, double *loss, ll_error *err) {
    ll_run run;
    bool found;
    *differs = false;
    *loss = NAN;
    if (!seal->scored) return LL_OK;
    LL_TRY(ll_store_seek_run(s, seal->forecast.run, &run, &found, err));
    if (!found) return LL_OK;
    *differs = run.state == LL_RUN_DONE && run.loss != seal->score.outcome;
    *loss = run.loss;
    return LL_OK;
}
