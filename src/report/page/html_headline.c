/* The top of the report: what it is, and behind the figure of the laws what came out, in four numbers and in words. */
#include <math.h>
#include <string.h>

#include "report/page/html_sections.h"

#include "loglog/units.h"
#include "report/escape.h"
#include "report/page/html_decision.h"
#include "report/page/html_parts.h"

static void what(FILE *out, const ll_evidence *e) {
    double c_lo, c_hi, n_lo = INFINITY, n_hi = -INFINITY;
    char a[64], b[64];
    const int64_t done = e->n_done;
    const ll_fit_data *all = &e->study.data; /* where not every run is shown */
    for (int64_t i = 0; e->n_runs < e->n_all && all->x[LL_VAR_N] && i < all->n; i++) {
        n_lo = fmin(n_lo, all->x[LL_VAR_N][i]);
        n_hi = fmax(n_hi, all->x[LL_VAR_N][i]);
    }
    for (int64_t i = 0; i < e->n_runs; i++) {
        if (!ll_evidence_done(&e->runs[i])) continue;
        n_lo = fmin(n_lo, ll_evidence_n(e, &e->runs[i]));
        n_hi = fmax(n_hi, ll_evidence_n(e, &e->runs[i]));
    }
    if (done == 0) {
        fprintf(out, "There are %lld runs and none of them is done. ", (long long)e->n_all);
        return;
    }
    if (done < e->n_all) fprintf(out, "%lld of %lld runs are done", (long long)done, (long long)e->n_all);
    else fprintf(out, "%lld run%s", (long long)done, done == 1 ? "" : "s");
    if (n_lo <= n_hi)
        fprintf(out, ", %s to %s %s", ll_units_show(n_lo, a, sizeof a), ll_units_show(n_hi, b, sizeof b),
                ll_evidence_n_words(e));
    if (ll_evidence_span(e, &c_lo, &c_hi))
        fprintf(out, ", over %.2g decades of training compute", log10(c_hi / c_lo));
    fputs(". ", out);
}

/* Of a law that has one. */
static void floor_of(FILE *out, const ll_evidence *e) {
    const ll_fit *s = &e->study.fit;
    const ll_estimate *E = &s->params[0];
    const bool loose = s->weak & 1;
    char v[3][LL_SHOW_SIZE];
    if (strcmp(s->law->params[0].name, "E") != 0) return;
    fprintf(out,
            loose ? "They do not fix the floor of the loss, %s (%g %% interval %s to %s) nats/token"
                  : "By the law their losses fall towards a floor of %s (%g %% interval %s to %s) nats/token",
            ll_html_show(E, E->value, v[0]), 100 * s->opts.level, ll_html_show(E, E->lo, v[1]),
            ll_html_show(E, E->hi, v[2]));
    if (e->bytes_per_token > 0 && !loose)
        fprintf(out, ", %.3g bits/byte", ll_units_bits_per_byte(E->value, e->bytes_per_token));
    fputs(". ", out);
}

static void law(FILE *out, const ll_evidence *e) {
    const ll_fit *s = &e->study.fit;
    const ll_estimate *a = &e->frontier.a;
    char v[3][LL_SHOW_SIZE];
    if (!s->law) {
        fputs("They carry no surface L(N, D): ", out);
        ll_escape_html(out, ll_evidence_no_surface(e));
        fputs(". ", out);
        return;
    }
    floor_of(out, e);
    if (isfinite(e->frontier.a.value))
        fprintf(out, "The best size for a budget grows as C to the power %s (%s to %s). ",
                ll_html_show(a, a->value, v[0]), ll_html_show(a, a->lo, v[1]), ll_html_show(a, a->hi, v[2]));
}

/* The first plan: before everything where the reader asked for it. */
static void plan(FILE *out, const ll_evidence *e) {
    if (e->n_plans == 0) return;
    fputs("<strong>", out);
    ll_html_plan_words(out, &e->plan[0], &e->question[0]);
    fputs("</strong> ", out);
    ll_html_plan_departure(out, &e->plan[0]);
}

/* The newest that came; while none has, the newest. */
static const ll_sealed *most_telling(const ll_evidence *e) {
    for (int64_t i = e->n_sealed - 1; i >= 0; i--)
        if (e->sealed[i].came) return &e->sealed[i];
    return e->n_sealed ? &e->sealed[e->n_sealed - 1] : NULL;
}

