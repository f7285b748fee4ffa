#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/number.h"
#include "sweep/metrics/reader.h"

static const ll_metric_format *const formats[] = { &ll_metric_jsonl, &ll_metric_csv,         &ll_metric_regex,
                                                   &ll_metric_llmc,  &ll_metric_tensorboard, &ll_metric_wandb };
enum { FORMATS = sizeof formats / sizeof *formats };

static const ll_metric_format *find(const char *name) {
    for (int i = 0; i < FORMATS; i++)
        if (strcmp(formats[i]->name, name) == 0) return formats[i];
    return NULL;
}

ll_status ll_metric_reader_new(ll_metric_reader **out, const char *format, const ll_metric_names *names,
                               ll_metric_sink *sink, void *ctx, ll_error *err) {
    const ll_metric_format *f = find(format);
    *out = NULL;
    if (!f) return LL_FAIL(err, LL_EINPUT, "no format '%.40s', expected one of: " LL_METRIC_FORMATS, format);
    ll_metric_reader *r = calloc(1, sizeof *r);
    if (!r) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    *r = (ll_metric_reader) { .format = f, .names = names, .sink = sink, .ctx = ctx };
    r->state = calloc(1, f->state ? f->state : 1);
    r->text = malloc(LL_METRIC_LINE + 1);
    ll_status s = !r->state || !r->text ? LL_FAIL(err, LL_ENOMEM, "out of memory")
                  : f->open             ? f->open(r, err)
                                        : LL_OK;
    if (s == LL_OK) *out = r;
    else ll_metric_reader_free(r);
    return s;
}

void ll_metric_reader_free(ll_metric_reader *r) {
    if (!r) return;
    if (r->format->close && r->state) r->format->close(r);
    free(r->state);
    free(r->text);
    free(r);
}

const char *ll_metric_reader_complaint(const ll_metric_reader *r) {
    return r->complaint;
}

ll_status ll_metric_reader_feed(ll_metric_reader *r, const void *bytes, size_t n, ll_error *err) {
    if (r->format->feed) return r->format->feed(r, bytes, n, err);
    return ll_metric_feed_lines(r, r->format->line, bytes, n, err);
}

/* A last line need not have an end. */
ll_status ll_metric_reader_flush(ll_metric_reader *r, ll_error *err) {
    if (r->format->line && r->n) LL_TRY(ll_metric_reader_feed(r, "\n", 1, err));
    return r->format->flush ? r->format->flush(r, err) : LL_OK;
}

bool ll_metric_file_named(const char *format, const char *name) {
    const ll_metric_format *f = find(format);
    const size_t n = strlen(name), begins = strlen(f->begins), ends = strlen(f->ends);
    return n >= begins + ends && !strncmp(name, f->begins, begins) && !strcmp(name + n - ends, f->ends);
}

/* ---- what formats share ---- */

void ll_metric_complain(ll_metric_reader *r, const char *fmt, ...) {
    va_list ap;
    if (*r->complaint) return;
    va_start(ap, fmt);
    vsnprintf(r->complaint, sizeof r->complaint, fmt, ap);
    va_end(ap);
}

ll_status ll_metric_tell(ll_metric_reader *r, const ll_metric_row *row, ll_error *err) {
    for (int m = 0; m < LL_METRIC_COUNT; m++)
        if (row->has[m] && m != LL_METRIC_STEP) return r->sink(r->ctx, row, err);
    return LL_OK;
}

void ll_metric_put(ll_metric_row *row, ll_metric_kind m, double v) {
    row->v[m] = v;
    row->has[m] = true;
}

bool ll_metric_number(const char *text, size_t n, double *v) {
    char copy[64], *end;
    while (n && text[n - 1] && strchr(" \t\r", text[n - 1])) n--;
    while (n && *text && strchr(" \t", *text)) text++, n--;
    if (n == 0 || n >= sizeof copy) return false;
    memcpy(copy, text, n);
    copy[n] = 0;
    *v = ll_number_read(copy, &end);
    return *end == 0 && end > copy;
}

static ll_status end_line(ll_metric_reader *r, ll_status (*line)(ll_metric_reader *, char *, size_t, ll_error *),
                          ll_error *err) {
    const size_t n = r->n;
    r->line++;
    r->n = 0;
    if (r->too_long) return r->too_long = false, LL_OK;
    r->text[n] = 0;
    return line(r, r->text, n, err);
}

ll_status ll_metric_feed_lines(ll_metric_reader *r,
                               ll_status (*line)(ll_metric_reader *, char *, size_t, ll_error *),
                               const uint8_t *bytes, size_t n, ll_error *err) {
    for (const uint8_t *end = bytes + n; bytes < end;) {
        const uint8_t *stop = memchr(bytes, '\n', (size_t)(end - bytes));
        const size_t some = (size_t)((stop ? stop : end) - bytes);
        if (!r->too_long && r->n + some <= LL_METRIC_LINE) memcpy(r->text + r->n, bytes, some), r->n += some;
        else if (!r->too_long) {
            ll_metric_complain(r, "line %lld: longer than %d bytes", (long long)r->line + 1, LL_METRIC_LINE);
            r->too_long = true;
        }
        if (stop) LL_TRY(end_line(r, line, err));
        bytes += some + (stop != NULL);
    }
    return LL_OK;
}
