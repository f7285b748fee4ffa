/* An outlook as JSON: of the document loglog.forecast-at/1, and wherever else one stands. */
#ifndef LL_FORECAST_STUDY_OUTLOOK_JSON_H
#define LL_FORECAST_STUDY_OUTLOOK_JSON_H

#include "forecast/study/study.h"

/* {"params":..,"tokens":..,"flops":..,"reach":..,"forecast":{"value":MEDIAN,"ci":[..],"level":..,"quantiles":{..}},
 * "law":{"value":..,"ci":..,"level":..}} */
ll_json *ll_outlook_json(const ll_outlook *o);

/* The same with what it stands on: the whole document. */
ll_json *ll_outlook_document(const ll_outlook *o, const ll_study *s);

#endif