static void forecast(FILE *out, const ll_evidence *e) {
    const ll_sealed *s = most_telling(e);
    if (!s) {
        fputs(*e->broken ? "The ledger cannot be believed." : "No forecast of them is sealed.", out);
        return;
    }
    const double *q = s->seal.forecast.quantile;
    char v[2][LL_SHOW_SIZE];
    fputs("For ", out);
    ll_escape_html(out, s->run >= 0 ? e->runs[s->run].name : s->seal.forecast.run);
    if (isfinite(s->seal.forecast.reach))
        fprintf(out, ", %.3g times the largest compute fitted", s->seal.forecast.reach);
    fprintf(out, ", %s to %s was forecast and sealed before it was trained", ll_show_in(q[2], q[2], q[8], v[0]),
            ll_show_in(q[8], q[2], q[8], v[1]));
    if (!s->came) fputs("; its outcome is not sealed yet.", out);
    else
        fprintf(out, "; <strong>%.5g came: the 90 %% interval %s it</strong>.", s->score.outcome,
                s->score.covered90 ? "covered" : "did not cover");
}

static void whose(FILE *out, const ll_evidence *e) {
    const char *slash = strrchr(e->study.source, '/');
    if (*e->ladder.id) {
        fputs("A ladder of models, its scaling laws and its forecast", out);
        return;
    }
    fputs(e->study.of_fit ? "The runs of a saved fit, " : "The runs of ", out);
    ll_escape_html(out, slash ? slash + 1 : *e->study.source ? e->study.source : e->store);
    fputs(", their scaling laws and their forecast", out);
}

void ll_html_headline(FILE *out, const ll_evidence *e) {
    fputs("<header>\n<h1>", out);
    ll_escape_html(out, e->title);
    fputs("</h1>\n<p class=\"sub\">", out);
    whose(out, e);
    if (*e->ladder.created) {
        fputs("; made ", out);
        ll_escape_html(out, e->ladder.created);
    }
    fputs("</p>\n"
          "<nav aria-label=\"sections\"><ul><li><a href=\"#answer\">answer</a></li>"
          "<li><a href=\"#decision\">decision</a></li><li><a href=\"#laws\">laws</a></li>"
          "<li><a href=\"#optimum\">optimum</a></li><li><a href=\"#figures\">figures</a></li>"
          "<li><a href=\"#diagnostics\">diagnostics</a></li><li><a href=\"#runs\">all runs</a></li>"
          "<li><a href=\"#provenance\">provenance</a></li></ul></nav>\n</header>\n",
          out);
}

/* ---- four numbers ---- */

/* The value large, and below it what it lies between. big: counts such as 1.2T. */
static void tile(FILE *out, const char *name, const ll_estimate *e, bool big, const char *note) {
    char v[3][LL_SHOW_SIZE];
    const double of[] = { e->value, e->lo, e->hi };
    if (!isfinite(e->value)) return;
    for (int k = 0; k < 3; k++)
        if (big) ll_units_show(of[k], v[k], sizeof v[k]);
        else ll_html_show(e, of[k], v[k]);
    fputs("<div><dt>", out);
    ll_escape_html(out, name);
    fprintf(out, "</dt><dd><b title=\"%.17g\">%s</b>", e->value, v[0]);
    if (isfinite(e->lo) && isfinite(e->hi)) fprintf(out, "<small>%s to %s</small>", v[1], v[2]);
    fputs("<small>", out);
    ll_escape_html(out, note);
    fputs("</small></dd></div>\n", out);
}

static void tiles(FILE *out, const ll_evidence *e) {
    char name[192];
    fputs("<dl class=\"tiles\">\n", out);
    if (e->n_plans) {
        const ll_plan *p = &e->plan[0];
        const char *words = e->question[0].words;
        snprintf(name, sizeof name, "loss with %s", words);
        tile(out, name, &p->loss, false, "nats/token, forecast");
        snprintf(name, sizeof name, "parameters with %s", words);
        tile(out, name, &p->params, true, "of lowest loss");
        snprintf(name, sizeof name, "tokens with %s", words);
        tile(out, name, &p->tokens, true, "of lowest loss");
    }
    if (e->study.fit.law) {
        tile(out, "the best size grows as C to the power", &e->frontier.a, false, "of the law's runs");
        if (strcmp(e->study.fit.law->params[0].name, "E") == 0)
            tile(out, "floor of the loss", &e->study.fit.params[0], false,
                 e->study.fit.weak & 1 ? "nats/token, hardly fixed" : "nats/token");
    }
    fputs("</dl>\n", out);
}

void ll_html_answer(FILE *out, const ll_evidence *e) {
    ll_html_section(out, "answer", "The answer");
    if (e->n_plans || e->study.fit.law) tiles(out, e);
    fputs("<p class=\"lead\">", out);
    if (e->asked) plan(out, e);
    what(out, e);
    law(out, e);
    if (!e->asked) plan(out, e);
    forecast(out, e);
    fputs("</p>\n</section>\n", out);
}
