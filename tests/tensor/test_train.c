/* Training as a whole, through ll_train_run on small shards of a source whose entropy is known. */
#define _GNU_SOURCE
#include "support.h"

#include <dirent.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "data/build.h"
#include "small_job.h"
#include "tensor/choice/kernel_tables.h"
#include "train/checkpoint.h"

static char folder[LL_PATH_MAX];
static ll_shard train_shard, val_shard;
static const ll_kernels *kernels;

/* Eight symbols, the next one almost certain: entropy well below ln 8. */
static int set_up(void **state) {
    (void)state;
    double rows[64];
    char prefix[LL_PATH_MAX];
    ll_source *source;
    ll_build_report report;
    for (int i = 0; i < 64; i++) rows[i] = i % 8 == (i / 8 + 3) % 8 ? 0.93 : 0.01;
    support_folder(folder);
    assert_ok(ll_source_markov_rows(&source, 8, 1, rows, err));
    assert_ok(ll_file_join(prefix, folder, "data", err));
    assert_ok(ll_build_source(source, prefix, 60000, 20000, 5, &report, err));
    assert_ok(ll_shard_open_pair(&train_shard, &val_shard, prefix, err));
    assert_ok(ll_kernels_named("auto", "fp32", &kernels, err));
    ll_source_free(source);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    ll_shard_close(&train_shard);
    ll_shard_close(&val_shard);
    support_remove(folder);
    return 0;
}

static ll_train_job job_of(ll_family family, int64_t steps) {
    return small_job(family, kernels, &train_shard, &val_shard,
                     (ll_schedule) { LL_SCHEDULE_COSINE, steps, 10, 0, 0 });
}

typedef struct seen {
    int64_t stop_at, points, events, last_step; /* stop_at: -1 never */
    double loss[64];
    int64_t step[64];
    char note[LL_ERROR_MAX];
} seen;

static ll_verdict watch(void *ctx, const ll_train_event *e) {
    seen *s = ctx;
    if (e->kind == LL_TRAIN_NOTE) {
        snprintf(s->note, sizeof s->note, "%s", e->note);
        return LL_CONTINUE;
    }
    s->events++;
    assert_true(e->step >= s->last_step);
    s->last_step = e->step;
    if (e->kind == LL_TRAIN_POINT && s->points < 64) {
        s->step[s->points] = e->step;
        s->loss[s->points++] = e->loss;
    }
    return s->stop_at >= 0 && e->step >= s->stop_at ? LL_CHECKPOINT_AND_STOP : LL_CONTINUE;
}

static ll_train_result run_ok(const ll_train_job *job, seen *s) {
    ll_train_result r = { 0 };
    seen own = { .stop_at = -1 };
    assert_ok(ll_train_run(job, watch, s ? s : &own, &r, err));
    return r;
}

static void assert_same(double a, double b) {
    if (memcmp(&a, &b, sizeof a) != 0) fail_msg("%.17g and %.17g differ", a, b);
}

/* The chain's entropy is 0.583 nats; ln 8 = 2.08 is where an untrained model starts. */
static void it_learns(void **state) {
    (void)state;
    assert_close(val_shard.info.entropy, -0.93 * log(0.93) - 7 * 0.01 * log(0.01), 1e-12);
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        ll_train_job job = job_of((ll_family)f, 300);
        seen s = { .stop_at = -1 };
        ll_train_result r = run_ok(&job, &s);
        assert_true(r.loss < val_shard.info.entropy + 0.25);
        assert_true(r.loss > val_shard.info.entropy - 4 * r.se);
        assert_true(fabs(s.loss[0] - log(8)) < 0.5);
        assert_true(r.train_loss < 1 && r.se > 0 && r.se < 0.1);
        assert_true(s.points == 6 && s.step[5] == 300 && s.step[0] == 3 &&
                    s.step[4] == 116); /* 300^(1/6), 300^(5/6) */
        assert_same(s.loss[5], r.loss);
        assert_int_equal(r.resumed_at, 0);
    }
}

