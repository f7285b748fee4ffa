/* Designs: every kind of ladder, and specs that mean harm. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "sweep/design/design.h"

typedef struct design {
    ll_spec spec;
    ll_rung *rungs;
    int64_t n;
} design;

/* A spec of defaults over a source, with "key value" pairs set; NULL at the end. */
static ll_spec spec_of(const char *const *pairs) {
    ll_spec s;
    assert_ok(ll_options_default(ll_spec_table, ll_spec_count, &s, err));
    strcpy(s.data.source, "markov");
    for (; *pairs; pairs += 2)
        assert_ok(ll_options_set(ll_spec_table, ll_spec_count, &s, pairs[0], pairs[1], "test", err));
    return s;
}

static design make(const char *const *pairs) {
    design d = { .spec = spec_of(pairs) };
    assert_ok(ll_spec_check(&d.spec, "test", err));
    assert_ok(ll_design_rungs(&d.spec, 257, &d.rungs, &d.n, err));
    return d;
}

#define MAKE(...) make((const char *const[]) { __VA_ARGS__, NULL })

/* What holds for every design: names are unique, counts agree, order is that of compute, trunks come first. */
static void check(const design *d) {
    assert_true(d->n > 0);
    for (int64_t i = 0; i < d->n; i++) {
        const ll_rung *r = &d->rungs[i];
        assert_ok(ll_model_check(&r->model, err));
        for (int64_t k = 0; k < i; k++) assert_string_not_equal(r->name, d->rungs[k].name);
        double D = (double)(r->steps * r->batch * r->model.context);
        assert_true(r->tokens == D && r->steps >= 1 && r->batch >= 1 && r->micro >= 1 && r->micro <= r->batch);
        assert_close(r->flops, 6 * r->count.params * D, 1e-12);
        assert_close(r->flops_exact, r->count.flops_token * D, 1e-12);
        assert_true(r->cost > 0 && r->cost <= r->flops_exact);
        assert_true(r->schedule.steps == r->steps && r->schedule.warmup <= r->steps);
        if (r->role == LL_RUNG_FORECAST) assert_int_equal(i, d->n - 1);
        if (r->trunk >= 0) {
            const ll_rung *t = &d->rungs[r->trunk];
            assert_true(r->trunk < i && t->role == LL_RUNG_TRUNK && t->seed == r->seed && t->batch == r->batch);
            assert_true(r->start_step >= 1 && r->start_step <= t->steps && r->start_step < r->steps);
            assert_true(r->schedule.kind == LL_SCHEDULE_WSD && t->schedule.kind == LL_SCHEDULE_CONSTANT);
            assert_int_equal(r->steps - r->start_step, r->schedule.cooldown);
            for (int64_t s = 0; s < r->start_step; s += 1 + r->start_step / 50) /* one and the same until there */
                assert_true(ll_schedule_at(&r->schedule, s) == ll_schedule_at(&t->schedule, s));
            assert_memory_equal(&t->model, &r->model, sizeof r->model);
        }
    }
}

static double largest(const design *d) {
    double most = 0;
    for (int64_t i = 0; i < d->n; i++)
        if (d->rungs[i].role == LL_RUNG_FIT) most = fmax(most, d->rungs[i].flops);
    return most;
}

/* Widths need no heads to divide them, and N is 8 L d^2. */
static void of_lstms(void **state) {
    (void)state;
    design d = MAKE("model.family", "lstm", "model.widths", "20,33,50", "design.kind", "list", "design.params",
                    "6400,17000,40000", "design.tokens", "1e5,1e5,1e5", "forecast.hold_out", "none");
    const int64_t widths[] = { 20, 33, 50 };
    check(&d);
    assert_int_equal(d.n, 3);
    for (int i = 0; i < 3; i++) {
        const ll_model *m = &d.rungs[i].model;
        assert_true(m->family == LL_FAMILY_LSTM && m->width == widths[i] && m->heads == 1 && m->ffw == 0);
        assert_close(d.rungs[i].count.params, 16.0 * (double)(m->width * m->width), 0);
    }
    free(d.rungs);
}

