#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ledger.h"
#include "cli/print.h"
#include "cli/show_statements.h"
#include "cli/store_named.h"
#include "forecast/distribution.h"
#include "report/figures_calibration.h"

typedef struct score_args {
    ll_ledger_args ledger;
    char run[LL_OPTION_TEXT], table[LL_OPTION_TEXT], scale[LL_OPTION_NAME], out[LL_OPTION_TEXT];
    double outcome;
} score_args;

#define AT(f) offsetof(score_args, f)
static const ll_option options[] = {
    LL_LEDGER_STORE(score_args),
    LL_LEDGER_FILE(score_args),
    { "run", LL_OPT_TEXT, AT(run), "", "a sealed run that is not trained here; with --outcome" },
    { "outcome", LL_OPT_REAL, AT(outcome), "0", "the loss that it came to, nats per token", .max = 1e6 },
    { "table", LL_OPT_TEXT, AT(table), "",
      "score the forecasts of others instead: a CSV file of question, outcome, q0.05, q0.5, q0.95 and such" },
    { "scale", LL_OPT_NAME, AT(scale), "log", "of the table's numbers: log scores ratios, linear differences",
      "log linear" },
    { "out", LL_OPT_TEXT, AT(out), "", "a figure of how often the intervals held: .svg, .png or .pdf" },
    LL_LEDGER_JSON(score_args),
};
#undef AT

/* What is scored, wherever it came from; open questions have only a name. */
typedef struct scored {
    const char **name; /* [n], borrowed; the judged ones first */
    ll_score *score;   /* [judged] */
    double *median;    /* [judged] */
    int64_t n, judged;
    const ll_predictions *table; /* whose statements are shown too; NULL for the ledger */
} scored;

static ll_status new_scored(scored *s, int64_t n, ll_error *err) {
    *s = (scored) { .name = malloc((size_t)(n + 1) * sizeof *s->name),
                    .score = malloc((size_t)(n + 1) * sizeof *s->score),
                    .median = malloc((size_t)(n + 1) * sizeof *s->median) };
    return s->name && s->score && s->median
               ? LL_OK
               : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld scores", (long long)n);
}

static void clear_scored(scored *s) {
    free(s->name);
    free(s->score);
    free(s->median);
}

/* ---- what is shown ---- */

static ll_json *one_json(const scored *s, int64_t i) {
    const ll_score *score = &s->score[i];
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "question", s->name[i]);
    ll_json_set_num(o, "median", s->median[i]);
    ll_json_set_num(o, "outcome", score->outcome);
    ll_json_set_num(o, "interval_score", score->interval_score);
    ll_json_set_num(o, "log_score", score->log_score);
    ll_json_set_num(o, "pit", score->pit);
    ll_json_set_bool(o, "covered50", score->covered50);
    ll_json_set_bool(o, "covered90", score->covered90);
    ll_json_set_bool(o, "covered99", score->covered99);
    return o;
}

static ll_json *calibration_json(const ll_calibration *c) {
    ll_json *o = ll_json_object(), *list = ll_json_array();
    ll_json_set_num(o, "interval_score", c->interval_score);
    ll_json_set_num(o, "log_score", c->log_score);
    for (int k = 0; k < LL_CALIBRATION_LEVELS; k++) {
        ll_json *at = ll_json_object();
        ll_json_set_num(at, "interval", c->at[k].level);
        ll_json_set_int(at, "covered", c->at[k].covered);
        ll_json_set_num(at, "value", c->at[k].share);
        ll_json_set(at, "ci", ll_json_interval(c->n > 0, c->at[k].lo, c->at[k].hi));
        ll_json_set_num(at, "level", 0.9);
        ll_json_push(list, at);
    }
    ll_json_set(o, "coverage", list);
    return o;
}

