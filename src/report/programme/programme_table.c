#include "report/programme/programme_table.h"

#include <math.h>
#include <string.h>

#include "loglog/units.h"
#include "report/escape.h"
#include "report/page/html_parts.h"

/* here or published: NaN where there is none. */
static ll_estimate estimate_of(const ll_json *v) {
    const ll_json *ci = ll_json_get(v, "ci");
    return (ll_estimate) { .value = ll_json_get_num(v, "value"),
                           .se = NAN,
                           .lo = ll_json_as_num(ll_json_at(ci, 0)),
                           .hi = ll_json_as_num(ll_json_at(ci, 1)) };
}

static void value_cell(FILE *out, const ll_estimate *e) {
    char text[LL_SHOW_SIZE];
    if (isfinite(e->value))
        fprintf(out, "<td class=\"n\" title=\"%.17g\">%s</td>", e->value, ll_html_show(e, e->value, text));
    else fputs("<td class=\"n\">–</td>", out);
}

/* 0.072 to 0.080 and below it 90 %. */
static void interval_cell(FILE *out, const ll_estimate *e, double level) {
    char lo[LL_SHOW_SIZE], hi[LL_SHOW_SIZE];
    if (isfinite(e->lo) && isfinite(e->hi))
        fprintf(out, "<td class=\"n\" title=\"%.17g\">%s to %s<small>%g %%</small></td>", e->lo,
                ll_html_show(e, e->lo, lo), ll_html_show(e, e->hi, hi), 100 * level);
    else fputs("<td class=\"n\">–</td>", out);
}

/* ---- at what scale ---- */

static void put_span(FILE *out, const ll_json *span) {
    const double lo = ll_json_as_num(ll_json_at(span, 0)), hi = ll_json_as_num(ll_json_at(span, 1));
    char a[LL_SHOW_SIZE], b[LL_SHOW_SIZE];
    ll_units_show(lo, a, sizeof a);
    if (lo == hi) fputs(a, out);
    else fprintf(out, "%s to %s", a, ll_units_show(hi, b, sizeof b));
}

/* Ours, and below it the paper's. */
static void scale_cell(FILE *out, const ll_json *here, const ll_json *paper, const char *key) {
    const ll_json *ours = ll_json_get(here, key), *theirs = ll_json_get(paper, key);
    fputs("<td class=\"n\">", out);
    if (ll_json_size(ours)) put_span(out, ours);
    else fputs("–", out);
    if (ll_json_size(theirs)) {
        fputs("<small>paper ", out);
        put_span(out, theirs);
        fputs("</small>", out);
    }
    fputs("</td>", out);
}

/* ---- the table of all ---- */

static void verdict_cell(FILE *out, const char *verdict) {
    const char *class = !verdict                            ? ""
                        : strcmp(verdict, "same") == 0      ? " class=\"yes\""
                        : strcmp(verdict, "different") == 0 ? " class=\"no\""
                                                            : "";
    fprintf(out, "<td%s>%s</td>", class, verdict ? verdict : "–");
}

static void head_cell(FILE *out, const ll_json *q) {
    fputs("<tr><th scope=\"row\">", out);
    ll_escape_html(out, ll_json_get_str(q, "name"));
    fputs("<small>", out);
    ll_escape_html(out, ll_json_get_str(q, "meaning"));
    fputs("</small></th>", out);
}

static void row(FILE *out, const ll_json *experiment, const ll_json *q) {
    static const char *const keys[] = { "params", "tokens", "flops" };
    const ll_json *here = ll_json_get(q, "here"), *published = ll_json_get(q, "published");
    const ll_estimate ours = estimate_of(here), theirs = estimate_of(published);
    head_cell(out, q);
    ll_html_estimate(out, &theirs);
    value_cell(out, &ours);
    interval_cell(out, &ours, ll_json_get_num(here, "level"));
    for (int k = 0; k < 3; k++)
        scale_cell(out, ll_json_get(experiment, "scale"), ll_json_get(published, "scale"), keys[k]);
    verdict_cell(out, ll_json_get_str(q, "verdict"));
    fputs("</tr>\n", out);
}

void ll_programme_table(FILE *out, const ll_json *doc) {
    const ll_json *experiments = ll_json_get(doc, "experiments"), *e, *q;
    ll_html_section(out, "quantities", "The paper and here");
    ll_html_tag(out, "p",
                "Each quantity as the paper gives it and as it came out here, at what sizes, tokens and compute. A "
                "verdict speaks of the interval here, at this scale; it is no verdict on the paper.");
    ll_html_table(out, "Every quantity",
                  "quantity|#paper|#here|#interval|#N;parameters|#D;tokens|#C;FLOPs|verdict");
    for (const char *name = ll_json_next(experiments, NULL, &e); name; name = ll_json_next(experiments, name, &e)) {
        const ll_json *all = ll_json_get(e, "quantities");
        const char *key = ll_json_next(all, NULL, &q);
        if (key)
            fprintf(out,
                    "<tr class=\"law\"><th colspan=\"8\" scope=\"rowgroup\"><a href=\"#x-%s\">%s</a></th></tr>\n",
                    name, name);
        for (; key; key = ll_json_next(all, key, &q)) row(out, e, q);
    }
    ll_html_table_end(out);
    fputs("</section>\n", out);
}

/* ---- one experiment's ---- */

static bool any_note(const ll_json *quantities) {
    const ll_json *q;
    for (const char *key = ll_json_next(quantities, NULL, &q); key; key = ll_json_next(quantities, key, &q))
        if (ll_json_get_str(q, "note")) return true;
    return false;
}

void ll_programme_quantities(FILE *out, const ll_json *experiment) {
    const ll_json *all = ll_json_get(experiment, "quantities"), *q;
    const char *key = ll_json_next(all, NULL, &q);
    if (!key) return;
    const bool notes = any_note(all);
    ll_html_table(out, "Its quantities",
                  notes ? "quantity|#here|#paper|where the paper has it|verdict|what is to be said"
                        : "quantity|#here|#paper|where the paper has it|verdict");
    for (; key; key = ll_json_next(all, key, &q)) {
        const ll_json *published = ll_json_get(q, "published");
        const ll_estimate ours = estimate_of(ll_json_get(q, "here")), theirs = estimate_of(published);
        const char *source = ll_json_get_str(published, "source"), *note = ll_json_get_str(q, "note");
        head_cell(out, q);
        ll_html_estimate(out, &ours);
        ll_html_estimate(out, &theirs);
        ll_html_cell(out, source ? source : "–");
        verdict_cell(out, ll_json_get_str(q, "verdict"));
        if (notes) ll_html_prose(out, note ? note : "");
        fputs("</tr>\n", out);
    }
    ll_html_table_end(out);
}