static void isoflop(void **state) {
    (void)state;
    static const char *const budgets[] = { "1e9,1e12", "3e9,5e12", "1e10,1e15" };
    for (int b = 0; b < 3; b++) {
        design d = MAKE("design.flops", budgets[b], "design.rungs", "15");
        double lo = d.spec.design.flops.v[0], hi = d.spec.design.flops.v[1];
        int at[5] = { 0 };
        check(&d);
        for (int64_t i = 0; i < d.n - 1; i++) {
            double place = log(d.rungs[i].flops / lo) / log(hi / lo) * 4;
            int k = (int)lround(place);
            double budget = lo * pow(hi / lo, k / 4.0);
            if (fabs(d.rungs[i].flops / budget - 1) > 0.01)
                fail_msg("%s: %g, budget %g", d.rungs[i].name, d.rungs[i].flops, budget);
            at[k]++;
        }
        for (int k = 1; k < 5; k++) assert_int_equal(at[k], 3); /* the smallest may find one shape twice */
        assert_true(at[0] >= 1 && d.rungs[d.n - 1].role == LL_RUNG_FORECAST);
        free(d.rungs);
    }
}

/* Sizes of one budget are a factor apart, and only the outermost of each are repeated. */
static void sizes_and_edges(void **state) {
    (void)state;
    design d = MAKE("model.family", "llama", "model.head", "8", "model.widths", "16,24,32,48,64,96,128,192,256",
                    "design.flops", "1e11,1e12", "design.rungs", "15", "design.sizes", "5", "design.size_factor",
                    "2", "design.edge_seeds", "2", "design.tokens_per_param", "40", "forecast.hold_out", "none");
    int64_t of[3][2] = { { 0 } }; /* runs of each budget, by seed */
    double least[3] = { 1e300, 1e300, 1e300 }, most[3] = { 0 };
    check(&d);
    for (int64_t i = 0; i < d.n; i++) {
        const long k = lround(2 * log10(d.rungs[i].flops / 1e11));
        const int64_t repeat = (int64_t)d.rungs[i].seed - d.spec.seed;
        assert_true(k >= 0 && k < 3 && repeat >= 0 && repeat < 2);
        of[k][repeat]++;
        least[k] = fmin(least[k], d.rungs[i].count.params);
        most[k] = fmax(most[k], d.rungs[i].count.params);
    }
    for (int k = 0; k < 3; k++) {
        assert_int_equal(of[k][0], 5);
        assert_int_equal(of[k][1], 2);
        assert_in_range(most[k] / least[k], 12, 20); /* 2 to the 4th, as near as widths come */
    }
    for (int64_t i = 0; i < d.n; i++) {
        const long k = lround(2 * log10(d.rungs[i].flops / 1e11));
        const double N = d.rungs[i].count.params;
        if ((int64_t)d.rungs[i].seed != d.spec.seed) assert_true(N == least[k] || N == most[k]);
    }
    free(d.rungs);
    d = MAKE("design.seeds", "3", "design.edge_seeds", "2", "design.rungs", "6", "forecast.hold_out", "none");
    for (int64_t i = 0; i < d.n; i++) { /* never fewer than the others */
        int64_t same = 0;
        for (int64_t j = 0; j < d.n; j++)
            same += d.rungs[j].count.params == d.rungs[i].count.params && d.rungs[j].tokens == d.rungs[i].tokens;
        assert_int_equal(same, 3);
    }
    free(d.rungs);
}

/* What the weights remember is one share of every run, where decay is not at its most; a spec that names one keeps it;
 * a branch goes on with its trunk's. */
