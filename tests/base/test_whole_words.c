/* No word that a user gives, and none that is sealed, is shortened: what does not fit is refused by name. */
#define _POSIX_C_SOURCE 200809L
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forecast/belief/forecast.h"
#include "loglog/law.h"

static char out[65536], err_text[4096], arguments[4096];

/* A word of n letters. */
static const char *long_word(int n) {
    static char text[2048];
    memset(text, 'w', (size_t)n);
    text[n] = 0;
    return text;
}

static void says(int code, const char *words) {
    int got = support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
    if (got != code || !(strstr(out, words) || strstr(err_text, words)))
        fail_msg("%.200s: %d, expected %d and '%s'; says %s%s", arguments, got, code, words, out, err_text);
}

static int set_up(void **state) {
    static char text[4096] = "params,tokens,loss,family,flavour\n";
    char path[LL_PATH_MAX];
    scratch_make(state);
    for (int i = 0; i < 20; i++) {
        double N = pow(10, 7 + 0.5 * (i % 5)), D = pow(10, 9 + 0.5 * (i / 5));
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%.9g,%.9g,%.9g,%c,%c\n", N, D,
                 1.69 + 406.4 / pow(N, 0.34) + 410.7 / pow(D, 0.28), i % 2 ? 'x' : 'y', i % 2 ? 'y' : 'x');
    }
    support_write(folder, "runs.csv", text, strlen(text), path);
    strcpy(arguments, "fit runs.csv --bootstrap 20 --save fit.json");
    says(0, "");
    return 0;
}

/* What is sealed is sealed for ever: by whom it will be judged stands there whole, or nothing does. */
static void a_sealed_word(void **state) {
    (void)state;
    static const char seal[] =
        "forecast seal --fit fit.json --params 1e10 --tokens 1e11 --store s.db --judged-by %s";
    snprintf(arguments, sizeof arguments, seal, long_word(128));
    says(2, "expected at most 127");
    snprintf(arguments, sizeof arguments, seal, long_word(127));
    says(0, "");
    snprintf(arguments, sizeof arguments, "forecast list --store s.db --json");
    says(0, long_word(127));
}

/* Every law's form has its place in a forecast. */
static void every_form(void **state) {
    (void)state;
    for (const ll_law *const *l = ll_laws; *l; l++)
        if (strlen((*l)->form) >= sizeof((ll_forecast *)0)->form) fail_msg("%s: %s", (*l)->name, (*l)->form);
}

/* --col and --by share a place: a column's name that was cut to another's compared what nobody asked for. */
static void a_column(void **state) {
    (void)state;
    snprintf(arguments, sizeof arguments, "compare runs.csv --by flavour --col 'params=params%s'", "");
    says(0, "x");
    int n = snprintf(arguments, sizeof arguments, "compare runs.csv --by flavour --col '");
    for (int i = 0; i < 71; i++)
        n += snprintf(arguments + n, sizeof arguments - (size_t)n, "%sparams=params", i ? "," : "");
    snprintf(arguments + n, sizeof arguments - (size_t)n, ",loss=loss,loss=loss'");
    says(2, "too long together");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_word),
        cmocka_unit_test(every_form),
        cmocka_unit_test(a_column),
    };
    return cmocka_run_group_tests(tests, set_up, scratch_remove);
}
