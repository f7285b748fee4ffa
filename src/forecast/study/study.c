#include "forecast/study/study.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit/doubt/reach.h"
#include "fit/draws/interval.h"
#include "fit/io/saved.h"
#include "fit/warn.h"
#include "forecast/belief/rehearsal.h"
#include "forecast/belief/split.h"

/* ---- the observations ---- */

/* X is what `along` says, and only a law that reads X has one. */
static ll_status check_x(const ll_study_opts *opts, const ll_law *law, ll_error *err) {
    const bool reads = law->vars >> LL_VAR_X & 1, column = opts->x_is_steps || (opts->table.x && *opts->table.x);
    if (reads && law->x && !column && opts->along == LL_VAR_C)
        return LL_FAIL(err, LL_EINPUT, "law %s: name the column of X with --x HEADER: %s", law->name, law->x);
    if (!reads && column)
        return LL_FAIL(err, LL_EINPUT, "--x is '%.60s': law %s has no variable X",
                       opts->x_is_steps ? LL_STEPS_MIN : opts->table.x, law->name);
    return LL_OK;
}

static ll_status take_weights(ll_study *s, const ll_study_opts *opts, ll_error *err) {
    const ll_columns *c = &s->columns;
    s->data.weight = c->weight;
    if (!opts->weight_is_se) return LL_OK;
    if (!c->weight) return LL_FAIL(err, LL_EINPUT, "--weight-is se needs a column: --col weight=HEADER");
    s->weight = malloc((size_t)(c->n + 1) * sizeof *s->weight);
    if (!s->weight) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)c->n);
    for (int64_t i = 0; i < c->n; i++) s->weight[i] = 1 / (c->weight[i] * c->weight[i]);
    s->data.weight = s->weight;
    return LL_OK;
}

/* X is S_min. */
static ll_status put_steps_as_x(ll_table *t, const char *source, ll_error *err) {
    if (!t->num[LL_COL_STEP])
        return LL_FAIL(err, LL_EINPUT, "%s: no column of steps; name it with --col step=HEADER", source);
    t->x = malloc(((size_t)t->rows + 1) * sizeof *t->x);
    if (!t->x) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)t->rows);
    memcpy(t->x, t->num[LL_COL_STEP], (size_t)t->rows * sizeof *t->x);
    strcpy(t->x_header, LL_STEPS_MIN);
    return LL_OK;
}

/* Steps and FLOPs at the best batch, where they are asked for. */
static ll_status put_minimal(ll_study *s, const ll_study_opts *opts, ll_error *err) {
    ll_table *t = &s->observed.table;
    ll_columns c;
    if (!(opts->bcrit.B_star > 0)) return LL_OK;
    LL_TRY(ll_columns_new(&c, t, s->source, 0, err));
    ll_status status = ll_minimal_put(t, &c, &opts->bcrit, s->source, err);
    ll_columns_free(&c);
    if (status == LL_OK && opts->x_is_steps) status = put_steps_as_x(t, s->source, err);
    return status;
}

static void say_minimal(ll_json *convention, const ll_bcrit *b) {
    if (!(b->B_star > 0)) return;
    ll_json *o = ll_json_group(convention, "bcrit");
    ll_json_set_num(o, "B_star", b->B_star);
    ll_json_set_num(o, "alpha_B", b->alpha_B);
}

/* The rows as the law reads them. */
static ll_status bind(ll_study *s, const ll_study_opts *opts, ll_error *err) {
    const unsigned X = 1u << LL_VAR_X;
    const bool reads_x = s->law->vars & X;
    const unsigned own = (s->law->vars & ~X) | (reads_x ? 1u << s->along : 0);
    const unsigned signs = s->law->below_zero ? LL_COLUMNS_BELOW_ZERO : 0;
    const unsigned needed = opts->also | signs | (opts->law || !opts->also ? own : 0);
    ll_columns *c = &s->columns;
    LL_TRY(check_x(opts, s->law, err));
    LL_TRY(put_minimal(s, opts, err));
    LL_TRY(ll_columns_new(c, &s->observed.table, s->source, needed, err));
    const double *x = s->along == LL_VAR_X ? c->x : c->v[s->along];
    s->data = (ll_fit_data) { .n = c->n,
                              .x = { c->v[LL_VAR_N], c->v[LL_VAR_D], c->v[LL_VAR_C], reads_x ? x : NULL, c->unique,
                                     c->steps },
                              .loss = c->loss,
                              .cluster = c->cluster,
                              .line = s->observed.table.line,
                              .run = c->run };
    s->run = c->run;
    s->convention = ll_columns_convention(c, &s->observed.table, s->source);
    s->loss_unit = ll_json_get_str(s->convention, "loss_unit");
    if (!s->loss_unit) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)c->n);
    c->loss_unit = s->loss_unit; /* wherever the study is moved to */
    say_minimal(s->convention, &opts->bcrit);
    return take_weights(s, opts, err);
}

