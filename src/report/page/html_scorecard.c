/* The scorecard: how the forecasts of the whole ledger have held, and what so many of them can tell. */
#include "report/page/html_decision.h"

#include "report/page/html_figure.h"
#include "report/page/html_parts.h"
#include "stat/binomial.h"

enum { AT_90 = 1 };   /* of the calibration's levels */
enum { TELLING = 5 }; /* outcomes below which the shares are folded */

/* Against the promise of 90 %: the binomial interval of the share, and how often honest intervals do as badly. */
static void sentence(FILE *out, const ll_calibration *c) {
    const long long held = c->at[AT_90].covered, n = c->at[AT_90].n;
    const double promised = c->at[AT_90].level, lo = 100 * c->at[AT_90].lo, hi = 100 * c->at[AT_90].hi;
    const bool few = hi<100 * promised, many = lo> 100 * promised;
    fprintf(out, "<p class=\"verdict %s\"><strong>%lld of %lld outcomes lay inside their 90 %% interval: ",
            few ? "no" : "yes", held, n);
    if (few)
        fprintf(
            out,
            "fewer than promised.</strong> Intervals that truly hold 90 %% of the time do as badly or worse with "
            "probability %.2g; the share that these hold lies between %.0f and %.0f %%",
            ll_binomial_cdf(held, n, promised), lo, hi);
    else if (many)
        fprintf(
            out,
            "more than promised.</strong> The intervals are wider than they need to be: the share that they hold "
            "lies between %.0f and %.0f %%",
            lo, hi);
    else
        fprintf(
            out,
            "consistent with 90 %%.</strong> But %lld outcome%s cannot tell intervals that hold 90 %% of the time "
            "from intervals that hold %.0f %%",
            n, n == 1 ? "" : "s", lo);
    fputs(" (90 % binomial interval of the share).</p>\n", out);
}

static void shares(FILE *out, const ll_calibration *c) {
    ll_html_table(out, "How often the intervals held",
                  "interval|#outcomes inside|#of|#share;%|#from;%, 90 % binomial|#to;%, 90 % binomial");
    for (int k = 0; k < LL_CALIBRATION_LEVELS; k++) {
        char name[32];
        snprintf(name, sizeof name, "%g %%", 100 * c->at[k].level);
        ll_html_row(out, name);
        ll_html_fixed(out, (double)c->at[k].covered, 0);
        ll_html_fixed(out, (double)c->at[k].n, 0);
        ll_html_fixed(out, 100 * c->at[k].share, 1);
        ll_html_fixed(out, 100 * c->at[k].lo, 1);
        ll_html_fixed(out, 100 * c->at[k].hi, 1);
        fputs("</tr>\n", out);
    }
    ll_html_table_end(out);
}

static void facts(FILE *out, const ll_evidence *e, const ll_calibration *c) {
    fputs("<dl>\n", out);
    ll_html_fact(out, "mean interval score",
                 "%.4g (90 %%, of ln loss: the width, and 20 times any miss; smaller is better)",
                 c->interval_score);
    ll_html_fact(out, "mean log score", "%.4g (minus the log density of ln loss at the outcome; smaller is better)",
                 c->log_score);
    ll_html_fact(out, "scored",
                 "%lld forecasts of the ledger in %s, of every ladder; %lld more have no outcome yet",
                 (long long)e->n_scores, e->store, (long long)e->n_open);
    ll_html_fact(out, "to see it again", "loglog forecast score --store %s", e->store);
    fputs("</dl>\n", out);
}

static const char heading[] = "Scorecard: how the forecasts of this ledger have held";

static void nothing_yet(FILE *out, const ll_evidence *e) {
    char why[256];
    snprintf(why, sizeof why,
             "No forecast of this ledger has an outcome in it yet, and %lld wait%s for one. Until some do, nothing "
             "but the method speaks for its intervals.",
             (long long)e->n_open, e->n_open == 1 ? "s" : "");
    ll_html_empty(out, "scorecard", 3, heading, why);
}

ll_status ll_html_scorecard(FILE *out, const ll_evidence *e, char missing[LL_ERROR_MAX], ll_error *err) {
    ll_calibration c;
    ll_calibrate(&c, e->scores, e->n_scores);
    if (c.n == 0 && !*e->broken) {
        nothing_yet(out, e);
        return LL_OK;
    }
    ll_html_part(out, "scorecard", heading);
    if (!ll_html_broken(out, e)) {
        sentence(out, &c);
        if (c.n < TELLING) ll_html_fold(out, "So few outcomes tell little: their shares and figure");
        shares(out, &c);
        LL_TRY(ll_html_figure(out, ll_ladder_figure_find("calibration"), e, missing, err));
        if (c.n < TELLING) ll_html_fold_end(out);
        ll_html_fold(out, "How they scored, and the command that says so");
        facts(out, e, &c);
        ll_html_fold_end(out);
    }
    fputs("</section>\n", out);
    return LL_OK;
}
