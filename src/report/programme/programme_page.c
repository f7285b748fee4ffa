/* The page of a programme's result: what was run, the first figure, one table, then each experiment. */
#include "report/programme/programme.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/system/file.h"
#include "loglog/units.h"
#include "report/escape.h"
#include "report/page/html_figure.h"
#include "report/page/html_parts.h"
#include "report/programme/programme_table.h"

enum { PAGE_MAX = 960 * 1000 }; /* bytes that figures may fill it to */

/* Each experiment in its order: for (...; name; ...) */
#define EACH(name, e, object)                              \
    const char *name = ll_json_next((object), NULL, &(e)); \
    name;                                                  \
    name = ll_json_next((object), name, &(e))

static const ll_json *experiments_of(const ll_json *doc) {
    return ll_json_get(doc, "experiments");
}

/* ---- what was run ---- */

typedef struct tally {
    int experiments, skipped, published, same, different, untold;
    double runs;
} tally;

static tally count_up(const ll_json *doc) {
    tally t = { 0 };
    const ll_json *e, *q;
    for (EACH(name, e, experiments_of(doc))) {
        t.experiments++;
        t.skipped += ll_json_get_str(e, "skipped") != NULL;
        t.runs += ll_json_get_num(e, "runs");
        for (EACH(key, q, ll_json_get(e, "quantities"))) {
            const char *verdict = ll_json_get_str(q, "verdict");
            if (ll_json_kind_of(ll_json_get(q, "published")) != LL_JSON_OBJECT) continue;
            t.published++;
            t.same += verdict && strcmp(verdict, "same") == 0;
            t.different += verdict && strcmp(verdict, "different") == 0;
            t.untold += verdict && strcmp(verdict, "cannot tell") == 0;
        }
    }
    return t;
}

static void verdicts(FILE *out, const tally *t) {
    const int without = t->published - t->same - t->different - t->untold;
    fprintf(out, " Of %d quantit%s with a published value, <strong>%d came out the same and %d different</strong>",
            t->published, t->published == 1 ? "y" : "ies", t->same, t->different);
    if (t->untold) fprintf(out, "; of %d this scale cannot tell", t->untold);
    if (without) fprintf(out, ", and %d ha%s no verdict", without, without == 1 ? "s" : "ve");
    fputs(".", out);
}

static void lead(FILE *out, const ll_json *doc) {
    const tally t = count_up(doc);
    char wall[64];
    fprintf(out, "<p class=\"lead\">%d experiment%s", t.experiments, t.experiments == 1 ? "" : "s");
    if (t.skipped) fprintf(out, ", of which %d did not run", t.skipped);
    fprintf(out, "; %.0f run%s in %s.", t.runs, t.runs == 1 ? "" : "s",
            ll_units_show_seconds(ll_json_get_num(doc, "wall_s"), wall, sizeof wall));
    if (t.published) verdicts(out, &t);
    fputs("</p>\n", out);
}

static void data_facts(FILE *out, const ll_json *data) {
    char bytes[64], tokens[64];
    const char *name = ll_json_get_str(data, "name");
    ll_html_fact(out, "data", "%s: %s, %s tokens", *name ? name : "made by the specs",
                 ll_units_show_bytes(ll_json_get_num(data, "bytes"), bytes, sizeof bytes),
                 ll_units_show(ll_json_get_num(data, "tokens"), tokens, sizeof tokens));
    ll_html_fact(out, "data hash", "%s", ll_json_get_str(data, "hash"));
}

static void what(FILE *out, const ll_json *doc) {
    const ll_json *data = ll_json_get(doc, "data");
    char wall[64];
    fputs("<dl>\n", out);
    if (ll_json_kind_of(data) == LL_JSON_OBJECT) data_facts(out, data);
    else ll_html_fact(out, "data", "made by the theories that are tried");
    ll_html_fact(out, "time", "%g minutes were given, %s were used", ll_json_get_num(doc, "minutes"),
                 ll_units_show_seconds(ll_json_get_num(doc, "wall_s"), wall, sizeof wall));
    ll_html_fact(out, "machine", "%s", ll_json_get_str(doc, "machine"));
    ll_html_fact(out, "command", "%s", ll_json_get_str(doc, "command"));
    ll_html_fact(out, "version", "%s", ll_json_get_str(doc, "version"));
    fputs("</dl>\n", out);
}

static void navigation(FILE *out, const ll_json *doc) {
    const ll_json *e;
    fputs("<nav aria-label=\"sections\"><ul><li><a href=\"#quantities\">all quantities</a></li>", out);
    for (EACH(name, e, experiments_of(doc))) fprintf(out, "<li><a href=\"#x-%s\">%s</a></li>", name, name);
    fputs("</ul></nav>\n", out);
}