static void decay_follows_the_steps(void **state) {
    (void)state;
    static const char *const rates[] = { "0.005", "0.02" };
    for (int k = 0; k < 2; k++) {
        design d = MAKE("design.kind", "grid", "design.params", "6144,98304", "design.tokens", "10k,100k,1M,16M,1G",
                        "train.lr", rates[k]);
        double share = 0;
        for (int64_t i = 0; i < d.n; i++) {
            const ll_rung *r = &d.rungs[i];
            const double here = 1 / (r->lr * r->decay * (double)r->steps);
            assert_true(r->decay > 0 && r->decay <= 1);
            assert_true(ll_rung_job(r, &d.spec).decay == r->decay);
            if (r->decay == 1) continue;
            if (share == 0) share = here;
            assert_close(here, share, 1e-12);
        }
        assert_true(share > 0.05 && share < 0.5);
        free(d.rungs);
    }
    static const char *const named[] = { "0", "0.1", "3" };
    for (int k = 0; k < 3; k++) {
        design d = MAKE("train.decay", named[k]);
        for (int64_t i = 0; i < d.n; i++) assert_true(ll_rung_job(&d.rungs[i], &d.spec).decay == atof(named[k]));
        free(d.rungs);
    }
    design d = MAKE("design.kind", "wsd", "train.schedule", "wsd", "design.params", "1536,24576", "design.tokens",
                    "1M,4M,16M", "forecast.hold_out", "none");
    for (int64_t i = 0; i < d.n; i++)
        if (d.rungs[i].trunk >= 0) assert_true(d.rungs[i].decay == d.rungs[d.rungs[i].trunk].decay);
    free(d.rungs);
}

/* Sixteen times the data are four times the batch, whatever the model. */
static void batch_follows_the_data(void **state) {
    (void)state;
    design d = MAKE("model.context", "2", "design.kind", "grid", "design.params", "1536,98304", "design.tokens",
                    "1M,16M,256M", "forecast.hold_out", "none");
    for (int64_t i = 0; i < d.n; i++)
        for (int64_t j = 0; j < d.n; j++) {
            const double data = d.rungs[i].tokens / d.rungs[j].tokens;
            assert_close((double)d.rungs[i].batch / (double)d.rungs[j].batch, exp2(round(log2(sqrt(data)))), 0);
        }
    free(d.rungs);
}

static void ladder(void **state) {
    (void)state;
    design d = MAKE("design.kind", "ladder", "design.params", "1500,400k", "design.rungs", "6",
                    "design.tokens_per_param", "30");
    check(&d);
    assert_int_equal(d.n, 7);
    for (int i = 0; i < 6; i++) {
        double want = 1500 * pow(400e3 / 1500, i / 5.0);
        assert_true(fabs(log(d.rungs[i].count.params / want)) < 0.7); /* widths are 16 apart: the nearest is near */
        assert_close(d.rungs[i].tokens, 30 * d.rungs[i].count.params, 0.01);
    }
    free(d.rungs);
}

static void grid_and_list(void **state) {
    (void)state;
    design d = MAKE("design.kind", "grid", "design.params", "1536,6144,24576", "design.tokens", "100k,200k");
    check(&d);
    assert_int_equal(d.n, 6);
    assert_true(d.rungs[5].role == LL_RUNG_FORECAST && d.rungs[5].flops > largest(&d));
    for (int64_t i = 1; i < 5; i++) assert_true(d.rungs[i].flops >= d.rungs[i - 1].flops);
    free(d.rungs);
    d = MAKE("design.kind", "list", "design.params", "24576,1536", "design.tokens", "100k,200k",
             "forecast.hold_out", "none");
    check(&d);
    assert_true(d.n == 2 && d.rungs[0].model.width == 8 && d.rungs[1].model.width == 32);
    assert_close(d.rungs[1].tokens, 1e5, 0.01);
    free(d.rungs);
}

static void wsd(void **state) {
    (void)state;
    design d = MAKE("design.kind", "wsd", "train.schedule", "wsd", "design.params", "1536,24576", "design.tokens",
                    "100k,400k,200k", "design.seeds", "2");
    check(&d);
    int trunks = 0, branches = 0;
    for (int64_t i = 0; i < d.n; i++) {
        trunks += d.rungs[i].role == LL_RUNG_TRUNK;
        branches += d.rungs[i].trunk >= 0;
    }
    assert_true(trunks == 4 && branches == 12 && d.n == 17);
    free(d.rungs);
    d = MAKE("design.kind", "wsd", "train.schedule", "wsd", "design.params", "1536,1537,1538", "design.tokens",
             "100k,200k", "forecast.hold_out", "none");
    check(&d);
    assert_int_equal(d.n, 3); /* three sizes of one shape: one trunk, two branches */
    free(d.rungs);
}

