/* Profile: where the time of a training step goes, on one thread.
 *
 *     ll_step_profile p;
 *     LL_TRY(ll_step_profile_measure(&p, &model, kernels, batch, seconds, err));
 *     p.part[i].name, p.part[i].seconds[LL_STEP_BACKWARD], p.step_s
 *
 * The trainer is given a table in which every kernel notes its time, so it runs as it always does. A product is
 * named by the parameter it multiplies (model.h), which its shape tells.
 */
#ifndef LL_TRAIN_STEP_PROFILE_H
#define LL_TRAIN_STEP_PROFILE_H

#include "model/model.h"

enum { LL_STEP_PARTS = 32 };

typedef enum ll_step_phase {
    LL_STEP_FORWARD = 0,
    LL_STEP_BACKWARD,
    LL_STEP_UPDATE, /* sum of the gradients and optimiser */
    LL_STEP_PHASES
} ll_step_phase;

typedef struct ll_step_part {
    const char *name;
    double seconds[LL_STEP_PHASES]; /* of one step */
    double
        flops; /* of one step, those that an exact count counts: products and causal attention, no recomputation */
} ll_step_part;

typedef struct ll_step_profile {
    int n;
    ll_step_part part[LL_STEP_PARTS];
    double step_s;
    double outside_s; /* of it, what no kernel did: drawing the batch, copies, clearing, the loop */
    int64_t steps;    /* that were timed */
} ll_step_profile;

/* batch sequences a step. LL_ENUM when the time is too short for a step. */
ll_status ll_step_profile_measure(ll_step_profile *out, const ll_model *model, const ll_kernels *kernels,
                                  int64_t batch, double seconds, ll_error *err);

double ll_step_part_seconds(const ll_step_part *part); /* of all phases */

#endif
