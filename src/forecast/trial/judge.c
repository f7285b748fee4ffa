#include "forecast/trial/judge.h"

#include <math.h>
#include <stdlib.h>

#include "stat/quantile.h"

const int ll_backtest_levels[LL_BACKTEST_LEVELS] = { 50, 80, 90, 95 };
/* Where the interval of each level begins among ll_forecast_levels; it ends as far from the other end. */
static const int lower[LL_BACKTEST_LEVELS] = { 4, 3, 2, 1 };

ll_status ll_judge_new(ll_judge *j, ll_backtest_score *score, ll_error *err) {
    *j = (ll_judge) { .score = score, .error = malloc((size_t)(score->n_test + 1) * sizeof *j->error) };
    return j->error ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)score->n_test);
}

void ll_judge_run(ll_judge *j, const ll_forecast *f, double point, double loss) {
    ll_backtest_score *s = j->score;
    const double share = 1 / (double)s->n_test, relative = point / loss - 1;
    const ll_score came = ll_forecast_score(f, loss);
    j->error[j->n++] = fabs(relative);
    s->bias += relative * share;
    s->interval_score += came.interval_score * share;
    s->log_score += came.log_score * share;
    for (int l = 0; l < LL_BACKTEST_LEVELS; l++)
        if (loss >= f->quantile[lower[l]] && loss <= f->quantile[LL_FORECAST_QUANTILES - 1 - lower[l]])
            s->coverage[l] += share;
}

void ll_judge_close(ll_judge *j) {
    ll_backtest_score *s = j->score;
    if (j->n == s->n_test && j->n > 0) {
        ll_sort(j->error, j->n);
        s->median_abs_rel_err = ll_quantile(j->error, j->n, 0.5);
        s->max_abs_rel_err = j->error[j->n - 1];
    }
    free(j->error);
    j->error = NULL;
}
