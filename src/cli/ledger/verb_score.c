#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ledger/ledger.h"
#include "cli/ledger/show_statements.h"
#include "cli/print.h"
#include "cli/store_named.h"
#include "report/figures/figures_calibration.h"

typedef struct score_args {
    ll_ledger_args ledger;
    char run[LL_OPTION_TEXT], y[LL_OPTION_TEXT], outcome[LL_OPTION_TEXT], key[LL_OPTION_TEXT];
    char table[LL_OPTION_TEXT], scale[LL_OPTION_NAME], out[LL_OPTION_TEXT];
    int64_t entry;
} score_args;

#define AT(f) offsetof(score_args, f)
static const ll_option options[] = {
    LL_LEDGER_STORE(score_args),
    { "ledger", LL_OPT_TEXT, LL_LEDGER_AT(score_args, ledger), "",
      "a published JSONL file, instead of a store; with --store the file that its new entries are appended to" },
    { "run", LL_OPT_TEXT, AT(run), "", "a sealed run that is not trained here; with --outcome" },
    { "entry", LL_OPT_INT, AT(entry), "0", "the ledger's entry that --outcome is of, instead of --run", .min = 0 },
    { "y", LL_OPT_TEXT, AT(y), "",
      "the score of the run that --outcome is, such as arithmetic.exact; none: its loss" },
    { "outcome", LL_OPT_TEXT, AT(outcome), "",
      "what it came to: a loss in nats per token, another number, or true or false of a statement" },
    { "key", LL_OPT_TEXT, AT(key), "", "file of a secret key of 'gate keygen', to sign the scores with" },
    { "table", LL_OPT_TEXT, AT(table), "",
      "score the forecasts of others instead: a CSV file of question, outcome, q0.05, q0.5, q0.95 and such" },
    { "scale", LL_OPT_NAME, AT(scale), "log",
      "of the table's numbers, or of the ledger's that are shown: log scores ratios, linear differences",
      "log linear" },
    { "out", LL_OPT_TEXT, AT(out), "", "a figure of how often the intervals held: .svg, .png or .pdf" },
    LL_LEDGER_JSON(score_args),
};
#undef AT

/* What is scored, wherever it came from; open questions have only a name. */
typedef struct scored {
    const char **name;           /* [n], borrowed; the judged ones first, of them those that count */
    ll_score *score;             /* [judged] */
    double *median;              /* [judged] */
    int64_t n, judged, counted;  /* judged but not counted: replicates */
    int64_t elsewhere;           /* quantities of the ledger that are on the other scale */
    const ll_predictions *table; /* whose statements are shown too; NULL: there are none */
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
    ll_covered_write(o, score);
    if (i >= s->counted) ll_json_set_bool(o, "replicate", true);
    return o;
}

static ll_json *calibration_json(const ll_calibration *c) {
    ll_json *o = ll_json_object(), *list = ll_json_array();
    ll_json_set_num(o, "interval_score", c->interval_score);
    ll_json_set_num(o, "log_score", c->log_score);
    for (int k = 0; k < LL_CALIBRATION_LEVELS; k++) {
        ll_json *at = ll_json_object();
        ll_json_set_num(at, "interval", c->at[k].level);
        ll_json_set_int(at, "stated", c->at[k].n);
        ll_json_set_int(at, "covered", c->at[k].covered);
        ll_json_set_num(at, "value", c->at[k].share);
        ll_json_set(at, "ci", ll_json_interval(c->at[k].n > 0, c->at[k].lo, c->at[k].hi));
        ll_json_set_num(at, "level", 0.9);
        ll_json_push(list, at);
    }
    ll_json_set(o, "coverage", list);
    return o;
}

