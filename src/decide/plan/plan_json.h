/* A plan with what surrounds it, as the document loglog.plan/1. */
#ifndef LL_DECIDE_PLAN_PLAN_JSON_H
#define LL_DECIDE_PLAN_PLAN_JSON_H

#include "base/document/json.h"
#include "decide/money/hardware.h"
#include "decide/plan/plan.h"
#include "decide/plan/recipe.h"
#include "decide/plan/shape.h"

/* A target in a probe's score, by a law of its own; score 0: none. */
typedef struct ll_plan_score {
    double score;
    ll_estimate loss; /* at which it is reached */
    double level;     /* of its interval */
} ll_plan_score;

/* Tokens that the model will serve: so many for each answer that is kept, at a utilisation of their own. */
typedef struct ll_plan_serving {
    double tokens, samples, utilisation;
    ll_estimate coverage; /* share of problems that one of the samples solves; value NaN: not asked */
    double level;         /* of its interval */
} ll_plan_serving;

typedef struct ll_plan_sheet {
    const char *law, *form, *source; /* id or name; where it comes from */
    const char *loss_unit;
    const ll_fit *fitted; /* NULL: published */
    ll_json *convention;  /* of a fit's table; taken; NULL: published */
    const char *budget;   /* "flops", "usd", "kwh", "days", "loss" or "model" */
    double amount;        /* of it */
    ll_plan_score score;
    ll_plan_serving serving;
    ll_plan plan;
    ll_planned_shape shape;
    const char *rule; /* of rate and batch */
    ll_recipe recipe;
    ll_rig rig;
    ll_bill bill;
} ll_plan_sheet;

ll_json *ll_plan_json(const ll_plan_sheet *s);

#endif
