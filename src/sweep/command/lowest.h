/* The lowest loss of a run whose steps may go back: what was told of a step and of later ones is void then.
 *
 *     ll_lowest_take(&lowest, step, loss);
 *     result.best_loss = ll_lowest_loss(&lowest);
 */
#ifndef LL_SWEEP_COMMAND_LOWEST_H
#define LL_SWEEP_COMMAND_LOWEST_H

#include <stdint.h>

enum { LL_LOWEST_KEPT = 1024 };

/* Each loss that was the lowest when it came, by its step. Where they are more than there is room for, every second one
 * of the earlier ones is forgotten: after going back the lowest loss may then be one that is known a little before. */
typedef struct ll_lowest {
    int n;
    int64_t step[LL_LOWEST_KEPT];
    double loss[LL_LOWEST_KEPT];
} ll_lowest;

void ll_lowest_take(ll_lowest *l, int64_t step, double loss);
double ll_lowest_loss(const ll_lowest *l);  /* infinity: of none */
int64_t ll_lowest_step(const ll_lowest *l); /* 0: of none */

#endif
