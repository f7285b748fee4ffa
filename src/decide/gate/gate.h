/* The gate: a policy and what is known become pass, fail or investigate, with every line that was looked at.
 *
 *     ll_gate_case c = ll_gate_case_of(&facts, ll_clock_unix());
 *     ll_gate g;
 *     ll_gate_ask(&g, &policy, &c, waivers, n);
 *     use(g.answer, g.finding[i].why, g.finding[i].value);
 *
 * Never a pass: an interval across a line, an estimate without an interval, a quantity that a line asks for and the
 * evidence lacks, an evaluation that is missing, too long ago, too little compute ago, or dated in the future.
 * Nor is it one when the evaluation was made at far more compute than the model has, or the records that the case
 * stands on are in doubt, which no waiver mends. A reached line fails unless its level requires something and all
 * of that is in place. Pure: no clock, no file.
 */
#ifndef LL_DECIDE_GATE_GATE_H
#define LL_DECIDE_GATE_GATE_H

#include "decide/gate/facts.h"
#include "decide/gate/waiver.h"

typedef enum ll_gate_answer { LL_GATE_PASS = 0, LL_GATE_FAIL, LL_GATE_INVESTIGATE } ll_gate_answer;
const char *ll_gate_answer_name(ll_gate_answer answer);

/* A quantity: tail is the probability that it lies beyond one end of lo..hi. Counted: lo = hi and tail 0. */
typedef struct ll_gate_number {
    bool known;
    double value, lo, hi; /* lo, hi NaN: an estimate without an interval */
    double tail;
} ll_gate_number;
ll_gate_number ll_gate_counted(double v);
ll_gate_number ll_gate_estimate(double value, double lo, double hi, double level);

/* Of a run: before, nothing is there that could be measured; since its start, its forecast has been asked about. */
typedef enum ll_gate_when { LL_GATE_WHOLE = 0, LL_GATE_BEFORE, LL_GATE_SINCE } ll_gate_when;

typedef struct ll_gate_case {
    const ll_facts *facts;                /* borrowed: names of scores, and what is in place */
    ll_gate_number of[LL_OF_SCORE], gain; /* effective_flops and bits_per_byte are made of the others */
    ll_gate_number score[LL_FACTS_MOST];  /* of the facts' scores, in their order */
    ll_gate_number effective;             /* where known (effective.h), it stands for flops times gain */
    double bytes_per_token;               /* 0: unknown */
    double trained_flops;                 /* that the model has seen by now; NaN: as of[LL_OF_FLOPS] */
    ll_gate_when when;
    double evaluated, evaluated_flops; /* since 1970; NaN and 0: never */
    double now;                        /* since 1970 */
    double most_flops;                 /* of the model, or the largest of the ladder; NaN: as of[LL_OF_FLOPS] */
    const char *ladder;                /* id, or "" */
    char doubt[256];                   /* why the records it stands on cannot be believed, or "" */
} ll_gate_case;
ll_gate_case ll_gate_case_of(const ll_facts *facts, double now);

/* The loss that effective compute is read from: as measured, else as forecast. Borrowed. */
const ll_gate_number *ll_gate_loss(const ll_gate_case *c);

/* Room for every reason: with the names of as many measures as a level may require, and the finding before it. */
enum { LL_GATE_WHY = 128 + LL_POLICY_MOST * (LL_OPTION_NAME + 2), LL_GATE_REASON = LL_GATE_WHY + 256 };

typedef struct ll_gate_finding {
    char level[LL_OPTION_NAME]; /* or "evaluation"; "the ledger" is no level that a waiver can name */
    char of[64];                /* the quantity */
    bool falling;               /* the line is reached below it */
    double value, lo, hi, line; /* NaN where there is none */
    ll_gate_answer answer;
    bool waived;
    char why[LL_GATE_WHY];
} ll_gate_finding;

enum { LL_GATE_MOST = LL_POLICY_MOST * LL_POLICY_MOST + 3 };

typedef struct ll_gate {
    ll_gate_answer answer; /* fail before investigate; what is waived does not count */
    int n, n_refused;
    ll_gate_finding finding[LL_GATE_MOST];
    bool used[LL_WAIVER_MOST]; /* which waivers let something through */
    struct {
        int waiver;
        char why[160];
    } refused[LL_WAIVER_MOST]; /* waivers that do not hold, and why */
} ll_gate;

void ll_gate_ask(ll_gate *out, const ll_policy *p, const ll_gate_case *c, const ll_waiver *waivers, int n_waivers);

/* How many findings a waiver lets through. */
int ll_gate_waived(const ll_gate *g);

/* What was looked at: "level-3: score autonomy 0.7 [0.6, 0.8], line at least 0.5". Returns buf. */
const char *ll_gate_finding_text(const ll_gate_finding *f, char *buf, size_t size);

/* The first finding that decided, as one line: its text, a colon and why. Returns buf. */
const char *ll_gate_reason(const ll_gate *g, char *buf, size_t size);

/* loglog.gate/1 */
ll_json *ll_gate_json(const ll_gate *g, const ll_policy *p, const ll_gate_case *c, const ll_waiver *waivers, int n);

#endif
