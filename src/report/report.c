#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "report/escape.h"
#include "report/figures.h"
#include "report/html_parts.h"
#include "report/html_sections.h"

static void absent(FILE *out, const char *name, const char *why) {
    fprintf(out, "<p id=\"figure-%s\">Figure “%s”: ", name, name);
    ll_escape_html(out, why);
    fputs(".</p>\n", out);
}

static ll_status figure(FILE *out, const ll_ladder_figure *k, const ll_evidence *e, char missing[LL_ERROR_MAX],
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
    if (svg) ll_html_svg(out, svg, k->name, f->title, k->caption);
    else absent(out, k->name, s == LL_OK ? missing : why.msg);
    free(svg);
    ll_figure_free(f);
    return LL_OK;
}

static ll_status figures(FILE *out, const ll_evidence *e, char missing[LL_ERROR_MAX], ll_error *err) {
    ll_html_section(out, "figures", "Figures");
    for (const ll_ladder_figure *k = ll_ladder_figures; k->name; k++) LL_TRY(figure(out, k, e, missing, err));
    fputs("</section>\n", out);
    return LL_OK;
}

static ll_status page(FILE *out, const ll_evidence *e, char missing[LL_ERROR_MAX], ll_error *err) {
    char when[32], title[160];
    snprintf(title, sizeof title, "%.100s: loglog report", *e->ladder.name ? e->ladder.name : "runs");
    ll_html_open(out, title);
    ll_html_headline(out, e);
    ll_html_forecasts(out, e);
    ll_html_laws(out, e);
    LL_TRY(figures(out, e, missing, err));
    ll_html_optimum(out, e);
    ll_html_diagnostics(out, e);
    ll_html_runs(out, e);
    ll_html_provenance(out, e, ll_clock_utc(when, sizeof when));
    ll_html_close(out);
    return LL_OK;
}

ll_status ll_report_write(const char *store, const char *ladder, const char *path, char missing[LL_ERROR_MAX],
                          ll_error *err) {
    ll_evidence *e;
    ll_file file;
    *missing = 0;
    LL_TRY(ll_evidence_gather(&e, store, ladder, err));
    ll_status s = ll_file_create(&file, path, err);
    if (s == LL_OK) {
        s = page(file.out, e, missing, err);
        if (s == LL_OK) s = ll_file_commit(&file, err);
        else ll_file_abandon(&file);
    }
    ll_evidence_free(e);
    return s;
}
