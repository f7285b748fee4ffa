#include "report/figures/figures_judge.h"

#include <math.h>
#include <stdio.h>

#include "stat/binomial.h"

static void draw_bins(ll_figure *f, const ll_classifier_report *r) {
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS,
                                   .label = "held-out texts, with 90 % intervals",
                                   .colour = LL_VERMILLION });
    for (int b = 0; b < LL_CLASSIFIER_BINS; b++) {
        const int64_t n = r->bin[b].n;
        double lo, hi;
        if (!n) continue;
        ll_binomial_interval(llround(r->bin[b].share * (double)n), n, 0.9, &lo, &hi);
        ll_figure_push(f, r->bin[b].said, r->bin[b].share, lo, hi);
        ll_figure_name(f, "%lld texts: says %.3f, comes true in %.3f [%.3f, %.3f]", (long long)n, r->bin[b].said,
                       r->bin[b].share, lo, hi);
    }
}

ll_status ll_figure_judge(ll_figure **out, const ll_classifier_report *r, ll_error *err) {
    char text[LL_FIGURE_TEXT];
    LL_TRY(ll_figure_new(out, "How often what the judge says comes true", err));
    ll_figure *f = *out;
    f->x = (ll_axis) { .label = "probability that the judge gives", .lo = 0, .hi = 1 };
    f->y = (ll_axis) { .label = "share that violates", .lo = 0, .hi = 1 };
    snprintf(text, sizeof text, "right in %.3f [%.3f, %.3f] of %lld held-out %s; off by %.3f on average",
             r->accuracy, r->lo, r->hi, (long long)r->judged, r->pairs ? "pairs" : "texts", r->calibration);
    ll_figure_note(f, NAN, 0, text);
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_LINE, .label = "as said", .dash = LL_DASHED });
    ll_figure_push(f, 0, 0, NAN, NAN);
    ll_figure_push(f, 1, 1, NAN, NAN);
    draw_bins(f, r);
    return LL_OK;
}
