/* Canaries: lines with random digits that are planted into a training text so that what a model remembers can be told
 * from what it has learnt (Carlini et al. 2019, "The Secret Sharer").
 *
 *     const ll_canaries planted = { .n = 2, .copies = { 1, 16 }, .count = 8, .seed = 1,
 *                                   .format = "the code of NNNNNN is DDDDDDDDD" };
 *     ll_canary c;
 *     LL_TRY(ll_canaries_check(&planted, err));
 *     ll_canary_make(&planted, 3, &c);
 *     c.text                                     "the code of qzkfai is 281265017"; c.prefix 22, c.digits 9
 *
 * Each has a name of its own, the letters NNN.., and a secret, the digits DDD..: `count` canaries for each number of
 * copies, and as many controls that are planted nowhere. All of it follows from these five fields, which the sidecar of
 * the training shard holds: who has the shard can say what is in it.
 */
#ifndef LL_DATA_GENERATED_CANARIES_H
#define LL_DATA_GENERATED_CANARIES_H

#include <stddef.h>

#include "base/document/json.h"
#include "loglog/error.h"
#include "loglog/random.h"

enum { LL_CANARY_KINDS = 16, LL_CANARY_TEXT = 128, LL_CANARY_DIGITS = 18 };

typedef struct ll_canaries {
    int n;                           /* numbers of copies; 0: nothing is planted */
    int64_t copies[LL_CANARY_KINDS]; /* [n] */
    int64_t count;                   /* canaries of each */
    uint64_t seed;
    char format[LL_CANARY_TEXT];
} ll_canaries;

typedef struct ll_canary {
    char text[LL_CANARY_TEXT];
    size_t prefix, digits; /* bytes before the secret, and of it */
    int64_t copies;        /* 0: a control */
} ll_canary;

/* LL_EINPUT: a format without one run of DDD and one of NNN before it, copies below 1, more than a million lines in
 * all, or fewer names than canaries. */
ll_status ll_canaries_check(const ll_canaries *c, ll_error *err);

/* 0 .. n * count - 1 are planted, those of fewest copies first as copies lists them; the count behind them are not. */
int64_t ll_canaries_all(const ll_canaries *c);
void ll_canary_make(const ll_canaries *c, int64_t i, ll_canary *out);

/* Puts another secret, drawn uniformly, in the place of the canary's own. */
void ll_canary_redraw(ll_canary *c, ll_rng *r);

ll_json *ll_canaries_json(const ll_canaries *c);
ll_status ll_canaries_read(ll_canaries *out, const ll_json *doc, ll_error *err); /* NULL: none */

/* ---- planting ---- */

typedef struct ll_planting {
    int64_t place, canary;
} ll_planting;

/* Where the lines stand in a training text of so many bytes: places are drawn uniformly. */
typedef struct ll_planter {
    ll_planting *of; /* [n] by place */
    int64_t n, next; /* next: the first that is not planted yet */
    int64_t at;      /* bytes of the text so far */
} ll_planter;

ll_status ll_planter_init(ll_planter *p, const ll_canaries *c, int64_t bytes, ll_error *err);
void ll_planter_clear(ll_planter *p);
void ll_planter_restart(ll_planter *p);

/* Of a document's bytes that are left, so many stand before the next canary: up to the line feed behind its place or
 * the document's end, or its place itself where the KiB behind it has neither. *canary is -1 where no more is
 * planted in the document: the bytes are all that is left. */
size_t ll_planter_next(ll_planter *p, const uint8_t *bytes, size_t size, int64_t *canary);

#endif
