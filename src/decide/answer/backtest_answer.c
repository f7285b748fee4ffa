#include "decide/answer/backtest_answer.h"

#include <stdio.h>

#include "base/words/number.h"

ll_json *ll_backtest_document(const ll_study *s, const char *cluster, int64_t seed) {
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.backtest/1");
    ll_json_set_str(doc, "law", s->law->name);
    ll_json_set(doc, "convention", ll_study_convention(s));
    ll_json_set_int(doc, "n", s->data.n);
    ll_json_set_int(doc, "dropped", ll_study_left_out(s));
    ll_json_set_str(doc, "cluster", s->observed.table.clustered_by_run ? "run" : cluster);
    ll_json_set_int(doc, "seed", seed);
    ll_json_group(doc, "methods");
    return doc;
}

void ll_backtest_document_add(ll_json *doc, const char *method, double factor, const ll_backtest_score *score,
                              const char *missing) {
    char key[32];
    const ll_number_scope scope = ll_number_begin();
    snprintf(key, sizeof key, "%g", factor);
    ll_number_end(scope);
    ll_json_set(ll_json_group(ll_json_group(doc, "methods"), method), key, ll_backtest_score_json(score, missing));
}
