/* A ledger of seven entries of every kind, for who attacks it: 1 a forecast, 2 quantiles of somebody, 3 a
 * statement, 4 the score of 1, 5 the score of 2, 6 a forecast, 7 the score of 3. */
#ifndef LL_TESTS_PLANTED_LEDGER_H
#define LL_TESTS_PLANTED_LEDGER_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/system/clock.h"
#include "forecast/ledger/ledger_append.h"
#include "support.h"

enum { PLANTED_ENTRIES = 7 };

/* Normal in ln loss about ln 2 with sd 0.02. */
static inline ll_forecast planted_forecast(const char *run) {
    static const double z[LL_FORECAST_QUANTILES] = { -2.5758293, -1.9599640, -1.6448536, -1.2815516, -.6744898, 0,
                                                     .6744898,   1.2815516,  1.6448536,  1.9599640,  2.5758293 };
    ll_forecast f = { .mean = log(2), .sd = 0.02, .reach = 4, .bytes_per_token = 1, .n_fitted = 12 };
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++) f.quantile[i] = 2 * exp(0.02 * z[i]);
    snprintf(f.run, sizeof f.run, "%s", run);
    strcpy(f.question, "what will it be?");
    strcpy(f.sealed, "2026-01-02T03:30:00Z");
    strcpy(f.version, "0 planted");
    return f;
}

static inline void plant_this(ll_store *s, const ll_forecast *f, const ll_sign_key *key, char hash[65]) {
    ll_seal stands;
    ll_sealing how;
    assert_ok(ll_ledger_seal_forecast(s, f, key, &stands, &how, err));
    assert_int_equal(how, LL_SEALING_NEW);
    memcpy(hash, stands.hash, 65);
}

static inline void plant_forecast(ll_store *s, const char *run, const ll_sign_key *key, char hash[65]) {
    const ll_forecast f = planted_forecast(run);
    plant_this(s, &f, key, hash);
}

static inline void plant_said(ll_store *s, const char *question, const char *quantiles, const ll_sign_key *key,
                              char hash[65]) {
    ll_said said = { .ln_scale = true, .what.probability = 0.7 }, stands;
    ll_sealing how;
    strcpy(said.question, question);
    strcpy(said.author, "ada");
    strcpy(said.sealed, "2026-01-02T03:30:00Z");
    if (quantiles) assert_ok(ll_said_quantiles(&said, quantiles, "planted", err));
    else said.ln_scale = false;
    assert_ok(ll_ledger_seal_said(s, &said, key, &stands, &how, err));
    assert_int_equal(how, LL_SEALING_NEW);
    memcpy(hash, stands.hash, 65);
}

static inline void plant_score(ll_store *s, const char *hash, const char *outcome, const ll_sign_key *key) {
    ll_outcome o;
    ll_sealing how;
    assert_ok(ll_outcome_parse(&o, outcome, "planted", err));
    assert_ok(ll_ledger_seal_score(s, hash, &o, key, &how, err));
    assert_int_equal(how, LL_SEALING_NEW);
}

/* Into an empty store; key NULL: unsigned. */
static inline void plant_ledger(ll_store *s, const ll_sign_key *key) {
    char a[65], b[65], c[65], d[65];
    plant_forecast(s, "far/a", key, a);
    plant_said(s, "the loss of b", "0.05=1.8,0.5=1.9,0.95=2.0", key, b);
    plant_said(s, "it will be released", NULL, key, c);
    plant_score(s, a, "2.01", key);
    plant_score(s, b, "1.93", key);
    ll_forecast last = planted_forecast("far/d");
    ll_clock_utc(last.sealed, sizeof last.sealed); /* the scores before it are of now */
    plant_this(s, &last, key, d);
    plant_score(s, c, "true", key);
}

#endif
