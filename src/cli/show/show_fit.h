/* A fit as text for people. */
#ifndef LL_CLI_SHOW_SHOW_FIT_H
#define LL_CLI_SHOW_SHOW_FIT_H

#include "fit/doubt/diagnosis.h"
#include "fit/doubt/profile.h"
#include "forecast/study/study.h"

/* What there is to tell; everything is borrowed. */
typedef struct ll_fit_told {
    const ll_study *study;
    const ll_diagnosis *diagnosis;
    const ll_profile *profile; /* [params], or NULL */
    const ll_outlook *outlook; /* of the run that the diagnosis aims at, or NULL */
} ll_fit_told;

void ll_show_fit(const ll_fit_told *told);

/* Of a study of a store: which runs it stands on, in a line. */
/* That steps and FLOPs are S_min and C_min, where --bcrit made them so. */
void ll_show_minimal(const ll_study *s);
void ll_show_ground(const ll_study *s);

/* "  alpha  0.347 +- 0.015  90 % [0.321, 0.372]  unit", to the digits that the interval earns */
void ll_show_estimate(const char *name, const ll_estimate *e, double level, const char *unit);

#endif
