#include "base/words/text.h"

#include <stdio.h>
#include <string.h>

int ll_text_length(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xc0) return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 1;
}

/* Shorter forms exist for the code, or it stands for no character. */
static bool is_bad(int32_t code, int length) {
    static const int32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    return code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000);
}

int ll_text_char(const char *text, int32_t *code) {
    const unsigned char *p = (const unsigned char *)text;
    int length = ll_text_length(p[0]);
    *code = p[0];
    if (p[0] < 0x80) return p[0] != 0;
    if (length > 1) *code &= 0x7f >> length;
    for (int i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80) length = 0;
        else *code = *code << 6 | (p[i] & 0x3f);
    }
    if (length > 1 && !is_bad(*code, length)) return length;
    *code = -1;
    return 1;
}

bool ll_text_is_control(int32_t code) {
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
    return code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

const char *ll_text_shown(const char *text, int *used, char buf[LL_TEXT_SHOWN]) {
    int32_t code;
    *used = ll_text_char(text, &code);
    if (!ll_text_is_control(code)) memcpy(buf, text, (size_t)*used), buf[*used] = 0;
    else if (code == '\n' || code == '\t') strcpy(buf, code == '\n' ? "\\n" : "\\t");
    else if (code < 0x80) snprintf(buf, LL_TEXT_SHOWN, "\\x%02x", (unsigned char)*text);
    else snprintf(buf, LL_TEXT_SHOWN, "\\u%04x", (unsigned)code & 0xffff);
    return buf;
}

const char *ll_text_visible(const char *text, char *buf, size_t size) {
    char shown[LL_TEXT_SHOWN];
    size_t n = 0;
    for (int used; *text; text += used) {
        const char *s = ll_text_shown(text, &used, shown);
        if (n + strlen(s) >= size) break;
        strcpy(buf + n, s);
        n += strlen(s);
    }
    buf[n] = 0;
    return buf;
}

const char *ll_text_quoted(const char *text, char *buf, size_t size) {
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-";
    const bool plain = *text && text[strspn(text, safe)] == 0;
    size_t n = (size_t)snprintf(buf, size, "%s", plain ? text : "'");
    for (; !plain && *text && n + 5 < size; text++)
        n += (size_t)snprintf(buf + n, size - n, *text == '\'' ? "'\\''" : "%c", *text);
    if (!plain && n + 1 < size) strcpy(buf + n, "'");
    return buf;
}

int ll_text_plain(const char *text, int bytes) {
    int n = 0;
    while ((bytes < 0 || n < bytes) && text[n] >= ' ' && text[n] < 0x7f) n++;
    return n;
}

int ll_text_columns(const char *text, int bytes) {
    char shown[LL_TEXT_SHOWN];
    int32_t code;
    int columns = ll_text_plain(text, bytes);
    for (int used, at = columns; (bytes < 0 || at < bytes) && text[at]; at += used) {
        const char *s = ll_text_shown(text + at, &used, shown);
        ll_text_char(text + at, &code);
        if (bytes >= 0 && at + used > bytes) break;
        columns += ll_text_is_control(code) ? (int)strlen(s) : 1;
    }
    return columns;
}
