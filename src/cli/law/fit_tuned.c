#include "cli/law/fit_tuned.h"

#include <math.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/show/show_fit.h"
#include "fit/io/tuned_json.h"
#include "loglog/units.h"

static void show(const ll_tuned *f, const ll_columns *c) {
    static const char *const names[LL_TUNED_KINDS] = { "best lr", "best batch" };
    char text[LL_FIT_WARNING], N[32], D[32];
    ll_say("tuned: %s\n(%lld runs in %lld cells of one N and D, %lld within %g %% of their cell's lowest tenth, N "
           "%s, %s)\n",
           LL_TUNED_FORM, (long long)f->n, (long long)f->n_cells, (long long)f->n_near, 100 * LL_TUNED_NEAR,
           c->params_are, c->loss_unit);
    for (int k = 0; ll_tuned_warning(f, k, text, sizeof text); k++) ll_say("warning: %s\n", text);
    for (int a = 0; a < f->kinds; a++) {
        ll_say("%s at N %s, D %s; a factor of 2 off costs %.2g %%:\n", names[a],
               ll_units_show(f->params, N, sizeof N), ll_units_show(f->tokens, D, sizeof D),
               100 * f->best[a].curvature * log(2) * log(2) / 2);
        ll_show_estimate("there", &f->best[a].value, f->opts.level, a == LL_TUNED_BATCH ? "tokens" : "");
        ll_show_estimate("N^", &f->best[a].by_params, f->opts.level, "");
        ll_show_estimate("D^", &f->best[a].by_tokens, f->opts.level, "");
    }
    ll_say("the law, what was lost by rate and batch taken off (half of the runs near lost more than %.2g %%):\n",
           100 * f->median_lost);
    for (int j = 0; j < f->law.law->n_params; j++)
        ll_show_estimate(f->law.law->params[j].name, &f->law.params[j], f->opts.level, "");
    ll_say(
        "residuals: %.2g %% in the cells, %.2g %% of the law; %.2g %% of the law fitted to the runs as they came\n",
        100 * f->residual_sd, 100 * f->law_sd, 100 * f->raw_sd);
    ll_say("%lld resamples of cells, %.2f s\n", (long long)f->n_draws, f->wall_s);
}

static void show_judged(const ll_tuned_score *s) {
    ll_say(
        "judged: %lld runs near the bottoms of %lld other cells, mean error %.3g %%, of the law fitted to the runs "
        "as they came %.3g %%;\nthe lowest losses of the cells %.3g %% and %.3g %%\n",
        (long long)s->n, (long long)s->n_cells, 100 * s->near, 100 * s->near_raw, 100 * s->best, 100 * s->best_raw);
}

static ll_status data_of(ll_tuned_data *d, const ll_study *s, ll_error *err) {
    const ll_columns *c = &s->columns;
    const double *rate = s->observed.table.num[LL_COL_LR];
    if (!rate)
        return LL_FAIL(err, LL_EINPUT, "%s: no column lr (each run's peak learning rate): name it with --col",
                       s->source);
    *d = (ll_tuned_data) { .n = s->data.n,
                           .params = c->v[LL_VAR_N],
                           .tokens = c->v[LL_VAR_D],
                           .rate = rate,
                           .loss = s->data.loss,
                           .batch = c->batch };
    return LL_OK;
}

static ll_status read(const ll_input *in, const char *path, ll_study *s, ll_error *err) {
    return ll_input_read(in, NULL, path, 1u << LL_VAR_N | 1u << LL_VAR_D, s, err);
}

static ll_status judge(ll_tuned_score *out, const ll_tuned *f, const ll_input *in, const char *path,
                       ll_error *err) {
    ll_input other = *in;
    ll_study s;
    ll_tuned_data d;
    snprintf(other.where, sizeof other.where, "%s", in->judge);
    LL_TRY(read(&other, path, &s, err));
    ll_status status = data_of(&d, &s, err);
    if (status == LL_OK) status = ll_tuned_judge(out, f, &d, err);
    ll_study_clear(&s);
    return status;
}

static int answer(const ll_tuned *f, ll_study *s, const ll_input *in, ll_manner manner, const char *path) {
    ll_error err = { 0 };
    ll_tuned_score score;
    const ll_tuned_score *judged = *in->judge ? &score : NULL;
    if (judged && judge(&score, f, in, path, &err) != LL_OK) return ll_cli_fail(&err);
    if (manner == LL_AS_JSON) {
        const ll_fit_context context = { .convention = ll_study_convention(s), .dropped = ll_study_left_out(s) };
        return ll_cli_json(ll_tuned_json(f, judged, &context));
    }
    show(f, &s->columns);
    if (judged) show_judged(judged);
    return LL_EXIT_DONE;
}

int ll_fit_tuned(const ll_input *in, ll_manner manner, const char *path) {
    ll_error err = { 0 };
    ll_study s;
    ll_tuned f;
    ll_tuned_data d;
    if (read(in, path, &s, &err) != LL_OK) return ll_cli_fail(&err);
    ll_status status = data_of(&d, &s, &err);
    if (status == LL_OK) status = ll_tuned_run(&f, &d, &s.opts, &err);
    const int code = status == LL_OK ? answer(&f, &s, in, manner, path) : ll_cli_fail(&err);
    if (status == LL_OK) ll_tuned_clear(&f);
    ll_study_clear(&s);
    return code;
}
