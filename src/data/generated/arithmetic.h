/* Arithmetic as text: how a problem looks, how it is drawn, which problems no training text shows, and an endless text
 * of them.
 *
 *     ll_arithmetic text;
 *     ll_arithmetic_problem p;
 *     LL_TRY(ll_arithmetic_named(&text, "add,mod", 3, err));
 *     do ll_arithmetic_draw(&rng, LL_ARITHMETIC_ADD, 2, &p);
 *     while (!ll_arithmetic_held_out(&p));
 *     p.question, p.answer                                 "12+30=", "42"
 *
 * A line of the text is question, answer and a line feed: 12+30=42, 7-12=-5, 6*7=42, (8+5)%9=4. Each line draws its
 * operation, then the most digits n of its operands from 1 .. digits, then the operands uniformly below 10^n (a modulus
 * from 2 up), and draws them again while the problem is held out. A document has 64 lines, so that a context holds
 * examples of what it asks.
 */
#ifndef LL_DATA_GENERATED_ARITHMETIC_H
#define LL_DATA_GENERATED_ARITHMETIC_H

#include <stdbool.h>
#include <stddef.h>

#include "loglog/error.h"
#include "loglog/random.h"

typedef enum ll_arithmetic_op {
    LL_ARITHMETIC_ADD,
    LL_ARITHMETIC_SUB,
    LL_ARITHMETIC_MUL,
    LL_ARITHMETIC_MOD,
    LL_ARITHMETIC_OPS
} ll_arithmetic_op;

enum {
    LL_ARITHMETIC_DIGITS = 9, /* at most: a product fits int64_t */
    LL_ARITHMETIC_LINES = 64,
    LL_ARITHMETIC_TEXT = 48, /* a question or an answer with its NUL */
    LL_ARITHMETIC_DOCUMENT = LL_ARITHMETIC_LINES * 2 * LL_ARITHMETIC_TEXT
};

typedef struct ll_arithmetic_problem {
    ll_arithmetic_op op;
    int64_t a, b, m; /* m: the modulus of LL_ARITHMETIC_MOD, else 0 */
    char question[LL_ARITHMETIC_TEXT], answer[LL_ARITHMETIC_TEXT];
} ll_arithmetic_problem;

extern const char *const ll_arithmetic_op_names[LL_ARITHMETIC_OPS]; /* "add", "sub", "mul", "mod" */

/* Operands below 10^digits, 1 .. LL_ARITHMETIC_DIGITS; held out or not. */
void ll_arithmetic_draw(ll_rng *r, ll_arithmetic_op op, int digits, ll_arithmetic_problem *out);

/* Of the problems in which a or b has two digits or more, one in 8, by a hash of operation, a and b (whatever their
 * order where the operation does not care, and whatever the modulus): who solves them has not seen them. */
bool ll_arithmetic_held_out(const ll_arithmetic_problem *p);

/* What a text is made of. */
typedef struct ll_arithmetic {
    int n, digits;
    ll_arithmetic_op op[LL_ARITHMETIC_OPS]; /* [n], in the order of the enumeration */
} ll_arithmetic;

/* operations: names with commas between. LL_EINPUT for another name, none, and digits out of range. */
ll_status ll_arithmetic_named(ll_arithmetic *out, const char *operations, int64_t digits, ll_error *err);

/* Document `index` of a stream: the same for the same four, and the streams of a seed are independent. Streams and
 * indices are below 2^32. Returns its bytes. */
size_t ll_arithmetic_document(const ll_arithmetic *text, uint64_t seed, uint32_t stream, uint32_t index,
                              char out[LL_ARITHMETIC_DOCUMENT]);

/* Nats per token of bytes, a document's end among them: the entropy of the questions, exactly, for answers follow
 * from them. NaN above three digits, where the problems that are not held out are too many to count. */
double ll_arithmetic_entropy(const ll_arithmetic *text);

#endif
