/* An outlook as JSON: of the document loglog.forecast-at/1, and wherever else one stands. */
#ifndef LL_FORECAST_STUDY_OUTLOOK_JSON_H
#define LL_FORECAST_STUDY_OUTLOOK_JSON_H

#include "forecast/study/study.h"

/* {"params":..,"tokens":..,"flops":..,"reach":..,"forecast":{"value":MEDIAN,"ci":[..],"level":..,"quantiles":{..}},
 * "law":{"value":..,"ci":..,"level":..}} */
ll_json *ll_outlook_json(const ll_outlook *o);

/* What repeated tokens were taken to be worth: {"R_D":..,"R_N":..,"borrowed":..,"source":..}. */
ll_json *ll_repeats_json(const ll_repeats *r);

/* The whole document of n >= 1 outlooks: the first with what it stands on, and of several all of them as "runs". */
ll_json *ll_outlook_document(const ll_outlook *o, int64_t n, const ll_study *s);

#endif
