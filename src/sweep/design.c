#include "sweep/design.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "base/words/fold.h"
#include "loglog/units.h"
#include "sweep/command/shapes.h"
#include "sweep/rung_places.h"
#include "train/horizon.h"

enum { MAX_RUNGS = 1 << 16, MAX_WIDTH = 8192 };

#define MOST_STEPS 4294967295.0 /* and sequences of a step: what a batch is drawn by (data/batch.h) */
#define MOST_TOKENS 1e18

/* Rungs by what they are alike in: those of one bucket are a chain. Numbers count from 1; 0 ends. */
enum { BUCKETS = 1 << 15 };
typedef struct chains {
    int32_t first[BUCKETS], next[MAX_RUNGS];
} chains;

typedef struct design {
    const ll_spec *spec;
    int64_t vocab, n;
    ll_rung *rungs;
    chains *by_name, *by_run;
} design;

const char *ll_rung_role_name(ll_rung_role role) {
    static const char *const names[] = { "fit", "forecast", "trunk" };
    return names[role];
}

/* ---- shapes ---- */

/* What a design asks of a shape beside its size; 0: as the spec's model says. */
typedef struct form {
    int64_t layers, heads, grain; /* grain: of the widths, where the spec lists none */
    double ffw_ratio;
} form;
static const form plain;

static int64_t ffw_of(ll_family family, double ratio, int64_t width) {
    if (ratio > 0) return (int64_t)fmax(8, 8 * floor(ratio * (double)width / 8 + 0.5));
    return ll_family_ffw(family, width);
}

static ll_model shape_of(const design *d, const form *f, int64_t width) {
    const ll_spec *s = d->spec;
    const ll_family family = ll_spec_family(s);
    int64_t head = !ll_family_attends(family) || width < s->model.head ? width : s->model.head;
    int64_t layers = s->model.layers ? s->model.layers : width < 128 ? 2 : width / 64;
    return (ll_model) { .family = family,
                        .layers = f->layers ? f->layers : layers,
                        .width = width,
                        .heads = f->heads ? f->heads : width / head,
                        .ffw = ffw_of(family, f->ffw_ratio, width),
                        .context = s->model.context,
                        .vocab = d->vocab,
                        .base_width = s->model.base_width,
                        .base_head = s->model.head };
}

static int64_t wider(const form *f, int64_t w) {
    return w + (f->grain ? f->grain : w == 0 ? 8 : w < 16 ? 16 - w : 16);
}

/* The width after w: the list's, or the next of the form's grain, or of 8, 16, 32, 48 and so on the next that heads
 * divide. 0 at the end. */
static int64_t next_width(const design *d, const form *f, int64_t w) {
    const ll_list *list = &d->spec->model.widths;
    const int64_t head = ll_spec_head(d->spec);
    if (list->n == 0) {
        do w = wider(f, w);
        while (!f->heads && w > head && w % head != 0);
        return w <= MAX_WIDTH ? w : 0;
    }
    int64_t best = 0;
    for (int64_t i = 0; i < list->n; i++)
        if ((int64_t)list->v[i] > w && (best == 0 || (int64_t)list->v[i] < best)) best = (int64_t)list->v[i];
    return best;
}

/* By the spec's own count where a command trains. */
static ll_count count_of(const design *d, const ll_model *m) {
    ll_count c = ll_count_of(m);
    ll_rung_count(d->spec, m, &c);
    return c;
}

/* The k-th shape to choose from: of the spec's list, else of the next width. False at the end. */
typedef struct choice {
    ll_listed_shape list[LL_SHAPES_MOST];
    int n, k;
    int64_t width;
} choice;

static ll_status open_choice(const design *d, choice *c, ll_error *err) {
    c->k = 0;
    c->width = 0;
    return ll_shapes_read(d->spec->design.shapes, c->list, &c->n, err);
}

