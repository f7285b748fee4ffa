/* The program run in the test program's folder: its code, and what it says. */
#ifndef LL_TESTS_SCRATCH_PROGRAM_H
#define LL_TESTS_SCRATCH_PROGRAM_H

#include "scratch.h"

#include <string.h>

static char out[1 << 16], err_text[8192];

static inline int runs(const char *arguments) {
    return support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
}

static inline void gives(const char *arguments, int code) {
    int got = runs(arguments);
    if (got != code) fail_msg("'%s' gave %d, expected %d; it said: %s%s", arguments, got, code, out, err_text);
}

static inline void says(const char *text, const char *want) {
    if (!strstr(text, want)) fail_msg("'%s' is not in: %s", want, text);
}

#endif
