/* What the parts of `loglog bench` share: each measures one thing, prints it for people unless json is wanted, and
 * adds it to the document. */
#ifndef LL_CLI_BENCH_BENCH_H
#define LL_CLI_BENCH_BENCH_H

#include "base/document/json.h"
#include "model/model.h"

enum { LL_BENCH_TABLES = 16 };

typedef struct ll_bench {
    ll_model model;
    int64_t batch;  /* sequences a step */
    double seconds; /* of each measurement */
    int threads;    /* that the machine is taken to have */
    bool json;
    const ll_kernels *table[LL_BENCH_TABLES];
    int n_tables;
} ll_bench;

ll_status ll_bench_machine(const ll_bench *b, ll_json *doc, ll_error *err); /* peaks of arithmetic and memory */
ll_status ll_bench_kernels(const ll_bench *b, ll_json *doc, ll_error *err); /* every kernel on one thread */
ll_status ll_bench_train(const ll_bench *b, ll_json *doc, ll_error *err);   /* every table, together and apart */
ll_status ll_bench_profile(const ll_bench *b, ll_json *doc, ll_error *err); /* one step of each table, by parts */

/* The ladder of a spec, trained in a scratch folder, by parts; seconds at most, 0: all of it. LL_EINPUT where another
 * program trains. */
ll_status ll_bench_ladder(const char *spec, double seconds, bool json, ll_json *doc, ll_error *err);

#endif
