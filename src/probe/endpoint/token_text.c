#include "probe/endpoint/token_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/text.h"

static const char INSTEAD[] = "\xef\xbf\xbd"; /* U+FFFD */
static const char BYTES[] = "bytes:";

int ll_token_char(const char *at, size_t size, bool *whole) {
    char first[5] = { 0 };
    int32_t code;
    memcpy(first, at, size < 4 ? size : 4);
    const int n = ll_text_char(first, &code);
    *whole = n > 0 && code >= 0;
    return n > 0 ? n : 1;
}

bool ll_token_all_chars(const char *bytes, size_t size) {
    bool whole = true;
    for (size_t i = 0; whole && i < size;) i += (size_t)ll_token_char(bytes + i, size - i, &whole);
    return whole;
}

char *ll_token_text(const char *bytes, size_t size) {
    char *text = malloc((sizeof INSTEAD - 1) * size + 1), *to = text;
    for (size_t i = 0; text && i < size;) {
        bool whole;
        const int n = ll_token_char(bytes + i, size - i, &whole);
        const size_t m = whole ? (size_t)n : sizeof INSTEAD - 1;
        memcpy(to, whole ? bytes + i : INSTEAD, m);
        to += m;
        i += (size_t)n;
    }
    if (text) *to = 0;
    return text;
}

char *ll_token_name(const char *bytes, size_t size) {
    const bool plain =
        ll_token_all_chars(bytes, size) && (size < sizeof BYTES - 1 || memcmp(bytes, BYTES, sizeof BYTES - 1) != 0);
    if (plain) return ll_token_text(bytes, size);
    char *name = malloc(sizeof BYTES + 4 * size);
    if (name) strcpy(name, BYTES);
    for (size_t i = 0; name && i < size; i++)
        snprintf(name + sizeof BYTES - 1 + 4 * i, 5, "\\x%02x", (unsigned char)bytes[i]);
    return name;
}

static int hex(char c) {
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

size_t ll_token_bytes(const char *name, char *out) {
    const size_t size = strlen(name), escapes = size - (sizeof BYTES - 1);
    const char *p = name + sizeof BYTES - 1;
    bool escaped = size >= sizeof BYTES - 1 + 4 && escapes % 4 == 0 && strncmp(name, BYTES, sizeof BYTES - 1) == 0;
    for (size_t i = 0; escaped && i < escapes / 4; i++, p += 4) {
        const int high = p[0] == '\\' && p[1] == 'x' ? hex(p[2]) : -1, low = high >= 0 ? hex(p[3]) : -1;
        escaped = low >= 0;
        if (escaped) out[i] = (char)(high << 4 | low);
    }
    if (escaped) return escapes / 4;
    memcpy(out, name, size);
    return size;
}

size_t ll_token_meant(const char *text, const char *bytes, size_t size) {
    size_t i = 0;
    while (*text) {
        bool whole;
        const int n = i < size ? ll_token_char(bytes + i, size - i, &whole) : 0;
        const size_t m = n && whole ? (size_t)n : sizeof INSTEAD - 1;
        if (n == 0 || strncmp(text, whole ? bytes + i : INSTEAD, m) != 0) return SIZE_MAX;
        text += m;
        i += (size_t)n;
    }
    return i;
}
