/* The answer to "what law do these runs follow": the fit with its outlook and what should worry its reader, as the
 * document loglog.fit/1. The verb, the library and whoever else asks get the same one.
 *
 *     ll_fit_answer a;
 *     LL_TRY(ll_fit_answer_make(&a, &study, &(ll_fit_question) { 0 }, err));
 *     ll_json *doc = ll_fit_answer_json(&a, &study);
 *     ll_fit_answer_clear(&a);
 */
#ifndef LL_DECIDE_ANSWER_FIT_ANSWER_H
#define LL_DECIDE_ANSWER_FIT_ANSWER_H

#include "base/document/json.h"
#include "fit/doubt/checklist.h"
#include "fit/doubt/coverage.h"
#include "fit/doubt/diagnosis.h"
#include "fit/doubt/held_out.h"
#include "fit/doubt/profile.h"
#include "forecast/study/study.h"

typedef struct ll_fit_question {
    double target_flops;         /* of the run to forecast; 0: LL_REACH_FACTOR times the largest */
    bool no_outlook;             /* leave the forecast out: of many runs it takes longest */
    bool profile;                /* the profile likelihood interval of each parameter too */
    const ll_coverage *coverage; /* how often the intervals hold, for the document; borrowed; NULL: not asked */
    const ll_held_out *judged;   /* other rows under the law, for the document; borrowed; NULL: not asked */
    bool checklist;              /* stands in the document */
    bool values;                 /* the law along the runs stands in the document, of a law of one variable */
    const char *where;           /* the rows that were chosen, for the checklist; NULL: all */
} ll_fit_question;

typedef struct ll_fit_answer {
    ll_fit_question asked;
    ll_diagnosis diagnosis;
    ll_profile profile[LL_LAW_MAX_PARAMS];
    ll_checklist checklist;
    bool looks; /* there is an outlook: of the run that the diagnosis aims at */
    ll_outlook outlook;
} ll_fit_answer;

/* Of a fitted study, whose fit gets the diagnosis among its warnings. On failure a is empty. */
ll_status ll_fit_answer_make(ll_fit_answer *a, ll_study *s, const ll_fit_question *question, ll_error *err);
void ll_fit_answer_clear(ll_fit_answer *a);

ll_json *ll_fit_answer_json(const ll_fit_answer *a, const ll_study *s);

#endif
