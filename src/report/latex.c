#include "report/latex.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "report/escape.h"

static const char *put_item(FILE *out, const char *p);

static bool letter(char c) {
    return isalpha((unsigned char)c) != 0;
}

static bool digit(char c) {
    return isdigit((unsigned char)c) != 0;
}

static bool word_is(const char *p, size_t n, const char *const *list) {
    for (; *list; list++)
        if (strlen(*list) == n && strncmp(p, *list, n) == 0) return true;
    return false;
}

/* alpha is \alpha, log10 \log_{10}, a3 a_{3}, Nc N_{c}, opt \mathrm{opt}. */
static void put_name(FILE *out, const char *p, size_t n) {
    static const char *const commands[] = { "alpha", "beta",   "gamma", "delta", "epsilon", "eta",
                                            "kappa", "lambda", "mu",    "rho",   "sigma",   "theta",
                                            "exp",   "ln",     "log",   "prod",  "sqrt",    NULL };
    size_t letters = 0;
    while (letters < n && letter(p[letters])) letters++;
    if (word_is(p, letters, commands)) fprintf(out, "\\%.*s", (int)letters, p);
    else if (letters == 1) fputc(*p, out);
    else if (letters == 2 && isupper((unsigned char)p[0])) fprintf(out, "%c_{%c}", p[0], p[1]);
    else fprintf(out, "\\mathrm{%.*s}", (int)letters, p);
    if (letters < n) fprintf(out, "_{%.*s}", (int)(n - letters), p + letters);
}

static size_t name_length(const char *p) {
    size_t n = 0;
    while (letter(p[n]) || (n && digit(p[n]))) n++;
    return n;
}

/* A name with its marks: N', R*_D, alpha_N. */
static const char *put_symbol(FILE *out, const char *p) {
    const size_t n = name_length(p);
    put_name(out, p, n);
    p += n;
    if (*p == '*' && p[1] == '_') fputs("^{*}", out), p++;
    for (; *p == '\''; p++) fputc('\'', out);
    if (*p != '_' || !letter(p[1])) return p;
    fputs("_{", out);
    put_name(out, p + 1, name_length(p + 1));
    fputc('}', out);
    return p + 1 + name_length(p + 1);
}

/* Up to the bracket that closes, which is left for the caller. */
static const char *put_inside(FILE *out, const char *p) {
    while (*p && *p != ')' && *p != ']') p = put_item(out, p);
    return p;
}

static const char *put_power(FILE *out, const char *p) {
    fputs("^{", out);
    if (*p == '-') fputc(*p++, out);
    if (*p == '(') {
        p = put_inside(out, p + 1);
        p += *p != 0;
    } else if (*p) {
        p = put_item(out, p);
    }
    fputc('}', out);
    return p;
}

static const char *put_bracket(FILE *out, const char *p) {
    fprintf(out, "\\left%c", *p);
    p = put_inside(out, p + 1);
    if (!*p) return fputs("\\right.", out), p;
    fprintf(out, "\\right%c", *p);
    return p + 1;
}

static const char *put_root(FILE *out, const char *p) {
    fputs("\\sqrt{", out);
    p = put_inside(out, p);
    fputc('}', out);
    return p + (*p != 0);
}

static const char *put_item(FILE *out, const char *p) {
    if (strncmp(p, "sqrt(", 5) == 0) return put_root(out, p + 5);
    if (letter(*p)) return put_symbol(out, p);
    if (*p == '^') return put_power(out, p + 1);
    if (*p == '(' || *p == '[') return put_bracket(out, p);
    if (digit(*p)) {
        for (; digit(*p) || (*p == '.' && digit(p[1])); p++) fputc(*p, out);
        return p;
    }
    if (*p == '~') fputs("\\propto", out);
    else fputc(*p, out);
    return p + 1;
}

/* Behind a comma: an equation, a number, or a name and then words. */
static const char *put_clause(FILE *out, const char *p, size_t n) {
    char words[256];
    const bool equation = memchr(p, '=', n) || memchr(p, '~', n), bare = !memchr(p, ' ', n);
    fputs(bare ? ", " : ",\\quad ", out);
    const char *end = p + n;
    if (equation || bare) {
        while (p < end) p = put_item(out, p);
        return p;
    }
    p = put_item(out, p);
    snprintf(words, sizeof words, "%.*s", (int)(end - p), p);
    fputs("\\text{", out);
    ll_escape_latex(out, words);
    fputc('}', out);
    return end;
}

void ll_latex_math(FILE *out, const char *form) {
    const char *p = form;
    while (*p && *p != ',') p = put_item(out, p);
    while (*p == ',') {
        int depth = 0;
        const char *start = p + 1 + (p[1] == ' ');
        for (p = start; *p && !(*p == ',' && depth == 0); p++) depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
        put_clause(out, start, (size_t)(p - start));
    }
}
