#include "sweep/design.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "loglog/units.h"

enum { MAX_RUNGS = 4096, MAX_WIDTH = 8192 };

#define MOST_STEPS 4294967295.0 /* and sequences of a step: what a batch is drawn by (data/batch.h) */
#define MOST_TOKENS 1e18

/* The batch rule, in tokens: it grows with the data and not with the model, about as its root (Zhang et al. 2024,
 * arXiv:2410.21676). The factor is from byte models of 6e3 to 1e5 parameters on 4e4 to 2e6 tokens. */
#define BATCH_FACTOR 0.2

typedef struct design {
    const ll_spec *spec;
    int64_t vocab, n;
    ll_rung *rungs;
} design;

const char *ll_rung_role_name(ll_rung_role role) {
    static const char *const names[] = { "fit", "forecast", "trunk" };
    return names[role];
}

/* ---- shapes ---- */

static ll_model shape_of(const design *d, int64_t width) {
    const ll_spec *s = d->spec;
    const ll_family family = ll_spec_family(s);
    int64_t head = !ll_family_attends(family) || width < s->model.head ? width : s->model.head;
    int64_t layers = s->model.layers ? s->model.layers : width < 128 ? 2 : width / 64;
    return (ll_model) { .family = family,
                        .layers = layers,
                        .width = width,
                        .heads = width / head,
                        .ffw = ll_family_ffw(family, width),
                        .context = s->model.context,
                        .vocab = d->vocab,
                        .base_width = s->model.base_width,
                        .base_head = s->model.head };
}

/* The width after w: the list's, or of 8, 16, 32, 48 and so on the next that heads divide. 0 at the end. */
static int64_t next_width(const design *d, int64_t w) {
    const ll_list *list = &d->spec->model.widths;
    const int64_t head = ll_spec_head(d->spec);
    if (list->n == 0) {
        do w = w == 0 ? 8 : w < 16 ? 16 : w + 16;
        while (w > head && w % head != 0);
        return w <= MAX_WIDTH ? w : 0;
    }
    int64_t best = 0;
    for (int64_t i = 0; i < list->n; i++)
        if ((int64_t)list->v[i] > w && (best == 0 || (int64_t)list->v[i] < best)) best = (int64_t)list->v[i];
    return best;
}

/* The shape of nearest size, by the logarithm; a tie goes to the smaller. LL_EINPUT when params is no size, such as
 * 0. */
static ll_status nearest_shape(const design *d, double params, ll_model *out, ll_error *err) {
    double best = INFINITY;
    for (int64_t w = next_width(d, 0); w; w = next_width(d, w)) {
        ll_model m = shape_of(d, w);
        LL_TRY(ll_model_check(&m, err));
        double miss = fabs(log(ll_count_of(&m).params / params));
        if (miss >= best - 1e-9) continue;
        best = miss;
        *out = m;
    }
    if (isfinite(best)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "design: %g parameters, expected a number of them that a model can have",
                   params);
}

ll_status ll_design_sizes(const ll_spec *spec, int64_t vocab, double *sizes, int most, int *n, ll_error *err) {
    const design d = { .spec = spec, .vocab = vocab };
    *n = 0;
    for (int64_t w = next_width(&d, 0); w && *n < most; w = next_width(&d, w)) {
        const ll_model m = shape_of(&d, w);
        LL_TRY(ll_model_check(&m, err));
        sizes[(*n)++] = ll_count_of(&m).params;
    }
    return LL_OK;
}

/* ---- rungs ---- */

/* In sequences, a power of two: micro-batches are equal and share well among threads. */
static int64_t batch_of(const design *d, double tokens) {
    const ll_spec *s = d->spec;
    double want = s->train.batch_tokens ? (double)s->train.batch_tokens : BATCH_FACTOR * sqrt(tokens);
    return (int64_t)exp2(fmax(0, floor(log2(fmin(want / (double)s->model.context, MOST_STEPS)) + 0.5)));
}

/* Everything that follows from model, tokens and batch; seeds are repeats of one run. */
static ll_rung rung_of(const design *d, ll_rung_role role, const ll_model *m, double tokens, int64_t batch,
                       int64_t repeat) {
    const ll_spec *s = d->spec;
    char n_text[24], d_text[24], seed_text[24] = "";
    ll_rung r = { .role = role,
                  .model = *m,
                  .batch = batch,
                  .micro = ll_train_micro(m, batch),
                  .trunk = -1,
                  .seed = (uint64_t)(s->seed + repeat),
                  .count = ll_count_of(m) };
    double step_tokens = (double)(batch * m->context);
    r.steps = (int64_t)fmin(fmax(1, floor(tokens / step_tokens + 0.5)), 2 * MOST_STEPS);
    r.tokens = (double)r.steps * step_tokens;
    r.flops = 6 * r.count.params * r.tokens;
    r.flops_exact = r.cost = r.count.flops_token * r.tokens;
    r.schedule = (ll_schedule) { .steps = r.steps,
                                 .warmup = (int64_t)ceil(s->train.warmup * (double)r.steps),
                                 .cooldown = (int64_t)ceil(s->train.cooldown * (double)r.steps),
                                 .end = s->train.lr_end };
    ll_schedule_named(s->train.schedule, &r.schedule.kind, NULL);
    if (repeat) snprintf(seed_text, sizeof seed_text, "-s%lld", (long long)(repeat + 1));
    snprintf(r.name, sizeof r.name, "%s-%s%s%s", ll_units_show(r.count.params, n_text, sizeof n_text),
             ll_units_show(r.tokens, d_text, sizeof d_text), seed_text, role == LL_RUNG_TRUNK ? "-trunk" : "");
    return r;
}

