/* What training measures at its points, and a part of the text that it sees in epochs. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data/build.h"
#include "data/epochs.h"
#include "loglog/random.h"
#include "small_job.h"
#include "tensor/choice/kernel_tables.h"
#include "train/checkpoint.h"

static char folder[LL_PATH_MAX];
static ll_shard train_shard, val_shard, other_train, other_val;
static const ll_kernels *kernels;

/* Eight symbols; a sharp chain, and beside it one that says nothing. */
static void open_chain(const char *name, double most, ll_shard *train, ll_shard *val) {
    double rows[64];
    char prefix[LL_PATH_MAX];
    ll_source *source;
    ll_build_report report;
    for (int i = 0; i < 64; i++) rows[i] = i % 8 == (i / 8 + 3) % 8 ? most : (1 - most) / 7;
    assert_ok(ll_source_markov_rows(&source, 8, 1, rows, err));
    assert_ok(ll_file_join(prefix, folder, name, err));
    assert_ok(ll_build_source(source, prefix, 60000, 20000, 5, &report, err));
    assert_ok(ll_shard_open_pair(train, val, prefix, err));
    ll_source_free(source);
}

static int set_up(void **state) {
    (void)state;
    support_folder(folder);
    open_chain("data", 0.93, &train_shard, &val_shard);
    open_chain("other", 0.125, &other_train, &other_val);
    assert_ok(ll_kernels_named("auto", "fp32", &kernels, err));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    ll_shard_close(&train_shard);
    ll_shard_close(&val_shard);
    ll_shard_close(&other_train);
    ll_shard_close(&other_val);
    support_remove(folder);
    return 0;
}

static ll_train_job job_of(int64_t steps) {
    ll_train_job job = small_job(LL_FAMILY_GPT, kernels, &train_shard, &val_shard,
                                 (ll_schedule) { LL_SCHEDULE_CONSTANT, steps, 10, 0, 0 });
    job.eval_points = 12;
    job.eval_windows = 64;
    return job;
}

enum { POINTS = 128 };
typedef struct seen {
    int64_t stop_at; /* 0: never */
    int points, n_readings;
    double loss[POINTS];
    int64_t step[POINTS];
    ll_train_reading reading[LL_TRAIN_READINGS]; /* of the last point */
} seen;

static ll_verdict watch(void *ctx, const ll_train_event *e) {
    seen *s = ctx;
    if (e->kind == LL_TRAIN_POINT) {
        assert_true(s->points < POINTS && e->n_readings <= LL_TRAIN_READINGS);
        s->step[s->points] = e->step;
        s->loss[s->points++] = e->loss;
        s->n_readings = e->n_readings;
        memcpy(s->reading, e->readings, (size_t)e->n_readings * sizeof *e->readings);
    } else assert_int_equal(e->n_readings, 0);
    return s->stop_at && e->step >= s->stop_at ? LL_CHECKPOINT_AND_STOP : LL_CONTINUE;
}

static ll_train_result run_ok(const ll_train_job *job, seen *s) {
    ll_train_result r = { 0 };
    *s = (seen) { 0 };
    assert_ok(ll_train_run(job, watch, s, &r, err));
    return r;
}

static const ll_train_reading *find(const seen *s, const char *probe, const char *metric) {
    for (int i = 0; i < s->n_readings; i++)
        if (!strcmp(s->reading[i].probe, probe) && !strcmp(s->reading[i].metric, metric)) return &s->reading[i];
    fail_msg("no reading %s.%s", probe, metric);
    return NULL;
}

static void assert_same(double a, double b) {
    if (memcmp(&a, &b, sizeof a) != 0) fail_msg("%.17g and %.17g differ", a, b);
}

static void assert_same_end(const ll_train_result *a, const seen *x, const ll_train_result *b, const seen *y) {
    assert_same(a->loss, b->loss);
    assert_same(a->train_loss, b->train_loss);
    assert_same(a->best_loss, b->best_loss);
    assert_int_equal(a->best_step, b->best_step);
    assert_int_equal(a->steps, b->steps);
    assert_int_equal(x->n_readings, y->n_readings);
    assert_memory_equal(x->reading, y->reading, (size_t)x->n_readings * sizeof *x->reading);
}

/* ---- a part in epochs ---- */

static ll_train_job part_of(int64_t windows, int64_t steps) {
    ll_train_job job = job_of(steps);
    job.windows = windows;
    job.also[0] = (ll_train_also) { "other", &other_val };
    job.n_also = 1;
    return job;
}

