/* The laws with their intervals, and what a budget of compute buys under the surface. */
#include <math.h>
#include <string.h>

#include "report/page/html_sections.h"

#include "fit/approach/frontier.h"
#include "loglog/units.h"
#include "report/escape.h"
#include "report/page/html_parts.h"

/* A parameter as it would be if the losses were in bits per byte: losses are multiplied by scale. */
typedef struct in_bits {
    const ll_law *law;
    int index;
    double scale;
} in_bits;

static bool is_coefficient(const ll_law *law, int index) {
    for (int t = 0; t < law->n_terms; t++)
        if (law->terms[t].coef == index) return true;
    return false;
}

/* Coefficients of a sum scale with the loss; (Xc/X)^alpha becomes (Xc s^(1/alpha)/X)^alpha; exponents stay. */
static double rescaled(const double *p, const void *ctx) {
    const in_bits *b = ctx;
    if (is_coefficient(b->law, b->index)) return p[b->index] * b->scale;
    if (strcmp(b->law->name, "power") == 0 && b->index == 0) return p[0] * pow(b->scale, 1 / p[1]);
    return p[b->index];
}

/* X in the words of a law of one variable is N, D or C; letter 0: the law names its variables itself. */
static const char *name_in(const char *words, char letter, char buf[64]) {
    snprintf(buf, 64, "%s", words);
    for (char *p = buf; *p && letter; p++)
        if (*p == 'X') *p = letter;
    return buf;
}

static void parameters(FILE *out, const ll_fit *fit, char letter, double bytes_per_token) {
    char name[64];
    for (int j = 0; j < fit->law->n_params; j++) {
        in_bits b = { fit->law, j, ll_units_bits_per_byte(1, bytes_per_token) };
        ll_estimate bits = { NAN, NAN, NAN, NAN };
        if (b.scale > 0) bits = ll_fit_derived(fit, rescaled, &b);
        ll_html_row(out, name_in(fit->law->params[j].name, letter, name));
        ll_html_estimate(out, &fit->params[j]);
        ll_html_number(out, fit->params[j].se, 3);
        ll_html_estimate(out, &bits);
        ll_html_cell(out, fit->weak >> j & 1 ? "weak: the runs hardly fix it" : "");
        fputs("</tr>\n", out);
    }
}

static void p_value(FILE *out, const char *words, double p) {
    if (isfinite(p)) fprintf(out, "; p = %.3g of a bend%s", p, words);
}

/* The head line of one law in the table. */
static void law_head(FILE *out, const char *name, char letter, const ll_fit *fit, const char *chosen) {
    char form[64];
    fputs("<tr class=\"law\"><th colspan=\"5\" scope=\"rowgroup\">", out);
    ll_escape_html(out, name);
    fputs(" = ", out);
    ll_escape_html(out, name_in(fit->law->form, letter, form));
    fprintf(out, "<small>%lld runs: ", (long long)fit->n);
    ll_escape_html(out, chosen);
    fprintf(out, "; residual sd %.2f %%", 100 * fit->residual_sd);
    if (fit->n_draws) fprintf(out, "; %s resampling", ll_resample_name(fit->opts.resample));
}

static void line(FILE *out, const ll_univariate *l, double bytes_per_token) {
    static const char letters[] = { [LL_VAR_N] = 'N', [LL_VAR_D] = 'D', [LL_VAR_C] = 'C' };
    char name[16];
    snprintf(name, sizeof name, "L(%c)", letters[l->along]);
    const ll_fit *fits[] = { &l->power, &l->floor };
    double bends[] = { l->bend_power, l->bend_floor };
    for (int k = 0; k < 2; k++) {
        if (!fits[k]->law) continue;
        law_head(out, name, letters[l->along], fits[k], l->runs.words);
        p_value(out, "", bends[k]);
        fputs("</small></th></tr>\n", out);
        parameters(out, fits[k], letters[l->along], bytes_per_token);
    }
}

static void missing(FILE *out, const ll_evidence *e) {
    static const char *const names[] = { "L(N)", "L(D)", "L(C)" };
    if (*e->unstudied) {
        fputs("<p>The surface L(N, D) is absent: ", out);
        ll_escape_html(out, ll_evidence_no_surface(e));
        fputs(".</p>\n", out);
    }
    for (int k = 0; k < LL_UNIVARIATES; k++) {
        if (!*e->lines.along[k].missing) continue;
        fprintf(out, "<p>%s from ", names[k]);
        ll_escape_html(out, e->lines.along[k].runs.words);
        fputs(": ", out);
        ll_escape_html(out, e->lines.along[k].missing);
        fputs(".</p>\n", out);
    }
}

/* NULL when there is no law at all. */
static const ll_fit *first_law(const ll_evidence *e) {
    if (e->study.fit.law) return &e->study.fit;
    for (int k = 0; k < LL_UNIVARIATES; k++) {
        if (e->lines.along[k].power.law) return &e->lines.along[k].power;
        if (e->lines.along[k].floor.law) return &e->lines.along[k].floor;
    }
    return NULL;
}

/* Which runs the surface stands on: of those that are held out the scored ones. */
static const char *surface_runs(const ll_evidence *e, char *out, size_t size) {
    long long scored = 0, waiting = 0;
    for (int64_t i = 0; i < e->n_runs; i++) {
        if (!ll_evidence_held_out(&e->runs[i])) continue;
        scored += e->row[i] >= 0;
        waiting += e->row[i] < 0 && ll_evidence_done(&e->runs[i]);
    }
    int n = snprintf(out, size, "all that are done");
    if (waiting) n += snprintf(out + n, size - (size_t)n, " but %lld held out", waiting);
    if (scored) snprintf(out + n, size - (size_t)n, ", among them %lld once held out and scored since", scored);
    return out;
}