static int show_json(const score_args *a, const scored *s, const char *source) {
    ll_calibration c;
    ll_json *doc = ll_json_object(), *list = ll_json_array(), *open = ll_json_array();
    ll_calibrate(&c, s->score, s->counted);
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

static void show_level(const ll_calibration *c, int k) {
    const long long covered = c->at[k].covered, stated = c->at[k].n;
    ll_say("  %2g %% intervals ", 100 * c->at[k].level);
    if (stated == 0) {
        ll_say("were stated by none\n");
        return;
    }
    ll_say("held %lld", covered);
    if (stated < c->n) ll_say(" of the %lld that were stated", stated);
    ll_say(": %.3g %%, 90 %% [%.3g, %.3g]\n", 100 * c->at[k].share, 100 * c->at[k].lo, 100 * c->at[k].hi);
}

static const char *verdict(const ll_score *s) {
    return !s->stated90 ? "not stated," : s->covered90 ? "covered," : "NOT covered,";
}

static void show_quantities(const score_args *a, const scored *s) {
    ll_calibration c;
    ll_calibrate(&c, s->score, s->counted);
    for (int64_t i = 0; i < s->judged; i++)
        ll_say("%-48.80s median %-9.5g came %-9.5g %-12s interval score %.4f, log score %+.2f%s%s\n", s->name[i],
               s->median[i], s->score[i].outcome, verdict(&s->score[i]), s->score[i].interval_score,
               s->score[i].log_score, s->score[i].covered99 || !s->score[i].stated99 ? "" : "  OUTSIDE its 99 %",
               i < s->counted ? "" : "  a replicate: not counted");
    for (int64_t i = s->judged; i < s->n; i++) ll_say("%-48.80s open\n", s->name[i]);
    ll_say("%lld judged, %lld open", (long long)s->counted, (long long)(s->n - s->judged));
    if (s->judged > s->counted)
        ll_say("; %lld of replicates, which do not count", (long long)(s->judged - s->counted));
    ll_say("\n");
    if (s->counted == 0) return;
    ll_say("mean interval score %.4f, mean log score %+.3f (smaller is better; on the %s scale)\n",
           c.interval_score, c.log_score, a->scale);
    for (int k = 0; k < LL_CALIBRATION_LEVELS; k++) show_level(&c, k);
}

static int show_text(const score_args *a, const scored *s) {
    if (s->n || !(s->table || s->elsewhere)) show_quantities(a, s);
    if (s->elsewhere)
        ll_say("%lld more on the other scale: --scale %s\n", (long long)s->elsewhere,
               strcmp(a->scale, "log") == 0 ? "linear, where scores are" : "log, where losses are");
    if (s->table) ll_show_statements(s->table);
    if (*a->out) ll_say_to(stderr, "wrote %s\n", a->out);
    return LL_EXIT_DONE;
}

static ll_status draw(const score_args *a, const scored *s, ll_error *err) {
    const char *dot = strrchr(a->out, '.');
    ll_figure *f;
    if (!dot || !ll_figure_format_named(dot + 1))
        return LL_FAIL(err, LL_EINPUT, "--out is '%s', expected a name that ends in .svg, .png or .pdf", a->out);
    LL_TRY(ll_figure_calibration(&f, s->score, s->counted, err));
    return ll_figure_save(f, a->out, err);
}

static int answer(const score_args *a, const scored *s, const char *source) {
    ll_error err = { 0 };
    if (*a->out && draw(a, s, &err) != LL_OK) return ll_cli_fail(&err);
    return a->ledger.json ? show_json(a, s, source) : show_text(a, s);
}

/* ---- the table of others ---- */

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
            s.median[s.judged] = ll_prediction_quantile(&p.at[i], ln_scale, 0.5);
            s.score[s.judged++] = p.at[i].score;
            s.counted = s.judged;
        }
    int code = status == LL_OK ? answer(a, &s, a->table) : ll_cli_fail(&err);
    clear_scored(&s);
    ll_predictions_clear(&p);
    return code;
}

/* ---- the ledger ---- */

/* What is forecast at that entry, or else of that run: the loss (""), or a score of this name. A score is never taken
 * for a loss: only an entry that is named by its number says by itself which it is. */
static bool is_meant(const score_args *a, int64_t seq, const char *run, const char *quantity) {
    if (a->entry ? seq != a->entry : strcmp(run, a->run) != 0) return false;
    return (a->entry && !*a->y) || strcmp(quantity, a->y) == 0;
}

/* The hash of the next forecast that --run or --entry is of, without a score where open is set; NULL: none. *from
 * goes on over ours, then over others'. */