ll_status ll_study_of(ll_study *s, ll_observed *observed, const char *source, const ll_study_opts *opts,
                      ll_error *err) {
    *s = (ll_study) { .law = opts->law ? opts->law : ll_law_find("chinchilla"),
                      .along = opts->along,
                      .observed = *observed,
                      .opts = opts->fit,
                      .spread = NAN };
    *observed = (ll_observed) { 0 };
    snprintf(s->source, sizeof s->source, "%s", source);
    ll_status status = ll_borrowed_named(&s->borrowed, opts->prior, NULL, err);
    if (status == LL_OK) status = bind(s, opts, err);
    if (status != LL_OK) ll_study_clear(s);
    return status;
}

/* A store has no columns to choose among. */
static ll_status check_store(const ll_study_opts *opts, ll_error *err) {
    const ll_table_opts *t = &opts->table;
    const char *const of_columns[] = { t->columns, t->params_are, t->loss_unit, t->cluster, t->set };
    bool any = t->last;
    for (size_t k = 0; k < sizeof of_columns / sizeof *of_columns; k++)
        any = any || (of_columns[k] && *of_columns[k]);
    if (!any) return LL_OK;
    return LL_FAIL(err, LL_EINPUT,
                   "--cluster, --col, --set, --last, --params-are and --loss-unit speak of a table's columns: name "
                   "a table");
}

static ll_status observe_store(ll_observed *o, const char *store, const ll_study_opts *opts, ll_error *err) {
    const ll_observe_opts which = { opts->ladder,  opts->table.where,    opts->table.x,
                                    opts->table.y, opts->table.measures, opts->curves };
    LL_TRY(check_store(opts, err));
    LL_TRY(ll_observe_store(o, store, &which, err));
    if (o->table.rows > 0) return LL_OK;
    int64_t none = 0;
    for (int k = 0; k < LL_OBSERVATION_COUNT; k++) none += o->left_out[k];
    ll_observed_clear(o);
    return LL_FAIL(err, LL_EINPUT,
                   "%s holds no finished runs to fit%s: name a table, another --ladder, or run a ladder first",
                   store, none ? " (those of the ladder are trunks, held out, unfinished or without a loss)" : "");
}

static ll_status borrow_beside(ll_study *s, const char *prior, const char *store, ll_error *err) {
    const ll_status status = ll_borrowed_named(&s->borrowed, prior, store, err);
    if (status != LL_OK) ll_study_clear(s);
    return status;
}

ll_status ll_study_read(ll_study *s, const char *path, const char *store, const ll_study_opts *opts,
                        ll_error *err) {
    ll_observed o;
    *s = (ll_study) { 0 };
    if (path && opts->ladder && *opts->ladder)
        return LL_FAIL(err, LL_EINPUT, "--ladder speaks of a store, and %s is a table", path);
    if (path && opts->curves)
        return LL_FAIL(err, LL_EINPUT, "--curves speaks of a store: the rows of %s are what they are", path);
    ll_table_opts rows = opts->table;
    rows.with_loss = !rows.last && !(opts->also & LL_COLUMNS_NO_LOSS);
    LL_TRY(path ? ll_observe_table(&o, path, &rows, err) : observe_store(&o, store, opts, err));
    LL_TRY(ll_study_of(s, &o, !path ? store : opts->table.name ? opts->table.name : path, opts, err));
    if (!path) LL_TRY(borrow_beside(s, opts->prior, store, err));
    s->of_store = !path;
    s->of_curves = opts->curves;
    return LL_OK;
}

