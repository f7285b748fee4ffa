#include "sweep/design/design.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loglog/units.h"
#include "sweep/design/rung_set.h"
#include "sweep/design/shape_near.h"
#include "train/horizon.h"

typedef struct design {
    const ll_spec *spec;
    int64_t vocab;
    ll_rung_set set;
} design;

/* ---- rungs ---- */

/* In sequences, a power of two: micro-batches are equal and share well among threads. */
static int64_t sequences(const ll_spec *s, double batch_tokens) {
    return (int64_t)exp2(
        fmax(0, floor(log2(fmin(batch_tokens / (double)s->model.context, LL_RUNG_MOST_STEPS)) + 0.5)));
}

static int64_t batch_of(const design *d, double tokens) {
    const ll_spec *s = d->spec;
    return sequences(s, s->train.batch_tokens ? (double)s->train.batch_tokens : ll_horizon_batch(tokens));
}

/* Each run is made with each count of distinct tokens, and of each there are repeats with seeds of their own. */
typedef struct variant {
    int64_t repeat;
    double unique;
} variant;

static int64_t variants_of(const design *d, int64_t seeds) {
    const int64_t n = d->spec->data.unique_tokens.n;
    return seeds * (n ? n : 1);
}

static variant variant_of(const design *d, int64_t seeds, int64_t k) {
    const ll_list *unique = &d->spec->data.unique_tokens;
    return (variant) { k % seeds, unique->n ? unique->v[k / seeds] : INFINITY };
}

static int64_t variants(const design *d) {
    return variants_of(d, d->spec->design.seeds);
}

static variant variant_at(const design *d, int64_t k) {
    return variant_of(d, d->spec->design.seeds, k);
}

/* Without a bound: 0. */
static int64_t windows_of(const ll_model *m, double unique) {
    return isfinite(unique) ? (int64_t)fmax(1, floor(unique / (double)m->context)) : 0;
}

static double decay_of(const ll_spec *s, double lr, int64_t steps) {
    return s->train.decay >= 0 ? s->train.decay : ll_horizon_decay(lr, steps);
}

/* Everything that follows from model, tokens, batch and variant. */
static ll_rung rung_of(const design *d, ll_rung_role role, const ll_model *m, double tokens, int64_t batch,
                       variant v) {
    const ll_spec *s = d->spec;
    char n_text[24], d_text[24], u_text[24], unique_text[32] = "", seed_text[24] = "";
    ll_rung r = { .role = role,
                  .model = *m,
                  .batch = batch,
                  .micro = ll_train_micro(m, batch),
                  .trunk = -1,
                  .seed = (uint64_t)(s->seed + v.repeat),
                  .windows = windows_of(m, v.unique),
                  .lr = s->train.lr,
                  .count = ll_shape_count(s, m) };
    double step_tokens = (double)(batch * m->context);
    r.steps = (int64_t)fmin(fmax(1, floor(tokens / step_tokens + 0.5)), 2 * LL_RUNG_MOST_STEPS);
    r.decay = decay_of(s, r.lr, r.steps);
    r.tokens = (double)r.steps * step_tokens;
    r.flops = 6 * r.count.params * r.tokens;
    r.flops_exact = r.cost = r.count.flops_token * r.tokens;
    r.schedule = (ll_schedule) { .steps = r.steps,
                                 .warmup = (int64_t)ceil(s->train.warmup * (double)r.steps),
                                 .cooldown = (int64_t)ceil(s->train.cooldown * (double)r.steps),
                                 .end = s->train.lr_end };
    ll_schedule_named(s->train.schedule, &r.schedule.kind, NULL);
    if (v.repeat) snprintf(seed_text, sizeof seed_text, "-s%lld", (long long)(v.repeat + 1));
    if (r.windows)
        snprintf(unique_text, sizeof unique_text, "-u%s", ll_units_show(ll_rung_unique(&r), u_text, sizeof u_text));
    snprintf(r.name, sizeof r.name, "%s-%s%s%s%s", ll_units_show(r.count.params, n_text, sizeof n_text),
             ll_units_show(r.tokens, d_text, sizeof d_text), unique_text, seed_text,
             role == LL_RUNG_TRUNK ? "-trunk" : "");
    return r;
}

