/* Counts against the papers' own tables and against a count by loops. */
#include "support.h"

#include <stdio.h>

#include "model/count.h"

static ll_model model_of(ll_family family, int64_t layers, int64_t width, int64_t heads, int64_t ffw,
                         int64_t context, int64_t vocab) {
    ll_model m = { .family = family,
                   .layers = layers,
                   .width = width,
                   .heads = heads,
                   .ffw = ffw,
                   .context = context,
                   .vocab = vocab,
                   .base_width = 32,
                   .base_head = 16 };
    assert_ok(ll_model_check(&m, err));
    return m;
}

/* Kaplan et al. 2020, table 1, row by row at GPT-2's largest shape: 48 layers, width 1600, 1024 tokens. */
static void kaplan_table_1(void **state) {
    (void)state;
    ll_shape s = {
        .layers = 48, .width = 1600, .ffw = 6400, .heads = 25, .key = 64, .vocab = 50257, .context = 1024
    };
    double qkv = 48.0 * 1600 * 3 * 1600, project = 48.0 * 1600 * 1600, feed = 48.0 * 2 * 1600 * 6400;
    double mask = 2 * 48.0 * 1024 * 1600;
    assert_close(ll_count_kaplan_params(&s), qkv + project + feed, 0);
    assert_close(ll_count_kaplan_params(&s), 12 * 48.0 * 1600 * 1600, 0); /* d_attn = d_ff / 4 = d_model */
    assert_close(ll_count_kaplan_forward(&s), 2 * (qkv + project + feed) + mask, 0);
    s.heads = 10; /* attention narrower than the stream: the short form no longer holds */
    assert_close(ll_count_kaplan_params(&s), 48.0 * (1600 * 3 * 640 + 640 * 1600 + 2 * 1600 * 6400), 0);
}

/* Hoffmann et al. 2022, table A4: their FLOPs over 6 N D, with table A9's N (A4's own 73M in the first row). Ratios
 * to four digits are computed from appendix F without the embedding and logit terms; printed is what the paper
 * shows. */
static const struct a4 {
    ll_shape shape;
    double params, ratio, printed, with_vocabulary;
} a4[] = {
    { { 10, 640, 2560, 10, 64, 32000, 2048 }, 73e6, 1.0366, 1.03, 1.598 },
    { { 20, 1024, 4096, 16, 64, 32000, 2048 }, 306e6, 1.0998, 1.10, 1.314 },
    { { 24, 1280, 5120, 10, 128, 32000, 2048 }, 552e6, 1.0841, 1.08, 1.233 },
    { { 26, 1792, 7168, 14, 128, 32000, 2048 }, 1143e6, 1.0445, 1.04, 1.145 },
    { { 28, 2048, 8192, 16, 128, 32000, 2048 }, 1593e6, 1.0330, 1.03, 1.115 },
    { { 40, 3584, 14336, 28, 128, 32000, 2048 }, 6796e6, 0.9942, 0.99, 1.028 },
};

static void chinchilla_table_a4(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof a4 / sizeof *a4; i++) {
        double six = 6 * a4[i].params * 2048;
        double ratio = 3 * ll_count_chinchilla_forward(&a4[i].shape, false) / six;
        double whole = 3 * ll_count_chinchilla_forward(&a4[i].shape, true) / six;

        assert_close(ratio, a4[i].ratio, 6e-5);
        assert_true(ratio > a4[i].printed - 0.001 && ratio < a4[i].printed + 0.01);
        assert_close(whole, a4[i].with_vocabulary, 5e-4);
    }
}

/* gpt without embeddings, biases and gains is 12 L d^2; the total is what the tensor table holds. */
static void params_of_gpt(void **state) {
    (void)state;
    static const struct {
        int64_t layers, width, heads, context, vocab;
    } c[] = { { 1, 2, 1, 3, 5 }, { 2, 8, 1, 16, 257 }, { 2, 48, 3, 128, 257 }, { 12, 768, 12, 1024, 50257 } };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        double L = (double)c[i].layers, d = (double)c[i].width, T = (double)c[i].context, V = (double)c[i].vocab;
        ll_model m =
            model_of(LL_FAMILY_GPT, c[i].layers, c[i].width, c[i].heads, 4 * c[i].width, c[i].context, c[i].vocab);
        ll_count n = ll_count_of(&m);
        assert_close(n.params, 12 * L * d * d, 0);
        assert_close(n.params_head, 12 * L * d * d + V * d, 0);
        double small =
            L * (2 * d + 3 * d + d + 2 * d + 4 * d + d) + 2 * d; /* norms and biases of a block, the last norm */
        assert_close(n.params_total, 12 * L * d * d + V * d + T * d + small, 0);
    }
    ll_model gpt2 = model_of(LL_FAMILY_GPT, 12, 768, 12, 3072, 1024, 50257);
    assert_close(ll_count_of(&gpt2).params_total, 124439808, 0); /* GPT-2 small, as everyone counts it */
}

