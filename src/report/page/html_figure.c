#include "report/page/html_figure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"
#include "report/figure/gnuplot.h"
#include "report/page/html_parts.h"

const char *ll_html_panels(const ll_figure *f) {
    return !f->beside ? "one" : !f->beside->beside ? "two" : "three";
}

static void absent(FILE *out, const char *name, const char *why) {
    fprintf(out, "<details class=\"empty\" id=\"figure-%s\">\n<summary>Figure “%s”: nothing yet</summary>\n<p>",
            name, name);
    ll_escape_html(out, why);
    fputs(".</p>\n</details>\n", out);
}

/* Without gnuplot no other figure is tried; a figure that fails is named, and the others are drawn. */
static void note_missing(char missing[LL_ERROR_MAX], const char *name, const char *why) {
    const size_t used = strlen(missing);
    if (strcmp(why, ll_gnuplot_absent) == 0) snprintf(missing, LL_ERROR_MAX, "%s", why);
    else snprintf(missing + used, LL_ERROR_MAX - used, "%sfigure '%s': %s", used ? "; " : "", name, why);
}

ll_status ll_html_drawing(FILE *out, const ll_figure *f, const char *name, const char *kind, const char *caption,
                          size_t room, char missing[LL_ERROR_MAX], ll_error *err) {
    ll_error why = { 0 };
    char *svg = NULL;
    size_t size = 0;
    const bool without = strcmp(missing, ll_gnuplot_absent) == 0;
    ll_status s =
        without ? LL_FAIL(&why, LL_EIO, "%s", missing) : ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, &why);
    if (s == LL_ENOMEM) return LL_FAIL(err, s, "%s", why.msg);
    if (s == LL_EIO) note_missing(missing, name, why.msg);
    if (svg && size <= room) ll_html_svg(out, svg, name, kind, f->title, caption);
    else absent(out, name, svg ? "the page would become too large with it" : why.msg);
    free(svg);
    return LL_OK;
}

/* Several panels take their width, a figure of the decision stands alone beside its caption. */
static const char *kind_of(const ll_ladder_figure *k, const ll_figure *f) {
    return f->beside ? ll_html_panels(f) : k->place == LL_PLACE_DECISION ? "alone" : "";
}

ll_status ll_html_figure(FILE *out, const ll_ladder_figure *k, const ll_evidence *e, char missing[LL_ERROR_MAX],
                         ll_error *err) {
    ll_error why = { 0 };
    ll_figure *f = NULL;
    ll_status s = k->make(&f, e, &why);
    if (s == LL_ENOMEM) return LL_FAIL(err, s, "%s", why.msg);
    if (s == LL_OK) s = ll_html_drawing(out, f, k->name, kind_of(k, f), k->caption, SIZE_MAX, missing, err);
    else absent(out, k->name, why.msg), s = LL_OK;
    ll_figure_free(f);
    return s;
}
