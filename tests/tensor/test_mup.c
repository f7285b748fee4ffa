/* Coordinate check (Yang et al. 2022, section 5 and appendix D.1): after a few steps of AdamW the logits have moved
 * by as much at every width, and in the standard parametrisation they have not. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "loglog/random.h"
#include "model/model.h"
#include "tensor/choice/kernel_tables.h"

enum { B = 8, T = 16, V = 32, STEPS = 4, WIDTHS = 4 };
static const int64_t widths[WIDTHS] = { 32, 64, 128, 256 };

static const ll_kernels *kernels;
static int32_t tokens[B * T], targets[B * T];

static void draw_batch(void) {
    ll_rng r = ll_rng_at(2, LL_STREAM_SAMPLE, 0);
    for (int i = 0; i < B * T; i++) tokens[i] = (int32_t)ll_rng_below(&r, V);
    for (int i = 0; i < B * T; i++) targets[i] = (tokens[i] * 5 + 3) % V;
}

static void update(const ll_model *m, float *p, float *m1, float *m2, const float *g, double lr, int step) {
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int n = ll_model_tensors(m, t);
    for (int i = 0; i < n; i++) {
        int64_t at = t[i].offset;
        ll_adamw o = { .lr = (float)(lr * ll_model_lr_factor(m, &t[i])),
                       .beta1 = 0.9f,
                       .beta2 = 0.99f,
                       .eps = 1e-8f,
                       .bias1 = (float)(1 - pow(0.9, step)),
                       .bias2 = (float)(1 - pow(0.99, step)),
                       .grad_scale = 1 };
        kernels->adamw(p + at, m1 + at, m2 + at, g + at, ll_tensor_size(&t[i]), &o);
    }
}

/* Loss by token says what the logits say, and its change what training did: moved[s] is the root mean square over
 * tokens of the loss at step s minus that at the start, averaged over seeds. */
static void coordinates(ll_family family, int64_t width, int64_t base_width, double lr, double moved[STEPS]) {
    ll_model m = { family, 2, width, width / 16, 4 * width, T, V, base_width, 16 };
    assert_ok(ll_model_check(&m, err));
    size_t size = (size_t)ll_model_size(&m);
    float *p = malloc(4 * size * sizeof *p), *g = p + size, *m1 = p + 2 * size, *m2 = p + 3 * size;
    float first[B * T], loss[B * T];
    void *work = aligned_alloc(64, (ll_model_work(&m, B) + 63) / 64 * 64);
    memset(moved, 0, STEPS * sizeof *moved);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        ll_model_init(&m, p, seed);
        memset(m1, 0, 2 * size * sizeof *p);
        for (int s = 0; s <= STEPS; s++) {
            memset(g, 0, size * sizeof *g);
            ll_model_grad(&m, kernels, p, NULL, g, tokens, targets, B, 1.0 / (B * T), s ? loss : first, work);
            double square = 0;
            for (int i = 0; s && i < B * T; i++) square += pow(loss[i] - first[i], 2);
            if (s) moved[s - 1] += sqrt(square / (B * T)) / 3;
            if (s < STEPS) update(&m, p, m1, m2, g, lr, s + 1);
        }
    }
    free(p);
    free(work);
}

/* The change at the largest width over that at the smallest, the most extreme of the steps. */
static double growth(ll_family family, bool mup, double lr) {
    double moved[WIDTHS][STEPS], worst = 1;
    for (int w = 0; w < WIDTHS; w++) coordinates(family, widths[w], mup ? 32 : widths[w], lr, moved[w]);
    for (int s = 0; s < STEPS; s++) {
        double ratio = moved[WIDTHS - 1][s] / moved[0][s];
        print_message("%s %s step %d:", ll_family_name(family), mup ? "muP" : "standard", s + 1);
        for (int w = 0; w < WIDTHS; w++) print_message(" %.4f", moved[w][s]);
        print_message("\n");
        if (fabs(log(ratio)) > fabs(log(worst))) worst = ratio;
    }
    return worst;
}

static void mup_is_flat(void **state) {
    (void)state;
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        double g = growth((ll_family)f, true, 0.004);
        assert_true(g < 2 && g > 0.5);
    }
}

/* The same check in the standard parametrisation, every width its own base: it grows, so the check can fail. */
static void standard_is_not(void **state) {
    (void)state;
    for (int f = 0; f < LL_FAMILY_COUNT; f++) assert_true(growth((ll_family)f, false, 0.004) > 3);
}

/* At the base shape nothing is scaled; away from it by the table's powers of width. */
static void factors(void **state) {
    (void)state;
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        ll_model m = { (ll_family)f, 2, 128, 8, 512, T, V, 32, 16 };
        ll_tensor t[LL_MODEL_MAX_TENSORS];
        int n = ll_model_tensors(&m, t);
        float *p = malloc((size_t)ll_model_size(&m) * sizeof *p);
        ll_model_init(&m, p, 9);
        for (int i = 0; i < n; i++) {
            bool hidden = t[i].role == LL_ROLE_HIDDEN || t[i].role == LL_ROLE_RESIDUAL;
            assert_close(ll_model_lr_factor(&m, &t[i]), hidden ? 0.25 : 1, 0);
            assert_int_equal(ll_model_decays(&t[i]), hidden);
            double square = 0, count = (double)ll_tensor_size(&t[i]);
            for (int64_t k = 0; k < ll_tensor_size(&t[i]); k++) square += pow(p[t[i].offset + k], 2);
            double fan_in = (double)t[i].cols * (t[i].role == LL_ROLE_RESIDUAL ? 4 : 1); /* 2 layers write twice */
            if (hidden) assert_close(square / count * fan_in, 1, 0.05);
        }
        free(p);
    }
}

static int set_up(void **state) {
    (void)state;
    draw_batch();
    assert_ok(ll_kernels_named("auto", "fp32", &kernels, err));
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mup_is_flat),
        cmocka_unit_test(standard_is_not),
        cmocka_unit_test(factors),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
