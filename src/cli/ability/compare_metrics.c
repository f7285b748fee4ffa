#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/ability/ability_verbs.h"
#include "cli/cli.h"
#include "cli/show/show_fit.h"
#include "fit/ability/ability.h"
#include "fit/io/ability_json.h"
#include "report/figures/figures_ability.h"
#include "report/show.h"

/* ---- text ---- */

static void show_scale(const char *word, const ll_estimate *e, bool inside) {
    char v[LL_SHOW_SIZE], lo[LL_SHOW_SIZE], hi[LL_SHOW_SIZE];
    ll_say("%s %s", word, ll_show(e->value, 3, v));
    if (isfinite(e->lo)) ll_say(" [%s, %s]", ll_show(e->lo, 3, lo), ll_show(e->hi, 3, hi));
    if (!inside) ll_say(" (beyond the runs)");
}

static void show_metric(const ll_ability_metric *m) {
    const ll_rise *r = &m->rise;
    const ll_sharp *s = &m->sharp;
    ll_say("%s: %s\n", m->name, ll_sharpness_name(s->answer));
    ll_say("  from %.4g to %.4g, a tenth of it ", r->before.value, r->after.value);
    show_scale("at", &r->from, r->begins);
    ll_say(", nine tenths ");
    show_scale("at", &r->to, r->ends);
    ll_say(": %.3g decades", r->decades.value);
    if (isfinite(r->decades.lo)) ll_say(" [%.3g, %.3g]", r->decades.lo, r->decades.hi);
    ll_say("  (%s, %.2g %% of the variance left)\n", ll_climb_shape_name(r->curve.shape), 100 * r->left);
    ll_say("  a break over a smooth law: ln likelihood ratio %.3g; the smooth law makes so large a one with p "
           "%.3g, the "
           "broken one so small a one with p %.3g\n",
           s->ratio, s->p_smooth, s->p_broken);
    ll_say("  on runs such as these the test calls a smooth law broken in %.1f %%, and sees the break in %.0f %%\n",
           100 * s->alarm, 100 * s->power);
}

static void show_links(const ll_ability *a, double level) {
    if (!a->n_links) return;
    ll_say("sharp = p^L\n");
    for (int k = 0; k < a->n_links; k++) {
        const ll_ability_link *l = &a->link[k];
        ll_say("  %s from %s: L %.3g", a->metric[l->sharp].name, a->metric[l->smooth].name, l->of.L.value);
        if (isfinite(l->of.L.lo)) ll_say(" [%.3g, %.3g]", l->of.L.lo, l->of.L.hi);
        ll_say(", %.2g %%", 100 * l->of.left.value);
        if (isfinite(l->of.left.lo)) ll_say(" [%.2g, %.2g]", 100 * l->of.left.lo, 100 * l->of.left.hi);
        ll_say(" of the variance left: %s\n", l->of.follows ? "follows" : "does not follow");
    }
    ll_say("intervals of %g %%\n", 100 * level);
}

static void show(const ll_score_study *s, const ll_ability *a, const ll_ability_opts *o) {
    ll_show_ground(&s->study);
    ll_say("%lld runs against %s; smooth: a rise over a factor of %g in it at least\n", (long long)s->n, s->along,
           o->sharp.sudden);
    for (int k = 0; k < a->n_metrics; k++) show_metric(&a->metric[k]);
    show_links(a, o->fit.level);
    ll_say("%s: %s\n", ll_sharpness_name(a->verdict), a->why);
}

/* ---- the verb's part ---- */

static ll_status ask_all(const ll_metrics_ask *ask, const ll_score_study *s, ll_ability *a, ll_ability_opts *o,
                         ll_error *err) {
    ll_metric metric[LL_ABILITY_METRICS];
    if (s->n_scores > LL_ABILITY_METRICS)
        return LL_FAIL(err, LL_EINPUT, "--metrics: %d metrics, expected at most %d", s->n_scores,
                       (int)LL_ABILITY_METRICS);
    for (int k = 0; k < s->n_scores; k++) metric[k] = (ll_metric) { s->name[k], s->score[k] };
    o->sharp = (ll_sharp_opts) { .sudden = ask->sudden > 0 ? ask->sudden : ll_sharp_sudden(s->along),
                                 .alarm = ask->alarm,
                                 .seed = o->fit.seed,
                                 .threads = o->fit.threads };
    const ll_ability_data d = { s->n, s->x, s->falling, s->cluster, metric, s->n_scores };
    return ll_ability_ask(a, &d, o, err);
}

static ll_status draw(const ll_score_study *s, const ll_ability *a, const char *out, ll_error *err) {
    ll_figure *f;
    LL_TRY(ll_figure_ability(&f, s, a, err));
    return ll_figure_save(f, out, err);
}

int ll_compare_metrics(const ll_input *in, const ll_metrics_ask *ask, const char *path) {
    ll_error err = { 0 };
    ll_score_study s;
    ll_ability a;
    ll_ability_opts o;
    const ll_score_ask what = { .scores = in->measures, .x = in->x };
    if (*in->y) return ll_cli_usage("compare: --y is one metric, and --metrics names them all");
    if (ll_scores_read(in, path, &what, &o.fit, &s, &err) != LL_OK) return ll_cli_fail(&err);
    ll_status status = ask_all(ask, &s, &a, &o, &err);
    if (status == LL_OK && *ask->out) status = draw(&s, &a, ask->out, &err);
    int code = LL_EXIT_DONE;
    if (status != LL_OK) code = ll_cli_fail(&err);
    else if (ask->json) code = ll_cli_json(ll_ability_json(&a, &o, ll_study_convention(&s.study), s.along, s.n));
    else show(&s, &a, &o);
    ll_score_study_clear(&s);
    return code;
}
