/* What a large run of a date was trained on: the device of its day, how well it was used, what an hour cost.
 *
 *     ll_rig rig = { .pue = 1.15 };
 *     ll_era_rig(2020.4, &rig);                                V100, 20 to 35 % of its peak
 *     ll_bill b = ll_rig_bill(&rig, 3.14e23);
 *
 * Devices enter when large runs of them appear; utilisation is what papers report (REFERENCE of each in era.c).
 * Before the first device its FLOPs for a dollar are taken back along the trend of price-performance.
 */
#ifndef LL_DECIDE_MONEY_ERA_H
#define LL_DECIDE_MONEY_ERA_H

#include "decide/money/hardware.h"

/* Fills device and utilisation; the other fields stay. year from 1950 on. */
void ll_era_rig(double year, ll_rig *rig);

#endif
