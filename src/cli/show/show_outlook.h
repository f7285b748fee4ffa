/* What one run comes to, for people. */
#ifndef LL_CLI_SHOW_SHOW_OUTLOOK_H
#define LL_CLI_SHOW_SHOW_OUTLOOK_H

#include "forecast/study/study.h"

/* Three lines: the run, its forecast, and the law's own value; a fourth where the two differ. */
void ll_show_outlook(const ll_outlook *o, const char *loss_unit);

/* "  loss, forecast         1.861     90 % [1.82, 1.9]  nats per token" */
void ll_show_loss(const char *name, const ll_estimate *e, double level, const char *unit);

/* What repeated tokens were taken to be worth, whose constants these are, and whether the interval knows. */
void ll_show_repeats(const ll_repeats *r);

/* Which of two losses to believe, where the forecast leaves the law's interval; else nothing. */
void ll_show_departure(const ll_estimate *forecast, const ll_estimate *law);

#endif
