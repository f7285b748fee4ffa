#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ability/ability_verbs.h"
#include "cli/cli.h"
#include "cli/show/show_fit.h"
#include "fit/io/ability_json.h"
#include "fit/observational/observational.h"

/* ---- the rows ---- */

static ll_status read(const ll_input *in, const char *path, ll_score_study *s, ll_fit_opts *opts, ll_error *err) {
    char scores[2 * LL_OPTION_TEXT];
    const ll_score_ask ask = { .scores = scores, .x = *in->x ? in->x : "flops", .unscaled = true };
    snprintf(scores, sizeof scores, "%s,%s", in->y, in->benchmarks);
    LL_TRY(ll_scores_read(in, path, &ask, opts, s, err));
    if (strcmp(in->cluster, "none") == 0) opts->resample = LL_RESAMPLE_CASE;
    return LL_OK;
}

/* The benchmarks model by model: [n][m], the caller's to free. */
static double *by_model(const ll_score_study *s) {
    const int m = s->n_scores - 1;
    double *x = malloc((size_t)(s->n * m + 1) * sizeof *x);
    for (int64_t i = 0; x && i < s->n; i++)
        for (int j = 0; j < m; j++) x[i * m + j] = s->score[j + 1][i];
    return x;
}

static ll_status fit(const ll_input *in, const ll_score_study *s, const ll_fit_opts *o, ll_observational *f,
                     ll_error *err) {
    double *x = by_model(s);
    if (!x) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld models", (long long)s->n);
    ll_observational_data d = { .n = s->n,
                                .m = s->n_scores - 1,
                                .k = (int)in->components,
                                .x = x,
                                .target = s->score[0],
                                .score = s->name[0],
                                .C = s->x,
                                .cluster = s->cluster,
                                .name = s->family,
                                .floor = in->chance,
                                .cutoff = in->cutoff };
    for (int j = 0; j < d.m && j < LL_BENCHMARKS_MOST; j++) d.benchmark[j] = s->name[j + 1];
    const ll_status status = ll_observational_run(f, &d, o, err);
    free(x);
    return status;
}

/* ---- text ---- */

static void show_components(const ll_observational *f, const char (*benchmark)[LL_HEADER_MAX]) {
    char word[24];
    ll_say("components of %d benchmarks, and what each weighs in beta'S\n", f->components.m);
    if (f->missing) ll_say("(%lld missing scores filled by the first)\n", (long long)f->missing);
    ll_say("  %-17s", "");
    for (int k = 0; k < f->components.k; k++) {
        snprintf(word, sizeof word, "S%d", k + 1);
        ll_say(" %7s", word);
    }
    ll_say("  weight\n  %-17s", "share of variance");
    for (int k = 0; k < f->components.k; k++) ll_say(" %5.1f %%", 100 * f->components.share[k]);
    ll_say("\n");
    for (int j = 0; j < f->components.m; j++) {
        const ll_estimate *w = &f->params.weight[j];
        ll_say("  %-17.17s", benchmark[j]);
        for (int k = 0; k < f->components.k; k++) ll_say(" %+7.3f", f->components.loading[k][j]);
        ll_say("  %.3g", w->value);
        if (isfinite(w->lo)) ll_say(" [%.3g, %.3g]", w->lo, w->hi);
        ll_say("\n");
    }
}

static void show_direct(const ll_observational *f, const char *along) {
    if (!f->direct.n) {
        ll_say("no direct law: %s is known of too few models\n", along);
        return;
    }
    ll_say("direct: the same sigmoid of ln %s   (%lld models)\n", along, (long long)f->direct.n);
    ll_show_estimate("alpha", &f->params.direct[0], f->opts.level, "");
    ll_show_estimate("beta", &f->params.direct[1], f->opts.level, "");
    ll_show_estimate("ceiling", &f->params.direct[2], f->opts.level, "");
}

