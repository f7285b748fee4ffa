#include "cli/law/fit_curve.h"

#include <stdlib.h>
#include <string.h>

#include "base/words/text.h"
#include "cli/cli.h"
#include "cli/show/show_fit.h"
#include "cli/show/show_run.h"
#include "cli/store_named.h"
#include "fit/io/curve_json.h"
#include "store/observation.h"
#include "sweep/design/rated_curves.h"

/* Every row of the table, whose rates lead up to the rows that are fitted and judged. */
typedef struct curves {
    ll_table table;
    ll_columns columns;
    ll_fit_opts opts;
    const ll_curve_law *law;
    bool *fitted, *judged;    /* [table.rows] one block */
    int64_t dropped, unknown; /* unknown: runs of a store without a schedule */
} curves;

static void clear(curves *c) {
    free(c->fitted);
    ll_columns_free(&c->columns);
    ll_table_clear(&c->table);
    *c = (curves) { 0 };
}

/* Marks the rows where a filter holds; returns how many. */
static ll_status mark(bool *out, int64_t *n, const curves *c, const char *path, ll_table_opts opts,
                      const char *where, ll_error *err) {
    ll_table t;
    opts.where = where;
    LL_TRY(ll_table_read(&t, path, &opts, err));
    for (int64_t i = 0, k = 0; i < c->table.rows && k < t.rows; i++)
        if (c->table.line[i] == t.line[k]) out[i] = true, k++;
    *n = t.rows;
    ll_table_clear(&t);
    return LL_OK;
}

static ll_status need(const curves *c, ll_column column, const char *what, const char *path, ll_error *err) {
    if (c->table.num[column]) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: no column %s (%s): name it with --col", path, what,
                   column == LL_COL_LR ? "the learning rate at each step" : "of each point of a learning curve");
}

static unsigned needed(const curves *c) {
    return c->law->of_sizes ? LL_COLUMNS_NO_LOSS | 1u << LL_VAR_N : LL_COLUMNS_NO_LOSS;
}

static ll_status read_table(curves *c, const ll_input *in, const char *path, ll_table_opts opts, ll_error *err) {
    int64_t n;
    opts.where = NULL;
    LL_TRY(ll_table_read(&c->table, path, &opts, err));
    LL_TRY(need(c, LL_COL_STEP, "step", path, err));
    LL_TRY(need(c, LL_COL_LR, "lr", path, err));
    LL_TRY(need(c, LL_COL_LOSS, "loss", path, err));
    LL_TRY(ll_columns_new(&c->columns, &c->table, path, needed(c), err));
    c->fitted = calloc((size_t)(2 * c->table.rows + 1), sizeof *c->fitted);
    if (!c->fitted) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)c->table.rows);
    c->judged = c->fitted + c->table.rows;
    LL_TRY(mark(c->fitted, &n, c, path, opts, in->where, err));
    c->dropped = c->table.rows - n;
    return *in->judge ? mark(c->judged, &n, c, path, opts, in->judge, err) : LL_OK;
}

/* The runs of --ladder: a ladder's by its id, the imported ones, or those of all, which is "". */
static ll_status runs_of(ll_store *s, const char *word, char ladder[17], ll_error *err) {
    if (strcmp(word, LL_LADDER_IMPORTED) == 0) return strcpy(ladder, word), LL_OK;
    return ll_show_ladder_id(s, strcmp(word, LL_LADDER_ALL) == 0 ? "" : word, ladder, err);
}

static ll_status read_store(curves *c, const ll_input *in, ll_error *err) {
    ll_store *s;
    char ladder[17];
    ll_rated_curves r = { 0 };
    LL_TRY(ll_cli_open_store(&s, in->store, LL_STORE_READ, err));
    ll_status status = runs_of(s, in->ladder, ladder, err);
    if (status == LL_OK) status = ll_rated_curves_read(&r, s, ladder, in->where, in->judge, err);
    ll_store_close(s);
    if (status != LL_OK) return status;
    c->table = r.table;
    c->fitted = r.fitted;
    c->judged = r.judged;
    c->unknown = r.unknown;
    if (!c->table.rows) return LL_FAIL(err, LL_EINPUT, "%s: no done run whose spec tells its schedule", in->store);
    return ll_columns_new(&c->columns, &c->table, in->store, needed(c), err);
}

