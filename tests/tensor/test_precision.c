/* The float build against the double build of the same source, for every kernel table that runs here. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "loglog/random.h"
#include "model/model.h"
#include "probe.h"
#include "tensor/choice/kernel_tables.h"

static void compare(const probe_case *c, const char *kernels) {
    ll_model m = { (ll_family)c->family, c->layers, c->width,      c->heads,    c->ffw,
                   c->context,           c->vocab,  c->base_width, c->base_head };
    int64_t n = ll_model_size(&m), R = c->batch * c->context;
    float *start = calloc((size_t)n, sizeof *start);
    double *p = calloc((size_t)n, sizeof *p), *g32 = calloc((size_t)n, sizeof *g32),
           *g64 = calloc((size_t)n, sizeof *g64);
    int32_t *x = calloc((size_t)R, sizeof *x), *y = calloc((size_t)R, sizeof *y);
    ll_rng r = ll_rng_at(3, LL_STREAM_NOISE, 0);
    ll_model_init(&m, start, 5);
    for (int64_t i = 0; i < n; i++) p[i] = (double)(float)(start[i] + 0.05 * ll_rng_normal(&r));
    for (int64_t i = 0; i < R; i++)
        x[i] = (int32_t)ll_rng_below(&r, c->vocab), y[i] = (int32_t)ll_rng_below(&r, c->vocab);
    double l32 = probe_f32(c, kernels, p, g32, x, y), l64 = probe_f64(c, "ref", p, g64, x, y);
    assert_close(l32, l64, 1e-5);
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int count = ll_model_tensors(&m, t);
    for (int i = 0; i < count; i++) {
        double diff = 0, norm = 0;
        for (int64_t j = t[i].offset; j < t[i].offset + ll_tensor_size(&t[i]); j++) {
            diff += (g32[j] - g64[j]) * (g32[j] - g64[j]);
            norm += g64[j] * g64[j];
        }
        double e = sqrt(diff / norm);
        if (!(e < 1e-4)) fail_msg("%s %s.%s: relative error %g", kernels, ll_family_name(m.family), t[i].name, e);
    }
    free(start);
    free(p);
    free(g32);
    free(g64);
    free(x);
    free(y);
}

static void every_table(void **state) {
    (void)state;
    static const probe_case cases[] = {
        { LL_FAMILY_GPT, 2, 32, 2, 128, 24, 257, 32, 16, 3 },
        { LL_FAMILY_GPT, 1, 24, 3, 96, 37, 50, 32, 8, 2 }, /* awkward tails */
        { LL_FAMILY_GPT, 1, 8, 1, 32, 19, 257, 32, 16, 2 },
        { LL_FAMILY_LLAMA, 2, 48, 4, 130, 33, 101, 32, 12, 2 },
        { LL_FAMILY_LLAMA, 1, 64, 1, 176, 70, 257, 32, 64, 1 },
    };
    char list[256];
    snprintf(list, sizeof list, "%s", ll_kernels_list("fp32"));
    for (char *name = strtok(list, " "); name; name = strtok(NULL, " "))
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) compare(&cases[i], name);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_table) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
