#include "cli/law/fit_tuned.h"

#include <math.h>

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

static ll_status fit(ll_tuned *f, const ll_study *s, ll_error *err) {
    const ll_columns *c = &s->columns;
    const double *rate = s->observed.table.num[LL_COL_LR];
    if (!rate)
        return LL_FAIL(err, LL_EINPUT, "%s: no column lr (each run's peak learning rate): name it with --col",
                       s->source);
    return ll_tuned_run(f,
                        &(ll_tuned_data) { .n = s->data.n,
                                           .params = c->v[LL_VAR_N],
                                           .tokens = c->v[LL_VAR_D],
                                           .rate = rate,
                                           .loss = s->data.loss,
                                           .batch = c->batch },
                        &s->opts, err);
}

int ll_fit_tuned(const ll_input *in, ll_manner manner, const char *path) {
    ll_error err = { 0 };
    ll_study s;
    ll_tuned f;
    if (ll_input_read(in, NULL, path, 1u << LL_VAR_N | 1u << LL_VAR_D, &s, &err) != LL_OK) return ll_cli_fail(&err);
    const ll_status status = fit(&f, &s, &err);
    int code = status == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
    if (status == LL_OK && manner == LL_AS_JSON) {
        const ll_fit_context context = { .convention = ll_study_convention(&s),
                                         .dropped = s.observed.table.dropped };
        code = ll_cli_json(ll_tuned_json(&f, &context));
    } else if (status == LL_OK) {
        show(&f, &s.columns);
    }
    if (status == LL_OK) ll_tuned_clear(&f);
    ll_study_clear(&s);
    return code;
}
