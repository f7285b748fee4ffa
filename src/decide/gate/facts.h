/* Evidence, loglog.evidence/1: what is known of a model when a policy is asked, from a YAML or JSON file and flags.
 *
 *     schema: loglog.evidence/1
 *     flops: 3e24                        counted, and therefore exact
 *     gain: [2.0, 1.5, 2.6]              an estimate: value, low, high of an interval; or low, high. Instead of it
 *     fit: reference.json                a saved fit: effective compute is what its recipe needs for the loss
 *     scores: {autonomy: [0.2, 0.1, 0.3]}
 *     level: 0.9                         that every interval of this file holds
 *     evaluated: 2026-11-01              when the evaluations were made, and at how much effective compute
 *     evaluated_flops: 2e24
 *     in_place: [weights_locked]
 *     ladder: 0123456789abcdef           whose evidence it is: what is asked about must be the same
 *     run: 0123456789abcdef/1.5k-20.0k   its id, or its name in the ladder
 *     data_hash: 64 hexadecimal digits   of the ladder's data
 *
 * Scores and measures are those that the policy names: a mistyped one is an error, not a missing one.
 */
#ifndef LL_DECIDE_GATE_FACTS_H
#define LL_DECIDE_GATE_FACTS_H

#include "decide/gate/policy.h"

enum { LL_FACTS_MOST = LL_POLICY_MOST * LL_POLICY_MOST };

typedef struct ll_fact_score {
    char name[LL_OPTION_NAME];
    ll_list v;
} ll_fact_score;

typedef struct ll_facts {
    char schema[LL_OPTION_NAME];
    ll_list flops, gain, loss, forecast_loss; /* empty: unknown */
    double level, bytes_per_token, evaluated_flops;
    char fit[LL_OPTION_TEXT], evaluated[LL_OPTION_NAME];
    char ladder[LL_OPTION_NAME], run[LL_OPTION_TEXT], data_hash[LL_OPTION_TEXT]; /* "": any */
    int n_scores, n_in_place;
    ll_fact_score score[LL_FACTS_MOST];
    char in_place[LL_FACTS_MOST][LL_OPTION_NAME];
} ll_facts;

/* Rows of an option table over a struct that has an ll_facts called facts. */
#define LL_FACTS_ROWS(AT)                                                                                           \
    { "flops", LL_OPT_LIST, AT(flops), "", "training compute; or low,high of it", .max = 1e60, .min_open = true },  \
        { "gain",      LL_OPT_LIST,     AT(gain), "", "compute-equivalent gain: [value,]low,high",                  \
          .max = 1e30, .min_open = true },                                                                          \
        { "loss",     LL_OPT_LIST,     AT(loss), "", "measured, nats per token: [value,]low,high",                  \
          .max = 1e6, .min_open = true },                                                                           \
        { "forecast_loss", LL_OPT_LIST,     AT(forecast_loss), "", "of the run to come: [value,]low,high",          \
          .max = 1e6,      .min_open = true },                                                                      \
        { "bytes_per_token", LL_OPT_REAL, AT(bytes_per_token), "0", "of the data, for bits_per_byte", .max = 1e6 }, \
        { "level", LL_OPT_REAL, AT(level), "0.9", "that the intervals hold", .max = 0.9999, .min_open = true },     \
        { "fit", LL_OPT_TEXT, AT(fit), "",                                                                          \
          "saved fit of the reference recipe: effective compute is what that needs for the loss" },                 \
        { "evaluated", LL_OPT_NAME, AT(evaluated), "", "date of the last evaluation, such as 2026-11-22" },         \
        { "evaluated_flops", LL_OPT_REAL, AT(evaluated_flops), "0", "effective compute that it was made at",        \
          .max = 1e60 },                                                                                            \
    {                                                                                                               \
        "ladder", LL_OPT_NAME, AT(ladder), "", "id of the ladder that is asked about"                               \
    }

/* Nothing known; the scores that the policy's lines name are those that can be. */
ll_status ll_facts_init(ll_facts *f, const ll_policy *p, ll_error *err);

/* What the file says, over what f holds. */
ll_status ll_facts_load(ll_facts *f, const ll_policy *p, const char *path, ll_error *err);

/* "autonomy=0.2,0.1,0.3", several separated by blanks; and "weights_locked,red_team", added to what is in place.
 * where names the source in errors. */
ll_status ll_facts_scores(ll_facts *f, const char *text, const char *where, ll_error *err);
ll_status ll_facts_in_place(ll_facts *f, const ll_policy *p, const char *text, const char *where, ll_error *err);

/* What no single key can tell: intervals in order, dates that are dates. */
ll_status ll_facts_check(const ll_facts *f, const char *where, ll_error *err);

/* The model that a policy is asked about, as the store knows it; data_hash "": it does not. */
typedef struct ll_facts_about {
    const char *ladder, *run, *name, *data_hash;
} ll_facts_about;

/* LL_EINPUT when the evidence says that it is about another. */
ll_status ll_facts_bound(const ll_facts *f, const ll_facts_about *about, ll_error *err);

bool ll_facts_has(const ll_facts *f, const char *measure); /* is it in place? */

#endif
