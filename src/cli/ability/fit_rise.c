#include <stdio.h>
#include <string.h>

#include "base/system/clock.h"
#include "cli/ability/ability_verbs.h"
#include "cli/cli.h"
#include "cli/show/show_fit.h"
#include "fit/io/ability_json.h"

/* The scores of one column, or of two, along --x. */
static ll_status read(const ll_input *in, const char *scores, const char *path, ll_score_study *s,
                      ll_fit_opts *opts, ll_error *err) {
    const ll_score_ask ask = { .scores = scores, .x = in->x, .whole = true };
    if (!*in->y)
        return LL_FAIL(err, LL_EINPUT, "fit: law %s: name the score with --y, such as --y arithmetic.exact",
                       in->law);
    return ll_scores_read(in, path, &ask, opts, s, err);
}

static ll_fit_context context_of(const ll_score_study *s) {
    return (ll_fit_context) { .convention = ll_study_convention(&s->study),
                              .dropped = ll_study_left_out(&s->study) };
}

/* ---- rise ---- */

static ll_status ask_rise(const ll_score_study *s, const ll_fit_opts *o, ll_rise *rise, ll_sharp *sharp,
                          ll_error *err) {
    const ll_scored d = { .n = s->n, .x = s->x, .y = s->score[0], .cluster = s->cluster, .falling = s->falling };
    const ll_sharp_opts opts = { .sudden = ll_sharp_sudden(s->along), .seed = o->seed, .threads = o->threads };
    ll_scored_rows rows;
    LL_TRY(ll_rise_find(rise, &d, o, err));
    LL_TRY(ll_scored_rows_new(&rows, &d, err));
    const ll_status status = ll_sharp_ask(sharp, &rows, &opts, err);
    ll_scored_rows_free(&rows);
    return status;
}

static void show_rise(const ll_score_study *s, const ll_rise *r, const ll_sharp *sharp) {
    ll_show_ground(&s->study);
    ll_say("rise: of %s along %s, a tenth to nine tenths of the %s shape   (%lld runs)\n", s->name[0], s->along,
           ll_climb_shape_name(r->curve.shape), (long long)r->n);
    if (!r->begins || !r->ends)
        ll_say("warning: the rise is not within the runs: what lies beyond them is a guess\n");
    ll_show_estimate("from", &r->from, r->level, s->along);
    ll_show_estimate("to", &r->to, r->level, s->along);
    ll_show_estimate("decades", &r->decades, r->level, "");
    ll_show_estimate("before", &r->before, r->level, "");
    ll_show_estimate("after", &r->after, r->level, "");
    ll_say("a break over a smooth law of a factor of %g: %s (p %.3g; false alarms %.1f %%)\n", sharp->opts.sudden,
           ll_sharpness_name(sharp->answer), sharp->p_smooth, 100 * sharp->alarm);
    ll_say("ls, %lld resamples\n", (long long)r->n_draws);
}

int ll_fit_rise(const ll_input *in, ll_manner manner, const char *path) {
    ll_error err = { 0 };
    ll_score_study s;
    ll_fit_opts o;
    ll_rise rise;
    ll_sharp sharp;
    const double start = ll_clock_now();
    int code = LL_EXIT_DONE;
    if (read(in, in->y, path, &s, &o, &err) != LL_OK) return ll_cli_fail(&err);
    if (ask_rise(&s, &o, &rise, &sharp, &err) != LL_OK) code = ll_cli_fail(&err);
    else if (manner == LL_AS_JSON) {
        const ll_fit_context context = context_of(&s);
        code = ll_cli_json(ll_rise_json(&rise, &sharp, &context, ll_clock_now() - start));
    } else show_rise(&s, &rise, &sharp);
    ll_score_study_clear(&s);
    return code;
}

/* ---- power_of ---- */

static void show_power_of(const ll_score_study *s, const ll_power_of *p, double level) {
    ll_show_ground(&s->study);
    ll_say("power_of: %s = p^L, p of %s   (%lld runs)\n", s->name[0], s->name[1], (long long)p->n);
    ll_show_estimate("L", &p->L, level, "");
    ll_show_estimate("left", &p->left, level,
                     p->follows ? "share of the variance: it follows"
                                : "share of the variance: it does not follow");
}

int ll_fit_power_of(const ll_input *in, ll_manner manner, const char *path) {
    char scores[2 * LL_OPTION_TEXT];
    ll_error err = { 0 };
    ll_score_study s;
    ll_fit_opts o;
    ll_power_of p;
    const double start = ll_clock_now();
    int code = LL_EXIT_DONE;
    snprintf(scores, sizeof scores, "%s,%s", in->y, in->via);
    if (read(in, scores, path, &s, &o, &err) != LL_OK) return ll_cli_fail(&err);
    if (ll_power_of_find(&p, s.score[1], s.score[0], s.cluster, s.n, &o, &err) != LL_OK) code = ll_cli_fail(&err);
    else if (manner == LL_AS_JSON) {
        const ll_fit_context context = context_of(&s);
        code = ll_cli_json(ll_power_of_json(&p, &o, &context, ll_clock_now() - start));
    } else show_power_of(&s, &p, o.level);
    ll_score_study_clear(&s);
    return code;
}
