/* Machine: what the hardware can do at best, measured, to hold everything else against.
 *
 *     ll_machine_flops(kernels, 2)        multiply-adds on registers, FLOPs per second of two threads together
 *     ll_machine_bandwidth(2)             reading memory, bytes per second of two threads together
 *
 * Each takes a fifth of a second and keeps the best stretch of every thread. 0 when out of memory.
 */
#ifndef LL_TRAIN_MACHINE_H
#define LL_TRAIN_MACHINE_H

#include "tensor/kernels.h"

double ll_machine_flops(const ll_kernels *kernels, int threads);
double ll_machine_bandwidth(int threads);

#endif
