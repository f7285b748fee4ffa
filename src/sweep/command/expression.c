#include "sweep/command/expression.h"

#include <math.h>
#include <string.h>

#include "base/words/number.h"

enum { DEPTH = 64 };

typedef struct reading {
    const char *whole, *at;
    const ll_placeholders *places;
    int depth;
    ll_error *err;
} reading;

static ll_status read_sum(reading *r, double *v);
static ll_status read_signed(reading *r, double *v);

static void skip(reading *r) {
    r->at += strspn(r->at, " \t\r\n");
}

static bool take(reading *r, const char *sign) {
    const size_t n = strlen(sign);
    skip(r);
    if (strncmp(r->at, sign, n) != 0) return false;
    r->at += n;
    return true;
}

static ll_status expected(reading *r, const char *what) {
    return ll_placeholder_fail(r->places, r->whole, r->at, r->err, "expected %s", what);
}

static ll_status read_number(reading *r, double *v) {
    char *end;
    *v = ll_number_read(r->at, &end);
    if (end == r->at || !strchr("0123456789.", *r->at)) return expected(r, "a number, a {name} or a bracket");
    r->at = end;
    return LL_OK;
}

static ll_status read_atom(reading *r, double *v) {
    const ll_placeholder *p;
    size_t n;
    if (take(r, "(")) {
        if (++r->depth > DEPTH) return expected(r, "fewer brackets");
        LL_TRY(read_sum(r, v));
        r->depth--;
        return take(r, ")") ? LL_OK : expected(r, "a closing bracket");
    }
    if (*r->at != '{') return read_number(r, v);
    LL_TRY(ll_placeholder_find(r->places, r->whole, r->at, &p, &n, r->err));
    if (p->text) return ll_placeholder_fail(r->places, r->whole, r->at, r->err, "{%s} is no number", p->name);
    *v = p->v;
    r->at += n;
    return LL_OK;
}

static ll_status read_power(reading *r, double *v) {
    double power;
    LL_TRY(read_atom(r, v));
    if (!take(r, "**")) return LL_OK;
    LL_TRY(read_signed(r, &power));
    *v = pow(*v, power);
    return LL_OK;
}

static ll_status read_signed(reading *r, double *v) {
    const bool minus = take(r, "-");
    if (!minus) return read_power(r, v);
    if (++r->depth > DEPTH) return expected(r, "fewer signs");
    LL_TRY(read_signed(r, v));
    r->depth--;
    *v = -*v;
    return LL_OK;
}

static ll_status read_product(reading *r, double *v) {
    LL_TRY(read_signed(r, v));
    for (;;) {
        double by;
        const bool times = take(r, "*");
        if (!times && !take(r, "/")) return LL_OK;
        LL_TRY(read_signed(r, &by));
        *v = times ? *v * by : *v / by;
    }
}

static ll_status read_sum(reading *r, double *v) {
    LL_TRY(read_product(r, v));
    for (;;) {
        double more;
        const bool plus = take(r, "+");
        if (!plus && !take(r, "-")) return LL_OK;
        LL_TRY(read_product(r, &more));
        *v += plus ? more : -more;
    }
}

ll_status ll_expression_value(const char *text, const ll_placeholders *places, double *v, ll_error *err) {
    reading r = { text, text, places, 0, err };
    LL_TRY(read_sum(&r, v));
    skip(&r);
    return *r.at ? expected(&r, "the end or one of + - * / **") : LL_OK;
}
