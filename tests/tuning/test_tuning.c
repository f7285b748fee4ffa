/* Tuning where the answer is known: a bandit whose best policy has a closed form, its KL by brute force, a run that is
 * stopped and goes on, and the same bits for any number of threads. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data/build.h"
#include "data/source.h"
#include "loglog/random.h"
#include "tensor/choice/kernel_tables.h"
#include "train/checkpoint.h"
#include "train/tuning/tuning.h"

enum { T = 4, V = 8, ARMS = 5, PROMPT = 6 };

typedef struct bandit {
    char folder[LL_PATH_MAX], weights[LL_PATH_MAX], checkpoint[LL_PATH_MAX];
    ll_train_job job;
    ll_shard train, val;
    float *parent, *params;
    int32_t word[V][2];
    ll_tuning_text text[V];
} bandit;

static ll_verdict go_on(void *ctx, const ll_train_event *e) {
    (void)ctx, (void)e;
    return LL_CONTINUE;
}

static void open_bandit(bandit *b) {
    char prefix[LL_PATH_MAX];
    ll_source *source;
    ll_build_report report;
    memset(b, 0, sizeof *b);
    support_folder(b->folder);
    assert_ok(ll_file_join(prefix, b->folder, "data", err));
    assert_ok(ll_file_join(b->weights, b->folder, "end.safetensors", err));
    assert_ok(ll_file_join(b->checkpoint, b->folder, "end.state", err));
    assert_ok(ll_source_markov(&source, V, 1, 0.1, 3, err));
    assert_ok(ll_build_source(source, prefix, 400, 200, 3, &report, err));
    assert_ok(ll_shard_open_pair(&b->train, &b->val, prefix, err));
    ll_source_free(source);
    b->job = (ll_train_job) { .model = { .layers = 1,
                                         .width = 16,
                                         .heads = 2,
                                         .ffw = 32,
                                         .context = T,
                                         .vocab = V,
                                         .base_width = 16,
                                         .base_head = 8 },
                              .train = &b->train,
                              .val = &b->val,
                              .steps = 600,
                              .batch = 32,
                              .micro = 4,
                              .schedule = { LL_SCHEDULE_COSINE, 600, 20, 0, 0.01 },
                              .lr = 0.01,
                              .beta1 = 0.9,
                              .beta2 = 0.99,
                              .eps = 1e-8,
                              .clip = 1,
                              .seed = 5,
                              .threads = 2,
                              .eval_points = 1,
                              .eval_windows = 4,
                              .final_windows = 4,
                              .weights = b->weights };
    strcpy(b->job.identity, "bandit");
    assert_ok(ll_kernels_named("auto", "fp32", &b->job.kernels, err));
    const size_t size = (size_t)ll_model_size(&b->job.model);
    b->parent = calloc(size, sizeof *b->parent);
    b->params = calloc(size, sizeof *b->params);
    ll_model_init(&b->job.model, b->parent, 9);
    ll_rng r = ll_rng_at(9, LL_STREAM_NOISE, 0);
    for (size_t i = 0; i < size; i++) b->parent[i] += 0.1f * (float)ll_rng_normal(&r);
    b->job.params = b->parent;
    for (int v = 0; v < V; v++) {
        b->word[v][0] = PROMPT, b->word[v][1] = v;
        b->text[v] = (ll_tuning_text) { b->word[v], 2, 1 };
    }
}

static void close_bandit(bandit *b) {
    ll_shard_close(&b->train);
    ll_shard_close(&b->val);
    free(b->parent);
    free(b->params);
    support_remove(b->folder);
}

static ll_tuned_model tuned(const bandit *b, const float *params) {
    return (ll_tuned_model) { &b->job.model, b->job.kernels, params, 1 };
}

static void read_end(bandit *b) {
    ll_checkpoint c = { .model = &b->job.model, .params = b->params };
    assert_ok(ll_checkpoint_read(&c, b->weights, err));
}

/* Every pair of arms, labelled by Bradley and Terry's model of known rewards: the best policy is p0 e^(r/beta)
 * (Rafailov et al. 2023, eq. 4). Arms that no pair holds are bound by nothing but their sum with the others. */
static const double reward[V] = { 0.5, -0.3, 0.1, 0.9, -0.6, 0.2, -0.1, 0.4 };

static int make_pairs(const bandit *b, ll_dpo_pair *pair, double beta) {
    double ref[V];
    int n = 0;
    (void)beta;
    const ll_tuned_model of = tuned(b, b->parent);
    assert_ok(ll_tuning_logprobs(&of, b->text, V, ref, err));
    for (int i = 0; i < V; i++)
        for (int j = i + 1; j < V; j++)
            pair[n++] =
                (ll_dpo_pair) { b->text[i], b->text[j], ref[i], ref[j], 1 / (1 + exp(reward[j] - reward[i])) };
    return n;
}

