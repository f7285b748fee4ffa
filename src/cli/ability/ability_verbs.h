/* What verbs do where an ability is asked about: compare --metrics, the law two_step of fit, backtest, forecast at and
 * plan, and fit's laws rise, power_of and observational. Each takes the verb's own flags, prints, and returns the exit
 * code. path NULL: the store. */
#ifndef LL_CLI_ABILITY_ABILITY_VERBS_H
#define LL_CLI_ABILITY_ABILITY_VERBS_H

#include "cli/input.h"
#include "cli/show/show_table.h"
#include "forecast/study/score_study.h"

#define LL_TWO_STEP "two_step"
#define LL_OBSERVATIONAL "observational"

/* The scores that are asked for, and how a law of them is fitted, where opts is not NULL. */
ll_status ll_scores_read(const ll_input *in, const char *path, const ll_score_ask *ask, ll_fit_opts *opts,
                         ll_score_study *s, ll_error *err);

/* The runs of --y and --via, and both steps fitted to them. */
ll_status ll_two_step_read(const ll_input *in, const char *path, ll_score_study *s, ll_error *err);
ll_status ll_two_step_fit(const ll_input *in, const char *path, ll_score_study *s, ll_two_step *f, ll_error *err);

typedef struct ll_metrics_ask {
    double sudden, alarm; /* sudden 0: by the scale */
    const char *out;      /* a figure's file, or "" */
    bool json;
} ll_metrics_ask;
int ll_compare_metrics(const ll_input *in, const ll_metrics_ask *ask, const char *path);

int ll_backtest_two_step(const ll_input *in, const char *path, const double *factor, int n_factors, bool json);
int ll_at_two_step(const ll_input *in, const char *path, double params, double tokens, bool json);

/* Procedures of fit. */
int ll_fit_two_step(const ll_input *in, ll_manner manner, const char *path);
int ll_fit_rise(const ll_input *in, ll_manner manner, const char *path);
int ll_fit_observational(const ll_input *in, ll_manner manner, const char *path);
int ll_fit_power_of(const ll_input *in, ll_manner manner, const char *path);

#endif
