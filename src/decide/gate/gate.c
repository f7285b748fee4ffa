#include "decide/gate/gate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/system/clock.h"
#include "loglog/units.h"

/* ---- numbers ---- */

ll_gate_number ll_gate_counted(double v) {
    return (ll_gate_number) { true, v, v, v, 0 };
}

ll_gate_number ll_gate_estimate(double value, double lo, double hi, double level) {
    return (ll_gate_number) { true, value, lo, hi, (1 - level) / 2 };
}

static ll_gate_number estimate_of(const ll_list *v, double level) {
    if (v->n == 0) return (ll_gate_number) { 0 };
    if (v->n == 1) return ll_gate_estimate(v->v[0], NAN, NAN, level);
    if (v->n == 2) return ll_gate_estimate(0.5 * (v->v[0] + v->v[1]), v->v[0], v->v[1], level);
    return ll_gate_estimate(v->v[0], v->v[1], v->v[2], level);
}

/* Of two positive quantities; either may err, so the tails add up (Bonferroni). */
static ll_gate_number product(ll_gate_number a, ll_gate_number b) {
    return (ll_gate_number) { a.known && b.known, a.value * b.value, a.lo * b.lo, a.hi * b.hi, a.tail + b.tail };
}

static ll_gate_number effective(const ll_gate_case *c, ll_gate_number flops) {
    return c->effective.known ? c->effective : product(flops, c->gain);
}

static ll_gate_number bits_per_byte(const ll_gate_case *c) {
    ll_gate_number l = c->of[LL_OF_LOSS];
    l.known = l.known && c->bytes_per_token > 0;
    l.value = ll_units_bits_per_byte(l.value, c->bytes_per_token);
    l.lo = ll_units_bits_per_byte(l.lo, c->bytes_per_token);
    l.hi = ll_units_bits_per_byte(l.hi, c->bytes_per_token);
    return l;
}

ll_gate_case ll_gate_case_of(const ll_facts *f, double now) {
    ll_gate_case c = { .facts = f,
                       .gain = estimate_of(&f->gain, f->level),
                       .bytes_per_token = f->bytes_per_token,
                       .trained_flops = NAN,
                       .most_flops = NAN,
                       .evaluated = NAN,
                       .evaluated_flops = f->evaluated_flops,
                       .now = now,
                       .ladder = f->ladder };
    c.of[LL_OF_FLOPS] = f->flops.n == 1 ? ll_gate_counted(f->flops.v[0]) : estimate_of(&f->flops, f->level);
    c.of[LL_OF_LOSS] = estimate_of(&f->loss, f->level);
    c.of[LL_OF_FORECAST_LOSS] = estimate_of(&f->forecast_loss, f->level);
    for (int i = 0; i < f->n_scores; i++) c.score[i] = estimate_of(&f->score[i].v, f->level);
    if (*f->evaluated) ll_clock_parse(f->evaluated, &c.evaluated);
    return c;
}

const ll_gate_number *ll_gate_loss(const ll_gate_case *c) {
    return &c->of[c->of[LL_OF_LOSS].known ? LL_OF_LOSS : LL_OF_FORECAST_LOSS];
}

static ll_gate_number quantity(const ll_gate_case *c, const ll_policy_line *l) {
    if (l->of == LL_OF_EFFECTIVE) return effective(c, c->of[LL_OF_FLOPS]);
    if (l->of == LL_OF_BITS_PER_BYTE) return bits_per_byte(c);
    if (l->of != LL_OF_SCORE) return c->of[l->of];
    for (int i = 0; i < c->facts->n_scores; i++)
        if (strcmp(c->facts->score[i].name, l->score) == 0) return c->score[i];
    return (ll_gate_number) { 0 };
}

/* ---- one line ---- */

typedef enum side { CLEAR, REACHED, UNSURE, NEAR } side;

static side say(char *why, side s, const char *words) {
    snprintf(why, sizeof((ll_gate_finding *)0)->why, "%s", words);
    return s;
}

static side side_of(const ll_policy_line *l, const ll_gate_number *v, double buffer, char *why) {
    char text[128];
    if (!v->known) return say(why, UNSURE, "the evidence does not say");
    if (!(v->lo <= v->hi)) return say(why, UNSURE, "an estimate without an interval");
    if (1 - v->tail < l->probability - 1e-9) {
        snprintf(text, sizeof text, "the interval holds a side with probability %g, the line asks for %g",
                 1 - v->tail, l->probability);
        return say(why, UNSURE, text);
    }
    bool above = v->lo >= l->at, below = v->hi < l->at;
    if (!above && !below) return say(why, UNSURE, "the interval is across the line");
    if (above != l->falling) return say(why, REACHED, "the line is reached");
    if (l->falling || v->hi * buffer < l->at) return say(why, CLEAR, "the line is not reached");
    snprintf(text, sizeof text, "within the buffer of %gx before the line", buffer);
    return say(why, NEAR, text);
}

