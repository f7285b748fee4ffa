#include "forecast/ledger/seal_repeats.h"

#include <math.h>
#include <stdio.h>

typedef struct sought {
    double params, tokens;
    char *name; /* [LL_REPEATED] */
    bool found;
} sought;

static bool same(double a, double b) {
    return fabs(a - b) <= 1e-9 * b;
}

static bool is_sought(const sought *s, double params, double tokens) {
    return same(params, s->params) && same(tokens, s->tokens);
}

/* ---- the rows of the study ---- */

static void look_at_rows(sought *s, const ll_study *study) {
    const ll_columns *c = &study->columns;
    const double *N = c->n ? c->v[LL_VAR_N] : study->data.x[LL_VAR_N];
    const double *D = c->n ? c->v[LL_VAR_D] : study->data.x[LL_VAR_D];
    const int64_t n = c->n ? c->n : study->data.n;
    const char *const *run = c->n ? c->run : study->run;
    const int64_t *line = study->observed.table.line;
    for (int64_t i = 0; i < n && N && D && !s->found; i++) {
        if (!is_sought(s, N[i], D[i])) continue;
        s->found = true;
        if (run && run[i] && *run[i]) snprintf(s->name, LL_REPEATED, "%.200s", run[i]);
        else if (line) snprintf(s->name, LL_REPEATED, "the run of line %lld", (long long)line[i]);
        else snprintf(s->name, LL_REPEATED, "its run %lld", (long long)i + 1);
    }
}

/* ---- the runs of the store ---- */

/* A trunk, or a run with other aims than its text's loss, is no run of this size. */
static bool is_of_its_size(const ll_run *run) {
    const ll_observation kind = ll_run_observation(run, &(ll_scored_runs) { 0 });
    return kind == LL_OBSERVATION || kind == LL_NO_OBSERVATION_HELD_OUT || kind == LL_NO_OBSERVATION_EXCLUDED;
}

static ll_status look_at_run(void *ctx, const ll_run *run, ll_error *err) {
    sought *s = ctx;
    (void)err;
    if (s->found || !is_sought(s, ll_run_count(run), run->tokens) || !is_of_its_size(run)) return LL_OK;
    s->found = true;
    snprintf(s->name, LL_REPEATED, "%.200s", run->id);
    return LL_OK;
}

static ll_status look(sought *s, ll_store *store, const ll_study *study, ll_error *err) {
    const char *ladder = *study->observed.ladder ? study->observed.ladder : LL_LADDER_IMPORTED;
    if (store && study->of_store) LL_TRY(ll_store_visit_runs(store, ladder, LL_RUN_DONE, "", look_at_run, s, err));
    if (!s->found) look_at_rows(s, study);
    return LL_OK;
}

ll_status ll_seal_repeats(ll_store *store, const ll_study *study, double params, double tokens,
                          char name[LL_REPEATED], bool *repeats, ll_error *err) {
    sought s = { params, tokens, name, false };
    ll_status status = look(&s, store, study, err);
    *repeats = s.found;
    return status;
}

ll_status ll_seal_check_repeat(ll_store *store, const ll_study *study, double params, double tokens, bool replicate,
                               ll_error *err) {
    char name[LL_REPEATED];
    bool repeats;
    LL_TRY(ll_seal_repeats(store, study, params, tokens, name, &repeats, err));
    if (repeats == replicate) return LL_OK;
    if (replicate)
        return LL_FAIL(err, LL_EINPUT, "--replicate: no run of %.200s is done with these parameters and tokens",
                       study->source);
    return LL_FAIL(err, LL_ESTATE,
                   "%.200s: %s is done with the same parameters and tokens: a forecast of it would be no forecast "
                   "(--replicate: another run of that size, as with another seed)",
                   study->source, name);
}