static void show_families(const ll_observational *f) {
    enum { LINES = 12 };
    if (f->reference < 0) return;
    ll_say("families: alpha + beta'S = w ln C + b, and what one of their\nFLOPs is worth in those of %s\n",
           f->family[f->reference].name);
    ll_say("  %-16s %6s %7s %7s %8s\n", "family", "models", "w", "b", "worth");
    for (int k = 0; k < f->n_families && k < LINES; k++) {
        const ll_observed_family *of = &f->family[k];
        ll_say("  %-16.16s %6lld", of->name, (long long)of->n);
        if (isfinite(of->w)) ll_say(" %7.2g %7.2g", of->w, of->b);
        else ll_say(" %7s %7s", "-", "-");
        ll_say(" %8.3g", of->factor.value);
        if (isfinite(of->factor.lo)) ll_say(" [%.2g, %.2g]", of->factor.lo, of->factor.hi);
        ll_say("\n");
    }
    if (f->n_families > LINES) ll_say("  and %d more (--json)\n", f->n_families - LINES);
}

static void show_judged(const ll_observational *f, const char *along) {
    if (!f->judged.n) {
        ll_say("not judged above a cutoff: %s\n", f->judged.missing);
        return;
    }
    static const char *const names[LL_JUDGED] = { LL_OBSERVATIONAL, "direct" };
    ll_say("judged: fitted to %lld models up to %.4g %s, on %lld above\n", (long long)f->judged.n_fit,
           f->judged.cutoff, along, (long long)f->judged.n);
    for (int k = 0; k < LL_JUDGED; k++)
        ll_say("  %-14s mean error %.4f, worst %.4f\n", names[k], f->judged.error[k], f->judged.worst[k]);
    ll_say("  better: %s\n", names[ll_observational_better(f)]);
}

static void show(const ll_score_study *s, const ll_observational *f) {
    char name[24];
    ll_show_ground(&s->study);
    ll_say(LL_OBSERVATIONAL ": " LL_OBSERVATIONAL_FORM "\n(%s of %lld of %lld models, floor %g)\n", s->name[0],
           (long long)f->n, (long long)f->models, f->law.floor);
    ll_show_estimate("alpha", &f->params.alpha, f->opts.level, "");
    for (int k = 0; k < f->components.k; k++) {
        snprintf(name, sizeof name, "beta_%d", k + 1);
        ll_show_estimate(name, &f->params.beta[k], f->opts.level, "");
    }
    ll_show_estimate("ceiling", &f->params.ceiling, f->opts.level, "");
    show_components(f, s->name + 1);
    show_direct(f, s->along);
    ll_say("left of the score's variance: %.3g %%, by the direct law %.3g %%\n", 100 * f->left[LL_JUDGED_LAW],
           100 * f->left[LL_JUDGED_DIRECT]);
    show_families(f);
    show_judged(f, s->along);
    ll_say("ls, %lld resamples of %s, %.2f s\n", (long long)f->n_draws, f->clustered ? "families" : "models",
           f->wall_s);
}

/* ---- the procedure ---- */

int ll_fit_observational(const ll_input *in, ll_manner manner, const char *path) {
    ll_error err = { 0 };
    ll_score_study s;
    ll_fit_opts o;
    ll_observational f;
    if (!*in->y || !*in->benchmarks)
        return ll_cli_usage("fit: law " LL_OBSERVATIONAL ": name the score with %s",
                            *in->y ? "--benchmarks A,B,C that foretell it" : "--y, such as --y GSM8K");
    if (read(in, path, &s, &o, &err) != LL_OK) return ll_cli_fail(&err);
    int code = fit(in, &s, &o, &f, &err) == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
    if (code == LL_EXIT_DONE) {
        if (manner == LL_AS_JSON) {
            const ll_fit_context context = { .convention = ll_study_convention(&s.study),
                                             .dropped = ll_study_left_out(&s.study) };
            code = ll_cli_json(ll_observational_json(&f, &context, s.along, s.name));
        } else show(&s, &f);
        ll_observational_clear(&f);
    }
    ll_score_study_clear(&s);
    return code;
}
