/* The entropy of a text of arithmetic, by counting its problems. Of an operation, problems of class c are those whose
 * largest operand has c digits; K_n of classes 1 .. n are in the text. A line that draws n is each of them with
 * probability 1 / K_n, so a problem of class c has p_c = sum over n >= c of 1 / (digits K_n), and the operation's lines
 * have the entropy - sum_c (K_c - K_(c-1)) p_c ln p_c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/generated/arithmetic.h"

enum { DIGITS = 3, BELOW = 1000 };

/* Sums over the problems of up to n digits, at [n - 1]. */
typedef struct counts {
    double problems[DIGITS], bytes[DIGITS]; /* bytes of their lines */
    double sums[DIGITS][2 * BELOW];         /* pairs by a + b */
} counts;

static int length_of(int64_t v) {
    int n = v < 0 ? 2 : 1;
    for (v = v < 0 ? -v : v; v > 9; v /= 10) n++;
    return n;
}

/* What a line has besides: a sign, '=' and the line feed; of mod '(', '+', ')', '%', '=' and the line feed. */
static int line_of(ll_arithmetic_op op, int64_t a, int64_t b) {
    const int operands = length_of(a) + length_of(b);
    switch (op) {
    case LL_ARITHMETIC_ADD: return operands + length_of(a + b) + 3;
    case LL_ARITHMETIC_SUB: return operands + length_of(a - b) + 3;
    case LL_ARITHMETIC_MUL: return operands + length_of(a * b) + 3;
    default: return operands + 6;
    }
}

static void count_pairs(counts *c, ll_arithmetic_op op, int digits) {
    const int64_t below = digits == 1 ? 10 : digits == 2 ? 100 : BELOW;
    for (int64_t a = 0; a < below; a++)
        for (int64_t b = 0; b < below; b++) {
            if (ll_arithmetic_held_out(&(ll_arithmetic_problem) { .op = op, .a = a, .b = b })) continue;
            for (int n = length_of(a > b ? a : b); n <= digits; n++) {
                c->problems[n - 1]++;
                c->bytes[n - 1] += line_of(op, a, b);
                c->sums[n - 1][a + b]++;
            }
        }
}

/* Each pair stands with every modulus 2 .. 10^n - 1, which adds its own length and that of the rest. */
static void count_moduli(counts *c, int digits) {
    for (int n = 1, below = 10; n <= digits; n++, below *= 10) {
        double own = 0, rest = 0;
        for (int m = 2; m < below; m++) {
            own += length_of(m);
            for (int s = 0; s < 2 * below; s++) rest += c->sums[n - 1][s] * length_of(s % m);
        }
        c->bytes[n - 1] = c->bytes[n - 1] * (below - 2) + c->problems[n - 1] * own + rest;
        c->problems[n - 1] *= below - 2;
    }
}

static double entropy_of(const counts *c, int digits) {
    double h = 0, p = 0;
    for (int n = digits; n >= 1; n--) {
        p += 1 / (digits * c->problems[n - 1]);
        h -= (c->problems[n - 1] - (n > 1 ? c->problems[n - 2] : 0)) * p * log(p);
    }
    return h;
}

double ll_arithmetic_entropy(const ll_arithmetic *text) {
    counts *c = text->digits <= DIGITS ? malloc(sizeof *c) : NULL;
    double nats = log(text->n), bytes = 0; /* of a line */
    if (!c) return NAN;
    for (int k = 0; k < text->n; k++) {
        memset(c, 0, sizeof *c);
        count_pairs(c, text->op[k], text->digits);
        if (text->op[k] == LL_ARITHMETIC_MOD) count_moduli(c, text->digits);
        nats += entropy_of(c, text->digits) / text->n;
        for (int n = 0; n < text->digits; n++) bytes += c->bytes[n] / c->problems[n] / text->digits / text->n;
    }
    free(c);
    return nats / (bytes + 1.0 / LL_ARITHMETIC_LINES);
}
