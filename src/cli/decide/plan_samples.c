#include "cli/decide/plan_samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/print.h"
#include "decide/plan/samples_plan.h"
#include "forecast/study/score_study.h"

static const char columns[] = "train_flops,samples,coverage,coverage_se,flops_per_question";
enum { TRAIN_FLOPS, SAMPLES, COVERAGE, COVERAGE_SE, QUESTION_FLOPS };

static ll_status read(const ll_input *in, const char *path, ll_score_study *s, ll_error *err) {
    ll_study_opts opts;
    const ll_score_ask ask = { .scores = columns, .x = "", .both = true };
    LL_TRY(ll_input_opts(in, NULL, &opts, err));
    return ll_score_study_read(s, path, NULL, &opts, &ask, err);
}

static ll_status plan(const ll_score_study *s, const ll_samples_ask *ask, ll_samples_plan *p, ll_error *err) {
    ll_samples_row *rows = malloc((size_t)(s->n + 1) * sizeof *rows);
    if (!rows) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)s->n);
    for (int64_t i = 0; i < s->n; i++)
        rows[i] = (ll_samples_row) { .params = s->N[i],
                                     .tokens = s->D[i],
                                     .train_flops = s->score[TRAIN_FLOPS][i],
                                     .samples = s->score[SAMPLES][i],
                                     .coverage = s->score[COVERAGE][i],
                                     .se = s->score[COVERAGE_SE][i],
                                     .question_flops = s->score[QUESTION_FLOPS][i] };
    const ll_status status = ll_samples_plan_make(p, rows, s->n, ask, err);
    free(rows);
    return status;
}

/* ---- text ---- */

static void show_one(const ll_samples_choice *c, bool best) {
    char se[24] = "";
    if (isfinite(c->at.se)) snprintf(se, sizeof se, "+- %.2g", c->at.se);
    ll_say("%-10.3g %-9.3g %-9.4g %-7.3g %-9s %6.0f %%%s\n", c->at.params, c->at.tokens, c->at.samples,
           c->at.coverage, se, 100 * c->at.train_flops / c->flops,
           best          ? "  best"
           : c->measured ? "  measured"
                         : "");
}

/* The measured sizes, and the best wherever it lies. */
static void show(const ll_samples_plan *p, const ll_samples_ask *ask) {
    ll_say("%.4g FLOPs for one run and the answers to %.4g questions\n", ask->budget, ask->questions);
    ll_say("%-10s %-9s %-9s %-17s %s\n", "params", "tokens", "samples", "coverage", "training's share");
    for (int64_t i = 0; i < p->n; i++)
        if (p->choice[i].measured || i == p->best) show_one(&p->choice[i], i == p->best);
    if (p->rest) ll_say("the budget pays for more samples than were measured: coverage may go on\n");
    if (p->best == p->n - 1) ll_say("the best is the largest size that the budget pays, or that was measured\n");
}

/* ---- as JSON ---- */

static ll_json *choice_json(const ll_samples_choice *c) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "params", c->at.params);
    ll_json_set_num(o, "tokens", c->at.tokens);
    ll_json_set_num(o, "samples", c->at.samples);
    ll_json_set_num(o, "coverage", c->at.coverage);
    ll_json_set_num(o, "se", c->at.se);
    ll_json_set_num(o, "train_flops", c->at.train_flops);
    ll_json_set_num(o, "flops_per_question", c->at.question_flops);
    ll_json_set_num(o, "flops", c->flops);
    ll_json_set_bool(o, "measured", c->measured);
    return o;
}

static ll_json *document(const ll_samples_plan *p, const ll_samples_ask *ask) {
    ll_json *doc = ll_json_object(), *list = ll_json_array();
    for (int64_t i = 0; i < p->n; i++) ll_json_push(list, choice_json(&p->choice[i]));
    ll_json_set_str(doc, "schema", "loglog.plan-samples/1");
    ll_json_set_num(doc, "flops", ask->budget);
    ll_json_set_num(doc, "questions", ask->questions);
    ll_json_set(doc, "best", choice_json(&p->choice[p->best]));
    ll_json_set(doc, "choices", list);
    ll_json_set_bool(doc, "more_samples", p->rest);
    return doc;
}

int ll_plan_samples(const ll_input *in, const char *path, double flops, double questions, bool json) {
    ll_error err = { 0 };
    ll_score_study s;
    ll_samples_plan p;
    const ll_samples_ask ask = { flops, questions };
    if (!path || !(flops > 0 && questions > 0))
        return ll_cli_usage("plan: --samples auto needs a table of 'probe samples --out', --flops and --questions");
    if (read(in, path, &s, &err) != LL_OK) return ll_cli_fail(&err);
    const ll_status status = plan(&s, &ask, &p, &err);
    int code = status == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
    if (status == LL_OK && json) code = ll_cli_json(document(&p, &ask));
    else if (status == LL_OK) show(&p, &ask);
    if (status == LL_OK) ll_samples_plan_free(&p);
    ll_score_study_clear(&s);
    return code;
}