/* Stopped anywhere, with any number of threads, between the epochs and the noise's steps: the same bits. */
static void stop_and_resume(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    seen whole, s;
    ll_train_job job = part_of(13, 120);
    const ll_train_result alone = run_ok(&job, &whole);
    assert_int_equal(whole.n_readings, 4);
    assert_ok(ll_file_join(path, folder, "part.state", err));
    job.checkpoint = path;
    job.checkpoint_s = -1;
    job.ask_from = job.ask_growth = 1.0001; /* at every step */
    static const int64_t stops[] = { 1, 2, 57, 63, 81, 117 };
    for (int i = 0; i < 6; i++) {
        ll_train_result r;
        ll_error err = { 0 };
        s = (seen) { .stop_at = stops[i] };
        job.threads = 1 + i % 3;
        assert_int_equal(ll_train_run(&job, watch, &s, &r, &err), LL_ESTOP);
        job.threads = 1 + (i + 1) % 2;
        r = run_ok(&job, &s);
        assert_true(r.resumed_at >= stops[i] && r.resumed_at < 120);
        assert_same_end(&r, &s, &alone, &whole);
        unlink(path);
    }
}

/* What measures does not change what is trained, and the part of a text is another than all of it. */
static void readings_do_not_show(void **state) {
    (void)state;
    seen s;
    ll_train_job job = part_of(4000, 60);
    const ll_train_result with = run_ok(&job, &s);
    job.n_also = 0;
    job.eval_points = 1;
    const ll_train_result without = run_ok(&job, &s);
    assert_same(with.loss, without.loss);
    assert_same(with.train_loss, without.train_loss);
    job.windows = 0;
    assert_true(run_ok(&job, &s).loss != with.loss);
}

static void best_of_points(void **state) {
    (void)state;
    seen s;
    const ll_train_job whole = job_of(300);
    ll_train_result r = run_ok(&whole, &s);
    for (int i = 0; i < s.points; i++) {
        assert_true(r.best_loss <= s.loss[i]);
        if (s.step[i] == r.best_step) assert_same(s.loss[i], r.best_loss);
    }
    assert_true(r.best_loss <= r.loss && r.best_step > 0 && r.best_step <= 300);
    assert_int_equal(r.steps, 300);

    /* Six windows of 16 tokens are learnt by heart: the validation loss has been better. */
    const ll_train_job job = part_of(6, 600);
    r = run_ok(&job, &s);
    assert_true(r.train_loss < 0.3);
    assert_true(r.loss > r.best_loss + 0.3);
    assert_true(r.best_step < 300);
}

static void patience(void **state) {
    (void)state;
    seen all, s;
    char path[LL_PATH_MAX];
    ll_train_job job = part_of(6, 600);
    job.eval_points = 40;
    const ll_train_result long_run = run_ok(&job, &all);
    job.patience = 4;
    const ll_train_result r = run_ok(&job, &s);
    assert_true(r.steps < 600 && r.best_step < r.steps);
    int best = 0;
    while (all.step[best] != r.best_step) best++;
    assert_int_equal(r.steps, all.step[best + 4]); /* four points on; until there the two are one run */
    for (int i = 0; i < best + 4; i++) assert_same(s.loss[i], all.loss[i]);
    assert_int_equal(s.points, best + 6); /* the last point twice: with few windows, and as the end */
    assert_same(s.loss[best + 5], r.loss);
    assert_true(r.best_loss <= r.loss && long_run.best_loss <= r.best_loss);

    job.patience = 1000;
    assert_same(run_ok(&job, &all).loss, long_run.loss);

    /* stopped on the way it goes on to the same end, and asked to stop at its end it has ended */
    ll_train_result again;
    assert_ok(ll_file_join(path, folder, "patience.state", err));
    job.patience = 4;
    job.checkpoint = path;
    for (int end = 0; end < 2; end++) {
        ll_error err = { 0 };
        s = (seen) { .stop_at = end ? r.steps : r.steps / 2 };
        assert_int_equal(ll_train_run(&job, watch, &s, &again, &err), end ? LL_OK : LL_ESTOP);
        if (!end) again = run_ok(&job, &s);
        assert_int_equal(again.steps, r.steps);
        assert_same(again.loss, r.loss);
        assert_same(again.best_loss, r.best_loss);
        unlink(path);
    }
}

/* ---- further texts ---- */

