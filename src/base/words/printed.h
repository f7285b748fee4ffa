/* A text that is printed into memory. open_memstream of glibc loses what was printed while its block could not grow,
 * and tells neither ferror nor fclose; here it is no text then.
 *
 *     ll_printed p;
 *     FILE *out = ll_printed_open(&p);
 *     if (out) fprintf(out, "%d runs\n", n);
 *     char *text = ll_printed_close(&p);
 *     if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
 */
#ifndef LL_BASE_WORDS_PRINTED_H
#define LL_BASE_WORDS_PRINTED_H

#include <stdbool.h>
#include <stdio.h>

typedef struct ll_printed {
    FILE *out;
    char *text;
    size_t size, room;
    bool starved;
} ll_printed;

/* NULL when out of memory. p stays where it is until it is closed. */
FILE *ll_printed_open(ll_printed *p);

/* All that was printed, zero-terminated, p->size bytes, the caller's to free; NULL when out of memory, and where the
 * open was. */
char *ll_printed_close(ll_printed *p);

#endif