static bool next_choice(const design *d, const form *f, choice *c, ll_model *m) {
    if (c->n == 0) {
        c->width = next_width(d, f, c->width);
        if (c->width) *m = shape_of(d, f, c->width);
        return c->width != 0;
    }
    if (c->k == c->n) return false;
    const ll_listed_shape *s = &c->list[c->k++];
    *m = shape_of(d, f, s->width);
    m->layers = s->layers;
    m->heads = s->heads;
    if (s->ffw) m->ffw = s->ffw;
    return true;
}

/* The shape of nearest size, by the logarithm; a tie goes to the smaller. LL_EINPUT when params is no size, such as
 * 0. */
static ll_status nearest_shape(const design *d, const form *f, double params, ll_model *out, ll_error *err) {
    double best = INFINITY;
    choice c;
    LL_TRY(open_choice(d, &c, err));
    for (ll_model m; next_choice(d, f, &c, &m);) {
        LL_TRY(ll_model_check(&m, err));
        double miss = fabs(log(count_of(d, &m).params / params));
        if (!(miss < best - 1e-9)) continue;
        best = miss;
        *out = m;
    }
    if (isfinite(best)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "design: %g parameters, expected a number of them that a model can have",
                   params);
}

ll_status ll_design_sizes(const ll_spec *spec, int64_t vocab, double *sizes, int most, int *n, ll_error *err) {
    const design d = { .spec = spec, .vocab = vocab };
    choice c;
    *n = 0;
    LL_TRY(open_choice(&d, &c, err));
    for (ll_model m; *n < most && next_choice(&d, &plain, &c, &m);) {
        LL_TRY(ll_model_check(&m, err));
        sizes[(*n)++] = count_of(&d, &m).params;
    }
    return LL_OK;
}

/* ---- rungs ---- */

