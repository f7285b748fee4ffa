#include "data/generated/canaries.h"

#include <stdlib.h>
#include <string.h>

enum { RUN = 3, LETTERS = 26, LINES = 1000000, NAMES = 9, LINE_ROOM = 1024 };
#define PLACES ((uint64_t)1 << 63) /* index of the places' draws; canaries have those from 0 */
#define WALK (PLACES | 1)          /* of the walk over names */

/* ---- a format ---- */

typedef struct run {
    size_t at, size;
} run;

/* The first run of at least RUN letters of a kind. */
static run find_run(const char *format, char letter) {
    for (const char *at = format; *at;) {
        const char *end = at;
        while (*end == letter) end++;
        if (end - at >= RUN) return (run) { (size_t)(at - format), (size_t)(end - at) };
        at = end > at ? end : at + 1;
    }
    return (run) { 0 };
}

static int64_t names_of(size_t letters) {
    int64_t n = 1;
    while (letters-- > 0) n *= LETTERS;
    return n;
}

static ll_status check_format(const char *format, ll_error *err) {
    const run digits = find_run(format, 'D'), name = find_run(format, 'N');
    if (digits.size && name.size && name.at < digits.at && digits.size <= LL_CANARY_DIGITS && name.size <= NAMES &&
        !strchr(format, '\n'))
        return LL_OK;
    return LL_FAIL(
        err, LL_EINPUT,
        "canaries of the form '%.80s', expected one line with a run of 3 to %d N for a name and behind it "
        "one of 3 to %d D for digits",
        format, NAMES, LL_CANARY_DIGITS);
}

ll_status ll_canaries_check(const ll_canaries *c, ll_error *err) {
    double lines = 0;
    LL_TRY(check_format(c->format, err));
    for (int k = 0; k < c->n; k++) {
        lines += (double)c->copies[k] * (double)c->count;
        if (c->copies[k] < 1)
            return LL_FAIL(err, LL_EINPUT, "%lld copies of a canary, expected 1 or more", (long long)c->copies[k]);
    }
    if (lines > LINES || c->count < 1)
        return LL_FAIL(err, LL_EINPUT, "%.0f lines of canaries, expected 1 to %d", lines, LINES);
    if (c->count > LINES || ll_canaries_all(c) > names_of(find_run(c->format, 'N').size))
        return LL_FAIL(err, LL_EINPUT, "%lld canaries and controls have too few names of the form '%.80s'",
                       (long long)ll_canaries_all(c), c->format);
    return LL_OK;
}

/* ---- a canary ---- */

int64_t ll_canaries_all(const ll_canaries *c) {
    return (c->n + 1) * c->count;
}

static void draw_digits(char *out, size_t n, ll_rng *r) {
    for (size_t k = 0; k < n; k++) out[k] = (char)('0' + ll_rng_below(r, 10));
}

/* A walk over all names, in steps that share no factor with their number: no two canaries have one name. 2 LINES
 * steps, with the controls, of less than 26^9 each fit 64 bits, but not 63. */
static int64_t name_number(const ll_canaries *c, int64_t names, int64_t i) {
    ll_rng r = ll_rng_at(c->seed, LL_STREAM_CANARIES, WALK);
    const int64_t start = ll_rng_below(&r, names);
    int64_t step = 0;
    while (step % 2 == 0 || step % 13 == 0) step = ll_rng_below(&r, names);
    return (int64_t)(((uint64_t)start + (uint64_t)i * (uint64_t)step) % (uint64_t)names);
}

void ll_canary_make(const ll_canaries *c, int64_t i, ll_canary *out) {
    const run digits = find_run(c->format, 'D'), name = find_run(c->format, 'N');
    ll_rng r = ll_rng_at(c->seed, LL_STREAM_CANARIES, (uint64_t)i);
    int64_t letters = name_number(c, names_of(name.size), i);
    *out = (ll_canary) { .prefix = digits.at, .digits = digits.size };
    out->copies = i < c->n * c->count ? c->copies[i / c->count] : 0;
    strcpy(out->text, c->format);
    for (size_t k = 0; k < name.size; k++, letters /= LETTERS)
        out->text[name.at + k] = (char)('a' + letters % LETTERS);
    draw_digits(out->text + digits.at, digits.size, &r);
}