static void add(char *text, size_t size, const char *more) {
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s", more);
}

/* Is all in place that the level requires? Says so at the end of why. */
static bool allowed(const ll_policy_level *level, const ll_facts *facts, char *why, size_t size) {
    int missing = 0;
    for (int i = 0; i < level->n_requires; i++) {
        if (ll_facts_has(facts, level->requires[i].name)) continue;
        add(why, size, missing++ ? ", " : "; not in place: ");
        add(why, size, level->requires[i].name);
    }
    if (level->n_requires == 0) add(why, size, "; only a waiver allows it");
    else if (!missing) add(why, size, "; all that is required is in place");
    return level->n_requires > 0 && !missing;
}

static ll_gate_finding *new_finding(ll_gate *g, const char *level) {
    ll_gate_finding *f = &g->finding[g->n++];
    *f = (ll_gate_finding) { .value = NAN, .lo = NAN, .hi = NAN, .line = NAN };
    snprintf(f->level, sizeof f->level, "%s", level);
    return f;
}

/* Before a run nothing is measured yet, since its start its forecast is no news. */
static bool is_asked(const ll_policy_line *l, ll_gate_when when, char *why) {
    bool measured = l->of == LL_OF_LOSS || l->of == LL_OF_BITS_PER_BYTE, forecast = l->of == LL_OF_FORECAST_LOSS;
    if (when == LL_GATE_BEFORE && measured) say(why, CLEAR, "nothing is trained yet: asked while training");
    else if (when == LL_GATE_SINCE && forecast) say(why, CLEAR, "asked before training");
    else return true;
    return false;
}

static void judge_line(ll_gate *g, const ll_policy *p, const ll_policy_level *level, const ll_policy_line *l,
                       const ll_gate_case *c) {
    ll_gate_finding *f = new_finding(g, level->name);
    ll_gate_number v = quantity(c, l);
    snprintf(f->of, sizeof f->of, "%s%s%s", ll_quantity_name(l->of), *l->score ? " " : "", l->score);
    f->falling = l->falling;
    f->line = l->at;
    if (v.known) f->value = v.value, f->lo = v.lo, f->hi = v.hi;
    if (!is_asked(l, c->when, f->why)) return;
    double buffer = l->of == LL_OF_EFFECTIVE ? p->evaluate.buffer : 1;
    side s = side_of(l, &v, buffer, f->why);
    if (s == UNSURE) f->answer = LL_GATE_INVESTIGATE;
    if ((s == REACHED || s == NEAR) && !allowed(level, c->facts, f->why, sizeof f->why))
        f->answer = s == REACHED ? LL_GATE_FAIL : LL_GATE_INVESTIGATE;
}

/* ---- the cadence ---- */

static void judge_time(ll_gate *g, const ll_policy *p, const ll_gate_case *c) {
    ll_gate_finding *f = new_finding(g, LL_POLICY_EVALUATION);
    double day = 86400, age = c->now - c->evaluated;
    snprintf(f->of, sizeof f->of, "days since the evaluation");
    f->line = p->evaluate.every / day;
    f->value = f->lo = f->hi = age / day;
    f->answer = LL_GATE_INVESTIGATE;
    if (isnan(age)) snprintf(f->why, sizeof f->why, "the evidence dates no evaluation");
    else if (age < 0)
        snprintf(f->why, sizeof f->why, "the evaluation is dated after now: a wrong date, or a clock set back");
    else if (age > p->evaluate.every)
        snprintf(f->why, sizeof f->why, "the evaluation is %.0f days old, one is due every %g", age / day, f->line);
    else {
        snprintf(f->why, sizeof f->why, "evaluated %.0f days ago, due every %g", age / day, f->line);
        f->answer = LL_GATE_PASS;
    }
}

/* By how much the evaluation's compute is beyond all that the model will have: above the cadence's factor it is not
 * this model's. The compute that a loss stands for is the whole model's only where all of that is trained. */
static double beyond(const ll_gate_case *c) {
    const ll_gate_number all = isnan(c->most_flops) ? c->of[LL_OF_FLOPS] : ll_gate_counted(c->most_flops);
    const ll_gate_number whole = effective(c, all);
    if (!whole.known || (c->effective.known && c->trained_flops < all.value)) return 0;
    return c->evaluated_flops / (isnan(whole.hi) ? whole.value : whole.hi);
}