static ll_status add_repeats(design *d, const ll_model *m, double tokens, int64_t seeds, ll_error *err) {
    for (int64_t k = 0; k < variants_of(d, seeds); k++) {
        ll_rung r = rung_of(d, LL_RUNG_FIT, m, tokens, batch_of(d, tokens), variant_of(d, seeds, k));
        LL_TRY(ll_rung_set_add(&d->set, &r, err));
    }
    return LL_OK;
}

static ll_status add(design *d, const ll_model *m, double tokens, ll_error *err) {
    return add_repeats(d, m, tokens, d->spec->design.seeds, err);
}

static double between(const ll_list *ends, int64_t i, int64_t n) {
    return n < 2 ? ends->v[0] : ends->v[0] * pow(ends->v[1] / ends->v[0], (double)i / (double)(n - 1));
}

/* ---- designs ---- */

/* The sizes of one budget: the shapes nearest to N = sqrt(C / (6 D/N)) and to factors around it. The outermost bear
 * most on where the valley turns: they may be repeated more often. */
static ll_status add_budget(design *d, double flops, int64_t sizes, ll_error *err) {
    const ll_spec *s = d->spec;
    const double middle = sqrt(flops / (6 * s->design.tokens_per_param));
    const int64_t seeds = s->design.seeds, at_edge = s->design.edge_seeds > seeds ? s->design.edge_seeds : seeds;
    for (int64_t i = 0; i < sizes; i++) {
        const double at = middle * pow(s->design.size_factor, (double)i - (double)(sizes - 1) / 2);
        const bool is_edge = i == 0 || i == sizes - 1;
        ll_model m;
        LL_TRY(ll_shape_nearest(s, d->vocab, &ll_shape_plain, at, &m, err));
        LL_TRY(add_repeats(d, &m, flops / (6 * ll_shape_count(s, &m).params), is_edge ? at_edge : seeds, err));
    }
    return LL_OK;
}

static ll_status design_isoflop(design *d, ll_error *err) {
    const ll_spec *s = d->spec;
    int64_t budgets = s->design.rungs / s->design.sizes;
    for (int64_t b = 0; b < budgets; b++)
        LL_TRY(add_budget(d, between(&s->design.flops, b, budgets), s->design.sizes, err));
    return LL_OK;
}

static ll_status design_ladder(design *d, ll_error *err) {
    const ll_spec *s = d->spec;
    for (int64_t i = 0; i < s->design.rungs; i++) {
        ll_model m;
        LL_TRY(ll_shape_nearest(s, d->vocab, &ll_shape_plain, between(&s->design.params, i, s->design.rungs), &m,
                                err));
        LL_TRY(add(d, &m, s->design.tokens_per_param * ll_shape_count(s, &m).params, err));
    }
    return LL_OK;
}

static ll_status design_grid(design *d, ll_error *err) {
    const ll_spec *s = d->spec;
    for (int64_t i = 0; i < s->design.params.n; i++) {
        ll_model m;
        LL_TRY(ll_shape_nearest(s, d->vocab, &ll_shape_plain, s->design.params.v[i], &m, err));
        for (int64_t j = 0; j < s->design.tokens.n; j++) LL_TRY(add(d, &m, s->design.tokens.v[j], err));
    }
    return LL_OK;
}

/* A pair that is listed again is one more repeat of that run. */
static ll_status design_list(design *d, ll_error *err) {
    const ll_spec *s = d->spec;
    const ll_list *params = &s->design.params, *tokens = &s->design.tokens;
    for (int64_t i = 0; i < params->n; i++) {
        int64_t before = 0;
        ll_model m;
        for (int64_t j = 0; j < i; j++) before += params->v[j] == params->v[i] && tokens->v[j] == tokens->v[i];
        LL_TRY(ll_shape_nearest(s, d->vocab, &ll_shape_plain, params->v[i], &m, err));
        for (int64_t k = 0; k < variants(d); k++) {
            variant v = variant_at(d, k);
            v.repeat += before * s->design.seeds;
            ll_rung r = rung_of(d, LL_RUNG_FIT, &m, tokens->v[i], batch_of(d, tokens->v[i]), v);
            LL_TRY(ll_rung_set_add(&d->set, &r, err));
        }
    }
    return LL_OK;
}

