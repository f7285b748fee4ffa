#include "report/page/html_parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/document/hash.h"
#include "loglog/units.h"
#include "report/escape.h"
#include "report/page/style.h"

/* No script runs but the page's own, and nothing is fetched: what a name would do that became markup. */
static void policy(FILE *out) {
    uint8_t digest[LL_HASH_BYTES];
    char text[LL_HASH_BASE64];
    ll_hash h;
    ll_hash_init(&h);
    ll_hash_update(&h, "\n", 1); /* as ll_html_close writes it */
    ll_hash_update(&h, ll_html_script, strlen(ll_html_script));
    ll_hash_final(&h, digest);
    fprintf(out,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
            "script-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n",
            ll_hash_base64(digest, text));
}

void ll_html_open(FILE *out, const char *title) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", out);
    policy(out);
    fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
          out);
    ll_escape_html(out, title);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", ll_html_style);
}

void ll_html_close(FILE *out) {
    fprintf(out, "</main>\n<script>\n%s</script>\n</body>\n</html>\n", ll_html_script);
}

static void headed(FILE *out, const char *id, int rank, const char *heading) {
    fprintf(out, "<section id=\"%s\" aria-labelledby=\"%s-h\">\n<h%d id=\"%s-h\">", id, id, rank, id);
    ll_escape_html(out, heading);
    fprintf(out, "</h%d>\n", rank);
}

void ll_html_section(FILE *out, const char *id, const char *heading) {
    headed(out, id, 2, heading);
}

void ll_html_part(FILE *out, const char *id, const char *heading) {
    headed(out, id, 3, heading);
}

void ll_html_empty(FILE *out, const char *id, int rank, const char *heading, const char *why) {
    fprintf(out, "<details class=\"empty\" id=\"%s\">\n<summary><h%d>", id, rank);
    ll_escape_html(out, heading);
    fprintf(out, "</h%d> nothing yet</summary>\n<p>", rank);
    ll_escape_html(out, why);
    fputs("</p>\n</details>\n", out);
}

void ll_html_fold(FILE *out, const char *summary) {
    fputs("<details>\n", out);
    ll_html_tag(out, "summary", summary);
}

void ll_html_fold_end(FILE *out) {
    fputs("</details>\n", out);
}

void ll_html_fact(FILE *out, const char *term, const char *fmt, ...) {
    char text[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (!*text) return;
    ll_html_tag(out, "dt", term);
    ll_html_tag(out, "dd", text);
}

void ll_html_tag(FILE *out, const char *tag, const char *text) {
    fprintf(out, "<%s>", tag);
    ll_escape_html(out, text);
    fprintf(out, "</%s>\n", tag);
}

void ll_html_table(FILE *out, const char *caption, const char *columns) {
    fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"", out);
    ll_escape_html(out, caption);
    fputs("\"><table><caption>", out);
    ll_escape_html(out, caption);
    fputs("</caption>\n<thead><tr>", out);
    for (const char *c = columns; *c;) {
        bool number = *c == '#';
        c += number;
        size_t n = strcspn(c, "|"), name = strcspn(c, "|;");
        fprintf(out, "<th scope=\"col\"%s>%.*s", number ? " class=\"n\"" : "", (int)name, c);
        if (name < n) fprintf(out, "<small>%.*s</small>", (int)(n - name - 1), c + name + 1);
        fputs("</th>", out);
        c += n + (c[n] == '|');
    }
    fputs("</tr></thead>\n<tbody>\n", out);
}

void ll_html_table_end(FILE *out) {
    fputs("</tbody></table></div>\n", out);
}

void ll_html_cell(FILE *out, const char *text) {
    fputs("<td>", out);
    ll_escape_html(out, text);
    fputs("</td>", out);
}

void ll_html_prose(FILE *out, const char *text) {
    fputs("<td class=\"prose\">", out);
    ll_escape_html(out, text);
    fputs("</td>", out);
}

void ll_html_row(FILE *out, const char *name) {
    fputs("<tr><th scope=\"row\">", out);
    ll_escape_html(out, name);
    fputs("</th>", out);
}

