#include <math.h>
#include <string.h>

#include "forecast/belief/forecast.h"
#include "loglog/units.h"

static const char SCHEMA[] = "loglog.forecast/1";
static const char *const var_keys[LL_VAR_COUNT] = { "params", "tokens", "flops", "x", "unique_tokens", "steps" };

/* X(key, field): the texts, in the order they are written. */
#define TEXTS(X)                \
    X("run", run)               \
    X("question", question)     \
    X("law", law)               \
    X("form", form)             \
    X("convention", convention) \
    X("judged_by", judged_by)   \
    X("data_hash", data_hash)   \
    X("spec_hash", spec_hash)   \
    X("version", version)       \
    X("sealed", sealed)

static const char *const quantile_keys[LL_FORECAST_QUANTILES] = {
#define KEY(level) #level,
    LL_FORECAST_LEVELS(KEY)
#undef KEY
};

ll_json *ll_quantiles_json(const ll_forecast *f) {
    ll_json *o = ll_json_object();
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++) ll_json_set_num(o, quantile_keys[i], f->quantile[i]);
    return o;
}

ll_json *ll_forecast_json(const ll_forecast *f) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "schema", SCHEMA);
#define WRITE(key, field) ll_json_set_str(o, key, f->field);
    TEXTS(WRITE)
#undef WRITE
    if (*f->author) ll_json_set_str(o, "author", f->author);
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (f->x[v] > 0) ll_json_set_num(ll_json_group(o, "at"), var_keys[v], f->x[v]);
    ll_json_set(o, "quantiles", ll_quantiles_json(f));
    ll_json_set_num(o, "mean_ln_loss", f->mean);
    ll_json_set_num(o, "sd_ln_loss", f->sd);
    ll_json_set_num(o, "reach", f->reach);
    ll_json_set_num(o, "bytes_per_token", f->bytes_per_token);
    ll_json_set_int(o, "n_fitted", f->n_fitted);
    if (f->replicate) ll_json_set_bool(o, "replicate", true);
    if (!*f->prior) return o;
    ll_json *prior = ll_json_group(o, "prior");
    ll_json_set_str(prior, "name", f->prior);
    ll_json_set_str(prior, "hash", f->prior_hash);
    ll_json_set_num(prior, "spread", f->prior_spread);
    return o;
}

/* Entries of before there were authors have none. */
static ll_status read_author(ll_forecast *f, const ll_json *body, ll_error *err) {
    return ll_json_get(body, "author")
               ? ll_json_read_text(body, "author", "forecast", f->author, sizeof f->author, err)
               : LL_OK;
}

/* Nor do those of before it was named what they borrow. */
static ll_status read_prior(ll_forecast *f, const ll_json *body, ll_error *err) {
    const ll_json *prior = ll_json_get(body, "prior");
    if (!prior) return LL_OK;
    LL_TRY(ll_json_read_text(prior, "name", "forecast: prior", f->prior, sizeof f->prior, err));
    LL_TRY(ll_json_read_text(prior, "hash", "forecast: prior", f->prior_hash, sizeof f->prior_hash, err));
    f->prior_spread = ll_json_get_num(prior, "spread");
    return f->prior_spread > 0 ? LL_OK : LL_FAIL(err, LL_EFORMAT, "forecast: prior.spread must be above 0");
}

static ll_status read_quantiles(ll_forecast *f, const ll_json *body, ll_error *err) {
    const ll_json *q = ll_json_get(body, "quantiles");
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++) {
        f->quantile[i] = ll_json_get_num(q, quantile_keys[i]);
        if (!(f->quantile[i] > 0) || (i > 0 && f->quantile[i] < f->quantile[i - 1]))
            return LL_FAIL(err, LL_EFORMAT,
                           "forecast: quantiles.%s must be above 0 and not below the one before it",
                           quantile_keys[i]);
    }
    return LL_OK;
}

ll_status ll_forecast_parse(ll_forecast *out, const ll_json *body, ll_error *err) {
    *out = (ll_forecast) { 0 };
    const char *schema = ll_json_get_str(body, "schema");
    if (!schema || strcmp(schema, SCHEMA) != 0)
        return LL_FAIL(err, LL_EFORMAT, "forecast: schema is '%.40s', expected '%s'", schema ? schema : "", SCHEMA);
#define READ(key, field) LL_TRY(ll_json_read_text(body, key, "forecast", out->field, sizeof out->field, err));
    TEXTS(READ)
#undef READ
    LL_TRY(read_author(out, body, err));
    LL_TRY(read_prior(out, body, err));
    LL_TRY(read_quantiles(out, body, err));
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        double x = ll_json_get_num(ll_json_get(body, "at"), var_keys[v]);
        out->x[v] = isnan(x) ? 0 : x;
    }
    out->mean = ll_json_get_num(body, "mean_ln_loss");
    out->sd = ll_json_get_num(body, "sd_ln_loss");
    out->reach = ll_json_get_num(body, "reach");
    out->bytes_per_token = ll_json_get_num(body, "bytes_per_token");
    out->n_fitted = ll_json_get_int(body, "n_fitted", 0);
    ll_json_get_bool(body, "replicate", &out->replicate);
    if (!isfinite(out->mean) || !(out->sd >= 0) || !(out->reach > 0) || out->n_fitted < 0)
        return LL_FAIL(err, LL_EFORMAT,
                       "forecast: mean_ln_loss, sd_ln_loss, reach or n_fitted is no usable number");
    return LL_OK;
}

