#include "report/page/report.h"

#include <stdio.h>

#include "base/system/clock.h"
#include "base/system/file.h"
#include "report/page/html_decision.h"
#include "report/page/html_figure.h"
#include "report/page/html_parts.h"
#include "report/page/html_sections.h"

static ll_status figures_at(FILE *out, const ll_evidence *e, ll_figure_place place, char missing[LL_ERROR_MAX],
                            ll_error *err) {
    for (const ll_ladder_figure *k = ll_ladder_figures; k->name; k++)
        if (k->place == place) LL_TRY(ll_html_figure(out, k, e, missing, err));
    return LL_OK;
}

static ll_status figures(FILE *out, const ll_evidence *e, char missing[LL_ERROR_MAX], ll_error *err) {
    ll_html_section(out, "figures", "Figures");
    fputs("<div class=\"figures\">\n", out);
    LL_TRY(figures_at(out, e, LL_PLACE_FIGURES, missing, err));
    fputs("</div>\n</section>\n", out);
    return LL_OK;
}

static ll_status page(FILE *out, const ll_evidence *e, const ll_report_gate *gate, char missing[LL_ERROR_MAX],
                      ll_error *err) {
    char when[32], title[160];
    snprintf(title, sizeof title, "%.100s: loglog report", e->title);
    ll_html_open(out, title);
    ll_html_headline(out, e);
    LL_TRY(figures_at(out, e, LL_PLACE_TOP, missing, err));
    ll_html_answer(out, e);
    LL_TRY(ll_html_decision(out, e, gate, missing, err));
    fputs("<div class=\"pair\">\n", out);
    ll_html_laws(out, e);
    ll_html_optimum(out, e);
    fputs("</div>\n", out);
    LL_TRY(figures(out, e, missing, err));
    ll_html_diagnostics(out, e);
    ll_html_runs(out, e);
    ll_html_provenance(out, e, ll_clock_utc(when, sizeof when));
    ll_html_close(out);
    return LL_OK;
}

ll_status ll_report_page(const ll_evidence *e, const char *path, const ll_report_gate *gate,
                         char missing[LL_ERROR_MAX], ll_error *err) {
    ll_file file;
    *missing = 0;
    LL_TRY(ll_file_create(&file, path, err));
    const ll_status s = page(file.out, e, gate, missing, err);
    if (s == LL_OK) return ll_file_commit(&file, err);
    ll_file_abandon(&file);
    return s;
}
