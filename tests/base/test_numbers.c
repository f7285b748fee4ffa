/* Numbers of few digits, which are read and written by arithmetic, beside the C library's reading and printing. */
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/words/number.h"
#include "loglog/random.h"

enum { DRAWN = 100000 };

static void reads(const char *text) {
    char *end, *want_end;
    const double v = ll_number_read(text, &end), want = strtod(text, &want_end);
    if (memcmp(&v, &want, sizeof v) != 0 && !(isnan(v) && isnan(want)))
        fail_msg("'%s' is read as %.17g, expected %.17g", text, v, want);
    if (end != want_end) fail_msg("'%s' ends at %d, expected %d", text, (int)(end - text), (int)(want_end - text));
}

static void shows(double v) {
    char text[LL_NUMBER_TEXT], want[LL_NUMBER_TEXT];
    for (int digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(want, sizeof want, "%.*g", digits, v);
        if (strtod(want, NULL) == v) break;
    }
    if (strcmp(ll_number_show(v, text), want) != 0) fail_msg("%a is shown as %s, expected %s", v, text, want);
}

static void forms(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        ".5",
        "5.",
        "0",
        "-0",
        "00012",
        "-.5",
        "1..2",
        "0e5",
        "0e999",
        "1e",
        "1e+",
        "1e5x",
        "5k",
        "0x10",
        "0x1p3",
        " 5",
        "+5",
        "inf",
        "-nan",
        "1e22",
        "1e23",
        "1e-22",
        "1e-23",
        "1e0005",
        "1e400",
        "-1e-400",
        "-e5",
        "--1",
        "1,5",
        "9007199254740993",
        "123456789012345",
        "1234567890123456",
        "123456789012345e22",
        "0.000000000000000000000123",
        "000.00012345678901234567",
        "0.00000000000000000000000000000",
        "0.0000000000000000000000000012",
        "1e00000000000000000000005",
        "1e-99999999999999999999",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) reads(texts[i]);
}

static void powers(void **state) {
    (void)state;
    for (int k = -25; k <= 25; k++) {
        const double v = pow(10, k), near[] = { v, nextafter(v, 0), nextafter(v, INFINITY), 9.5 * v, v / 3 };
        for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
            shows(near[i]);
            shows(-near[i]);
        }
    }
    shows(0);
    shows(-0.0);
    shows(INFINITY);
    shows(DBL_MIN);
    shows(DBL_MAX);
    shows(DBL_TRUE_MIN);
}

/* Of every number of digits and size, with some beyond what arithmetic alone can do. */
static void drawn(void **state) {
    (void)state;
    static const char signs[] = "0123456789..eE+-xk 00";
    ll_rng rng = ll_rng_at(11, LL_STREAM_NOISE, 0);
    for (int i = 0; i < DRAWN; i++) {
        char text[64];
        const int digits = (int)(ll_rng_u32(&rng) % 18), exponent = (int)(ll_rng_u32(&rng) % 60) - 30;
        const double v = (double)ll_rng_u32(&rng) * (double)(1 + ll_rng_u32(&rng) % 4096);
        snprintf(text, sizeof text, "%.*e", digits, ldexp(v, exponent));
        reads(text);
        shows(strtod(text, NULL));
        snprintf(text, sizeof text, "%.*f", digits, v / 1e6);
        reads(text);
        shows(-strtod(text, NULL));
        const int n = (int)(ll_rng_u32(&rng) % 12);
        for (int k = 0; k < n; k++) text[k] = signs[ll_rng_u32(&rng) % (sizeof signs - 1)];
        text[n] = 0;
        reads(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(powers),
        cmocka_unit_test(drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
