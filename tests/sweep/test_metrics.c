/* Every format of metrics against files laid out by its published form, cut anywhere; broken ones are named. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "sweep/metrics/metrics.h"
#include "sweep/metrics/record.h"

enum { ROWS = 64 };
typedef struct heard {
    ll_metric_row row[ROWS];
    int n;
} heard;

static ll_status hear(void *ctx, const ll_metric_row *row, ll_error *err) {
    heard *h = ctx;
    (void)err;
    assert_true(h->n < ROWS);
    h->row[h->n++] = *row;
    return LL_OK;
}

static const ll_metric_names plain = { .name = { "step", "tokens", "loss", "train", "", "" }, .pattern = "" };
static char complaint[160];

static ll_status read_cut(const char *format, const ll_metric_names *names, const void *bytes, size_t n,
                          size_t step, heard *h) {
    ll_metric_reader *r;
    ll_error err = { 0 };
    *h = (heard) { 0 };
    ll_status s = ll_metric_reader_new(&r, format, names, hear, h, &err);
    for (size_t at = 0; s == LL_OK && at < n; at += step)
        s = ll_metric_reader_feed(r, (const char *)bytes + at, n - at < step ? n - at : step, &err);
    if (s == LL_OK) s = ll_metric_reader_flush(r, &err);
    strcpy(complaint, r ? ll_metric_reader_complaint(r) : err.msg);
    ll_metric_reader_free(r);
    return s;
}

/* The same rows however the bytes are cut. */
static void read_all(const char *format, const ll_metric_names *names, const void *bytes, size_t n, heard *h) {
    heard cut;
    assert_int_equal(read_cut(format, names, bytes, n, n ? n : 1, h), LL_OK);
    for (size_t step = 1; step < 20; step += 3) {
        assert_int_equal(read_cut(format, names, bytes, n, step, &cut), LL_OK);
        assert_int_equal(cut.n, h->n);
        for (int i = 0; i < h->n; i++)
            for (int m = 0; m < LL_METRIC_COUNT; m++) {
                assert_int_equal(cut.row[i].has[m], h->row[i].has[m]);
                assert_true(cut.row[i].v[m] == h->row[i].v[m] || isnan(h->row[i].v[m]));
            }
    }
}

static void assert_row(const heard *h, int i, double step, double loss) {
    assert_true(i < h->n);
    assert_true(h->row[i].has[LL_METRIC_STEP] && h->row[i].v[LL_METRIC_STEP] == step);
    assert_int_equal(h->row[i].has[LL_METRIC_LOSS], !isnan(loss));
    if (!isnan(loss)) assert_true(fabs(h->row[i].v[LL_METRIC_LOSS] - loss) < 1e-6);
}

static void jsonl(void **state) {
    (void)state;
    heard h;
    const char text[] = "{\"step\": 1, \"loss\": 3.5, \"tokens\": 4096}\n"
                        "garbage\n"
                        "{\"step\": 2, \"train\": 3.25}\r\n"
                        "{\"step\": 3, \"loss\": NaN, \"note\": \"NaN \\\" Infinity\"}\n"
                        "{\"other\": 1}\n"
                        "{\"step\": 4, \"loss\": \"2.5\"}"; /* a last line without its end */
    read_all("jsonl", &plain, text, sizeof text - 1, &h);
    assert_int_equal(h.n, 4);
    assert_row(&h, 0, 1, 3.5);
    assert_true(h.row[0].v[LL_METRIC_TOKENS] == 4096);
    assert_row(&h, 1, 2, NAN);
    assert_true(h.row[1].v[LL_METRIC_TRAIN_LOSS] == 3.25);
    assert_true(h.row[2].has[LL_METRIC_LOSS] && isnan(h.row[2].v[LL_METRIC_LOSS]));
    assert_row(&h, 3, 4, 2.5);
    assert_string_equal(complaint, "line 2: no JSON object");
    const ll_metric_names deep = { .name = { "at.step", "", "eval.loss", "", "", "" } };
    const char nested[] = "{\"at\": {\"step\": 7}, \"eval\": {\"loss\": 2}}\n{\"at.step\": 8, \"eval.loss\": 1}\n";
    read_all("jsonl", &deep, nested, sizeof nested - 1, &h);
    assert_row(&h, 0, 7, 2);
    assert_row(&h, 1, 8, 1);
}