ll_status ll_study_load(ll_study *s, const char *path, const char *prior, ll_error *err) {
    ll_saved_fit f;
    ll_borrowed borrowed;
    *s = (ll_study) { 0 };
    LL_TRY(ll_borrowed_named(&borrowed, prior, NULL, err));
    LL_TRY(ll_saved_read(&f, path, err));
    const bool rehearsed = f.spread > 0 && strcmp(borrowed.name, "public") == 0;
    *s = (ll_study) { .law = f.fit.law,
                      .along = f.along,
                      .of_fit = true,
                      .opts = f.fit.opts,
                      .data = f.fit.data,
                      .run = (const char *const *)f.run,
                      .loss_unit = f.loss_unit,
                      .convention = f.convention,
                      .fit = f.fit,
                      .spread = rehearsed ? f.spread : NAN,
                      .borrowed = borrowed,
                      .saved_run = f.run };
    s->data.run = s->run;
    snprintf(s->source, sizeof s->source, "%s", path);
    return LL_OK;
}

/* ---- law and belief ---- */

ll_status ll_study_fit(ll_study *s, ll_error *err) {
    return s->fit.law ? LL_OK : ll_fit_run(&s->fit, s->law, &s->data, &s->opts, err);
}

ll_status ll_study_believe(ll_study *s, ll_error *err) {
    if (s->belief) return LL_OK;
    ll_prior prior = s->borrowed.prior;
    if (s->triage.n == 0)
        LL_TRY(ll_triage_new(&s->triage, s->law, &s->data, &prior, &s->opts, s->opts.threads, err));
    ll_triage_learn(&s->triage, &prior);
    const ll_fit_data *sound = &s->triage.data;
    const bool rehearsed = isfinite(s->spread);
    if (rehearsed) prior.spread = s->spread;
    LL_TRY(ll_posterior_new(&s->belief, s->law, sound, &prior, &s->opts, s->opts.threads, err));
    const ll_status status = rehearsed ? LL_OK : ll_rehearse(s->belief, sound, &s->opts, s->opts.threads, err);
    if (status == LL_OK) s->spread = ll_posterior_look(s->belief).prior->spread;
    else ll_posterior_free(s->belief), s->belief = NULL;
    return status;
}

/* Runs that no forecast stands on are saved all the same. */
ll_status ll_study_save(ll_study *s, const char *path, ll_error *err) {
    ll_error why = { 0 };
    LL_TRY(ll_study_fit(s, err));
    const ll_status status = ll_study_believe(s, &why);
    const bool is_public = strcmp(s->borrowed.name, "public") == 0;
    if (status == LL_ENOMEM) return LL_FAIL(err, status, "%s", why.msg);
    const ll_fit_context context = { .convention = ll_study_convention(s),
                                     .dropped = ll_study_left_out(s),
                                     .runs = s->run,
                                     .along = s->along,
                                     .spread = status == LL_OK && is_public ? s->spread : 0 };
    return ll_saved_write(&s->fit, &context, path, err);
}

void ll_study_clear(ll_study *s) {
    for (int64_t i = 0; s->saved_run && i < s->data.n; i++) free(s->saved_run[i]);
    free(s->saved_run);
    free(s->weight);
    ll_json_free(s->convention);
    ll_fit_clear(&s->fit);
    ll_posterior_free(s->belief);
    ll_triage_free(&s->triage);
    ll_columns_free(&s->columns);
    ll_observed_clear(&s->observed);
    *s = (ll_study) { 0 };
}

/* ---- one run ---- */

static double level_of(const ll_study *s) {
    return s->opts.level > 0 ? s->opts.level : 0.9;
}

