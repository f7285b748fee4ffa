/* What speaks against the laws: residuals of every rung, bends, warnings, runs that look undertuned. */
#include <math.h>

#include "report/page/html_sections.h"

#include "report/escape.h"
#include "report/page/html_parts.h"

/* One-sided and beyond three robust standard deviations: a run that is worse than its neighbours say. */
static bool undertuned(const ll_evidence *e, double residual) {
    return residual > 3 * e->study.fit.residual_sd;
}

static const char *remark(const ll_evidence *e, int64_t i, double residual) {
    const bool held_out = ll_evidence_held_out(&e->runs[i]);
    if (e->row[i] < 0) return held_out ? "held out" : "not fitted";
    if (held_out) return "once held out, fitted since its score";
    if (undertuned(e, residual)) return "worse than the surface by over three standard deviations: undertuned?";
    return "";
}

static void residuals(FILE *out, const ll_evidence *e) {
    const ll_fit *fit = &e->study.fit;
    ll_html_table(out, "Residual of every run from the surface",
                  "run|#row|#loss;nats/token|#surface;nats/token|#residual;per cent|#residual;standard deviations|"
                  "#influence on beta;standard errors|");
    for (int64_t i = 0; i < e->n_runs; i++) {
        const ll_run *r = &e->runs[i];
        double ln = ll_evidence_residual(e, r);
        if (!ll_evidence_done(r)) continue;
        ll_html_row(out, r->name);
        ll_html_fixed(out, e->row[i] < 0 ? NAN : (double)e->row[i] + 1, 0);
        ll_html_fixed(out, r->loss, 4);
        ll_html_fixed(out, r->loss * exp(-ln), 4);
        ll_html_fixed(out, 100 * expm1(ln), 2);
        ll_html_fixed(out, ln / fit->residual_sd, 2);
        ll_html_fixed(out, e->row[i] >= 0 && fit->influence ? fit->influence[e->row[i]] : NAN, 2);
        ll_html_cell(out, remark(e, i, ln));
        fputs("</tr>\n", out);
    }
    ll_html_table_end(out);
}

static void bends(FILE *out, const ll_evidence *e) {
    ll_html_table(out, "Is there a bend that the law does not have? p-values by permutation",
                  "law|#along N|#along D|#along C");
    ll_html_row(out, "L(N, D)");
    for (int k = 0; k < LL_UNIVARIATES; k++) ll_html_number(out, e->bend[k], 3);
    fputs("</tr>\n", out);
    for (int form = 0; form < 2; form++) {
        ll_html_row(out, form ? "one variable, with a floor" : "one variable, power law");
        for (int k = 0; k < LL_UNIVARIATES; k++)
            ll_html_number(out, form ? e->lines.along[k].bend_floor : e->lines.along[k].bend_power, 3);
        fputs("</tr>\n", out);
    }
    ll_html_table_end(out);
}

static void warnings_of(FILE *out, const char *name, const ll_fit *fit) {
    for (int i = 0; fit->law && i < fit->n_warnings; i++) {
        fprintf(out, "<li>%s: ", name);
        ll_escape_html(out, fit->warnings[i]);
        fputs("</li>\n", out);
    }
}

static void warnings(FILE *out, const ll_evidence *e) {
    static const char *const names[][2] = { { "L(N), power law", "L(N) with a floor" },
                                            { "L(D), power law", "L(D) with a floor" },
                                            { "L(C), power law", "L(C) with a floor" } };
    int n = e->study.fit.n_warnings;
    for (int k = 0; k < LL_UNIVARIATES; k++)
        n += e->lines.along[k].power.n_warnings + e->lines.along[k].floor.n_warnings;
    if (n == 0) {
        ll_html_tag(out, "p", "The fits have no warning.");
        return;
    }
    char summary[64];
    snprintf(summary, sizeof summary, "%d warning%s of the fits", n, n == 1 ? "" : "s");
    ll_html_fold(out, summary);
    ll_html_tag(out, "p",
                "A row is counted among the runs that the law was fitted to; for L(N, D) it stands in the table.");
    fputs("<ul>\n", out);
    warnings_of(out, "L(N, D)", &e->study.fit);
    for (int k = 0; k < LL_UNIVARIATES; k++) {
        warnings_of(out, names[k][0], &e->lines.along[k].power);
        warnings_of(out, names[k][1], &e->lines.along[k].floor);
    }
    fputs("</ul>\n", out);
    ll_html_fold_end(out);
}

static void noise(FILE *out, const ll_evidence *e) {
    fprintf(out, "<p>The robust standard deviation of the residuals is %.2f %% of the loss",
            100 * e->study.fit.residual_sd);
    if (isfinite(e->evaluation_sd))
        fprintf(out,
                "; evaluation on a finite validation set accounts for %.2f %%, the rest is seeds, tuning and form",
                100 * e->evaluation_sd);
    fputs(".</p>\n", out);
}

void ll_html_diagnostics(FILE *out, const ll_evidence *e) {
    static const char heading[] = "What speaks against it";
    if (e->study.data.n == 0) {
        ll_html_empty(out, "diagnostics", 2, heading, "Nothing is fitted, so there is nothing to diagnose.");
        return;
    }
    ll_html_section(out, "diagnostics", heading);
    if (e->study.fit.law) noise(out, e);
    bends(out, e);
    warnings(out, e);
    if (e->study.fit.law) {
        ll_html_fold(out, "Residual of every run");
        residuals(out, e);
        ll_html_fold_end(out);
    }
    fputs("</section>\n", out);
}