static void params_of_llama(void **state) {
    (void)state;
    ll_model m = model_of(LL_FAMILY_LLAMA, 32, 4096, 32, 11008, 2048, 32000);
    ll_count n = ll_count_of(&m);
    assert_close(n.params_total, 6738415616, 0); /* LLaMA 7B (Touvron et al. 2023) */
    assert_close(n.params, 32.0 * (4 * 4096.0 * 4096 + 3 * 4096.0 * 11008), 0);
    assert_close(n.params_head - n.params, 32000.0 * 4096, 0);
}

/* A layer of nn.LSTM(d, d) is 4 d (d + d) of matrices and, of its two vectors of biases, the sum. */
static void params_of_lstm(void **state) {
    (void)state;
    ll_model m = model_of(LL_FAMILY_LSTM, 3, 100, 1, 0, 77, 257);
    ll_count n = ll_count_of(&m);
    assert_close(n.params, 3 * 80000.0, 0);
    assert_close(n.params_head, 3 * 80000.0 + 25700, 0);
    assert_close(n.params_total, 3 * (80000.0 + 400) + 25700, 0);
    m.heads = 10, m.ffw = 400, m.context = 7; /* what it has not cannot count */
    assert_close(ll_count_of(&m).params_total, n.params_total, 0);
    assert_close(ll_count_of(&m).flops_token, n.flops_token, 0);
}

static void total_is_the_table_sum(void **state) {
    (void)state;
    for (int f = 0; f < LL_FAMILY_COUNT; f++)
        for (int64_t width = 4; width < 80; width += 12) {
            ll_model m = model_of((ll_family)f, 3, width, width / 4, 4 * width, 9, 31);
            ll_tensor t[LL_MODEL_MAX_TENSORS];
            int n = ll_model_tensors(&m, t);
            int64_t sum = 0;
            for (int i = 0; i < n; i++) {
                assert_int_equal(t[i].offset, sum); /* no gap and no overlap */
                sum += t[i].layers * t[i].rows * t[i].cols;
            }
            assert_int_equal(ll_model_size(&m), sum);
            assert_close(ll_count_of(&m).params_total, (double)sum, 0);
        }
}

/* Multiplications and additions of one forward pass over a sequence, one product at a time. */
static double count_by_hand(const ll_model *m) {
    int64_t T = m->context, C = m->width, F = m->ffw, S = C / m->heads;
    double madds = 0;
    for (int64_t t = 0; t < T; t++) {
        for (int64_t l = 0; l < m->layers; l++) {
            if (m->family == LL_FAMILY_LSTM) { /* four sums of what comes in and of the state */
                madds += (double)(4 * C * (C + C));
                continue;
            }
            madds += (double)(3 * C * C);          /* q, k, v */
            for (int64_t h = 0; h < m->heads; h++) /* a query meets itself and what is before it */
                for (int64_t u = 0; u <= t; u++) madds += (double)(2 * S); /* q k, then weight times v */
            madds += (double)(C * C);
            madds += (double)((m->family == LL_FAMILY_LLAMA ? 3 : 2) * C * F);
        }
        madds += (double)(m->vocab * C);
    }
    return 2 * madds;
}

static void exact_flops(void **state) {
    (void)state;
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        ll_model small = model_of((ll_family)f, 3, 24, 2, 64, 17, 31);
        ll_model one = model_of((ll_family)f, 1, 2, 1, 1, 1, 1);
        ll_model wide = model_of((ll_family)f, 2, 128, 8, 512, 128, 257);
        const ll_model *all[] = { &small, &one, &wide };
        for (int i = 0; i < 3; i++)
            assert_close(ll_count_of(all[i]).flops_token * (double)all[i]->context, 3 * count_by_hand(all[i]),
                         1e-13);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kaplan_table_1),         cmocka_unit_test(chinchilla_table_a4),
        cmocka_unit_test(params_of_gpt),          cmocka_unit_test(params_of_llama),
        cmocka_unit_test(params_of_lstm),         cmocka_unit_test(exact_flops),
        cmocka_unit_test(total_is_the_table_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
