#include "loglog/forecast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/starved.h"
#include "forecast/belief/distribution.h"
#include "forecast/belief/forecast.h"
#include "forecast/ledger/ledger_seal.h"
#include "forecast/study/outlook_json.h"

ll_status ll_forecast_of(ll_forecast **out, ll_study *s, double params, double tokens, ll_error *err) {
    ll_outlook o;
    *out = NULL;
    LL_TRY(ll_study_outlook(s, params, tokens, 0, &o, err));
    *out = malloc(sizeof **out);
    if (!*out) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    **out = o.forecast;
    return LL_OK;
}

void ll_forecast_free(ll_forecast *f) {
    free(f);
}

/* Of ln loss, as forecasts are scored (distribution.h). z [LL_FORECAST_QUANTILES] is the caller's. */
static ll_distribution logs(const ll_forecast *f, double *z) {
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++) z[q] = log(f->quantile[q]);
    return (ll_distribution) { LL_FORECAST_QUANTILES, ll_forecast_levels, z };
}

double ll_forecast_quantile(const ll_forecast *f, double level) {
    double z[LL_FORECAST_QUANTILES];
    const ll_distribution d = logs(f, z);
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++)
        if (level == ll_forecast_levels[q]) return f->quantile[q];
    return level > 0 && level < 1 ? exp(ll_distribution_quantile(&d, level)) : NAN;
}

double ll_forecast_at_most(const ll_forecast *f, double loss) {
    double z[LL_FORECAST_QUANTILES];
    const ll_distribution d = logs(f, z);
    if (isnan(loss)) return NAN;
    return loss > 0 ? ll_distribution_cdf(&d, log(loss), NULL) : 0;
}

double ll_forecast_reach(const ll_forecast *f) {
    return f->reach;
}

char *ll_forecast_json_of(ll_study *s, double params, double tokens, ll_error *err) {
    const int64_t starved = ll_starved();
    ll_outlook o;
    char *text = NULL;
    if (ll_study_outlook(s, params, tokens, 0, &o, err) == LL_OK)
        ll_json_answer(ll_outlook_document(&o, 1, s), starved, &text, err);
    return text;
}

ll_status ll_forecast_seal(ll_study *s, const ll_seal_ask *ask, ll_error *err) {
    char id[LL_RUN_ID];
    const ll_seal_target target = { .ladder = "",
                                    .study = s,
                                    .run = id,
                                    .params = ask->params,
                                    .tokens = ask->tokens,
                                    .judged_by = ask->judged_by,
                                    .question = ask->question,
                                    .author = ask->author,
                                    .replicate = ask->replicate };
    ll_store *store;
    ll_forecast stands;
    ll_sealing how;
    if (!ask->store || !ask->run || !*ask->run)
        return LL_FAIL(err, LL_EINPUT, "a forecast is sealed into a store, of a run that is named");
    if ((size_t)snprintf(id, sizeof id, "%s%s", strchr(ask->run, '/') ? "" : "log/", ask->run) >= sizeof id)
        return LL_FAIL(err, LL_EINPUT, "run '%.80s...' has too long a name", ask->run);
    LL_TRY(ll_store_open(&store, ask->store, LL_STORE_WRITE, err));
    ll_status status = ll_seal_forecast(store, &target, &stands, &how, err);
    ll_store_close(store);
    if (status == LL_OK && how == LL_SEALING_OTHER)
        status =
            LL_FAIL(err, LL_ESTATE, "%s: another forecast of run %.80s is sealed already", ask->store, ask->run);
    return status;
}

ll_status ll_forecast_score_due(const char *store, int64_t *n, ll_error *err) {
    ll_store *s;
    *n = 0;
    LL_TRY(ll_store_open_there(&s, store, LL_STORE_WRITE, err));
    const ll_status status = ll_seal_scores(s, NULL, n, err);
    ll_store_close(s);
    return status;
}

ll_status ll_ledger_verify(const char *store, int64_t *entries, char head[LL_LEDGER_HEAD], ll_error *err) {
    ll_store *s;
    ll_entry *list;
    *entries = 0;
    head[0] = 0;
    LL_TRY(ll_store_open_there(&s, store, LL_STORE_READ, err));
    const ll_status status = ll_store_list_entries(s, &list, entries, err);
    ll_store_close(s);
    if (status != LL_OK) return status;
    if (*entries) memcpy(head, list[*entries - 1].hash, LL_LEDGER_HEAD);
    ll_entries_free(list, *entries);
    return LL_OK;
}