static int show_json(const score_args *a, const scored *s, const char *source) {
    ll_calibration c;
    ll_json *doc = ll_json_object(), *list = ll_json_array(), *open = ll_json_array();
    ll_calibrate(&c, s->score, s->judged);
    for (int64_t i = 0; i < s->judged; i++) ll_json_push(list, one_json(s, i));
    for (int64_t i = s->judged; i < s->n; i++) ll_json_push(open, ll_json_str(s->name[i]));
    ll_json_set_str(doc, "schema", "loglog.scores/1");
    ll_json_set_str(doc, "source", source);
    ll_json_set_str(doc, "scale", a->scale);
    ll_json_set_int(doc, "judged", s->judged);
    ll_json_set(doc, "calibration", calibration_json(&c));
    ll_json_set(doc, "scores", list);
    ll_json_set(doc, "open", open);
    if (s->table) ll_json_set(doc, "statements", ll_statements_json(s->table));
    if (*a->out) ll_json_set_str(doc, "figure", a->out);
    return ll_cli_json(doc);
}

static void show_quantities(const score_args *a, const scored *s) {
    ll_calibration c;
    ll_calibrate(&c, s->score, s->judged);
    for (int64_t i = 0; i < s->judged; i++)
        ll_say("%-48.80s median %-9.5g came %-9.5g %s interval score %.4f, log score %+.2f%s\n", s->name[i],
               s->median[i], s->score[i].outcome, s->score[i].covered90 ? "covered,    " : "NOT covered,",
               s->score[i].interval_score, s->score[i].log_score,
               s->score[i].covered99 ? "" : "  OUTSIDE its 99 %");
    for (int64_t i = s->judged; i < s->n; i++) ll_say("%-48.80s open\n", s->name[i]);
    ll_say("%lld judged, %lld open\n", (long long)s->judged, (long long)(s->n - s->judged));
    if (s->judged == 0) return;
    ll_say("mean interval score %.4f, mean log score %+.3f (smaller is better; on the %s scale)\n",
           c.interval_score, c.log_score, a->scale);
    for (int k = 0; k < LL_CALIBRATION_LEVELS; k++)
        ll_say("  %2g %% intervals held %lld: %.3g %%, 90 %% [%.3g, %.3g]\n", 100 * c.at[k].level,
               (long long)c.at[k].covered, 100 * c.at[k].share, 100 * c.at[k].lo, 100 * c.at[k].hi);
}

static int show_text(const score_args *a, const scored *s) {
    if (s->n || !s->table) show_quantities(a, s);
    if (s->table) ll_show_statements(s->table);
    if (*a->out) ll_say_to(stderr, "wrote %s\n", a->out);
    return LL_EXIT_DONE;
}

static ll_status draw(const score_args *a, const scored *s, ll_error *err) {
    const char *dot = strrchr(a->out, '.');
    ll_figure *f;
    if (!dot || !ll_figure_format_named(dot + 1))
        return LL_FAIL(err, LL_EINPUT, "--out is '%s', expected a name that ends in .svg, .png or .pdf", a->out);
    LL_TRY(ll_figure_calibration(&f, s->score, s->judged, err));
    return ll_figure_save(f, a->out, err);
}

static int answer(const score_args *a, const scored *s, const char *source) {
    ll_error err = { 0 };
    if (*a->out && draw(a, s, &err) != LL_OK) return ll_cli_fail(&err);
    return a->ledger.json ? show_json(a, s, source) : show_text(a, s);
}

/* ---- the table of others ---- */

static double median(const ll_prediction *p, bool ln_scale) {
    double z[LL_PREDICTION_QUANTILES];
    const ll_distribution d = { p->n, p->level, z };
    for (int k = 0; k < p->n; k++) z[k] = ln_scale ? log(p->value[k]) : p->value[k];
    const double middle = ll_distribution_quantile(&d, 0.5);
    return ln_scale ? exp(middle) : middle;
}

static int score_table(const score_args *a) {
    ll_error err = { 0 };
    ll_predictions p;
    scored s = { 0 };
    const bool ln_scale = strcmp(a->scale, "log") == 0;
    if (ll_predictions_read(&p, a->table, ln_scale, &err) != LL_OK) return ll_cli_fail(&err);
    ll_status status = new_scored(&s, p.n, &err);
    s.table = &p;
    for (int judged = 1; status == LL_OK && judged >= 0; judged--)
        for (int64_t i = 0; i < p.n; i++) {
            if (p.at[i].n == 0 || p.at[i].judged != judged) continue;
            s.name[s.n++] = p.at[i].question;
            if (!judged) continue;
            s.median[s.judged] = median(&p.at[i], ln_scale);
            s.score[s.judged++] = p.at[i].score;
        }
    int code = status == LL_OK ? answer(a, &s, a->table) : ll_cli_fail(&err);
    clear_scored(&s);
    ll_predictions_clear(&p);
    return code;
}