/* The held-out run lies at least the factor above every fitted one, rounding included. */
static void hold_out(void **state) {
    (void)state;
    static const char *const kinds[] = { "isoflop", "ladder", "wsd" };
    static const char *const factors[] = { "1", "1.5", "4", "10", "100" };
    for (int k = 0; k < 3; k++)
        for (int f = 0; f < 5; f++) {
            design d = MAKE("design.kind", kinds[k], "train.schedule", k == 2 ? "wsd" : "cosine", "design.params",
                            k == 2 ? "1536,6144" : "1536,90k", "design.tokens", "50k,130k", "design.flops",
                            "1e9,1e10", "design.rungs", "6", "forecast.factor", factors[f]);
            const ll_rung *last = &d.rungs[d.n - 1];
            check(&d);
            assert_int_equal(last->role, LL_RUNG_FORECAST);
            assert_true(last->flops >= d.spec.forecast.factor * largest(&d));
            assert_true(last->flops < 1.02 * d.spec.forecast.factor * largest(&d));
            free(d.rungs);
        }
}

static void seeds_and_shapes(void **state) {
    (void)state;
    design d = MAKE("design.kind", "list", "design.params", "1536", "design.tokens", "50k", "design.seeds", "3",
                    "seed", "7", "forecast.hold_out", "none");
    check(&d);
    assert_int_equal(d.n, 3);
    unsigned seen = 0;
    for (int64_t i = 0; i < 3; i++) seen |= 1u << (d.rungs[i].seed - 7);
    assert_int_equal(seen, 7);
    free(d.rungs);
    /* two N between two widths are one run; two D that look alike in three digits are two */
    d = MAKE("design.kind", "grid", "design.params", "1500,1600", "design.tokens", "1000000,1001000",
             "train.batch_tokens", "128", "forecast.hold_out", "none");
    check(&d);
    assert_int_equal(d.n, 2);
    free(d.rungs);
}

/* Each run with each count of distinct tokens, in whole windows; the one that is held out has most of them. */
static void unique_tokens(void **state) {
    (void)state;
    static const char *const kinds[] = { "grid", "list", "wsd", "ladder", "isoflop" };
    for (int k = 0; k < 5; k++) {
        design d = MAKE("design.kind", kinds[k], "train.schedule", k == 2 ? "wsd" : "cosine", "design.params",
                        "1536,24576", "design.tokens", "200k,400k", "design.rungs", "4", "design.sizes", "2",
                        "design.seeds", "2", "data.unique_tokens", "1000,60k,100");
        design plain = MAKE("design.kind", kinds[k], "train.schedule", k == 2 ? "wsd" : "cosine", "design.params",
                            "1536,24576", "design.tokens", "200k,400k", "design.rungs", "4", "design.sizes", "2",
                            "design.seeds", "2");
        int64_t n[3] = { 0 }, of_plain = 0;
        const int64_t windows[3] = { 1000 / 128, 60000 / 128, 1 }; /* of 128 tokens */
        for (int64_t i = 0; i < plain.n; i++) {
            of_plain += plain.rungs[i].role != LL_RUNG_FORECAST || k < 2;
            assert_int_equal(plain.rungs[i].windows, 0);
        }
        for (int64_t i = 0; i < d.n; i++) {
            const ll_rung *r = &d.rungs[i];
            if (r->role == LL_RUNG_FORECAST) assert_int_equal(r->windows, windows[1]);
            if (r->role == LL_RUNG_FORECAST && k >= 2) continue; /* one more */
            for (int u = 0; u < 3; u++) n[u] += r->windows == windows[u];
            if (r->trunk >= 0) assert_int_equal(r->windows, d.rungs[r->trunk].windows);
            assert_int_equal(ll_rung_job(r, &d.spec).windows, r->windows);
            for (int64_t j = 0; j < i; j++) assert_string_not_equal(r->name, d.rungs[j].name);
        }
        for (int u = 0; u < 3; u++) assert_int_equal(n[u], of_plain);
        free(d.rungs);
        free(plain.rungs);
    }
}