static void threads_do_not_show(void **state) {
    (void)state;
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        ll_train_result first = { 0 };
        for (int threads = 1; threads <= 4; threads *= 2) {
            ll_train_job job = job_of((ll_family)f, 60);
            job.model.width = 64, job.model.heads = 4,
            job.model.ffw = 128; /* several segments to reduce and update */
            job.threads = threads;
            ll_train_result r = run_ok(&job, NULL);
            if (threads == 1) first = r;
            assert_same(r.loss, first.loss);
            assert_same(r.se, first.se);
            assert_same(r.train_loss, first.train_loss);
        }
    }
}

/* One sequence a step, or an odd number of them: the team's turn (tensor/team). In 66 steps both halves of the noise,
 * too. */
static void no_team_shows(const ll_kernels *table) {
    for (int f = 0; f < LL_FAMILY_COUNT; f++)
        for (int64_t batch = 1; batch <= 3; batch++) {
            ll_train_result first = { 0 };
            for (int threads = 1; threads <= 4; threads += threads) {
                ll_train_job job = job_of((ll_family)f, f == LL_FAMILY_LLAMA && batch == 1 ? 66 : 4);
                job.model.width = 64, job.model.heads = 4, job.model.ffw = 128, job.model.context = 64;
                job.batch = batch, job.micro = batch == 3 ? 3 : 1;
                job.kernels = table;
                job.threads = threads;
                const ll_train_result r = run_ok(&job, NULL);
                if (threads == 1) first = r;
                assert_same(r.loss, first.loss);
                assert_same(r.se, first.se);
                assert_same(r.train_loss, first.train_loss);
            }
        }
}

static void a_team_does_not_show(void **state) {
    (void)state;
    no_team_shows(kernels);
}

/* Nor where the table's products cannot be shared, and each micro-batch stays with one thread. */
static void a_team_that_cannot_share_does_not_show(void **state) {
    (void)state;
    const ll_kernels *whole;
    ll_error why;
    if (ll_kernels_named("blas", NULL, &whole, &why) != LL_OK) {
        print_message("skipped: no OpenBLAS here\n");
        skip();
    }
    assert_true(whole->whole);
    no_team_shows(whole);
}

static volatile sig_atomic_t active;

static ll_verdict change_threads(void *ctx, const ll_train_event *e) {
    active = (int)(e->step * 7 % 11) - 2; /* from none to more than there are */
    return watch(ctx, e);
}

static void threads_that_come_and_go_do_not_show(void **state) {
    (void)state;
    ll_train_job job = job_of(LL_FAMILY_GPT, 60);
    job.eval_points = 60;
    ll_train_result alone = run_ok(&job, NULL), r;
    seen s = { .stop_at = -1 };
    job.threads = 4;
    job.active = &active;
    assert_ok(ll_train_run(&job, change_threads, &s, &r, err));
    assert_true(s.events > 20);
    assert_same(r.loss, alone.loss);
    assert_same(r.train_loss, alone.train_loss);
}

/* Nor do evaluations, few or at every step: the last loss is of the same parameters. */
static void evaluations_do_not_show(void **state) {
    (void)state;
    ll_train_job job = job_of(LL_FAMILY_GPT, 60);
    job.eval_points = 1;
    const ll_train_result few = run_ok(&job, NULL);
    job.eval_points = 1000;
    const ll_train_result many = run_ok(&job, NULL);
    assert_same(many.loss, few.loss);
    assert_same(many.se, few.se);
    assert_same(many.train_loss, few.train_loss);
}

static void seeds_do_show(void **state) {
    (void)state;
    ll_train_job a = job_of(LL_FAMILY_GPT, 40), b = a;
    b.seed++;
    assert_true(run_ok(&a, NULL).loss != run_ok(&b, NULL).loss);
}