/* A line of any length costs one buffer; the one behind it is read. */
static void long_line(void **state) {
    (void)state;
    ll_metric_reader *r;
    ll_error err = { 0 };
    heard h = { 0 };
    char block[1000];
    memset(block, 'x', sizeof block);
    assert_int_equal(ll_metric_reader_new(&r, "jsonl", &plain, hear, &h, &err), LL_OK);
    for (int i = 0; i < 100000; i++) assert_int_equal(ll_metric_reader_feed(r, block, sizeof block, &err), LL_OK);
    const char rest[] = "\n{\"step\": 1, \"loss\": 2}\n";
    assert_int_equal(ll_metric_reader_feed(r, rest, sizeof rest - 1, &err), LL_OK);
    assert_row(&h, 0, 1, 2);
    assert_non_null(strstr(ll_metric_reader_complaint(r), "line 1: longer"));
    ll_metric_reader_free(r);
}

static void csv(void **state) {
    (void)state;
    heard h;
    const char text[] = "time,step,loss,\"a,b\"\n0.1,10,3.5,x\n0.2,20,,x\n0.3,30,nan,\n"
                        "time,step,loss,\"a,b\"\n0.4,20,2.5,\"q\"\n"; /* the header again: it was restarted */
    read_all("csv", &plain, text, sizeof text - 1, &h);
    assert_int_equal(h.n, 3);
    assert_row(&h, 0, 10, 3.5);
    assert_true(isnan(h.row[1].v[LL_METRIC_LOSS]));
    assert_row(&h, 2, 20, 2.5);
    assert_int_equal(read_cut("csv", &plain, "a,b\n1,2\n", 8, 8, &h), LL_EFORMAT);
}

static void regex(void **state) {
    (void)state;
    heard h;
    const ll_metric_names named = { .name = { "step", "", "loss", "", "", "" },
                                    .pattern = "Step (?<step>[0-9]+) \\| ([a-z]+) bpb: (?<loss>[0-9.]+)" };
    const ll_metric_names numbered = { .name = { "1", "", "3", "", "", "" },
                                       .pattern = "Step ([0-9]+) \\| ([a-z]+) bpb: ([0-9.]+)" };
    const char text[] = "hello\nStep 00250 | validation bpb: 0.9123\nStep x | validation bpb: 1\n";
    read_all("regex", &named, text, sizeof text - 1, &h);
    assert_int_equal(h.n, 1);
    assert_row(&h, 0, 250, 0.9123);
    read_all("regex", &numbered, text, sizeof text - 1, &h);
    assert_row(&h, 0, 250, 0.9123);
    const char *const bad[] = { "(", "no groups", "(?<loss>[0-9]+) (?<other>x)" };
    for (int i = 0; i < 3; i++) {
        ll_metric_names n = named;
        n.pattern = bad[i];
        assert_int_equal(read_cut("regex", &n, "", 0, 1, &h), LL_EINPUT);
    }
}

static void llmc(void **state) {
    (void)state;
    heard h;
    const char text[] = "s:0 tel:10.9937\ns:0 eval:0.2412\ns:1 trl:10.9876 lr:0.000001 norm:21.5\ns:250 tel:6.5\n";
    read_all("llmc", &plain, text, sizeof text - 1, &h);
    assert_int_equal(h.n, 3);
    assert_row(&h, 0, 0, 10.9937);
    assert_row(&h, 1, 1, NAN);
    assert_true(h.row[1].v[LL_METRIC_TRAIN_LOSS] == 10.9876);
    assert_row(&h, 2, 250, 6.5);
}

/* ---- records ---- */

typedef struct bytes {
    uint8_t at[1 << 17];
    size_t n;
} bytes;
static bytes file, message, inner;

static void put(bytes *b, const void *from, size_t n) {
    memcpy(b->at + b->n, from, n);
    b->n += n;
}

static void put_le(bytes *b, uint64_t v, int size) {
    for (int i = 0; i < size; i++) b->at[b->n++] = (uint8_t)(v >> (8 * i));
}

