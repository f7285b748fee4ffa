#include "store/sql/row_sum.h"

#include <math.h>
#include <string.h>

enum { INT = 1, REAL, TEXT, NOTHING = 5 }; /* what stands in every store before a value: never changed */

/* Each word is taken in by a one-to-one mixing: two rows that differ in one word differ in the sum. */
static uint64_t mix(uint64_t sum, uint64_t word) {
    sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
    return sum ^ sum >> 29;
}

static uint64_t mix_bytes(uint64_t sum, const void *bytes, size_t n) {
    sum = mix(sum, n);
    for (size_t i = 0; i < n; i += 8) {
        uint64_t word = 0;
        memcpy(&word, (const char *)bytes + i, n - i < 8 ? n - i : 8);
        sum = mix(sum, word);
    }
    return sum;
}

uint64_t ll_row_sum_of(int values) {
    return (uint64_t)values;
}

uint64_t ll_row_sum_int(uint64_t sum, int64_t v) {
    return mix(mix(sum, INT), (uint64_t)v);
}

uint64_t ll_row_sum_real(uint64_t sum, double v) {
    if (isnan(v)) return mix(sum, NOTHING);
    const double real = v + 0.0; /* SQLite keeps no minus zero */
    return mix_bytes(mix(sum, REAL), &real, sizeof real);
}

uint64_t ll_row_sum_text(uint64_t sum, const void *bytes, size_t n) {
    return mix_bytes(mix(sum, TEXT), bytes, n);
}

uint64_t ll_row_sum_value(uint64_t sum, const ll_sql_value *v) {
    switch (v->kind) {
    case LL_SQL_INT: return ll_row_sum_int(sum, v->whole);
    case LL_SQL_REAL: return ll_row_sum_real(sum, v->real);
    case LL_SQL_TEXT: return ll_row_sum_text(sum, v->text, v->bytes);
    default: return ll_row_sum_real(sum, NAN);
    }
}

uint64_t ll_row_sum_columns(uint64_t sum, ll_sql_statement *stmt, int first, int n) {
    for (int i = first; i < first + n; i++) {
        const ll_sql_value v = stmt->engine->value(stmt, i);
        sum = ll_row_sum_value(sum, &v);
    }
    return sum;
}
