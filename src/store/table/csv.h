/* CSV after RFC 4180, read in place from a block of memory: quotes, line breaks inside them, CRLF, a byte-order
 * mark; with tabs in the place of commas where separator says so. A quote in the middle of an unquoted cell is a letter
 * like any other; empty lines are skipped. The apostrophe of '=x, '@x, '-x, with which ll_csv_print and spreadsheets
 * mark a text that is no formula, is not part of it.
 *
 *     ll_csv c;
 *     LL_TRY(ll_csv_open(&c, text, size, path, err));
 *     while ((status = ll_csv_next(&c, err)) == LL_OK && c.n > 0) use(c.cell[0], c.line);
 *     ll_csv_close(&c);
 */
#ifndef LL_STORE_TABLE_CSV_H
#define LL_STORE_TABLE_CSV_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "loglog/error.h"

enum { LL_CSV_MAX_CELLS = 65536 };

typedef struct ll_csv {
    char **cell;  /* [n] of the record last read, zero-terminated, inside the block */
    int64_t n;    /* 0 at the end of the file */
    int64_t line; /* where the record begins, from 1 */
    char *at, *end;
    int64_t room, next_line;
    const char *path; /* for messages */
    char separator;   /* ','; another may be set after opening */
} ll_csv;

/* text[size] must be writable and text[size] zero; it is changed. Zero bytes inside are refused. */
ll_status ll_csv_open(ll_csv *c, char *text, size_t size, const char *path, ll_error *err);
ll_status ll_csv_next(ll_csv *c, ll_error *err);
void ll_csv_close(ll_csv *c);

/* One cell, quoted where it must be. What a spreadsheet would run gets an apostrophe in front, which reading takes
 * away again. */
void ll_csv_print(FILE *out, const char *text);

/* A comma, and the number behind it; an empty cell where it is NaN. */
void ll_csv_next_number(FILE *out, double v);

#endif
