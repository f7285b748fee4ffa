#include "data/generated/arithmetic.h"

#include <stdio.h>
#include <string.h>

enum { ONE_IN = 8 };

const char *const ll_arithmetic_op_names[] = { "add", "sub", "mul", "mod" };

static int64_t power_of_ten(int n) {
    int64_t p = 1;
    while (n-- > 0) p *= 10;
    return p;
}

/* ---- a problem ---- */

static void write_out(ll_arithmetic_problem *p) {
    static const char sign[] = { '+', '-', '*' };
    const long long a = p->a, b = p->b, m = p->m;
    const long long value[] = { a + b, a - b, a * b, m ? (a + b) % m : 0 };
    if (p->op == LL_ARITHMETIC_MOD) snprintf(p->question, sizeof p->question, "(%lld+%lld)%%%lld=", a, b, m);
    else snprintf(p->question, sizeof p->question, "%lld%c%lld=", a, sign[p->op], b);
    snprintf(p->answer, sizeof p->answer, "%lld", value[p->op]);
}

void ll_arithmetic_draw(ll_rng *r, ll_arithmetic_op op, int digits, ll_arithmetic_problem *out) {
    const int64_t below = power_of_ten(digits);
    *out = (ll_arithmetic_problem) { .op = op };
    out->a = ll_rng_below(r, below);
    out->b = ll_rng_below(r, below);
    if (op == LL_ARITHMETIC_MOD) out->m = 2 + ll_rng_below(r, below - 2);
    write_out(out);
}

bool ll_arithmetic_held_out(const ll_arithmetic_problem *p) {
    const bool swap = p->op != LL_ARITHMETIC_SUB && p->a > p->b;
    const uint64_t a = (uint64_t)(swap ? p->b : p->a), b = (uint64_t)(swap ? p->a : p->b);
    const uint32_t key[] = { (uint32_t)p->op, 0 };
    const uint32_t counter[] = { (uint32_t)a, (uint32_t)(a >> 32), (uint32_t)b, (uint32_t)(b >> 32) };
    uint32_t word[4];
    if (a < 10 && b < 10) return false;
    ll_philox(key, counter, word);
    return word[0] % ONE_IN == 0;
}

/* ---- a text of them ---- */

static ll_status unknown(const char *name, int size, ll_error *err) {
    return LL_FAIL(err, LL_EINPUT, "operation '%.*s', expected some of add, sub, mul and mod with commas between",
                   size < 40 ? size : 40, name);
}

ll_status ll_arithmetic_named(ll_arithmetic *out, const char *operations, int64_t digits, ll_error *err) {
    bool asked[LL_ARITHMETIC_OPS] = { false };
    *out = (ll_arithmetic) { .digits = (int)digits };
    if (digits < 1 || digits > LL_ARITHMETIC_DIGITS)
        return LL_FAIL(err, LL_EINPUT, "%lld digits, expected 1 to %d", (long long)digits, LL_ARITHMETIC_DIGITS);
    for (const char *at = operations;; at++) {
        const size_t size = strcspn(at, ",");
        int op = 0;
        while (op < LL_ARITHMETIC_OPS &&
               (strlen(ll_arithmetic_op_names[op]) != size || strncmp(ll_arithmetic_op_names[op], at, size) != 0))
            op++;
        if (op == LL_ARITHMETIC_OPS) return unknown(at, (int)size, err);
        asked[op] = true;
        at += size;
        if (!*at) break;
    }
    for (int op = 0; op < LL_ARITHMETIC_OPS; op++)
        if (asked[op]) out->op[out->n++] = (ll_arithmetic_op)op;
    return LL_OK;
}

size_t ll_arithmetic_document(const ll_arithmetic *text, uint64_t seed, uint32_t stream, uint32_t index,
                              char out[LL_ARITHMETIC_DOCUMENT]) {
    ll_rng r = ll_rng_at(seed, LL_STREAM_ARITHMETIC, (uint64_t)stream << 32 | index);
    ll_arithmetic_problem p;
    size_t size = 0;
    for (int line = 0; line < LL_ARITHMETIC_LINES; line++) {
        const ll_arithmetic_op op = text->op[ll_rng_below(&r, text->n)];
        const int digits = 1 + (int)ll_rng_below(&r, text->digits);
        do ll_arithmetic_draw(&r, op, digits, &p);
        while (ll_arithmetic_held_out(&p));
        size += (size_t)snprintf(out + size, LL_ARITHMETIC_DOCUMENT - size, "%s%s\n", p.question, p.answer);
    }
    return size;
}
