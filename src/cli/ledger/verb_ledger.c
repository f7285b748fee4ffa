#include <stdio.h>
#include <string.h>

#include "cli/ledger/ledger.h"
#include "cli/print.h"
#include "cli/store_named.h"
#include "forecast/belief/distribution.h"
#include "forecast/ledger/ledger_head.h"
#include "forecast/ledger/ledger_stamp.h"
#include "store/ledger_file.h"

/* ---- list ---- */

static void print_entry(int64_t seq, const char *sealed, const char *hash, const char *name) {
    ll_say("%4lld %.*s %.10s  %-36s", (long long)seq, (int)strcspn(sealed, "T"), sealed, hash, name);
}

static void print_seal(const ll_seal *s) {
    const ll_forecast *f = &s->forecast;
    print_entry(s->seq, f->sealed, s->hash, f->run);
    if (*f->author) ll_say(" by %s", f->author);
    if (f->replicate) ll_say(" (a replicate)");
    ll_say(" %.4f [%.4f, %.4f] at %.3gx", f->quantile[LL_FORECAST_MEDIAN], f->quantile[LL_FORECAST_LO90],
           f->quantile[LL_FORECAST_HI90], f->reach);
    if (s->scored)
        ll_say("  came %.4f, %s; interval score %.4f, log score %.2f\n", s->score.outcome,
               s->score.covered90 ? "covered" : "NOT covered", s->score.interval_score, s->score.log_score);
    else ll_say("  open\n");
}

/* The 90 % interval, as of losses; where it was not stated what was. */
static void print_interval(const ll_prediction *p, bool ln_scale) {
    const int last = p->n - 1;
    const double median = ll_prediction_quantile(p, ln_scale, 0.5);
    if (ll_distribution_states(&(ll_distribution) { p->n, p->level, p->value }, 0.05, 0.95))
        ll_say(" %.5g [%.5g, %.5g]", median, ll_prediction_quantile(p, ln_scale, 0.05),
               ll_prediction_quantile(p, ln_scale, 0.95));
    else
        ll_say(" %.5g [%.5g, %.5g] from %.4g to %.4g %%", median, p->value[0], p->value[last], 100 * p->level[0],
               100 * p->level[last]);
}

static void print_said(const ll_said *s) {
    const ll_prediction *p = &s->what;
    print_entry(s->seq, s->sealed, s->hash, s->question);
    if (*s->author) ll_say(" by %s", s->author);
    if (p->n) print_interval(p, s->ln_scale);
    else ll_say(" probability %.3g", p->probability);
    if (*s->ground.quantity) ll_say(" at %.3gx", s->ground.reach);
    if (s->ground.replicate) ll_say(" (a replicate)");
    if (!p->judged) ll_say("  open\n");
    else if (p->n == 0)
        ll_say("  %s; Brier score %.4f, log score %.2f\n", p->held ? "true" : "false", ll_prediction_brier(p),
               ll_prediction_log_score(p));
    else
        ll_say("  came %.5g, %s; interval score %.4f, log score %.2f\n", p->score.outcome,
               !p->score.stated90   ? "its 90 % not stated"
               : p->score.covered90 ? "covered"
                                    : "NOT covered",
               p->score.interval_score, p->score.log_score);
}

static int show_json(const ll_ledger_view *v, int64_t judged, int64_t covered) {
    ll_json *doc = ll_json_object(), *forecasts = ll_json_array(), *others = ll_json_array();
    for (int64_t i = 0; i < v->n_seals; i++) ll_json_push(forecasts, ll_seal_json(&v->seals[i]));
    for (int64_t i = 0; i < v->n_said; i++) ll_json_push(others, ll_said_entry_json(&v->said[i]));
    ll_json_set_str(doc, "schema", "loglog.forecasts/1");
    ll_json_set(doc, "forecasts", forecasts);
    ll_json_set(doc, "others", others);
    ll_json_set_int(doc, "judged", judged);
    ll_json_set_int(doc, "covered90", covered);
    ll_json_set_int(doc, "entries", v->n);
    ll_json_set_str(doc, "head", ll_ledger_view_head(v));
    ll_json_set(doc, "remarks", ll_remarks_json(v));
    return ll_cli_json(doc);
}

