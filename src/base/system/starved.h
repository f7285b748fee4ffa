/* How often memory ran out in this thread, and in the threads of a loop that it waited for: every LL_FAIL with
 * LL_ENOMEM counts, also one whose caller goes on with less (a convention that could not be tried, a check that was
 * left out). An answer made meanwhile is not the answer: who prints or seals it compares the count.
 *
 *     int64_t before = ll_starved();
 *     ... an answer ...
 *     if (ll_starved() != before) return LL_FAIL(err, LL_ENOMEM, "out of memory");
 */
#ifndef LL_BASE_SYSTEM_STARVED_H
#define LL_BASE_SYSTEM_STARVED_H

#include <stdint.h>

int64_t ll_starved(void);
void ll_starve(int64_t times); /* so often more */

/* The block as it is; where it is NULL that counts, too. For an allocation whose failure leaves a value unknown and
 * has no status to say so. */
void *ll_counted(void *block);

#endif
