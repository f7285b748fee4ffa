#include "cli/show/show_compare.h"

#include "cli/print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/show.h"

static const char *const parts[] = { "nothing", "the floor", "the offset", "the exponent" };

/* "the floor or the exponent" */
static void list_enough(const ll_compare *c, char *buf, size_t size) {
    *buf = 0;
    for (int h = LL_FLOOR; h < LL_HYPOTHESES; h++)
        if (c->model[h].there && c->model[h].enough) {
            size_t used = strlen(buf);
            snprintf(buf + used, size - used, "%s%s", used ? " or " : "", parts[h]);
        }
}

const char *ll_comparison_answer(const ll_comparison *c, char *buf, size_t size) {
    char which[80];
    const ll_answer a = c->compare.answer;
    list_enough(&c->compare, which, sizeof which);
    if (a == LL_ANSWER_SAME)
        snprintf(buf, size, "no difference is seen (p %.3f): these runs do not tell the two apart",
                 c->compare.model[LL_SAME].p);
    else if (a == LL_ANSWER_UNTESTED)
        snprintf(buf, size, "too few runs beyond the parameters to test whether the two differ");
    else if (a == LL_ANSWER_SEVERAL)
        snprintf(buf, size, "they differ (p %.3f), and in more than the floor, the offset or the exponent alone",
                 c->compare.model[LL_SAME].p);
    else if (a == LL_ANSWER_UNCLEAR)
        snprintf(buf, size, "they differ (p %.3f): %s; these runs cannot tell which", c->compare.model[LL_SAME].p,
                 which);
    else
        snprintf(buf, size, "they differ (p %.3f): %s moved, which is enough to explain it",
                 c->compare.model[LL_SAME].p, which);
    return buf;
}

/* Below its hypothesis, a line a parameter. */
static void show_changes(const ll_compare *c, const ll_estimate *change, uint32_t own) {
    char v[LL_SHOW_SIZE], lo[LL_SHOW_SIZE], hi[LL_SHOW_SIZE];
    for (int j = 0; j < c->law->n_params; j++) {
        const ll_estimate *e = &change[j];
        if (!(own >> j & 1)) continue;
        ll_say("    %-8s %s %-9s", c->law->params[j].name, ll_compare_part(c->law, j) == LL_OFFSET ? "x" : " ",
               ll_show_in(e->value, e->lo, e->hi, v));
        if (isfinite(e->lo))
            ll_say(" [%s, %s]", ll_show_in(e->lo, e->lo, e->hi, lo), ll_show_in(e->hi, e->lo, e->hi, hi));
        ll_say("\n");
    }
}

static void show_models(const ll_compare *c) {
    ll_say("%-16s %-7s %s\n", "what differs", "p", "enough");
    for (int h = 0; h < LL_HYPOTHESES; h++) {
        const ll_compare_model *m = &c->model[h];
        if (!m->there) continue;
        ll_say("%-16s %-7.3f %s\n", parts[h], m->p, m->enough ? "yes" : "no");
        show_changes(c, m->change, m->own);
    }
    ll_say("everything\n");
    show_changes(c, c->change, ~c->opts.fit.fixed);
    ll_say("below each the change, other - baseline; behind an x, other / baseline\n");
    ll_say("a hypothesis is enough unless separate laws explain more than chance would (p at most %g); where "
           "nothing differs, a difference is called in %g %% of comparisons\n",
           c->opts.alarm, 100 * c->opts.alarm);
}

/* A gain held at an end is no number. Returns buf. */
static const char *times_of(double times, char buf[LL_SHOW_SIZE]) {
    const bool most = times > LL_GAIN_MOST / 1.0001, least = times < 1.0001 / LL_GAIN_MOST;
    if (!most && !least) return ll_show(times, 3, buf);
    snprintf(buf, LL_SHOW_SIZE, "%s%g", most ? ">" : "<", most ? LL_GAIN_MOST : 1 / LL_GAIN_MOST);
    return buf;
}

static void show_gain_point(const ll_gain_point *p) {
    char v[LL_SHOW_SIZE], lo[LL_SHOW_SIZE], hi[LL_SHOW_SIZE];
    ll_say("%-9.3g%c %7.4f %7.4f %+7.2f", p->x, p->inside ? ' ' : '*', p->loss[0], p->loss[1], p->percent.value);
    if (isfinite(p->percent.lo)) ll_say(" [%+6.2f, %+6.2f]", p->percent.lo, p->percent.hi);
    ll_say("  %6s", times_of(p->times.value, v));
    if (isfinite(p->times.lo)) ll_say(" [%s, %s]", times_of(p->times.lo, lo), times_of(p->times.hi, hi));
    ll_say("\n");
}

static void show_gain(const ll_comparison *c) {
    const bool intervals = isfinite(c->gain.point[0].percent.lo);
    bool beyond = false;
    ll_say("gain: %s that the baseline needs for the other's loss, over the other's, by the fitted laws alone; %g "
           "%% intervals\n",
           c->along, 100 * c->compare.opts.fit.level);
    ll_say("%-10s%8s %7s %7s%*s  %6s\n", c->along, "baseline", "other", "lower %", intervals ? 17 : 0, "", "times");
    for (int k = 0; k < LL_GAIN_POINTS; k += 4) {
        show_gain_point(&c->gain.point[k]);
        beyond = beyond || !c->gain.point[k].inside;
    }
    if (beyond) ll_say("* extrapolated beyond the runs\n");
}

static void show_settle(const ll_settle *s) {
    ll_say("to see a loss %g %% lower in %g %% of the cases where it is, called wrongly in %g %%: ", 100 * s->gain,
           100 * s->power, 100 * s->alarm);
    if (s->runs) ll_say("%lld runs of each at one scale", (long long)s->runs);
    else ll_say("more than a million runs of each at one scale");
    if (isfinite(s->designs) && s->designs <= 1) ll_say("; by the laws these tables are enough at %.3g", s->at);
    else if (isfinite(s->designs))
        ll_say("; by the laws %.3g times the runs of these tables at %.3g", s->designs, s->at);
    ll_say("\n(noise of one run %.3g %%, from %s)\n", 100 * s->noise_sd,
           s->replicated ? "runs that repeat a point" : "what the laws leave over, their misfit included");
}

void ll_show_comparison(const ll_comparison *c) {
    char text[256];
    const ll_compare *k = &c->compare;
    ll_say("%s: %s   (losses in %s)\n", k->law->name, k->law->form, c->unit);
    for (int g = 0; g < 2; g++)
        ll_say("%-9s %s: %lld runs, residual sd %.3g %%\n", g ? "other" : "baseline", c->name[g],
               (long long)k->fit[g].n, 100 * k->fit[g].residual_sd);
    if (k->paired) ll_say("the two share their points: resampled in pairs\n");
    ll_say("%s\n", ll_comparison_answer(c, text, sizeof text));
    show_models(k);
    if (*c->no_gain) ll_say("no gain: %s\n", c->no_gain);
    else show_gain(c);
    show_settle(&c->settle);
}