static void also(void **state) {
    (void)state;
    seen s;
    char path[LL_PATH_MAX];
    static float params[1 << 16];
    double loss, se;
    ll_train_job job = job_of(100);
    assert_ok(ll_file_join(path, folder, "also.safetensors", err));
    job.weights = path;
    job.n_also = 3;
    job.also[0] = (ll_train_also) { "other", &other_val };
    job.also[1] = (ll_train_also) { "same", &val_shard };
    job.also[2] = (ll_train_also) { "train", &train_shard };
    const ll_train_result r = run_ok(&job, &s);
    assert_true(ll_model_size(&job.model) <= 1 << 16);
    assert_ok(ll_checkpoint_read(&(ll_checkpoint) { .model = &job.model, .params = params }, path, err));
    for (int i = 0; i < 3; i++) {
        const ll_train_reading *one = find(&s, "also", job.also[i].name);
        assert_ok(ll_train_evaluate(&job.model, kernels, params, job.also[i].shard, 200, 1, &loss, &se, err));
        assert_close(one->value, loss, 1e-6); /* a BLAS rounds by how many sequences are read at once */
        assert_close(one->se, se, 1e-6);
        assert_int_equal(one->n, 200);
    }
    assert_same(find(&s, "also", "same")->value, r.loss);
    assert_true(find(&s, "also", "other")->value > r.loss + 1); /* what was learnt there is no help here */
    ll_shard strange = other_val;
    ll_error err = { 0 };
    ll_train_result none;
    strange.info.vocab = 9;
    job.also[2].shard = &strange;
    assert_int_equal(ll_train_run(&job, watch, &s, &none, &err), LL_EINPUT);
}

/* ---- noise scale ---- */

/* Gradients of so many tokens each around a mean: |G|^2 = 2, trace 300. One with a spread of its own for each of
 * the 40 directions. */
static void planted(void **state) {
    (void)state;
    enum { DIM = 40, STEPS = 20000, B = 96, b = 12 };
    ll_noise n = { 0 };
    ll_rng r = ll_rng_at(7, LL_STREAM_STUDY, 0);
    double sigma[DIM], trace = 0;
    for (int d = 0; d < DIM; d++) trace += sigma[d] = 1 + d % 7;
    for (int d = 0; d < DIM; d++) sigma[d] = sqrt(sigma[d] * 300 / trace);
    for (int step = 0; step < STEPS; step++) {
        double big[DIM] = { 0 }, square_b = 0, square_B = 0;
        for (int part = 0; part < B / b; part++)
            for (int d = 0; d < DIM; d++) {
                const double g = sqrt(2.0 / DIM) + sigma[d] / sqrt(b) * ll_rng_normal(&r);
                square_b += g * g / (B / b);
                big[d] += g / (B / b);
            }
        for (int d = 0; d < DIM; d++) square_B += big[d] * big[d];
        ll_noise_add(&n, B, square_B, b, square_b);
    }
    const ll_noise_estimate e = ll_noise_now(&n);
    assert_int_equal(e.n, STEPS);
    assert_close(e.g2, 2, 0.02);
    assert_close(e.s, 300, 0.02);
    assert_close(e.scale, 150, 0.02);
    assert_true(fabs(e.g2 - 2) < 4 * e.g2_se && fabs(e.s - 300) < 4 * e.s_se &&
                fabs(e.scale - 150) < 4 * e.scale_se);
    assert_true(e.scale_se > 0 && e.scale_se < 0.02 * 150);
}

static void noise_by_hand(void **state) {
    (void)state;
    ll_noise n = { 0 };
    assert_true(isnan(ll_noise_now(&n).scale) && isnan(ll_noise_now(&n).s_se));
    /* |G|^2 = 3 and S = 8: 3 + 8/4 over 4 tokens, 3 + 8/16 over 16 */
    ll_noise_add(&n, 16, 3.5, 4, 5);
    assert_close(ll_noise_now(&n).g2, 3, 1e-15);
    assert_close(ll_noise_now(&n).s, 8, 1e-15);
    assert_true(isnan(ll_noise_now(&n).scale_se));
    /* and |G|^2 = 5, S = 16: means 4 and 12, their ratio 3, standard errors 1 and 4; both above by as much at once:
     * the ratio moves by (4 - 3 * 1) / 4 */
    ll_noise_add(&n, 16, 6, 4, 9);
    const ll_noise_estimate e = ll_noise_now(&n);
    assert_close(e.g2, 4, 1e-15);
    assert_close(e.s, 12, 1e-15);
    assert_close(e.scale, 3, 1e-15);
    assert_close(e.g2_se, 1, 1e-14);
    assert_close(e.s_se, 4, 1e-14);
    assert_close(e.scale_se, 0.25, 1e-13);
}

