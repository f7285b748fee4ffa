/* Profile: where the time of a training step goes, on one thread.
 *
 *     ll_profile p;
 *     LL_TRY(ll_profile_measure(&p, &model, kernels, batch, seconds, err));
 *     p.part[i].name, p.part[i].seconds[LL_PROFILE_BACKWARD], p.step_s
 *
 * The trainer is given a table in which every kernel notes its time, so it runs as it always does. A product is
 * named by the parameter it multiplies (model.h), which its shape tells.
 */
#ifndef LL_TRAIN_PROFILE_H
#define LL_TRAIN_PROFILE_H

#include "model/model.h"

enum { LL_PROFILE_PARTS = 32 };

typedef enum ll_profile_phase {
    LL_PROFILE_FORWARD = 0,
    LL_PROFILE_BACKWARD,
    LL_PROFILE_UPDATE, /* sum of the gradients and optimiser */
    LL_PROFILE_PHASES
} ll_profile_phase;

typedef struct ll_profile_part {
    const char *name;
    double seconds[LL_PROFILE_PHASES]; /* of one step */
    double
        flops; /* of one step, those that an exact count counts: products and causal attention, no recomputation */
} ll_profile_part;

typedef struct ll_profile {
    int n;
    ll_profile_part part[LL_PROFILE_PARTS];
    double step_s;
    double outside_s; /* of it, what no kernel did: drawing the batch, copies, clearing, the loop */
    int64_t steps;    /* that were timed */
} ll_profile;

/* batch sequences a step. LL_ENUM when the time is too short for a step. */
ll_status ll_profile_measure(ll_profile *out, const ll_model *model, const ll_kernels *kernels, int64_t batch,
                             double seconds, ll_error *err);

double ll_profile_seconds(const ll_profile_part *part); /* of all phases */

#endif
