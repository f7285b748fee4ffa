/* From a loss to a score and back, by a law of the score that was fitted to the loss (fit --law sigmoid --x LOSS).
 *
 *     ll_estimate loss;
 *     LL_TRY(ll_downstream_loss(&fit, 0.6, &loss, err));        the loss at which the score is 0.6, over the draws
 */
#ifndef LL_DECIDE_PLAN_DOWNSTREAM_H
#define LL_DECIDE_PLAN_DOWNSTREAM_H

#include "loglog/fit.h"

/* Both: fit is of one variable X, else LL_EINPUT. */

/* Looked for from half the least X that was fitted to twice the largest; draws that do not reach the score there
 * are left out. A score that the law itself does not reach there: LL_EINPUT. */
ll_status ll_downstream_loss(const ll_fit *fit, double score, ll_estimate *loss, ll_error *err);

/* The score at X. */
ll_status ll_downstream_score(const ll_fit *fit, double X, ll_estimate *score, ll_error *err);

#endif