/* Stopped by the sink at any step, with any number of threads, and gone on from: the same bits. */
static void stop_and_resume(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, "resume.state", err));
    ll_train_job job = job_of(LL_FAMILY_LLAMA, 80);
    ll_train_result whole = run_ok(&job, NULL);
    job.checkpoint = path;
    job.checkpoint_s = -1;  /* after every step */
    job.eval_points = 1000; /* and the sink is asked at every step */
    static const int64_t stops[] = { 0, 2, 3, 9, 40, 79 };
    for (int i = 0; i < 6; i++) {
        seen s = { .stop_at = stops[i] };
        ll_train_result r;
        ll_error err = { 0 };
        job.threads = 1 + i % 3;
        assert_int_equal(ll_train_run(&job, watch, &s, &r, &err), LL_ESTOP);
        assert_non_null(strstr(err.msg, "of 80"));
        s = (seen) { .stop_at = -1 };
        job.threads = 1 + (i + 1) % 2;
        r = run_ok(&job, &s);
        assert_true(r.resumed_at >= stops[i] && r.resumed_at < 80);
        assert_same(r.loss, whole.loss);
        assert_same(r.train_loss, whole.train_loss);
        unlink(path);
    }
    /* many short lives */
    ll_train_result r = { 0 };
    ll_error err;
    int64_t lives = 0;
    for (ll_status st = LL_ESTOP; st == LL_ESTOP; lives++) {
        seen s = { .stop_at = lives * 10 + 5 };
        st = ll_train_run(&job, watch, &s, &r, &err);
        assert_true(st == LL_OK || st == LL_ESTOP);
    }
    assert_true(lives >= 3);
    assert_same(r.loss, whole.loss);
    unlink(path);
}

static void a_strangers_checkpoint(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, "strange.state", err));
    ll_train_job job = job_of(LL_FAMILY_GPT, 20);
    ll_train_result r;
    ll_error err = { 0 };
    job.checkpoint = path;
    seen s = { .stop_at = 5 };
    assert_int_equal(ll_train_run(&job, watch, &s, &r, &err), LL_ESTOP);
    s.stop_at = -1, s.last_step = 0;
    strcpy(job.identity, "two");
    char broken[LL_PATH_MAX + 8];
    snprintf(broken, sizeof broken, "%s.broken", path);
    job.checkpoint = NULL;
    const ll_train_result whole = run_ok(&job, NULL);
    job.checkpoint = path;
    r = run_ok(&job, &s); /* set aside and named, and the run starts over */
    assert_same(r.loss, whole.loss);
    assert_int_equal(r.resumed_at, 0);
    assert_non_null(strstr(s.note, "strange.state: belongs to another rung"));
    assert_non_null(strstr(s.note, "strange.state.broken"));
    assert_int_equal(access(broken, F_OK), 0);
    unlink(path);
    unlink(broken);
    s = (seen) { .stop_at = 5 };
    assert_int_equal(ll_train_run(&job, watch, &s, &r, &err), LL_ESTOP);
    s = (seen) { .stop_at = -1 };
    job.steps = job.schedule.steps = 3; /* a checkpoint from beyond the end */
    r = run_ok(&job, &s);
    assert_non_null(strstr(s.note, "at step"));
    unlink(path);
    unlink(broken);
}

/* The shard changed after it was verified. */
static void a_token_outside(void **state) {
    (void)state;
    ll_train_job job = job_of(LL_FAMILY_GPT, 20);
    ll_shard less = *job.train;
    ll_train_result r;
    ll_error err = { 0 };
    seen s = { .stop_at = -1 };
    less.info.vocab--;
    job.train = &less;
    assert_int_equal(ll_train_run(&job, watch, &s, &r, &err), LL_EFORMAT);
    assert_non_null(strstr(err.msg, "a token outside the vocabulary"));
    job = job_of(LL_FAMILY_GPT, 20);
    job.val = &less;
    assert_int_equal(ll_train_run(&job, watch, &s, &r, &err), LL_EFORMAT);
}