/* It would shorten what was planned: a branch has to cool down, and a forecast is of a run as it was announced. */
static void patience(void **state) {
    (void)state;
    design d = MAKE("design.kind", "wsd", "train.schedule", "wsd", "design.params", "1536", "design.tokens",
                    "200k,400k", "train.patience", "3");
    for (int64_t i = 0; i < d.n; i++) assert_int_equal(ll_rung_job(&d.rungs[i], &d.spec).patience, 0);
    free(d.rungs);
    d = MAKE("train.patience", "3");
    for (int64_t i = 0; i < d.n; i++)
        assert_int_equal(ll_rung_job(&d.rungs[i], &d.spec).patience, d.rungs[i].role == LL_RUNG_FIT ? 3 : 0);
    free(d.rungs);
}

static void also(void **state) {
    (void)state;
    static const struct {
        const char *list, *name[2], *path[2];
    } good[] = {
        { "", { NULL }, { NULL } },
        { "a/b.c.txt", { "b" }, { "a/b.c.txt" } },
        { "x=/y/z,../q r.tar.gz", { "x", "q_r" }, { "/y/z", "../q r.tar.gz" } },
        { "a.b=c", { "a" }, { "a.b=c" } }, /* no name: a file's */
        { "one=x=y", { "one" }, { "x=y" } },
    };
    static const char *const bad[] = { "a,b/a", "x=1,x=2", ",a", "a,,b", "x=", "a,b,c,d,e,f,g,h,i" };
    ll_spec_also also;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ll_spec s = spec_of((const char *const[]) { "data.also", good[i].list, NULL });
        assert_ok(ll_spec_list_also(&s, "test", &also, err));
        int n = 0;
        while (n < 2 && good[i].name[n]) n++;
        assert_int_equal(also.n, n);
        for (int k = 0; k < n; k++) {
            assert_string_equal(also.name[k], good[i].name[k]);
            assert_string_equal(also.path[k], good[i].path[k]);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error err = { 0 };
        ll_spec s = spec_of((const char *const[]) { "data.also", bad[i], NULL });
        assert_int_equal(ll_spec_list_also(&s, "test", &also, &err), LL_EINPUT);
        assert_non_null(strstr(err.msg, "data.also"));
    }
    ll_error err = { 0 };
    const ll_spec source = spec_of((const char *const[]) { "data.also", "a", NULL });
    assert_int_equal(ll_spec_check(&source, "test", &err), LL_EINPUT);
}

/* The rate goes with the batch as the rule says, the data as the hyperbola about the rule's own batch does. */
static void batches(void **state) {
    (void)state;
    static const struct {
        const char *rate;
        double power;
    } rates[] = { { "sqrt", 0.5 }, { "linear", 1 }, { "none", 0 } };
    for (int k = 0; k < 3; k++) {
        design d = MAKE("design.kind", "batch", "design.params", "24576", "design.tokens", "1M", "design.batches",
                        "256,512,1024,4096", "train.batch_tokens", "1024", "design.batch_rate", rates[k].rate,
                        "train.schedule", "constant", "train.lr", "0.004", "design.seeds", "2");
        check(&d);
        assert_int_equal(d.n, 8); /* none is held out */
        for (int64_t i = 0; i < d.n; i++) {
            const ll_rung *r = &d.rungs[i];
            const double times = (double)(r->batch * r->model.context) / 1024;
            assert_true(r->role == LL_RUNG_FIT && r->model.width == 32);
            assert_close(r->lr, 0.004 * pow(times, rates[k].power), 1e-12);
            assert_close(r->tokens, 1e6 * (1 + times), 2 * times * 1024 / 1e6);
            assert_true(ll_rung_job(r, &d.spec).lr == r->lr && ll_rung_points(r, &d.spec) == 40);
        }
        free(d.rungs);
    }
}

/* Shapes of one N are of one N within the stated factor, on the same tokens, and each of them once. */
static void shapes(void **state) {
    (void)state;
    static const char *const families[] = { "gpt", "llama" };
    for (int k = 0; k < 2; k++) {
        design d =
            MAKE("design.kind", "shape", "model.family", families[k], "model.head", "8", "design.params", "400k,2M",
                 "design.layers", "1,2,4,8,16", "design.ffw_ratio", "1,4", "design.tokens_per_param", "5");
        check(&d);
        assert_int_equal(d.n, 20);
        for (int64_t i = 0; i < d.n; i++) {
            const ll_rung *r = &d.rungs[i];
            const double N = r->count.params < 9e5 ? 4e5 : 2e6;
            assert_true(fabs(log(r->count.params / N)) <= log(LL_DESIGN_SHAPE_MISS));
            assert_close(r->tokens, 5 * N, 0.02);
            assert_true(r->model.ffw == r->model.width || r->model.ffw == 4 * r->model.width);
        }
        free(d.rungs);
    }
    design d =
        MAKE("design.kind", "shape", "design.params", "400k", "design.layers", "3", "design.heads", "1,2,4,8");
    check(&d);
    assert_int_equal(d.n, 4);
    for (int64_t i = 0; i < d.n; i++) assert_int_equal(d.rungs[i].model.width % d.rungs[i].model.heads, 0);
    free(d.rungs);
}