/* text is what is shown of v, and harmless */
static void number(FILE *out, double v, const char *text) {
    if (isfinite(v)) fprintf(out, "<td class=\"n\" title=\"%.17g\">%s</td>", v, text);
    else fputs("<td class=\"n\">–</td>", out);
}

void ll_html_number(FILE *out, double v, int digits) {
    char text[LL_SHOW_SIZE];
    number(out, v, ll_show(v, digits, text));
}

void ll_html_fixed(FILE *out, double v, int decimals) {
    char text[400];
    snprintf(text, sizeof text, "%.*f", decimals, v);
    number(out, v, text);
}

void ll_html_within(FILE *out, double v, double lo, double hi) {
    char text[LL_SHOW_SIZE];
    number(out, v, ll_show_in(v, lo, hi, text));
}

void ll_html_count(FILE *out, double v) {
    char text[LL_SHOW_SIZE];
    number(out, v, ll_units_show(v, text, sizeof text));
}

const char *ll_html_show(const ll_estimate *e, double v, char buf[LL_SHOW_SIZE]) {
    return isfinite(v) ? ll_show_in(v, e->lo, e->hi, buf) : strcpy(buf, "–");
}

static void estimate(FILE *out, const ll_estimate *e, const char *value, const char *lo, const char *hi) {
    if (!isfinite(e->value)) {
        fputs("<td class=\"n\">–</td>", out);
        return;
    }
    fprintf(out, "<td class=\"n\" title=\"%.17g\">%s", e->value, value);
    if (isfinite(e->lo) && isfinite(e->hi)) fprintf(out, "<small>%s to %s</small>", lo, hi);
    fputs("</td>", out);
}

void ll_html_estimate(FILE *out, const ll_estimate *e) {
    char v[3][LL_SHOW_SIZE];
    estimate(out, e, ll_html_show(e, e->value, v[0]), ll_html_show(e, e->lo, v[1]), ll_html_show(e, e->hi, v[2]));
}

void ll_html_count_estimate(FILE *out, const ll_estimate *e) {
    char v[3][LL_SHOW_SIZE];
    estimate(out, e, ll_units_show(e->value, v[0], sizeof v[0]), ll_units_show(e->lo, v[1], sizeof v[1]),
             ll_units_show(e->hi, v[2], sizeof v[2]));
}

/* How long the mark is that begins here; 0: none does. */
static size_t mark_at(const char *svg, size_t left) {
    static const char *const marks[] = { " id='", " id=\"", "href='#", "url(#" };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const size_t n = strlen(marks[i]);
        if (n <= left && memcmp(svg, marks[i], n) == 0) return n;
    }
    return 0;
}

/* Copies gnuplot's elements and puts name in front of each id and each reference to one. */
static void svg_body(FILE *out, const char *svg, const char *name) {
    const char *from = svg, *end = svg + strlen(svg); /* from: what is not written yet */
    while (svg < end) {
        const size_t n = mark_at(svg, (size_t)(end - svg));
        svg += n ? n : 1;
        if (!n) continue;
        fprintf(out, "%.*s%s-", (int)(svg - from), from, name);
        from = svg;
    }
    fputs(from, out);
}

void ll_html_svg(FILE *out, const char *svg, const char *name, const char *kind, const char *title,
                 const char *caption) {
    const char *root = strstr(svg, "<svg"), *body = root ? strstr(root, "</desc>") : NULL;
    fprintf(out, "<figure id=\"figure-%s\"%s%s%s>\n", name, *kind ? " class=\"" : "", kind, *kind ? "\"" : "");
    if (body) {
        const char *box = strstr(root, "viewBox=\"");
        fputs(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" role=\"img\" ",
            out);
        if (box) fprintf(out, "%.*s\"", (int)(strcspn(box + 9, "\"") + 9), box);
        fputs(" aria-label=\"", out);
        ll_escape_html(out, title);
        fputs("\">", out);
        svg_body(out, body + strlen("</desc>"), name);
    }
    if (*caption) ll_html_tag(out, "figcaption", caption);
    fputs("</figure>\n", out);
}
