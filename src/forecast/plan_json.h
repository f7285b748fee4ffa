/* A plan with what surrounds it, as the document loglog.plan/1. */
#ifndef LL_FORECAST_PLAN_JSON_H
#define LL_FORECAST_PLAN_JSON_H

#include "base/json.h"
#include "forecast/hardware.h"
#include "forecast/plan.h"
#include "forecast/recipe.h"
#include "forecast/shape.h"

typedef struct ll_plan_sheet {
    const char *law, *form, *source; /* id or name; where it comes from */
    const char *loss_unit;
    const ll_fit *fitted; /* NULL: published */
    ll_json *convention;  /* of a fit's table; taken; NULL: published */
    const char *budget;   /* "flops", "usd", "kwh", "days" or "loss" */
    double amount;        /* of it */
    ll_plan plan;
    ll_planned_shape shape;
    const char *rule; /* of rate and batch */
    ll_recipe recipe;
    ll_rig rig;
    ll_bill bill;
} ll_plan_sheet;

ll_json *ll_plan_json(const ll_plan_sheet *s);

#endif
