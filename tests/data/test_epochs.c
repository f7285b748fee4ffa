/* A part of a shard, seen in epochs. */
#include "support.h"

#include <string.h>

#include "data/batch.h"
#include "data/epochs.h"

enum { T = 4, W = 200, N = W * T + 3 }; /* windows of the shard; a rest too short for one more */
static uint16_t tokens[N];

/* Token i is i: a sequence tells where it starts. */
static ll_shard counting(void) {
    for (int i = 0; i < N; i++) tokens[i] = (uint16_t)i;
    return (ll_shard) { .tokens = tokens, .n = N, .info = { .vocab = 65536, .origin = "counting" } };
}

static void check_permutation(uint64_t seed, uint64_t which, int64_t n) {
    char *seen = calloc((size_t)n, 1);
    assert_non_null(seen);
    for (int64_t i = 0; i < n; i++) {
        const int64_t to = ll_epochs_permuted(seed, which, n, i);
        assert_true(to >= 0 && to < n && !seen[to]);
        seen[to] = 1;
    }
    free(seen);
}

static void permutations(void **state) {
    (void)state;
    static const int64_t large[] = { 255, 256, 257, 1023, 1025, 4096, 4097, 70001 };
    for (int64_t n = 1; n <= 70; n++)
        for (uint64_t which = 0; which < 5; which++) check_permutation((uint64_t)n, which, n);
    for (int i = 0; i < 8; i++) check_permutation(UINT64_MAX, (uint64_t)1 << 40 | (uint64_t)i, large[i]);
    const int64_t far = ll_epochs_permuted(3, 1, (int64_t)1 << 62, ((int64_t)1 << 62) - 1);
    assert_true(far >= 0 && far < (int64_t)1 << 62);
}

/* Each of n comes at each place about equally often: of 7000 draws 1000 +- 29, and in pairs 167 +- 13. */
static void permutations_are_even(void **state) {
    (void)state;
    enum { SMALL = 7, DRAWS = 7000 };
    int single[SMALL][SMALL] = { { 0 } }, pair[SMALL][SMALL] = { { 0 } };
    for (uint64_t e = 0; e < DRAWS; e++) {
        for (int i = 0; i < SMALL; i++) single[i][ll_epochs_permuted(11, e, SMALL, i)]++;
        pair[ll_epochs_permuted(11, e, SMALL, 0)][ll_epochs_permuted(11, e, SMALL, 1)]++;
    }
    for (int i = 0; i < SMALL; i++)
        for (int k = 0; k < SMALL; k++) {
            assert_in_range(single[i][k], 1000 - 150, 1000 + 150);
            if (i == k) assert_int_equal(pair[i][k], 0);
            else assert_in_range(pair[i][k], 167 - 65, 167 + 65);
        }
}

static void windows_in_tokens(void **state) {
    (void)state;
    const ll_shard s = counting();
    static const struct {
        double unique;
        int64_t n;
    } known[] = { { 1, 1 }, { 4, 1 }, { 7.9, 1 }, { 8, 2 }, { 403, 100 }, { 800, W }, { 804, W }, { 1e18, W } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(ll_epochs_windows(&s, T, known[i].unique), known[i].n);
}

/* The windows that the first n sequences show; each whole, at a multiple of T. */
static void mark(const ll_shard *s, int64_t n, uint64_t first, int count[W]) {
    int32_t x[T], y[T];
    memset(count, 0, W * sizeof *count);
    for (int64_t i = 0; i < n; i++) {
        assert_true(ll_epochs_at(s, T, n, 5, first + (uint64_t)i, 1, x, y));
        assert_int_equal(x[0] % T, 0);
        for (int t = 0; t < T; t++) assert_true(x[t] == x[0] + t && y[t] == x[t] + 1);
        count[x[0] / T]++;
    }
}

/* Each epoch shows the same windows, each once; those of a smaller part are among those of a larger. */
static void parts(void **state) {
    (void)state;
    const ll_shard s = counting();
    static const int64_t sizes[] = { 1, 2, 7, 50, 199, W };
    int before[W] = { 0 };
    for (int k = 0; k < 6; k++) {
        const int64_t n = sizes[k];
        int once[W], again[W];
        mark(&s, n, 0, once);
        for (int e = 1; e < 4; e++) {
            mark(&s, n, (uint64_t)(e * n), again);
            assert_memory_equal(once, again, sizeof once);
        }
        mark(&s, n, (uint64_t)n << 33, again);
        assert_memory_equal(once, again, sizeof once);
        for (int w = 0; w < W; w++) {
            assert_true(once[w] == 0 || once[w] == 1);
            assert_true(once[w] >= before[w]);
        }
        memcpy(before, once, sizeof before);
    }
}

static void orders_differ(void **state) {
    (void)state;
    const ll_shard s = counting();
    int32_t a[50 * T], b[50 * T], y[50 * T];
    int same_epoch = 0, same_seed = 0;
    ll_epochs_at(&s, T, 50, 5, 0, 50, a, y);
    ll_epochs_at(&s, T, 50, 5, 50, 50, b, y);
    for (int i = 0; i < 50; i++) same_epoch += a[i * T] == b[i * T];
    ll_epochs_at(&s, T, 50, 6, 0, 50, b, y);
    for (int i = 0; i < 50; i++) same_seed += a[i * T] == b[i * T];
    assert_true(same_epoch < 8 && same_seed < 8);
}

static void any_sequence_alone(void **state) {
    (void)state;
    const ll_shard s = counting();
    int32_t x[40 * T], y[40 * T], x1[3 * T], y1[3 * T];
    ll_epochs_at(&s, T, 17, 9, 1000, 40, x, y); /* over the ends of epochs */
    for (int i = 37; i >= 0; i--) {
        ll_epochs_at(&s, T, 17, 9, (uint64_t)(1000 + i), 3, x1, y1);
        assert_memory_equal(x1, x + i * T, sizeof x1);
        assert_memory_equal(y1, y + i * T, sizeof y1);
    }
}

static void a_token_outside(void **state) {
    (void)state;
    ll_shard s = counting();
    int32_t x[W * T], y[W * T];
    s.info.vocab = W * T;
    assert_false(ll_epochs_at(&s, T, W, 1, 0, W, x, y));
    for (int i = 0; i < W * T; i++) assert_true(x[i] < W * T && y[i] < W * T);
    s.info.vocab = W * T + 1;
    assert_true(ll_epochs_at(&s, T, W, 1, 0, W, x, y));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(permutations),      cmocka_unit_test(permutations_are_even),
        cmocka_unit_test(windows_in_tokens), cmocka_unit_test(parts),
        cmocka_unit_test(orders_differ),     cmocka_unit_test(any_sequence_alone),
        cmocka_unit_test(a_token_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