/* One size: a trunk at a constant rate, and from it a branch that cools down for each D. */
static ll_status add_trunk(design *d, const ll_model *m, variant v, ll_error *err) {
    const ll_spec *s = d->spec;
    double most = 0, least = INFINITY;
    for (int64_t j = 0; j < s->design.tokens.n; j++) {
        most = fmax(most, s->design.tokens.v[j]);
        least = fmin(least, s->design.tokens.v[j]);
    }
    int64_t batch = batch_of(d, sqrt(most * least)), trunk_at = d->set.n;
    ll_rung trunk = rung_of(d, LL_RUNG_TRUNK, m, most, batch, v);
    const double decay = decay_of(s, trunk.lr, rung_of(d, LL_RUNG_FIT, m, sqrt(most * least), batch, v).steps);
    trunk.steps = 0;
    trunk.decay = decay;
    int64_t warmup = rung_of(d, LL_RUNG_FIT, m, least, batch, v).schedule.warmup;
    LL_TRY(ll_rung_set_add(&d->set, &trunk, err));
    if (d->set.n == trunk_at) return LL_OK; /* another N had this shape */
    for (int64_t j = 0; j < s->design.tokens.n; j++) {
        ll_rung r = rung_of(d, LL_RUNG_FIT, m, s->design.tokens.v[j], batch, v);
        r.schedule.warmup = warmup;
        r.decay = decay;
        r.trunk = trunk_at;
        r.start_step = r.steps - r.schedule.cooldown;
        if (r.start_step < 1)
            return LL_FAIL(err, LL_EINPUT,
                           "design.tokens: %g are %lld steps of %lld, too few for a trunk and a cooldown",
                           s->design.tokens.v[j], (long long)r.steps, (long long)(batch * m->context));
        r.cost *= (double)r.schedule.cooldown / (double)r.steps;
        ll_rung *t = &d->set.at[trunk_at];
        if (r.start_step > t->steps) t->steps = r.start_step;
        LL_TRY(ll_rung_set_add(&d->set, &r, err));
    }
    ll_rung *t = &d->set.at[trunk_at];
    t->schedule = (ll_schedule) { .kind = LL_SCHEDULE_CONSTANT, .steps = t->steps, .warmup = warmup };
    t->tokens = (double)t->steps * (double)(t->batch * m->context);
    t->flops = 6 * t->count.params * t->tokens;
    t->flops_exact = t->cost = t->count.flops_token * t->tokens;
    return LL_OK;
}

static ll_status design_wsd(design *d, ll_error *err) {
    const ll_spec *s = d->spec;
    if (s->design.tokens.n > LL_TRAIN_MAX_BRANCHES)
        return LL_FAIL(err, LL_EINPUT, "design.tokens: at most %d for wsd", LL_TRAIN_MAX_BRANCHES);
    for (int64_t i = 0; i < s->design.params.n; i++) {
        ll_model m;
        LL_TRY(ll_shape_nearest(s, d->vocab, &ll_shape_plain, s->design.params.v[i], &m, err));
        for (int64_t k = 0; k < variants(d); k++) LL_TRY(add_trunk(d, &m, variant_at(d, k), err));
    }
    return LL_OK;
}

/* D of the i-th size: of a list of one for all, or one for each; else tokens_per_param. */
static double tokens_at(const design *d, int64_t i) {
    const ll_list *params = &d->spec->design.params, *tokens = &d->spec->design.tokens;
    if (tokens->n == 0) return d->spec->design.tokens_per_param * params->v[i];
    return tokens->v[i < tokens->n ? i : 0];
}

static void name_more(ll_rung *r, const char *fmt, ...) LL_PRINTF(2, 3);
static void name_more(ll_rung *r, const char *fmt, ...) {
    const size_t used = strlen(r->name);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(r->name + used, sizeof r->name - used, fmt, ap);
    va_end(ap);
}

/* One size on many batches, each on D (1 + B / B0) tokens: were the rule's own batch B0 the critical one, all would
 * come to one loss (McCandlish et al. 2018, arXiv:1812.06162). The rate goes with B about B0, as batch_rate says. */
