#include "cli/show/show_compare_isoflop.h"

#include <math.h>
#include <stdio.h>

#include "cli/print.h"
#include "cli/show/show_fit.h"
#include "report/show.h"

const char *ll_isoflop_compare_answer(const ll_isoflop_compare *c, char *buf, size_t size) {
    char by[LL_SHOW_SIZE], lo[LL_SHOW_SIZE], hi[LL_SHOW_SIZE];
    const ll_estimate *d = &c->change;
    if (c->answer == LL_ANSWER_UNTESTED) {
        snprintf(buf, size,
                 "too few budgets with a bottom to test whether a differs: expected three in each table");
    } else if (c->answer == LL_ANSWER_SAME) {
        snprintf(buf, size, "no difference of a is seen (p %.3f): these budgets do not tell the two apart", c->p);
    } else {
        int n = snprintf(buf, size, "a differs (p %.3f): the other's is %s by %s", c->p,
                         d->value > 0 ? "larger" : "smaller", ll_show_in(fabs(d->value), d->lo, d->hi, by));
        const double ends[] = { d->value > 0 ? d->lo : -d->hi, d->value > 0 ? d->hi : -d->lo };
        if (isfinite(d->lo) && n >= 0 && (size_t)n < size)
            snprintf(buf + n, size - (size_t)n, ", %g %% [%s, %s]", 100 * c->fit[0].opts.level,
                     ll_show_in(ends[0], ends[0], ends[1], lo), ll_show_in(ends[1], ends[0], ends[1], hi));
    }
    return buf;
}

static void show_side(const ll_isoflop *f, const char *part, const char *name) {
    char text[LL_FIT_WARNING];
    ll_say("%-9s %s: %lld runs in %lld budgets, %lld with a bottom\n", part, name, (long long)f->n_used,
           (long long)f->n_budgets, (long long)f->n_bottoms);
    for (int k = 0; ll_isoflop_warning(f, k, text, sizeof text); k++) ll_say("  warning: %s\n", text);
    ll_show_estimate("a", &f->a, f->opts.level, "");
}

void ll_show_isoflop_compare(const ll_isoflop_compare *c, const char *const name[2], const char *unit) {
    char text[256];
    ll_say("isoflop: N_opt = G (C/6)^a   (losses in %s)\n", unit);
    for (int g = 0; g < 2; g++) show_side(&c->fit[g], g ? "other" : "baseline", name[g]);
    ll_say("%s\n", ll_isoflop_compare_answer(c, text, sizeof text));
    ll_show_estimate("change", &c->change, c->fit[0].opts.level, "of a: other - baseline");
    ll_say("where nothing differs, a difference is called in %g %% of comparisons\n", 100 * c->alarm);
    ll_say("floor, offset and gain do not apply: they are of a law's parameters, such as --law chinchilla\n");
}
