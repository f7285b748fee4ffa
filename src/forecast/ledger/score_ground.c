#include "forecast/ledger/score_ground.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ll_score_ground_question(char *out, size_t size, const char *quantity, const char *run) {
    snprintf(out, size, "%s of run %s", quantity, run);
}

/* ---- documents ---- */

/* X(key, field): the texts, in the order they are written. */
#define TEXTS(X)                \
    X("quantity", quantity)     \
    X("via", via)               \
    X("law", law)               \
    X("form", form)             \
    X("convention", convention) \
    X("data_hash", data_hash)

void ll_score_ground_write(ll_json *o, const ll_score_ground *g) {
#define WRITE(key, field) ll_json_set_str(o, key, g->field);
    TEXTS(WRITE)
#undef WRITE
    ll_json_set_str(o, "unit", g->share ? "share" : "number");
    ll_json_set_num(ll_json_group(o, "at"), "params", g->params);
    ll_json_set_num(ll_json_group(o, "at"), "tokens", g->tokens);
    ll_json_set_num(o, "reach", g->reach);
    ll_json_set_int(o, "n_fitted", g->n_fitted);
    if (g->replicate) ll_json_set_bool(o, "replicate", true);
}

ll_status ll_score_ground_read(ll_score_ground *g, const ll_json *body, ll_error *err) {
    *g = (ll_score_ground) { 0 };
    if (!ll_json_get(body, "quantity")) return LL_OK;
#define READ(key, field) LL_TRY(ll_json_read_text(body, key, "prediction", g->field, sizeof g->field, err));
    TEXTS(READ)
#undef READ
    const char *unit = ll_json_get_str(body, "unit");
    if (!*g->quantity) return LL_FAIL(err, LL_EFORMAT, "prediction: quantity is empty, expected a score's name");
    if (!unit || (strcmp(unit, "share") != 0 && strcmp(unit, "number") != 0))
        return LL_FAIL(err, LL_EFORMAT, "prediction: unit is missing, expected share or number");
    g->share = strcmp(unit, "share") == 0;
    g->params = ll_json_get_num(ll_json_get(body, "at"), "params");
    g->tokens = ll_json_get_num(ll_json_get(body, "at"), "tokens");
    g->reach = ll_json_get_num(body, "reach");
    g->n_fitted = ll_json_get_int(body, "n_fitted", 0);
    ll_json_get_bool(body, "replicate", &g->replicate);
    if (g->params > 0 && g->tokens > 0 && g->n_fitted >= 0) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "prediction: at.params, at.tokens or n_fitted is no usable number");
}

static bool same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

bool ll_score_ground_same(const ll_score_ground *a, const ll_score_ground *b) {
#define DIFFERS(key, field) \
    if (strcmp(a->field, b->field) != 0) return false;
    TEXTS(DIFFERS)
#undef DIFFERS
    return a->share == b->share && same(a->params, b->params) && same(a->tokens, b->tokens) &&
           same(a->reach, b->reach) && a->n_fitted == b->n_fitted;
}

/* ---- what came ---- */

static bool is_called(const ll_run_score *score, const char *quantity) {
    const size_t probe = strlen(score->probe);
    return strncmp(quantity, score->probe, probe) == 0 && quantity[probe] == '.' &&
           strcmp(quantity + probe + 1, score->metric) == 0;
}

ll_status ll_score_come(ll_store *s, const char *run, const char *quantity, double *value, bool *came,
                        ll_error *err) {
    ll_run r;
    ll_run_score *scores;
    int64_t n;
    *value = NAN;
    LL_TRY(ll_store_seek_run(s, run, &r, came, err));
    if (!*came || r.state != LL_RUN_DONE) {
        *came = false;
        return LL_OK;
    }
    LL_TRY(ll_store_list_scores(s, run, &scores, &n, err));
    for (int64_t i = 0; i < n; i++)
        if (is_called(&scores[i], quantity)) *value = scores[i].value; /* by step: the last stays */
    free(scores);
    *came = isfinite(*value);
    return LL_OK;
}
