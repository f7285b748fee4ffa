#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/system/file.h"
#include "base/words/text.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/law/asked.h"
#include "cli/law/programme_report.h"
#include "decide/money/hardware.h"
#include "loglog/units.h"
#include "report/figure/gnuplot.h"
#include "report/page/report.h"
#include "report/pdf.h"

typedef struct report_args {
    ll_input input; /* first: the options before its end are the study's */
    char out[LL_OPTION_TEXT], pdf[LL_OPTION_TEXT], title[LL_OPTION_TEXT], budget[LL_OPTION_TEXT];
    double params, tokens, unique_tokens, inference_tokens;
    char policy[LL_OPTION_TEXT], evidence[LL_OPTION_TEXT], waiver[LL_OPTION_TEXT];
    char programme[LL_OPTION_TEXT], figures[LL_OPTION_TEXT];
    bool json;
} report_args;

#define AT(f) offsetof(report_args, f)
static const ll_option options[] = {
    { "title", LL_OPT_TEXT, AT(title), "", "of the page; none: the ladder's name, or the file's" },
    { "budget", LL_OPT_TEXT, AT(budget), "",
      "what to plan for: FLOPs, dollars such as '$2M', or devices and days such as '64xH100 30d'" },
    { "params", LL_OPT_REAL, AT(params), "0", "or the run to plan for: its parameters", .max = 1e18 },
    { "tokens", LL_OPT_REAL, AT(tokens), "0", "and its training tokens", .max = 1e20 },
    { "unique_tokens", LL_OPT_REAL, AT(unique_tokens), "0", "distinct tokens there are; 0: no end of them",
      .max = 1e30 },
    { "inference_tokens", LL_OPT_REAL, AT(inference_tokens), "0",
      "tokens the model will serve, paid from the budget", .max = 1e30 },
    LL_INPUT_SAVED(report_args),
    LL_INPUT_RUNS(report_args),
    LL_INPUT_LAW(report_args),
    LL_INPUT_PRIOR(report_args),
    LL_INPUT_FIT(report_args),
    { "out", LL_OPT_TEXT, AT(out), "report.html", "the file to write" },
    { "pdf", LL_OPT_TEXT, AT(pdf), "", "a PDF of it too, printed by Chromium or WeasyPrint where one is there" },
    { "policy", LL_OPT_TEXT, offsetof(report_args, policy), "",
      "a policy whose answer is shown, about the run that is planned for, else the largest; see 'gate check'" },
    { "evidence", LL_OPT_TEXT, offsetof(report_args, evidence), "", "what the policy may know of the model" },
    { "waiver", LL_OPT_TEXT, offsetof(report_args, waiver), "", "signed waivers, with commas" },
    { "programme", LL_OPT_TEXT, offsetof(report_args, programme), "",
      "the result of a programme, whose page is written instead" },
    { "figures", LL_OPT_TEXT, offsetof(report_args, figures), "",
      "a folder for its figures, as SVG and PNG; the page too where --out or --pdf asks for it" },
    { "json", LL_OPT_BOOL, offsetof(report_args, json), "false", "list the files written as JSON" },
};
#undef AT

/* ---- the reader's own question ---- */

/* "64xH100 30d", "$2M", "1e23" */
static ll_status parse_budget(const char *text, double *flops, ll_error *err) {
    char devices[64], days[32], more[2];
    double seconds, usd;
    ll_rig rig = { .utilisation_lo = 0.38, .utilisation = 0.44, .utilisation_hi = 0.5, .pue = 1.15 };
    if (ll_units_parse(text, flops) && *flops > 0) return LL_OK;
    LL_TRY(ll_rig_parse("H100", &rig, err));
    if (*text == '$' && ll_units_money(text, &usd) && usd > 0)
        return *flops = usd / ll_rig_bill(&rig, 1).usd, LL_OK;
    if (sscanf(text, " %63s %31s %1s", devices, days, more) == 2 && ll_units_duration(days, &seconds)) {
        ll_error why = { 0 };
        if (ll_rig_parse(devices, &rig, &why) != LL_OK)
            return LL_FAIL(err, LL_EINPUT, "--budget is '%.80s': %s", text, why.msg);
        if (rig.count > 0 && seconds > 0) return *flops = ll_rig_flops(&rig, rig.count * seconds / 3600), LL_OK;
    }
    return LL_FAIL(err, LL_EINPUT,
                   "--budget is '%.80s', expected FLOPs such as 1e23, dollars such as '$2M', or '64xH100 30d'",
                   text);
}

