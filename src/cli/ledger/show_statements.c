#include "cli/ledger/show_statements.h"

#include "cli/print.h"

#include <math.h>
#include <stdio.h>

static void print_one(const ll_prediction *p) {
    ll_say("%-5s %.100s", !p->judged ? "open" : p->held ? "true" : "false", p->question);
    if (!isnan(p->probability)) ll_say(" (probability %.3g)", p->probability);
    ll_say("\n");
}

void ll_show_statements(const ll_predictions *p) {
    const ll_tally t = ll_predictions_tally(p);
    const long long judged = t.held + t.failed, scored = t.scored;
    if (judged + t.open == 0) return;
    for (int64_t i = 0; i < p->n; i++)
        if (p->at[i].n == 0) print_one(&p->at[i]);
    ll_say("%lld of %lld judged statements came true, %lld open\n", (long long)t.held, judged, (long long)t.open);
    if (judged == 0) return;
    if (scored == 0) ll_say("none of them named a probability: they are right or wrong, and have no score\n");
    else
        ll_say("mean Brier score %.4f (0.25 is a coin's), mean log score %+.3f, over the %lld that named a "
               "probability (smaller is better)\n",
               t.brier, t.log_score, scored);
}

static ll_json *one_json(const ll_prediction *p) {
    const bool scored = p->judged && !isnan(p->probability);
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "question", p->question);
    ll_json_set_num(o, "probability", p->probability);
    if (p->judged) ll_json_set_bool(o, "outcome", p->held);
    else ll_json_set_num(o, "outcome", NAN);
    ll_json_set_num(o, "brier", scored ? ll_prediction_brier(p) : NAN);
    ll_json_set_num(o, "log_score", scored ? ll_prediction_log_score(p) : NAN);
    return o;
}

ll_json *ll_statements_json(const ll_predictions *p) {
    const ll_tally t = ll_predictions_tally(p);
    ll_json *o = ll_json_object(), *list = ll_json_array();
    ll_json_set_int(o, "true", t.held);
    ll_json_set_int(o, "false", t.failed);
    ll_json_set_int(o, "open", t.open);
    ll_json_set_int(o, "scored", t.scored);
    ll_json_set_num(o, "brier", t.brier);
    ll_json_set_num(o, "log_score", t.log_score);
    for (int64_t i = 0; i < p->n; i++)
        if (p->at[i].n == 0) ll_json_push(list, one_json(&p->at[i]));
    ll_json_set(o, "list", list);
    return o;
}
