/* What the verbs of a table say reads at 80 columns: no row of a table is wider, no line ends in blanks, and a
 * parameter has the digits that its interval earns. */
#define _GNU_SOURCE
#include "scratch.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/text.h"
#include "planted.h"

static char out[1 << 16], err_text[4096];

static int setup(void **state) {
    (void)state;
    char text[1 << 14], path[LL_PATH_MAX];
    planted plant;
    size_t used = (size_t)snprintf(text, sizeof text, "params,tokens,loss,recipe\n");
    support_folder(folder);
    planted_make(&plant, 6, 6, 7, 0.004, 1);
    for (int64_t i = 0; i < plant.n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%.17g,%.17g,%.17g,%s\n", plant.N[i], plant.D[i],
                                 plant.L[i] * (i % 2 ? 0.98 : 1), i % 2 ? "new" : "old");
    support_write(folder, "runs.csv", text, used, path);
    return 0;
}

static const char *said(const char *arguments) {
    int code = support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
    if (code != 0) fail_msg("%s: exit %d, %s", arguments, code, err_text);
    return out;
}

/* A row begins with blanks or a digit and has a word on its left that is no sentence's. */
static bool is_row(const char *line) {
    return (*line == ' ' || isdigit((unsigned char)*line)) && !strstr(line, " of ") && !strstr(line, "layers");
}

static void reads(const char *arguments) {
    char *text = strdup(said(arguments)), *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        const size_t n = strlen(line);
        if (n && line[n - 1] == ' ') fail_msg("%s: '%s' ends in blanks", arguments, line);
        if (is_row(line) && ll_text_columns(line, -1) > 80) fail_msg("%s: '%s' is wide", arguments, line);
    }
    free(text);
}

static void tables_fit_a_terminal(void **state) {
    (void)state;
    reads("fit runs.csv --bootstrap 200");
    reads("plan runs.csv --flops 1e23 --bootstrap 200 --unique-tokens 100B");
    reads("plan --law hoffmann2022 --flops 1e23");
    reads("forecast at runs.csv --params 7B --tokens 1T --bootstrap 200");
    reads("next runs.csv --target-flops 1e24 --budget 1e22");
    reads("compare runs.csv --by recipe --bootstrap 200");
    reads("compare runs.csv --by recipe --law isoflop --bootstrap 200");
}

/* A is 482 and B 2085 and each known to some ten per cent: two digits more than that say nothing. */
static void digits_are_earned(void **state) {
    (void)state;
    char name[16], value[32], se[32], *line = strdup(said("fit runs.csv --bootstrap 200"));
    int seen = 0;
    for (char *p = line; p; p = strchr(p, '\n')) {
        p += *p == '\n';
        if (sscanf(p, "  %15s %31s +- %31s 90 %%", name, value, se) != 3) continue;
        int digits = 0;
        for (const char *v = value + strspn(value, "-0."); *v; v++) digits += isdigit((unsigned char)*v) != 0;
        if (digits > 4 || strstr(se, "e+")) fail_msg("%s %s +- %s", name, value, se);
        seen++;
    }
    free(line);
    assert_int_equal(seen, 8); /* five parameters, a, b and G */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_fit_a_terminal),
        cmocka_unit_test(digits_are_earned),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