static ll_status add_batches(design *d, const ll_model *m, double tokens, variant v, ll_error *err) {
    const ll_spec *s = d->spec;
    const double power = !strcmp(s->design.batch_rate, "sqrt") ? 0.5 : !strcmp(s->design.batch_rate, "linear");
    const int64_t own = batch_of(d, tokens);
    for (int64_t j = 0; j < s->design.batches.n; j++) {
        const int64_t batch = sequences(s, s->design.batches.v[j]);
        const double times = (double)batch / (double)own;
        ll_rung r = rung_of(d, LL_RUNG_FIT, m, tokens * (1 + times), batch, v);
        r.lr *= pow(times, power);
        r.decay = decay_of(s, r.lr, r.steps);
        name_more(&r, "-b%lld", (long long)(batch * m->context));
        LL_TRY(ll_rung_set_add(&d->set, &r, err));
    }
    return LL_OK;
}

static ll_status design_batch(design *d, ll_error *err) {
    const ll_spec *s = d->spec;
    for (int64_t i = 0; i < s->design.params.n; i++) {
        ll_model m;
        LL_TRY(ll_shape_nearest(s, d->vocab, &ll_shape_plain, s->design.params.v[i], &m, err));
        for (int64_t k = 0; k < variants(d); k++)
            LL_TRY(add_batches(d, &m, tokens_at(d, i), variant_at(d, k), err));
    }
    return LL_OK;
}

/* A shape of so many parameters, or none: shapes are compared at one N. */
static ll_status add_shape(design *d, const ll_shape_form *f, double params, double tokens, ll_error *err) {
    const ll_spec *s = d->spec;
    ll_model m;
    LL_TRY(ll_shape_nearest(s, d->vocab, f, params, &m, err));
    const double N = ll_shape_count(s, &m).params;
    if (fabs(log(N / params)) > log(LL_DESIGN_SHAPE_MISS))
        return LL_FAIL(
            err, LL_EINPUT,
            "design: %lld layers of width %lld have %.3g parameters, expected %.3g within a factor of %g: "
            "a smaller model.head, or other layers, heads or params",
            (long long)m.layers, (long long)m.width, N, params, LL_DESIGN_SHAPE_MISS);
    for (int64_t k = 0; k < variants(d); k++) {
        ll_rung r = rung_of(d, LL_RUNG_FIT, &m, tokens, batch_of(d, tokens), variant_at(d, k));
        name_more(&r, "-l%lld", (long long)m.layers);
        if (s->design.heads.n) name_more(&r, "-h%lld", (long long)m.heads);
        if (s->design.ffw_ratio.n) name_more(&r, "-f%g", f->ffw_ratio);
        LL_TRY(ll_rung_set_add(&d->set, &r, err));
    }
    return LL_OK;
}

static double entry(const ll_list *list, int64_t i) {
    return list->n ? list->v[i] : 0;
}

static int64_t entries(const ll_list *list) {
    return list->n ? list->n : 1;
}

/* Widths are as fine as the heads let them be, an even head size for rotary positions: N is to be near. */
static ll_shape_form form_of(const ll_spec *s, double layers, double heads, double ratio) {
    return (ll_shape_form) { .layers = (int64_t)layers,
                             .heads = (int64_t)heads,
                             .grain = heads > 0 ? 2 * (int64_t)heads : s->model.head,
                             .ffw_ratio = ratio };
}

/* Every depth with every ratio and number of heads, at each N on one number of tokens. */
static ll_status design_shape(design *d, ll_error *err) {
    const ll_spec *s = d->spec;
    const ll_list *layers = &s->design.layers, *ratios = &s->design.ffw_ratio, *heads = &s->design.heads;
    for (int64_t i = 0; i < s->design.params.n; i++)
        for (int64_t l = 0; l < entries(layers); l++)
            for (int64_t r = 0; r < entries(ratios); r++)
                for (int64_t h = 0; h < entries(heads); h++) {
                    const ll_shape_form f = form_of(s, entry(layers, l), entry(heads, h), entry(ratios, r));
                    LL_TRY(add_shape(d, &f, s->design.params.v[i], tokens_at(d, i), err));
                }
    return LL_OK;
}

