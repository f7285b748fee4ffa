#include "cli/decide/show_gate.h"

#include <stdio.h>

#include "base/system/clock.h"
#include "cli/cli.h"
#include "loglog/units.h"

int ll_show_gate_code(ll_gate_answer answer) {
    static const int codes[] = { LL_EXIT_DONE, LL_EXIT_REFUSED, LL_EXIT_UNKNOWN };
    return codes[answer];
}

static void print_finding(const ll_gate_finding *f) {
    char text[256];
    ll_say("\n%-11s  %s\n             %s\n", f->waived ? "waived" : ll_gate_answer_name(f->answer),
           ll_gate_finding_text(f, text, sizeof text), f->why);
}

void ll_show_gate(const ll_gate *g, const ll_policy *p, const ll_gate_case *c, const ll_waiver *waivers) {
    char text[LL_GATE_REASON], when[32];
    ll_say("%s: %s\n", ll_gate_answer_name(g->answer), ll_gate_reason(g, text, sizeof text));
    ll_say("policy %s (%.16s), asked %s%s%s\n", p->name, p->hash, ll_clock_iso(c->now, when, sizeof when),
           *c->ladder ? " of ladder " : "", c->ladder);
    for (int i = 0; i < g->n; i++) print_finding(&g->finding[i]);
    for (int i = 0; i < LL_WAIVER_MOST; i++)
        if (g->used[i])
            ll_say("\nwaiver of %s until %s: %s\n", waivers[i].name, waivers[i].expires, waivers[i].reason);
    for (int i = 0; i < g->n_refused; i++)
        ll_say("\nthe waiver of %s does not hold: %s\n", waivers[g->refused[i].waiver].name, g->refused[i].why);
}

static void print_level(const ll_policy_level *l) {
    ll_say("\n%s%s%s\n", l->name, *l->about ? ": " : "", l->about);
    for (int k = 0; k < l->n_lines; k++) {
        const ll_policy_line *at = &l->line[k];
        ll_say("  %s %s%s%s %s %.6g, with probability %g\n", k ? "  or" : "when", ll_quantity_name(at->of),
               *at->score ? " " : "", at->score, at->falling ? "is below" : "is at least", at->at, at->probability);
    }
    for (int k = 0; k < l->n_requires; k++)
        ll_say("  needs %s%s%s\n", l->requires[k].name, *l->requires[k].what ? ": " : "", l->requires[k].what);
    if (!l->n_requires) ll_say("  needs a waiver\n");
}

void ll_show_policy(const ll_policy *p) {
    char every[32];
    ll_say("%s\nhash %s\n", p->name, p->hash);
    if (*p->source) ll_say("source: %s\n", p->source);
    if (p->evaluate.needed)
        ll_say("an evaluation is due every %gx of effective compute and every %s\n", p->evaluate.every_compute,
               ll_units_show_seconds(p->evaluate.every, every, sizeof every));
    else ll_say("no evaluation is asked for\n");
    ll_say("lines of effective_flops warn from a factor of %g below\n", p->evaluate.buffer);
    if (p->sign.n) ll_say("a waiver needs %lld of these signers\n", (long long)p->sign.needed);
    else ll_say("no one can sign a waiver\n");
    for (int i = 0; i < p->sign.n; i++) ll_say("  %s %s\n", p->sign.by[i].key, p->sign.by[i].name);
    for (int i = 0; i < p->n_levels; i++) print_level(&p->level[i]);
}
