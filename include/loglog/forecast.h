/* What a run will reach, as a distribution; and forecasts that are sealed before their runs and scored after.
 *
 *     ll_forecast *f;
 *     LL_TRY(ll_forecast_of(&f, study, 70e9, 1.4e12, err));
 *     double median = ll_forecast_quantile(f, 0.5), most = ll_forecast_quantile(f, 0.95);
 *     ll_forecast_free(f);
 *
 *     LL_TRY(ll_forecast_seal(study, &(ll_seal_ask) { .store = "loglog.db", .run = "large", .params = 70e9,
 *                                                     .tokens = 1.4e12 }, err));
 *     LL_TRY(ll_forecast_score_due("loglog.db", &n, err));          once its loss is in the store
 *     LL_TRY(ll_ledger_verify("loglog.db", &entries, head, err));
 *
 * Losses are in the unit of the study. The method is that of every forecast of the program.
 */
#ifndef LOGLOG_FORECAST_H
#define LOGLOG_FORECAST_H

#include "loglog/study.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ll_forecast ll_forecast;

/* Of a run of so many parameters, counted as the study's runs are, and tokens. A number that is not above zero, and
 * a law that reads a column of its own, are LL_EINPUT. */
LL_API ll_status ll_forecast_of(ll_forecast **out, ll_study *s, double params, double tokens, ll_error *err);
LL_API void ll_forecast_free(ll_forecast *f); /* NULL is fine */

/* The loss that the run stays below with this probability, level in (0, 1); else NaN. */
LL_API double ll_forecast_quantile(const ll_forecast *f, double level);
/* The probability that the run ends at or below this loss. */
LL_API double ll_forecast_at_most(const ll_forecast *f, double loss);
/* How far beyond the runs it lies: its compute over the largest one's. */
LL_API double ll_forecast_reach(const ll_forecast *f);

/* The document loglog.forecast-at/1, as 'loglog forecast at --json' prints it. For ll_text_free; NULL: err says
 * why. */
LL_API char *ll_forecast_json_of(ll_study *s, double params, double tokens, ll_error *err);

typedef struct ll_seal_ask {
    const char *store;     /* whose ledger it goes into; made where there is none */
    const char *run;       /* its id; a name without '/' is that of a log (loglog/store.h) */
    double params, tokens; /* of it */
    const char *question;  /* NULL: made from those */
    const char *author;    /* NULL: nobody is named */
    const char *judged_by; /* NULL: by the run's own final validation loss */
    bool replicate; /* another run of as many parameters and tokens may be done: no score of this one counts */
} ll_seal_ask;

/* Appends the forecast to the ledger. A second one of the same run that says the same is no error and no second
 * entry; one that says something else, and one of a run that is done, or of a size that a
 * run of the study has already and no replicate, are LL_ESTATE. */
LL_API ll_status ll_forecast_seal(ll_study *s, const ll_seal_ask *ask, ll_error *err);

/* Scores every sealed forecast whose run is done by now; *n: how many. */
LL_API ll_status ll_forecast_score_due(const char *store, int64_t *n, ll_error *err);

enum { LL_LEDGER_HEAD = 65 };

/* Reads the whole chain: LL_ESTATE names the first entry that is not as it was sealed. *entries counts them, head is
 * the hash of the last one, "" where there is none. */
LL_API ll_status ll_ledger_verify(const char *store, int64_t *entries, char head[LL_LEDGER_HEAD], ll_error *err);

#ifdef __cplusplus
}
#endif
#endif
