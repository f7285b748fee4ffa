/* Learning-rate schedules as pure functions of the step.
 *
 *     ll_schedule s = { .kind = LL_SCHEDULE_COSINE, .steps = 1000, .warmup = 50 };
 *     lr = peak * ll_schedule_at(&s, step);
 *
 * Each begins with a linear warmup. cosine: to end over the whole budget (Loshchilov and Hutter 2017; matched to the
 * tokens, as Hoffmann et al. 2022 ask). wsd: constant with a cooldown, 1 - sqrt over the last steps (Haegele et al.
 * 2024). constant: flat. linear: straight to end over the whole budget. The first two, and linear, are the shapes
 * that Kaplan et al. 2020 compare in their figure 22.
 */
#ifndef LL_TRAIN_SCHEDULE_H
#define LL_TRAIN_SCHEDULE_H

#include <stdint.h>

#include "loglog/error.h"

typedef enum ll_schedule_kind {
    LL_SCHEDULE_COSINE = 0,
    LL_SCHEDULE_WSD,
    LL_SCHEDULE_CONSTANT,
    LL_SCHEDULE_LINEAR,
    LL_SCHEDULE_COUNT
} ll_schedule_kind;

typedef struct ll_schedule {
    ll_schedule_kind kind;
    int64_t steps, warmup, cooldown;
    double end; /* of cosine and linear, as a share of the peak */
} ll_schedule;

#define LL_SCHEDULE_NAMES "cosine wsd constant linear" /* in the order of the kinds */
ll_status ll_schedule_named(const char *name, ll_schedule_kind *out, ll_error *err);

/* The factor on the peak rate at step 0 .. steps-1; in (0, 1]. */
double ll_schedule_at(const ll_schedule *s, int64_t step);

#endif