static void pure(void **state) {
    (void)state;
    design a = MAKE("design.rungs", "30"), b = MAKE("design.rungs", "30");
    assert_int_equal(a.n, b.n);
    for (int64_t i = 0; i < a.n; i++) {
        assert_string_equal(a.rungs[i].name, b.rungs[i].name);
        assert_true(a.rungs[i].steps == b.rungs[i].steps && a.rungs[i].batch == b.rungs[i].batch);
    }
    free(a.rungs);
    free(b.rungs);
}

/* The hash names the numbers: not by how many workers they came. */
static void hash(void **state) {
    (void)state;
    char a[LL_HASH_HEX], b[LL_HASH_HEX], c[LL_HASH_HEX];
    ll_spec plain = spec_of((const char *const[]) { NULL });
    ll_spec wide = spec_of((const char *const[]) { "engine.workers", "3", "engine.memory", "1G", NULL });
    ll_spec other = spec_of((const char *const[]) { "train.lr", "0.021", NULL });
    assert_ok(ll_spec_hash(&plain, a, err));
    assert_ok(ll_spec_hash(&wide, b, err));
    assert_ok(ll_spec_hash(&other, c, err));
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
}

/* The resolved text reads back as the same spec, awkward words and numbers included. */
static void text_reads_back(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX];
    static const char *const words[] = {
        "text", "",  "@text", "# no comment", "a: b", "null", "true", "- x", "'",    "\"q\"",
        "[1",   "{", "*",     "&a",           "!",    "%",    "|",    "~",   "0x10", " lead"
    };
    support_folder(folder);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        ll_spec s = spec_of((const char *const[]) { "train.lr", "0.1234567890123456789", "data.text",
                                                    "a \"b\"\\c\n", "train.checkpoint", "90s", NULL }),
                back;
        snprintf(s.data.field, sizeof s.data.field, "%s", words[i]);
        snprintf(s.data.suffix, sizeof s.data.suffix, "%s", words[i]);
        char *text = ll_spec_text(&s), *again;
        support_write(folder, "spec.yaml", text, strlen(text), path);
        ll_error err = { 0 };
        if (ll_spec_load(&back, path, &err) != LL_OK) fail_msg("field '%s': %s", words[i], err.msg);
        again = ll_spec_text(&back);
        assert_string_equal(again, text);
        assert_string_equal(back.data.field, words[i]);
        free(text);
        free(again);
    }
    support_remove(folder);
}

