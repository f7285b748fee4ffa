#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/ability/ability_verbs.h"
#include "cli/cli.h"
#include "cli/show/show_fit.h"
#include "fit/io/ability_json.h"

static void show(const ll_score_study *s, const ll_two_step *f, const ll_ability_outlook *o,
                 const ll_ability_outlook *direct) {
    ll_show_ground(&s->study);
    ll_say(LL_TWO_STEP ": %s\n", ll_two_step_form(f));
    ll_show_estimate("forecast", &o->run, f->opts.level, s->name[0]);
    ll_show_estimate("law", &o->law, f->opts.level, "");
    ll_show_estimate("L", &o->via, f->opts.level, s->name[1]);
    if (direct) ll_show_estimate("direct", &direct->run, f->opts.level, "by a power law of -ln score");
}

static ll_json *document(const ll_score_study *s, const ll_two_step *f, double params, double tokens,
                         const ll_ability_outlook *o, const ll_ability_outlook *direct) {
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.forecast-score/1");
    ll_json_set_str(doc, "law", LL_TWO_STEP);
    ll_json_set_str(doc, "score", s->name[0]);
    ll_json_set_str(doc, "via", s->name[1]);
    ll_json_set_num(doc, "params", params);
    ll_json_set_num(doc, "tokens", tokens);
    ll_json_set_num(doc, "flops", 6 * params * tokens);
    ll_json_set(doc, "two_step", ll_ability_outlook_json(o, f->opts.level));
    if (direct) ll_json_set(doc, "direct", ll_ability_outlook_json(direct, f->opts.level));
    ll_json_set(doc, "convention", ll_study_convention(&s->study));
    return doc;
}

int ll_at_two_step(const ll_input *in, const char *path, double params, double tokens, bool json) {
    ll_error err = { 0 }, no_direct = { 0 };
    ll_score_study s;
    ll_two_step f;
    ll_ability_outlook o, direct;
    double x[LL_VAR_COUNT];
    if (*in->fit) return ll_cli_usage("forecast at: law " LL_TWO_STEP " is fitted to runs: leave out --fit");
    if (ll_two_step_fit(in, path, &s, &f, &err) != LL_OK) return ll_cli_fail(&err);
    ll_status status = ll_score_study_at(&s, params, tokens, x, &err);
    if (status == LL_OK) status = ll_two_step_outlook(&f, x, &o, &err);
    const bool both = status == LL_OK && ll_direct_outlook(&f, x, &direct, &no_direct) == LL_OK;
    int code = LL_EXIT_DONE;
    if (status != LL_OK) code = ll_cli_fail(&err);
    else if (json) code = ll_cli_json(document(&s, &f, params, tokens, &o, both ? &direct : NULL));
    else show(&s, &f, &o, both ? &direct : NULL);
    ll_two_step_clear(&f);
    ll_score_study_clear(&s);
    return code;
}
