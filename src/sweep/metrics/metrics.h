/* Metrics: what a trainer of others writes about its run, read as bytes come, whole records only. What is not there
 * yet is waited for; what is no record is passed over and the first of it kept as a complaint.
 *
 *     ll_metric_reader *r;
 *     LL_TRY(ll_metric_reader_new(&r, "jsonl", &names, sink, ctx, err));
 *     LL_TRY(ll_metric_reader_feed(r, bytes, n, err));         again and again, cut anywhere
 *     LL_TRY(ll_metric_reader_flush(r, err));                  at the end
 *     ll_metric_reader_free(r);
 *
 * A reader holds less than 2 MiB, whatever it is fed.
 *     jsonl        a JSON object a line; a name may go down into it: eval.loss
 *     csv          a header, then rows; a header that comes again, as after a restart, is passed over
 *     regex        lines that a pattern matches (POSIX extended); (?<loss>...) or the number of a group names a metric
 *     llmc         llm.c's main.log: "s:STEP tel:LOSS", "s:STEP trl:LOSS"
 *     tensorboard  event files: framed records with CRC32C, of which scalars are read
 *     wandb        W&B's offline file run-ID.wandb, or a history exported as a JSON array or as JSON lines
 */
#ifndef LL_SWEEP_METRICS_METRICS_H
#define LL_SWEEP_METRICS_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loglog/error.h"

#define LL_METRIC_FORMATS "jsonl csv regex llmc tensorboard wandb"

typedef enum ll_metric_kind {
    LL_METRIC_STEP = 0,
    LL_METRIC_TOKENS,
    LL_METRIC_LOSS,         /* on validation data */
    LL_METRIC_TRAIN_LOSS,   /* of a batch */
    LL_METRIC_PARAMS,       /* N without embeddings, by the trainer's own account */
    LL_METRIC_PARAMS_TOTAL, /* and with everything */
    LL_METRIC_COUNT
} ll_metric_kind;

typedef struct ll_metric_names {
    const char *name[LL_METRIC_COUNT]; /* as the trainer calls them; "": it does not write it */
    const char *pattern;               /* of regex */
} ll_metric_names;

/* What one record says; a value may be NaN, and then it is said. */
typedef struct ll_metric_row {
    double v[LL_METRIC_COUNT];
    bool has[LL_METRIC_COUNT];
} ll_metric_row;

typedef ll_status ll_metric_sink(void *ctx, const ll_metric_row *row, ll_error *err);

typedef struct ll_metric_reader ll_metric_reader;

/* names is borrowed while the reader lives. LL_EINPUT: no such format, or a pattern that is none. */
ll_status ll_metric_reader_new(ll_metric_reader **out, const char *format, const ll_metric_names *names,
                               ll_metric_sink *sink, void *ctx, ll_error *err);
void ll_metric_reader_free(ll_metric_reader *r); /* NULL is fine */

/* LL_EFORMAT: what came can never become what the format is, as a CSV without the loss's column. */
ll_status ll_metric_reader_feed(ll_metric_reader *r, const void *bytes, size_t n, ll_error *err);
ll_status ll_metric_reader_flush(ll_metric_reader *r, ll_error *err);

/* The first thing that was passed over, "line 3: no JSON object"; "": none was. */
const char *ll_metric_reader_complaint(const ll_metric_reader *r);

/* Whether a file of this name in a folder is one of the format's. */
bool ll_metric_file_named(const char *format, const char *name);

#endif