/* ---- our own ---- */

static ll_status seal_outcome(ll_store *s, const score_args *a, ll_error *err) {
    ll_seal sealed;
    bool found;
    LL_TRY(ll_seal_find(s, a->run, &sealed, &found, err));
    if (!found)
        return LL_FAIL(err, LL_EINPUT,
                       "--run: no forecast of '%s' is sealed; 'loglog forecast list' names those that are", a->run);
    return ll_seal_outcome(s, &sealed, a->outcome, err);
}

/* Seals the scores that are due. */
static ll_status bring_up(const score_args *a, ll_error *err) {
    ll_store *s;
    int64_t bad, scored;
    LL_TRY(ll_cli_open_store(&s, a->ledger.store, LL_STORE_WRITE, err));
    ll_status status = ll_store_check_ledger(s, &bad, err);
    if (status == LL_OK && *a->run) status = seal_outcome(s, a, err);
    if (status == LL_OK) status = ll_seal_scores(s, &scored, err);
    if (status == LL_OK) status = ll_ledger_follow(s, &a->ledger, err);
    ll_store_close(s);
    return status;
}

static int score_store(const score_args *a) {
    ll_error err = { 0 };
    ll_ledger_view v;
    scored s = { 0 };
    if (bring_up(a, &err) != LL_OK) return ll_cli_fail(&err);
    if (ll_ledger_view_read(&v, "", a->ledger.store, &err) != LL_OK) return ll_cli_fail(&err);
    ll_status status = new_scored(&s, v.n_seals, &err);
    for (int judged = 1; status == LL_OK && judged >= 0; judged--)
        for (int64_t i = 0; i < v.n_seals; i++) {
            const ll_seal *it = &v.seals[i];
            if (it->scored != judged) continue;
            s.name[s.n++] = it->forecast.run;
            if (!judged) continue;
            s.median[s.judged] = it->forecast.quantile[LL_FORECAST_QUANTILES / 2];
            s.score[s.judged++] = it->score;
        }
    int code = status == LL_OK ? answer(a, &s, a->ledger.store) : ll_cli_fail(&err);
    clear_scored(&s);
    ll_ledger_view_clear(&v);
    return code;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    score_args a;
    int code = ll_cli_parse_bare(verb, &a, argc, argv);
    if (code >= 0) return code;
    if (!*a.run != !(a.outcome > 0)) return ll_cli_usage("forecast score: --run and --outcome come together");
    if (*a.table && *a.run) return ll_cli_usage("forecast score: --table scores others: leave out --run");
    return *a.table ? score_table(&a) : score_store(&a);
}

const ll_verb ll_verb_forecast_score = {
    "forecast score",
    "score the forecasts whose runs are done, or those of others, and all together",
    "usage: loglog forecast score [--store FILE] [--run RUN --outcome LOSS] [--ledger FILE.jsonl]\n"
    "       loglog forecast score --table FILE.csv [--scale log|linear]\n\n"
    "The interval score of the 90 % interval and minus the log density of the outcome, both on the scale of ln "
    "loss,\n"
    "smaller being better; how often the 50, 90 and 99 % intervals held, with a binomial interval; and with --out "
    "a\n"
    "figure of it. Scores of runs in the store are sealed in the ledger. The forecasts of others are scored by "
    "the\n"
    "same rule from a table with the columns question, outcome and quantiles such as q0.05, q0.5, q0.95. In a "
    "table\n"
    "with a column of probabilities a row without quantiles is a statement: its outcome is true, false or empty, "
    "and\n"
    "its probability, where one was named, has a Brier and a log score.\n\n"
    "  loglog forecast score --store loglog-demo/loglog.db --out calibration.svg\n"
    "  loglog forecast score --table others.csv --json\n"
    "  loglog forecast score --table examples/scorecard/predictions.csv\n",
    options,
    sizeof options / sizeof *options,
    run,
    NULL,
    NULL,
};