/* Refused with a line, or a design that holds; never a crash, a hang or a wrapped number. */
static void hostile(void **state) {
    (void)state;
    static const char *const odd[][6] = {
        { "design.flops", "1e30,1e30" },
        { "design.flops", "1e-300,1e30" },
        { "design.flops", "1e-300,1e-299" },
        { "design.tokens_per_param", "1e9" },
        { "design.tokens_per_param", "1e-300" },
        { "design.rungs", "4096", "design.sizes", "64" },
        { "design.rungs", "4096", "design.seeds", "100" },
        { "design.sizes", "64", "design.rungs", "64" },
        { "model.widths", "65536", "model.layers", "512" },
        { "model.widths", "2", "model.head", "2" },
        { "model.context", "1048576" },
        { "model.context", "2", "design.flops", "1e30,1e30" },
        { "model.head", "256" },
        { "model.head", "3" },
        { "model.family", "llama", "model.head", "3" },
        { "model.family", "lstm", "model.head", "256", "model.layers", "0" },
        { "train.batch_tokens", "1e12" },
        { "train.batch_tokens", "1" },
        { "train.warmup", "0.9", "train.cooldown", "0.05" },
        { "forecast.factor", "1e6", "design.flops", "1e30,1e30" },
        { "design.kind", "list", "design.params", "1e15", "design.tokens", "1e18" },
        { "design.kind", "grid", "design.params", "1e-300", "design.tokens", "1e-300" },
        { "design.kind", "ladder", "design.params", "1e-300,1e15" },
        { "design.kind", "ladder", "design.params", "1,1" },
        { "design.kind", "batch", "design.params", "10k" },
        { "design.kind", "batch", "design.params", "10k", "design.batches", "1,2" },
        { "design.kind", "batch", "design.params", "10k", "design.batches", "1,1e12,1e3" },
        { "design.kind", "shape", "design.params", "10k" },
        { "design.kind", "shape", "design.params", "10k", "design.layers", "512" },
        { "design.kind", "shape", "design.params", "10k", "design.layers", "2.5" },
        { "design.kind", "shape", "design.params", "10k", "design.heads", "512" },
        { "design.kind", "shape", "design.params", "1e15", "design.ffw_ratio", "1e-300" },
    };
    int refused = 0;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        const char *pairs[7] = { 0 };
        memcpy(pairs, odd[i], sizeof odd[i]);
        design d = { .spec = spec_of(pairs) };
        ll_error err = { 0 };
        ll_status s = ll_spec_check(&d.spec, "test", &err);
        if (s == LL_OK) s = ll_design_rungs(&d.spec, 257, &d.rungs, &d.n, &err);
        if (s == LL_OK) {
            check(&d);
            free(d.rungs);
            continue;
        }
        refused++;
        assert_int_equal(s, LL_EINPUT);
        assert_true(*err.msg && !strchr(err.msg, '\n'));
    }
    assert_true(refused >= 5);
    /* wsd too short to branch */
    ll_spec s = spec_of((const char *const[]) { "design.kind", "wsd", "train.schedule", "wsd", "design.params",
                                                "1536", "design.tokens", "10,100k", NULL });
    ll_rung *rungs;
    int64_t n;
    ll_error err = { 0 };
    assert_int_equal(ll_design_rungs(&s, 257, &rungs, &n, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "design.tokens"));
}

/* A long run affords a curve of many points, a short one what it always had; who asks for a number gets it. */
static void a_curve_takes_little_time(void **state) {
    (void)state;
    ll_spec s = spec_of((const char *const[]) { "train.eval_windows", "64", NULL });
    ll_rung r = { .batch = 16 };
    static const struct { int64_t steps, points; } cases[] = { { 100, 10 }, { 3200, 40 }, { 1000000, 40 } };
    for (int i = 0; i < 3; i++) {
        r.steps = cases[i].steps;
        assert_int_equal(ll_rung_points(&r, &s), cases[i].points);
        assert_int_equal(ll_rung_job(&r, &s).eval_points, cases[i].points);
    }
    for (r.steps = 700; r.steps < 2000; r.steps += 100) { /* forward alone is a third of a step */
        const double judged = (double)((ll_rung_points(&r, &s) - 1) * 64) / 3;
        assert_in_range(ll_rung_points(&r, &s), 11, 40);
        assert_true(judged <= 0.02 * (double)(r.steps * r.batch) + 1e-9);
    }
    s.train.eval_points = 3;
    assert_int_equal(ll_rung_points(&r, &s), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_lstms),
        cmocka_unit_test(isoflop),
        cmocka_unit_test(sizes_and_edges),
        cmocka_unit_test(decay_follows_the_steps),
        cmocka_unit_test(batch_follows_the_data),
        cmocka_unit_test(ladder),
        cmocka_unit_test(grid_and_list),
        cmocka_unit_test(wsd),
        cmocka_unit_test(hold_out),
        cmocka_unit_test(seeds_and_shapes),
        cmocka_unit_test(unique_tokens),
        cmocka_unit_test(patience),
        cmocka_unit_test(batches),
        cmocka_unit_test(shapes),
        cmocka_unit_test(also),
        cmocka_unit_test(pure),
        cmocka_unit_test(hash),
        cmocka_unit_test(text_reads_back),
        cmocka_unit_test(hostile),
        cmocka_unit_test(a_curve_takes_little_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
