/* Run tables from any bytes: the first byte chooses CSV or JSON lines (4) and the options (1, 2, 8). What is read
 * is written and read again, and must then be the same.
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -Iinclude -Isrc tests/fuzz/fuzz_table.c src/store/table/csv.c \
 *         src/store/table/where.c src/store/table*.c src/base/{error,file,json,number,sodium,stream,text,units}.c \
 *         $(pkg-config --libs jansson libsodium) -lm -o fuzz_table && ./fuzz_table -max_total_time=60 */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loglog/table.h"

static char folder[64];

static void clean_up(void) {
    char command[96];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    if (system(command) != 0) _exit(1);
}

static void put(const char *path, const uint8_t *data, size_t size) {
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(data, 1, size, out) != size || fclose(out) != 0) abort();
}

static void compare(const ll_table *a, const ll_table *b) {
    if (a->rows != b->rows) abort();
    if (a->num[LL_COL_PARAMS] && a->params_are != b->params_are) abort();
    if (a->num[LL_COL_LOSS] && a->loss_unit != b->loss_unit) abort();
    for (int c = 0; c < LL_COL_FIRST_NUMBER; c++)
        for (int64_t i = 0; i < a->rows && a->text[c]; i++)
            if (!b->text[c] || strcmp(a->text[c][i], b->text[c][i]) != 0) abort();
    for (int c = LL_COL_FIRST_NUMBER; c < LL_COL_COUNT; c++)
        for (int64_t i = 0; i < a->rows; i++) {
            double x = ll_table_num(a, i, (ll_column)c), y = ll_table_num(b, i, (ll_column)c);
            if (!(x == y || (isnan(x) && isnan(y)))) abort();
        }
}

static bool has_columns(const ll_table *t) {
    for (int c = 0; c < LL_COL_COUNT; c++)
        if (t->num[c] || t->text[c]) return true;
    return false;
}

static void round_trip(const ll_table *t, const char *path) {
    ll_error err = { 0 };
    ll_table again;
    if (t->rows == 0 || !has_columns(t)) return;
    if (ll_table_write(t, path, &err) != LL_OK) abort();
    if (ll_table_read(&again, path, NULL, &err) != LL_OK) {
        fprintf(stderr, "%s\n", err.msg);
        abort();
    }
    compare(t, &again);
    ll_table_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const ll_table_opts opts[] = { { 0 },
                                          { .where = "loss < 3 and run != 'a'" },
                                          { .columns = "params_total=params,step=" },
                                          { .params_are = "nonembedding", .cluster = "run" },
                                          { .set = "family=f" },
                                          { .set = "params=1e6,step=3", .where = "run = a" },
                                          { .columns = "loss=Value", .set = "run=a", .last = true },
                                          { .cluster = "run", .last = true } };
    char in[96], out[96];
    ll_table t;
    if (!*folder) {
        const char *tmp = getenv("TMPDIR"); /* best in memory: every write is synced */
        snprintf(folder, sizeof folder, "%.32s/fuzz-table-XXXXXX", tmp ? tmp : "/tmp");
        if (!mkdtemp(folder)) abort();
        atexit(clean_up);
    }
    if (size < 1) return 0;
    bool json = data[0] & 4;
    snprintf(in, sizeof in, "%s/in.%s", folder, json ? "jsonl" : "csv");
    snprintf(out, sizeof out, "%s/out.csv", folder);
    put(in, data + 1, size - 1);
    if (ll_table_read(&t, in, &opts[(data[0] & 3) | (data[0] >> 1 & 4)], NULL) == LL_OK) round_trip(&t, out);
    ll_table_clear(&t);
    return 0;
}
