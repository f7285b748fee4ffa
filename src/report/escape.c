#include "report/escape.h"

#include <stdbool.h>
#include <string.h>

/* Length of the well-formed UTF-8 sequence at s (RFC 3629: no surrogates, no long forms), 0 when there is none. */
static size_t utf8(const unsigned char *s) {
    size_t n = s[0] < 0x80                    ? 1
               : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
               : (s[0] & 0xf0) == 0xe0        ? 3
               : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
                                              : 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)) return 0;
    if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) return 0;
    return n;
}

/* The C0 and C1 controls and the noncharacters U+FFFE and U+FFFF, which XML forbids. */
static bool control(const unsigned char *s, size_t n) {
    return (n == 1 && (s[0] < 0x20 || s[0] == 0x7f)) || (n == 2 && s[0] == 0xc2 && s[1] < 0xa0) ||
           (n == 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe);
}

/* Writes text, each single byte that special names by what replace gives for it; what stays as it is, in one piece. */
static void escape(FILE *out, const char *text, const char *keep, const char *special,
                   const char *(*replace)(char c)) {
    const unsigned char *s = (const unsigned char *)text, *from = s;
    while (*s) {
        const size_t n = utf8(s);
        const char *instead = n == 0                                           ? "?"
                              : control(s, n) && !(n == 1 && strchr(keep, *s)) ? " "
                              : n == 1 && strchr(special, *s)                  ? replace((char)*s)
                                                                               : NULL;
        if (instead) {
            fwrite(from, 1, (size_t)(s - from), out);
            fputs(instead, out);
        }
        s += n ? n : 1;
        if (instead) from = s;
    }
    fwrite(from, 1, (size_t)(s - from), out);
}

/* gnuplot's own way, the quote twice, fails where a text begins with one. */
static const char *quote_of_its_own(char c) {
    (void)c;
    return "'.\"'\".'";
}

static const char *entity(char c) {
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    default: return "&#39;";
    }
}

void ll_escape_gnuplot(FILE *out, const char *text) {
    fputc('\'', out);
    escape(out, text, "", "'", quote_of_its_own);
    fputc('\'', out);
}

void ll_escape_html(FILE *out, const char *text) {
    escape(out, text, "\n\t", "&<>\"'", entity);
}

static const char *command(char c) {
    switch (c) {
    case '\\': return "\\textbackslash{}";
    case '~': return "\\textasciitilde{}";
    case '^': return "\\textasciicircum{}";
    case '<': return "\\textless{}";
    case '>': return "\\textgreater{}";
    case '|': return "\\textbar{}";
    case '&': return "\\&";
    case '%': return "\\%";
    case '$': return "\\$";
    case '#': return "\\#";
    case '_': return "\\_";
    case '{': return "\\{";
    default: return "\\}";
    }
}

void ll_escape_latex(FILE *out, const char *text) {
    escape(out, text, "", "\\~^<>|&%$#_{}", command);
}

static const char *marked(char c) {
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '|': return "\\|";
    case '\\': return "\\\\";
    case '`': return "\\`";
    case '*': return "\\*";
    case '_': return "\\_";
    case '[': return "\\[";
    case ']': return "\\]";
    case '#': return "\\#";
    case '$': return "\\$";
    default: return "\\~";
    }
}

void ll_escape_markdown(FILE *out, const char *text) {
    escape(out, text, "", "&<>|\\`*_[]#$~", marked);
}
