#include "loglog/plan.h"

#include <math.h>

#include "base/system/starved.h"
#include "decide/plan/plan_sheet.h"

ll_status ll_study_plan(ll_study *s, const ll_plan_ask *ask, ll_planned *out, ll_error *err) {
    ll_plan p;
    LL_TRY(ll_plan_check_law(s->law, err));
    LL_TRY(ll_study_believe(s, err));
    const ll_plan_law law = ll_plan_law_studied(s);
    LL_TRY(ll_plan_make(&p, &law, ask, err));
    *out = (ll_planned) { .params = p.params,
                          .tokens = p.tokens,
                          .flops = p.flops,
                          .loss = p.loss,
                          .law = p.law,
                          .probability = p.probability,
                          .reach = p.reach };
    return LL_OK;
}

static ll_status fill(ll_plan_sheet *sheet, ll_study *s, const ll_plan_ask *ask, const char *gpus, ll_error *err) {
    LL_TRY(ll_plan_check_law(s->law, err));
    if (gpus) LL_TRY(ll_rig_parse(gpus, &sheet->rig, err));
    LL_TRY(ll_study_believe(s, err));
    ll_plan_sheet_of(sheet, s);
    const bool settled = ask->params > 0 && ask->tokens > 0;
    sheet->budget = settled ? "model" : ask->flops > 0 ? "flops" : "loss";
    sheet->amount = settled ? 0 : ask->flops > 0 ? ask->flops : ask->loss;
    sheet->serving.tokens = ask->inference_tokens;
    const ll_plan_law law = ll_plan_law_studied(s);
    LL_TRY(ll_plan_sheet_make(sheet, &law, ask, &s->observed, LL_PLAN_RECIPE, err));
    sheet->convention = ll_study_convention(s);
    return LL_OK;
}

char *ll_study_plan_json(ll_study *s, const ll_plan_ask *ask, const char *gpus, ll_error *err) {
    const int64_t starved = ll_starved();
    ll_plan_sheet sheet = { .rig = ll_rig_usual(), .serving = { .samples = 1, .coverage = { .value = NAN } } };
    char *text = NULL;
    sheet.serving.utilisation = sheet.rig.utilisation;
    if (fill(&sheet, s, ask, gpus, err) == LL_OK) ll_json_answer(ll_plan_json(&sheet), starved, &text, err);
    return text;
}
