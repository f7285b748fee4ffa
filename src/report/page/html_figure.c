#include "report/page/html_figure.h"

#include <stdio.h>
#include <stdlib.h>

#include "report/escape.h"
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

/* Several panels take their width, a figure of the decision stands alone beside its caption. */
static const char *kind_of(const ll_ladder_figure *k, const ll_figure *f) {
    return f->beside ? ll_html_panels(f) : k->place == LL_PLACE_DECISION ? "alone" : "";
}

ll_status ll_html_figure(FILE *out, const ll_ladder_figure *k, const ll_evidence *e, char missing[LL_ERROR_MAX],
                         ll_error *err) {
    ll_error why = { 0 };
    ll_figure *f = NULL;
    char *svg = NULL;
    size_t size;
    ll_status s = k->make(&f, e, &why);
    if (s == LL_OK && !*missing) s = ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, &why);
    if (s == LL_EIO) snprintf(missing, LL_ERROR_MAX, "%s", why.msg);
    if (s == LL_ENOMEM) {
        ll_figure_free(f);
        return LL_FAIL(err, s, "%s", why.msg);
    }
    if (svg) ll_html_svg(out, svg, k->name, kind_of(k, f), f->title, k->caption);
    else absent(out, k->name, s == LL_OK ? missing : why.msg);
    free(svg);
    ll_figure_free(f);
    return LL_OK;
}
