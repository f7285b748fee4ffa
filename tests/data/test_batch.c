#include "support.h"

#include <string.h>

#include "data/batch.h"
#include "loglog/random.h"

enum { N = 1000, T = 8 };
static uint16_t tokens[N];

/* Token i is i, so that a sequence tells where it starts. */
static ll_shard counting(int64_t n) {
    for (int i = 0; i < N; i++) tokens[i] = (uint16_t)i;
    return (ll_shard) { .tokens = tokens, .n = n, .info = { .vocab = 65536, .origin = "counting" } };
}

static void any_sequence_alone(void **state) {
    (void)state;
    ll_shard s = counting(N);
    int32_t x[16 * T], y[16 * T], x1[T], y1[T];
    ll_batch_at(&s, T, 9, 1234567, 0, 16, x, y);
    for (int i = 15; i >= 0; i--) {
        ll_batch_at(&s, T, 9, 1234567, i, 1, x1, y1);
        assert_memory_equal(x1, x + i * T, sizeof x1);
        assert_memory_equal(y1, y + i * T, sizeof y1);
    }
    for (int i = 0; i < 16; i++)
        for (int t = 0; t < T; t++) {
            assert_int_equal(x[i * T + t], x[i * T] + t);
            assert_int_equal(y[i * T + t], x[i * T + t] + 1);
        }
}

/* Two batches of 64 starts among 992 agree in a given place once in 992; all of 64 never do. */
static void draws_differ(void **state) {
    (void)state;
    ll_shard s = counting(N);
    int32_t a[64 * T], b[64 * T], y[64 * T];
    static const struct {
        uint64_t seed;
        int64_t step, first;
    } other[] = {
        { 1, 1, 0 }, { 2, 0, 0 }, { 1, 0, 64 }, { 1, (int64_t)1 << 31, 0 }, { (uint64_t)1 << 32 | 1, 0, 0 }
    };
    ll_batch_at(&s, T, 1, 0, 0, 64, a, y);
    for (size_t k = 0; k < sizeof other / sizeof *other; k++) {
        int same = 0;
        ll_batch_at(&s, T, other[k].seed, other[k].step, other[k].first, 64, b, y);
        for (int i = 0; i < 64; i++) same += a[i * T] == b[i * T];
        assert_true(same < 6);
    }
}

/* Every start in [0, n - T - 1] comes, each about equally often. */
static void starts_are_uniform(void **state) {
    (void)state;
    enum { SHORT = T + 10, DRAWS = 20000 };
    ll_shard s = counting(SHORT);
    int count[10] = { 0 };
    int32_t x[T], y[T];
    for (int i = 0; i < DRAWS; i++) {
        ll_batch_at(&s, T, 3, i / 100, i % 100, 1, x, y);
        assert_in_range(x[0], 0, 9);
        count[x[0]]++;
    }
    double chi = 0, want = DRAWS / 10.0;
    for (int i = 0; i < 10; i++) chi += (count[i] - want) * (count[i] - want) / want;
    assert_true(chi < 33.7); /* 9 degrees of freedom, one in ten thousand */
}

static void eval_windows(void **state) {
    (void)state;
    int32_t x[200 * T], y[200 * T];
    for (int64_t n = T + 1; n <= N; n += 7)
        for (int64_t windows = 1; windows <= 200; windows += windows < 5 ? 1 : 39) {
            ll_shard s = counting(n);
            ll_batch_eval(&s, T, windows, 0, windows, x, y);
            assert_int_equal(x[0], 0);
            if (windows > 1) assert_int_equal(y[windows * T - 1], n - 1); /* the last window ends the shard */
            for (int64_t i = 1; i < windows; i++) {
                int32_t gap = x[i * T] - x[(i - 1) * T];
                if (windows * T < n) assert_true(gap >= T);
                assert_true(gap >= 0);
            }
        }
    ll_shard s = counting(N);
    int32_t one[T], target[T];
    ll_batch_eval(&s, T, 50, 0, 50, x, y);
    ll_batch_eval(&s, T, 50, 31, 1, one, target);
    assert_memory_equal(one, x + 31 * T, sizeof one);
    assert_memory_equal(target, y + 31 * T, sizeof target);
}

static void short_and_damaged(void **state) {
    (void)state;
    ll_shard s = counting(T + 1);
    ll_error err = { 0 };
    int32_t x[T], y[T];
    assert_ok(ll_batch_check(&s, T, err));
    assert_true(ll_batch_at(&s, T, 1, 0, 0, 1, x, y)); /* the only sequence there is */
    assert_true(x[0] == 0 && y[T - 1] == T);
    s.n = T;
    assert_int_equal(ll_batch_check(&s, T, &err), LL_EINPUT);
    assert_string_equal(err.msg, "counting: 8 tokens, expected at least 9 for a context of 8");
    assert_int_equal(ll_batch_check(&s, 0, &err), LL_EINPUT);
    s.n = T + 1;
    s.info.vocab = 5;
    assert_false(ll_batch_at(&s, T, 1, 0, 0, 1, x, y)); /* it holds tokens up to 8 */
    assert_false(ll_batch_eval(&s, T, 1, 0, 1, x, y));
    for (int t = 0; t < T; t++) assert_true(x[t] < 5 && y[t] < 5);
    s.info.vocab = T; /* only the last target lies outside */
    assert_false(ll_batch_at(&s, T, 1, 0, 0, 1, x, y));
    s.info.vocab = T + 1;
    assert_true(ll_batch_eval(&s, T, 1, 0, 1, x, y));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_sequence_alone), cmocka_unit_test(draws_differ),
        cmocka_unit_test(starts_are_uniform), cmocka_unit_test(eval_windows),
        cmocka_unit_test(short_and_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