static void put_varint(bytes *b, uint64_t v) {
    for (; v >= 0x80; v >>= 7) b->at[b->n++] = (uint8_t)(v | 0x80);
    b->at[b->n++] = (uint8_t)v;
}

static void put_field(bytes *b, uint32_t id, const void *from, size_t n) {
    put_varint(b, id << 3 | 2);
    put_varint(b, n);
    put(b, from, n);
}

static uint32_t bits_of(float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* The check values of the two polynomials, of "123456789" (RFC 3720 and the catalogue of CRCs). */
static void sums(void **state) {
    (void)state;
    assert_int_equal(ll_crc32c(0, "123456789", 9), 0xe3069283u);
    assert_int_equal(ll_crc32_ieee(0, "123456789", 9), 0xcbf43926u);
    assert_int_equal(ll_crc32c(ll_crc32c(0, "1234", 4), "56789", 5), 0xe3069283u);
    const uint8_t zeros[32] = { 0 }; /* RFC 3720, B.4 */
    assert_int_equal(ll_crc32c(0, zeros, 32), 0x8a9136aau);
}

static void put_frame(const bytes *data) {
    uint8_t length[8];
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)(data->n >> (8 * i));
    const uint32_t a = ll_crc32c(0, length, 8), b = ll_crc32c(0, data->at, data->n);
    put(&file, length, 8);
    put_le(&file, ((a >> 15) | (a << 17)) + 0xa282ead8u, 4);
    put(&file, data->at, data->n);
    put_le(&file, ((b >> 15) | (b << 17)) + 0xa282ead8u, 4);
}

/* Event: wall_time 1, step 2, summary 5 of a value 1 with tag 1 and simple_value 2, or tensor 8. */
static void put_scalar(int64_t step, const char *tag, float v, bool tensor) {
    static bytes value, summary;
    value.n = summary.n = message.n = inner.n = 0;
    put_field(&value, 1, tag, strlen(tag));
    if (tensor) {
        put_varint(&inner, 1 << 3), put_varint(&inner, 1); /* dtype: float */
        put_varint(&inner, 4 << 3 | 2), put_varint(&inner, 4), put_le(&inner, bits_of(v), 4);
        put_field(&value, 8, inner.at, inner.n);
    } else put_varint(&value, 2 << 3 | 5), put_le(&value, bits_of(v), 4);
    put_field(&summary, 1, value.at, value.n);
    put_varint(&message, 1 << 3 | 1), put_le(&message, 0x41d8000000000000u, 8);
    put_varint(&message, 2 << 3), put_varint(&message, (uint64_t)step);
    put_field(&message, 5, summary.at, summary.n);
    put_frame(&message);
}

static void make_events(void) {
    file.n = message.n = 0;
    put_field(&message, 3, "brain.Event:2", 13);
    put_frame(&message);
    put_scalar(10, "loss", 3.5f, false);
    put_scalar(10, "tokens", 40960, false);
    put_scalar(20, "other", 1, false);
    put_scalar(20, "train", 3.25f, false);
    put_scalar(20, "loss", 3, true);
    message.n = 0;
    memset(message.at, 7, 100000);
    message.n = 100000; /* an image, say: larger than a reader holds */
    put_frame(&message);
    put_scalar(30, "loss", 2.5f, false);
}

static void tensorboard(void **state) {
    (void)state;
    heard h;
    make_events();
    read_all("tensorboard", &plain, file.at, file.n, &h);
    assert_int_equal(h.n, 3);
    assert_row(&h, 0, 10, 3.5);
    assert_true(h.row[0].v[LL_METRIC_TOKENS] == 40960);
    assert_row(&h, 1, 20, 3);
    assert_true(h.row[1].v[LL_METRIC_TRAIN_LOSS] == 3.25);
    assert_row(&h, 2, 30, 2.5);
    assert_string_equal(complaint, "");
    for (size_t cut = 1; cut < 30; cut++) { /* a record that is not whole is no error */
        assert_int_equal(read_cut("tensorboard", &plain, file.at, file.n - cut, 1000, &h), LL_OK);
        assert_int_equal(h.n, 2);
        assert_string_equal(complaint, "");
    }
    for (size_t at = 0; at < 60; at++) { /* any bit of the beginning: named, and nothing made up */
        file.at[at] ^= 0x10;
        assert_int_equal(read_cut("tensorboard", &plain, file.at, file.n, file.n, &h), LL_OK);
        assert_int_equal(h.n, 0);
        assert_non_null(strstr(complaint, "sum"));
        file.at[at] ^= 0x10;
    }
}

