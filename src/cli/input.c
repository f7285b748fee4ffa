#include "cli/input.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/words/nearest.h"
#include "cli/print.h"
#include "cli/store_named.h"
#include "fit/io/fit_json.h"
#include "forecast/belief/curve.h"
#include "law/paper.h"
#include "loglog/units.h"

const ll_law *ll_input_law(const ll_input *in, ll_error *err) {
    const ll_law *law = ll_law_find(in->law);
    char known[512] = "", hint[LL_NEAREST_HINT];
    ll_nearest near = { .word = in->law };
    if (law) return law;
    for (const ll_law *const *l = ll_laws; *l; l++) {
        size_t used = strlen(known);
        ll_nearest_try(&near, (*l)->name);
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", (*l)->name);
    }
    LL_FAIL(err, LL_EINPUT, "--law is '%s', expected one of: %s%s", in->law, known, ll_nearest_hint(&near, hint));
    return NULL;
}

ll_var ll_input_along(const ll_input *in) {
    ll_var along;
    if (*in->bcrit && strcmp(in->x, LL_FLOPS_MIN) == 0) return LL_VAR_C;
    if (ll_var_named(in->x, &along) && along <= LL_VAR_C) return along;
    return *in->x ? LL_VAR_X : LL_VAR_C;
}

/* ---- how the law is fitted ---- */

/* "E=1.6,beta=0.37" */
static ll_status parse_fix(const ll_law *law, const char *text, ll_fit_opts *o, ll_error *err) {
    char copy[LL_OPTION_TEXT], *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *item; rest && *rest;) {
        item = rest;
        if ((rest = strchr(rest, ','))) *rest++ = 0;
        char *equal = strchr(item, '=');
        int j = 0;
        if (equal) *equal++ = 0;
        while (law && j < law->n_params && strcmp(law->params[j].name, item) != 0) j++;
        if (!law || j == law->n_params)
            return LL_FAIL(err, LL_EINPUT, "--fix: %s%s has no parameter '%.40s'", law ? "law " : "this law",
                           law ? law->name : "", item);
        if (!equal || !ll_units_parse(equal, &o->fixed_value[j]))
            return LL_FAIL(err, LL_EINPUT, "--fix: expected %s=NUMBER", item);
        o->fixed |= 1u << j;
    }
    return LL_OK;
}

/* Both are among the option table's words; a verb without that row has "". */
static ll_objective objective_of(const char *word) {
    ll_objective o = LL_OBJ_HUBER_LOG;
    ll_objective_named(word, &o);
    return o;
}

static ll_resample resample_of(const char *word) {
    ll_resample r = (ll_resample)0;
    ll_resample_named(word, &r);
    return r;
}

static ll_status fit_opts(const ll_input *in, const ll_law *law, ll_fit_opts *o, ll_error *err) {
    double starts = 0;
    if (*in->starts && strcmp(in->starts, "grid") != 0 &&
        (!ll_units_parse(in->starts, &starts) || !(starts >= 1 && starts <= 1e6) || starts != floor(starts)))
        return LL_FAIL(err, LL_EINPUT, "--starts is '%s', expected grid or a whole number from 1 to 1000000",
                       in->starts);
    *o = (ll_fit_opts) { .objective = objective_of(in->objective),
                         .resample = resample_of(in->resample),
                         .delta = in->delta,
                         .n_boot = in->bootstrap ? in->bootstrap : -1,
                         .level = in->level,
                         .n_starts = (int64_t)starts,
                         .seed = (uint64_t)in->seed,
                         .threads = (int)in->threads };
    return parse_fix(law, in->fix, o, err);
}

/* "2e8,0.21", or a paper's name. */
static ll_status parse_bcrit(const char *text, ll_bcrit *out, ll_error *err) {
    char id[LL_OPTION_TEXT + 8];
    const char *comma = strchr(text, ',');
    *out = (ll_bcrit) { 0 };
    if (!*text) return LL_OK;
    snprintf(id, sizeof id, "%s", text);
    if (comma) id[comma - text] = 0;
    else strcat(id, "_bcrit");
    const ll_paper *paper = comma ? NULL : ll_paper_find(id);
    if (paper) *out = (ll_bcrit) { paper->constant[0], paper->constant[1] };
    else if (!comma || !ll_units_parse(id, &out->B_star) || !ll_units_parse(comma + 1, &out->alpha_B))
        out->B_star = 0;
    if (out->B_star > 0 && isfinite(out->B_star) && out->alpha_B > 0 && isfinite(out->alpha_B)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT,
                   "--bcrit is '%.60s', expected B_star,alpha_B, both above 0, such as 2e8,0.21, or kaplan2020",
                   text);
}

/* ---- the study ---- */

