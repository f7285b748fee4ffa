/* A plan with what surrounds it: the shape, the recipe, the bill; and the whole as the document loglog.plan/1.
 *
 *     ll_plan_sheet sheet = { .budget = "flops", .amount = 1e23, .rig = rig };
 *     ll_plan_sheet_of(&sheet, &study);
 *     LL_TRY(ll_plan_sheet_make(&sheet, &law, &ask, &study.observed, LL_PLAN_RECIPE, err));
 *     ll_json *doc = ll_plan_json(&sheet);
 */
#ifndef LL_DECIDE_PLAN_PLAN_SHEET_H
#define LL_DECIDE_PLAN_PLAN_SHEET_H

#include "base/document/json.h"
#include "decide/money/hardware.h"
#include "decide/plan/plan.h"
#include "decide/plan/recipe.h"
#include "decide/plan/shape.h"

/* A target in a probe's score, by a law of its own; score 0: none. */
typedef struct ll_plan_score {
    double score;
    const char *name; /* of the metric; NULL: it is not said */
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

#define LL_PLAN_RECIPE "deepseek2024" /* the rule of rate and batch where none is named */

/* What the sheet says of where its law comes from. Borrowed from the study. */
void ll_plan_sheet_of(ll_plan_sheet *sheet, const ll_study *s);

/* Plans, and fills plan, shape, rule, recipe and bill. seen: runs that are there beyond the fitted, or NULL. */
ll_status ll_plan_sheet_make(ll_plan_sheet *sheet, const ll_plan_law *law, const ll_plan_ask *ask,
                             const ll_observed *seen, const char *recipe, ll_error *err);

/* Takes the sheet's convention. */
ll_json *ll_plan_json(const ll_plan_sheet *s);

#endif
