#define _POSIX_C_SOURCE 200809L
#include "base/words/number.h"

#include <float.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

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

double ll_number_read(const char *text, char **end) {
    const ll_number_scope scope = ll_number_begin();
    const double v = strtod(text, end);
    ll_number_end(scope);
    return v;
}

const char *ll_number_show(double v, char buf[LL_NUMBER_TEXT]) {
    const ll_number_scope scope = ll_number_begin();
    for (int digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(buf, LL_NUMBER_TEXT, "%.*g", digits, v);
        if (strtod(buf, NULL) == v) break;
    }
    ll_number_end(scope);
    return buf;
}