static const char *next_judged(const ll_ledger_view *v, const score_args *a, bool open, int64_t *from) {
    for (; *from < v->n_seals; ++*from) {
        const ll_seal *s = &v->seals[*from];
        if (is_meant(a, s->seq, s->forecast.run, "") && !(open && s->scored)) return v->seals[(*from)++].hash;
    }
    for (; *from < v->n_seals + v->n_said; ++*from) {
        const ll_said *s = &v->said[*from - v->n_seals];
        if (is_meant(a, s->seq, s->run, s->ground.quantity) && !(open && s->what.judged))
            return v->said[(*from)++ - v->n_seals].hash;
    }
    return NULL;
}

static bool is_called(const char *id, const char *name) {
    const size_t whole = strlen(id), n = strlen(name);
    return whole > n && id[whole - n - 1] == '/' && strcmp(id + whole - n, name) == 0;
}

/* The id of --run as it stands in the ledger, or of the one run there that has it for its name. */
static ll_status find_run(const ll_ledger_view *v, char run[LL_OPTION_TEXT], ll_error *err) {
    const char *found = NULL;
    for (int64_t i = 0; i < v->n_seals + v->n_said; i++) {
        const char *id = i < v->n_seals ? v->seals[i].forecast.run : v->said[i - v->n_seals].run;
        if (strcmp(id, run) == 0) return LL_OK;
        if (!is_called(id, run)) continue;
        if (found && strcmp(found, id) != 0)
            return LL_FAIL(err, LL_EINPUT, "--run: %.80s and %.80s are both called '%.80s': give the whole id",
                           found, id, run);
        found = id;
    }
    if (found) snprintf(run, LL_OPTION_TEXT, "%s", found);
    return LL_OK;
}

/* What else is forecast of the run or at the entry, a score's name or "the loss"; NULL: nothing. */
static const char *forecast_instead(const ll_ledger_view *v, const score_args *a) {
    for (int64_t i = 0; i < v->n_said; i++) {
        const ll_said *s = &v->said[i];
        if (a->entry ? s->seq == a->entry : strcmp(s->run, a->run) == 0)
            return *s->ground.quantity ? s->ground.quantity : *s->run ? "the loss" : "another question";
    }
    for (int64_t i = 0; i < v->n_seals; i++)
        if (a->entry ? v->seals[i].seq == a->entry : strcmp(v->seals[i].forecast.run, a->run) == 0)
            return "the loss";
    return NULL;
}

static ll_status none_is_sealed(const ll_ledger_view *v, const score_args *a, ll_error *err) {
    const char *instead = forecast_instead(v, a);
    if (instead)
        return LL_FAIL(
            err, LL_EINPUT,
            "--outcome is of %.80s, and what is sealed there is a forecast of %.80s%s: one is never scored "
            "with the other",
            *a->y ? a->y : "the loss", instead, *a->y ? "" : " (--y names it)");
    if (a->entry)
        return LL_FAIL(err, LL_EINPUT,
                       "--entry: entry %lld is no forecast; 'loglog forecast list' names those that are",
                       (long long)a->entry);
    return LL_FAIL(err, LL_EINPUT,
                   "--run: no forecast of '%s' is sealed; 'loglog forecast list' names those that are", a->run);
}

static ll_status seal_score(ll_store *s, const char *hash, const score_args *a, const ll_outcome *outcome,
                            const ll_sign_key *key, ll_error *err) {
    ll_sealing how;
    LL_TRY(ll_ledger_seal_score(s, hash, outcome, key, &how, err));
    if (how != LL_SEALING_OTHER) return LL_OK;
    if (a->entry)
        return LL_FAIL(err, LL_ESTATE, "entry %lld is scored already, with another outcome than %s",
                       (long long)a->entry, a->outcome);
    return LL_FAIL(err, LL_ESTATE, "%s is scored already, with another outcome than %s", a->run, a->outcome);
}

