#include "report/page/html_decision.h"

#include <math.h>
#include <string.h>

#include "loglog/units.h"
#include "report/escape.h"
#include "report/page/html_parts.h"

static void interval(FILE *out, const ll_forecast *f, const char *words, int lo, int hi, const bool *covered) {
    const double bits = ll_units_bits_per_byte(1, f->bytes_per_token), from = f->quantile[lo], to = f->quantile[hi];
    ll_html_row(out, words);
    ll_html_within(out, from, from, to);
    ll_html_within(out, to, from, to);
    ll_html_within(out, bits * from, bits * from, bits * to);
    ll_html_within(out, bits * to, bits * from, bits * to);
    ll_html_cell(out, !covered ? "" : *covered ? "yes" : "no");
    fputs("</tr>\n", out);
}

static void verdict(FILE *out, const ll_sealed *s) {
    const ll_forecast *f = &s->seal.forecast;
    const double *q = f->quantile, lo = q[LL_FORECAST_LO90], hi = q[LL_FORECAST_HI90];
    char v[3][LL_SHOW_SIZE];
    if (!s->came) {
        ll_html_tag(out, "p", "No outcome is sealed yet: there is nothing to score.");
        return;
    }
    fprintf(out, "<p class=\"verdict %s\"><strong>", s->score.covered90 ? "yes" : "no");
    fprintf(out, "Forecast: median %s, 90 %% interval %s to %s nats/token. What came: %.5g.</strong> ",
            ll_show_in(q[LL_FORECAST_MEDIAN], lo, hi, v[0]), ll_show_in(lo, lo, hi, v[1]),
            ll_show_in(hi, lo, hi, v[2]), s->score.outcome);
    fputs(s->score.covered90 ? "The 90 % interval covered it" : "The 90 % interval did not cover it", out);
    fprintf(out, ". It lies %+.2f %% from the median; %.3g %% of the forecast's weight lay below it.</p>\n",
            100 * (s->score.outcome / f->quantile[LL_FORECAST_MEDIAN] - 1), 100 * s->score.pit);
    if (s->score.covered99) return;
    fprintf(
        out,
        "<p class=\"verdict no\"><strong>Bend alarm: the outcome lies outside the 99 %% interval, %.4g to %.4g "
        "nats/token.</strong> The line that the forecast stood on does not reach this far: look for what changed "
        "between the fitted runs and this one before trusting it again.</p>\n",
        f->quantile[LL_FORECAST_LO99], f->quantile[LL_FORECAST_HI99]);
}

static void facts(FILE *out, const ll_sealed *s, const char *store) {
    const ll_forecast *f = &s->seal.forecast;
    ll_html_fold(out, "What was sealed, from what and how it scored");
    fputs("<dl>\n", out);
    ll_html_fact(out, "question", "%s", f->question);
    ll_html_fact(out, "run", "%s", f->run);
    ll_html_fact(out, "judged by", "%s", f->judged_by);
    ll_html_fact(out, "convention", "%s", f->convention);
    ll_html_fact(out, "from", "%s%s%s, %lld runs", f->law, *f->form ? ": " : "", f->form, (long long)f->n_fitted);
    if (isfinite(f->reach))
        ll_html_fact(out, "distance", "%.3g times the compute of the largest fitted run", f->reach);
    if (f->replicate)
        ll_html_fact(out, "replicate", "another run of this size was done: the scorecard leaves it out");
    ll_html_fact(out, "sealed", "%s, entry %lld", f->sealed, (long long)s->seal.seq);
    ll_html_fact(out, "ledger hash", "%s", s->seal.hash);
    ll_html_fact(out, "ledger hash of the score", "%s", s->seal.scored_hash);
    if (s->came) {
        ll_html_fact(out, "interval score", "%.4g (90 %%, of ln loss; smaller is better)", s->score.interval_score);
        ll_html_fact(out, "log score", "%.4g (minus the log density of ln loss; smaller is better)",
                     s->score.log_score);
    }
    if (isfinite(s->in_table))
        ll_html_fact(out, "table of runs", "says %.6g, and %.6g was sealed: one of the two was changed since",
                     s->in_table, s->score.outcome);
    ll_html_fact(out, "to see it again", "loglog forecast list --store %s", store);
    fputs("</dl>\n", out);
    ll_html_fold_end(out);
}

static void one(FILE *out, const ll_evidence *e, const ll_sealed *s) {
    const ll_forecast *f = &s->seal.forecast;
    ll_html_tag(out, "h4", s->run >= 0 ? e->runs[s->run].name : f->run);
    verdict(out, s);
    ll_html_table(out, "The sealed distribution",
                  "interval|#from;nats/token|#to;nats/token|#from;bits/byte|#to;bits/byte|covered");
    interval(out, f, "50 %", 4, 6, s->came ? &s->score.covered50 : NULL);
    interval(out, f, "90 %", 2, 8, s->came ? &s->score.covered90 : NULL);
    interval(out, f, "99 %", 0, 10, s->came ? &s->score.covered99 : NULL);
    ll_html_table_end(out);
    facts(out, s, e->store);
}

/* A run is named as the report names it, by its id without the ladder's. */
static const char *name_of(const ll_evidence *e, const char *id) {
    for (int64_t i = 0; i < e->n_runs; i++)
        if (strcmp(e->runs[i].id, id) == 0) return e->runs[i].name;
    return id;
}

static void said_of_scores(FILE *out, const ll_evidence *e) {
    if (e->n_said == 0) return;
    ll_html_table(out, "What laws said of scores, and what came",
                  "run|score|from|#median|#from;90 %|#to;90 %|#came|inside 90 %");
    for (int64_t k = 0; k < e->n_said; k++) {
        const ll_said *s = &e->said[k];
        const ll_prediction *p = &s->what;
        char from[256];
        snprintf(from, sizeof from, "%s, %lld runs", s->ground.law, (long long)s->ground.n_fitted);
        ll_html_row(out, name_of(e, s->run));
        ll_html_cell(out, s->ground.quantity);
        ll_html_cell(out, from);
        const double lo = ll_prediction_quantile(p, s->ln_scale, 0.05),
                     hi = ll_prediction_quantile(p, s->ln_scale, 0.95);
        ll_html_within(out, ll_prediction_quantile(p, s->ln_scale, 0.5), lo, hi);
        ll_html_within(out, lo, lo, hi);
        ll_html_within(out, hi, lo, hi);
        ll_html_fixed(out, p->judged ? p->score.outcome : NAN, 4);
        ll_html_cell(out, !p->judged           ? "open"
                          : !p->score.stated90 ? "not stated"
                          : p->score.covered90 ? "yes"
                                               : "no");
        fputs("</tr>\n", out);
    }
    ll_html_table_end(out);
}

void ll_html_forecasts(FILE *out, const ll_evidence *e) {
    static const char heading[] = "Forecast: what was sealed, and what came";
    if (!*e->broken && e->n_sealed + e->n_said == 0) {
        ll_html_empty(out, "forecast", 3, heading, "No forecast of these runs is sealed.");
        return;
    }
    ll_html_part(out, "forecast", heading);
    if (!ll_html_broken(out, e))
        ll_html_tag(
            out, "p",
            "A sealed forecast is an entry of the ledger, whose hashes chain: it was written before the run "
            "was trained and cannot be changed unnoticed.");
    for (int64_t k = 0; k < e->n_sealed; k++) one(out, e, &e->sealed[k]);
    if (!*e->broken) said_of_scores(out, e);
    fputs("</section>\n", out);
}