ll_status ll_input_opts(const ll_input *in, const ll_law *law, ll_study_opts *out, ll_error *err) {
    const ll_var along = ll_input_along(in);
    const bool steps_min = *in->bcrit && strcmp(in->x, LL_STEPS_MIN) == 0;
    *out = (ll_study_opts) { .law = law,
                             .along = along,
                             .table = { .where = in->where,
                                        .columns = in->col,
                                        .params_are = in->params_are,
                                        .loss_unit = in->loss_unit,
                                        .cluster = in->cluster,
                                        .set = in->set,
                                        .last = in->last,
                                        .x = along == LL_VAR_X && !steps_min ? in->x : NULL,
                                        .y = in->y,
                                        .measures = in->measures },
                             .ladder = in->ladder,
                             .curves = in->curves,
                             .prior = in->prior,
                             .x_is_steps = steps_min,
                             .weight_is_se = strcmp(in->weight_is, "se") == 0 };
    LL_TRY(parse_bcrit(in->bcrit, &out->bcrit, err));
    return fit_opts(in, law, &out->fit, err);
}

static double largest(const double *v, int64_t n) {
    double most = 0;
    for (int64_t i = 0; v && i < n; i++) most = fmax(most, v[i]);
    return most;
}

static double smallest(const double *v, int64_t n) {
    double least = INFINITY;
    for (int64_t i = 0; v && i < n; i++) least = fmin(least, v[i]);
    return v && n > 0 ? least : 0;
}

/* Whatever the verb: what no table should hold, and rows that no answer stands on. Of a store runs come and go. */
static void warn_of_table(const ll_study *s) {
    enum { FEW = 1000, MUCH = 100 }; /* parameters; nats */
    const ll_columns *c = &s->columns;
    const double N = largest(c->v[LL_VAR_N], c->n), L = smallest(c->loss, c->n);
    char words[256];
    if (s->of_store) return;
    if (*ll_study_left_words(s, words, sizeof words)) {
        ll_say_to(stderr, "warning: %s: ", s->source);
        ll_say_to(stderr, "%s\n", words);
    }
    if (N > 0 && N < FEW)
        ll_say_to(stderr,
                  "warning: %s: no run has more than %g parameters; of a column in billions: --col "
                  "'params=1e9*HEADER', or a header that ends in (B)\n",
                  s->source, N);
    if (L > MUCH && s->observed.table.loss_unit != LL_LOSS_UNSTATED)
        ll_say_to(stderr, "warning: %s: no loss is below %g; is '%s' the column of losses?\n", s->source, L,
                  s->observed.table.header[LL_COL_LOSS]);
}

ll_status ll_input_read(const ll_input *in, const ll_law *law, const char *path, unsigned also, ll_study *out,
                        ll_error *err) {
    ll_study_opts opts;
    *out = (ll_study) { 0 };
    LL_TRY(ll_input_opts(in, law, &opts, err));
    if (!path) LL_TRY(ll_cli_check_store(in->store, err));
    opts.also = also;
    LL_TRY(ll_study_read(out, path, in->store, &opts, err));
    warn_of_table(out);
    return LL_OK;
}

ll_status ll_input_study(const ll_input *in, const char *path, ll_study *out, ll_error *err) {
    *out = (ll_study) { 0 };
    if (*in->fit && path) return LL_FAIL(err, LL_EINPUT, "%s is fitted already: leave out %s", in->fit, path);
    if (*in->fit) return ll_study_load(out, in->fit, in->prior, err);
    const ll_law *law = ll_input_law(in, err);
    if (!law) return err->code;
    LL_TRY(ll_input_read(in, law, path, 0, out, err));
    const ll_status status = ll_study_fit(out, err);
    if (status != LL_OK) ll_study_clear(out);
    return status;
}

ll_status ll_input_forecaster(const ll_input *in, const char *path, ll_study *out, ll_error *err) {
    const ll_law *law = *in->fit ? NULL : ll_input_law(in, err);
    *out = (ll_study) { 0 };
    if (!*in->fit && !law) return err->code;
    if (law) LL_TRY(ll_curve_can(law, err));
    return ll_input_study(in, path, out, err);
}

ll_status ll_input_evidence(const ll_input *in, const char *path, ll_study *study, ll_study_opts *how,
                            ll_evidence_opts *out, ll_error *err) {
    *out = (ll_evidence_opts) { .store = in->store, .ladder = in->ladder };
    LL_TRY(ll_cli_check_store(in->store, err));
    if (path || *in->fit) {
        out->study = study;
        return ll_input_study(in, path, study, err);
    }
    const ll_law *law = ll_input_law(in, err);
    if (!law) return err->code;
    out->how = how;
    return ll_input_opts(in, law, how, err);
}