/* |G|^2 and the trace from the gradient of each sequence of 256 batches of 32. */
static void brute_force(const ll_model *m, const float *params, double *g2, double *s) {
    enum { SEQUENCES = 256 * 32 };
    const int64_t T = m->context, size = ll_model_size(m);
    double *mean = calloc((size_t)size, sizeof *mean), squares = 0, square = 0;
    float *grad = malloc((size_t)size * sizeof *grad), *loss = malloc((size_t)T * sizeof *loss);
    int32_t *x = malloc((size_t)T * sizeof *x), *y = malloc((size_t)T * sizeof *y);
    void *work = malloc(ll_model_work(m, 1));
    assert_true(mean && grad && loss && x && y && work);
    for (int64_t i = 0; i < SEQUENCES; i++) {
        assert_true(ll_batch_at(&train_shard, T, 77, i / 32, i % 32, 1, x, y));
        ll_model_grad(m, kernels, params, NULL, grad, x, y, 1, 1.0 / (double)T, loss, work);
        for (int64_t p = 0; p < size; p++) {
            squares += (double)grad[p] * grad[p];
            mean[p] += (double)grad[p] / SEQUENCES;
        }
    }
    for (int64_t p = 0; p < size; p++) square += mean[p] * mean[p];
    const double trace = (squares - SEQUENCES * square) / (SEQUENCES - 1);
    *g2 = square - trace / SEQUENCES;
    *s = trace * (double)T;
    free(mean), free(grad), free(loss), free(x), free(y), free(work);
}

/* At fixed weights of a rung that has learnt for 60 steps, from micro-batches equal and unequal and from halves. */
static void noise_of_a_rung(void **state) {
    (void)state;
    enum { TRAINED = 60 };
    static const struct {
        int64_t batch, micro, steps;
    } shapes[] = { { 32, 4, 2400 }, { 28, 3, 1600 }, { 33, 1, 3200 } };
    char prefix[LL_PATH_MAX], start[LL_PATH_MAX + 32];
    static float params[1 << 16], m[1 << 16], v[1 << 16];
    seen s;
    double g2, trace;
    ll_train_job job = job_of(TRAINED);
    assert_ok(ll_file_join(prefix, folder, "rung", err));
    job.branch_prefix = prefix;
    job.branch_step[0] = TRAINED;
    job.n_branches = 1;
    run_ok(&job, &s);
    snprintf(start, sizeof start, "%s-%d.safetensors", prefix, TRAINED);
    assert_ok(
        ll_checkpoint_read(&(ll_checkpoint) { .model = &job.model, .params = params, .m = m, .v = v }, start, err));
    brute_force(&job.model, params, &g2, &trace);
    for (int i = 0; i < 3; i++) {
        ll_train_job still = job_of(TRAINED + shapes[i].steps);
        still.batch = shapes[i].batch, still.micro = shapes[i].micro;
        still.lr = 0;
        still.start = start;
        still.seed = 500;
        still.eval_points = 1;
        run_ok(&still, &s);
        const ll_train_reading *scale = find(&s, "noise", "scale");
        assert_int_equal(scale->n, shapes[i].steps / (shapes[i].micro > 1 ? 8 : 64));
        print_message("batch %d in %d: scale %.4g +- %.2g, brute force %.4g; g2 %.4g and %.4g; s %.4g and %.4g\n",
                      (int)shapes[i].batch, (int)shapes[i].micro, scale->value, scale->se, trace / g2,
                      find(&s, "noise", "g2")->value, g2, find(&s, "noise", "s")->value, trace);
        assert_true(fabs(scale->value - trace / g2) < 3 * scale->se + 0.03 * trace / g2);
        if (i > 0) continue; /* so many draws are good to a tenth */
        assert_close(scale->value, trace / g2, 0.1);
        assert_close(find(&s, "noise", "g2")->value, g2, 0.1);
        assert_close(find(&s, "noise", "s")->value, trace, 0.1);
    }
}

/* One sequence tells nothing of its noise. */
static void no_noise(void **state) {
    (void)state;
    seen s;
    ll_train_job job = job_of(200);
    job.batch = job.micro = 1;
    run_ok(&job, &s);
    assert_int_equal(s.n_readings, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stop_and_resume),
        cmocka_unit_test(readings_do_not_show),
        cmocka_unit_test(best_of_points),
        cmocka_unit_test(patience),
        cmocka_unit_test(also),
        cmocka_unit_test(planted),
        cmocka_unit_test(noise_by_hand),
        cmocka_unit_test(noise_of_a_rung),
        cmocka_unit_test(no_noise),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
