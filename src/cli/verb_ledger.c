#include <stdio.h>
#include <string.h>

#include "cli/ledger.h"
#include "cli/print.h"
#include "cli/store_named.h"
#include "store/ledger_file.h"

/* ---- list ---- */

static ll_json *seal_json(const ll_seal *s) {
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "seq", s->seq);
    ll_json_set_str(o, "hash", s->hash);
    ll_json_set(o, "forecast", ll_forecast_json(&s->forecast));
    if (s->scored) ll_json_set(o, "score", ll_score_json(&s->forecast, &s->score));
    return o;
}

static void print_seal(const ll_seal *s) {
    const ll_forecast *f = &s->forecast;
    ll_say("%4lld %.10s  %-36s %.4f [%.4f, %.4f] at %.3gx", (long long)s->seq, s->hash, f->run, f->quantile[5],
           f->quantile[2], f->quantile[8], f->reach);
    if (s->scored)
        ll_say("  came %.4f, %s; interval score %.4f, log score %.2f\n", s->score.outcome,
               s->score.covered90 ? "covered" : "NOT covered", s->score.interval_score, s->score.log_score);
    else ll_say("  open\n");
}

static int show(bool json, const ll_ledger_view *v) {
    int64_t judged = 0, covered = 0;
    ll_json *doc = ll_json_object(), *array = ll_json_array();
    for (int64_t i = 0; i < v->n_seals; i++) {
        judged += v->seals[i].scored;
        covered += v->seals[i].scored && v->seals[i].score.covered90;
        if (json) ll_json_push(array, seal_json(&v->seals[i]));
        else print_seal(&v->seals[i]);
    }
    ll_json_set_str(doc, "schema", "loglog.forecasts/1");
    ll_json_set(doc, "forecasts", array);
    ll_json_set_int(doc, "judged", judged);
    ll_json_set_int(doc, "covered90", covered);
    ll_json_set_str(doc, "head", ll_ledger_head(v));
    if (json) return ll_cli_json(doc);
    ll_json_free(doc);
    ll_say("%lld sealed, %lld judged, %lld inside their 90 %% interval\n", (long long)v->n_seals, (long long)judged,
           (long long)covered);
    if (v->n) ll_say("head %s, to be published\n", ll_ledger_head(v));
    if (judged < v->n_seals)
        ll_say("a run that is trained elsewhere is scored by: loglog forecast score --run NAME --outcome LOSS\n");
    return LL_EXIT_DONE;
}

typedef struct list_args {
    ll_ledger_args ledger;
} list_args;

static const ll_option list_options[] = { LL_LEDGER_STORE(list_args), LL_LEDGER_JSON(list_args) };

static int run_list(const ll_verb *verb, int argc, char **argv) {
    list_args a = { 0 };
    ll_error err = { 0 };
    ll_ledger_view v;
    int code = ll_cli_parse_bare(verb, &a, argc, argv);
    if (code >= 0) return code;
    if (ll_ledger_view_read(&v, "", a.ledger.store, &err) != LL_OK) return ll_cli_fail(&err);
    code = show(a.ledger.json, &v);
    ll_ledger_view_clear(&v);
    return code;
}

/* ---- check ---- */

typedef struct check_args {
    ll_ledger_args ledger;
    char head[LL_OPTION_TEXT];
    int64_t after;
} check_args;

static const ll_option check_options[] = {
    LL_LEDGER_STORE(check_args),
    { "ledger", LL_OPT_TEXT, LL_LEDGER_AT(check_args, ledger), "", "a published JSONL file, instead of the store" },
    { "head", LL_OPT_TEXT, offsetof(check_args, head), "",
      "a hash that was published once: the ledger must still hold its entry" },
    { "after", LL_OPT_INT, offsetof(check_args, after), "0",
      "forecasts up to this entry raise no alarm any more: theirs is known" },
    LL_LEDGER_JSON(check_args),
};

static bool is_bend(const ll_seal *s, int64_t after) {
    return s->scored && !s->score.covered99 && s->seq > after;
}

static ll_status find_head(const ll_ledger_view *v, const char *head, ll_error *err) {
    if (!*head) return LL_OK;
    if (strlen(head) != 64 || strspn(head, "0123456789abcdef") != 64)
        return LL_FAIL(err, LL_EINPUT, "--head is '%.80s', expected the 64 digits of a hash", head);
    for (int64_t i = v->n; i-- > 0;)
        if (strcmp(v->entries[i].hash, head) == 0) return LL_OK;
    return LL_FAIL(
        err, LL_ESTATE,
        "no entry of the ledger has the hash %.16s...: entries were taken off its end, or another ledger "
        "was put in its place",
        head);
}