/* ---- comparing ---- */

static bool same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

static bool same_all(const double *a, const double *b, int n) {
    for (int i = 0; i < n; i++)
        if (!same(a[i], b[i])) return false;
    return true;
}

bool ll_forecast_says_same(const ll_forecast *a, const ll_forecast *b) {
    const bool texts = strcmp(a->run, b->run) == 0 && strcmp(a->question, b->question) == 0 &&
                       strcmp(a->author, b->author) == 0 && strcmp(a->law, b->law) == 0 &&
                       strcmp(a->form, b->form) == 0 && strcmp(a->convention, b->convention) == 0 &&
                       strcmp(a->judged_by, b->judged_by) == 0 && strcmp(a->data_hash, b->data_hash) == 0 &&
                       strcmp(a->spec_hash, b->spec_hash) == 0 && strcmp(a->prior, b->prior) == 0 &&
                       strcmp(a->prior_hash, b->prior_hash) == 0;
    return texts && same_all(a->x, b->x, LL_VAR_COUNT) &&
           same_all(a->quantile, b->quantile, LL_FORECAST_QUANTILES) && same(a->mean, b->mean) &&
           same(a->sd, b->sd) && same(a->reach, b->reach) && same(a->bytes_per_token, b->bytes_per_token) &&
           same(a->prior_spread, b->prior_spread) && a->n_fitted == b->n_fitted;
}

/* ---- scores ---- */

/* X(key, stated, covered) */
#define INTERVALS(X)                    \
    X("covered50", stated50, covered50) \
    X("covered90", stated90, covered90) \
    X("covered99", stated99, covered99)

static void write_covered(ll_json *o, const char *key, bool stated, bool covered) {
    if (stated) ll_json_set_bool(o, key, covered);
    else ll_json_set_num(o, key, NAN);
}

static bool reads_covered(const ll_json *body, const char *key, bool stated, bool covered) {
    bool said = false;
    return ll_json_get(body, key) && ll_json_get_bool(body, key, &said) == stated && said == covered;
}

void ll_covered_write(ll_json *o, const ll_score *s) {
#define WRITE(key, stated, covered) write_covered(o, key, s->stated, s->covered);
    INTERVALS(WRITE)
#undef WRITE
}

bool ll_covered_reads(const ll_json *body, const ll_score *s) {
#define READS(key, stated, covered) &&reads_covered(body, key, s->stated, s->covered)
    return true INTERVALS(READS);
#undef READS
}

ll_json *ll_score_json(const ll_forecast *f, const ll_score *s) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "schema", "loglog.score/1");
    ll_json_set_str(o, "run", f->run);
    ll_json_set_num(o, "outcome", s->outcome);
    ll_json_set_num(o, "outcome_bits_per_byte", ll_units_bits_per_byte(s->outcome, f->bytes_per_token));
    ll_json_set_num(o, "median", f->quantile[LL_FORECAST_MEDIAN]);
    ll_json_set(o, "ci90",
                ll_json_nums((double[]) { f->quantile[LL_FORECAST_LO90], f->quantile[LL_FORECAST_HI90] }, 2));
    ll_json_set_num(o, "interval_score", s->interval_score);
    ll_json_set_num(o, "log_score", s->log_score);
    ll_json_set_num(o, "pit", s->pit);
    ll_covered_write(o, s);
    return o;
}

bool ll_score_reads(const ll_json *body, const ll_forecast *f, const ll_score *s) {
    const ll_json *ci = ll_json_get(body, "ci90");
    const char *run = ll_json_get_str(body, "run");
    const double bits = ll_units_bits_per_byte(s->outcome, f->bytes_per_token);
    return ll_covered_reads(body, s) && run && strcmp(run, f->run) == 0 &&
           same(ll_json_get_num(body, "outcome"), s->outcome) &&
           same(ll_json_get_num(body, "outcome_bits_per_byte"), bits) &&
           same(ll_json_get_num(body, "median"), f->quantile[LL_FORECAST_MEDIAN]) && ll_json_size(ci) == 2 &&
           same(ll_json_as_num(ll_json_at(ci, 0)), f->quantile[LL_FORECAST_LO90]) &&
           same(ll_json_as_num(ll_json_at(ci, 1)), f->quantile[LL_FORECAST_HI90]) &&
           same(ll_json_get_num(body, "interval_score"), s->interval_score) &&
           same(ll_json_get_num(body, "log_score"), s->log_score) && same(ll_json_get_num(body, "pit"), s->pit);
}
