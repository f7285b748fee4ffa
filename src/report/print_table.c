#include "report/print_table.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "report/escape.h"
#include "report/latex.h"
#include "report/show.h"

void ll_print_row_add(ll_print_table *t, const char *name, const ll_estimate *e, bool held) {
    if (t->n_rows < LL_PRINT_ROWS) t->row[t->n_rows++] = (ll_print_row) { name, *e, held };
}

void ll_print_fact(ll_print_table *t, const char *fmt, ...) {
    va_list args;
    if (t->n_facts == LL_PRINT_FACTS) return;
    va_start(args, fmt);
    vsnprintf(t->fact[t->n_facts++], LL_PRINT_FACT, fmt, args);
    va_end(args);
}

/* L = form, unless the form is an equation. */
static void put_form(const ll_print_table *t, FILE *out) {
    const char *equal = strchr(t->form, '='), *comma = strchr(t->form, ',');
    fputc('$', out);
    if (!equal || (comma && comma < equal)) fputs("L = ", out);
    ll_latex_math(out, t->form);
    fputc('$', out);
}

static void put_facts(const ll_print_table *t, FILE *out, void (*escape)(FILE *, const char *)) {
    for (int k = 0; k < t->n_facts; k++) {
        fputs("; ", out);
        escape(out, t->fact[k]);
    }
}

/* ---- LaTeX ---- */

/* The raised digits of show.h, as digits. */
static void put_exponent(const char *p, FILE *out) {
    static const char *const raised[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹", "⁻" };
    fputs("10^{", out);
    while (*p) {
        int d = 0;
        while (d < 10 && strncmp(p, raised[d], strlen(raised[d])) != 0) d++;
        fputc(d < 10 ? '0' + d : '-', out);
        p += strlen(raised[d]);
    }
    fputc('}', out);
}

/* 591k is 591 \times 10^{3}, 3.16×10⁻⁹ is 3.16 \times 10^{-9}, 10²⁴ is 10^{24}. */
static void put_number(const char *shown, FILE *out) {
    static const char suffix[] = "kMBT", times[] = "×10";
    const size_t digits = strspn(shown, "-0123456789.");
    const char *p = shown + digits, *known = *p ? strchr(suffix, *p) : NULL;
    const bool power = strncmp(p, times, strlen(times)) == 0, plain = !*p;
    if (plain || known || power) fwrite(shown, 1, digits, out);
    if (known) fprintf(out, " \\times 10^{%d}", 3 * (int)(known - suffix + 1));
    if (power) fputs(" \\times ", out);
    if (!plain && !known) put_exponent(power ? p + strlen(times) : p, out);
}

static void latex_row(const ll_print_row *r, FILE *out) {
    char text[LL_SHOW_SIZE];
    const ll_estimate *e = &r->e;
    fputs("    $", out);
    ll_latex_math(out, r->name);
    fputs("$ & $", out);
    put_number(ll_show_in(e->value, e->lo, e->hi, text), out);
    fputs("$ & ", out);
    if (isfinite(e->lo) && isfinite(e->hi) && !r->held) {
        fputs("$[", out);
        put_number(ll_show_in(e->lo, e->lo, e->hi, text), out);
        fputs(",\\, ", out);
        put_number(ll_show_in(e->hi, e->lo, e->hi, text), out);
        fputs("]$ & $", out);
        put_number(ll_show_in(e->se, 0, e->se, text), out);
        fputs("$ \\\\\n", out);
    } else fprintf(out, "%s & -- \\\\\n", r->held ? "held" : "--");
}

void ll_print_latex(const ll_print_table *t, FILE *out) {
    fputs("\\begin{table}\n  \\centering\n  \\caption{", out);
    put_form(t, out);
    put_facts(t, out, ll_escape_latex);
    fputs(".}\n  \\begin{tabular}{lrrr}\n    \\hline\n", out);
    fprintf(out, "    parameter & value & %g\\,\\%% interval & standard error \\\\\n    \\hline\n", 100 * t->level);
    for (int k = 0; k < t->n_rows; k++) latex_row(&t->row[k], out);
    fputs("    \\hline\n  \\end{tabular}\n\\end{table}\n", out);
}

/* ---- Markdown ---- */

static void markdown_row(const ll_print_row *r, FILE *out) {
    char value[LL_SHOW_SIZE], lo[LL_SHOW_SIZE], hi[LL_SHOW_SIZE], se[LL_SHOW_SIZE];
    const ll_estimate *e = &r->e;
    fputs("| $", out);
    ll_latex_math(out, r->name);
    fprintf(out, "$ | %s | ", ll_show_in(e->value, e->lo, e->hi, value));
    if (isfinite(e->lo) && isfinite(e->hi) && !r->held)
        fprintf(out, "%s to %s | %s |\n", ll_show_in(e->lo, e->lo, e->hi, lo), ll_show_in(e->hi, e->lo, e->hi, hi),
                ll_show_in(e->se, 0, e->se, se));
    else fprintf(out, "%s | - |\n", r->held ? "held" : "-");
}

void ll_print_markdown(const ll_print_table *t, FILE *out) {
    fprintf(out, "| parameter | value | %g %% interval | standard error |\n|:--|--:|--:|--:|\n", 100 * t->level);
    for (int k = 0; k < t->n_rows; k++) markdown_row(&t->row[k], out);
    fputc('\n', out);
    put_form(t, out);
    put_facts(t, out, ll_escape_markdown);
    fputc('\n', out);
}
