#define _DEFAULT_SOURCE
#include "cli/print.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/system/starved.h"
#include "base/words/printed.h"
#include "base/words/text.h"

enum { NARROWEST = 60, DIGITS = 5 };
#define LARGEST 1e9 /* that %f prints in full */

/* One conversion of a format, such as %-*.3lld. */
typedef struct conversion {
    char flags[6], size, letter; /* size: 'l', 'L' for ll, 'z', or 0 */
    int width, precision;        /* -1: no precision */
} conversion;

typedef struct values { /* what is left of the arguments */
    va_list left;
} values;

static const char *read_number(const char *f, int *out, values *v) {
    if (*f == '*') {
        *out = va_arg(v->left, int);
        return f + 1;
    }
    char *end;
    *out = (int)strtol(f, &end, 10);
    return end;
}

/* From behind the % to behind the letter. */
static const char *read_conversion(conversion *c, const char *f, values *v) {
    size_t n = strspn(f, "-+ #0");
    *c = (conversion) { .precision = -1 };
    memcpy(c->flags, f, n < 4 ? n : 4);
    f = read_number(f + n, &c->width, v);
    if (c->width < 0) c->width = -c->width, strcat(c->flags, "-");
    if (*f == '.') f = read_number(f + 1, &c->precision, v);
    for (; *f == 'l' || *f == 'z'; f++) c->size = c->size == 'l' ? 'L' : *f;
    c->letter = *f;
    return *f ? f + 1 : f;
}

static void pad(FILE *out, int n) {
    for (; n > 0; n--) fputc(' ', out);
}

static void put_text(FILE *out, const conversion *c, const char *text) {
    char shown[LL_TEXT_SHOWN];
    const bool left = strchr(c->flags, '-') != NULL;
    if (!text) text = "";
    const int space = c->width - ll_text_columns(text, c->precision), plain = ll_text_plain(text, c->precision);
    if (!left) pad(out, space);
    fwrite(text, 1, (size_t)plain, out);
    for (int used, at = plain; (c->precision < 0 || at < c->precision) && text[at]; at += used) {
        const char *s = ll_text_shown(text + at, &used, shown);
        if (c->precision >= 0 && at + used > c->precision) break;
        fputs(s, out);
    }
    if (left) pad(out, space);
}

/* "%-*.*" and so on, as printf asks for it. */
static const char *spec_of(char spec[16], const conversion *c, const char *size, char letter) {
    const char *const parts[] = { "%", c->flags, "*.*", size };
    char *at = spec;
    for (int i = 0; i < 4; i++)
        for (const char *p = parts[i]; *p; p++) *at++ = *p;
    at[0] = letter, at[1] = 0;
    return spec;
}

static void put_whole(FILE *out, const conversion *c, values *v) {
    char spec[16];
    const bool natural = strchr("uxX", c->letter) != NULL;
    long long n = c->size == 'L'   ? va_arg(v->left, long long)
                  : c->size == 'l' ? va_arg(v->left, long)
                  : c->size == 'z' ? (long long)va_arg(v->left, size_t)
                  : natural        ? (long long)va_arg(v->left, unsigned)
                                   : va_arg(v->left, int);
    fprintf(out, spec_of(spec, c, "ll", c->letter), c->width, c->precision, n);
}

/* A number beyond LARGEST is none that places were meant for: it gets significant digits, not three hundred. */
static void put_real(FILE *out, const conversion *c, double x) {
    char spec[16];
    const bool places = c->letter == 'f' && fabs(x) >= LARGEST;
    const char letter = places ? 'g' : c->letter;
    fprintf(out, spec_of(spec, c, "", letter), c->width, places ? DIGITS : c->precision, x);
}

static const char *put(FILE *out, const char *f, values *v) {
    char one[2] = "";
    conversion c;
    f = read_conversion(&c, f, v);
    switch (c.letter) {
    case 's': put_text(out, &c, va_arg(v->left, const char *)); break;
    case 'c':
        one[0] = (char)va_arg(v->left, int);
        put_text(out, &c, one);
        break;
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X': put_whole(out, &c, v); break;
    case 'e':
    case 'f':
    case 'g': put_real(out, &c, va_arg(v->left, double)); break;
    default: fputc('%', out);
    }
    return f;
}

static void render(FILE *out, const char *f, va_list args) {
    values v;
    va_copy(v.left, args);
    while (*f) {
        size_t plain = strcspn(f, "%");
        fwrite(f, 1, plain, out);
        f += plain;
        if (*f) f = put(out, f + 1, &v);
    }
    va_end(v.left);
}

/* ---- lines that are wider than the terminal ---- */

/* What standard output's line holds so far, where it is a terminal; shown text, NUL-terminated. */
static struct {
    char *text;
    size_t n, size;
} line;

/* Bytes of text that find room in width columns: up to a gap of two blanks or more in the second half, which parts
 * what belongs together, else up to a blank; a first word that is longer is taken whole. */
static size_t fitting(const char *text, int width) {
    size_t blank = 0, gap = 0, at = 0;
    int columns = 0, used;
    int32_t code;
    for (; (used = ll_text_char(text + at, &code)); at += (size_t)used, columns++) {
        if (code == ' ' && at > 0 && (columns <= width || blank == 0)) {
            if (text[at - 1] != ' ' && text[at + 1] == ' ' && 2 * columns >= width) gap = at;
            blank = at;
        }
        if (columns >= width && blank > 0) return gap ? gap : blank;
    }
    return at;
}