/* The same numbers will come of both. */
static bool same_run(const ll_rung *a, const ll_rung *b) {
    return a->role == b->role && a->seed == b->seed && a->model.width == b->model.width &&
           a->model.layers == b->model.layers && a->batch == b->batch &&
           (a->steps == b->steps || a->role == LL_RUNG_TRUNK);
}

static bool is_taken(const design *d, const char *name) {
    for (int64_t i = 0; i < d->n; i++)
        if (!strcmp(d->rungs[i].name, name)) return true;
    return false;
}

/* A run that is there already is enough: the nearest shape was the same. Names of three digits may coincide. */
static ll_status push(design *d, const ll_rung *r, ll_error *err) {
    if (d->n == MAX_RUNGS) return LL_FAIL(err, LL_EINPUT, "design: more than %d rungs", MAX_RUNGS);
    if ((double)r->steps > MOST_STEPS || r->tokens > MOST_TOKENS)
        return LL_FAIL(err, LL_EINPUT,
                       "design: rung %s would take %.3g tokens in %.3g steps, expected at most %g in %g", r->name,
                       r->tokens, (double)r->steps, MOST_TOKENS, MOST_STEPS);
    for (int64_t i = 0; i < d->n; i++)
        if (same_run(&d->rungs[i], r)) return LL_OK;
    ll_rung *new = &d->rungs[d->n];
    *new = *r;
    for (int k = 2; is_taken(d, new->name); k++) snprintf(new->name, sizeof new->name, "%.35s-%d", r->name, k);
    d->n++;
    return LL_OK;
}

static ll_status add(design *d, const ll_model *m, double tokens, ll_error *err) {
    for (int64_t k = 0; k < d->spec->design.seeds; k++) {
        ll_rung r = rung_of(d, LL_RUNG_FIT, m, tokens, batch_of(d, tokens), k);
        LL_TRY(push(d, &r, err));
    }
    return LL_OK;
}

static double between(const ll_list *ends, int64_t i, int64_t n) {
    return n < 2 ? ends->v[0] : ends->v[0] * pow(ends->v[1] / ends->v[0], (double)i / (double)(n - 1));
}

/* ---- designs ---- */

/* The sizes of one budget: the shapes nearest to N = sqrt(C / (6 D/N)) and to factors of 4 around it. */
static ll_status add_budget(design *d, double flops, int64_t sizes, ll_error *err) {
    double middle = sqrt(flops / (6 * d->spec->design.tokens_per_param));
    for (int64_t i = 0; i < sizes; i++) {
        double at = middle * pow(4, (double)i - (double)(sizes - 1) / 2);
        ll_model m;
        LL_TRY(nearest_shape(d, at, &m, err));
        LL_TRY(add(d, &m, flops / (6 * ll_count_of(&m).params), err));
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
        LL_TRY(nearest_shape(d, between(&s->design.params, i, s->design.rungs), &m, err));
        LL_TRY(add(d, &m, s->design.tokens_per_param * ll_count_of(&m).params, err));
    }
    return LL_OK;
}

static ll_status design_grid(design *d, ll_error *err) {
    const ll_spec *s = d->spec;
    for (int64_t i = 0; i < s->design.params.n; i++)
        for (int64_t j = 0; j < s->design.tokens.n; j++) {
            ll_model m;
            LL_TRY(nearest_shape(d, s->design.params.v[i], &m, err));
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
        LL_TRY(nearest_shape(d, params->v[i], &m, err));
        for (int64_t k = 0; k < d->spec->design.seeds; k++) {
            ll_rung r = rung_of(d, LL_RUNG_FIT, &m, tokens->v[i], batch_of(d, tokens->v[i]),
                                before * d->spec->design.seeds + k);
            LL_TRY(push(d, &r, err));
        }
    }
    return LL_OK;
}

