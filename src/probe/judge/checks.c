#include <string.h>

#include "probe/judge/juror.h"

enum { DEEPEST = 64, PART_LEAST = 2, PART_MOST = 32, OVER_AND_OVER = 4 };

static int64_t open_quote(const char *text, size_t size) {
    int64_t open = -1;
    for (size_t i = 0; i < size; i++)
        if (text[i] == '"') open = open < 0 ? (int64_t)i : -1;
    return open;
}

static int64_t open_bracket(const char *text, size_t size) {
    static const char opens[] = "([{", closes[] = ")]}";
    int64_t open[DEEPEST];
    int n = 0;
    for (size_t i = 0; i < size; i++) {
        const char *o = text[i] ? strchr(opens, text[i]) : NULL, *c = text[i] ? strchr(closes, text[i]) : NULL;
        if (o && n == DEEPEST) return (int64_t)i;
        if (o) open[n++] = (int64_t)i;
        if (c && (n == 0 || text[open[--n]] != opens[c - closes])) return (int64_t)i;
    }
    return n ? open[0] : -1;
}

/* A part of 2 to 32 bytes that stands there four times in a row. */
static int64_t repeated(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        for (size_t part = PART_LEAST; part <= PART_MOST && i + OVER_AND_OVER * part <= size; part++)
            if (memcmp(text + i, text + i + part, (OVER_AND_OVER - 1) * part) == 0) return (int64_t)i;
    return -1;
}

static int64_t unprintable(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)text[i];
        if ((c < 32 && c != '\n' && c != '\t' && c != '\r') || c == 127) return (int64_t)i;
    }
    return -1;
}

int64_t ll_juror_check_text(const char *check, const char *text, size_t size) {
    static const struct {
        const char *name;
        int64_t (*find)(const char *text, size_t size);
    } checks[] = { { "quotes", open_quote },
                   { "brackets", open_bracket },
                   { "repeats", repeated },
                   { "unprintable", unprintable } };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (strcmp(checks[i].name, check) == 0) return checks[i].find(text, size);
    return -1;
}
