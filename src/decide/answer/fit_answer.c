#include "decide/answer/fit_answer.h"

#include <math.h>
#include <string.h>

#include "decide/plan/plan.h"
#include "fit/draws/interval.h"
#include "fit/io/diagnosis_json.h"
#include "fit/io/fit_json.h"
#include "fit/warn.h"
#include "forecast/study/outlook_json.h"

/* The run to forecast: of the target's FLOPs the one that the law calls best. A law or table that names none has no
 * outlook, and the diagnosis says of a target that was asked for why. */
static ll_status look_ahead(ll_fit_answer *x, ll_study *s, double target, double at[LL_VAR_COUNT], bool *aimed,
                            ll_error *err) {
    const double largest = ll_reach_largest(&s->data), C = target > 0 ? target : LL_REACH_FACTOR * largest;
    const bool of_a_run = s->data.x[LL_VAR_N] && s->data.x[LL_VAR_D] && s->along != LL_VAR_X;
    ll_error why = { 0 };
    double N, D;
    *aimed = false;
    if (x->asked.no_outlook || !of_a_run || !isfinite(C) || ll_plan_best_run(s, C, 0, &N, &D, &why) != LL_OK)
        return LL_OK;
    const ll_status status = ll_study_outlook(s, N, D, 0, &x->outlook, &why);
    x->looks = status == LL_OK;
    if (!x->looks) return status == LL_EINPUT || status == LL_ENUM ? LL_OK : LL_FAIL(err, status, "%s", why.msg);
    memcpy(at, x->outlook.forecast.x, LL_VAR_COUNT * sizeof *at);
    *aimed = true;
    return LL_OK;
}

/* The fitted law stands on these rows, and the forecast does not. */
static void warn_of_faults(ll_study *s) {
    for (int f = 0; f < LL_FAULT_COUNT; f++) {
        char words[LL_TRIAGE_WORDS];
        if (*ll_study_fault_words(s, (ll_fault)f, words)) ll_fit_add_warning(&s->fit, "%s", words);
    }
}

static ll_status make(ll_fit_answer *x, ll_study *s, ll_error *err) {
    const ll_fit_question *q = &x->asked;
    ll_fit *fit = &s->fit;
    double at[LL_VAR_COUNT];
    bool aimed;
    if (q->profile) LL_TRY(ll_fit_profile(fit, x->profile, err));
    LL_TRY(look_ahead(x, s, q->target_flops, at, &aimed, err));
    const double flops = aimed && !(q->target_flops > 0) ? x->outlook.flops : q->target_flops;
    const ll_aim aim = { flops, aimed ? at : NULL };
    LL_TRY(ll_diagnose(&x->diagnosis, fit, &s->observed.table, &s->columns, s->along, &aim, err));
    ll_diagnosis_warn(&x->diagnosis, fit, &s->data);
    warn_of_faults(s);
    char left[256];
    if (q->checklist)
        ll_checklist_fill(&x->checklist, fit, &s->observed.table, &s->columns, &x->diagnosis,
                          q->where ? q->where : "", ll_study_left_words(s, left, sizeof left), s->source);
    return LL_OK;
}

ll_status ll_fit_answer_make(ll_fit_answer *a, ll_study *s, const ll_fit_question *question, ll_error *err) {
    *a = (ll_fit_answer) { .asked = *question };
    const ll_status status = make(a, s, err);
    if (status != LL_OK) ll_fit_answer_clear(a);
    return status;
}

void ll_fit_answer_clear(ll_fit_answer *a) {
    ll_diagnosis_free(&a->diagnosis);
    *a = (ll_fit_answer) { 0 };
}

/* ---- the law along the runs ---- */

enum { VALUES = 65 };

/* {"x", "y", "lo", "hi"} from the least x of the runs to the largest, in equal steps of ln x where all are above 0;
 * lo and hi are null without resampling. */
static ll_json *values_json(const ll_fit *fit) {
    const double *x = fit->data.x[LL_VAR_X];
    double least = INFINITY, most = -INFINITY;
    ll_json *o = ll_json_object(), *list[4];
    for (int k = 0; k < 4; k++) list[k] = ll_json_array();
    for (int64_t i = 0; i < fit->n; i++) least = fmin(least, x[i]), most = fmax(most, x[i]);
    for (int i = 0; i < VALUES; i++) {
        const double share = i / (VALUES - 1.0);
        const double at = least > 0 ? least * pow(most / least, share) : least + share * (most - least);
        const ll_estimate e = ll_fit_law_at(fit, (double[LL_VAR_COUNT]) { [LL_VAR_X] = at });
        const double number[4] = { at, e.value, e.lo, e.hi };
        for (int k = 0; k < 4; k++) ll_json_push(list[k], ll_json_num(number[k]));
    }
    for (int k = 0; k < 4; k++) ll_json_set(o, (const char *[]) { "x", "y", "lo", "hi" }[k], list[k]);
    return o;
}

ll_json *ll_fit_answer_json(const ll_fit_answer *a, const ll_study *s) {
    const ll_fit_context context = { .convention = ll_study_convention(s),
                                     .dropped = ll_study_left_out(s),
                                     .runs = s->run,
                                     .along = s->along,
                                     .profile = a->asked.profile ? a->profile : NULL };
    ll_json *doc = ll_fit_json(&s->fit, &context);
    ll_diagnosis_json(&a->diagnosis, &s->fit, s->run, ll_json_group(doc, "diagnostics"));
    if (a->asked.values && ll_law_is_of_x(s->fit.law)) ll_json_set(doc, "values", values_json(&s->fit));
    if (a->looks) ll_json_set(doc, "outlook", ll_outlook_json(&a->outlook));
    if (a->asked.judged) ll_json_set(doc, "judged", ll_held_out_json(a->asked.judged));
    if (a->asked.coverage) ll_json_set(doc, "coverage", ll_coverage_json(a->asked.coverage));
    if (a->asked.checklist) ll_json_set(doc, "checklist", ll_checklist_json(&a->checklist));
    return doc;
}