static void table(FILE *out, const ll_evidence *e) {
    char chosen[128];
    ll_html_table(out, "Laws and their parameters, with intervals",
                  "parameter|#losses in;nats/token|#standard error|#losses in;bits/byte|");
    if (e->study.fit.law) {
        law_head(out, "L(N, D)", 0, &e->study.fit, surface_runs(e, chosen, sizeof chosen));
        p_value(out, " along N", e->bend[0]);
        p_value(out, " along D", e->bend[1]);
        p_value(out, " along C", e->bend[2]);
        fputs("</small></th></tr>\n", out);
        parameters(out, &e->study.fit, 0, e->bytes_per_token);
    }
    for (int k = 0; k < LL_UNIVARIATES; k++) line(out, &e->lines.along[k], e->bytes_per_token);
    ll_html_table_end(out);
}

void ll_html_laws(FILE *out, const ll_evidence *e) {
    ll_html_section(out, "laws", "The laws");
    missing(out, e);
    if (first_law(e)) {
        const ll_fit_opts *o = &first_law(e)->opts;
        table(out, e);
        fprintf(out,
                "<p>N counts %s, D training tokens, C = 6ND. Each law minimises the sum of "
                "Huber losses of the log residual (delta %g); the intervals are central %g %% intervals of %lld "
                "resamples, seed %llu, of the kind that each law names. They hold the law's own uncertainty if its "
                "form is right, not the doubt "
                "about the form.%s</p>\n",
                ll_evidence_n_words(e), o->delta, 100 * o->level, (long long)o->n_boot, (unsigned long long)o->seed,
                e->bytes_per_token > 0
                    ? ""
                    : " Bits per byte are absent because the bytes per token are unknown or differ "
                      "between runs.");
    }
    fputs("</section>\n", out);
}

static void optimum_row(FILE *out, const ll_evidence *e, double C, double largest) {
    const ll_fit *fit = &e->study.fit;
    ll_estimate N = ll_fit_n_opt(fit, C), D = ll_fit_d_opt(fit, C), L = ll_fit_l_opt(fit, C), bits = L;
    double scale = ll_units_bits_per_byte(1, e->bytes_per_token);
    bits = (ll_estimate) { L.value * scale, L.se * scale, L.lo * scale, L.hi * scale };
    char text[LL_SHOW_SIZE];
    ll_html_row(out, ll_show(C, 3, text));
    ll_html_count_estimate(out, &N);
    ll_html_count_estimate(out, &D);
    ll_html_number(out, D.value / N.value, 3);
    ll_html_estimate(out, &L);
    ll_html_estimate(out, &bits);
    char beyond[64] = "";
    if (C > 1.001 * largest) snprintf(beyond, sizeof beyond, "%.3g times the largest run", C / largest);
    ll_html_cell(out, beyond);
    fputs("</tr>\n", out);
}

static void exponents(FILE *out, const ll_frontier_estimate *f) {
    char v[3][LL_SHOW_SIZE];
    const ll_estimate *e[] = { &f->a, &f->b };
    const char *const words[] = { "N grows as C to the power ", ", D as C to the power " };
    fputs("<p>", out);
    for (int k = 0; k < 2; k++)
        fprintf(out, "%s%s (%s to %s)", words[k], ll_html_show(e[k], e[k]->value, v[0]),
                ll_html_show(e[k], e[k]->lo, v[1]), ll_html_show(e[k], e[k]->hi, v[2]));
    fputs(".</p>\n", out);
}

static void valleys(FILE *out, const ll_evidence *e) {
    if (e->lines.n_valleys == 0) return;
    ll_html_fold(out, "Every isoFLOP valley and its minimum");
    ll_html_table(out, "isoFLOP valleys", "C;FLOPs|#runs|#N at the minimum;parameters|#loss there;nats/token|");
    for (int k = 0; k < e->lines.n_valleys; k++) {
        const ll_valley *v = &e->lines.valleys[k];
        char text[LL_SHOW_SIZE];
        ll_html_row(out, ll_show(v->flops, 3, text));
        ll_html_fixed(out, (double)v->n, 0);
        ll_html_count(out, v->n_opt);
        ll_html_fixed(out, v->loss_min, 4);
        ll_html_cell(out, v->concave ? "no minimum: the parabola opens downwards"
                          : v->edge  ? "the minimum lies outside the sizes that were run"
                                     : "");
        fputs("</tr>\n", out);
    }
    ll_html_table_end(out);
    ll_html_fold_end(out);
}

static void frontier(FILE *out, const ll_evidence *e) {
    double lo, hi;
    if (!ll_evidence_span(e, &lo, &hi)) return;
    exponents(out, &e->frontier);
    ll_html_table(out, "Compute-optimal size and tokens by the law, with its intervals",
                  "C = 6ND;FLOPs|#N;parameters|#D;tokens|#D/N|#loss;nats/token|#loss;bits/byte|");
    for (double k = floor(log10(lo)); k <= floor(log10(hi)) + 2; k++) optimum_row(out, e, pow(10, k), hi);
    ll_html_table_end(out);
}

void ll_html_optimum(FILE *out, const ll_evidence *e) {
    static const char heading[] = "What a budget of compute buys best";
    const char *why = ll_evidence_no_frontier(e);
    char sentence[256];
    if (why) snprintf(sentence, sizeof sentence, "There is no table: %s.", why);
    if (why && e->lines.n_valleys == 0) {
        ll_html_empty(out, "optimum", 2, heading, sentence);
        return;
    }
    ll_html_section(out, "optimum", heading);
    if (why) ll_html_tag(out, "p", sentence);
    else frontier(out, e);
    valleys(out, e);
    fputs("</section>\n", out);
}
