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

/* The code, and the words in either of what it says. */
static inline void answers(const char *arguments, int code, const char *words) {
    const int got = runs(arguments);
    if (got != code || !(strstr(out, words) || strstr(err_text, words)))
        fail_msg("%s: exits %d, expected %d and '%s'; says %s%s", arguments, got, code, words, out, err_text);
}

static inline void says(const char *text, const char *want) {
    if (!strstr(text, want)) fail_msg("'%s' is not in: %s", want, text);
}

#endif
