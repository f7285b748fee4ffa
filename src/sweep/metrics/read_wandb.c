/* W&B. The offline file run-ID.wandb is a log of LevelDB's form with a head of its own:
 *
 *     ":W&B" | e1 be | 00                                               then blocks that end at multiples of 32768
 *     CRC32 (IEEE) of type and data u32 | length u16 | type u8 | data   type: 1 whole, 2 first, 3 middle, 4 last
 *
 * Fewer than 7 bytes at the end of a block are zeros. Each record is a message Record of protocol buffers
 * (wandb_internal.proto), of which history 2 is read: item 1 (key 1, nested_key 2, value_json 16), step 2 (num 1).
 * An export is a JSON array of rows, or rows as JSON lines. */
#include <string.h>

#include "sweep/metrics/reader.h"
#include "sweep/metrics/record.h"

enum { BLOCK = 32768, HEAD = 7, ROOM = LL_METRIC_LINE };
enum { WHOLE = 1, FIRST, MIDDLE, LAST };

typedef struct log_state {
    char kind; /* the first byte: ':' the offline file, '[' an array, else lines */
    uint64_t at;
    uint8_t head[HEAD];
    size_t have;          /* of head; then of data */
    uint8_t data[BLOCK];  /* of the fragment */
    uint8_t record[ROOM]; /* the fragments so far */
    size_t n;
    bool opened, too_long, broken;
    int64_t records;
    int depth; /* of an array's brackets */
    bool inside, escaped;
} log_state;

/* ---- records ---- */

static ll_status take_item(ll_metric_reader *r, ll_metric_row *row, const ll_record_field *item) {
    const uint8_t *at = item->bytes, *end = item->bytes + item->n;
    char key[256] = "", part[128], value[64] = "";
    ll_record_field f;
    while (ll_record_next(&at, end, &f)) {
        if (f.id == 1) ll_record_text(&f, key, sizeof key);
        if (f.id == 16) ll_record_text(&f, value, sizeof value);
        if (f.id != 2) continue;
        ll_record_text(&f, part, sizeof part);
        if (strlen(key) + strlen(part) + 2 > sizeof key) return LL_OK;
        if (*key) strcat(key, ".");
        strcat(key, part);
    }
    for (int m = 0; m < LL_METRIC_COUNT; m++) {
        const size_t quoted = value[0] == '"'; /* "NaN" */
        const size_t n = strlen(value);
        double v;
        if (strcmp(key, r->names->name[m]) == 0 && n > 2 * quoted &&
            ll_metric_number(value + quoted, n - 2 * quoted, &v))
            ll_metric_put(row, (ll_metric_kind)m, v);
    }
    return LL_OK;
}

static ll_status take_history(ll_metric_reader *r, const ll_record_field *history, ll_error *err) {
    const uint8_t *at = history->bytes, *end = history->bytes + history->n;
    ll_metric_row row = { 0 };
    ll_record_field f, number;
    double step = 0;
    bool stepped = false;
    while (ll_record_next(&at, end, &f)) {
        if (f.id == 1 && f.bytes) LL_TRY(take_item(r, &row, &f));
        for (const uint8_t *in = f.bytes; f.id == 2 && in && ll_record_next(&in, f.bytes + f.n, &number);)
            if (number.id == 1) step = (double)(int64_t)number.number, stepped = true;
    }
    if (stepped && !row.has[LL_METRIC_STEP]) ll_metric_put(&row, LL_METRIC_STEP, step);
    return ll_metric_tell(r, &row, err);
}

static ll_status take_record(ll_metric_reader *r, ll_error *err) {
    log_state *s = r->state;
    const uint8_t *at = s->record;
    ll_record_field f;
    s->records++;
    if (s->too_long) return LL_OK;
    while (ll_record_next(&at, s->record + s->n, &f))
        if (f.id == 2 && f.bytes) LL_TRY(take_history(r, &f, err));
    return LL_OK;
}

