/* A gate's answer and a policy on the terminal. */
#ifndef LL_CLI_DECIDE_SHOW_GATE_H
#define LL_CLI_DECIDE_SHOW_GATE_H

#include "decide/gate/gate.h"

void ll_show_gate(const ll_gate *g, const ll_policy *p, const ll_gate_case *c, const ll_waiver *waivers);
void ll_show_policy(const ll_policy *p);

int ll_show_gate_code(ll_gate_answer answer); /* 0, 3 or 4 */

#endif