/* *n 0 where nothing is asked. */
static ll_status parse_question(const report_args *a, ll_question *q, int *n, ll_error *err) {
    char N[32], D[32];
    *n = 0;
    *q = (ll_question) { .ask = { .params = a->params,
                                  .tokens = a->tokens,
                                  .unique_tokens = a->unique_tokens,
                                  .inference_tokens = a->inference_tokens } };
    const bool settled = a->params > 0 && a->tokens > 0;
    if (*a->budget) {
        if (settled)
            return LL_FAIL(err, LL_EINPUT,
                           "report: --params and --tokens are a budget of their own: leave out --budget");
        LL_TRY(parse_budget(a->budget, &q->ask.flops, err));
        const bool named = !ll_units_parse(a->budget, &(double) { 0 }); /* dollars, or devices and days */
        snprintf(q->words, sizeof q->words, "%.127s", named ? a->budget : "this budget");
        *n = 1;
    } else if (settled) {
        snprintf(q->words, sizeof q->words, "%s parameters on %s tokens", ll_units_show(a->params, N, sizeof N),
                 ll_units_show(a->tokens, D, sizeof D));
        *n = 1;
    } else if (a->params > 0 || a->tokens > 0 || a->unique_tokens > 0 || a->inference_tokens > 0)
        return LL_FAIL(err, LL_EINPUT,
                       "report: no question: give --budget, or --params and --tokens, beside what else you know");
    return LL_OK;
}

/* ---- the verb ---- */

/* The value as the flag would say it; "" of a switch. Returns buf. */
static const char *value_of(const ll_option *o, const report_args *a, char *buf, size_t size) {
    const void *field = (const char *)a + o->offset;
    switch (o->type) {
    case LL_OPT_INT: snprintf(buf, size, "%lld", (long long)*(const int64_t *)field); break;
    case LL_OPT_REAL: snprintf(buf, size, "%.17g", *(const double *)field); break;
    case LL_OPT_BOOL: *buf = 0; break;
    default: ll_text_quoted(field, buf, size); break;
    }
    return buf;
}

/* Names the runs: said by the page itself. */
static bool is_source(const char *key) {
    return strcmp(key, "fit") == 0 || strcmp(key, "store") == 0 || strcmp(key, "ladder") == 0;
}

/* " --where 'kept = 1' --seed 2": what was asked of the study, beside its runs. */
static void study_flags(const report_args *a, char *out, size_t size) {
    char value[4 * LL_OPTION_TEXT], key[64];
    *out = 0;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const ll_option *o = &options[i];
        if (o->offset >= sizeof a->input || is_source(o->key) || !ll_cli_given(o->key)) continue;
        snprintf(key, sizeof key, "%s", o->key);
        for (char *c = key; *c; c++)
            if (*c == '_') *c = '-';
        const size_t used = strlen(out);
        value_of(o, a, value, sizeof value);
        snprintf(out + used, size - used, " --%s%s%s", key, *value ? " " : "", value);
    }
}

static ll_status about(const report_args *a, const char *path, ll_study *study, ll_study_opts *how, ll_question *q,
                       const char *flags, ll_evidence_opts *out, ll_error *err) {
    int n;
    LL_TRY(parse_question(a, q, &n, err));
    LL_TRY(ll_input_evidence(&a->input, path, study, how, out, err));
    out->title = a->title;
    out->flags = flags;
    out->question = q;
    out->n_questions = n;
    return LL_OK;
}

static ll_status write_page(const report_args *a, ll_evidence *e, const ll_evidence_opts *from,
                            char missing[LL_ERROR_MAX], ll_error *err) {
    const ll_asking how = { a->policy, a->evidence, a->waiver, from->study ? "" : a->input.store,
                            from->n_questions > 0 };
    ll_asked *q = NULL;
    ll_report_gate gate;
    LL_TRY(ll_asked_open(&q, &how, e, err));
    if (q) gate = ll_asked_gate(q);
    const ll_status s = ll_report_page(e, a->out, q ? &gate : NULL, missing, err);
    ll_asked_close(q);
    return s;
}

static ll_status write_report(const report_args *a, const char *path, char missing[LL_ERROR_MAX], ll_error *err) {
    ll_study study;
    ll_study_opts how;
    ll_question question;
    ll_evidence_opts from;
    ll_evidence *e;
    char flags[4096];
    study_flags(a, flags, sizeof flags);
    LL_TRY(about(a, path, &study, &how, &question, flags, &from, err));
    LL_TRY(ll_evidence_gather(&e, &from, err));
    const ll_status s = write_page(a, e, &from, missing, err);
    ll_evidence_free(e);
    return s;
}

/* Before anything is written: can there be such a file? */
static ll_status check_pdf(const report_args *a, ll_error *err) {
    ll_file probe;
    if (!*a->pdf) return LL_OK;
    LL_TRY(ll_file_create(&probe, a->pdf, err));
    ll_file_abandon(&probe);
    return LL_OK;
}

