#include "decide/plan/score_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/draws/interval.h"

static ll_status beyond(const ll_two_step *f, double score, ll_error *err) {
    const ll_estimate *p = f->params + f->first.law->n_params;
    const ll_estimate *floor = &p[LL_SECOND_FLOOR], *ceiling = &p[LL_SECOND_CEILING];
    return LL_FAIL(
        err, LL_EINPUT,
        "no run reaches a score of %g: by these runs it goes from %.4g [%.4g, %.4g] to %.4g [%.4g, %.4g]", score,
        floor->value, floor->lo, floor->hi, ceiling->value, ceiling->lo, ceiling->hi);
}

/* Of the draws that reach the score. */
static ll_status estimate(ll_score_plan *p, const ll_two_step *f, double loss, ll_error *err) {
    double *v = malloc((size_t)(f->n_draws + 1) * sizeof *v);
    int64_t n = 0;
    if (!v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)f->n_draws);
    for (int64_t i = 0; i < f->n_draws; i++)
        if (isfinite(p->target[i])) v[n++] = p->target[i];
    p->score.loss = ll_interval(loss, v, n, f->opts.level, f->n, f->freedom);
    free(v);
    return LL_OK;
}

ll_status ll_score_plan_new(ll_score_plan *p, const ll_two_step *f, double score, ll_error *err) {
    const int first = f->first.law->n_params;
    *p = (ll_score_plan) { .fit = f->first, .score = { .score = score, .level = f->opts.level } };
    p->target = malloc((size_t)(f->n_draws * (first + 1) + 1) * sizeof *p->target);
    if (!p->target) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)f->n_draws);
    p->fit.n_draws = f->n_draws;
    p->fit.draws = p->target + f->n_draws;
    for (int64_t i = 0; i < f->n_draws; i++)
        memcpy(p->fit.draws + i * first, f->draws + i * f->n_params, (size_t)first * sizeof *f->draws);
    const double loss = ll_two_step_reach(f, score, p->target);
    const ll_status s = isfinite(loss) && loss > 0 ? estimate(p, f, loss, err) : beyond(f, score, err);
    p->law = ll_plan_law_fitted(&p->fit);
    p->law.target = p->target;
    if (s != LL_OK) ll_score_plan_free(p);
    return s;
}

void ll_score_plan_free(ll_score_plan *p) {
    free(p->target);
    p->target = NULL;
}
