#define _POSIX_C_SOURCE 200809L
#include "data/pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/jsonl.h"
#include "data/names.h"

ll_piece_kind ll_pieces_kind(const ll_pieces *p, const char *name) {
    if (p->opts->records || p->opts->whole) return LL_PIECE_WHOLE;
    if (ll_name_ends(name, ".jsonl") || ll_name_ends(name, ".ndjson")) return LL_PIECE_JSONL;
    return ll_name_ends(name, ".nul") ? LL_PIECE_NUL : LL_PIECE_WHOLE;
}

static size_t document_max(const ll_pieces *p) {
    if (p->opts->records) return (size_t)p->opts->records;
    return p->opts->max_document > 0 ? (size_t)p->opts->max_document : LL_DOCUMENT_MAX;
}

static ll_status emit(ll_pieces *p, const uint8_t *bytes, size_t size, ll_error *err) {
    const size_t max = document_max(p);
    while (size > 0) {
        size_t n = size < max ? size : max;
        p->documents++;
        LL_TRY(p->sink(p->ctx, p->name, bytes, n, err));
        bytes += n;
        size -= n;
    }
    return LL_OK;
}

static ll_status emit_line(ll_pieces *p, ll_error *err) {
    ll_json *doc;
    const char *text;
    LL_TRY(ll_jsonl_text((const char *)p->piece, p->used, p->opts->field ? p->opts->field : "text", p->name,
                         p->line, &doc, &text, err));
    ll_status s = emit(p, (const uint8_t *)text, strlen(text), err);
    ll_json_free(doc);
    return s;
}

static ll_status close_piece(ll_pieces *p, ll_error *err) {
    p->line++;
    ll_status s = p->kind == LL_PIECE_JSONL ? emit_line(p, err) : emit(p, p->piece, p->used, err);
    p->used = 0;
    return s;
}

static ll_status make_room(ll_pieces *p, size_t need, ll_error *err) {
    if (need <= p->room) return LL_OK;
    size_t room = p->room ? p->room : 65536;
    while (room < need) room *= 2;
    uint8_t *bigger = realloc(p->piece, room);
    if (!bigger) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for a document of %zu bytes", p->name, need);
    p->piece = bigger;
    p->room = room;
    return LL_OK;
}

/* A document that reaches its limit is handed on as it stands; a line that does is an error. */
static ll_status append(ll_pieces *p, const uint8_t *bytes, size_t size, ll_error *err) {
    const size_t max = p->kind == LL_PIECE_JSONL ? LL_LINE_MAX : document_max(p);
    while (size > 0) {
        size_t n = size < max - p->used ? size : max - p->used;
        if (n == 0 && p->kind == LL_PIECE_JSONL)
            return LL_FAIL(err, LL_EFORMAT, "%s:%lld: the line is longer than %d bytes", p->name,
                           (long long)p->line + 1, LL_LINE_MAX);
        if (n == 0) {
            LL_TRY(emit(p, p->piece, p->used, err));
            p->used = 0;
            continue;
        }
        LL_TRY(make_room(p, p->used + n, err));
        memcpy(p->piece + p->used, bytes, n);
        p->used += n;
        bytes += n;
        size -= n;
    }
    return LL_OK;
}

void ll_pieces_begin(ll_pieces *p, const char *name, ll_piece_kind kind) {
    snprintf(p->name, sizeof p->name, "%s", name);
    p->kind = kind;
    p->line = 0;
    p->used = 0;
}

ll_status ll_pieces_feed(ll_pieces *p, const uint8_t *bytes, size_t size, ll_error *err) {
    while (size > 0) {
        const uint8_t *end = p->kind == LL_PIECE_WHOLE ? NULL : memchr(bytes, (int)p->kind, size);
        size_t n = end ? (size_t)(end - bytes) : size;
        LL_TRY(append(p, bytes, n, err));
        if (end) LL_TRY(close_piece(p, err));
        n += end != NULL;
        bytes += n;
        size -= n;
    }
    return LL_OK;
}

ll_status ll_pieces_end(ll_pieces *p, ll_error *err) {
    const int64_t records = p->opts->records;
    if (records && p->used % (size_t)records)
        return LL_FAIL(err, LL_EINPUT, "%s: ends with %zu bytes, expected a whole number of records of %lld",
                       p->name, p->used, (long long)records);
    return p->used > 0 ? close_piece(p, err) : LL_OK;
}

void ll_pieces_clear(ll_pieces *p) {
    free(p->piece);
    *p = (ll_pieces) { 0 };
}
