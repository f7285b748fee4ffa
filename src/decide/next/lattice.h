/* Where runs may lie: a lattice of budgets and sizes for the choice of the next ones (next.h), and the uniform
 * isoFLOP grid that it is held against. */
#ifndef LL_DECIDE_NEXT_LATTICE_H
#define LL_DECIDE_NEXT_LATTICE_H

#include "decide/next/what_if.h"

enum { LL_NEXT_RUNS = 48, LL_NEXT_SIZES = 512, LL_NEXT_PACES = 16 };

typedef struct ll_next_pace {
    double N, tokens_per_s; /* between two sizes by a power law, beyond the last in proportion to 1/N */
} ll_next_pace;

typedef struct ll_next_ask {
    double flops;          /* of the target; its N and D are where the forecast at that budget is lowest */
    double params, tokens; /* of the target; instead of flops */
    double budget;         /* for all runs together: FLOPs, or seconds where there are paces */
    int runs;              /* at most; 16 */
    double share;          /* largest run's compute over the target's; 0.1 */
    double ratio;          /* tokens per parameter where flops leaves it open and no run has told yet; 20 */
    double spread;         /* tokens per parameter of a run: at most this factor off the target's; 16 */
    const double *sizes;   /* [n_sizes] the N that exist, ascending; NULL: those of shape.h */
    int n_sizes;
    const ll_next_pace *paces; /* [n_paces] ascending in N; NULL: cost is FLOPs */
    int n_paces;
} ll_next_ask;

enum { LL_LATTICE_LEVELS = 12, LL_LATTICE_WIDTH = 9, LL_LATTICE_MOST = LL_LATTICE_LEVELS * LL_LATTICE_WIDTH };

/* A run of N parameters at C = 6 N D. */
ll_place ll_place_at(double N, double C);

/* The size that exists and is nearest to N by the logarithm: of ask->sizes, else of the shapes of shape.h. */
double ll_lattice_size(const ll_next_ask *ask, double N);

/* What a run costs: FLOPs, or seconds by the paces of ask. */
double ll_lattice_cost(const ll_next_ask *ask, const ll_place *p);

/* Budgets a factor of 2 apart, down from the largest run that is allowed and can be paid, and at each the sizes
 * whose tokens per parameter are ask->ratio and factors of 2 around it, as far as ask->spread, of
 * LL_SHAPE_LEAST (shape.h) parameters at least. places [LL_LATTICE_MOST]; returns how many. */
int ll_lattice_fill(const ll_next_ask *ask, double C_target, ll_place *places);

/* Budgets a factor of 4 apart, three sizes at each a factor of 4 apart around ask->ratio, about ask->runs in all,
 * for cost together at most, its largest budget C_hi at most. Returns how many; budgets[2] the lowest and the
 * highest. */
int ll_lattice_uniform(const ll_next_ask *ask, double C_hi, double cost, ll_place *places, double budgets[2]);

#endif