void ll_canary_redraw(ll_canary *c, ll_rng *r) {
    draw_digits(c->text + c->prefix, c->digits, r);
}

/* ---- in a sidecar ---- */

ll_json *ll_canaries_json(const ll_canaries *c) {
    ll_json *o = ll_json_object(), *copies = ll_json_array();
    for (int k = 0; k < c->n; k++) ll_json_push(copies, ll_json_int(c->copies[k]));
    ll_json_set(o, "copies", copies);
    ll_json_set_int(o, "count", c->count);
    ll_json_set_int(o, "seed", (int64_t)c->seed);
    ll_json_set_str(o, "format", c->format);
    return o;
}

ll_status ll_canaries_read(ll_canaries *out, const ll_json *doc, ll_error *err) {
    const ll_json *copies = ll_json_get(doc, "copies");
    const char *format = ll_json_get_str(doc, "format");
    *out = (ll_canaries) { 0 };
    if (!doc) return LL_OK;
    if (!format || strlen(format) >= sizeof out->format || ll_json_size(copies) > LL_CANARY_KINDS)
        return LL_FAIL(err, LL_EFORMAT, "canaries must have a format of at most %d bytes and at most %d copies",
                       LL_CANARY_TEXT - 1, LL_CANARY_KINDS);
    strcpy(out->format, format);
    out->n = (int)ll_json_size(copies);
    for (int k = 0; k < out->n; k++) {
        const double v = ll_json_as_num(ll_json_at(copies, (size_t)k));
        out->copies[k] = v >= 1 && v <= LINES ? (int64_t)v : 0;
    }
    out->count = ll_json_get_int(doc, "count", 0);
    out->seed = (uint64_t)ll_json_get_int(doc, "seed", 0);
    return ll_canaries_check(out, err);
}

/* ---- planting ---- */

static int by_place(const void *a, const void *b) {
    const ll_planting *x = a, *y = b;
    if (x->place != y->place) return x->place < y->place ? -1 : 1;
    return x->canary < y->canary ? -1 : x->canary > y->canary;
}

ll_status ll_planter_init(ll_planter *p, const ll_canaries *c, int64_t bytes, ll_error *err) {
    ll_rng r = ll_rng_at(c->seed, LL_STREAM_CANARIES, PLACES);
    int64_t lines = 0;
    for (int k = 0; k < c->n; k++) lines += c->copies[k] * c->count;
    *p = (ll_planter) { 0 };
    if (lines * (int64_t)strlen(c->format) > bytes / 2)
        return LL_FAIL(err, LL_EINPUT,
                       "%lld lines of canaries in %lld bytes to train on, expected less than half of it",
                       (long long)lines, (long long)bytes);
    if (!(p->of = malloc((size_t)lines * sizeof *p->of)))
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld lines of canaries", (long long)lines);
    for (int64_t i = 0; i < c->n * c->count; i++)
        for (int64_t k = 0; k < c->copies[i / c->count]; k++)
            p->of[p->n++] = (ll_planting) { ll_rng_below(&r, bytes), i };
    qsort(p->of, (size_t)p->n, sizeof *p->of, by_place);
    return LL_OK;
}

void ll_planter_clear(ll_planter *p) {
    free(p->of);
    *p = (ll_planter) { 0 };
}

void ll_planter_restart(ll_planter *p) {
    p->next = p->at = 0;
}

size_t ll_planter_next(ll_planter *p, const uint8_t *bytes, size_t size, int64_t *canary) {
    size_t before = size;
    *canary = -1;
    if (p->next < p->n && p->of[p->next].place < p->at + (int64_t)size) {
        const int64_t left = p->of[p->next].place - p->at;
        before = left > 0 ? (size_t)left : 0; /* a line feed may have carried the text beyond it */
        if (left >= 0) {
            const size_t room = size - before < LINE_ROOM ? size - before : LINE_ROOM;
            const uint8_t *feed = memchr(bytes + before, '\n', room);
            if (feed) before = (size_t)(feed - bytes) + 1;
            else if (room < LINE_ROOM) before = size;
        }
        *canary = p->of[p->next++].canary;
    }
    p->at += (int64_t)before;
    return before;
}
