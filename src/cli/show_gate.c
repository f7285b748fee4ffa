#include "cli/show_gate.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "loglog/units.h"

int ll_show_gate_code(ll_gate_answer answer) {
    static const int codes[] = { LL_EXIT_DONE, LL_EXIT_REFUSED, LL_EXIT_UNKNOWN };
    return codes[answer];
}

static void print_finding(const ll_gate_finding *f) {
    char text[256];
    printf("\n%-11s  %s\n             %s\n", f->waived ? "waived" : ll_gate_answer_name(f->answer),
           ll_gate_finding_text(f, text, sizeof text), f->why);
}

void ll_show_gate(const ll_gate *g, const ll_policy *p, const ll_gate_case *c, const ll_waiver *waivers) {
    char text[LL_GATE_REASON], when[32];
    printf("%s: %s\n", ll_gate_answer_name(g->answer), ll_gate_reason(g, text, sizeof text));
    printf("policy %s (%.16s), asked %s%s%s\n", p->name, p->hash, ll_clock_iso(c->now, when, sizeof when),
           *c->ladder ? " of ladder " : "", c->ladder);
    for (int i = 0; i < g->n; i++) print_finding(&g->finding[i]);
    for (int i = 0; i < LL_WAIVER_MOST; i++)
        if (g->used[i])
            printf("\nwaiver of %s until %s: %s\n", waivers[i].name, waivers[i].expires, waivers[i].reason);
    for (int i = 0; i < g->n_refused; i++)
        printf("\nthe waiver of %s does not hold: %s\n", waivers[g->refused[i].waiver].name, g->refused[i].why);
}

static void print_level(const ll_policy_level *l) {
    printf("\n%s%s%s\n", l->name, *l->about ? ": " : "", l->about);
    for (int k = 0; k < l->n_lines; k++) {
        const ll_policy_line *at = &l->line[k];
        printf("  %s %s%s%s %s %.6g, with probability %g\n", k ? "  or" : "when", ll_quantity_name(at->of),
               *at->score ? " " : "", at->score, at->falling ? "is below" : "is at least", at->at, at->probability);
    }
    for (int k = 0; k < l->n_requires; k++)
        printf("  needs %s%s%s\n", l->requires[k].name, *l->requires[k].what ? ": " : "", l->requires[k].what);
    if (!l->n_requires) puts("  needs a waiver");
}

void ll_show_policy(const ll_policy *p) {
    char every[32];
    printf("%s\nhash %s\n", p->name, p->hash);
    if (*p->source) printf("source: %s\n", p->source);
    if (p->evaluate.needed)
        printf("an evaluation is due every %gx of effective compute and every %s\n", p->evaluate.every_compute,
               ll_units_show_seconds(p->evaluate.every, every, sizeof every));
    else puts("no evaluation is asked for");
    printf("lines of effective_flops warn from a factor of %g below\n", p->evaluate.buffer);
    if (p->sign.n) printf("a waiver needs %lld of these signers\n", (long long)p->sign.needed);
    else puts("no one can sign a waiver");
    for (int i = 0; i < p->sign.n; i++) printf("  %s %s\n", p->sign.by[i].key, p->sign.by[i].name);
    for (int i = 0; i < p->n_levels; i++) print_level(&p->level[i]);
}