static ll_status take_fragment(ll_metric_reader *r, ll_error *err) {
    log_state *s = r->state;
    const uint8_t type = s->head[6];
    const size_t n = s->head[4] | (size_t)s->head[5] << 8;
    const uint32_t sum = ll_crc32_ieee(ll_crc32_ieee(0, &type, 1), s->data, n);
    if (type < WHOLE || type > LAST || sum != ll_record_u32(s->head)) {
        ll_metric_complain(r, "record %lld: has not its sum, the rest of the file is left out",
                           (long long)s->records + 1);
        s->broken = true;
        return LL_OK;
    }
    if (type == WHOLE || type == FIRST) s->n = 0, s->too_long = false;
    if (s->n + n > ROOM) s->too_long = true;
    if (!s->too_long) memcpy(s->record + s->n, s->data, n), s->n += n;
    return type == WHOLE || type == LAST ? take_record(r, err) : LL_OK;
}

/* The head of the file, padding, the head of a fragment, its data: one byte after the other. */
static ll_status take_byte(ll_metric_reader *r, uint8_t byte, ll_error *err) {
    static const uint8_t file_head[HEAD] = { ':', 'W', '&', 'B', 0xe1, 0xbe, 0 };
    log_state *s = r->state;
    const uint64_t place = s->at++ % BLOCK;
    if (!s->opened) {
        if (byte != file_head[place]) ll_metric_complain(r, "not the head of a W&B file"), s->broken = true;
        s->opened = place == HEAD - 1;
        return LL_OK;
    }
    if (s->have == 0 && place > BLOCK - HEAD) return LL_OK;
    if (s->have < HEAD) s->head[s->have] = byte;
    else s->data[s->have - HEAD] = byte;
    s->have++;
    const size_t n = s->have < HEAD ? 0 : s->head[4] | (size_t)s->head[5] << 8;
    if (s->have < HEAD || s->have < HEAD + n) {
        if (n <= BLOCK - HEAD) return LL_OK;
        ll_metric_complain(r, "record %lld: longer than its block", (long long)s->records + 1);
        s->broken = true;
        return LL_OK;
    }
    s->have = 0;
    return take_fragment(r, err);
}

/* ---- an export ---- */

/* Objects of the array are gathered as lines are. */
static ll_status take_letter(ll_metric_reader *r, char c, ll_error *err) {
    log_state *s = r->state;
    const bool was_inside = s->inside;
    if (s->inside) {
        if (s->escaped) s->escaped = false;
        else if (c == '\\') s->escaped = true;
        else if (c == '"') s->inside = false;
    } else if (c == '"') s->inside = true;
    else if (c == '{' && s->depth++ == 0) r->n = 0, r->too_long = false, r->line++;
    if (s->depth == 0) return LL_OK;
    if (r->n < LL_METRIC_LINE) r->text[r->n++] = c;
    else r->too_long = true;
    if (was_inside || c != '}' || --s->depth) return LL_OK;
    r->text[r->n] = 0;
    return r->too_long ? LL_OK : ll_metric_json_line(r, r->text, r->n, err);
}

static ll_status feed(ll_metric_reader *r, const uint8_t *bytes, size_t n, ll_error *err) {
    log_state *s = r->state;
    while (n && !s->kind && strchr(" \t\r\n", *bytes)) bytes++, n--; /* a NUL is no kind, too */
    if (n && !s->kind) s->kind = (char)*bytes;
    if (s->kind && s->kind != ':' && s->kind != '[')
        return ll_metric_feed_lines(r, ll_metric_json_line, bytes, n, err);
    for (size_t i = 0; i < n && !s->broken; i++)
        LL_TRY(s->kind == ':' ? take_byte(r, bytes[i], err) : take_letter(r, (char)bytes[i], err));
    return LL_OK;
}

/* A last line need not have an end. */
static ll_status flush(ll_metric_reader *r, ll_error *err) {
    const log_state *s = r->state;
    const bool by_lines = s->kind && s->kind != ':' && s->kind != '[';
    return by_lines && r->n ? feed(r, (const uint8_t *)"\n", 1, err) : LL_OK;
}

const ll_metric_format ll_metric_wandb = {
    .name = "wandb", .begins = "", .ends = ".wandb", .state = sizeof(log_state), .feed = feed, .flush = flush
};