/* A record of W&B's log, in fragments where the block ends. */
static void put_logged(const bytes *record) {
    for (size_t at = 0; at < record->n || at == 0;) {
        size_t left = 32768 - file.n % 32768;
        if (left < 7) {
            put_le(&file, 0, (int)left);
            continue;
        }
        const size_t room = left - 7, n = record->n - at < room ? record->n - at : room;
        const bool first = at == 0, last = at + n == record->n;
        const uint8_t type = first && last ? 1 : first ? 2 : last ? 4 : 3;
        put_le(&file, ll_crc32_ieee(ll_crc32_ieee(0, &type, 1), record->at + at, n), 4);
        put_le(&file, n, 2);
        put_le(&file, type, 1);
        put(&file, record->at + at, n);
        at += n;
        if (last) return;
    }
}

static void put_history(int64_t step, const char *key, const char *value, size_t padding) {
    static bytes item;
    static char pad[100000];
    message.n = inner.n = item.n = 0;
    put_field(&item, 1, key, strlen(key));
    put_field(&item, 16, value, strlen(value));
    put_field(&inner, 1, item.at, item.n);
    item.n = 0;
    put_varint(&item, 1 << 3), put_varint(&item, (uint64_t)step);
    put_field(&inner, 2, item.at, item.n);
    put_varint(&message, 1 << 3), put_varint(&message, 5); /* num */
    put_field(&message, 2, inner.at, inner.n);
    if (padding) put_field(&message, 19, pad, padding); /* uuid, say */
    put_logged(&message);
}

static void wandb(void **state) {
    (void)state;
    heard h;
    const ll_metric_names names = { .name = { "_step", "", "loss", "", "", "" } };
    file.n = 0;
    put(&file, ":W&B\xe1\xbe\0", 7);
    put_history(1, "loss", "3.5", 0);
    put_history(2, "loss", "3.25", 40000); /* over the end of a block */
    put_history(3, "other", "3.25", 0);
    put_history(4, "loss", "1", 90000); /* larger than a reader holds */
    put_history(5, "loss", "\"NaN\"", 0);
    read_all("wandb", &names, file.at, file.n, &h);
    assert_int_equal(h.n, 3);
    assert_row(&h, 0, 1, 3.5);
    assert_row(&h, 1, 2, 3.25);
    assert_true(h.row[2].v[LL_METRIC_STEP] == 5 && isnan(h.row[2].v[LL_METRIC_LOSS]));
    file.at[20] ^= 1;
    assert_int_equal(read_cut("wandb", &names, file.at, file.n, file.n, &h), LL_OK);
    assert_int_equal(h.n, 0);
    assert_non_null(strstr(complaint, "sum"));
    const char array[] = " [{\"_step\": 1, \"loss\": 3.5, \"t\": \"}]\"},\n {\"_step\": 2, \"loss\": null},"
                         " {\"_step\": 3, \"a\": {\"b\": 1}, \"loss\": 2}]";
    read_all("wandb", &names, array, sizeof array - 1, &h);
    assert_int_equal(h.n, 2);
    assert_row(&h, 0, 1, 3.5);
    assert_row(&h, 1, 3, 2);
    const char lines[] = "{\"_step\": 1, \"loss\": 3.5}\n{\"_step\": 3, \"loss\": 2}\n";
    read_all("wandb", &names, lines, sizeof lines - 1, &h);
    assert_int_equal(h.n, 2);
    read_all("wandb", &names, lines, sizeof lines - 2, &h); /* a last line need not have an end */
    assert_int_equal(h.n, 2);
    assert_row(&h, 1, 3, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jsonl),       cmocka_unit_test(long_line), cmocka_unit_test(csv),
        cmocka_unit_test(regex),       cmocka_unit_test(llmc),      cmocka_unit_test(sums),
        cmocka_unit_test(tensorboard), cmocka_unit_test(wandb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
