#include "forecast/trial/score_trial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "forecast/belief/distribution.h"
#include "stat/quantile.h"

const char *const ll_score_methods[LL_SCORE_METHODS] = { "two_step", "direct" };

/* The runs below the cut, gathered at the front of columns of their own. */
typedef struct cut {
    ll_score_study below; /* only what a fit reads */
    int64_t *above;       /* [n_above] rows of the whole */
    int64_t n_above;
} cut;

static const double *scale_of(const ll_score_study *s) {
    return s->C && s->C[0] > 0 ? s->C : s->x ? s->x : s->N;
}

static ll_status cut_new(cut *c, const ll_score_study *s, double factor, ll_error *err) {
    const double *scale = scale_of(s);
    double most = 0;
    const int64_t n = s->n;
    *c = (cut) { .above = malloc((size_t)(n + 1) * sizeof *c->above) };
    ll_score_study *b = &c->below;
    b->block = malloc((size_t)(5 * n + 1) * sizeof *b->block);
    b->cluster = s->cluster ? malloc((size_t)(n + 1) * sizeof *b->cluster) : NULL;
    if (!c->above || !b->block || (s->cluster && !b->cluster))
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    double *to[] = { b->block, b->block + n, b->block + 2 * n, b->block + 3 * n, b->block + 4 * n };
    const double *from[] = { s->x, s->N, s->D, s->score[0], s->score[1] };
    for (int64_t i = 0; i < n; i++) most = fmax(most, scale[i]);
    for (int64_t i = 0; i < n; i++) {
        if (!(scale[i] <= most / factor * (1 + 1e-9))) {
            c->above[c->n_above++] = i;
            continue;
        }
        for (int k = 0; k < 5; k++)
            if (from[k]) to[k][b->n] = from[k][i];
        if (b->cluster) b->cluster[b->n] = s->cluster[i];
        b->n++;
    }
    b->x = s->x ? to[0] : NULL, b->N = s->N ? to[1] : NULL, b->D = s->D ? to[2] : NULL;
    b->score[0] = to[3], b->score[1] = to[4];
    return LL_OK;
}

static void cut_free(cut *c) {
    free(c->above);
    free(c->below.block);
    free(c->below.cluster);
}

static void add(ll_score_trial *t, double *error, int64_t k, const ll_estimate *e, double score, double level,
                int64_t *covered) {
    const double share = 1 / (double)t->n_test;
    *covered += score >= e->lo && score <= e->hi;
    error[k] = fabs(e->value - score);
    t->bias += (e->value - score) * share;
    t->interval_score += share * ll_interval_score(e->lo, e->hi, score, 1 - level);
}

static ll_status judge(ll_score_trial *t, ll_score_method method, const ll_two_step *f, const cut *c,
                       const ll_score_study *s, ll_error *err) {
    double *error = malloc((size_t)(t->n_test + 1) * sizeof *error);
    int64_t covered = 0;
    ll_status status = error ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)t->n_test);
    for (int64_t k = 0; k < t->n_test && status == LL_OK; k++) {
        const int64_t i = c->above[k];
        const double x[LL_VAR_COUNT] = {
            [LL_VAR_N] = s->N ? s->N[i] : 0, [LL_VAR_D] = s->D ? s->D[i] : 0, [LL_VAR_X] = s->x ? s->x[i] : 0
        };
        ll_ability_outlook o;
        status =
            method == LL_SCORE_TWO_STEP ? ll_two_step_outlook(f, x, &o, err) : ll_direct_outlook(f, x, &o, err);
        if (status == LL_OK) add(t, error, k, &o.run, s->score[0][i], f->opts.level, &covered);
    }
    if (status == LL_OK) {
        t->coverage = (double)covered / (double)t->n_test;
        ll_sort(error, t->n_test);
        t->median_abs_err = ll_quantile(error, t->n_test, 0.5);
        t->max_abs_err = error[t->n_test - 1];
    }
    free(error);
    return status;
}

/* The direct law may be missing where the two steps are there. */
static ll_status judge_both(ll_score_trial out[LL_SCORE_METHODS], const cut *c, const ll_score_study *s,
                            const ll_fit_opts *opts, ll_error *err) {
    const ll_two_step_data d = ll_score_study_two_steps(&c->below);
    ll_two_step f;
    LL_TRY(ll_two_step_run(&f, &d, opts, err));
    ll_status status = judge(&out[LL_SCORE_TWO_STEP], LL_SCORE_TWO_STEP, &f, c, s, err);
    if (status == LL_OK && f.direct.law) status = judge(&out[LL_SCORE_DIRECT], LL_SCORE_DIRECT, &f, c, s, err);
    else snprintf(out[LL_SCORE_DIRECT].missing, LL_FIT_WARNING, "%.190s", f.no_direct);
    ll_two_step_clear(&f);
    return status;
}

ll_status ll_score_trial_run(ll_score_trial out[LL_SCORE_METHODS], const ll_score_study *s, double factor,
                             const ll_fit_opts *opts, ll_error *err) {
    cut c;
    if (!(factor > 1) || !isfinite(factor))
        return LL_FAIL(err, LL_EINPUT, "factor is %g, expected a number above 1", factor);
    ll_status status = cut_new(&c, s, factor, err);
    for (int k = 0; k < LL_SCORE_METHODS; k++)
        out[k] = (ll_score_trial) { .n_fit = c.below.n, .n_test = c.n_above };
    if (status == LL_OK && c.n_above == 0)
        status = LL_FAIL(err, LL_EINPUT, "factor %g: no run lies above the cut", factor);
    if (status == LL_OK && c.below.n <= LL_LAW_MAX_PARAMS / 2)
        status = LL_FAIL(err, LL_EINPUT, "factor %g: %lld runs at or below the cut, expected more than %d", factor,
                         (long long)c.below.n, LL_LAW_MAX_PARAMS / 2);
    if (status == LL_OK) status = judge_both(out, &c, s, opts, err);
    cut_free(&c);
    return status;
}

ll_json *ll_score_trial_json(const ll_score_trial *t) {
    ll_json *o = ll_json_object();
    const bool there = !*t->missing;
    ll_json_set_int(o, "n_fit", t->n_fit);
    ll_json_set_int(o, "n_test", t->n_test);
    ll_json_set_num(o, "median_abs_err", there ? t->median_abs_err : NAN);
    ll_json_set_num(o, "max_abs_err", there ? t->max_abs_err : NAN);
    ll_json_set_num(o, "bias", there ? t->bias : NAN);
    ll_json_set_num(o, "coverage", there ? t->coverage : NAN);
    ll_json_set_num(o, "interval_score", there ? t->interval_score : NAN);
    if (!there) ll_json_set_str(o, "missing", t->missing);
    return o;
}
