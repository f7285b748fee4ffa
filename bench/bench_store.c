/* The store's and the table's speed. Prints one line a measure: what, seconds.
 *
 *     bench_store [RUNS]        100000 runs by default, in a new folder under $TMPDIR */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "base/system/file.h"
#include "store/store.h"

static ll_error err;

static void must(ll_status s) {
    if (s == LL_OK) return;
    fprintf(stderr, "bench_store: %s\n", err.msg);
    exit(1);
}

static void report(const char *what, double from) {
    printf("%-44s %8.4f s\n", what, ll_clock_now() - from);
}

static void make_table(ll_table *t, int64_t rows) {
    must(ll_table_new(t, rows, &err));
    for (int64_t i = 0; i < rows; i++) {
        double N = 1e6 * (1 + (double)(i % 1000)), D = 1e9 * (1 + (double)(i / 1000));
        char name[32];
        snprintf(name, sizeof name, "run-%lld", (long long)i);
        t->text[LL_COL_RUN][i] = strdup(name);
        t->num[LL_COL_PARAMS][i] = N;
        t->num[LL_COL_TOKENS][i] = D;
        t->num[LL_COL_FLOPS][i] = 6 * N * D;
        t->num[LL_COL_LOSS][i] = 1.7 + 400 / (1 + N / 1e6) + 1.0 / (double)(i + 3);
        t->num[LL_COL_SEED][i] = (double)(i % 7);
    }
}

static void list(ll_store *s, const char *what, const char *where) {
    ll_run *runs;
    int64_t n;
    char line[96];
    double best = 1e9;
    for (int k = 0; k < 5; k++) {
        double from = ll_clock_now();
        must(ll_store_list_runs(s, "", -1, where, &runs, &n, &err));
        double took = ll_clock_now() - from;
        if (took < best) best = took;
        free(runs);
    }
    snprintf(line, sizeof line, "%s (%lld runs)", what, (long long)n);
    printf("%-44s %8.4f s\n", line, best);
}

int main(int argc, char **argv) {
    int64_t rows = argc > 1 ? strtoll(argv[1], NULL, 10) : 100000;
    ll_imported in;
    char folder[] = "/tmp/bench-store-XXXXXX", csv[LL_PATH_MAX], db[LL_PATH_MAX], command[LL_PATH_MAX + 16];
    if (!mkdtemp(folder)) return 1;
    must(ll_file_join(csv, folder, "runs.csv", &err));
    must(ll_file_join(db, folder, "loglog.db", &err));
    ll_table t;
    make_table(&t, rows);
    double from = ll_clock_now();
    must(ll_table_write(&t, csv, &err));
    report("write CSV, 17 columns", from);
    ll_table_clear(&t);
    from = ll_clock_now();
    must(ll_table_read(&t, csv, NULL, &err));
    report("read CSV", from);

    ll_store *s;
    must(ll_store_open(&s, db, LL_STORE_WRITE, &err));
    from = ll_clock_now();
    must(ll_store_import(s, &t, &(ll_import_opts) { .source = csv }, &in, &err));
    report("import", from);
    from = ll_clock_now();
    must(ll_store_import(s, &t, &(ll_import_opts) { .source = csv }, &in, &err));
    report("import again, nothing new", from);
    list(s, "list all", NULL);
    list(s, "where seed = 3", "seed = 3");
    list(s, "where loss < 2", "loss < 2");
    list(s, "where flops > 5e17 and loss < 2.2", "flops > 5e17 and loss < 2.2");
    list(s, "where name = run-77777", "name = run-77777");
    list(s, "where precision = bf16", "precision = bf16");
    ll_run run;
    from = ll_clock_now();
    must(ll_store_find_run(s, "run-77777", &run, &err));
    report("find one by name", from);
    from = ll_clock_now();
    for (int i = 0; i < 200; i++) must(ll_store_put_point(s, run.id, &(ll_point) { .step = i, .loss = 2 }, &err));
    report("200 points, one transaction each", from);
    ll_store_close(s);
    ll_table_clear(&t);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) != 0;
}
