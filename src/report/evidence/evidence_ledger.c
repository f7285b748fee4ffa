#include "report/evidence/evidence_ledger.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/json.h"
#include "forecast/ledger/ledger_view.h"

/* ---- forecasts and scores ---- */

static int64_t run_named(const ll_evidence *e, const char *id) {
    for (int64_t i = 0; i < e->n_runs; i++)
        if (strcmp(e->runs[i].id, id) == 0) return i;
    return -1;
}

static int64_t run_of(const ll_evidence *e, const ll_forecast *f) {
    const int64_t named = run_named(e, f->run);
    if (named >= 0) return named;
    for (int64_t i = 0; i < e->n_runs && strcmp(f->spec_hash, e->ladder.spec_hash) == 0; i++)
        if (strcmp(e->runs[i].name, f->run) == 0) return i;
    return -1;
}

/* Of this ladder, or of the same runs: a forecast says what it stands on. */
static bool is_of_these(const ll_evidence *e, const ll_forecast *f) {
    const char *spec = e->ladder.spec_hash, *data = e->study.of_store ? "" : ll_study_data_hash(&e->study);
    return (*spec && strcmp(f->spec_hash, spec) == 0) || (*data && strcmp(f->data_hash, data) == 0);
}

static void add_sealed(ll_evidence *e, const ll_seal *seal) {
    ll_sealed s = { .seal = *seal,
                    .run = run_of(e, &seal->forecast),
                    .came = seal->scored,
                    .score = seal->score,
                    .in_table = NAN };
    if (s.run < 0 && !is_of_these(e, &seal->forecast)) return;
    if (s.run >= 0 && s.came && ll_evidence_done(&e->runs[s.run]) && e->runs[s.run].loss != s.score.outcome)
        s.in_table = e->runs[s.run].loss;
    e->sealed[e->n_sealed++] = s;
}

static ll_status add_seals(ll_evidence *e, const ll_ledger_view *v, ll_error *err) {
    e->sealed = calloc((size_t)v->n_seals + 1, sizeof *e->sealed);
    e->scores = calloc((size_t)v->n_seals + 1, sizeof *e->scores);
    if (!e->sealed || !e->scores)
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld forecasts", (long long)v->n_seals);
    for (int64_t i = 0; i < v->n_seals; i++) {
        add_sealed(e, &v->seals[i]);
        if (v->seals[i].forecast.replicate) continue;
        if (v->seals[i].scored) e->scores[e->n_scores++] = v->seals[i].score;
        else e->n_open++;
    }
    return LL_OK;
}

/* A run that is to be trained yet is known by what the forecast stands on. */
static bool speaks_of_these(const ll_evidence *e, const ll_said *said) {
    if (!*said->ground.quantity) return false;
    const char *hash = said->ground.data_hash; /* "": of data that nobody knows */
    return run_named(e, said->run) >= 0 || (*hash && strcmp(hash, ll_study_data_hash(&e->study)) == 0);
}

static ll_status add_said(ll_evidence *e, const ll_ledger_view *v, ll_error *err) {
    e->said = calloc((size_t)v->n_said + 1, sizeof *e->said);
    if (!e->said) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld forecasts", (long long)v->n_said);
    for (int64_t i = 0; i < v->n_said; i++)
        if (speaks_of_these(e, &v->said[i])) e->said[e->n_said++] = v->said[i];
    return LL_OK;
}

/* An entry that is not what its schema promises was not written by this program. */
static ll_status check_damage(const ll_ledger_view *v, ll_error *err) {
    for (int64_t i = 0; i < v->n_remarks; i++)
        if (v->remarks[i].kind == LL_REMARK_DAMAGED)
            return LL_FAIL(err, LL_EFORMAT, "entry %lld: %s", (long long)v->remarks[i].seq, v->remarks[i].why);
    return LL_OK;
}

/* ---- verdicts ---- */

static void text_of(const ll_json *body, const char *key, char *to, size_t size) {
    const char *text = ll_json_get_str(body, key);
    snprintf(to, size, "%s", text ? text : "");
}

static void add_verdict(ll_evidence *e, const ll_entry *entry, const ll_json *body) {
    const char *schema = ll_json_get_str(body, "schema");
    ll_gate_record v = { .seq = entry->seq, .waiver = schema && strcmp(schema, "loglog.waiver/1") == 0 };
    const bool unasked = schema && strcmp(schema, "loglog.unasked/1") == 0;
    if (!schema || (!v.waiver && !unasked && strcmp(schema, "loglog.refusal/1") != 0)) return;
    text_of(body, v.waiver ? "recorded" : "time", v.when, sizeof v.when);
    text_of(body, v.waiver ? "waives" : "run", v.about, sizeof v.about);
    text_of(body, v.waiver ? "name" : "verdict", v.says, sizeof v.says);
    text_of(body, v.waiver ? "reason" : "why", v.why, sizeof v.why);
    if (unasked) strcpy(v.says, "trained on without asking a policy");
    e->verdicts[e->n_verdicts++] = v;
}

static ll_status add_verdicts(ll_evidence *e, const ll_entry *entries, int64_t n, ll_error *err) {
    e->verdicts = calloc((size_t)n + 1, sizeof *e->verdicts);
    if (!e->verdicts) return LL_FAIL(err, LL_ENOMEM, "out of memory for verdicts");
    for (int64_t i = 0; i < n; i++) {
        ll_json *body;
        if (ll_json_parse(entries[i].body, strlen(entries[i].body), "ledger", &body, NULL) != LL_OK) continue;
        add_verdict(e, &entries[i], body);
        ll_json_free(body);
    }
    return LL_OK;
}

/* ---- the ledger ---- */

static ll_status read_entries(ll_evidence *e, ll_store *s, ll_error *err) {
    ll_ledger_view v;
    LL_TRY(ll_ledger_view_store(&v, s, err));
    ll_status status = check_damage(&v, err);
    if (status == LL_OK) status = add_seals(e, &v, err);
    if (status == LL_OK) status = add_said(e, &v, err);
    if (status == LL_OK) status = add_verdicts(e, v.entries, v.n, err);
    ll_ledger_view_clear(&v);
    return status;
}

ll_status ll_evidence_read_ledger(ll_evidence *e, ll_store *s, ll_error *err) {
    ll_error why = { 0 };
    const ll_status status = read_entries(e, s, &why);
    if (status == LL_OK) return LL_OK;
    if (status != LL_ESTATE && status != LL_EFORMAT) return LL_FAIL(err, status, "%s", why.msg);
    snprintf(e->broken, sizeof e->broken, "%s", why.msg);
    return LL_OK;
}