/* files is taken. A report without figures is one that gnuplot was not there for. */
static int told(const report_args *a, ll_json *files, const char *missing, const char *unprinted) {
    const bool failed = *unprinted || (*missing && strcmp(missing, ll_gnuplot_absent) != 0);
    if (*missing) ll_say_to(stderr, "loglog: the report lacks figures: %s\n", missing);
    if (*unprinted) ll_say_to(stderr, "loglog: no PDF was made: %s\n", unprinted);
    for (size_t i = 0; i < ll_json_size(files) && !a->json; i++)
        ll_say_to(stderr, "wrote %s\n", ll_json_as_str(ll_json_at(files, i)));
    if (!a->json) {
        ll_json_free(files);
        return failed ? LL_EXIT_FAILED : LL_EXIT_DONE;
    }
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.files/1");
    ll_json_set(doc, "files", files);
    if (*missing) ll_json_set_str(doc, "missing", missing);
    const int code = ll_cli_json(doc);
    return code == LL_EXIT_DONE && failed ? LL_EXIT_FAILED : code;
}

/* ---- of a programme ---- */

/* The page rests on the document alone: what else is asked for would be passed over. */
static ll_status check_alone(const report_args *a, const ll_words *words, ll_error *err) {
    static const char *const fit[] = { "programme", "figures", "out", "pdf", "json" };
    if (!*a->programme && *a->figures)
        return LL_FAIL(err, LL_EINPUT, "report: --figures is for --programme; of a ladder they are 'loglog plot'");
    if (!*a->programme) return LL_OK;
    if (words->n)
        return LL_FAIL(err, LL_EINPUT, "report: --programme takes no table: here is '%.80s'", words->at[0]);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        bool fits = !ll_cli_given(options[i].key);
        for (size_t k = 0; k < sizeof fit / sizeof *fit && !fits; k++) fits = strcmp(options[i].key, fit[k]) == 0;
        if (!fits)
            return LL_FAIL(err, LL_EINPUT, "report: --%s says nothing of a programme's result", options[i].key);
    }
    return LL_OK;
}

static ll_status write_programme(const report_args *a, ll_json *files, char missing[LL_ERROR_MAX], ll_error *err) {
    const bool page = !*a->figures || *a->pdf || ll_cli_given("out");
    const ll_programme_order order = { a->programme, page ? a->out : NULL, a->figures };
    return ll_programme_write(&order, files, missing, err);
}

/* ---- the whole ---- */

static ll_status write_any(const report_args *a, const char *path, ll_json *files, char missing[LL_ERROR_MAX],
                           ll_error *err) {
    LL_TRY(check_pdf(a, err));
    if (*a->programme) return write_programme(a, files, missing, err);
    LL_TRY(write_report(a, path, missing, err));
    ll_json_push(files, ll_json_str(a->out));
    return LL_OK;
}

static int run_report(const ll_verb *verb, int argc, char **argv) {
    report_args a = { 0 };
    ll_words words;
    ll_error err = { 0 }, unprinted = { 0 };
    char missing[LL_ERROR_MAX];
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1)
        return ll_cli_usage("report: one table at a time, here are %d words; --out names the file", words.n);
    ll_json *files = ll_json_array();
    if (check_alone(&a, &words, &err) != LL_OK ||
        write_any(&a, words.n ? words.at[0] : NULL, files, missing, &err) != LL_OK) {
        ll_json_free(files);
        return ll_cli_fail(&err);
    }
    if (*a.pdf && ll_report_print(a.out, a.pdf, &unprinted) == LL_OK) ll_json_push(files, ll_json_str(a.pdf));
    return told(&a, files, missing, unprinted.code == LL_OK ? "" : unprinted.msg);
}

const ll_verb ll_verb_report = {
    "report",
    "write a report of a ladder, a table or a saved fit as one HTML file",
    "usage: loglog report [RUNS.csv | --fit FIT.json | --store FILE --ladder ID] [--budget B | --params N --tokens "
    "D]\n"
    "                     [--policy POLICY.yaml] [--title TEXT] [--out FILE] [--pdf FILE]\n"
    "       loglog report --programme RESULT.json [--out FILE] [--pdf FILE] [--figures FOLDER]\n\n"
    "The file begins with the decision: the sealed forecast and what came, how all forecasts of the ledger have\n"
    "held, what your budget (or 10 and 100 times the compute) buys best, and what the policy says. Then the laws "
    "with\n"
    "intervals, the figures, every run and where each number comes from. It needs no network and no other file.\n"
    "The policy is asked about the run of --budget, or --params and --tokens, with its forecast; without them "
    "about\n"
    "the run of most compute that is here. Its answer is no exit code of this verb.\n"
    "With --programme the page is that of a programme's result, from the document alone: its first figure, every\n"
    "quantity as the paper gives it and as it came out here, then each experiment.\n\n"
    "  loglog report --out report.html\n"
    "  loglog report runs.csv --title 'Spring ladder' --budget '64xH100 30d' --pdf report.pdf\n"
    "  loglog report --policy examples/policies/legal.yaml\n"
    "  loglog report --programme kaplan2020.json --out programme.html --figures figures\n",
    options,
    sizeof options / sizeof *options,
    run_report,
};
