/* Columns that follow from others, for the where of a fit or a panel: a programme's tokens are scaled to the time that
 * there is, and so its rows are chosen by shares and not by numbers.
 *
 *     params_share, tokens_share, unique_share    of the largest in the same arm, above 0 to 1
 *     loss_ratio                                  over the lowest loss in the same arm, from 1
 *     frontier                                    1 where no row of at most as many FLOPs has a lower loss, else 0
 */
#ifndef LL_SWEEP_PROGRAMME_DERIVE_H
#define LL_SWEEP_PROGRAMME_DERIVE_H

#include "sweep/programme/frame.h"

/* Those whose own columns are there. */
ll_status ll_frame_derive(ll_frame *f, ll_error *err);

#endif