/* Between words; what is continued stands four columns further in than its line. */
static void fold(int width) {
    const char *rest = line.text;
    int indent = (int)strspn(rest, " "), skipped = indent;
    fwrite(rest, 1, (size_t)skipped, stdout);
    indent = indent + 4 < width / 2 ? indent + 4 : 4;
    for (rest += skipped; *rest; skipped = indent) {
        size_t n = fitting(rest, width - skipped);
        fwrite(rest, 1, n, stdout);
        rest += n + strspn(rest + n, " ");
        if (*rest) printf("\n%*s", indent, "");
    }
}

/* Puts the line out as far as it has come. */
static void end_line(int width) {
    if (line.n == 0) return;
    if (width == 0 || ll_text_columns(line.text, -1) <= width) fputs(line.text, stdout);
    else fold(width);
    line.n = 0;
    line.text[0] = 0;
}

static bool add_char(char c) {
    if (line.n + 2 > line.size) {
        const size_t size = 2 * line.size + 256;
        char *more = ll_counted(realloc(line.text, size));
        if (!more) return false;
        line.text = more;
        line.size = size;
    }
    line.text[line.n++] = c;
    line.text[line.n] = 0;
    return true;
}

void ll_say_args(FILE *out, const char *f, va_list args) {
    const int width = out == stdout ? ll_say_width(out) : 0;
    ll_printed printed;
    FILE *whole = width ? ll_printed_open(&printed) : NULL;
    if (!whole) {
        render(out, f, args);
        return;
    }
    render(whole, f, args);
    char *text = ll_counted(ll_printed_close(&printed));
    for (const char *p = text; p && *p; p++) {
        if (*p != '\n' && add_char(*p)) continue;
        end_line(width);
        putchar(*p);
    }
    free(text);
}

void ll_say_flush(void) {
    end_line(0);
}

void ll_say(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    ll_say_args(stdout, fmt, args);
    va_end(args);
}

void ll_say_to(FILE *out, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    ll_say_args(out, fmt, args);
    va_end(args);
}

void ll_say_lines(const char *text) {
    for (int n; *text; text += n) {
        n = (int)strcspn(text, "\n");
        ll_say("%.*s", n, text);
        if (text[n]) ll_say("\n"), n++;
    }
}

void ll_say_drawing(const char *text) {
    end_line(ll_say_width(stdout));
    fputs(text, stdout);
}

/* What stands in ASCII goes out at once. */
void ll_say_json_part(const char *text, size_t n) {
    int32_t code;
    for (const char *end = text + n; text < end;) {
        size_t plain = 0;
        while (text + plain < end && (unsigned char)text[plain] < 0x7f) plain++;
        fwrite(text, 1, plain, stdout);
        text += plain;
        const int used = text < end ? ll_text_char(text, &code) : 0;
        if (!used) continue;
        if (ll_text_is_control(code)) printf("\\u%04x", (unsigned)code);
        else fwrite(text, 1, (size_t)used, stdout);
        text += used;
    }
}

void ll_say_json(const char *text) {
    ll_say_json_part(text, strlen(text));
    putchar('\n');
}

/* What is no terminal becomes none: a list of a million lines asks once. */
int ll_say_width(FILE *out) {
    static bool is_file[STDERR_FILENO + 1];
    struct winsize w;
    const int fd = fileno(out);
    const bool known = fd >= 0 && fd <= STDERR_FILENO;
    if (known && is_file[fd]) return 0;
    if (ioctl(fd, TIOCGWINSZ, &w) != 0) {
        if (known && errno == ENOTTY) is_file[fd] = true;
        return 0;
    }
    if (w.ws_col == 0) return 0;
    return w.ws_col < NARROWEST ? NARROWEST : w.ws_col;
}

void ll_say_wrapped(FILE *out, const char *text, int at, int indent) {
    const int width = ll_say_width(out);
    for (bool first = true; *text; first = false) {
        const int n = (int)strcspn(text, " "), columns = ll_text_columns(text, n);
        const bool fits = first || width == 0 || at + 1 + columns <= width;
        if (!fits) ll_say_to(out, "\n%*s", indent, "");
        ll_say_to(out, "%s%.*s", first || !fits ? "" : " ", n, text);
        at = fits ? at + !first + columns : indent + columns;
        text += n + (int)strspn(text + n, " ");
    }
    ll_say_to(out, "\n");
}

/* Where there is no memory to lay it out in, one long line: it may be the one that says that there is none. */
void ll_say_prose(FILE *out, const char *fmt, ...) {
    ll_printed printed;
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    if (ll_printed_open(&printed)) ll_say_args(printed.out, fmt, args);
    char *text = ll_printed_close(&printed);
    const int indent = text ? (int)strspn(text, " ") : 0;
    if (text) {
        ll_say_to(out, "%*s", indent, "");
        ll_say_wrapped(out, text + indent, indent, indent);
    } else {
        ll_say_args(out, fmt, again);
        ll_say_to(out, "\n");
    }
    free(text);
    va_end(again);
    va_end(args);
}
