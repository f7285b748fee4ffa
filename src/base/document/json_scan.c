#include "base/document/json_scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INTEGER_DIGITS = 18 };

char ll_json_scan_next(ll_json_scan *t) {
    while (*t->at == ' ' || *t->at == '\n' || *t->at == '\t' || *t->at == '\r') t->at++;
    return *t->at;
}

bool ll_json_scan_take(ll_json_scan *t, char byte) {
    const bool there = ll_json_scan_next(t) == byte;
    t->at += there;
    return there;
}

bool ll_json_scan_word(ll_json_scan *t, const char *word) {
    const size_t n = strlen(word);
    if (strncmp(t->at, word, n) != 0) return false;
    t->at += n;
    return true;
}

/* ---- texts ---- */

/* What the letter behind a backslash stands for; 0: not here. */
static char escaped(char letter) {
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *at = letter ? strchr(letters, letter) : NULL;
    return at ? meant[at - letters] : 0;
}

static bool is_plain(char c) {
    return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

char *ll_json_scan_text(ll_json_scan *t, size_t *size) {
    if (!ll_json_scan_take(t, '"')) return NULL;
    char *const text = t->at, *from = text, *to = text;
    for (;;) {
        const char *const plain = from;
        while (is_plain(*from)) from++;
        if (to != plain) memmove(to, plain, (size_t)(from - plain));
        to += from - plain;
        if (*from == '"') break;
        if (*from != '\\' || !(*to = escaped(from[1]))) return NULL;
        from += 2, to++;
    }
    *to = 0;
    *size = (size_t)(to - text);
    t->at = from + 1;
    return text;
}

/* ---- numbers ---- */

static const char *digits(const char *at) {
    while (*at >= '0' && *at <= '9') at++;
    return at;
}

bool ll_json_scan_number(ll_json_scan *t, bool *whole, int64_t *i, double *v) {
    const char *const first = t->at + (*t->at == '-'), *const point = digits(first), *end = point;
    if (point == first || (*first == '0' && point > first + 1)) return false;
    if (*point == '.' && (end = digits(point + 1)) == point + 1) return false;
    if (*end == 'e' || *end == 'E') {
        const char *const power = end + 1 + (end[1] == '-' || end[1] == '+');
        if ((end = digits(power)) == power) return false;
    }
    *whole = end == point;
    if (*whole && point - first > INTEGER_DIGITS) return false;
    if (*whole) *i = strtoll(t->at, NULL, 10);
    else *v = strtod(t->at, NULL);
    t->at += end - t->at;
    return *whole || isfinite(*v);
}