/* A branch that cools down from a trunk is the run that went through alone, to the bit. */
static void branches(void **state) {
    (void)state;
    char prefix[LL_PATH_MAX], start[LL_PATH_MAX + 32];
    static const int64_t ends[] = { 50, 90 };
    assert_ok(ll_file_join(prefix, folder, "trunk", err));
    ll_train_job trunk = job_of(LL_FAMILY_GPT, 72);
    trunk.schedule = (ll_schedule) { LL_SCHEDULE_CONSTANT, 72, 6, 0, 0 };
    trunk.branch_prefix = prefix;
    trunk.n_branches = 2;
    trunk.branch_step[0] = 40, trunk.branch_step[1] = 72;
    run_ok(&trunk, NULL);
    for (int i = 0; i < 2; i++) {
        ll_train_job whole = job_of(LL_FAMILY_GPT, ends[i]), branch;
        whole.schedule = (ll_schedule) { LL_SCHEDULE_WSD, ends[i], 6, ends[i] / 5, 0 };
        ll_train_result alone = run_ok(&whole, NULL);
        branch = whole;
        snprintf(start, sizeof start, "%s-%lld.safetensors", prefix, (long long)(ends[i] - ends[i] / 5));
        branch.start = start;
        ll_train_result r = run_ok(&branch, NULL);
        assert_same(r.loss, alone.loss);
        assert_same(r.train_loss, alone.train_loss);
        whole.schedule.kind = LL_SCHEDULE_CONSTANT;
        assert_true(run_ok(&whole, NULL).loss != alone.loss); /* the cooldown is seen */
        unlink(start);
    }
}

/* What was first told of the steps that branches start from. */
typedef struct branch_news {
    const char *prefix;
    ll_train_kind first[2];
    bool is_there[2];
} branch_news;

static ll_verdict watch_branches(void *ctx, const ll_train_event *e) {
    branch_news *b = ctx;
    char path[LL_PATH_MAX + 32];
    const int i = e->step >= 72;
    if (e->step < 40 || b->first[i]) return LL_CONTINUE;
    snprintf(path, sizeof path, "%s-%d.safetensors", b->prefix, i ? 72 : 40);
    b->first[i] = e->step == (i ? 72 : 40) ? e->kind : LL_TRAIN_NOTE;
    b->is_there[i] = access(path, R_OK) == 0;
    return LL_CONTINUE;
}

/* A branch need not wait for what a trunk still does at the same step: its final evaluation takes many windows. */
static void a_branch_is_told_before_its_trunk_is_judged(void **state) {
    (void)state;
    char prefix[LL_PATH_MAX], path[LL_PATH_MAX + 32];
    assert_ok(ll_file_join(prefix, folder, "told", err));
    ll_train_job trunk = job_of(LL_FAMILY_GPT, 72);
    trunk.schedule = (ll_schedule) { LL_SCHEDULE_CONSTANT, 72, 6, 0, 0 };
    trunk.eval_points = 72; /* step 40 is one, as the end is */
    trunk.branch_prefix = prefix;
    trunk.n_branches = 2;
    trunk.branch_step[0] = 40, trunk.branch_step[1] = 72;
    ll_train_result r;
    branch_news news = { .prefix = prefix };
    assert_ok(ll_train_run(&trunk, watch_branches, &news, &r, err));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(news.first[i], LL_TRAIN_PROGRESS);
        assert_true(news.is_there[i]);
        snprintf(path, sizeof path, "%s-%d.safetensors", prefix, i ? 72 : 40);
        unlink(path);
    }
}

static void it_diverges(void **state) {
    (void)state;
    ll_train_job job = job_of(LL_FAMILY_GPT, 400);
    job.lr = 100, job.decay = 10, job.clip = 0;
    ll_train_result r;
    seen s = { .stop_at = -1 };
    ll_error err = { 0 };
    assert_int_equal(ll_train_run(&job, watch, &s, &r, &err), LL_ENUM);
    long long step = -1;
    assert_int_equal(sscanf(err.msg, "step %lld:", &step), 1);
    assert_true(step > 0 && step < 400 && step >= s.last_step);
    assert_non_null(strstr(err.msg, "lower train.lr"));
    for (int64_t i = 0; i < s.points; i++) assert_true(isfinite(s.loss[i])); /* nothing but numbers was told */
}

