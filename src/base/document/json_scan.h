/* The plain pieces of a JSON text, found where they stand: what json.c makes its trees of, without a copy of each.
 *
 *     ll_json_scan t = { text };              a text that ends in a zero and is changed on the way
 *     if (ll_json_scan_take(&t, '[')) ...
 *     const char *name = ll_json_scan_text(&t, &size);
 *
 * It takes less than JSON allows: at anything that is rare (\u, integers of more than 18 digits) or wrong it says no,
 * and json.c asks the reader that knows all of it, and words the errors.
 */
#ifndef LL_BASE_DOCUMENT_JSON_SCAN_H
#define LL_BASE_DOCUMENT_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ll_json_scan {
    char *at;
} ll_json_scan;

/* The next byte that is no blank, which stays. */
char ll_json_scan_next(ll_json_scan *t);

/* Goes beyond that byte, or word, where it comes next. */
bool ll_json_scan_take(ll_json_scan *t, char byte);
bool ll_json_scan_word(ll_json_scan *t, const char *word);

/* A text without its quotes and with its escapes resolved, in place, with a closing zero; NULL: it is none that is
 * taken here. Whether its bytes are UTF-8 is not looked at. */
char *ll_json_scan_text(ll_json_scan *t, size_t *size);

/* A number, as an integer (*whole) where it is written as one; the caller has set the plain locale (number.h). */
bool ll_json_scan_number(ll_json_scan *t, bool *whole, int64_t *i, double *v);

#endif
