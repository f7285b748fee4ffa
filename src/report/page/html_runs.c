#include "report/page/html_sections.h"

#include <math.h>
#include <string.h>

#include "loglog/units.h"
#include "report/escape.h"
#include "report/page/html_parts.h"

static void name_cell(FILE *out, const ll_run *r) {
    fputs("<tr><th scope=\"row\" title=\"", out);
    ll_escape_html(out, r->id);
    fputs("\">", out);
    ll_escape_html(out, *r->name ? r->name : r->id);
    fputs("</th>", out);
}

static void sizes(FILE *out, const ll_evidence *e) {
    bool unstated = e->params_are == LL_PARAMS_UNSTATED;
    ll_html_table(
        out, "Every run: size and loss",
        unstated ? "run|role|state|#N;count not stated|#N;with head|#N;all|#D;tokens|#C = 6ND;FLOPs|#C exact;FLOPs|"
                   "#loss;nats/token|#se|#loss;bits/byte|#train loss;nats/token"
                 : "run|role|state|#N;non-embedding|#N;with head|#N;all|#D;tokens|#C = 6ND;FLOPs|#C "
                   "exact;FLOPs|#loss;nats/token|#se|#loss;bits/byte|#train loss;nats/token");
    for (int64_t i = 0; i < e->n_runs; i++) {
        const ll_run *r = &e->runs[i];
        name_cell(out, r);
        ll_html_cell(out, r->role);
        ll_html_cell(out, ll_run_state_name(r->state));
        ll_html_count(out, unstated ? r->params_unstated : r->params);
        ll_html_count(out, r->params_head);
        ll_html_count(out, r->params_total);
        ll_html_count(out, r->tokens);
        ll_html_number(out, r->flops, 4);
        ll_html_number(out, r->flops_exact, 4);
        ll_html_fixed(out, r->loss, 4);
        ll_html_number(out, r->loss_se, 2);
        ll_html_fixed(out, ll_units_bits_per_byte(r->loss, r->bytes_per_token), 4);
        ll_html_fixed(out, r->train_loss, 4);
        fputs("</tr>\n", out);
    }
    ll_html_table_end(out);
}

static void seconds_cell(FILE *out, double v) {
    char text[64];
    ll_html_cell(out, isfinite(v) ? ll_units_show_seconds(v, text, sizeof text) : "");
}

static void settings(FILE *out, const ll_evidence *e) {
    ll_html_table(
        out, "Every run: how it was trained",
        "run|family|shape;layers × width, heads|#context|#batch;tokens|#lr;peak|#steps|#tokens/s|wall|#energy;J|"
        "kernels|precision|#seed|arm|host|ended");
    for (int64_t i = 0; i < e->n_runs; i++) {
        const ll_run *r = &e->runs[i];
        char shape[96];
        snprintf(shape, sizeof shape, "%lld × %lld, %lld", (long long)r->layers, (long long)r->width,
                 (long long)r->heads);
        name_cell(out, r);
        ll_html_cell(out, r->family);
        ll_html_cell(out, r->layers > 0 ? shape : "");
        ll_html_count(out, r->context > 0 ? (double)r->context : NAN);
        ll_html_count(out, r->batch_tokens);
        ll_html_number(out, r->lr, 3);
        ll_html_count(out, r->steps);
        ll_html_count(out, r->tokens_per_s);
        seconds_cell(out, r->wall_s);
        ll_html_number(out, r->energy_j, 3);
        ll_html_cell(out, r->kernels);
        ll_html_cell(out, r->precision);
        fprintf(out, "<td class=\"n\">%lld</td>", (long long)r->seed);
        ll_html_cell(out, r->arm);
        ll_html_cell(out, r->host);
        ll_html_cell(out, r->ended);
        fputs("</tr>\n", out);
    }
    ll_html_table_end(out);
}

/* A table of numbers may know nothing of how they came about. */
static bool any_settings(const ll_evidence *e) {
    for (int64_t i = 0; i < e->n_runs; i++) {
        const ll_run *r = &e->runs[i];
        if (r->layers > 0 || r->batch_tokens > 0 || r->lr > 0 || r->steps > 0 || r->wall_s > 0 || *r->family)
            return true;
    }
    return false;
}

static void failures(FILE *out, const ll_evidence *e) {
    for (int64_t i = 0; i < e->n_runs; i++) {
        if (!*e->runs[i].failure) continue;
        fputs("<p>", out);
        ll_escape_html(out, e->runs[i].name);
        fputs(" failed: ", out);
        ll_escape_html(out, e->runs[i].failure);
        fputs("</p>\n", out);
    }
}

void ll_html_runs(FILE *out, const ll_evidence *e) {
    if (e->n_runs == 0) {
        ll_html_empty(out, "runs", 2, "All runs", "There is no run yet.");
        return;
    }
    char left[256] = "";
    if (!e->study.of_store) ll_study_left_words(&e->study, left, sizeof left);
    ll_html_section(out, "runs", "All runs");
    if (e->n_runs < e->n_all)
        fprintf(out,
                "<p>%lld of %lld runs are shown, here and in the figures: evenly many of all budgets, the held-out "
                "ones and the largest. The laws stand on all of them.</p>\n",
                (long long)e->n_runs, (long long)e->n_all);
    else if (!*left) ll_html_tag(out, "p", "No run is left out.");
    if (*left) fprintf(out, "<p>Of the table's rows %s.</p>\n", left);
    ll_html_tag(
        out, "p",
        "N is counted three ways because the exponents depend on the count; exact FLOPs add attention and the "
        "head to 6ND. All digits stand in each number's tool tip; a click on a heading sorts.");
    failures(out, e);
    ll_html_fold(out, "Size and loss of every run");
    sizes(out, e);
    ll_html_fold_end(out);
    if (any_settings(e)) {
        ll_html_fold(out, "How every run was trained");
        settings(out, e);
        ll_html_fold_end(out);
    }
    fputs("</section>\n", out);
}
