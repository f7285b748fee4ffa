/* The gate: what a policy says now, and what gates have said before. */
#include "report/page/html_decision.h"

#include <math.h>

#include "base/system/clock.h"
#include "report/escape.h"
#include "report/page/html_parts.h"

/* ---- now ---- */

static void verdict(FILE *out, const ll_report_gate *g) {
    static const char *const means[] = {
        "No line is reached without what its level requires, and nothing is missing: the policy lets training go "
        "on.",
        ("A line is reached and what its level requires is not in place: the policy does not let training go on, "
         "unless those it names sign a waiver."),
        "What is known does not settle it. That is not a pass: measure what is missing, or have a waiver signed.",
    };
    char text[LL_GATE_REASON], when[32];
    const ll_gate *a = g->answer;
    const int waived = a->answer == LL_GATE_PASS ? ll_gate_waived(a) : 0;
    fprintf(out, "<p class=\"verdict %s\"><strong>Policy ", a->answer == LL_GATE_PASS ? "yes" : "no");
    ll_escape_html(out, g->policy->name);
    fprintf(out, ": %s%s.</strong> ", ll_gate_answer_name(a->answer), waived ? " by waiver" : "");
    if (waived)
        fprintf(out,
                "By itself the policy does not let training go on: signed waivers let %d of its %d lines pass. ",
                waived, a->n);
    else fprintf(out, "%s ", means[a->answer]);
    if (a->answer != LL_GATE_PASS) {
        fputs("What decided: ", out);
        ll_escape_html(out, ll_gate_reason(a, text, sizeof text));
        fputs(". ", out);
    }
    fputs("Asked about ", out);
    ll_escape_html(out, g->about);
    fprintf(out, ", %s.</p>\n", ll_clock_iso(g->asked, when, sizeof when));
}

static void finding(FILE *out, const ll_gate_finding *f) {
    const ll_estimate value = { f->value, NAN, f->lo < f->hi ? f->lo : NAN, f->lo < f->hi ? f->hi : NAN };
    char line[64];
    snprintf(line, sizeof line, "%s %.4g", f->falling ? "below" : "at least", f->line);
    ll_html_row(out, f->level);
    ll_html_cell(out, f->of);
    ll_html_estimate(out, &value);
    ll_html_cell(out, isnan(f->line) ? "" : line);
    ll_html_cell(out, f->waived ? "waived" : ll_gate_answer_name(f->answer));
    ll_html_prose(out, f->why);
    fputs("</tr>\n", out);
}

static void waivers(FILE *out, const ll_report_gate *g) {
    const ll_gate *a = g->answer;
    for (int i = 0; i < LL_WAIVER_MOST; i++)
        if (a->used[i])
            ll_html_fact(out, "waiver", "%s, until %s: %s", g->waivers[i].name, g->waivers[i].expires,
                         g->waivers[i].reason);
    for (int i = 0; i < a->n_refused; i++)
        ll_html_fact(out, "waiver that does not hold", "%s: %s", g->waivers[a->refused[i].waiver].name,
                     a->refused[i].why);
}

static void now(FILE *out, const ll_report_gate *g) {
    verdict(out, g);
    ll_html_table(out, "Every line that was looked at", "level|quantity|#value;and its interval|line|answer|why");
    for (int i = 0; i < g->answer->n; i++) finding(out, &g->answer->finding[i]);
    ll_html_table_end(out);
    fputs("<dl>\n", out);
    waivers(out, g);
    ll_html_fact(out, "policy hash", "%s", g->policy->hash);
    ll_html_fact(out, "to ask again", "%s", g->command);
    fputs("</dl>\n", out);
}

/* ---- before ---- */

static void before(FILE *out, const ll_evidence *e) {
    ll_html_table(out, "What gates have left in the ledger", "entry|when|what|of|why");
    for (int64_t i = 0; i < e->n_verdicts; i++) {
        const ll_gate_record *v = &e->verdicts[i];
        char text[128];
        snprintf(text, sizeof text, "%lld", (long long)v->seq);
        ll_html_row(out, text);
        ll_html_cell(out, v->when);
        snprintf(text, sizeof text, v->waiver ? "waiver of %s" : "%s", v->says);
        ll_html_cell(out, text);
        ll_html_cell(out, v->about);
        ll_html_prose(out, v->why);
        fputs("</tr>\n", out);
    }
    ll_html_table_end(out);
}

void ll_html_gate(FILE *out, const ll_evidence *e, const ll_report_gate *gate) {
    static const char heading[] = "Gate: whether a policy lets it be spent";
    static const char none[] = "No policy was given: loglog report --policy POLICY.yaml asks one about the run "
                               "that is planned for, or the "
                               "largest, and shows its answer here.";
    static const char nothing_before[] = "The ledger holds no refusal of a gate and no waiver.";
    char both[sizeof none + sizeof nothing_before];
    if (!gate && !e->n_verdicts && !*e->broken) {
        snprintf(both, sizeof both, "%s %s", none, nothing_before);
        ll_html_empty(out, "gate", 3, heading, both);
        return;
    }
    ll_html_part(out, "gate", heading);
    if (gate) now(out, gate);
    else ll_html_tag(out, "p", none);
    if (e->n_verdicts) before(out, e);
    else if (!ll_html_broken(out, e))
        ll_html_tag(out, "p",
                    gate && ll_gate_waived(gate->answer)
                        ? "The ledger holds no refusal of a gate. The waivers above were given to this report; the "
                          "ledger holds none: loglog run --policy --waiver writes them there."
                        : nothing_before);
    fputs("</section>\n", out);
}
