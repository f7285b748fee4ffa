/* The profile of a step: whatever the machine's speed, its FLOPs are the exact count and its parts are the model's.
 */
#include "support.h"

#include <math.h>
#include <string.h>

#include "model/count.h"
#include "tensor/choice/kernel_tables.h"
#include "train/step_profile.h"

enum { BATCH = 12 }; /* several micro-batches: the noise scale then takes no gradient of its own */

static ll_model model_of(ll_family family) {
    return (ll_model) { .family = family,
                        .layers = 2,
                        .width = 24,
                        .heads = 2,
                        .ffw = family == LL_FAMILY_LLAMA ? 56 : 96,
                        .context = 40,
                        .vocab = 50,
                        .base_width = 24,
                        .base_head = 12 };
}

static const ll_step_part *part_named(const ll_step_profile *p, const char *name) {
    for (int i = 0; i < p->n; i++)
        if (strcmp(p->part[i].name, name) == 0) return &p->part[i];
    fail_msg("no part '%s'", name);
    return NULL;
}

static void profile(ll_step_profile *p, const ll_model *m, int64_t batch) {
    const ll_kernels *k;
    assert_ok(ll_kernels_named("auto", "fp32", &k, err));
    assert_ok(ll_step_profile_measure(p, m, k, batch, 0.05, err));
}

/* No product is missed, counted twice or counted where it is recomputed. */
static void flops_are_the_exact_count(void **state) {
    (void)state;
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        ll_model m = model_of((ll_family)f);
        ll_step_profile p;
        double sum = 0;
        profile(&p, &m, BATCH);
        for (int i = 0; i < p.n; i++) sum += p.part[i].flops;
        assert_close(sum, ll_count_of(&m).flops_token * BATCH * (double)m.context, 1e-12);
    }
}

/* Every matrix of the tensor table has its part: 2 R rows cols FLOPs forward and twice that backward. */
static void matrices_have_their_flops(void **state) {
    (void)state;
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        ll_model m = model_of((ll_family)f);
        ll_step_profile p;
        ll_tensor t[LL_MODEL_MAX_TENSORS];
        int n = ll_model_tensors(&m, t);
        profile(&p, &m, BATCH);
        for (int i = 0; i < n; i++) {
            if (t[i].role != LL_ROLE_HIDDEN && t[i].role != LL_ROLE_RESIDUAL && t[i].role != LL_ROLE_HEAD) continue;
            const ll_step_part *part = part_named(&p, t[i].name);
            assert_close(part->flops, 6 * BATCH * (double)m.context * (double)ll_tensor_size(&t[i]), 1e-12);
            assert_true(part->seconds[LL_STEP_FORWARD] > 0 && part->seconds[LL_STEP_BACKWARD] > 0);
        }
    }
}

static void times_add_up(void **state) {
    (void)state;
    ll_model m = model_of(LL_FAMILY_GPT);
    ll_step_profile p;
    double sum = 0;
    profile(&p, &m, BATCH);
    assert_true(p.steps > 0 && p.step_s > 0);
    for (int i = 0; i < p.n; i++) sum += ll_step_part_seconds(&p.part[i]);
    assert_close(sum + p.outside_s, p.step_s, 1e-9);
    assert_true(p.outside_s > 0);
    assert_true(part_named(&p, "attention")->seconds[LL_STEP_FORWARD] > 0);
    assert_true(part_named(&p, "optimiser")->seconds[LL_STEP_UPDATE] > 0);
}

static void an_unusable_model_is_refused(void **state) {
    (void)state;
    ll_model m = model_of(LL_FAMILY_GPT);
    const ll_kernels *k;
    ll_step_profile p;
    ll_error err = { 0 };
    m.heads = 5;
    assert_ok(ll_kernels_named("auto", "fp32", &k, err));
    assert_int_equal(ll_step_profile_measure(&p, &m, k, BATCH, 0.05, &err), LL_EINPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(flops_are_the_exact_count),
                                        cmocka_unit_test(matrices_have_their_flops), cmocka_unit_test(times_add_up),
                                        cmocka_unit_test(an_unusable_model_is_refused) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
