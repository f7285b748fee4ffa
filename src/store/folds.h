/* Texts that are remembered by 64 bits each: a million of them take 8 MB. Two texts that share theirs, one pair of a
 * million in 10^8 tables, pass for one.
 *
 *     LL_TRY(ll_folds_add(&f, ll_fold(LL_FOLD_START, name, strlen(name)), err));      each
 *     ll_folds_settle(&f, 2);                                                         those met twice at least
 *     if (ll_folds_has(&f, fold)) ...
 *     ll_folds_clear(&f);
 */
#ifndef LL_STORE_FOLDS_H
#define LL_STORE_FOLDS_H

#include <stdbool.h>

#include "base/words/fold.h"
#include "loglog/error.h"

typedef struct ll_folds {
    uint64_t *at; /* [n]; owned */
    int64_t n, room;
} ll_folds;

ll_status ll_folds_add(ll_folds *f, uint64_t fold, ll_error *err);
void ll_folds_settle(ll_folds *f, int64_t times); /* keeps, once each, what was added so many times */
bool ll_folds_has(const ll_folds *f, uint64_t fold);
void ll_folds_clear(ll_folds *f);

#endif