static ll_status read_rows(curves *c, const ll_input *in, const char *path, ll_error *err) {
    ll_study_opts opts;
    c->law = ll_curve_law_find(in->law);
    LL_TRY(ll_input_opts(in, &c->law->law, &opts, err));
    c->opts = opts.fit;
    return path ? read_table(c, in, path, opts.table, err) : read_store(c, in, err);
}

static ll_status fit(const curves *c, const ll_input *in, const char *path, ll_curve_fit *f, ll_error *err) {
    const ll_table *t = &c->table;
    const ll_curve_data data = { .n = t->rows,
                                 .step = t->num[LL_COL_STEP],
                                 .rate = t->num[LL_COL_LR],
                                 .loss = t->num[LL_COL_LOSS],
                                 .run = t->cluster,
                                 .name = (const char *const *)t->text[LL_COL_RUN],
                                 .fitted = c->fitted,
                                 .judged = c->judged,
                                 .source = path,
                                 .line = t->line,
                                 .params = c->law->of_sizes ? c->columns.v[LL_VAR_N] : NULL,
                                 .relative = c->law->of_sizes,
                                 .most = c->law->of_sizes ? LL_CURVE_MOST : 0,
                                 .warmup = (double)in->warmup };
    return ll_curve_fit_run(f, c->law, &data, &c->opts, err);
}

/* ---- the answer ---- */

static void show_score(const char *name, const ll_curve_score *s, bool end) {
    ll_say("%-24s %6lld  %8.5f  %8.3f %%  %8.3f %%", name, (long long)s->n, s->r2, 100 * s->mean_abs_rel_err,
           100 * s->worst_abs_rel_err);
    if (end) ll_say("  %+8.3f %%", 100 * s->end_rel_err);
    ll_say("\n");
}

static void show(const curves *c, const ll_curve_fit *f) {
    char text[LL_FIT_WARNING], name[25];
    const char *const *runs = c->columns.run;
    ll_say("%s: %s\n(%lld points of %lld curves, %s)\n", f->law->law.name, f->law->law.form, (long long)f->n,
           (long long)f->n_curves, c->columns.loss_unit);
    if (c->unknown)
        ll_say("warning: %lld run%s left out: no spec tells the schedule\n", (long long)c->unknown,
               c->unknown == 1 ? " is" : "s are");
    for (int k = 0; ll_curve_fit_warning(f, k, text, sizeof text); k++) ll_say("warning: %s\n", text);
    for (int j = 0; j < f->law->law.n_params; j++)
        ll_show_estimate(f->law->law.params[j].name, &f->params[j], f->opts.level,
                         f->opts.fixed >> j & 1 ? "held" : "");
    ll_say("%-24s %6s  %8s  %10s  %10s%s\n", "", "points", "r2", "mean error", "worst",
           f->judged.n ? "      at end" : "");
    show_score("fitted", &f->fitted, false);
    for (int64_t k = 0; k < f->n_judged_curves; k++) {
        const char *run = runs ? runs[f->curve[k].row] : NULL;
        show_score(ll_text_visible(run ? run : "judged", name, sizeof name), &f->curve[k], true);
    }
    if (f->judged.n) show_score("judged, mean of curves", &f->of_curves, true);
    if (f->judged.n) show_score("judged, all points", &f->judged, false);
    ll_say("%s, %lld starts, %lld resamples of blocks, %.2f s\n", ll_objective_name(f->opts.objective),
           (long long)f->starts, (long long)f->n_draws, f->wall_s);
}

static int answer(const curves *c, const ll_curve_fit *f, ll_manner manner, const char *path) {
    if (manner != LL_AS_JSON) return show(c, f), LL_EXIT_DONE;
    const ll_fit_context context = { .convention = ll_columns_convention(&c->columns, &c->table, path),
                                     .dropped = c->dropped,
                                     .runs = c->columns.run };
    return ll_cli_json(ll_curve_fit_json(f, &context));
}

int ll_fit_curve(const ll_input *in, ll_manner manner, const char *path) {
    ll_error err = { 0 };
    curves c = { 0 };
    ll_curve_fit f;
    int code = LL_EXIT_DONE;
    const char *source = path ? path : in->store;
    if (read_rows(&c, in, path, &err) != LL_OK || fit(&c, in, source, &f, &err) != LL_OK) code = ll_cli_fail(&err);
    else {
        code = answer(&c, &f, manner, source);
        ll_curve_fit_clear(&f);
    }
    clear(&c);
    return code;
}
