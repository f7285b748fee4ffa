#include "forecast/trial/end_trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/trial/judge.h"

static double compute(const ll_course *c) {
    return c->params * c->end;
}

/* Runs up to the cut first; returns how many. */
static int64_t cut(ll_course *to, const ll_courses *c, double most) {
    int64_t below = 0, above = c->n;
    for (int64_t i = 0; i < c->n; i++) to[compute(&c->at[i]) <= most ? below++ : --above] = c->at[i];
    return below;
}

static ll_status judge(ll_judge *j, const ll_course *run, int64_t below, int64_t n, const ll_courses *c,
                       double share, int threads, ll_error *err) {
    ll_end_ground *g;
    ll_status status = LL_OK;
    LL_TRY(ll_end_ground_new(&g, run, below, c->by_tokens, threads, err));
    for (int64_t i = below; status == LL_OK && i < n; i++) {
        ll_run_end e;
        status = ll_run_end_of(&e, g, &run[i], share, 0.9, err);
        if (status != LL_OK) break;
        const ll_forecast f = ll_run_end_forecast(&e);
        ll_judge_run(j, &f, e.loss.value, run[i].loss[run[i].n - 1]);
    }
    ll_end_ground_free(g);
    return status;
}

static ll_status run_cut(ll_backtest_score *out, ll_course *run, const ll_courses *c, double share, double factor,
                         int threads, ll_error *err) {
    ll_judge j;
    double largest = 0;
    for (int64_t i = 0; i < c->n; i++) {
        if (!(compute(&c->at[i]) > 0 && c->at[i].n))
            return LL_FAIL(err, LL_EINPUT, "run %.80s: its parameters or its curve are not known", c->at[i].name);
        largest = fmax(largest, compute(&c->at[i]));
    }
    out->n_fit = cut(run, c, largest / factor);
    out->n_test = c->n - out->n_fit;
    if (!out->n_fit) return LL_FAIL(err, LL_EINPUT, "factor %g: no run at or below the cut", factor);
    LL_TRY(ll_judge_new(&j, out, err));
    const ll_status status = judge(&j, run, out->n_fit, c->n, c, share, threads, err);
    ll_judge_close(&j);
    return status;
}

ll_status ll_end_trial_run(ll_backtest_score *out, const ll_courses *c, double share, double factor, int threads,
                           ll_error *err) {
    *out = (ll_backtest_score) { 0 };
    ll_course *run = malloc((size_t)(c->n + 1) * sizeof *run);
    if (!run) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)c->n);
    const ll_status status = run_cut(out, run, c, share, factor, threads, err);
    free(run);
    return status;
}