/* Of the open forecasts of the run; where all have their score, of the first again, which says so. */
static ll_status seal_outcomes(ll_store *s, const score_args *asked, const ll_sign_key *key, ll_error *err) {
    score_args named = *asked;
    const score_args *a = &named;
    ll_ledger_view v;
    ll_outcome outcome;
    const char *hash;
    int64_t from = 0, again = 0;
    LL_TRY(ll_outcome_parse(&outcome, a->outcome, "--outcome", err));
    LL_TRY(ll_ledger_view_store(&v, s, err));
    if (!a->entry && find_run(&v, named.run, err) != LL_OK) {
        ll_ledger_view_clear(&v);
        return LL_EINPUT;
    }
    hash = next_judged(&v, a, true, &from);
    if (!hash) hash = next_judged(&v, a, false, &again), from = v.n_seals + v.n_said;
    ll_status status = hash ? LL_OK : none_is_sealed(&v, a, err);
    for (; hash && status == LL_OK; hash = next_judged(&v, a, true, &from))
        status = seal_score(s, hash, a, &outcome, key, err);
    ll_ledger_view_clear(&v);
    return status;
}

/* Seals the scores that are due; *v is the ledger then. */
static ll_status bring_up(const score_args *a, const ll_sign_key *key, ll_ledger_view *v, ll_error *err) {
    ll_store *s;
    LL_TRY(ll_cli_open_store(&s, a->ledger.store, LL_STORE_WRITE, err));
    ll_status status = *a->outcome ? seal_outcomes(s, a, key, err) : LL_OK;
    if (status == LL_OK) status = ll_seal_scores_view(s, key, v, err);
    if (status == LL_OK) status = ll_ledger_follow(s, &a->ledger, err);
    ll_store_close(s);
    return status;
}

static ll_status bring_up_signed(const score_args *a, ll_ledger_view *v, ll_error *err) {
    ll_sign_key key;
    const ll_sign_key *given;
    LL_TRY(ll_ledger_key(&key, a->key, &given, err));
    ll_status status = bring_up(a, given, v, err);
    ll_sign_key_clear(&key);
    return status;
}

static bool is_elsewhere(const score_args *a) {
    return *a->ledger.ledger && !ll_cli_given("store");
}

/* Somebody else's ledger is read and scored as it stands; ours is brought up first. */
static ll_status read_ledger(ll_ledger_view *v, const score_args *a, ll_error *err) {
    *v = (ll_ledger_view) { 0 };
    if (is_elsewhere(a)) return ll_ledger_view_read(v, &a->ledger, err);
    const ll_status status = bring_up_signed(a, v, err);
    if (status != LL_OK) ll_ledger_view_clear(v);
    return status;
}

static void add_quantity(scored *s, const char *name, bool judged, double median, const ll_score *score) {
    s->name[s->n++] = name;
    if (!judged) return;
    s->median[s->judged] = median;
    s->score[s->judged++] = *score;
}

/* Those that are judged or open, and replicates or not; of others those on the scale that is asked for. */
static void gather_some(scored *s, const ll_ledger_view *v, bool ln_scale, bool judged, bool replicate) {
    for (int64_t i = 0; i < v->n_seals && ln_scale; i++) {
        const ll_seal *it = &v->seals[i];
        if (it->scored == judged && it->forecast.replicate == replicate)
            add_quantity(s, it->forecast.run, judged, it->forecast.quantile[LL_FORECAST_MEDIAN], &it->score);
    }
    for (int64_t i = 0; i < v->n_said; i++) {
        const ll_said *it = &v->said[i];
        if (it->what.n && it->ln_scale == ln_scale && it->what.judged == judged &&
            it->ground.replicate == replicate)
            add_quantity(s, it->question, judged, ll_prediction_quantile(&it->what, ln_scale, 0.5),
                         &it->what.score);
    }
}

static void gather_quantities(scored *s, const ll_ledger_view *v, bool ln_scale) {
    gather_some(s, v, ln_scale, true, false);
    s->counted = s->judged;
    gather_some(s, v, ln_scale, true, true);
    gather_some(s, v, ln_scale, false, false);
    gather_some(s, v, ln_scale, false, true);
    for (int64_t i = 0; i < v->n_said; i++) s->elsewhere += v->said[i].what.n && v->said[i].ln_scale != ln_scale;
}

