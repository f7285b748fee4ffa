/* What should worry the reader of a fit beyond its own warnings: the forecast that it is asked for, the asymptote,
 * the conventions, the tuning, the bends.
 *
 *     ll_diagnosis d;
 *     LL_TRY(ll_diagnose(&d, &fit, &table, &columns, along, &(ll_aim) { 0 }, err));
 *     ll_diagnosis_json(&d, &fit, run_names, ll_json_group(doc, "diagnostics"));
 *     ll_diagnosis_free(&d);
 */
#ifndef LL_FIT_DOUBT_DIAGNOSIS_H
#define LL_FIT_DOUBT_DIAGNOSIS_H

#include "base/document/json.h"
#include "fit/doubt/asymptote.h"
#include "fit/doubt/conventions.h"
#include "fit/doubt/reach.h"
#include "fit/doubt/undertuned.h"

/* A law without a bend is said to have one so often, along each variable that is tested. */
#define LL_BEND_ALARM 0.05

typedef struct ll_diagnosis {
    bool aims; /* there is a target: else reach is empty */
    ll_reach reach;
    ll_asymptote asymptote;
    ll_conventions conventions;
    ll_undertuned undertuned;
    double bend[LL_VAR_COUNT]; /* p-values; NaN where the law does not read the variable or nothing can be told */
} ll_diagnosis;

/* aim: where the law is looked at beyond the runs. The columns are those of the fit, out of the table;
 * along is what X is. LL_EINPUT: a target was named and the runs have no FLOPs, or
 * X is a column of its own. */
ll_status ll_diagnose(ll_diagnosis *d, const ll_fit *fit, const ll_table *t, const ll_columns *columns,
                      ll_var along, const ll_aim *aim, ll_error *err);
void ll_diagnosis_free(ll_diagnosis *d);

/* Adds to the fit's warnings what of it is out of the ordinary; data is what was fitted. */
void ll_diagnosis_warn(const ll_diagnosis *d, ll_fit *fit, const ll_fit_data *data);

#endif
