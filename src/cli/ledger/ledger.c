#include "cli/ledger/ledger.h"

#include "base/document/keyfile.h"
#include "cli/store_named.h"
#include "store/ledger_file.h"

ll_status ll_ledger_follow(ll_store *s, const ll_ledger_args *a, ll_error *err) {
    int64_t added;
    return *a->ledger ? ll_ledger_publish(s, a->ledger, &added, err) : LL_OK;
}

int ll_cli_parse_bare(const ll_verb *verb, void *object, int argc, char **argv) {
    ll_words words;
    int code = ll_cli_parse(verb, object, &words, argc, argv);
    if (code >= 0) return code;
    return words.n ? ll_cli_usage("%s: unexpected word '%.80s'", verb->name, words.at[0]) : -1;
}

/* ---- reading ---- */

static ll_status read_store(ll_ledger_view *v, const ll_ledger_args *a, ll_error *err) {
    ll_store *s;
    LL_TRY(ll_cli_open_store(&s, a->store, LL_STORE_READ, err));
    ll_status status = ll_ledger_view_store(v, s, err);
    ll_store_close(s);
    return status;
}

ll_status ll_ledger_view_read(ll_ledger_view *v, const ll_ledger_args *a, ll_error *err) {
    *v = (ll_ledger_view) { 0 };
    return *a->ledger ? ll_ledger_view_file(v, a->ledger, err) : read_store(v, a, err);
}

ll_status ll_ledger_key(ll_sign_key *key, const char *path, const ll_sign_key **given, ll_error *err) {
    *given = NULL;
    if (!*path) return LL_OK;
    LL_TRY(ll_keyfile_read(key, path, err));
    *given = key;
    return LL_OK;
}

/* ---- what is shown ---- */

ll_json *ll_seal_json(const ll_seal *s) {
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "seq", s->seq);
    ll_json_set_str(o, "hash", s->hash);
    ll_json_set(o, "forecast", ll_forecast_json(&s->forecast));
    if (s->scored) ll_json_set(o, "score", ll_score_json(&s->forecast, &s->score));
    return o;
}

ll_json *ll_said_entry_json(const ll_said *s) {
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "seq", s->seq);
    ll_json_set_str(o, "hash", s->hash);
    ll_json_set(o, "prediction", ll_said_json(s));
    if (s->what.judged) ll_json_set(o, "score", ll_said_score_json(s));
    return o;
}

const char *ll_remark_kind_name(ll_remark_kind kind) {
    static const char *const names[] = { [LL_REMARK_UNKNOWN] = "unknown",
                                         [LL_REMARK_IGNORED] = "ignored",
                                         [LL_REMARK_DAMAGED] = "damaged",
                                         [LL_REMARK_MISDATED] = "misdated" };
    return names[kind];
}

ll_json *ll_remarks_json(const ll_ledger_view *v) {
    ll_json *list = ll_json_array();
    for (int64_t i = 0; i < v->n_remarks; i++) {
        ll_json *o = ll_json_object();
        ll_json_set_int(o, "seq", v->remarks[i].seq);
        ll_json_set_str(o, "kind", ll_remark_kind_name(v->remarks[i].kind));
        ll_json_set_str(o, "why", v->remarks[i].why);
        ll_json_push(list, o);
    }
    return list;
}
