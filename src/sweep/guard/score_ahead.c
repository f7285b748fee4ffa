#include "sweep/guard/score_ahead.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/number.h"
#include "forecast/study/study.h"

/* Where the last "-x" of the name stands; NULL: nowhere. */
static const char *behind(const char *name) {
    const char *at = NULL;
    for (const char *next = name; (next = strstr(next, "-x")); next += 2) at = next;
    return at;
}

bool ll_score_is_ahead(const char *name, double *factor) {
    const char *at = behind(name);
    char *end;
    if (!at) return false;
    *factor = ll_number_read(at + 2, &end);
    return end != at + 2 && !*end && *factor > 0 && isfinite(*factor);
}

static ll_status forecast(ll_gate_number *out, ll_store *s, const ll_run *run, const char *score, double factor,
                          double level, ll_error *err) {
    char where[64];
    ll_observed observed;
    ll_study study;
    ll_outlook outlook;
    snprintf(where, sizeof where, "flops <= %.17g", run->flops);
    const ll_observe_opts opts = { .ladder = run->ladder, .where = where, .y = score };
    LL_TRY(ll_observe(&observed, s, &opts, err));
    const ll_study_opts how = {
        .law = ll_law_find("power"), .along = LL_VAR_C, .table.y = score, .fit.level = level
    };
    LL_TRY(ll_study_of(&study, &observed, "the ladder", &how, err));
    const double grow = sqrt(factor);
    const ll_status status = ll_study_outlook(&study, grow * run->params, grow * run->tokens, 0, &outlook, err);
    if (status == LL_OK)
        *out = ll_gate_estimate(outlook.loss.value, outlook.loss.lo, outlook.loss.hi, outlook.level);
    ll_study_clear(&study);
    return status;
}

ll_status ll_score_ahead(ll_gate_number *out, ll_store *s, const ll_run *run, const char *name, double level,
                         ll_error *err) {
    char score[LL_OPTION_NAME];
    ll_error why = { 0 };
    double factor;
    *out = (ll_gate_number) { .value = NAN, .lo = NAN, .hi = NAN };
    if (!ll_score_is_ahead(name, &factor)) return LL_OK;
    snprintf(score, sizeof score, "%.*s", (int)(behind(name) - name), name);
    const ll_status status = forecast(out, s, run, score, factor, level, &why);
    if (status == LL_OK || status == LL_EINPUT || status == LL_ENUM) return LL_OK;
    return LL_FAIL(err, status, "%s", why.msg);
}
