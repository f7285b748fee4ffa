#include "cli/law/fit_mixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "fit/io/mixing_json.h"
#include "fit/solve/columns.h"

/* Rows of a table as mixtures; the names are the table's headers. */
typedef struct rows {
    ll_table table;
    ll_mixing_data data;
    const char *share[LL_MIXING_SHARES], *loss[LL_MIXING_LOSSES];
} rows;

static int count(const char *list) {
    int n = *list != 0;
    for (const char *p = list; *p; p++) n += *p == ',';
    return n;
}

static ll_status bind(rows *r, const ll_input *in, const char *path, ll_error *err) {
    ll_table *t = &r->table;
    const int shares = count(in->shares), losses = count(in->losses);
    if (shares > LL_MIXING_SHARES || losses > LL_MIXING_LOSSES)
        return LL_FAIL(err, LL_EINPUT, "--shares and --losses name %d and %d columns, expected at most %d and %d",
                       shares, losses, LL_MIXING_SHARES, LL_MIXING_LOSSES);
    if (losses == 0 && !t->num[LL_COL_LOSS])
        return LL_FAIL(err, LL_EINPUT, "%s: no column of losses: name those of the domains with --losses A,B",
                       path);
    r->data = (ll_mixing_data) {
        .n = t->rows, .shares = shares, .losses = losses ? losses : 1, .source = path, .line = t->line
    };
    for (int j = 0; j < shares; j++) r->share[j] = t->measures[j].name, r->data.share[j] = t->measures[j].value;
    for (int k = 0; k < losses; k++) {
        r->loss[k] = t->measures[shares + k].name;
        r->data.loss[k] = t->measures[shares + k].value;
    }
    if (losses == 0) r->loss[0] = t->header[LL_COL_LOSS], r->data.loss[0] = t->num[LL_COL_LOSS];
    return LL_OK;
}

static ll_status read(rows *r, const ll_input *in, const char *where, const char *path, ll_fit_opts *opts,
                      ll_error *err) {
    char measures[2 * LL_OPTION_TEXT];
    ll_study_opts study;
    snprintf(measures, sizeof measures, "%s%s%s", in->shares, *in->losses ? "," : "", in->losses);
    LL_TRY(ll_input_opts(in, NULL, &study, err));
    *opts = study.fit;
    study.table.measures = measures;
    study.table.where = where;
    LL_TRY(ll_table_read(&r->table, path, &study.table, err));
    const ll_status status = bind(r, in, path, err);
    if (status != LL_OK) ll_table_clear(&r->table);
    return status;
}

/* ---- the answer ---- */

static void show_number(const char *name, const ll_estimate *e) {
    ll_say("  %-25.40s %-.3g", name, e->value);
    if (isfinite(e->lo)) ll_say(" [%.3g, %.3g]", e->lo, e->hi);
}

static void show_laws(const ll_mixing *f, const rows *r) {
    for (int k = 0; k < f->losses; k++) {
        ll_say("%s: residuals %.2g %%\n", r->loss[k], 100 * f->law[k].residual_sd);
        show_number("c", &f->law[k].c);
        for (int j = 0; j < f->shares; j++) {
            ll_say("\n");
            show_number(r->share[j], &f->law[k].t[j]);
        }
        ll_say("\n");
    }
}

static void show_best(const ll_mixing *f, const rows *r) {
    ll_say("the mixture of the least mean loss, within the shares run:\n");
    show_number("mean loss", &f->least);
    for (int j = 0; j < f->shares; j++) {
        ll_say("\n");
        show_number(r->share[j], &f->best[j]);
        ll_say(", run: %.3g to %.3g", f->lo[j], f->hi[j]);
    }
    for (int k = 0; k < f->losses; k++) {
        ll_say("\n");
        show_number(r->loss[k], &f->law[k].at_best);
    }
    ll_say("\n");
}

