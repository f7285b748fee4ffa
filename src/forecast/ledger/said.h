/* What is said of what is to come, beside our forecasts of losses, as it stands in the ledger (loglog.prediction/1):
 * quantiles of a quantity, or a statement with a probability, of others; or a law's quantiles of a run's score
 * (said_by_law.h). Who says it and of which question are its name: one author answers a question once.
 *
 *     ll_said s = { .ln_scale = true };
 *     strcpy(s.question, "loss of the 70B run");
 *     LL_TRY(ll_said_quantiles(&s, "q0.05=1.8,q0.5=1.9,q0.95=2.0", "--quantiles", err));
 *     or s.what.probability = 0.7;                      a statement: s.question is it
 *     ll_json *doc = ll_said_json(&s);
 */
#ifndef LL_FORECAST_LEDGER_SAID_H
#define LL_FORECAST_LEDGER_SAID_H

#include "base/document/json.h"
#include "forecast/belief/forecast.h"
#include "forecast/ledger/score_ground.h"
#include "forecast/trial/predictions.h"

enum { LL_SAID_QUESTION = 1024 };

typedef struct ll_said {
    int64_t seq;
    char hash[65], scored_hash[65]; /* of the ledger's entries; "" while it has none */
    char question[LL_SAID_QUESTION];
    char author[LL_AUTHOR_MAX];
    char run[64];           /* id of the run whose loss it speaks of, or whose score; "" for another question */
    ll_score_ground ground; /* of a score; its quantity is "" else */
    char judged_by[128], version[64], sealed[32];
    bool ln_scale;      /* quantiles are scored on the scale of ln, as losses are */
    ll_prediction what; /* its own question is NULL */
} ll_said;

/* What came: a number of a quantity, or whether a statement was true. */
typedef struct ll_outcome {
    bool truth, held; /* truth: it is one, and held says which */
    double value;
} ll_outcome;

/* LEVEL=VALUE, two at least, separated by commas, with or without a q in front. On the scale of ln the values are
 * above 0. where names the source in errors. */
ll_status ll_said_quantiles(ll_said *s, const char *text, const char *where, ll_error *err);

/* "true", "false" or a number. where names the source in errors. */
ll_status ll_outcome_parse(ll_outcome *o, const char *text, const char *where, ll_error *err);

/* Sets the outcome, and of quantiles the score. LL_EINPUT where it is none of the question; then nothing is set. */
ll_status ll_said_judge(ll_said *s, const ll_outcome *outcome, ll_error *err);

/* Whether two say the same: all but when and by which version they were sealed. */
bool ll_said_same(const ll_said *a, const ll_said *b);

ll_json *ll_said_json(const ll_said *s);
ll_status ll_said_parse(ll_said *out, const ll_json *body, ll_error *err); /* LL_EFORMAT names the key */

/* The score's document (loglog.score/1), without what the ledger adds; and whether a document holds it. */
ll_json *ll_said_score_json(const ll_said *s);
bool ll_said_score_reads(const ll_json *body, const ll_said *s);

#endif
