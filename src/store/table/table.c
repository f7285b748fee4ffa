#include "store/table/table_fill.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *ll_column_name(ll_column column) {
#define NAME(id, name, help) name,
    static const char *const names[] = { LL_TABLE_COLUMNS(NAME) };
#undef NAME
    return names[column];
}

bool ll_table_is_role(const char *word) {
    static const char *const words[] = { "", "fit", "forecast", "trunk", "scored", "excluded" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0) return true;
    return false;
}

double ll_table_num(const ll_table *t, int64_t row, ll_column column) {
    return t->num[column] ? t->num[column][row] : NAN;
}

void ll_table_clear(ll_table *t) {
    for (int c = 0; c < LL_COL_COUNT; c++) {
        for (int64_t i = 0; t->text[c] && i < t->rows; i++) free(t->text[c][i]);
        free(t->text[c]);
        free(t->num[c]);
    }
    for (int64_t i = 0; i < t->n_headers; i++) free(t->headers[i].name);
    free(t->headers);
    for (int64_t k = 0; k < t->n_measures; k++) free(t->measures[k].value);
    free(t->measures);
    free(t->line);
    free(t->cluster);
    free(t->cells);
    free(t->x);
    *t = (ll_table) { 0 };
}

ll_status ll_table_new(ll_table *t, int64_t rows, ll_error *err) {
    *t = (ll_table) { .rows = rows, .params_are = LL_PARAMS_NONEMBEDDING };
    size_t n = rows > 0 ? (size_t)rows : 1;
    bool ok = (t->line = calloc(n, sizeof *t->line)) != NULL;
    for (int c = 0; c < LL_COL_COUNT && ok; c++) {
        strcpy(t->header[c], ll_column_name((ll_column)c));
        if (c < LL_COL_FIRST_NUMBER) ok = (t->text[c] = calloc(n, sizeof *t->text[c])) != NULL;
        else ok = (t->num[c] = malloc(n * sizeof *t->num[c])) != NULL;
        for (int64_t i = 0; ok && t->num[c] && i < rows; i++) t->num[c][i] = NAN;
    }
    if (ok) return LL_OK;
    ll_table_clear(t);
    return LL_FAIL(err, LL_ENOMEM, "out of memory for a table of %lld rows", (long long)rows);
}

void ll_table_keep_rows(ll_table *t, const bool *keep) {
    int64_t kept = 0;
    for (int64_t i = 0; i < t->rows; i++) {
        for (int c = 0; c < LL_COL_FIRST_NUMBER; c++)
            if (t->text[c] && !keep[i]) free(t->text[c][i]);
        if (!keep[i]) continue;
        for (int c = 0; c < LL_COL_COUNT; c++) {
            if (t->text[c]) t->text[c][kept] = t->text[c][i];
            if (t->num[c]) t->num[c][kept] = t->num[c][i];
        }
        if (t->cluster) t->cluster[kept] = t->cluster[i];
        if (t->cells) t->cells[kept] = t->cells[i];
        if (t->x) t->x[kept] = t->x[i];
        for (int64_t k = 0; k < t->n_measures; k++) {
            t->measures[k].value[kept] = t->measures[k].value[i];
            if (t->measures[k].se) t->measures[k].se[kept] = t->measures[k].se[i];
        }
        t->line[kept++] = t->line[i];
    }
    t->names_repeat = false;
    t->dropped += t->rows - kept;
    t->rows = kept;
}
