#include "forecast/ledger/said_by_law.h"

#include <math.h>
#include <string.h>

#include "base/words/word.h"
#include "fit/ability/two_step.h"

static ll_status put(char *to, size_t size, const char *text, const char *what, ll_error *err) {
    return ll_word_copy(to, size, text, strlen(text), what, err);
}

static double reach_of(const ll_score_study *s, double flops) {
    double most = NAN;
    for (int64_t i = 0; s->C && i < s->n; i++) most = fmax(most, s->C[i]);
    return flops / most;
}

static ll_status describe(ll_score_ground *g, const ll_score_study *s, const ll_two_step *f, ll_error *err) {
    const char *convention = ll_json_get_str(s->study.convention, "params");
    LL_TRY(put(g->quantity, sizeof g->quantity, s->name[0], "--y", err));
    LL_TRY(put(g->via, sizeof g->via, s->name[1], "--via", err));
    LL_TRY(put(g->form, sizeof g->form, ll_two_step_form(f), "form", err));
    LL_TRY(put(g->convention, sizeof g->convention, convention ? convention : "", "convention", err));
    LL_TRY(put(g->data_hash, sizeof g->data_hash, ll_study_data_hash(&s->study), "data_hash", err));
    strcpy(g->law, "two_step");
    g->share = f->share;
    g->n_fitted = f->n;
    return LL_OK;
}

ll_status ll_said_by_law(ll_said *out, const ll_score_study *s, const ll_two_step *f, const char *run,
                         double params, double tokens, ll_error *err) {
    double x[LL_VAR_COUNT];
    *out = (ll_said) { .what = { .n = LL_FORECAST_QUANTILES, .probability = NAN } };
    ll_score_ground *g = &out->ground;
    LL_TRY(ll_score_study_at(s, params, tokens, x, err));
    LL_TRY(describe(g, s, f, err));
    g->params = params, g->tokens = tokens;
    g->reach = reach_of(s, 6 * params * tokens);
    memcpy(out->what.level, ll_forecast_levels, sizeof ll_forecast_levels);
    LL_TRY(ll_two_step_quantiles(f, x, ll_forecast_levels, LL_FORECAST_QUANTILES, out->what.value, err));
    LL_TRY(put(out->run, sizeof out->run, run, "--run", err));
    ll_score_ground_question(out->question, sizeof out->question, g->quantity, run);
    return LL_OK;
}