/* In sequences, a power of two: micro-batches are equal and share well among threads. */
static int64_t sequences(const ll_spec *s, double batch_tokens) {
    return (int64_t)exp2(fmax(0, floor(log2(fmin(batch_tokens / (double)s->model.context, MOST_STEPS)) + 0.5)));
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

double ll_rung_unique(const ll_rung *r) {
    return r->windows ? (double)(r->windows * r->model.context) : INFINITY;
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
                  .count = count_of(d, m) };
    double step_tokens = (double)(batch * m->context);
    r.steps = (int64_t)fmin(fmax(1, floor(tokens / step_tokens + 0.5)), 2 * MOST_STEPS);
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

static size_t bucket_of(const void *key, size_t size) {
    const uint64_t h = ll_fold(LL_FOLD_START, key, size);
    return (size_t)((h ^ h >> 32) % BUCKETS);
}

static size_t name_bucket(const ll_rung *r) {
    return bucket_of(r->name, strlen(r->name));
}

static size_t run_bucket(const ll_rung *r) {
    const int64_t key[] = { r->model.width,   r->model.layers, r->batch,
                            (int64_t)r->seed, r->windows,      r->role == LL_RUNG_TRUNK ? 0 : r->steps };
    return bucket_of(key, sizeof key);
}

/* The same numbers will come of both. */
static bool same_run(const ll_rung *a, const ll_rung *b) {
    return a->role == b->role && a->seed == b->seed && a->windows == b->windows &&
           a->model.width == b->model.width && a->model.layers == b->model.layers &&
           a->model.heads == b->model.heads && a->model.ffw == b->model.ffw && a->batch == b->batch &&
           (a->steps == b->steps || a->role == LL_RUNG_TRUNK);
}

static bool same_name(const ll_rung *a, const ll_rung *b) {
    return !strcmp(a->name, b->name);
}

static bool is_there(const design *d, const chains *c, size_t bucket, const ll_rung *r,
                     bool (*same)(const ll_rung *, const ll_rung *)) {
    for (int32_t i = c->first[bucket]; i; i = c->next[i - 1])
        if (same(&d->rungs[i - 1], r)) return true;
    return false;
}

static void put_in(chains *c, size_t bucket, int64_t i) {
    c->next[i] = c->first[bucket];
    c->first[bucket] = (int32_t)i + 1;
}

static void enter(design *d, int64_t i) {
    put_in(d->by_name, name_bucket(&d->rungs[i]), i);
    put_in(d->by_run, run_bucket(&d->rungs[i]), i);
}

static int by_flops(const void *a, const void *b) {
    const ll_rung *x = a, *y = b;
    if (x->flops != y->flops) return x->flops < y->flops ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void sort_rungs(design *d) {
    qsort(d->rungs, (size_t)d->n, sizeof *d->rungs, by_flops);
    memset(d->by_name->first, 0, sizeof d->by_name->first);
    memset(d->by_run->first, 0, sizeof d->by_run->first);
    for (int64_t i = 0; i < d->n; i++) enter(d, i);
}

/* A run that is there already is enough: the nearest shape was the same. Names of three digits may coincide. */
static ll_status push(design *d, const ll_rung *r, ll_error *err) {
    if (d->n == MAX_RUNGS) return LL_FAIL(err, LL_EINPUT, "design: more than %d rungs", MAX_RUNGS);
    if ((double)r->steps > MOST_STEPS || r->tokens > MOST_TOKENS)
        return LL_FAIL(err, LL_EINPUT,
                       "design: rung %s would take %.3g tokens in %.3g steps, expected at most %g in %g", r->name,
                       r->tokens, (double)r->steps, MOST_TOKENS, MOST_STEPS);
    if (is_there(d, d->by_run, run_bucket(r), r, same_run)) return LL_OK;
    ll_rung *new = &d->rungs[d->n];
    *new = *r;
    for (int k = 2; is_there(d, d->by_name, name_bucket(new), new, same_name); k++)
        snprintf(new->name, sizeof new->name, "%.35s-%d", r->name, k);
    enter(d, d->n++);
    return LL_OK;
}

static ll_status add_repeats(design *d, const ll_model *m, double tokens, int64_t seeds, ll_error *err) {
    for (int64_t k = 0; k < variants_of(d, seeds); k++) {
        ll_rung r = rung_of(d, LL_RUNG_FIT, m, tokens, batch_of(d, tokens), variant_of(d, seeds, k));
        LL_TRY(push(d, &r, err));
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
        LL_TRY(nearest_shape(d, &plain, at, &m, err));
        LL_TRY(add_repeats(d, &m, flops / (6 * count_of(d, &m).params), is_edge ? at_edge : seeds, err));
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
        LL_TRY(nearest_shape(d, &plain, between(&s->design.params, i, s->design.rungs), &m, err));
        LL_TRY(add(d, &m, s->design.tokens_per_param * count_of(d, &m).params, err));
    }
    return LL_OK;
}

static ll_status design_grid(design *d, ll_error *err) {
    const ll_spec *s = d->spec;
    for (int64_t i = 0; i < s->design.params.n; i++)
        for (int64_t j = 0; j < s->design.tokens.n; j++) {
            ll_model m;
            LL_TRY(nearest_shape(d, &plain, s->design.params.v[i], &m, err));
            LL_TRY(add(d, &m, s->design.tokens.v[j], err));
        }
    return LL_OK;
}

/* A pair that is listed again is one more repeat of that run. */
static ll_status design_list(design *d, ll_error *err) {
    const ll_list *params = &d->spec->design.params, *tokens = &d->spec->design.tokens;
    for (int64_t i = 0; i < params->n; i++) {
        int64_t before = 0;
        ll_model m;
        for (int64_t j = 0; j < i; j++) before += params->v[j] == params->v[i] && tokens->v[j] == tokens->v[i];
        LL_TRY(nearest_shape(d, &plain, params->v[i], &m, err));
        for (int64_t k = 0; k < variants(d); k++) {
            variant v = variant_at(d, k);
            v.repeat += before * d->spec->design.seeds;
            ll_rung r = rung_of(d, LL_RUNG_FIT, &m, tokens->v[i], batch_of(d, tokens->v[i]), v);
            LL_TRY(push(d, &r, err));
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
    int64_t batch = batch_of(d, sqrt(most * least)), trunk_at = d->n;
    ll_rung trunk = rung_of(d, LL_RUNG_TRUNK, m, most, batch, v);
    const double decay = decay_of(s, trunk.lr, rung_of(d, LL_RUNG_FIT, m, sqrt(most * least), batch, v).steps);
    trunk.steps = 0;
    trunk.decay = decay;
    int64_t warmup = rung_of(d, LL_RUNG_FIT, m, least, batch, v).schedule.warmup;
    LL_TRY(push(d, &trunk, err));
    if (d->n == trunk_at) return LL_OK; /* another N had this shape */
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
        ll_rung *t = &d->rungs[trunk_at];
        if (r.start_step > t->steps) t->steps = r.start_step;
        LL_TRY(push(d, &r, err));
    }
    ll_rung *t = &d->rungs[trunk_at];
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
        LL_TRY(nearest_shape(d, &plain, s->design.params.v[i], &m, err));
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
        LL_TRY(push(d, &r, err));
    }
    return LL_OK;
}

static ll_status design_batch(design *d, ll_error *err) {
    const ll_spec *s = d->spec;
    for (int64_t i = 0; i < s->design.params.n; i++) {
        ll_model m;
        LL_TRY(nearest_shape(d, &plain, s->design.params.v[i], &m, err));
        for (int64_t k = 0; k < variants(d); k++)
            LL_TRY(add_batches(d, &m, tokens_at(d, i), variant_at(d, k), err));
    }
    return LL_OK;
}

/* A shape of so many parameters, or none: shapes are compared at one N. */
static ll_status add_shape(design *d, const form *f, double params, double tokens, ll_error *err) {
    const ll_spec *s = d->spec;
    ll_model m;
    LL_TRY(nearest_shape(d, f, params, &m, err));
    const double N = count_of(d, &m).params;
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
        LL_TRY(push(d, &r, err));
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
static form form_of(const ll_spec *s, double layers, double heads, double ratio) {
    return (form) { .layers = (int64_t)layers,
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
                    const form f = form_of(s, entry(layers, l), entry(heads, h), entry(ratios, r));
                    LL_TRY(add_shape(d, &f, s->design.params.v[i], tokens_at(d, i), err));
                }
    return LL_OK;
}

static int fitted_first(const void *a, const void *b) {
    const ll_rung *x = a, *y = b;
    return x->role != y->role ? (int)x->role - (int)y->role : by_flops(a, b);
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
    for (int64_t i = 0; i < d->n; i++)
        if (d->rungs[i].role == LL_RUNG_FIT && (largest < 0 || is_larger(&d->rungs[i], &d->rungs[largest])))
            largest = i;
    const ll_rung held = d->rungs[largest];
    if (!strcmp(kind, "list") || !strcmp(kind, "grid")) {
        for (int64_t i = 0; i < d->n;
             i++) /* with all its repeats: one of them in the fit would tell the others' loss */
            if (d->rungs[i].count.params == held.count.params && d->rungs[i].tokens == held.tokens &&
                d->rungs[i].windows == held.windows)
                d->rungs[i].role = LL_RUNG_FORECAST;
        qsort(d->rungs, (size_t)d->n, sizeof *d->rungs, fitted_first);
        if (d->rungs[0].role == LL_RUNG_FIT) return LL_OK;
        return LL_FAIL(err, LL_EINPUT, "forecast.hold_out: last leaves no run to fit, expected none");
    }
    double flops = s->forecast.factor * held.flops, ratio = s->design.tokens_per_param;
    if (!strcmp(kind, "wsd")) ratio = held.tokens / held.count.params;
    ll_model m;
    LL_TRY(nearest_shape(d, &plain, sqrt(flops / (6 * ratio)), &m, err));
    double tokens = flops / (6 * count_of(d, &m).params);
    int64_t batch = batch_of(d, tokens);
    tokens += 0.5 * (double)(batch * m.context); /* rounding to steps must not fall short */
    ll_rung r = rung_of(d, LL_RUNG_FORECAST, &m, tokens, batch, (variant) { 0, ll_rung_unique(&held) });
    return push(d, &r, err);
}

ll_status ll_design_rungs(const ll_spec *spec, int64_t vocab, ll_rung **out, int64_t *n, ll_error *err) {
    static const struct {
        const char *kind;
        ll_status (*make)(design *, ll_error *);
    } kinds[] = { { "isoflop", design_isoflop }, { "ladder", design_ladder }, { "grid", design_grid },
                  { "list", design_list },       { "wsd", design_wsd },       { "batch", design_batch },
                  { "shape", design_shape } };
    design d = { .spec = spec,
                 .vocab = vocab,
                 .rungs = calloc(MAX_RUNGS, sizeof(ll_rung)),
                 .by_name = calloc(1, sizeof(chains)),
                 .by_run = calloc(1, sizeof(chains)) };
    const bool got = d.rungs && d.by_name && d.by_run;
    ll_status s = got ? LL_EINPUT : LL_FAIL(err, LL_ENOMEM, "out of memory for a design");
    for (size_t i = 0; got && i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].kind, spec->design.kind)) s = kinds[i].make(&d, err);
    if (s == LL_OK && strcmp(spec->design.kind, "wsd")) sort_rungs(&d);
    if (s == LL_OK) s = hold_out(&d, err);
    free(d.by_name);
    free(d.by_run);
    if (s != LL_OK) {
        free(d.rungs);
        return s;
    }
    *out = d.rungs;
    *n = d.n;
    return LL_OK;
}

double ll_design_most_flops(const ll_rung *rungs, int64_t n) {
    double most = 0;
    for (int64_t i = 0; i < n; i++) most = fmax(most, rungs[i].flops_exact);
    return most;
}

int ll_rung_threads(const ll_rung *r) {
    int cores = ll_threads_available();
    return r->micro < cores ? (int)r->micro : cores;
}

int64_t ll_rung_points(const ll_rung *r, const ll_spec *s) {
    enum { LEAST = 10, MOST = 40 };
    static const double share = 0.02, forward = 1 / 3.0; /* a step goes forward once, backward twice as long */
    if (s->train.eval_points > 0) return s->train.eval_points;
    if (!strcmp(s->design.kind, "batch")) return MOST; /* the steps to a loss are read between them */
    const double trained = (double)(r->steps - r->start_step) * (double)r->batch;
    ll_spec_also also;
    ll_spec_list_also(s, "", &also, NULL);
    const double most = 1 + share * trained / (forward * (double)s->train.eval_windows * (1 + also.n));
    return most < LEAST ? LEAST : most < MOST ? (int64_t)most : MOST;
}

ll_train_job ll_rung_job(const ll_rung *r, const ll_spec *s) {
    return (ll_train_job) { .model = r->model,
                            .steps = r->steps,
                            .batch = r->batch,
                            .micro = r->micro,
                            .schedule = r->schedule,
                            .lr = r->lr,
                            .beta1 = s->train.beta1,
                            .beta2 = s->train.beta2,
                            .eps = s->train.eps,
                            .decay = r->decay,
                            .clip = s->train.clip,
                            .seed = r->seed,
                            .windows = r->windows,
                            .patience = r->role == LL_RUNG_FIT && r->trunk < 0 ? s->train.patience : 0,
                            .threads = 1,
                            .eval_points = ll_rung_points(r, s),
                            .eval_windows = s->train.eval_windows,
                            .final_windows = s->train.final_windows,
                            .checkpoint_s = s->train.checkpoint };
}
