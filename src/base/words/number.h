/* Numbers as text with a point, whatever locale the program around the library has chosen (LC_NUMERIC of de_DE
 * writes 0,5). Threads may call these at once.
 *
 *     char buf[LL_NUMBER_TEXT];
 *     fputs(ll_number_show(0.1, buf), out);                  0.1
 *     double v = ll_number_read("0.1e3 steps", &end);        as strtod
 *
 *     ll_number_scope scope = ll_number_begin();             the same for any printf of this thread
 *     fprintf(out, "%g", v);
 *     ll_number_end(scope);
 */
#ifndef LL_BASE_WORDS_NUMBER_H
#define LL_BASE_WORDS_NUMBER_H

#include <stddef.h>

enum { LL_NUMBER_TEXT = 40 };

double ll_number_read(const char *text, char **end);

/* The shortest of 15, 16 and 17 digits that reads back to the bit. */
const char *ll_number_show(double v, char buf[LL_NUMBER_TEXT]);

typedef struct ll_number_scope {
    void *old;
} ll_number_scope;
ll_number_scope ll_number_begin(void);
void ll_number_end(ll_number_scope scope); /* in the order of a stack */

#endif