static int fitted_first(const void *a, const void *b) {
    const ll_rung *x = a, *y = b;
    return x->role != y->role ? (int)x->role - (int)y->role : ll_rung_by_flops(a, b);
}

/* Of runs of one compute the one with the most distinct tokens. */
static bool is_larger(const ll_rung *a, const ll_rung *b) {
    return a->flops > b->flops || (a->flops == b->flops && ll_rung_unique(a) > ll_rung_unique(b));
}

/* The held-out rung: a list or a grid gives its own largest run; the others are continued by one more, at the
 * middle size, factor times the largest compute. Batches and shapes have none: their runs follow no law of N and D.
 */
static ll_status hold_out(design *d, ll_error *err) {
    const ll_spec *s = d->spec;
    const char *kind = s->design.kind;
    if (strcmp(s->forecast.hold_out, "last") != 0 || !strcmp(kind, "batch") || !strcmp(kind, "shape")) return LL_OK;
    int64_t largest = -1;
    for (int64_t i = 0; i < d->set.n; i++)
        if (d->set.at[i].role == LL_RUNG_FIT && (largest < 0 || is_larger(&d->set.at[i], &d->set.at[largest])))
            largest = i;
    const ll_rung held = d->set.at[largest];
    if (!strcmp(kind, "list") || !strcmp(kind, "grid")) {
        for (int64_t i = 0; i < d->set.n;
             i++) /* with all its repeats: one of them in the fit would tell the others' loss */
            if (d->set.at[i].count.params == held.count.params && d->set.at[i].tokens == held.tokens &&
                d->set.at[i].windows == held.windows)
                d->set.at[i].role = LL_RUNG_FORECAST;
        qsort(d->set.at, (size_t)d->set.n, sizeof *d->set.at, fitted_first);
        if (d->set.at[0].role == LL_RUNG_FIT) return LL_OK;
        return LL_FAIL(err, LL_EINPUT, "forecast.hold_out: last leaves no run to fit, expected none");
    }
    double flops = s->forecast.factor * held.flops, ratio = s->design.tokens_per_param;
    if (!strcmp(kind, "wsd")) ratio = held.tokens / held.count.params;
    ll_model m;
    LL_TRY(ll_shape_nearest(s, d->vocab, &ll_shape_plain, sqrt(flops / (6 * ratio)), &m, err));
    double tokens = flops / (6 * ll_shape_count(s, &m).params);
    int64_t batch = batch_of(d, tokens);
    tokens += 0.5 * (double)(batch * m.context); /* rounding to steps must not fall short */
    ll_rung r = rung_of(d, LL_RUNG_FORECAST, &m, tokens, batch, (variant) { 0, ll_rung_unique(&held) });
    return ll_rung_set_add(&d->set, &r, err);
}

ll_status ll_design_rungs(const ll_spec *spec, int64_t vocab, ll_rung **out, int64_t *n, ll_error *err) {
    static const struct {
        const char *kind;
        ll_status (*make)(design *, ll_error *);
    } kinds[] = { { "isoflop", design_isoflop }, { "ladder", design_ladder }, { "grid", design_grid },
                  { "list", design_list },       { "wsd", design_wsd },       { "batch", design_batch },
                  { "shape", design_shape } };
    design d = { .spec = spec, .vocab = vocab };
    LL_TRY(ll_rung_set_init(&d.set, err));
    ll_status s = LL_EINPUT;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].kind, spec->design.kind)) s = kinds[i].make(&d, err);
    if (s == LL_OK && strcmp(spec->design.kind, "wsd")) ll_rung_set_sort(&d.set);
    if (s == LL_OK) s = hold_out(&d, err);
    *n = d.set.n;
    *out = ll_rung_set_take(&d.set);
    if (s == LL_OK) return LL_OK;
    free(*out);
    *out = NULL;
    return s;
}

double ll_design_most_flops(const ll_rung *rungs, int64_t n) {
    double most = 0;
    for (int64_t i = 0; i < n; i++) most = fmax(most, rungs[i].flops_exact);
    return most;
}