static void best_policy(void **state) {
    (void)state;
    bandit b;
    ll_dpo_pair pair[V * V];
    ll_train_result result;
    double before[V], after[V], best[V], sum = 0, kl = 0, known, worst = 0;
    const double beta = 0.5;
    open_bandit(&b);
    const ll_dpo d = {
        .pair = pair, .n = make_pairs(&b, pair, beta), .beta = beta, .batch = 32, .T = T, .seed = 2
    };
    const ll_train_lesson lesson = ll_dpo_lesson(&d);
    b.job.lesson = &lesson;
    assert_ok(ll_train_run(&b.job, go_on, NULL, &result, err));
    read_end(&b);
    const ll_tuned_model of = tuned(&b, b.params), from = tuned(&b, b.parent);
    assert_ok(ll_tuning_logprobs(&from, b.text, V, before, err));
    assert_ok(ll_tuning_logprobs(&of, b.text, V, after, err));
    for (int v = 0; v < V; v++) sum += best[v] = exp(before[v] + reward[v] / beta);
    for (int v = 0; v < V; v++) worst = fmax(worst, fabs(exp(after[v]) - best[v] / sum));
    if (!(worst < 0.01)) fail_msg("a probability is off by %g", worst);

    /* The KL of the one token, by its sum over the vocabulary. */
    for (int v = 0; v < V; v++) kl += exp(after[v]) * (after[v] - before[v]);
    assert_ok(ll_tuning_divergence(&of, b.parent, b.text, 1, &known, err));
    assert_true(fabs(known - kl) < 1e-5 && kl > 0.1);
    assert_ok(ll_tuning_divergence(&of, b.params, b.text, 1, &known, err));
    assert_true(fabs(known) < 1e-9);
    close_bandit(&b);
}

/* KL of two tokens: the chain rule by brute force over every answer. */
static void kl_of_sequences(void **state) {
    (void)state;
    bandit b;
    int32_t word[V * V][3];
    ll_tuning_text text[V * V];
    double p[V * V], q[V * V], each[V * V], kl = 0, mean = 0;
    open_bandit(&b);
    ll_rng r = ll_rng_at(1, LL_STREAM_NOISE, 4);
    for (int64_t i = 0; i < ll_model_size(&b.job.model); i++)
        b.params[i] = b.parent[i] + 0.1f * (float)ll_rng_normal(&r);
    for (int i = 0; i < V * V; i++) {
        word[i][0] = PROMPT, word[i][1] = i / V, word[i][2] = i % V;
        text[i] = (ll_tuning_text) { word[i], 3, 1 };
    }
    const ll_tuned_model of = tuned(&b, b.params), from = tuned(&b, b.parent);
    assert_ok(ll_tuning_logprobs(&of, text, V * V, p, err));
    assert_ok(ll_tuning_logprobs(&from, text, V * V, q, err));
    assert_ok(ll_tuning_divergence(&of, b.parent, text, V * V, each, err));
    for (int i = 0; i < V * V; i++) {
        kl += exp(p[i]) * (p[i] - q[i]);
        mean += exp(p[i]) * each[i]; /* what samples of p would average to */
    }
    assert_true(fabs(kl - mean) < 1e-5 && kl > 0.01);
    close_bandit(&b);
}

static ll_verdict stop_later(void *ctx, const ll_train_event *e) {
    const bool stop = e->kind == LL_TRAIN_POINT && e->step >= *(int64_t *)ctx && e->step < e->steps;
    return stop ? LL_CHECKPOINT_AND_STOP : LL_CONTINUE;
}

static void same_bits(bandit *b, const float *end, const char *what) {
    read_end(b);
    if (memcmp(b->params, end, (size_t)ll_model_size(&b->job.model) * sizeof *end) != 0)
        fail_msg("%s: other bits", what);
}

/* Both lessons: alone on one thread, on two, and stopped on the way. */
static void bits(void **state) {
    (void)state;
    bandit b;
    ll_dpo_pair pair[V * V];
    ll_train_result result;
    int64_t after = 5;
    open_bandit(&b);
    const ll_dpo d = { .pair = pair, .n = make_pairs(&b, pair, 0.5), .beta = 0.5, .batch = 32, .T = T, .seed = 2 };
    const ll_finetune f = { .text = b.text, .n = V, .plain = 8, .shard = &b.train, .batch = 32, .T = T, .seed = 2 };
    const ll_train_lesson lessons[] = { ll_dpo_lesson(&d), ll_finetune_lesson(&f) };
    float *end = calloc((size_t)ll_model_size(&b.job.model), sizeof *end);
    b.job.steps = b.job.schedule.steps = 40;
    b.job.eval_points = 8;
    for (int i = 0; i < 2; i++) {
        b.job.lesson = &lessons[i];
        b.job.checkpoint = NULL;
        b.job.threads = 1;
        assert_ok(ll_train_run(&b.job, go_on, NULL, &result, err));
        read_end(&b);
        memcpy(end, b.params, (size_t)ll_model_size(&b.job.model) * sizeof *end);
        b.job.threads = 2;
        assert_ok(ll_train_run(&b.job, go_on, NULL, &result, err));
        same_bits(&b, end, "threads");
        ll_error stopped = { 0 };
        b.job.checkpoint = b.checkpoint;
        assert_int_equal(ll_train_run(&b.job, stop_later, &after, &result, &stopped), LL_ESTOP);
        assert_ok(ll_train_run(&b.job, go_on, NULL, &result, err));
        assert_true(result.resumed_at > 0);
        same_bits(&b, end, "stopped");
        unlink(b.checkpoint);
    }
    free(end);
    close_bandit(&b);
}

static void whole_pairs(void **state) {
    (void)state;
    assert_int_equal(ll_dpo_micro(8, 32), 8);
    assert_int_equal(ll_dpo_micro(8, 12), 6);
    assert_int_equal(ll_dpo_micro(8, 10), 5);
    assert_int_equal(ll_dpo_micro(8, 2), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(best_policy), cmocka_unit_test(kl_of_sequences),
                                        cmocka_unit_test(bits), cmocka_unit_test(whole_pairs) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
