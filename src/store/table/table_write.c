#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/json.h"
#include "base/system/file.h"
#include "base/words/number.h"
#include "loglog/table.h"
#include "store/table/csv.h"

/* The name under which reading finds the same convention and unit again. */
static const char *header_of(const ll_table *t, ll_column c) {
    static const char *const losses[] = { "loss", "loss_bits_per_byte", "loss_bits_per_token", "loss_unstated" };
    if (c == LL_COL_LOSS) return losses[t->loss_unit];
    if (c != LL_COL_PARAMS || t->params_are == LL_PARAMS_NONEMBEDDING) return ll_column_name(c);
    return t->params_are == LL_PARAMS_TOTAL && !t->num[LL_COL_PARAMS_TOTAL] ? "params_total" : "N";
}

static bool has_column(const ll_table *t, int c) {
    return t->num[c] || t->text[c];
}

static const char *text_at(const ll_table *t, int c, int64_t row) {
    return t->text[c][row] ? t->text[c][row] : "";
}

/* ---- CSV ---- */

static void print_headers(const ll_table *t, FILE *out) {
    const char *comma = "";
    for (int c = 0; c < LL_COL_COUNT; c++) {
        if (!has_column(t, c)) continue;
        fprintf(out, "%s%s", comma, header_of(t, (ll_column)c));
        comma = ",";
    }
    for (int64_t k = 0; k < t->n_measures; k++) {
        char se[LL_HEADER_MAX + 4];
        snprintf(se, sizeof se, "%s_se", t->measures[k].name);
        fputc(',', out);
        ll_csv_print(out, t->measures[k].name);
        if (!t->measures[k].se) continue;
        fputc(',', out);
        ll_csv_print(out, se);
    }
    fputc('\n', out);
}

/* alone: the only column, where an empty cell would be an empty line and get lost. */
static void print_csv_row(const ll_table *t, int64_t row, bool alone, FILE *out) {
    const char *comma = "";
    char buf[LL_NUMBER_TEXT];
    for (int c = 0; c < LL_COL_COUNT; c++) {
        if (!has_column(t, c)) continue;
        fputs(comma, out);
        comma = ",";
        bool missing = t->text[c] ? !*text_at(t, c, row) : isnan(t->num[c][row]);
        if (missing) fputs(!alone ? "" : t->text[c] ? "\"\"" : "nan", out);
        else if (t->text[c]) ll_csv_print(out, text_at(t, c, row));
        else fputs(ll_number_show(t->num[c][row], buf), out);
    }
    for (int64_t k = 0; k < t->n_measures; k++) {
        ll_csv_next_number(out, t->measures[k].value[row]);
        if (t->measures[k].se) ll_csv_next_number(out, t->measures[k].se[row]);
    }
    fputc('\n', out);
}

/* ---- JSON lines ---- */

static void set_measure(ll_json *o, const ll_table_measure *m, int64_t row) {
    char se[LL_HEADER_MAX + 4];
    snprintf(se, sizeof se, "%s_se", m->name);
    if (!isnan(m->value[row])) ll_json_set_num(o, m->name, m->value[row]);
    if (m->se && !isnan(m->se[row])) ll_json_set_num(o, se, m->se[row]);
}

static ll_status print_json_row(const ll_table *t, int64_t row, FILE *out, ll_error *err) {
    ll_json *o = ll_json_object();
    for (int c = 0; c < LL_COL_COUNT; c++) {
        const char *key = header_of(t, (ll_column)c);
        if (t->text[c] && *text_at(t, c, row)) ll_json_set_str(o, key, text_at(t, c, row));
        if (t->num[c] && !isnan(t->num[c][row])) ll_json_set_num(o, key, t->num[c][row]);
    }
    for (int64_t k = 0; k < t->n_measures; k++) set_measure(o, &t->measures[k], row);
    char *text = ll_json_text(o, false);
    ll_json_free(o);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    fprintf(out, "%s\n", text);
    free(text);
    return LL_OK;
}

/* ---- both ---- */

static ll_status check_finite(const ll_table *t, ll_error *err) {
    for (int c = 0; c < LL_COL_COUNT; c++)
        for (int64_t i = 0; t->num[c] && i < t->rows; i++)
            if (isinf(t->num[c][i]))
                return LL_FAIL(err, LL_ENUM, "row %lld: %s is infinite", (long long)i + 1,
                               ll_column_name((ll_column)c));
    return LL_OK;
}

void ll_table_print_headers(const ll_table *t, FILE *out, bool jsonl) {
    if (!jsonl) print_headers(t, out);
}

ll_status ll_table_print_rows(const ll_table *t, FILE *out, bool jsonl, ll_error *err) {
    int columns = 0;
    for (int c = 0; c < LL_COL_COUNT; c++) columns += has_column(t, c);
    columns += (int)t->n_measures;
    for (int64_t i = 0; i < t->rows; i++) {
        if (jsonl) LL_TRY(print_json_row(t, i, out, err));
        else print_csv_row(t, i, columns == 1, out);
    }
    return LL_OK;
}

ll_status ll_table_print(const ll_table *t, FILE *out, bool jsonl, ll_error *err) {
    LL_TRY(check_finite(t, err));
    ll_table_print_headers(t, out, jsonl);
    return ll_table_print_rows(t, out, jsonl, err);
}

ll_status ll_table_write(const ll_table *t, const char *path, ll_error *err) {
    ll_file f;
    LL_TRY(ll_file_create(&f, path, err));
    ll_status s = ll_table_print(t, f.out, ll_table_is_jsonl(path), err);
    if (s == LL_OK) return ll_file_commit(&f, err);
    ll_file_abandon(&f);
    return s;
}
