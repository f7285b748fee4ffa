/* One quantity and every view of it: a loss, compute or time.
 *
 *     ll_ratios r = { .per_token = { [LL_PER_CHAR] = 4 } };
 *     const ll_unit *from = ll_unit_find("nats/token"), *to = ll_unit_find("bits/char");
 *     double v;
 *     ll_unit_convert(from, to, &r, 1.73, &v, &lacks);             0.624
 *
 * A loss is of a token, a byte, a character or a word; from one to another it takes the ratio of the two, and where
 * that is not known there is no such number.
 */
#ifndef LL_BASE_SYSTEM_MEASURE_H
#define LL_BASE_SYSTEM_MEASURE_H

#include <stdbool.h>

typedef enum ll_measure { LL_MEASURE_LOSS = 1, LL_MEASURE_COMPUTE, LL_MEASURE_TIME } ll_measure;
typedef enum ll_per { LL_PER_TOKEN = 0, LL_PER_BYTE, LL_PER_CHAR, LL_PER_WORD, LL_PER_COUNT } ll_per;

typedef struct ll_unit {
    const char *name;
    const char *aliases; /* other spellings, separated by blanks */
    ll_measure measure;
    ll_per per;  /* of a loss */
    double size; /* nats, FLOPs or seconds in one; 0: a perplexity, exp(nats) */
} ll_unit;

extern const ll_unit ll_units_list[]; /* ends with name NULL */

/* How many of each there are in a token; 0: not known. Of tokens it is always one. */
typedef struct ll_ratios {
    double per_token[LL_PER_COUNT];
} ll_ratios;

const ll_unit *ll_unit_find(const char *name); /* upper and lower case alike; NULL when unknown */

/* A number (1.73, 3640, 7B) and its unit, apart or not: "1.73 nats/token", "36h". False when it is neither; with a
 * number that stands there and a unit that does not, *unit is NULL. */
bool ll_unit_read(const char *text, double *value, const ll_unit **unit);

/* False where a ratio is not known, which is then *lacks, or where the two are no views of one quantity, and *lacks
 * is LL_PER_COUNT. */
bool ll_unit_convert(const ll_unit *from, const ll_unit *to, const ll_ratios *ratios, double value, double *out,
                     ll_per *lacks);

#endif
