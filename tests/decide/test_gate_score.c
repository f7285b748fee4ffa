/* A probe's score as a line of a policy: of a run of the store, by its last step, with the interval of its error. */
#define _GNU_SOURCE
#include "scratch_store.h"

#include <math.h>

static void put_score(ll_store *s, const char *run, int64_t step, double value, double se, int64_t items) {
    ll_run_score m = { .step = step,
                       .probe = "arithmetic",
                       .metric = "exact",
                       .value = value,
                       .se = se,
                       .items = items,
                       .chance = NAN };
    assert_ok(ll_store_put_scores(s, run, &m, 1, err));
}

static int ask(const char *run, const char *more, const char *says) {
    char *arguments, out[4096], complaint[4096];
    assert_true(asprintf(&arguments, "gate check '%s/examples/policies/ability.yaml' --run %s --store '%s' %s",
                         LL_SOURCE_DIR, run, db, more) > 0);
    const int code = support_run(folder, arguments, out, sizeof out, complaint, sizeof complaint);
    if (!strstr(out, says)) fail_msg("%s: no '%s' in: %s%s", arguments, says, out, complaint);
    free(arguments);
    return code;
}

static void test_lines(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    static const char *const names[] = { "below", "across", "above", "unasked", "bare", "few", "many", "grown" };
    put_ladder(s, "aaaaaaaaaaaaaaaa", "sums");
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        put_run(s, make_run("aaaaaaaaaaaaaaaa", names[k], 1e9, 2));
    put_score(s, "aaaaaaaaaaaaaaaa/below", 9, 0.3, 0.02, 500);
    put_score(s, "aaaaaaaaaaaaaaaa/across", 9, 0.48, 0.02, 500);
    put_score(s, "aaaaaaaaaaaaaaaa/above", 9, 0.7, 0.02, 500);
    put_score(s, "aaaaaaaaaaaaaaaa/bare", 9, 0.3, NAN, 500);
    put_score(s, "aaaaaaaaaaaaaaaa/few", 9, 0, 0, 2); /* Wilson's 90 % of 0 of 2 ends at 2.7055 / 4.7055 = 0.575 */
    put_score(s, "aaaaaaaaaaaaaaaa/many", 9, 0, 0, 100); /* and of 0 of 100 at 0.026 */
    put_score(s, "aaaaaaaaaaaaaaaa/grown", 4, 0.1, 0.02, 500);
    put_score(s, "aaaaaaaaaaaaaaaa/grown", 9, 0.7, 0.02, 500);
    ll_store_close(s);
    assert_int_equal(ask("aaaaaaaaaaaaaaaa/below", "", "not reached"), 0);
    assert_int_equal(ask("aaaaaaaaaaaaaaaa/across", "", "across the line"), 4);
    assert_int_equal(ask("aaaaaaaaaaaaaaaa/above", "", "not in place: read_by_people"), 3);
    assert_int_equal(ask("aaaaaaaaaaaaaaaa/above", "--in-place read_by_people", "all that is required"), 0);
    assert_int_equal(ask("aaaaaaaaaaaaaaaa/unasked", "", "the evidence does not say"), 4);
    assert_int_equal(ask("aaaaaaaaaaaaaaaa/bare", "", "without an interval"), 4);
    assert_int_equal(ask("aaaaaaaaaaaaaaaa/few", "", "across the line"), 4);
    assert_int_equal(ask("aaaaaaaaaaaaaaaa/many", "", "not reached"), 0);
    assert_int_equal(ask("aaaaaaaaaaaaaaaa/grown", "", "reached"), 3); /* the last step's */
    assert_int_equal(ask("aaaaaaaaaaaaaaaa/above", "--score arithmetic.exact=0.1,0.05,0.15", "is reached"),
                     3); /* measured goes over said */
    assert_int_equal(ask("aaaaaaaaaaaaaaaa/unasked", "--score arithmetic.exact=0.1,0.05,0.15", "not reached"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines) };
    return cmocka_run_group_tests(tests, store_make, scratch_remove);
}