/* The statements as a table, which borrows the ledger's texts. */
static ll_status gather_statements(ll_predictions *p, ll_ledger_view *v, ll_error *err) {
    *p = (ll_predictions) { .at = calloc((size_t)v->n_said + 1, sizeof *p->at) };
    if (!p->at) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int64_t i = 0; i < v->n_said; i++) {
        if (v->said[i].what.n) continue;
        p->at[p->n] = v->said[i].what;
        p->at[p->n++].question = v->said[i].question;
    }
    return LL_OK;
}

static int score_ledger(const score_args *a) {
    ll_error err = { 0 };
    ll_ledger_view v;
    ll_predictions statements = { 0 };
    scored s = { 0 };
    if (read_ledger(&v, a, &err) != LL_OK) return ll_cli_fail(&err);
    ll_status status = new_scored(&s, v.n_seals + v.n_said, &err);
    if (status == LL_OK) status = gather_statements(&statements, &v, &err);
    if (status == LL_OK) {
        gather_quantities(&s, &v, strcmp(a->scale, "log") == 0);
        if (strcmp(a->scale, "log") != 0) s.elsewhere += v.n_seals;
        if (statements.n) s.table = &statements;
    }
    const char *source = is_elsewhere(a) ? a->ledger.ledger : a->ledger.store;
    int code = status == LL_OK ? answer(a, &s, source) : ll_cli_fail(&err);
    free(statements.at);
    clear_scored(&s);
    ll_ledger_view_clear(&v);
    return code;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    score_args a;
    int code = ll_cli_parse_bare(verb, &a, argc, argv);
    if (code >= 0) return code;
    if (*a.run && a.entry)
        return ll_cli_usage("forecast score: --run and --entry are two ways to name one: give one");
    if ((*a.run || a.entry) != (*a.outcome != 0))
        return ll_cli_usage("forecast score: --run or --entry, and --outcome, come together");
    if (*a.y && !*a.outcome) return ll_cli_usage("forecast score: --y says of what --outcome is: give both");
    if (*a.table && *a.outcome) return ll_cli_usage("forecast score: --table scores others: leave out --outcome");
    if (*a.y && !ll_cli_given("scale")) strcpy(a.scale, "linear"); /* where scores are shown */
    if (is_elsewhere(&a) && (*a.outcome || *a.key))
        return ll_cli_usage(
            "forecast score: --ledger is read as it stands; --store names what is scored and sealed");
    return *a.table ? score_table(&a) : score_ledger(&a);
}

const ll_verb ll_verb_forecast_score = {
    "forecast score",
    "score the forecasts whose runs are done, or those of others, and all together",
    "usage: loglog forecast score [--store FILE] [--run RUN [--y SCORE] --outcome NUMBER] [--ledger FILE.jsonl]\n"
    "       loglog forecast score [--store FILE] --entry N --outcome NUMBER|true|false\n"
    "       loglog forecast score --ledger FILE.jsonl\n"
    "       loglog forecast score --table FILE.csv [--scale log|linear]\n\n"
    "The interval score of the 90 % interval and minus the log density of the outcome, both on the scale of ln "
    "loss,\n"
    "or of a score --y on its own scale, smaller being better; how often the 50, 90 and 99 % intervals held, with "
    "a binomial interval; and with --out "
    "a\n"
    "figure of it. Scores of runs in the store are sealed in the ledger; somebody else's ledger (--ledger without\n"
    "--store) is read and scored as it stands. The forecasts of others are scored by "
    "the\n"
    "same rule from a table with the columns question, outcome and quantiles such as q0.05, q0.5, q0.95. In a "
    "table\n"
    "with a column of probabilities a row without quantiles is a statement: its outcome is true, false or empty, "
    "and\n"
    "its probability, where one was named, has a Brier and a log score.\n\n"
    "  loglog forecast score --store loglog-demo/loglog.db --out calibration.svg\n"
    "  loglog forecast score --run table/large --y arithmetic.exact --outcome 0.83\n"
    "  loglog forecast score --table others.csv --json\n"
    "  loglog forecast score --table examples/scorecard/predictions.csv\n",
    options,
    sizeof options / sizeof *options,
    run,
    NULL,
    NULL,
};
