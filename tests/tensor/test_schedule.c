#include "support.h"

#include <math.h>
#include <string.h>

#include "train/schedule.h"

static void cosine(void **state) {
    (void)state;
    ll_schedule s = { .kind = LL_SCHEDULE_COSINE, .steps = 1000, .warmup = 50, .end = 0.1 };
    assert_close(ll_schedule_at(&s, 0), 1.0 / 50, 1e-15);
    assert_close(ll_schedule_at(&s, 49), 1, 0);
    assert_close(ll_schedule_at(&s, 50), 1, 0);
    assert_close(ll_schedule_at(&s, 525), 0.55, 1e-12); /* halfway: the mean of peak and end */
    assert_close(ll_schedule_at(&s, 287), 0.1 + 0.9 * 0.5 * (1 + cos(acos(-1) * 237 / 950)), 1e-12);
    assert_true(ll_schedule_at(&s, 999) > 0.1 &&
                ll_schedule_at(&s, 999) < 0.1 + 1e-5); /* the end lies one step on */
    s.end = 0;
    assert_true(ll_schedule_at(&s, 999) > 0 && ll_schedule_at(&s, 999) < 1e-5);
    assert_close(ll_schedule_at(&s, 525), 0.5, 1e-12);
}

static void linear(void **state) {
    (void)state;
    ll_schedule s = { .kind = LL_SCHEDULE_LINEAR, .steps = 1000, .warmup = 50, .end = 0.1 };
    assert_close(ll_schedule_at(&s, 24), 0.5, 1e-15);
    assert_close(ll_schedule_at(&s, 50), 1, 0);
    assert_close(ll_schedule_at(&s, 240), 0.82, 1e-12); /* a fifth of the way from 1 to 0.1 */
    assert_close(ll_schedule_at(&s, 525), 0.55, 1e-12);
    for (int64_t t = 51; t < 1000; t++)
        assert_close(ll_schedule_at(&s, t - 1) - ll_schedule_at(&s, t), 0.9 / 950, 1e-12);
    s.end = 0;
    assert_close(ll_schedule_at(&s, 999), 1.0 / 950, 1e-12);
}

/* Up along a line to the peak, then never up again. */
static void check_shape(const ll_schedule *s) {
    for (int64_t t = 0; t < s->steps; t++) {
        double f = ll_schedule_at(s, t);
        assert_true(f > 0 && f <= 1);
        if (t < s->warmup) assert_close(f, (double)(t + 1) / (double)s->warmup, 1e-15);
        else if (t > 0) assert_true(t == s->warmup || f <= ll_schedule_at(s, t - 1));
    }
}

static void every_shape(void **state) {
    (void)state;
    static const int64_t steps[] = { 1, 2, 3, 7, 100, 1001 };
    for (int kind = 0; kind < LL_SCHEDULE_COUNT; kind++)
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
            for (int64_t warmup = 0; warmup <= steps[i]; warmup += 1 + steps[i] / 7)
                for (int64_t cooldown = 1; warmup + cooldown <= steps[i]; cooldown += 1 + steps[i] / 5) {
                    ll_schedule s = { (ll_schedule_kind)kind, steps[i], warmup, cooldown, 0 };
                    check_shape(&s);
                    s.end = 0.3;
                    check_shape(&s);
                }
}

/* Until its cooldown a wsd run is the constant trunk it branches from; the branch's first own step still is. */
static void wsd_is_the_trunk_first(void **state) {
    (void)state;
    ll_schedule branch = { LL_SCHEDULE_WSD, 500, 20, 100, 0 }, trunk = { LL_SCHEDULE_CONSTANT, 900, 20, 0, 0 };
    for (int64_t t = 0; t <= 400; t++) assert_true(ll_schedule_at(&branch, t) == ll_schedule_at(&trunk, t));
    assert_true(ll_schedule_at(&branch, 401) < 1);
}

/* Haegele et al. 2024: 1 - sqrt((n - (T - T_d)) / T_d) for T - T_d < n <= T. */
static void one_minus_root(void **state) {
    (void)state;
    ll_schedule s = { LL_SCHEDULE_WSD, 500, 20, 100, 0 };
    assert_close(ll_schedule_at(&s, 425), 0.5, 1e-15);
    assert_close(ll_schedule_at(&s, 464), 0.2, 1e-14);
    assert_close(ll_schedule_at(&s, 481), 0.1, 1e-14);
    assert_close(ll_schedule_at(&s, 499), 1 - sqrt(0.99), 1e-12);
}

static void names(void **state) {
    (void)state;
    static const char *const known[] = { "cosine", "wsd", "constant", "linear" };
    ll_schedule_kind kind;
    for (int i = 0; i < LL_SCHEDULE_COUNT; i++) {
        assert_ok(ll_schedule_named(known[i], &kind, err));
        assert_int_equal(kind, i);
    }
    static const char *const unknown[] = { "", "Cosine", "cosine ", "lin", "wsdx" };
    for (int i = 0; i < 5; i++) {
        ll_error err = { 0 };
        assert_int_equal(ll_schedule_named(unknown[i], &kind, &err), LL_EINPUT);
        assert_non_null(strstr(err.msg, "train.schedule"));
        assert_non_null(strstr(err.msg, "cosine wsd constant linear"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosine),         cmocka_unit_test(linear),
        cmocka_unit_test(every_shape),    cmocka_unit_test(wsd_is_the_trunk_first),
        cmocka_unit_test(one_minus_root), cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
