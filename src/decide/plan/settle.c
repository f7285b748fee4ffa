#include "decide/plan/settle.h"

#include <math.h>

#include "stat/student.h"

enum { ENOUGH_REPLICATES = 4, MOST_RUNS = 1000000 };

static bool same_point(const ll_law *law, const ll_fit_data *d, int64_t i, int64_t k) {
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if ((law->vars >> v & 1) && !(fabs(log(d->x[v][i] / d->x[v][k])) < 1e-9)) return false;
    return true;
}

/* Squares of ln loss about the mean of its point; a compared fit holds its rows in order of their points. */
static double within_points(const ll_fit *fit, int64_t *freedom) {
    const ll_fit_data *d = &fit->data;
    double squares = 0;
    *freedom = 0;
    for (int64_t from = 0, to; from < d->n; from = to) {
        double mean = 0;
        for (to = from; to < d->n && same_point(fit->law, d, from, to); to++) mean += log(d->loss[to]);
        mean /= (double)(to - from);
        for (int64_t i = from; i < to; i++) squares += (log(d->loss[i]) - mean) * (log(d->loss[i]) - mean);
        *freedom += to - from - 1;
    }
    return squares;
}

static void noise(ll_settle *s, const ll_compare *c) {
    double variance = 0, squares = 0;
    for (int g = 0; g < 2; g++) {
        int64_t freedom;
        squares += within_points(&c->fit[g], &freedom);
        s->replicates += freedom;
        variance += c->fit[g].residual_sd * c->fit[g].residual_sd / 2;
    }
    s->replicated = s->replicates >= ENOUGH_REPLICATES;
    s->noise_sd = sqrt(s->replicated ? squares / (double)s->replicates : variance);
}

/* The least n for which n of each tell the two apart: n >= 2 (sd / gain)^2 (t_alarm + t_power)^2 at 2 n - 2. */
static int64_t runs(const ll_settle *s) {
    const double ratio = s->noise_sd / s->gain;
    double z = ll_normal_quantile(1 - s->alarm / 2) + ll_normal_quantile(s->power);
    double least = 2 * ratio * ratio * z * z;
    if (!(least < MOST_RUNS)) return 0;
    for (int64_t n = least > 2 ? (int64_t)least : 2;; n++) {
        double freedom = 2 * (double)n - 2;
        double t = ll_student_quantile(1 - s->alarm / 2, freedom) + ll_student_quantile(s->power, freedom);
        if ((double)n >= 2 * ratio * ratio * t * t) return n;
    }
}

ll_settle ll_settle_make(const ll_compare *c, const ll_gain *g, double gain, double power) {
    ll_settle s = { .gain = gain, .power = power, .alarm = c->opts.alarm, .designs = NAN, .at = NAN };
    const int k = g ? ll_gain_last_inside(g) : -1;
    noise(&s, c);
    s.runs = runs(&s);
    if (k < 0) return s;
    double z = ll_normal_quantile(1 - s.alarm / 2) + ll_normal_quantile(power), need = z * g->point[k].percent.se;
    s.designs = need * need / (1e4 * gain * gain);
    s.at = g->point[k].x;
    return s;
}

ll_json *ll_settle_json(const ll_settle *s) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "gain_percent", 100 * s->gain);
    ll_json_set_num(o, "power", s->power);
    ll_json_set_num(o, "alarm", s->alarm);
    ll_json_set_num(o, "noise_sd", s->noise_sd);
    ll_json_set_str(o, "noise_from", s->replicated ? "replicates" : "residuals");
    if (s->runs) ll_json_set_int(o, "runs_each", s->runs);
    else ll_json_set_num(o, "runs_each", NAN);
    ll_json_set_num(o, "designs", s->designs);
    ll_json_set_num(o, "at", s->at);
    return o;
}
