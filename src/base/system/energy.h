/* Energy as the machine counts it (RAPL, through Linux's powercap). */
#ifndef LL_BASE_SYSTEM_ENERGY_H
#define LL_BASE_SYSTEM_ENERGY_H

/* Joules of all processor packages since an arbitrary start, NaN where the machine does not tell. The counters wrap
 * about once an hour under load: a later reading may be lower, and their difference then means nothing. */
double ll_energy_now(void);

#endif