/* The run's variables, as the law reads them. */
static ll_status place(const ll_study *s, const ll_outlook *o, double x[LL_VAR_COUNT], ll_error *err) {
    memset(x, 0, LL_VAR_COUNT * sizeof *x);
    if (!(o->params > 0 && o->tokens > 0 && isfinite(o->flops)))
        return LL_FAIL(err, LL_EINPUT, "a run of %g parameters on %g tokens: expected finite numbers above 0",
                       o->params, o->tokens);
    if (ll_json_get(s->convention, "bcrit"))
        return LL_FAIL(err, LL_EINPUT, "law %s is of S_min and C_min: it forecasts no run of a batch of its own",
                       s->law->name);
    if ((s->law->vars >> LL_VAR_X & 1 && s->along == LL_VAR_X) || s->law->vars >> LL_VAR_S & 1)
        return LL_FAIL(err, LL_EINPUT,
                       "law %s reads more than parameters and tokens: it forecasts no run from them", s->law->name);
    x[LL_VAR_N] = o->params;
    x[LL_VAR_D] = o->tokens;
    x[LL_VAR_C] = o->flops;
    x[LL_VAR_U] = o->unique_tokens > 0 ? fmin(o->unique_tokens, o->tokens) : o->tokens;
    if (s->law->vars >> LL_VAR_X & 1) x[LL_VAR_X] = x[s->along];
    return o->unique_tokens > 0 ? ll_repeats_check(s->law, err) : LL_OK;
}

/* Compute of the run over that of the largest observation, in the measure of the law. */
static double reach_of(const ll_study *s, const double x[LL_VAR_COUNT]) {
    ll_fit_data here = { .n = 1 };
    for (int v = 0; v < LL_VAR_COUNT; v++) here.x[v] = s->data.x[v] ? &x[v] : NULL;
    return ll_split_compute(s->law, &here, 0) / ll_split_largest(s->law, &s->data);
}

const char *ll_study_data_hash(const ll_study *s) {
    const char *saved = s->convention ? ll_json_get_str(s->convention, "data_hash") : NULL;
    return s->of_fit ? saved ? saved : "" : s->observed.data_hash;
}

static void describe(const ll_study *s, ll_forecast *f, double reach) {
    const char *N = ll_json_get_str(s->convention, "params");
    f->reach = reach;
    f->n_fitted = s->data.n;
    f->prior_spread = s->borrowed.prior.spread;
    snprintf(f->prior, sizeof f->prior, "%s", s->borrowed.name);
    snprintf(f->prior_hash, sizeof f->prior_hash, "%s", s->borrowed.hash);
    snprintf(f->law, sizeof f->law, "%s", s->law->name);
    snprintf(f->form, sizeof f->form, "%s", s->law->form);
    snprintf(f->convention, sizeof f->convention, "%.16s N, C = 6ND", N ? N : "unstated");
    snprintf(f->data_hash, sizeof f->data_hash, "%.64s", ll_study_data_hash(s));
    snprintf(f->spec_hash, sizeof f->spec_hash, "%s", s->observed.spec_hash);
}

typedef struct repeated_at {
    const ll_law *law;
    const double *x;
} repeated_at;

static double law_repeated(const double *params, const void *ctx) {
    const repeated_at *at = ctx;
    return ll_repeats_loss(at->law, params, at->x);
}

/* Law and forecast, moved by what the law says that repeated tokens cost: a law that reads them has said so. */
static ll_status repeat(ll_study *s, const double x[LL_VAR_COUNT], ll_outlook *o, ll_error *err) {
    double p[LL_LAW_MAX_PARAMS];
    if (!(o->unique_tokens > 0)) return LL_OK;
    LL_TRY(ll_study_fit(s, err));
    for (int j = 0; j < s->law->n_params; j++) p[j] = s->fit.params[j].value;
    const double cost = ll_repeats_loss(s->law, p, x) / s->law->eval(p, x);
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++) o->forecast.quantile[q] *= cost;
    o->forecast.mean += log(cost);
    o->loss = (ll_estimate) { o->loss.value * cost, o->loss.se * cost, o->loss.lo * cost, o->loss.hi * cost };
    o->law = ll_fit_derived(&s->fit, law_repeated, &(repeated_at) { s->law, x });
    o->repeats = ll_repeats_of(s->law, p);
    return LL_OK;
}

ll_status ll_study_outlook(ll_study *s, double params, double tokens, double unique_tokens, ll_outlook *out,
                           ll_error *err) {
    double x[LL_VAR_COUNT];
    *out = (ll_outlook) { .params = params,
                          .tokens = tokens,
                          .flops = 6 * params * tokens,
                          .level = level_of(s),
                          .unique_tokens = unique_tokens };
    out->law = (ll_estimate) { NAN, NAN, NAN, NAN };
    LL_TRY(place(s, out, x, err));
    LL_TRY(ll_study_believe(s, err));
    LL_TRY(ll_forecast_from(&out->forecast, &(const ll_posterior *) { s->belief }, 1, x, err));
    LL_TRY(ll_forecast_interval(&out->loss, s->belief, x, out->level, err));
    out->reach = reach_of(s, x);
    describe(s, &out->forecast, out->reach);
    if (s->fit.law) out->law = ll_fit_law_at(&s->fit, x);
    return repeat(s, x, out, err);
}

