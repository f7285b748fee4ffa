#define _POSIX_C_SOURCE 200809L
#include "base/words/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t plain; /* "C"; 0 where the system has none to give, and then the caller's stays */

static void make(void) {
    plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
}

ll_number_scope ll_number_begin(void) {
    pthread_once(&once, make);
    return (ll_number_scope) { uselocale(plain) };
}

void ll_number_end(ll_number_scope scope) {
    uselocale((locale_t)scope.old);
}

/* ---- numbers of few digits ---- */

/* A whole number below 2^53 times or over a power of ten that a double holds is rounded once, where no wider registers
 * are: the nearest double to the decimal (Clinger 1990, How to read floating point numbers accurately). */
enum { POWERS = 23, DIGITS = 15 };
static const double power[POWERS] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

static double scaled(double whole, int exponent) {
    return exponent < 0 ? whole / power[-exponent] : whole * power[exponent];
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Of [-]digits[.digits][e[+-]digits] behind which no sign of a number stands; false: strtod has to say. */
static bool read_few(const char *text, char **end, double *out) {
    const char *p = text + (*text == '-');
    int digits = 0, exponent = 0;
    int64_t whole = 0;
    if (FLT_EVAL_METHOD != 0 || !is_digit(*p)) return false;
    for (; is_digit(*p) && digits <= DIGITS; p++) digits += whole || *p != '0', whole = 10 * whole + (*p - '0');
    if (*p == '.')
        for (p++; is_digit(*p) && digits <= DIGITS && exponent > -POWERS; p++, exponent--)
            digits += whole || *p != '0', whole = 10 * whole + (*p - '0');
    if (*p == 'e' || *p == 'E') {
        const bool down = p[1] == '-';
        int e = 0;
        p += 1 + (down || p[1] == '+');
        if (!is_digit(*p)) return false;
        for (; is_digit(*p) && e < 1000; p++) e = 10 * e + (*p - '0');
        exponent += down ? -e : e;
    }
    if (digits > DIGITS || is_digit(*p) || *p == 'x' || *p == 'X') return false;
    if (whole && (exponent <= -POWERS || exponent >= POWERS)) return false;
    *out = whole ? scaled((double)whole, exponent) : 0;
    if (*text == '-') *out = -*out;
    if (end) *end = (char *)(uintptr_t)p;
    return true;
}

double ll_number_read(const char *text, char **end) {
    double few;
    if (read_few(text, end, &few)) return few;
    const ll_number_scope scope = ll_number_begin();
    const double v = strtod(text, end);
    ll_number_end(scope);
    return v;
}

/* digits times 10^exponent as %.15g writes it; the last digit is none of 0. */
static void write_few(char *to, const char *digits, int n, int exponent) {
    const int first = exponent + n - 1; /* the exponent of the first digit */
    if (first < -4 || first >= DIGITS) {
        *to++ = digits[0];
        if (n > 1) *to++ = '.';
        for (int k = 1; k < n; k++) *to++ = digits[k];
        sprintf(to, "e%+03d", first);
        return;
    }
    if (first < 0) {
        memcpy(to, "0.000", 5);
        to += 1 - first;
        for (int k = 0; k < n; k++) *to++ = digits[k];
        *to = 0;
        return;
    }
    for (int k = 0; k < n || k <= first; k++) {
        if (k == first + 1) *to++ = '.';
        *to++ = k < n ? digits[k] : '0';
    }
    *to = 0;
}

/* Where a decimal of at most 15 digits reads back to v it is the only one, and the one that %.15g prints. */
static bool show_few(double v, char buf[LL_NUMBER_TEXT]) {
    char digits[DIGITS + 2];
    const double size = fabs(v);
    int first = 0;
    if (FLT_EVAL_METHOD != 0 || !(size >= 1e-5 && size < 1e22)) return false;
    while (first + 1 < POWERS && size >= power[first + 1]) first++;
    while (first <= 0 && size * power[-first] < 1) first--;
    int exponent = first - (DIGITS - 1);
    const double whole = nearbyint(scaled(size, -exponent));
    if (scaled(whole, exponent) != size) return false;
    int64_t rest = (int64_t)whole;
    for (; rest % 10 == 0; rest /= 10) exponent++;
    int n = 0;
    for (int64_t left = rest; left; left /= 10) n++;
    for (int k = n; k > 0; rest /= 10) digits[--k] = (char)('0' + rest % 10);
    if (v < 0) *buf = '-';
    write_few(buf + (v < 0), digits, n, exponent);
    return true;
}

const char *ll_number_show(double v, char buf[LL_NUMBER_TEXT]) {
    if (show_few(v, buf)) return buf;
    const ll_number_scope scope = ll_number_begin();
    for (int digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(buf, LL_NUMBER_TEXT, "%.*g", digits, v);
        if (strtod(buf, NULL) == v) break;
    }
    ll_number_end(scope);
    return buf;
}