static void shards_that_do_not_fit(void **state) {
    (void)state;
    ll_train_job job = job_of(LL_FAMILY_GPT, 4);
    ll_train_result r;
    ll_error err = { 0 };
    seen s = { .stop_at = -1 };
    job.model.vocab = 7;
    assert_int_equal(ll_train_run(&job, watch, &s, &r, &err), LL_EINPUT);
    job = job_of(LL_FAMILY_GPT, 4);
    job.model.context = 30000;
    assert_int_equal(ll_train_run(&job, watch, &s, &r, &err), LL_EINPUT); /* the validation part has 20000 */
    job = job_of(LL_FAMILY_GPT, 4);
    job.model.heads = 3;
    assert_int_equal(ll_train_run(&job, watch, &s, &r, &err), LL_EINPUT);
    float *params = calloc((size_t)ll_model_size(&job.model), sizeof *params);
    job = job_of(LL_FAMILY_GPT, 4);
    job.model.vocab = 7;
    double loss, se;
    assert_int_equal(ll_train_evaluate(&job.model, kernels, params, &val_shard, 4, 1, &loss, &se, &err), LL_EINPUT);
    free(params);
    assert_int_equal(s.events, 0);
}

/* ---- memory ---- */

typedef struct meter {
    struct mallinfo2 before, last;
    int64_t changes, looks;
} meter;

static ll_verdict weigh(void *ctx, const ll_train_event *e) {
    meter *m = ctx;
    struct mallinfo2 now = mallinfo2();
    (void)e;
    if (m->looks++ && (now.uordblks != m->last.uordblks || now.hblkhd != m->last.hblkhd)) m->changes++;
    m->last = now;
    return LL_CONTINUE;
}

/* What is announced is what is held while it trains, and no step takes or gives any. */
static void memory(void **state) {
    (void)state;
    if (mallinfo2().uordblks == 0) { /* a sanitizer's allocator does not keep these books */
        print_message("SKIPPED: this allocator does not tell what it holds\n");
        skip();
    }
    static const int64_t widths[] = { 16, 64, 128 };
    for (int i = 0; i < 3; i++) {
        ll_train_job job = job_of(i == 1 ? LL_FAMILY_LLAMA : LL_FAMILY_GPT, 30);
        job.model.width = job.model.ffw = widths[i], job.model.heads = widths[i] / 8;
        job.eval_points = 30; /* the sink is called between any two steps */
        ll_train_result r;
        meter m = { .before = mallinfo2() };
        assert_ok(ll_train_run(&job, weigh, &m, &r, err));
        double held = (double)(m.last.uordblks + m.last.hblkhd) - (double)(m.before.uordblks + m.before.hblkhd);
        assert_close(held, ll_train_memory(&job), 0.01);
        assert_true(m.looks > 12);
        assert_int_equal(m.changes, 0);
        struct mallinfo2 after = mallinfo2();
        assert_true(after.uordblks + after.hblkhd < m.before.uordblks + m.before.hblkhd + 4096);
    }
}

/* ---- the optimiser ---- */

/* AdamW on f(p) = sum c (p - t)^2 / 2 against the paper's loop in double. */
static void adamw(void **state) {
    (void)state;
    enum { N = 37 };
    float p[N], m[N] = { 0 }, v[N] = { 0 }, g[N];
    double q[N], dm[N] = { 0 }, dv[N] = { 0 }, lr = 0.03, b1 = 0.9, b2 = 0.99, eps = 1e-8, decay = 0.2;
    for (int i = 0; i < N; i++) q[i] = p[i] = (float)(i - 18) * 0.3f;
    for (int t = 1; t <= 200; t++) {
        for (int i = 0; i < N; i++) g[i] = (float)(1 + i % 5) * (p[i] - 0.5f);
        ll_adamw o = { .lr = (float)lr,
                       .beta1 = (float)b1,
                       .beta2 = (float)b2,
                       .eps = (float)eps,
                       .decay = (float)(lr * decay),
                       .bias1 = (float)(1 - pow(b1, t)),
                       .bias2 = (float)(1 - pow(b2, t)),
                       .grad_scale = t % 3 ? 1 : 0.25f };
        kernels->adamw(p, m, v, g, N, &o);
        for (int i = 0; i < N; i++) {
            double dg = (1 + i % 5) * (q[i] - 0.5) * (t % 3 ? 1 : 0.25);
            dm[i] = b1 * dm[i] + (1 - b1) * dg;
            dv[i] = b2 * dv[i] + (1 - b2) * dg * dg;
            q[i] -= lr * decay * q[i];
            q[i] -= lr * (dm[i] / (1 - pow(b1, t))) / (sqrt(dv[i] / (1 - pow(b2, t))) + eps);
        }
    }
    for (int i = 0; i < N; i++) assert_true(fabs(p[i] - q[i]) < 2e-4);
    assert_true(fabs(p[0] - 0.5) < 2 && fabs(p[36] - 0.5) < 2); /* and it has gone towards the minimum */
}

