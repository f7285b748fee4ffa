#define _POSIX_C_SOURCE 200809L
#include "report/page/html_sections.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/json.h"
#include "base/version.h"
#include "loglog/units.h"
#include "report/escape.h"
#include "report/page/html_parts.h"

static void entry(FILE *out, const char *term, const char *text) {
    if (!text || !*text) return;
    ll_html_tag(out, "dt", term);
    ll_html_tag(out, "dd", text);
}

/* The distinct texts of one field of the runs, up to a handful, in the order they appear. */
static void distinct(FILE *out, const ll_evidence *e, const char *term, size_t offset) {
    char all[512] = "";
    const char *seen[8];
    int n = 0;
    for (int64_t i = 0; i < e->n_runs; i++) {
        const char *v = (const char *)&e->runs[i] + offset;
        bool known = *v == 0;
        for (int k = 0; k < n && !known; k++) known = strcmp(seen[k], v) == 0;
        if (known || n == 8) continue;
        seen[n++] = v;
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", used ? ", " : "", v);
    }
    entry(out, term, all);
}

/* The data's own description: one line a key. */
static void data(FILE *out, const char *text) {
    ll_json *root = NULL;
    if (!text || ll_json_parse(text, strlen(text), "data", &root, NULL) != LL_OK) return;
    const ll_json *value;
    for (const char *key = ll_json_next(root, NULL, &value); key; key = ll_json_next(root, key, &value)) {
        char term[96];
        char *shown = ll_json_as_str(value) ? strdup(ll_json_as_str(value)) : ll_json_text(value, false);
        snprintf(term, sizeof term, "data: %.80s", key);
        entry(out, term, shown);
        free(shown);
    }
    ll_json_free(root);
}

static void span(FILE *out, const ll_evidence *e) {
    const char *first = "", *last = "";
    for (int64_t i = 0; i < e->n_runs; i++) {
        const ll_run *r = &e->runs[i];
        if (*r->started && (!*first || strcmp(r->started, first) < 0)) first = r->started;
        if (*r->ended && strcmp(r->ended, last) > 0) last = r->ended;
    }
    entry(out, "first run started", first);
    entry(out, "last run ended", last);
}

/* Of a table or a saved fit. */
static void source(FILE *out, const ll_evidence *e) {
    entry(out, e->study.of_fit ? "saved fit" : "table", e->study.source);
    entry(out, "data hash", ll_study_data_hash(&e->study));
    entry(out, "options", *e->how ? e->how + 1 : "");
    if (e->n_scores + e->n_open > 0) entry(out, "ledger of", e->store);
}

void ll_html_provenance(FILE *out, const ll_evidence *e, const char *when) {
    const ll_ladder *l = &e->ladder;
    ll_html_section(out, "provenance", "Where each number comes from");
    fputs("<dl>\n", out);
    entry(out, "ladder", l->name);
    entry(out, "ladder id", l->id);
    entry(out, "command", l->command);
    entry(out, "spec hash", l->spec_hash);
    entry(out, "data hash", l->data_hash);
    data(out, l->data);
    entry(out, "ladder made", l->created);
    entry(out, "trained with", l->version);
    distinct(out, e, "runs by version", offsetof(ll_run, version));
    distinct(out, e, "kernel tables", offsetof(ll_run, kernels));
    distinct(out, e, "hosts", offsetof(ll_run, host));
    distinct(out, e, "imported from", offsetof(ll_run, source));
    span(out, e);
    if (!*e->study.source || e->study.of_store) entry(out, "store", e->store);
    else source(out, e);
    entry(out, "report by", "loglog " LL_VERSION " " LL_COMMIT);
    entry(out, "report made", when);
    fputs("</dl>\n", out);
    ll_html_tag(
        out, "p",
        e->study.of_fit
            ? "The law over N and D is the saved one; the laws of one variable are fitted anew from its rows."
            : "Losses, rates and seeds stand with each run in the table above; the laws are fitted anew "
              "from those rows with the seed and the number of resamples that their section names.");
    if (l->spec && *l->spec) {
        fputs("<details>\n<summary>The resolved spec</summary>\n", out);
        ll_html_tag(out, "pre", l->spec);
        fputs("</details>\n", out);
    }
    fputs("</section>\n", out);
}
