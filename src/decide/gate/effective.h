/* Effective compute by a loss: what the reference recipe, whose law was fitted, would have to spend to reach it
 * (the C that solves L(C) = loss on the law's compute-optimal frontier).
 *
 *     LL_TRY(ll_effective_of(&c.effective, &saved.fit, &c.of[LL_OF_LOSS], err));
 */
#ifndef LL_DECIDE_GATE_EFFECTIVE_H
#define LL_DECIDE_GATE_EFFECTIVE_H

#include "decide/gate/gate.h"
#include "loglog/fit.h"

/* FLOPs as 6 N D. The bounds are those of the law's draws at the ends of the loss's interval, so that their tails
 * add up; an unknown loss or one without an interval, and a fit without draws, give no more than that. A loss below
 * the floor has no end (LL_PLAN_MOST). LL_EINPUT when the law is none of N and D. */
ll_status ll_effective_of(ll_gate_number *out, const ll_fit *fit, const ll_gate_number *loss, ll_error *err);

/* Reads the saved fit at path and does the same; its losses must be nats per token. */
ll_status ll_effective_from(ll_gate_number *out, const char *path, const ll_gate_number *loss, ll_error *err);

#endif
