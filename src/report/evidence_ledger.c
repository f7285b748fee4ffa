#include "report/evidence_ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* ---- forecasts and scores ---- */

static int64_t run_of(const ll_evidence *e, const ll_forecast *f) {
    for (int64_t i = 0; i < e->n_runs; i++)
        if (strcmp(e->runs[i].id, f->run) == 0) return i;
    for (int64_t i = 0; i < e->n_runs && strcmp(f->spec_hash, e->ladder.spec_hash) == 0; i++)
        if (strcmp(e->runs[i].name, f->run) == 0) return i;
    return -1;
}

static void add_sealed(ll_evidence *e, const ll_seal *seal) {
    ll_sealed s = { .seal = *seal, .run = run_of(e, &seal->forecast), .came = seal->scored, .score = seal->score };
    if (s.run < 0 && (!*e->ladder.spec_hash || strcmp(seal->forecast.spec_hash, e->ladder.spec_hash) != 0)) return;
    if (s.run >= 0 && ll_evidence_done(&e->runs[s.run])) {
        s.came = true;
        s.score = ll_forecast_score(&seal->forecast, e->runs[s.run].loss);
    }
    e->sealed[e->n_sealed++] = s;
}

static ll_status add_seals(ll_evidence *e, const ll_entry *entries, int64_t count, ll_error *err) {
    ll_seal *seals;
    int64_t n;
    LL_TRY(ll_seal_read(entries, count, &seals, &n, err));
    e->sealed = calloc((size_t)n + 1, sizeof *e->sealed);
    e->scores = calloc((size_t)n + 1, sizeof *e->scores);
    const bool room = e->sealed && e->scores;
    for (int64_t i = 0; room && i < n; i++) {
        add_sealed(e, &seals[i]);
        if (seals[i].scored) e->scores[e->n_scores++] = seals[i].score;
        else e->n_open++;
    }
    free(seals);
    return room ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld forecasts", (long long)n);
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
    ll_entry *entries;
    int64_t n, bad;
    LL_TRY(ll_store_check_ledger(s, &bad, err));
    LL_TRY(ll_store_list_entries(s, &entries, &n, err));
    ll_status status = add_seals(e, entries, n, err);
    if (status == LL_OK) status = add_verdicts(e, entries, n, err);
    ll_entries_free(entries, n);
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
