#include "loglog/study.h"

#include <stdlib.h>
#include <string.h>

#include "base/system/starved.h"
#include "decide/answer/backtest_answer.h"
#include "decide/answer/fit_answer.h"
#include "forecast/study/study.h"

static ll_status options_of(const ll_study_source *from, ll_study_opts *out, ll_error *err) {
    const char *law = from->law ? from->law : "chinchilla";
    *out = (ll_study_opts) { .law = ll_law_find(law),
                             .along = LL_VAR_C,
                             .table = from->columns,
                             .ladder = from->ladder,
                             .weight_is_se = from->weight_is_se,
                             .fit = from->fit };
    if (!out->law) return LL_FAIL(err, LL_EINPUT, "no law '%.60s'", law);
    if (from->along && !ll_var_named(from->along, &out->along)) {
        out->along = LL_VAR_X;
        out->table.x = from->along;
    }
    return LL_OK;
}

static ll_status read(ll_study *s, const ll_study_source *from, ll_error *err) {
    ll_study_opts opts;
    if ((from->table != NULL) + (from->store != NULL) + (from->saved != NULL) != 1)
        return LL_FAIL(err, LL_EINPUT, "a study is of one table, one store or one saved study");
    if (from->saved) return ll_study_load(s, from->saved, NULL, err);
    LL_TRY(options_of(from, &opts, err));
    LL_TRY(ll_study_read(s, from->table, from->store, &opts, err));
    const ll_status status = ll_study_fit(s, err);
    if (status != LL_OK) ll_study_clear(s);
    return status;
}

ll_status ll_study_open(ll_study **out, const ll_study_source *source, ll_error *err) {
    ll_study *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    const ll_status status = read(s, source, err);
    if (status == LL_OK) *out = s;
    else free(s);
    return status;
}

void ll_study_close(ll_study *s) {
    if (s) ll_study_clear(s);
    free(s);
}

const ll_fit *ll_study_law(const ll_study *s) {
    return &s->fit;
}

const char *ll_study_loss_unit(const ll_study *s) {
    return s->loss_unit;
}

ll_status ll_study_write(ll_study *s, const char *path, ll_error *err) {
    return ll_study_save(s, path, err);
}

char *ll_study_json(ll_study *s, double target_flops, ll_error *err) {
    const int64_t starved = ll_starved();
    const int own = s->fit.n_warnings; /* the diagnosis adds to them: asked twice, it says the same */
    ll_fit_answer a;
    char *text = NULL;
    if (ll_fit_answer_make(&a, s, &(ll_fit_question) { .target_flops = target_flops }, err) == LL_OK)
        ll_json_answer(ll_fit_answer_json(&a, s), starved, &text, err);
    ll_fit_answer_clear(&a);
    s->fit.n_warnings = own;
    return text;
}

char *ll_study_backtest_json(ll_study *s, const double *factors, int n_factors, ll_error *err) {
    static const double usual[] = { 3, 10, 30 };
    const int64_t starved = ll_starved();
    const ll_backtest_opts opts = { .seed = s->fit.opts.seed, .threads = s->opts.threads };
    char *text = NULL;
    int served = 0;
    ll_error why = { 0 };
    if (factors && n_factors < 1) {
        LL_FAIL(err, LL_EINPUT, "a backtest needs a factor, such as 10");
        return NULL;
    }
    if (!factors) factors = usual, n_factors = sizeof usual / sizeof *usual;
    ll_json *doc = ll_backtest_document(s, "", (int64_t)opts.seed);
    for (int m = LL_BACKTEST_STANDARD; m <= LL_BACKTEST_LOGLOG; m++)
        for (int f = 0; f < n_factors; f++) {
            const ll_backtest_method method = (ll_backtest_method)m;
            ll_backtest_score score;
            why = (ll_error) { 0 };
            const ll_status status = ll_backtest_run(&score, method, s->law, &s->data, factors[f], &opts, &why);
            served += status == LL_OK;
            ll_backtest_document_add(doc, ll_backtest_methods[method], factors[f], &score,
                                     status == LL_OK ? "" : why.msg);
        }
    if (served) ll_json_answer(doc, starved, &text, err);
    else ll_json_free(doc), LL_FAIL(err, why.code ? why.code : LL_EINPUT, "%s", why.msg);
    return text;
}

void ll_text_free(char *text) {
    free(text);
}
