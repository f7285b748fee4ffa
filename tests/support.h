/* What several tests share: cmocka's includes in their order, a scratch folder, the published tables. */
#ifndef LL_TESTS_SUPPORT_H
#define LL_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdbool.h>

#include "base/system/file.h"
#include "loglog/error.h"

/* Fails the test with the error's line when the call did not succeed. */
#define assert_ok(expr)                                                 \
    do {                                                                \
        ll_error assert_err = { 0 };                                    \
        ll_error *err = &assert_err;                                    \
        if ((expr) != LL_OK) fail_msg("%s: %s", #expr, assert_err.msg); \
    } while (0)

/* |a - b| <= tolerance * max(|b|, 1e-300); NaN fails. */
#define assert_close(a, b, tolerance) assert_close_at((a), (b), (tolerance), #a, __FILE__, __LINE__)
void assert_close_at(double a, double b, double tolerance, const char *what, const char *file, int line);

/* A new empty folder under $TMPDIR, removed with everything in it by support_remove. */
void support_folder(char path[LL_PATH_MAX]);
void support_remove(const char *path);
void support_write(const char *folder, const char *name, const void *data, size_t size, char path[LL_PATH_MAX]);

/* Path of a file below $LOGLOG_DATA or ../shared/data; when it is absent prints so and skips the test. */
void support_data(const char *name, char path[LL_PATH_MAX]);

/* Runs the program with the arguments (shell syntax) in a folder; returns its exit code, and its standard
 * output and error in the buffers (each may be NULL), cut at size. */
int support_run(const char *folder, const char *arguments, char *out, size_t out_size, char *err, size_t err_size);

#endif
