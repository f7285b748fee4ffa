/* A published table of runs for tests and benchmarks: the named columns of a plain CSV file as doubles. */
#ifndef LL_TESTS_RUNS_H
#define LL_TESTS_RUNS_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 1000, RUNS_COLUMNS = 8, RUNS_FIELDS = 32 };

typedef struct runs {
    int64_t n;
    double v[RUNS_COLUMNS][RUNS_MAX]; /* in the order of names */
    char label[RUNS_MAX][96];         /* the first column as text */
} runs;

static inline int runs_split(char *line, char *field[RUNS_FIELDS]) {
    int n = 0;
    line[strcspn(line, "\r\n")] = 0;
    for (char *at = line; at && n < RUNS_FIELDS;) {
        char *comma = strchr(at, ',');
        if (comma) *comma = 0;
        field[n++] = at;
        at = comma ? comma + 1 : NULL;
    }
    return n;
}

/* names ends with NULL; a cell that is no number is NaN. Returns false when the file or a name is missing. */
static inline bool runs_read(runs *r, const char *path, const char *const *names) {
    char line[4096], *field[RUNS_FIELDS];
    int at[RUNS_COLUMNS], k = 0;
    FILE *in = fopen(path, "r");
    r->n = 0;
    if (!in || !fgets(line, sizeof line, in)) return false;
    int n = runs_split(line, field);
    for (; names[k]; k++) {
        at[k] = -1;
        for (int i = 0; i < n; i++)
            if (strcmp(field[i], names[k]) == 0) at[k] = i;
        if (at[k] < 0) return fclose(in), false;
    }
    while (r->n < RUNS_MAX && fgets(line, sizeof line, in)) {
        n = runs_split(line, field);
        for (int c = 0; c < k; c++) {
            char *end = NULL;
            double v = at[c] < n ? strtod(field[at[c]], &end) : NAN;
            r->v[c][r->n] = end && *end == 0 && end != field[at[c]] ? v : NAN;
        }
        snprintf(r->label[r->n++], sizeof *r->label, "%.90s", field[0]);
    }
    return fclose(in), true;
}

/* Keeps the rows where column c equals value. */
static inline void runs_keep(runs *r, int c, double value) {
    int64_t kept = 0;
    for (int64_t i = 0; i < r->n; i++) {
        if (r->v[c][i] != value) continue;
        for (int k = 0; k < RUNS_COLUMNS; k++) r->v[k][kept] = r->v[k][i];
        memmove(r->label[kept++], r->label[i], sizeof *r->label);
    }
    r->n = kept;
}

#endif