ll_status ll_study_in_nats(const ll_study *s, const char *what, ll_error *err) {
    if (strcmp(s->loss_unit, LL_NATS_PER_TOKEN) == 0) return LL_OK;
    const bool bits = strncmp(s->loss_unit, "bits", 4) == 0, of_bytes = strcmp(s->loss_unit, "bits per byte") == 0;
    return LL_FAIL(err, LL_EINPUT, "%s is in nats per token, the losses of %s in %s%s%s", what, s->source,
                   s->loss_unit, bits ? "; 'runs import' converts a table" : "",
                   of_bytes ? " that has bytes_per_token, or is given it: --set bytes_per_token=4.2" : "");
}

double ll_study_bytes_per_token(const ll_study *s) {
    const double *v = s->observed.table.num[LL_COL_BYTES_PER_TOKEN];
    double ratio = NAN;
    for (int64_t i = 0; v && i < s->data.n; i++) {
        if (!(v[i] > 0)) continue;
        if (ratio > 0 && fabs(v[i] / ratio - 1) > 1e-9) return NAN;
        ratio = v[i];
    }
    return ratio;
}

/* ---- in words ---- */

const char *ll_study_departs(const ll_estimate *forecast, const ll_estimate *law) {
    return forecast->value < law->lo ? "below" : forecast->value > law->hi ? "above" : NULL;
}

ll_json *ll_study_convention(const ll_study *s) {
    return ll_json_copy(s->convention);
}

static void name_row(const void *ctx, int64_t row, char *out, size_t size) {
    char name[LL_FIT_ROW];
    snprintf(out, size, "%s", ll_fit_row_name(ctx, row, name));
}

const char *ll_study_fault_words(const ll_study *s, ll_fault fault, char out[LL_TRIAGE_WORDS]) {
    return ll_triage_words(&s->triage, fault, name_row, &s->data, out);
}

static void add(char *out, size_t size, const char *fmt, ...) LL_PRINTF(3, 4);
static void add(char *out, size_t size, const char *fmt, ...) {
    const size_t used = strlen(out);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out + used, size - used, fmt, ap);
    va_end(ap);
}

const char *ll_study_left_words(const ll_study *s, char *out, size_t size) {
    const ll_observed *o = &s->observed;
    *out = 0;
    for (int k = 1; k < LL_OBSERVATION_COUNT; k++)
        if (o->left_out[k])
            add(out, size, "%sleft out: %lld %s", *out ? "; " : "", (long long)o->left_out[k],
                ll_observation_words((ll_observation)k));
    return out;
}

int64_t ll_study_left_out(const ll_study *s) {
    int64_t n = s->observed.table.dropped;
    for (int k = 1; k < LL_OBSERVATION_COUNT; k++) n += s->observed.left_out[k];
    return n;
}

const char *ll_study_words(const ll_study *s, char *out, size_t size) {
    const ll_observed *o = &s->observed;
    char left[256];
    ll_study_left_words(s, left, sizeof left);
    *out = 0;
    if (!s->of_store && !*left && !o->table.clustered_by_run) return out;
    snprintf(out, size, "%lld %s", (long long)s->data.n, s->of_curves ? "points of learning curves" : "runs");
    if (*o->ladder) add(out, size, " of ladder %s (%s)", o->ladder, o->ladder_name);
    if (*left) add(out, size, "; %s", left);
    if (o->elsewhere)
        add(out, size, "; %lld finished runs outside it (--ladder ID, imported or all)", (long long)o->elsewhere);
    if (o->table.clustered_by_run)
        add(out, size, "; rows of one run are one cluster (--cluster none: each its own)");
    if (*o->mixed) add(out, size, "; MIXED: %s fitted as one (--where parts them)", o->mixed);
    return out;
}
