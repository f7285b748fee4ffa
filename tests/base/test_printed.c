/* A text printed into memory, with every allocation failing once and from then on: the whole text or none. */
#include "support.h"

#include <errno.h>
#include <string.h>

#include "base/words/printed.h"

static long until = -1; /* allocations that still succeed; negative: all do */
static bool for_good, failed;

/* A sanitizer's own allocator has to stay in place. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
extern void *__libc_malloc(size_t size);
extern void *__libc_realloc(void *at, size_t size);

static bool fails(void) {
    if (until < 0 || until-- > 0) return false;
    until = for_good ? 0 : -1;
    failed = true;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size) {
    return fails() ? NULL : __libc_malloc(size);
}

void *realloc(void *at, size_t size) {
    return fails() ? NULL : __libc_realloc(at, size);
}
#endif

static char *print(int lines, size_t *size) {
    ll_printed p;
    FILE *out = ll_printed_open(&p);
    for (int i = 0; out && i < lines; i++) fprintf(out, "line %d", i), fputc('\n', out);
    char *text = ll_printed_close(&p);
    *size = p.size;
    return text;
}

static void the_whole_or_none(void **state) {
    (void)state;
    static const int lines[] = { 0, 1, 3000 };
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
        size_t size, n;
        char *meant = print(lines[k], &size);
        assert_true(meant && strlen(meant) == size);
        for (long at = 0, tries = 0; tries < 2; at++) {
            for_good = tries, failed = false;
            until = at;
            char *text = print(lines[k], &n);
            until = -1;
            assert_true(text || failed);
            if (text) assert_string_equal(text, meant), assert_int_equal(n, size);
            else assert_int_equal(n, 0);
            free(text);
            if (!failed) tries++, at = -1;
        }
        free(meant);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_whole_or_none) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