/* ---- evaluation ---- */

/* A model of zeros says 1/V for every token: loss ln V, no scatter. */
static void evaluation_of_nothing(void **state) {
    (void)state;
    ll_train_job job = job_of(LL_FAMILY_LLAMA, 1);
    float *params = calloc((size_t)ll_model_size(&job.model), sizeof *params);
    double loss, se;
    assert_ok(ll_train_evaluate(&job.model, kernels, params, &val_shard, 100, 2, &loss, &se, err));
    assert_close(loss, log(8), 1e-6);
    assert_true(se < 1e-6);
    free(params);
}

/* A model that knows only one logit table, by token: with norms that pass it through, p(y | x) is planted, and loss
 * and standard error follow from the tokens by hand, window by window. */
static void evaluation_by_hand(void **state) {
    (void)state;
    enum { WINDOWS = 64, T = 16 };
    ll_train_job job = job_of(LL_FAMILY_LLAMA, 1);
    ll_model *model = &job.model;
    model->layers = 1, model->width = 8, model->heads = 1, model->base_width = 8;
    float *params = calloc((size_t)ll_model_size(model), sizeof *params);
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int n = ll_model_tensors(model, t);
    for (int i = 0; i < n; i++)
        for (int64_t k = 0; k < ll_tensor_size(&t[i]); k++) {
            float *p = params + t[i].offset + k;
            if (!strcmp(t[i].name, "wte")) *p = k % 9 == 0 ? 1 : 0; /* token x is unit vector x */
            else if (!strcmp(t[i].name, "normf_w")) *p = 1;
            else if (!strcmp(t[i].name, "head_w")) *p = (float)((k * 5) % 11) * 0.1f;
        }
    double loss, se, sum = 0, square = 0, rstd = 1 / sqrt(1.0 / 8 + 1e-5);
    assert_ok(ll_train_evaluate(model, kernels, params, &val_shard, WINDOWS, 1, &loss, &se, err));
    for (int w = 0; w < WINDOWS; w++) {
        int64_t start = (val_shard.n - 1 - T) * w / (WINDOWS - 1);
        double mean = 0;
        for (int i = 0; i < T; i++) {
            int x = val_shard.tokens[start + i], y = val_shard.tokens[start + i + 1];
            double total = 0;
            for (int j = 0; j < 8; j++) total += exp(rstd * ((j * 8 + x) * 5 % 11) * 0.1);
            mean += (log(total) - rstd * ((y * 8 + x) * 5 % 11) * 0.1) / T;
        }
        sum += mean, square += mean * mean;
    }
    sum /= WINDOWS;
    assert_close(loss, sum, 1e-5);
    assert_close(se, sqrt((square / WINDOWS - sum * sum) / (WINDOWS - 1)), 1e-3);
    free(params);
}

/* The standard error is what the mean really scatters by: over windows of fresh data, about 1 / sqrt(n) sd. */
static void standard_error_is_honest(void **state) {
    (void)state;
    ll_train_job job = job_of(LL_FAMILY_GPT, 1);
    float *params = calloc((size_t)ll_model_size(&job.model), sizeof *params);
    ll_model_init(&job.model, params, 1);
    double coarse, fine, se_coarse, se_fine;
    assert_ok(ll_train_evaluate(&job.model, kernels, params, &val_shard, 70, 1, &coarse, &se_coarse, err));
    assert_ok(ll_train_evaluate(&job.model, kernels, params, &val_shard, 1120, 1, &fine, &se_fine, err));
    assert_close(se_coarse / se_fine, 4, 0.35);
    assert_true(fabs(coarse - fine) < 4 * se_coarse);
    double parts = 0, squares = 0;
    ll_shard part = val_shard;
    for (int i = 0; i < 16; i++) { /* sixteen disjoint parts, 70 windows each */
        double loss, se;
        part.tokens = val_shard.tokens + i * 1250, part.n = 1250;
        assert_ok(ll_train_evaluate(&job.model, kernels, params, &part, 70, 1, &loss, &se, err));
        parts += loss, squares += loss * loss;
    }
    double sd = sqrt((squares - parts * parts / 16) / 15);
    assert_true(sd > se_coarse / 2 && sd < se_coarse * 2);
    free(params);
}

