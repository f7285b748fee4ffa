#include "cli/show/show_outlook.h"

#include <math.h>
#include <stdio.h>

#include "cli/print.h"
#include "loglog/units.h"

void ll_show_loss(const char *name, const ll_estimate *e, double level, const char *unit) {
    ll_say("  %-22s %-9.6g", name, e->value);
    if (isfinite(e->lo)) ll_say(" %g %% [%.6g, %.6g]", 100 * level, e->lo, e->hi);
    ll_say("  %s\n", unit);
}

void ll_show_departure(const ll_estimate *forecast, const ll_estimate *law) {
    const char *side = ll_study_departs(forecast, law);
    if (side) ll_say("  the runs near it lie %s the law, and the forecast follows them\n", side);
}

void ll_show_repeats(const ll_repeats *r) {
    ll_say("  repeated tokens fade with R*_D %.4g, parameters with R*_N %.4g\n  (%s)\n", r->R_D, r->R_N, r->source);
    if (r->borrowed) ll_say("  warning: both are borrowed, and no interval here holds their doubt\n");
}

void ll_show_outlook(const ll_outlook *o, const char *loss_unit) {
    char N[32], D[32], C[32];
    ll_say("a run of %s parameters on %s tokens, %s FLOPs, %.3g times the largest here\n",
           ll_units_show(o->params, N, sizeof N), ll_units_show(o->tokens, D, sizeof D),
           ll_units_show(o->flops, C, sizeof C), o->reach);
    ll_show_loss("forecast: it reaches", &o->loss, o->level, loss_unit);
    if (isfinite(o->law.value)) ll_show_loss("the law alone", &o->law, o->level, loss_unit);
    ll_show_departure(&o->loss, &o->law);
}