static void show_judged(const ll_mixing *f, const rows *r, const ll_mixing_score *score) {
    ll_say("%-24s %5s %10s %9s %12s  %s\n", "judged", "rows", "mean error", "worst", "of the mean", "covered");
    for (int k = 0; k < f->losses; k++) {
        ll_say("%-24.24s %5lld %8.3f %% %7.3f %% %10.3f %%", r->loss[k], (long long)score[k].n,
               100 * score[k].mean_abs_rel_err, 100 * score[k].worst_abs_rel_err, 100 * score[k].of_constant);
        if (f->n_draws > 1) ll_say(" %6.0f %%", 100 * score[k].covered);
        ll_say("\n");
    }
}

static void show(const ll_mixing *f, const rows *r, const ll_mixing_score *score) {
    char text[LL_FIT_WARNING];
    ll_say("mixture: %s\n(%lld mixtures of %d shares, %d losses, each by itself)\n", LL_MIXING_FORM,
           (long long)f->n, f->shares, f->losses);
    for (int k = 0; ll_mixing_warning(f, k, text, sizeof text); k++) ll_say("warning: %s\n", text);
    show_laws(f, r);
    show_best(f, r);
    if (score) show_judged(f, r, score);
    ll_say("%s, %lld resamples of residuals, %.2f s\n", ll_objective_name(f->opts.objective), (long long)f->n_draws,
           f->wall_s);
}

/* Of losses that are named one by one no header says the unit. */
static ll_json *convention(const rows *r, const ll_input *in, const char *path) {
    static const char *const units[] = { LL_NATS_PER_TOKEN, LL_BITS_PER_BYTE, "bits per token", "unstated" };
    const bool told = *in->loss_unit || !*in->losses;
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "params", "unstated");
    ll_json_set_str(o, "loss_unit", units[told ? r->table.loss_unit : LL_LOSS_UNSTATED]);
    ll_json_set_str(o, "loss_column", *in->losses ? in->losses : r->loss[0]);
    ll_json_set_str(o, "source", path);
    if (r->table.hash[0]) ll_json_set_str(o, "data_hash", r->table.hash);
    return o;
}

static ll_status judge(const ll_mixing *f, const rows *fitted, const ll_input *in, const char *path,
                       ll_mixing_score *score, ll_error *err) {
    rows other = { 0 };
    ll_fit_opts opts;
    LL_TRY(read(&other, in, in->judge, path, &opts, err));
    const ll_status status = ll_mixing_judge(f, &other.data, &fitted->data, score, err);
    ll_table_clear(&other.table);
    return status;
}

static int answer(const ll_mixing *f, const rows *r, const ll_input *in, ll_manner manner, const char *path) {
    ll_error err = { 0 };
    ll_mixing_score score[LL_MIXING_LOSSES];
    if (*in->judge && judge(f, r, in, path, score, &err) != LL_OK) return ll_cli_fail(&err);
    if (manner != LL_AS_JSON) return show(f, r, *in->judge ? score : NULL), LL_EXIT_DONE;
    const ll_fit_context context = { .convention = convention(r, in, path), .dropped = r->table.dropped };
    return ll_cli_json(ll_mixing_json(f, r->share, r->loss, *in->judge ? score : NULL, &context));
}

int ll_fit_mixture(const ll_input *in, ll_manner manner, const char *path) {
    ll_error err = { 0 };
    rows r = { 0 };
    ll_fit_opts opts;
    ll_mixing f;
    if (!path) return ll_cli_usage("fit: law mixture reads a table of proportions and losses: name one");
    if (!*in->shares) return ll_cli_usage("fit: law mixture: name the columns of proportions with --shares A,B,C");
    if (read(&r, in, in->where, path, &opts, &err) != LL_OK) return ll_cli_fail(&err);
    int code = LL_EXIT_DONE;
    if (ll_mixing_run(&f, &r.data, &opts, &err) != LL_OK) code = ll_cli_fail(&err);
    else {
        code = answer(&f, &r, in, manner, path);
        ll_mixing_clear(&f);
    }
    ll_table_clear(&r.table);
    return code;
}
