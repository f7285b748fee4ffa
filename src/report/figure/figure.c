#define _POSIX_C_SOURCE 200809L
#include "report/figure/figure.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "base/words/printed.h"
#include "report/figure/figure_hover.h"
#include "report/figure/figure_script.h"
#include "report/figure/figure_thin.h"
#include "report/figure/gnuplot.h"

ll_status ll_figure_new(ll_figure **out, const char *title, ll_error *err) {
    *out = calloc(1, sizeof **out);
    if (!*out) return LL_FAIL(err, LL_ENOMEM, "out of memory for a figure");
    snprintf((*out)->title, sizeof(*out)->title, "%s", title);
    return LL_OK;
}

void ll_figure_free(ll_figure *f) {
    if (!f) return;
    ll_figure_free(f->beside);
    for (int64_t i = 0; i < f->n_series; i++) {
        for (int64_t j = 0; j < f->series[i].n; j++)
            free(f->series[i].marks[j].name), free(f->series[i].marks[j].run);
        free(f->series[i].marks);
    }
    free(f->series);
    free(f->notes);
    free(f);
}

void ll_figure_add(ll_figure *f, ll_series series) {
    ll_series *bigger = realloc(f->series, (size_t)(f->n_series + 1) * sizeof *bigger);
    if (!bigger) {
        f->exhausted = true;
        return;
    }
    series.marks = NULL;
    series.n = series.room = 0;
    f->series = bigger;
    f->series[f->n_series++] = series;
}

void ll_figure_push(ll_figure *f, double x, double y, double lo, double hi) {
    if (f->exhausted) return;
    ll_series *s = &f->series[f->n_series - 1];
    if (s->n == s->room) {
        int64_t room = s->room ? 2 * s->room : 16;
        ll_mark *bigger = realloc(s->marks, (size_t)room * sizeof *bigger);
        if (!bigger) {
            f->exhausted = true;
            return;
        }
        s->marks = bigger;
        s->room = room;
    }
    s->marks[s->n++] = (ll_mark) { .x = x, .y = y, .lo = lo, .hi = hi };
}

static ll_mark *newest(const ll_figure *f) {
    const ll_series *s = f->n_series ? &f->series[f->n_series - 1] : NULL;
    return s && s->n && !f->exhausted ? &s->marks[s->n - 1] : NULL;
}

void ll_figure_shade(ll_figure *f, double shade) {
    ll_mark *m = newest(f);
    if (m) m->shade = shade;
}

void ll_figure_name(ll_figure *f, const char *fmt, ...) {
    char text[2 * LL_FIGURE_TEXT];
    ll_mark *m = newest(f);
    va_list ap;
    if (!m) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    free(m->name);
    m->name = strdup(text);
    f->exhausted = f->exhausted || !m->name;
}

void ll_figure_run(ll_figure *f, const char *id) {
    ll_mark *m = newest(f);
    if (!m) return;
    free(m->run);
    m->run = strdup(id);
    f->exhausted = f->exhausted || !m->run;
}

static void note(ll_figure *f, ll_note n, const char *text) {
    ll_note *bigger = realloc(f->notes, (size_t)(f->n_notes + 1) * sizeof *bigger);
    if (!bigger) {
        f->exhausted = true;
        return;
    }
    f->notes = bigger;
    snprintf(n.text, sizeof n.text, "%s", text);
    f->notes[f->n_notes++] = n;
}

void ll_figure_note(ll_figure *f, double x, double y, const char *text) {
    note(f, (ll_note) { .x = x, .y = y }, text);
}

void ll_figure_corner(ll_figure *f, ll_colour colour, const char *text) {
    note(f, (ll_note) { .x = NAN, .y = NAN, .corner = true, .colour = colour }, text);
}

ll_figure_format ll_figure_format_named(const char *name) {
    if (strcmp(name, "svg") == 0) return LL_FIGURE_SVG;
    if (strcmp(name, "png") == 0) return LL_FIGURE_PNG;
    return strcmp(name, "pdf") == 0 ? LL_FIGURE_PDF : (ll_figure_format)0;
}

ll_status ll_figure_ending(const char *path, const char **out, ll_error *err) {
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    *out = dot ? dot + 1 : "svg";
    if (ll_figure_format_named(*out)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: expected a figure's name, such as %.*s.svg, .png or .pdf", path,
                   (int)(dot - path), path);
}

/* Overwrites the time of drawing, which is all that differs between two drawings of one figure. */
static void without_date(char *pdf, size_t size) {
    static const char key[] = "/CreationDate (D:";
    const char epoch[] = "19700101000000";
    for (size_t i = 0; i + sizeof key + sizeof epoch < size; i++)
        if (pdf[i] == '/' && memcmp(pdf + i, key, sizeof key - 1) == 0)
            memcpy(pdf + i + sizeof key - 1, epoch, sizeof epoch - 1);
}

bool ll_figure_exhausted(const ll_figure *f) {
    return f && (f->exhausted || ll_figure_exhausted(f->beside));
}

static ll_status script_of(const ll_figure *f, const ll_layout *l, ll_figure_format format, char **script,
                           size_t *length, ll_error *err) {
    ll_printed text;
    if (!ll_figure_exhausted(f)) {
        if (ll_printed_open(&text)) ll_figure_script(f, l, format, text.out);
        *script = ll_printed_close(&text);
        *length = text.size;
        if (*script) return LL_OK;
    }
    return LL_FAIL(err, LL_ENOMEM, "figure '%s': out of memory", f->title);
}

static ll_status draw(const ll_figure *f, ll_figure_format format, char **out, size_t *size, ll_error *err) {
    char *script = NULL;
    size_t length = 0;
    ll_layout layout;
    LL_TRY(ll_figure_lay_out(&layout, f, err));
    ll_status s = script_of(f, &layout, format, &script, &length, err);
    if (s == LL_OK) s = ll_gnuplot_run(script, length, out, size, err);
    if (s == LL_OK && format == LL_FIGURE_SVG) s = ll_figure_hover(f, &layout, out, size, err);
    if (s == LL_OK && format == LL_FIGURE_PDF) without_date(*out, *size);
    free(script);
    return s;
}

ll_status ll_figure_draw(const ll_figure *f, ll_figure_format format, char **out, size_t *size, ll_error *err) {
    const ll_figure *thin;
    *out = NULL;
    LL_TRY(ll_figure_thin(f, &thin, err));
    const ll_status s = draw(thin, format, out, size, err);
    ll_figure_thin_free(thin, f);
    return s;
}

ll_status ll_figure_render(const ll_figure *f, ll_figure_format format, const char *path, ll_error *err) {
    char *picture;
    size_t size;
    ll_file file;
    LL_TRY(ll_figure_draw(f, format, &picture, &size, err));
    ll_status s = ll_file_create(&file, path, err);
    if (s == LL_OK) {
        fwrite(picture, 1, size, file.out);
        s = ll_file_commit(&file, err);
    }
    free(picture);
    return s;
}

ll_status ll_figure_save(ll_figure *f, const char *path, ll_error *err) {
    const char *ending;
    ll_status s = ll_figure_ending(path, &ending, err);
    if (s == LL_OK) s = ll_figure_render(f, ll_figure_format_named(ending), path, err);
    ll_figure_free(f);
    return s;
}