static void header(FILE *out, const ll_json *doc) {
    fputs("<header>\n", out);
    ll_html_tag(out, "h1", ll_json_get_str(doc, "title"));
    fputs("<p class=\"sub\">Programme ", out);
    ll_escape_html(out, ll_json_get_str(doc, "name"));
    const char *paper = ll_json_get_str(doc, "paper");
    if (*paper) fputs(", after ", out);
    ll_escape_html(out, paper);
    fputs("</p>\n", out);
    lead(out, doc);
    what(out, doc);
    navigation(out, doc);
    fputs("</header>\n", out);
}

/* ---- figures ---- */

static size_t panels_of(const ll_json *e) {
    return ll_json_size(ll_json_get(ll_json_get(e, "figure"), "panels"));
}

/* The first triptych, else the first figure; NULL: there is none. */
static const char *first_figure(const ll_json *doc) {
    const char *first = NULL;
    const ll_json *e;
    for (EACH(name, e, experiments_of(doc))) {
        if (panels_of(e) == 3) return name;
        if (!first && panels_of(e) > 0) first = name;
    }
    return first;
}

static ll_status figure(FILE *out, const ll_json *doc, const char *name, const char *caption,
                        char missing[LL_ERROR_MAX], ll_error *err) {
    const long used = ftell(out);
    ll_figure *f;
    LL_TRY(ll_programme_figure(&f, doc, name, err));
    const ll_status s = ll_html_drawing(out, f, name, ll_html_panels(f), caption,
                                        used < PAGE_MAX ? (size_t)(PAGE_MAX - used) : 0, missing, err);
    ll_figure_free(f);
    return s;
}

/* ---- an experiment ---- */

/* What was trained, and what says each number again. */
static void arms(FILE *out, const ll_json *e) {
    const ll_json *all = ll_json_get(e, "arms"), *quantities = ll_json_get(e, "quantities"), *q;
    if (ll_json_size(all) == 0) return;
    ll_html_fold(out, "Its arms and commands");
    fputs("<ul>\n", out);
    for (size_t i = 0; i < ll_json_size(all); i++) ll_html_tag(out, "li", ll_json_as_str(ll_json_at(all, i)));
    for (const char *k = ll_json_next(quantities, NULL, &q); k; k = ll_json_next(quantities, k, &q)) {
        char line[2048];
        snprintf(line, sizeof line, "%.100s: %.1900s", k, ll_json_get_str(q, "command"));
        ll_html_tag(out, "li", line);
    }
    fputs("</ul>\n", out);
    ll_html_fold_end(out);
}

static void facts(FILE *out, const ll_json *e) {
    char wall[64];
    fputs("<dl>\n", out);
    ll_html_fact(out, "not to be concluded", "%s", ll_json_get_str(e, "forbids"));
    ll_html_fact(out, "runs", "%.0f", ll_json_get_num(e, "runs"));
    ll_html_fact(out, "time", "%s", ll_units_show_seconds(ll_json_get_num(e, "wall_s"), wall, sizeof wall));
    fputs("</dl>\n", out);
}

static ll_status experiment(FILE *out, const ll_json *doc, const char *name, const ll_json *e, bool shown,
                            char missing[LL_ERROR_MAX], ll_error *err) {
    const char *skipped = ll_json_get_str(e, "skipped");
    fprintf(out, "<section id=\"x-%s\" aria-labelledby=\"x-%s-h\">\n<h2 id=\"x-%s-h\">%s</h2>\n", name, name, name,
            name);
    ll_html_tag(out, "p", ll_json_get_str(e, "question"));
    if (skipped) {
        fputs("<p><strong>It did not run:</strong> ", out);
        ll_escape_html(out, skipped);
        fputs("</p>\n", out);
    }
    if (shown) fprintf(out, "<p><a href=\"#figure-%s\">Its figure</a> stands at the top of the page.</p>\n", name);
    else if (panels_of(e) > 0) LL_TRY(figure(out, doc, name, "", missing, err));
    ll_programme_quantities(out, e);
    facts(out, e);
    arms(out, e);
    fputs("</section>\n", out);
    return LL_OK;
}

/* ---- the whole ---- */

static ll_status page(FILE *out, const ll_json *doc, char missing[LL_ERROR_MAX], ll_error *err) {
    const char *first = first_figure(doc);
    const ll_json *e;
    ll_html_open(out, ll_json_get_str(doc, "title"));
    header(out, doc);
    const char *question = first ? ll_json_get_str(ll_json_get(experiments_of(doc), first), "question") : NULL;
    if (first) LL_TRY(figure(out, doc, first, question, missing, err));
    ll_programme_table(out, doc);
    for (EACH(name, e, experiments_of(doc)))
        LL_TRY(experiment(out, doc, name, e, first && strcmp(first, name) == 0, missing, err));
    ll_html_close(out);
    return LL_OK;
}

ll_status ll_programme_report(const ll_json *doc, const char *path, char missing[LL_ERROR_MAX], ll_error *err) {
    ll_file file;
    *missing = 0;
    LL_TRY(ll_file_create(&file, path, err));
    const ll_status s = page(file.out, doc, missing, err);
    if (s == LL_OK) return ll_file_commit(&file, err);
    ll_file_abandon(&file);
    return s;
}
