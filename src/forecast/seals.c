#include "forecast/seals.h"

#include <stdlib.h>
#include <string.h>

static const char FORECAST[] = "loglog.forecast/1", SCORE[] = "loglog.score/1";

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
        memcpy(about->scored_hash, e->hash, sizeof about->scored_hash);
        about->score = ll_forecast_score(&about->forecast, ll_json_get_num(body, "outcome"));
    }
    ll_json_free(body);
    return s;
}

ll_status ll_seal_read(const ll_entry *entries, int64_t count, ll_seal **out, int64_t *n, ll_error *err) {
    *n = 0;
    *out = calloc((size_t)count + 1, sizeof **out);
    ll_status status = *out ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int64_t i = 0; i < count && status == LL_OK; i++) status = read_entry(&entries[i], *out, n, err);
    if (status == LL_OK) return LL_OK;
    free(*out);
    *out = NULL;
    return status;
}

ll_status ll_seal_list(ll_store *s, ll_seal **out, int64_t *n, ll_error *err) {
    ll_entry *entries;
    int64_t count;
    LL_TRY(ll_store_list_entries(s, &entries, &count, err));
    ll_status status = ll_seal_read(entries, count, out, n, err);
    ll_entries_free(entries, count);
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