/* One size: a trunk at a constant rate, and from it a branch that cools down for each D. */
static ll_status add_trunk(design *d, const ll_model *m, int64_t repeat, ll_error *err) {
    const ll_spec *s = d->spec;
    double most = 0, least = INFINITY;
    for (int64_t j = 0; j < s->design.tokens.n; j++) {
        most = fmax(most, s->design.tokens.v[j]);
        least = fmin(least, s->design.tokens.v[j]);
    }
    int64_t batch = batch_of(d, sqrt(most * least)), trunk_at = d->n;
    ll_rung trunk = rung_of(d, LL_RUNG_TRUNK, m, most, batch, repeat);
    trunk.steps = 0;
    int64_t warmup = rung_of(d, LL_RUNG_FIT, m, least, batch, repeat).schedule.warmup;
    LL_TRY(push(d, &trunk, err));
    if (d->n == trunk_at) return LL_OK; /* another N had this shape */
    for (int64_t j = 0; j < s->design.tokens.n; j++) {
        ll_rung r = rung_of(d, LL_RUNG_FIT, m, s->design.tokens.v[j], batch, repeat);
        r.schedule.warmup = warmup;
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
        LL_TRY(nearest_shape(d, s->design.params.v[i], &m, err));
        for (int64_t k = 0; k < s->design.seeds; k++) LL_TRY(add_trunk(d, &m, k, err));
    }
    return LL_OK;
}

static int by_flops(const void *a, const void *b) {
    const ll_rung *x = a, *y = b;
    if (x->flops != y->flops) return x->flops < y->flops ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int fitted_first(const void *a, const void *b) {
    const ll_rung *x = a, *y = b;
    return x->role != y->role ? (int)x->role - (int)y->role : by_flops(a, b);
}

/* The held-out rung: a list or a grid gives its own largest run; the others are continued by one more, at the
 * middle size, factor times the largest compute. */
static ll_status hold_out(design *d, ll_error *err) {
    const ll_spec *s = d->spec;
    const char *kind = s->design.kind;
    if (strcmp(s->forecast.hold_out, "last") != 0) return LL_OK;
    double most = 0;
    int64_t largest = 0;
    for (int64_t i = 0; i < d->n; i++)
        if (d->rungs[i].role == LL_RUNG_FIT && d->rungs[i].flops > most) most = d->rungs[i].flops, largest = i;
    if (!strcmp(kind, "list") || !strcmp(kind, "grid")) {
        const ll_rung held = d->rungs[largest];
        for (int64_t i = 0; i < d->n;
             i++) /* with all its repeats: one of them in the fit would tell the others' loss */
            if (d->rungs[i].count.params == held.count.params && d->rungs[i].tokens == held.tokens)
                d->rungs[i].role = LL_RUNG_FORECAST;
        qsort(d->rungs, (size_t)d->n, sizeof *d->rungs, fitted_first);
        if (d->rungs[0].role == LL_RUNG_FIT) return LL_OK;
        return LL_FAIL(err, LL_EINPUT, "forecast.hold_out: last leaves no run to fit, expected none");
    }
    double flops = s->forecast.factor * most, ratio = s->design.tokens_per_param;
    if (!strcmp(kind, "wsd")) ratio = d->rungs[largest].tokens / d->rungs[largest].count.params;
    ll_model m;
    LL_TRY(nearest_shape(d, sqrt(flops / (6 * ratio)), &m, err));
    double tokens = flops / (6 * ll_count_of(&m).params);
    int64_t batch = batch_of(d, tokens);
    tokens += 0.5 * (double)(batch * m.context); /* rounding to steps must not fall short */
    ll_rung r = rung_of(d, LL_RUNG_FORECAST, &m, tokens, batch, 0);
    return push(d, &r, err);
}

ll_status ll_design_rungs(const ll_spec *spec, int64_t vocab, ll_rung **out, int64_t *n, ll_error *err) {
    static const struct {
        const char *kind;
        ll_status (*make)(design *, ll_error *);
    } kinds[] = { { "isoflop", design_isoflop },
                  { "ladder", design_ladder },
                  { "grid", design_grid },
                  { "list", design_list },
                  { "wsd", design_wsd } };
    design d = { .spec = spec, .vocab = vocab, .rungs = calloc(MAX_RUNGS, sizeof(ll_rung)) };
    if (!d.rungs) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_status s = LL_EINPUT;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].kind, spec->design.kind)) s = kinds[i].make(&d, err);
    if (s == LL_OK && strcmp(spec->design.kind, "wsd")) qsort(d.rungs, (size_t)d.n, sizeof *d.rungs, by_flops);
    if (s == LL_OK) s = hold_out(&d, err);
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
    const double trained = (double)(r->steps - r->start_step) * (double)r->batch;
    const double most = 1 + share * trained / (forward * (double)s->train.eval_windows);
    return most < LEAST ? LEAST : most < MOST ? (int64_t)most : MOST;
}

ll_train_job ll_rung_job(const ll_rung *r, const ll_spec *s) {
    return (ll_train_job) { .model = r->model,
                            .steps = r->steps,
                            .batch = r->batch,
                            .micro = r->micro,
                            .schedule = r->schedule,
                            .lr = s->train.lr,
                            .beta1 = s->train.beta1,
                            .beta2 = s->train.beta2,
                            .eps = s->train.eps,
                            .decay = s->train.decay,
                            .clip = s->train.clip,
                            .seed = r->seed,
                            .threads = 1,
                            .eval_points = ll_rung_points(r, s),
                            .eval_windows = s->train.eval_windows,
                            .final_windows = s->train.final_windows,
                            .checkpoint_s = s->train.checkpoint };
}