static int show(bool json, const ll_ledger_view *v) {
    int64_t judged = 0, covered = 0, open = 0, replicates = 0, of_scores = 0;
    for (int64_t i = 0; i < v->n_seals; i++) {
        const ll_seal *s = &v->seals[i];
        open += !s->scored;
        replicates += s->forecast.replicate;
        judged += s->scored && !s->forecast.replicate;
        covered += s->scored && !s->forecast.replicate && s->score.covered90;
    }
    for (int64_t i = 0; i < v->n_said; i++) of_scores += *v->said[i].ground.quantity != 0;
    if (json) return show_json(v, judged, covered);
    for (int64_t i = 0; i < v->n_seals; i++) print_seal(&v->seals[i]);
    for (int64_t i = 0; i < v->n_said; i++) print_said(&v->said[i]);
    ll_say("%lld sealed, %lld judged, %lld inside their 90 %% interval", (long long)v->n_seals, (long long)judged,
           (long long)covered);
    if (replicates) ll_say("; %lld of replicates, which do not count", (long long)replicates);
    if (of_scores) ll_say("; %lld of scores", (long long)of_scores);
    if (v->n_said > of_scores) ll_say("; %lld of others", (long long)(v->n_said - of_scores));
    ll_say("\n");
    if (v->n) ll_say("%lld entries, head %s, to be published\n", (long long)v->n, ll_ledger_view_head(v));
    if (v->n_remarks)
        ll_say("%lld entries are unknown or cannot count: 'loglog forecast check' names them\n",
               (long long)v->n_remarks);
    if (open)
        ll_say("a run that is trained elsewhere is scored by: loglog forecast score --run NAME --outcome LOSS\n");
    return LL_EXIT_DONE;
}

typedef struct list_args {
    ll_ledger_args ledger;
    char key[LL_OPTION_TEXT], request[LL_OPTION_TEXT];
} list_args;

static const ll_option list_options[] = { LL_LEDGER_STORE(list_args), LL_LEDGER_READ(list_args),
                                          LL_LEDGER_JSON(list_args) };

static int run_list(const ll_verb *verb, int argc, char **argv) {
    list_args a = { 0 };
    ll_error err = { 0 };
    ll_ledger_view v;
    int code = ll_cli_parse_bare(verb, &a, argc, argv);
    if (code >= 0) return code;
    if (ll_ledger_view_read(&v, &a.ledger, &err) != LL_OK) return ll_cli_fail(&err);
    code = show(a.ledger.json, &v);
    ll_ledger_view_clear(&v);
    return code;
}

/* ---- head ---- */

static const ll_option head_options[] = { LL_LEDGER_STORE(list_args),
                                          LL_LEDGER_READ(list_args),
                                          { "key", LL_OPT_TEXT, offsetof(list_args, key), "",
                                            "file of a secret key of 'gate keygen', to sign the line with" },
                                          { "request", LL_OPT_TEXT, offsetof(list_args, request), "",
                                            "file to write for an authority that stamps the line with the time" },
                                          LL_LEDGER_JSON(list_args) };

static int show_head(const ll_head *h, bool json) {
    char line[LL_HEAD_LINE];
    ll_head_line(h, line);
    if (!json) return ll_say("%s\n", line), LL_EXIT_DONE;
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.head/1");
    ll_json_set_int(doc, "count", h->count);
    ll_json_set_str(doc, "hash", h->hash);
    ll_json_set_str(doc, "time", h->time);
    ll_json_set_str(doc, "line", line);
    if (*h->signer) ll_json_set_str(doc, "signer", h->signer);
    return ll_cli_json(doc);
}

