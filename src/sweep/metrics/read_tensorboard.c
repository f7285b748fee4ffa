/* TensorBoard's event files: TFRecord frames, in each an Event of protocol buffers (tensorflow/core/util/event.proto,
 * framework/summary.proto).
 *
 *     length u64 | masked CRC32C of length u32 | data | masked CRC32C of data u32         masked: rotated by 15, + a282ead8
 *
 * A frame that is not whole yet is waited for. A wrong sum ends the reading: behind it no frame's beginning is
 * known. */
#include <math.h>
#include <string.h>

#include "sweep/metrics/reader.h"
#include "sweep/metrics/record.h"

enum { HEAD = 12, TAIL = 4, ROOM = LL_METRIC_LINE }; /* larger records hold images: their bytes are passed over */

typedef struct frames {
    uint8_t bytes[HEAD + ROOM + TAIL];
    size_t n;
    uint64_t skip; /* of a record that is passed over */
    bool broken;
    int64_t records, step; /* step: of the row */
    ll_metric_row row;     /* scalars of one step, each an event of its own */
} frames;

static bool sum_is(const uint8_t *bytes, size_t n) {
    const uint32_t sum = ll_crc32c(0, bytes, n);
    return ll_record_u32(bytes + n) == ((sum >> 15) | (sum << 17)) + 0xa282ead8u;
}

static double float_of(uint32_t bits) {
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static double double_of(uint64_t bits) {
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* A tensor of one number: dtype 1 = float, 2 = double, in tensor_content 4, float_val 5 or double_val 6. */
static double tensor_of(const uint8_t *at, size_t n) {
    const uint8_t *end = at + n;
    ll_record_field f;
    uint64_t type = 0;
    double v = NAN;
    while (ll_record_next(&at, end, &f)) {
        if (f.id == 1) type = f.number;
        if (f.id == 5) v = f.bytes && f.n >= 4 ? float_of(ll_record_u32(f.bytes)) : float_of((uint32_t)f.number);
        if (f.id == 6) v = f.bytes && f.n >= 8 ? double_of(ll_record_u64(f.bytes)) : double_of(f.number);
        if (f.id == 4 && type == 1 && f.n == 4) v = float_of(ll_record_u32(f.bytes));
        if (f.id == 4 && type == 2 && f.n == 8) v = double_of(ll_record_u64(f.bytes));
    }
    return v;
}

static ll_status flush_row(ll_metric_reader *r, ll_error *err) {
    frames *s = r->state;
    const ll_metric_row row = s->row;
    s->row = (ll_metric_row) { 0 };
    return ll_metric_tell(r, &row, err);
}

static ll_status take_scalar(ll_metric_reader *r, int64_t step, const char *tag, double v, ll_error *err) {
    frames *s = r->state;
    for (int m = LL_METRIC_TOKENS; m < LL_METRIC_COUNT; m++) {
        if (strcmp(tag, r->names->name[m]) != 0) continue;
        if (s->step != step || s->row.has[m]) LL_TRY(flush_row(r, err));
        s->step = step;
        ll_metric_put(&s->row, LL_METRIC_STEP, (double)step);
        ll_metric_put(&s->row, (ll_metric_kind)m, v);
    }
    return LL_OK;
}

/* Summary.Value: tag 1, simple_value 2, tensor 8. */
static ll_status take_value(ll_metric_reader *r, int64_t step, const uint8_t *at, size_t n, ll_error *err) {
    const uint8_t *end = at + n;
    ll_record_field f;
    char tag[256] = "";
    double v = 0;
    bool there = false;
    while (ll_record_next(&at, end, &f)) {
        if (f.id == 1) ll_record_text(&f, tag, sizeof tag);
        if (f.id == 2 && !f.bytes) v = float_of((uint32_t)f.number), there = true;
        if (f.id == 8 && f.bytes) v = tensor_of(f.bytes, f.n), there = true;
    }
    return there && *tag ? take_scalar(r, step, tag, v, err) : LL_OK;
}

/* Event: step 2, summary 5, whose values are 1. The step may stand behind the summary. */
static ll_status take_event(ll_metric_reader *r, const uint8_t *bytes, size_t n, ll_error *err) {
    ll_record_field f, value;
    int64_t step = 0;
    for (const uint8_t *at = bytes; ll_record_next(&at, bytes + n, &f);)
        if (f.id == 2) step = (int64_t)f.number;
    for (const uint8_t *at = bytes; ll_record_next(&at, bytes + n, &f);)
        for (const uint8_t *in = f.bytes; f.id == 5 && in && ll_record_next(&in, f.bytes + f.n, &value);)
            if (value.id == 1 && value.bytes) LL_TRY(take_value(r, step, value.bytes, value.n, err));
    return LL_OK;
}

static void break_off(ll_metric_reader *r, const char *what) {
    frames *s = r->state;
    ll_metric_complain(r, "record %lld: %s, the rest of the file is left out", (long long)s->records + 1, what);
    s->broken = true;
}

/* How many bytes the frame that is gathered has in all, as far as is known. */
static size_t wanted(const frames *s) {
    return s->n < HEAD ? HEAD : HEAD + (size_t)ll_record_u64(s->bytes) + TAIL;
}

static ll_status take_gathered(ll_metric_reader *r, ll_error *err) {
    frames *s = r->state;
    const uint64_t length = ll_record_u64(s->bytes);
    if (s->n == HEAD) {
        if (!sum_is(s->bytes, 8)) return break_off(r, "its length has not its sum"), LL_OK;
        if (length <= ROOM) return LL_OK;
        s->skip = length > UINT64_MAX - TAIL ? UINT64_MAX : length + TAIL;
    } else {
        if (!sum_is(s->bytes + HEAD, (size_t)length)) return break_off(r, "its data have not their sum"), LL_OK;
        LL_TRY(take_event(r, s->bytes + HEAD, (size_t)length, err));
    }
    s->records++;
    s->n = 0;
    return LL_OK;
}

static ll_status feed(ll_metric_reader *r, const uint8_t *bytes, size_t n, ll_error *err) {
    frames *s = r->state;
    while (n && !s->broken) {
        const uint64_t want = s->skip ? s->skip : wanted(s) - s->n;
        const size_t some = want < n ? (size_t)want : n;
        if (s->skip) s->skip -= some;
        else memcpy(s->bytes + s->n, bytes, some), s->n += some;
        bytes += some;
        n -= some;
        if (!s->skip && s->n >= HEAD && (s->n == HEAD || s->n == wanted(s))) LL_TRY(take_gathered(r, err));
    }
    return LL_OK;
}

const ll_metric_format ll_metric_tensorboard = { .name = "tensorboard",
                                                 .begins = "events.out.tfevents.",
                                                 .ends = "",
                                                 .state = sizeof(frames),
                                                 .feed = feed,
                                                 .flush = flush_row };
