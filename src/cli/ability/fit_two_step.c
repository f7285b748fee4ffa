#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/ability/ability_verbs.h"
#include "cli/cli.h"
#include "cli/show/show_fit.h"
#include "fit/io/ability_json.h"

ll_status ll_two_step_read(const ll_input *in, const char *path, ll_score_study *s, ll_error *err) {
    char scores[2 * LL_OPTION_TEXT];
    ll_input rows = *in;
    const ll_score_ask ask = { .scores = scores, .x = in->x, .both = true, .whole = true };
    if (!*in->y)
        return LL_FAIL(err, LL_EINPUT,
                       "law " LL_TWO_STEP ": name the score with --y, such as --y arithmetic.exact");
    snprintf(scores, sizeof scores, "%s,%s", in->y, *in->via ? in->via : "loss");
    *rows.fix = 0;
    return ll_scores_read(&rows, path, &ask, NULL, s, err);
}

ll_status ll_two_step_fit(const ll_input *in, const char *path, ll_score_study *s, ll_two_step *f, ll_error *err) {
    ll_study_opts opts;
    LL_TRY(ll_input_opts(in, ll_law_find(*in->x ? "power_floor" : "chinchilla"), &opts, err));
    LL_TRY(ll_two_step_read(in, path, s, err));
    const ll_two_step_data d = ll_score_study_two_steps(s);
    const ll_status status = ll_two_step_run(f, &d, &opts.fit, err);
    if (status != LL_OK) ll_score_study_clear(s);
    return status;
}

/* ---- text ---- */

static void show_direct(const ll_two_step *f) {
    if (!f->direct.law) {
        ll_say("no direct law: %s\n", f->no_direct);
        return;
    }
    ll_say("direct: -ln score = %s   (%lld runs with a score between 0 and 1)\n",
           f->direct.law->vars >> LL_VAR_X & 1 ? "(Xc/X)^alpha" : "A/N^alpha + B/D^beta", (long long)f->direct_n);
    for (int j = 0; j < f->direct.law->n_params; j++)
        if (!(f->direct.opts.fixed >> j & 1))
            ll_show_estimate(f->direct.law->params[j].name, &f->direct.params[j], f->opts.level, "");
}

static void show(const ll_score_study *s, const ll_two_step *f) {
    const char *of_x = *s->along ? s->along : "N and D";
    ll_show_ground(&s->study);
    ll_say(LL_TWO_STEP ": %s\n", ll_two_step_form(f));
    ll_say("(%lld runs, %s by way of %s%s, along %s)\n", (long long)f->n, s->name[0], f->negated ? "minus " : "",
           s->name[1], of_x);
    for (int k = 0; k < f->n_warnings; k++) ll_say("warning: %s\n", f->warnings[k]);
    for (int j = 0; j < f->n_params; j++) {
        const ll_law_param *p = ll_two_step_param(f, j);
        ll_show_estimate(p->name, &f->params[j], f->opts.level, strcmp(p->unit, "nats/token") == 0 ? "" : p->unit);
    }
    ll_say("the first step leaves %.3g %% of L, the second %.3g %% of the score's variance\n",
           100 * f->first.residual_sd, 100 * f->left);
    show_direct(f);
    ll_say("%s, then least squares; %lld resamples of %s for both steps, %.2f s\n",
           ll_objective_name(f->opts.objective), (long long)f->n_draws, f->clustered ? "clusters" : "runs",
           f->wall_s);
}

int ll_fit_two_step(const ll_input *in, ll_manner manner, const char *path) {
    ll_error err = { 0 };
    ll_score_study s;
    ll_two_step f;
    if (ll_two_step_fit(in, path, &s, &f, &err) != LL_OK) return ll_cli_fail(&err);
    int code = LL_EXIT_DONE;
    if (manner == LL_AS_JSON) {
        const ll_fit_context context = { .convention = ll_study_convention(&s.study),
                                         .dropped = ll_study_left_out(&s.study) };
        code = ll_cli_json(ll_two_step_json(&f, &context, s.name[0], s.name[1]));
    } else show(&s, &f);
    ll_two_step_clear(&f);
    ll_score_study_clear(&s);
    return code;
}
