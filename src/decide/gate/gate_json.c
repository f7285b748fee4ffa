#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/system/clock.h"
#include "decide/gate/gate.h"

const char *ll_gate_answer_name(ll_gate_answer answer) {
    static const char *const names[] = { "pass", "fail", "investigate" };
    return names[answer];
}

/* ---- in words ---- */

const char *ll_gate_finding_text(const ll_gate_finding *f, char *buf, size_t size) {
    char value[32] = "", interval[64] = "";
    if (!isnan(f->value)) snprintf(value, sizeof value, " %.4g", f->value);
    if (f->lo < f->hi) snprintf(interval, sizeof interval, " [%.4g, %.4g]", f->lo, f->hi);
    snprintf(buf, size, "%s: %s%s%s", f->level, f->of, value, interval);
    size_t used = strlen(buf);
    if (!isnan(f->line))
        snprintf(buf + used, size - used, ", line %s %.4g", f->falling ? "below" : "at least", f->line);
    return buf;
}

int ll_gate_waived(const ll_gate *g) {
    int n = 0;
    for (int i = 0; i < g->n; i++) n += g->finding[i].waived;
    return n;
}

const char *ll_gate_reason(const ll_gate *g, char *buf, size_t size) {
    char text[256];
    snprintf(buf, size, "nothing stands in the way");
    for (int i = 0; i < g->n; i++) {
        const ll_gate_finding *f = &g->finding[i];
        if (f->answer == LL_GATE_PASS || (f->waived ? LL_GATE_PASS : f->answer) != g->answer) continue;
        snprintf(buf, size, "%s: %s%s", ll_gate_finding_text(f, text, sizeof text), f->why,
                 f->waived ? "; waived" : "");
        break;
    }
    return buf;
}

/* ---- as JSON ---- */

static ll_json *finding_json(const ll_gate_finding *f) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "level", f->level);
    ll_json_set_str(o, "of", f->of);
    ll_json_set_num(o, "value", f->value);
    ll_json_set(o, "ci", ll_json_interval(!isnan(f->lo), f->lo, f->hi));
    ll_json_set_str(o, "reached", f->falling ? "below" : "at_least");
    ll_json_set_num(o, "line", f->line);
    ll_json_set_str(o, "answer", ll_gate_answer_name(f->answer));
    ll_json_set_bool(o, "waived", f->waived);
    ll_json_set_str(o, "why", f->why);
    return o;
}

static ll_json *waiver_json(const ll_gate *g, const ll_waiver *w, int i) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "name", w[i].name);
    ll_json_set_str(o, "reason", w[i].reason);
    ll_json_set_str(o, "waives", w[i].waives);
    ll_json_set_str(o, "expires", w[i].expires);
    ll_json_set_bool(o, "used", g->used[i]);
    const char *why = NULL;
    for (int k = 0; k < g->n_refused; k++)
        if (g->refused[k].waiver == i) why = g->refused[k].why;
    ll_json_set(o, "refused", why ? ll_json_str(why) : ll_json_num(NAN));
    return o;
}

ll_json *ll_gate_json(const ll_gate *g, const ll_policy *p, const ll_gate_case *c, const ll_waiver *waivers,
                      int n) {
    char text[LL_GATE_REASON];
    ll_json *o = ll_json_object(), *findings = ll_json_array(), *list = ll_json_array();
    ll_json_set_str(o, "schema", "loglog.gate/1");
    ll_json_set_str(o, "verdict", ll_gate_answer_name(g->answer));
    ll_json_set_str(o, "reason", ll_gate_reason(g, text, sizeof text));
    ll_json_set_str(o, "policy", p->name);
    ll_json_set_str(o, "policy_hash", p->hash);
    ll_json_set_str(o, "ladder", c->ladder);
    ll_json_set_str(o, "asked", ll_clock_iso(c->now, text, sizeof text));
    for (int i = 0; i < g->n; i++) ll_json_push(findings, finding_json(&g->finding[i]));
    ll_json_set(o, "findings", findings);
    for (int i = 0; i < n; i++) ll_json_push(list, waiver_json(g, waivers, i));
    ll_json_set(o, "waivers", list);
    return o;
}
