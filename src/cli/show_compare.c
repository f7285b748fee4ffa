#include "cli/show_compare.h"

#include "cli/print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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

static void show_changes(const ll_compare *c, const ll_estimate *change, uint32_t own) {
    for (int j = 0; j < c->law->n_params; j++) {
        if (!(own >> j & 1)) continue;
        const char *sign = ll_compare_part(c->law, j) == LL_OFFSET ? "x " : "";
        ll_say("   %s %s%.4g", c->law->params[j].name, sign, change[j].value);
        if (isfinite(change[j].lo)) ll_say(" [%.4g, %.4g]", change[j].lo, change[j].hi);
    }
    ll_say("\n");
}

static void show_models(const ll_compare *c) {
    ll_say("%-16s %-7s %-7s %s\n", "what differs", "p", "enough", "change: other - baseline, x: other / baseline");
    for (int h = 0; h < LL_HYPOTHESES; h++) {
        const ll_compare_model *m = &c->model[h];
        if (!m->there) continue;
        ll_say("%-16s %-7.3f %-7s", parts[h], m->p, m->enough ? "yes" : "no");
        show_changes(c, m->change, m->own);
    }
    ll_say("%-16s %-7s %-7s", "everything", "", "");
    show_changes(c, c->change, ~c->opts.fit.fixed);
    ll_say("a hypothesis is enough unless separate laws explain more than chance would (p at most %g); where "
           "nothing differs, a difference is called in %g %% of comparisons\n",
           c->opts.alarm, 100 * c->opts.alarm);
}

/* A gain held at an end is no number. */
static void show_times(double times) {
    char text[32];
    bool most = times > LL_GAIN_MOST / 1.0001, least = times < 1.0001 / LL_GAIN_MOST;
    snprintf(text, sizeof text, most ? ">%g" : least ? "<%g" : "%.3g", most ? LL_GAIN_MOST : least ? 1e-6 : times);
    ll_say(" %8s", text);
}

static void show_gain(const ll_comparison *c) {
    const double level = 100 * c->compare.opts.fit.level;
    ll_say("gain: %s that the baseline needs for the other's loss, over the other's; losses by the fitted laws "
           "alone; %g %% intervals\n",
           c->along, level);
    ll_say("%-10s %-9s %-9s %27s %30s\n", c->along, "baseline", "other", "loss lower by, %", "gain, times");
    for (int k = 0; k < LL_GAIN_POINTS; k += 4) {
        const ll_gain_point *p = &c->gain.point[k];
        ll_say("%-10.3g %-9.4f %-9.4f %+8.2f", p->x, p->loss[0], p->loss[1], p->percent.value);
        if (isfinite(p->percent.lo)) ll_say(" [%+7.2f, %+7.2f]", p->percent.lo, p->percent.hi);
        ll_say("    ");
        show_times(p->times.value);
        if (isfinite(p->times.lo)) {
            ll_say(" [");
            show_times(p->times.lo);
            ll_say(",");
            show_times(p->times.hi);
            ll_say("]");
        }
        ll_say("%s\n", p->inside ? "" : "  extrapolated");
    }
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