static int report_json(const ll_ledger_view *v, const check_args *a, int64_t bends) {
    ll_json *doc = ll_json_object(), *list = ll_json_array();
    int64_t judged = 0;
    for (int64_t i = 0; i < v->n_seals; i++) {
        judged += v->seals[i].scored;
        if (is_bend(&v->seals[i], a->after)) ll_json_push(list, seal_json(&v->seals[i]));
    }
    ll_json_set_str(doc, "schema", "loglog.check/1");
    ll_json_set_str(doc, "source", *a->ledger.ledger ? a->ledger.ledger : a->ledger.store);
    ll_json_set_int(doc, "entries", v->n);
    ll_json_set_str(doc, "head", ll_ledger_head(v));
    ll_json_set_bool(doc, "cut_off", v->cut_off);
    ll_json_set_int(doc, "forecasts", v->n_seals);
    ll_json_set_int(doc, "judged", judged);
    ll_json_set(doc, "bends", list);
    int code = ll_cli_json(doc);
    return code == LL_EXIT_DONE && bends ? LL_EXIT_REFUSED : code;
}

static int report(const ll_ledger_view *v, const check_args *a) {
    int64_t bends = 0;
    for (int64_t i = 0; i < v->n_seals; i++) bends += is_bend(&v->seals[i], a->after);
    if (a->ledger.json) return report_json(v, a, bends);
    ll_say("whole: %lld entries, %lld forecasts; head %s\n", (long long)v->n, (long long)v->n_seals,
           v->n ? ll_ledger_head(v) : "none");
    if (v->cut_off) ll_say("the last line is an append that was cut off: no entry; the next append removes it\n");
    for (int64_t i = 0; i < v->n_seals; i++) {
        const ll_seal *s = &v->seals[i];
        if (is_bend(s, a->after))
            ll_say("BEND ALARM: entry %lld, %s: %.4f came, outside the 99 %% interval %.4f to %.4f\n",
                   (long long)s->seq, s->forecast.run, s->score.outcome, s->forecast.quantile[0],
                   s->forecast.quantile[10]);
    }
    return bends ? LL_EXIT_REFUSED : LL_EXIT_DONE;
}

static int run_check(const ll_verb *verb, int argc, char **argv) {
    check_args a = { 0 };
    ll_error err = { 0 };
    ll_ledger_view v;
    int code = ll_cli_parse_bare(verb, &a, argc, argv);
    if (code >= 0) return code;
    if (ll_ledger_view_read(&v, a.ledger.ledger, a.ledger.store, &err) != LL_OK) return ll_cli_fail(&err);
    code = find_head(&v, a.head, &err) != LL_OK ? ll_cli_fail(&err) : report(&v, &a);
    ll_ledger_view_clear(&v);
    return code;
}

/* ---- export ---- */

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
    "usage: loglog forecast list [--store FILE] [--json]\n\nexample: loglog forecast list --store "
    "loglog-demo/loglog.db\n",
    list_options,
    sizeof list_options / sizeof *list_options,
    run_list,
    NULL,
    NULL,
};

const ll_verb ll_verb_forecast_check = {
    "forecast check",
    "is the ledger as it was sealed, and did any run leave its 99 % interval?",
    "usage: loglog forecast check [--store FILE | --ledger FILE.jsonl] [--head HASH] [--after ENTRY] [--json]\n\n"
    "Exit code 0: whole, no alarm. 1: an entry is not as it was sealed (it is named), or the entry of --head is "
    "gone.\n"
    "3: a bend alarm: a run came outside the 99 % interval that was sealed for it.\n\n"
    "example: loglog forecast check --ledger ledger.jsonl\n",
    check_options,
    sizeof check_options / sizeof *check_options,
    run_check,
    NULL,
    NULL,
};

const ll_verb ll_verb_forecast_export = {
    "forecast export",
    "append the ledger's entries to a JSONL file that can be published",
    "usage: loglog forecast export FILE.jsonl [--store FILE] [--json]\n\n"
    "Only what the file lacks is appended; a file that is not the beginning of this ledger is left as it is.\n\n"
    "example: loglog forecast export ledger.jsonl --store loglog-demo/loglog.db\n",
    list_options,
    sizeof list_options / sizeof *list_options,
    run_export,
    NULL,
    NULL,
};
