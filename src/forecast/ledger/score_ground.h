/* What a forecast of a run's score says beside its quantiles: which score it is of, by which law and from what. Only
 * such entries of the ledger (loglog.prediction/1) carry these keys.
 *
 *     ll_score_ground_write(doc, &ground);
 *     LL_TRY(ll_score_ground_read(&ground, doc, err));       quantity "" where the entry is of no score
 *     LL_TRY(ll_score_come(store, run, ground.quantity, &value, &came, err));
 */
#ifndef LL_FORECAST_LEDGER_SCORE_GROUND_H
#define LL_FORECAST_LEDGER_SCORE_GROUND_H

#include "base/document/json.h"
#include "store/store.h"

typedef struct ll_score_ground {
    char quantity[LL_SCORE_NAME]; /* "arithmetic.exact" */
    char via[LL_SCORE_NAME];      /* what the law goes through */
    char law[32], form[128], convention[32], data_hash[65];
    bool share;            /* the score lies between 0 and 1 */
    double params, tokens; /* of the run */
    double reach;          /* its compute over the largest fitted; NaN where that is not known */
    int64_t n_fitted;
    bool replicate; /* a run of this size is done already (seal_repeats.h) */
} ll_score_ground;

/* The question that a forecast of this score of the run answers: nobody answers it twice. */
void ll_score_ground_question(char *out, size_t size, const char *quantity, const char *run);

void ll_score_ground_write(ll_json *o, const ll_score_ground *g);
ll_status ll_score_ground_read(ll_score_ground *g, const ll_json *body,
                               ll_error *err); /* LL_EFORMAT names the key */
bool ll_score_ground_same(const ll_score_ground *a, const ll_score_ground *b);

/* The run's last score of that name, where the store has the run done and asked. */
ll_status ll_score_come(ll_store *s, const char *run, const char *quantity, double *value, bool *came,
                        ll_error *err);

#endif