static ll_status make_head(const list_args *a, ll_head *out, ll_error *err) {
    ll_ledger_view v;
    ll_sign_key key;
    const ll_sign_key *given;
    LL_TRY(ll_ledger_view_read(&v, &a->ledger, err));
    ll_status status = ll_ledger_key(&key, a->key, &given, err);
    if (status == LL_OK) *out = ll_head_of(&v, given);
    if (status == LL_OK && *a->request) status = ll_stamp_request(out, a->request, err);
    ll_sign_key_clear(&key);
    ll_ledger_view_clear(&v);
    return status;
}

static int run_head(const ll_verb *verb, int argc, char **argv) {
    list_args a = { 0 };
    ll_error err = { 0 };
    ll_head h;
    int code = ll_cli_parse_bare(verb, &a, argc, argv);
    if (code >= 0) return code;
    return make_head(&a, &h, &err) == LL_OK ? show_head(&h, a.ledger.json) : ll_cli_fail(&err);
}

/* ---- export ---- */

static const ll_option export_options[] = { LL_LEDGER_STORE(list_args), LL_LEDGER_JSON(list_args) };

static int run_export(const ll_verb *verb, int argc, char **argv) {
    list_args a = { 0 };
    ll_words words;
    ll_error err = { 0 };
    ll_store *s;
    int64_t added;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("forecast export: expected one file, such as ledger.jsonl");
    if (ll_cli_open_store(&s, a.ledger.store, LL_STORE_READ, &err) != LL_OK) return ll_cli_fail(&err);
    ll_status status = ll_ledger_publish(s, words.at[0], &added, &err);
    ll_store_close(s);
    if (status != LL_OK) return ll_cli_fail(&err);
    if (!a.ledger.json) {
        ll_say("%lld entries appended to %s\n", (long long)added, words.at[0]);
        return LL_EXIT_DONE;
    }
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.ledger-export/1");
    ll_json_set_str(doc, "file", words.at[0]);
    ll_json_set_int(doc, "appended", added);
    return ll_cli_json(doc);
}

const ll_verb ll_verb_forecast_list = {
    "forecast list",
    "list the sealed forecasts and what came of them",
    "usage: loglog forecast list [--store FILE | --ledger FILE.jsonl] [--json]\n\nexample: loglog forecast list "
    "--store "
    "loglog-demo/loglog.db\n",
    list_options,
    sizeof list_options / sizeof *list_options,
    run_list,
    NULL,
    NULL,
};

const ll_verb ll_verb_forecast_head = {
    "forecast head",
    "one line of the ledger to publish, by which a cut or remade one is found",
    "usage: loglog forecast head [--store FILE | --ledger FILE.jsonl] [--key FILE] [--request FILE] [--json]\n\n"
    "The line holds how many entries there are, the hash of the last, which covers all, and the time; with --key\n"
    "the public key and a signature. Published where others see it, it lets them ask later whether the ledger "
    "still\n"
    "begins with what it was: forecast check --head LINE. --request writes what an authority is asked to stamp "
    "the\n"
    "line with the time (RFC 3161), with the program openssl; its answer is the --token of forecast check:\n\n"
    "  loglog forecast head --request ada.tsq > ada.head\n"
    "  curl -H 'Content-Type: application/timestamp-query' --data-binary @ada.tsq AUTHORITY > ada.tsr\n\n"
    "example: loglog forecast head --store loglog-demo/loglog.db\n",
    head_options,
    sizeof head_options / sizeof *head_options,
    run_head,
    NULL,
    NULL,
};

const ll_verb ll_verb_forecast_export = {
    "forecast export",
    "append the ledger's entries to a JSONL file that can be published",
    "usage: loglog forecast export FILE.jsonl [--store FILE] [--json]\n\n"
    "Only what the file lacks is appended; a file that is not the beginning of this ledger is left as it is.\n\n"
    "example: loglog forecast export ledger.jsonl --store loglog-demo/loglog.db\n",
    export_options,
    sizeof export_options / sizeof *export_options,
    run_export,
    NULL,
    NULL,
};
