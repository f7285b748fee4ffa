/* Another program, run: what goes in comes out, and each way to end is told apart. */
#define _GNU_SOURCE
#include "support.h"

#include <string.h>

#include "base/system/program.h"

static ll_program p;

static void run(const char *script, const char *input, size_t size) {
    const char *const argv[] = { "sh", "-c", script, NULL };
    assert_ok(ll_program_run(&p, argv, input, size, LL_PROGRAM_MINUTE, err));
}

/* More than a pipe holds, with zeros in it, read twice: as standard input and as a file. */
static void what_goes_in_comes_out(void **state) {
    (void)state;
    enum { SIZE = 1 << 20 };
    char *input = malloc(SIZE);
    assert_non_null(input);
    for (int i = 0; i < SIZE; i++) input[i] = (char)(i * 7 + i / 256);
    run("cat /dev/stdin; cat; cat /dev/stdin >&2", input, SIZE);
    assert_int_equal(p.code, 0);
    assert_int_equal(p.size, 2 * SIZE);
    assert_memory_equal(p.out, input, SIZE);
    assert_memory_equal(p.out + SIZE, input, SIZE);
    assert_int_equal(p.out[p.size], 0);
    assert_memory_equal(p.complaint, input, SIZE);
    ll_program_clear(&p);
    run("cat", NULL, 0);
    assert_int_equal(p.code, 0);
    assert_int_equal(p.size, 0);
    ll_program_clear(&p);
    run(":", input, SIZE); /* it reads nothing of it */
    assert_int_equal(p.code, 0);
    ll_program_clear(&p);
    free(input);
}

static void each_end_is_told(void **state) {
    (void)state;
    run("echo said; echo sorry >&2; exit 7", "", 0);
    assert_int_equal(p.code, 7);
    assert_string_equal(p.out, "said\n");
    assert_string_equal(p.complaint, "sorry\n");
    ll_program_clear(&p);
    run("kill -9 $$", "", 0);
    assert_int_equal(p.code, LL_PROGRAM_KILLED);
    ll_program_clear(&p);
    static const char *const absent[] = { "no-program-has-this-name", NULL };
    assert_ok(ll_program_run(&p, absent, "x", 1, LL_PROGRAM_MINUTE, err));
    assert_int_equal(p.code, LL_PROGRAM_ABSENT);
    ll_program_clear(&p);
}

static void output_has_a_bound(void **state) {
    (void)state;
    static const char *const argv[] = { "cat", "/dev/zero", NULL };
    ll_error err = { 0 };
    assert_int_equal(ll_program_run(&p, argv, NULL, 0, LL_PROGRAM_MINUTE, &err), LL_ENOMEM);
    assert_string_equal(err.msg, "cat's output is larger than the memory for it");
}

static void time_has_a_bound(void **state) {
    (void)state;
    static const char *const argv[] = { "sleep", "60", NULL };
    ll_error err = { 0 };
    assert_int_equal(ll_program_run(&p, argv, NULL, 0, 1, &err), LL_EIO);
    assert_string_equal(err.msg, "sleep did not finish within 1 s");
    static const char *const mute[] = { "sh", "-c", "exec >&- 2>&-; exec sleep 60", NULL }; /* it has hung up */
    assert_int_equal(ll_program_run(&p, mute, NULL, 0, 1, &err), LL_EIO);
    assert_string_equal(err.msg, "sh did not finish within 1 s");
    static const char *const late[] = { "sh", "-c", "exec >&- 2>&-; sleep 0.1; exit 7", NULL };
    assert_ok(ll_program_run(&p, late, NULL, 0, LL_PROGRAM_MINUTE, err));
    assert_int_equal(p.code, 7);
    ll_program_clear(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(each_end_is_told),
        cmocka_unit_test(time_has_a_bound),
        cmocka_unit_test(output_has_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
