/* Built in double: the objectives of tuning, through a whole model, against central differences. */
#include "support.h"

#include <math.h>

#include "loglog/random.h"
#include "train/tuning/tuning.h"

enum { T = 6, V = 9, B = 4 };

typedef struct objective {
    ll_model m;
    ll_kernels K;
    ll_real *params, *grads, *loss, *weight;
    int32_t x[B * T], y[B * T];
    void *work;
    ll_train_lesson lesson;
} objective;

static void weigh(void *ctx, ll_real *loss, ll_real *weight) {
    const objective *o = ctx;
    o->lesson.weigh(o->lesson.ctx, 0, B, loss, weight);
}

/* The objective is the mean of what the lesson leaves in the losses. */
static double take(objective *o) {
    const ll_model_weights w = { weigh, o, o->weight };
    double sum = 0;
    for (int64_t i = 0; i < B; i++)
        assert_true(o->lesson.sequence(o->lesson.ctx, (uint64_t)i, o->x + i * T, o->y + i * T));
    ll_model_grad_weighted(&o->m, &o->K, o->params, NULL, o->grads, o->x, o->y, B, &w, o->loss, o->work);
    for (int64_t i = 0; i < B * T; i++) sum += o->loss[i];
    return sum / (B * T);
}

static void check(objective *o, ll_family family) {
    o->m = (ll_model) { family, 2, 8, 2, 12, T, V, 4, 2 };
    assert_ok(ll_model_check(&o->m, err));
    const int64_t n = ll_model_size(&o->m);
    ll_real *grads = calloc((size_t)n, sizeof *grads);
    ll_rng r = ll_rng_at(3, LL_STREAM_NOISE, 1);
    double diff = 0, norm = 0;
    ll_kernels_ref(&o->K);
    o->params = calloc((size_t)n, sizeof *o->params);
    o->grads = calloc((size_t)n, sizeof *o->grads);
    o->loss = calloc(B * T, sizeof *o->loss);
    o->weight = calloc(B * T, sizeof *o->weight);
    o->work = calloc(1, ll_model_work(&o->m, B));
    for (int64_t i = 0; i < n; i++) o->params[i] = 0.5 * ll_rng_normal(&r);
    take(o);
    for (int64_t i = 0; i < n; i++) grads[i] = o->grads[i];
    for (int64_t i = 0; i < n; i++) {
        const double keep = o->params[i], h = 1e-4, at[4] = { 2, 1, -1, -2 };
        double v[4];
        for (int j = 0; j < 4; j++) o->params[i] = keep + at[j] * h, v[j] = take(o);
        o->params[i] = keep;
        const double numeric = (8 * (v[1] - v[2]) - (v[0] - v[3])) / (12 * h);
        diff += (numeric - grads[i]) * (numeric - grads[i]);
        norm += numeric * numeric;
    }
    assert_true(norm > 1e-6);
    if (!(sqrt(diff / norm) < 1e-7)) fail_msg("%s: relative error %g", ll_family_name(family), sqrt(diff / norm));
    free(grads);
    free(o->params);
    free(o->grads);
    free(o->loss);
    free(o->weight);
    free(o->work);
}

static const int32_t words[4][T + 1] = {
    { 1, 4, 2, 8, 3, 5, 7 }, { 1, 4, 2, 6, 6, 0 }, { 5, 0, 3, 3 }, { 5, 8, 1, 2, 4 }
};
static const ll_tuning_text texts[4] = {
    { words[0], T + 1, 2 }, { words[1], 6, 2 }, { words[2], 4, 1 }, { words[3], 5, 1 }
};

static void dpo(void **state) {
    (void)state;
    const ll_dpo_pair pairs[2] = { { texts[0], texts[1], -7.5, -9.1, 0.9 },
                                   { texts[2], texts[3], -4.2, -3, 0.35 } };
    const ll_dpo d = { .pair = pairs, .n = 2, .beta = 0.7, .batch = B, .T = T, .seed = 4 };
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        objective o = { .lesson = ll_dpo_lesson(&d) };
        check(&o, (ll_family)f);
    }
}

static void finetune(void **state) {
    (void)state;
    const uint16_t plain[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 2, 4, 6, 8, 1, 3, 5, 7 };
    const ll_shard shard = { .tokens = plain, .n = sizeof plain / sizeof *plain, .info.vocab = V };
    const ll_finetune t = { .text = texts, .n = 4, .plain = 1, .shard = &shard, .batch = B, .T = T, .seed = 4 };
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        objective o = { .lesson = ll_finetune_lesson(&t) };
        check(&o, (ll_family)f);
    }
}

/* The derivative that the weights are made of. */
static void dpo_by_logprob(void **state) {
    (void)state;
    const ll_dpo_pair p = { .ref_a = -3, .ref_b = -5, .better = 0.8 };
    for (double a = -400; a <= 400; a += 50) {
        const double h = 1e-5;
        double by, none;
        const double value = ll_dpo_loss(&p, 0.3, a, -5, &by);
        const double numeric =
            (ll_dpo_loss(&p, 0.3, a + h, -5, &none) - ll_dpo_loss(&p, 0.3, a - h, -5, &none)) / (2 * h);
        assert_true(isfinite(value) && fabs(numeric - by) < 1e-7);
    }
    double by;
    assert_close(ll_dpo_loss(&p, 0.3, -3, -5, &by), log(2), 1e-12); /* at the reference itself */
    assert_close(by, 0.3 * (0.5 - 0.8), 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(dpo), cmocka_unit_test(finetune),
                                        cmocka_unit_test(dpo_by_logprob) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