/* ---- where the time goes ---- */

static void burn(double seconds) {
    const double until = ll_clock_cpu() + seconds;
    while (ll_clock_cpu() < until) {
    }
}

#define BURN_PACK 0.001 /* far more than the rest of a step takes */
#define BURN_SINK 0.01

static void slow_pack(ll_real *to, const ll_real *b, int64_t N, int64_t K, unsigned flags) {
    burn(BURN_PACK);
    kernels->pack(to, b, N, K, flags);
}

static ll_verdict slow_watch(void *ctx, const ll_train_event *e) {
    if (e->kind == LL_TRAIN_POINT) burn(BURN_SINK);
    return watch(ctx, e);
}

static void parts_are_where_the_time_went(void **state) {
    (void)state;
    ll_kernels slow = *kernels;
    ll_train_job job = job_of(LL_FAMILY_LLAMA, 12);
    ll_train_result r = { 0 };
    seen s = { .stop_at = -1 };
    double sum = 0;
    slow.pack = slow_pack;
    job.kernels = &slow;
    const double from = ll_clock_cpu();
    assert_ok(ll_train_run(&job, slow_watch, &s, &r, err));
    const double to = ll_clock_cpu();
    for (int p = 0; p < LL_PARTS; p++) sum += r.cpu_s[p];
    assert_true(sum > from && sum <= to);
    assert_true(r.cpu_s[LL_PART_START] > from);
    assert_true(r.cpu_s[LL_PART_PACKING] > r.cpu_s[LL_PART_STEPS] && r.cpu_s[LL_PART_STEPS] > 0);
    assert_true(r.cpu_s[LL_PART_TELLING] > BURN_SINK * (double)s.points);
    assert_true(r.cpu_s[LL_PART_TELLING] < 2 * BURN_SINK * (double)s.points);
    assert_true(r.cpu_s[LL_PART_EVALUATION] > 0);
    assert_true(r.cpu_s[LL_PART_SAVING] == 0);
}

static void parts_of_a_stopped_run(void **state) {
    (void)state;
    ll_train_job job = job_of(LL_FAMILY_LLAMA, 100);
    char path[LL_PATH_MAX];
    ll_train_result r = { 0 };
    seen s = { .stop_at = 10 };
    ll_error err = { 0 };
    assert_ok(ll_file_join(path, folder, "parts.state", err));
    job.checkpoint = path;
    assert_int_equal(ll_train_run(&job, watch, &s, &r, &err), LL_ESTOP);
    assert_true(r.cpu_s[LL_PART_STEPS] > 0 && r.cpu_s[LL_PART_SAVING] > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_learns),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(a_team_does_not_show),
        cmocka_unit_test(a_team_that_cannot_share_does_not_show),
        cmocka_unit_test(threads_that_come_and_go_do_not_show),
        cmocka_unit_test(seeds_do_show),
        cmocka_unit_test(stop_and_resume),
        cmocka_unit_test(a_strangers_checkpoint),
        cmocka_unit_test(a_token_outside),
        cmocka_unit_test(branches),
        cmocka_unit_test(a_branch_is_told_before_its_trunk_is_judged),
        cmocka_unit_test(it_diverges),
        cmocka_unit_test(shards_that_do_not_fit),
        cmocka_unit_test(memory),
        cmocka_unit_test(adamw),
        cmocka_unit_test(evaluations_do_not_show),
        cmocka_unit_test(evaluation_of_nothing),
        cmocka_unit_test(evaluation_by_hand),
        cmocka_unit_test(standard_error_is_honest),
        cmocka_unit_test(parts_are_where_the_time_went),
        cmocka_unit_test(parts_of_a_stopped_run),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
