/* What the formats of metrics are made of; private to them. */
#ifndef LL_SWEEP_METRICS_READER_H
#define LL_SWEEP_METRICS_READER_H

#include "sweep/metrics/metrics.h"

enum { LL_METRIC_LINE = 65536 }; /* bytes of a line; longer ones are passed over */

/* One format: lines, or bytes as they come. Functions that are NULL have nothing to do. */
typedef struct ll_metric_format {
    const char *name, *begins, *ends; /* of the files in a folder: how their names begin and end */
    size_t state;                     /* bytes, zero at the beginning */
    ll_status (*open)(ll_metric_reader *r, ll_error *err);
    ll_status (*line)(ll_metric_reader *r, char *line, size_t n, ll_error *err); /* zero-terminated, writable */
    ll_status (*feed)(ll_metric_reader *r, const uint8_t *bytes, size_t n, ll_error *err);
    ll_status (*flush)(ll_metric_reader *r, ll_error *err);
    void (*close)(ll_metric_reader *r);
} ll_metric_format;

extern const ll_metric_format ll_metric_jsonl, ll_metric_csv, ll_metric_regex, ll_metric_llmc,
    ll_metric_tensorboard, ll_metric_wandb;

struct ll_metric_reader {
    const ll_metric_format *format;
    const ll_metric_names *names;
    ll_metric_sink *sink;
    void *ctx, *state;
    char *text; /* [LL_METRIC_LINE + 1] of the line that is not whole yet; NULL for formats without */
    size_t n;
    bool too_long;
    int64_t line;
    char complaint[160];
};

/* Cuts bytes into lines for a format's line function. */
ll_status ll_metric_feed_lines(ll_metric_reader *r,
                               ll_status (*line)(ll_metric_reader *, char *, size_t, ll_error *),
                               const uint8_t *bytes, size_t n, ll_error *err);

void ll_metric_complain(ll_metric_reader *r, const char *fmt, ...) LL_PRINTF(2, 3);

/* Hands a row on that says something. */
ll_status ll_metric_tell(ll_metric_reader *r, const ll_metric_row *row, ll_error *err);

/* A number as trainers write one, nan and inf among them, and blanks around. */
bool ll_metric_number(const char *text, size_t n, double *v);

/* The object of one line of JSON; NaN and Infinity, which Python writes, are read. False and a complaint where there
 * is none. */
ll_status ll_metric_json_line(ll_metric_reader *r, char *line, size_t n, ll_error *err);

/* The value of a metric called so, of JSON, into the row. */
void ll_metric_put(ll_metric_row *row, ll_metric_kind m, double v);

#endif