static void judge_growth(ll_gate *g, const ll_policy *p, const ll_gate_case *c) {
    ll_gate_finding *f = new_finding(g, LL_POLICY_EVALUATION);
    ll_gate_number flops = isnan(c->trained_flops) ? c->of[LL_OF_FLOPS] : ll_gate_counted(c->trained_flops);
    ll_gate_number now = c->trained_flops == 0 ? flops : effective(c, flops);
    snprintf(f->of, sizeof f->of, "effective compute over the evaluation's");
    f->line = p->evaluate.every_compute;
    f->answer = LL_GATE_INVESTIGATE;
    if (now.known && c->evaluated_flops > 0) {
        f->value = now.value / c->evaluated_flops;
        f->lo = now.lo / c->evaluated_flops, f->hi = now.hi / c->evaluated_flops;
    }
    if (!(c->evaluated_flops > 0)) snprintf(f->why, sizeof f->why, "the evidence does not say evaluated_flops");
    else if (!now.known) snprintf(f->why, sizeof f->why, "the evidence does not say the effective compute");
    else if (beyond(c) > f->line) {
        snprintf(f->why, sizeof f->why,
                 "the evaluation was made at %.3g times the model's effective compute: it is another model's, or "
                 "evaluated_flops is wrong",
                 beyond(c));
    } else if (!(f->hi < f->line)) {
        snprintf(f->why, sizeof f->why, "effective compute may have grown by %.3g since, one is due every %gx",
                 isnan(f->hi) ? f->value : f->hi, f->line);
    } else {
        snprintf(f->why, sizeof f->why, "%.3g times the evaluation's at most, due every %gx", f->hi, f->line);
        f->answer = LL_GATE_PASS;
    }
}

/* ---- the records ---- */

static void judge_records(ll_gate *g, const ll_gate_case *c) {
    ll_gate_finding *f = new_finding(g, "the ledger");
    snprintf(f->of, sizeof f->of, "chain");
    snprintf(f->why, sizeof f->why, "%s", c->doubt);
    f->answer = LL_GATE_INVESTIGATE;
}

/* ---- waivers ---- */

/* Waived when enough different signers cover the level with waivers that hold. */
static void waive(ll_gate *g, ll_gate_finding *f, const ll_policy *p, const ll_waiver *w, const bool *holds,
                  int n) {
    int signers = 0;
    for (int s = 0; s < p->sign.n; s++) {
        bool signs = false;
        for (int i = 0; i < n; i++)
            signs |= holds[i] && strcmp(w[i].key, p->sign.by[s].key) == 0 && ll_waiver_covers(&w[i], f->level);
        signers += signs;
    }
    f->waived = signers >= p->sign.needed;
    for (int i = 0; f->waived && i < n; i++) g->used[i] |= holds[i] && ll_waiver_covers(&w[i], f->level);
}

static void look_at_waivers(ll_gate *g, const ll_policy *p, const ll_gate_case *c, const ll_waiver *w, int n,
                            bool *holds) {
    for (int i = 0; i < n; i++) {
        char *why = g->refused[g->n_refused].why;
        holds[i] = ll_waiver_holds(&w[i], p, c->ladder, c->now, why, sizeof g->refused->why);
        if (!holds[i]) g->refused[g->n_refused++].waiver = i;
    }
}

/* ---- the whole ---- */

void ll_gate_ask(ll_gate *g, const ll_policy *p, const ll_gate_case *c, const ll_waiver *waivers, int n) {
    bool holds[LL_WAIVER_MOST] = { 0 };
    memset(g, 0, sizeof *g);
    for (int i = 0; i < p->n_levels; i++)
        for (int k = 0; k < p->level[i].n_lines; k++) judge_line(g, p, &p->level[i], &p->level[i].line[k], c);
    if (p->evaluate.needed) {
        judge_time(g, p, c);
        judge_growth(g, p, c);
    }
    if (*c->doubt) judge_records(g, c);
    look_at_waivers(g, p, c, waivers, n, holds);
    for (int i = 0; i < g->n; i++) {
        ll_gate_finding *f = &g->finding[i];
        if (f->answer != LL_GATE_PASS) waive(g, f, p, waivers, holds, n);
        if (f->waived || f->answer == LL_GATE_PASS || g->answer == LL_GATE_FAIL) continue;
        g->answer = f->answer;
    }
}
