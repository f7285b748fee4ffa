#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "cli/ledger/ledger.h"
#include "cli/print.h"
#include "cli/store_named.h"
#include "forecast/ledger/ledger_head.h"
#include "forecast/ledger/ledger_stamp.h"

typedef struct check_args {
    ll_ledger_args ledger;
    char head[LL_OPTION_TEXT], token[LL_OPTION_TEXT], authority[LL_OPTION_TEXT], signer[LL_OPTION_TEXT];
    int64_t after;
} check_args;

#define AT(f) offsetof(check_args, f)
static const ll_option options[] = {
    LL_LEDGER_STORE(check_args),
    LL_LEDGER_READ(check_args),
    { "head", LL_OPT_TEXT, AT(head), "",
      "what was published once, a hash or the line of 'forecast head': the ledger must begin with what it is of" },
    { "token", LL_OPT_TEXT, AT(token), "",
      "what an authority answered to 'forecast head --request': it must be over exactly the line of --head" },
    { "authority", LL_OPT_TEXT, AT(authority), "", "its certificates in PEM: they say whose --token counts" },
    { "signer", LL_OPT_TEXT, AT(signer), "",
      "a public key: every entry must be covered by a signature of it, in the ledger or of the head" },
    { "after", LL_OPT_INT, AT(after), "0", "entries up to this one raise no alarm any more: theirs is known" },
    LL_LEDGER_JSON(check_args),
};
#undef AT

/* A sealed outcome and the table of runs. */
typedef struct differing {
    bool differs;
    double loss; /* the table's; or the score */
} differing;

/* What was found. */
typedef struct found {
    ll_ledger_view v;
    differing *table;            /* [n_seals + n_said] */
    ll_head head;                /* hash "": none was given */
    char stamped[LL_STAMP_TIME]; /* when the authority saw the head; "": no token was given */
    int64_t covered;             /* entries under a signature of --signer */
} found;

static void clear(found *f) {
    ll_ledger_view_clear(&f->v);
    free(f->table);
}

/* ---- looking ---- */

static ll_status compare_table(found *f, ll_store *s, ll_error *err) {
    for (int64_t i = 0; i < f->v.n_seals && s; i++)
        LL_TRY(ll_seal_differs(s, &f->v.seals[i], &f->table[i].differs, &f->table[i].loss, err));
    for (int64_t i = 0; i < f->v.n_said && s; i++) {
        differing *d = &f->table[f->v.n_seals + i];
        LL_TRY(ll_said_differs(s, &f->v.said[i], &d->differs, &d->loss, err));
    }
    return LL_OK;
}

static ll_status read(found *f, const check_args *a, ll_error *err) {
    ll_store *s = NULL;
    if (*a->ledger.ledger) LL_TRY(ll_ledger_view_file(&f->v, a->ledger.ledger, err));
    else LL_TRY(ll_cli_open_store(&s, a->ledger.store, LL_STORE_READ, err));
    ll_status status = s ? ll_ledger_view_store(&f->v, s, err) : LL_OK;
    f->table = calloc((size_t)(f->v.n_seals + f->v.n_said) + 1, sizeof *f->table);
    if (status == LL_OK && !f->table) status = LL_FAIL(err, LL_ENOMEM, "out of memory");
    if (status == LL_OK) status = ll_ledger_view_dates(&f->v, ll_clock_unix(), err);
    if (status == LL_OK) status = compare_table(f, s, err);
    ll_store_close(s);
    return status;
}

static ll_status look(found *f, const check_args *a, ll_error *err) {
    const size_t digits = strspn(a->signer, "0123456789abcdef");
    if (*a->signer && (digits != LL_SIGN_KEY_HEX - 1 || a->signer[digits]))
        return LL_FAIL(err, LL_EINPUT,
                       "--signer: expected the 64 digits of a public key; what was given is not repeated, "
                       "as it may be a secret");
    if (!*a->token != !*a->authority || (*a->token && !*a->head))
        return LL_FAIL(err, LL_EINPUT,
                       "--token goes with --head, which it is over, and --authority, which made it");
    if (*a->head) LL_TRY(ll_head_parse(&f->head, a->head, err));
    LL_TRY(read(f, a, err));
    if (*a->head) LL_TRY(ll_head_find(&f->head, &f->v, err));
    if (*a->token) LL_TRY(ll_stamp_check(&f->head, a->token, a->authority, f->stamped, err));
    if (*a->signer) f->covered = ll_head_covered(&f->v, *a->head ? &f->head : NULL, a->signer);
    return LL_OK;
}

/* ---- what counts ---- */

static bool is_bend(const ll_seal *s, int64_t after) {
    return s->scored && s->score.stated99 && !s->score.covered99 && !s->forecast.replicate && s->seq > after;
}

/* Of a score that a law forecast; who else is wrong is no law that bends. */
static bool is_score_bend(const ll_said *s, int64_t after) {
    const ll_score *score = &s->what.score;
    return *s->ground.quantity && s->what.judged && score->stated99 && !score->covered99 && !s->ground.replicate &&
           s->seq > after;
}

static bool is_fault(const ll_remark *r, int64_t after) {
    return r->kind != LL_REMARK_UNKNOWN && r->seq > after;
}

/* 1: something is not as it should be; 3: only bends. */
static int code_of(const found *f, const check_args *a) {
    bool fault = *a->signer && f->covered < f->v.n, bend = false;
    for (int64_t i = 0; i < f->v.n_remarks; i++) fault |= is_fault(&f->v.remarks[i], a->after);
    for (int64_t i = 0; i < f->v.n_seals; i++) {
        fault |= f->table[i].differs && f->v.seals[i].seq > a->after;
        bend |= is_bend(&f->v.seals[i], a->after);
    }
    for (int64_t i = 0; i < f->v.n_said; i++) {
        fault |= f->table[f->v.n_seals + i].differs && f->v.said[i].seq > a->after;
        bend |= is_score_bend(&f->v.said[i], a->after);
    }
    return fault ? LL_EXIT_FAILED : bend ? LL_EXIT_REFUSED : LL_EXIT_DONE;
}

/* ---- for programs ---- */

/* Each key that signed, with the newest entry of it, in the order of their first. */
static ll_json *signers_json(const ll_ledger_view *v) {
    ll_json *by_key = ll_json_object(), *list = ll_json_array();
    const ll_json *one;
    for (int64_t i = 0; i < v->n; i++)
        if (*v->signer[i]) ll_json_set_int(by_key, v->signer[i], i + 1);
    for (const char *key = NULL; (key = ll_json_next(by_key, key, &one));) {
        ll_json *o = ll_json_object();
        ll_json_set_str(o, "key", key);
        ll_json_set_int(o, "up_to", ll_json_get_int(by_key, key, 0));
        ll_json_push(list, o);
    }
    ll_json_free(by_key);
    return list;
}

static void push_differing(ll_json *list, const differing *d, int64_t seq, const char *run, const char *quantity,
                           double sealed) {
    if (!d->differs) return;
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "seq", seq);
    ll_json_set_str(o, "run", run);
    if (*quantity) ll_json_set_str(o, "quantity", quantity);
    ll_json_set_num(o, "sealed", sealed);
    ll_json_set_num(o, "in_table", d->loss);
    ll_json_push(list, o);
}

static ll_json *differs_json(const found *f) {
    const ll_ledger_view *v = &f->v;
    ll_json *list = ll_json_array();
    for (int64_t i = 0; i < v->n_seals; i++)
        push_differing(list, &f->table[i], v->seals[i].seq, v->seals[i].forecast.run, "",
                       v->seals[i].score.outcome);
    for (int64_t i = 0; i < v->n_said; i++)
        push_differing(list, &f->table[v->n_seals + i], v->said[i].seq, v->said[i].run, v->said[i].ground.quantity,
                       v->said[i].what.score.outcome);
    return list;
}

static ll_json *stamp_json(const found *f) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "time", f->stamped);
    ll_json_set_int(o, "entries", f->head.count);
    return o;
}

static int report_json(const found *f, const check_args *a) {
    const ll_ledger_view *v = &f->v;
    ll_json *doc = ll_json_object(), *bends = ll_json_array();
    int64_t judged = 0;
    for (int64_t i = 0; i < v->n_seals; i++) {
        judged += v->seals[i].scored;
        if (is_bend(&v->seals[i], a->after)) ll_json_push(bends, ll_seal_json(&v->seals[i]));
    }
    for (int64_t i = 0; i < v->n_said; i++)
        if (is_score_bend(&v->said[i], a->after)) ll_json_push(bends, ll_said_entry_json(&v->said[i]));
    ll_json_set_str(doc, "schema", "loglog.check/1");
    ll_json_set_str(doc, "source", *a->ledger.ledger ? a->ledger.ledger : a->ledger.store);
    ll_json_set_int(doc, "entries", v->n);
    ll_json_set_str(doc, "head", ll_ledger_view_head(v));
    ll_json_set_bool(doc, "cut_off", v->cut_off);
    ll_json_set_int(doc, "forecasts", v->n_seals);
    ll_json_set_int(doc, "others", v->n_said);
    ll_json_set_int(doc, "judged", judged);
    ll_json_set(doc, "bends", bends);
    ll_json_set(doc, "remarks", ll_remarks_json(v));
    ll_json_set(doc, "differs", differs_json(f));
    ll_json_set(doc, "signers", signers_json(v));
    if (*a->signer) ll_json_set_int(doc, "covered", f->covered);
    if (*f->stamped) ll_json_set(doc, "stamp", stamp_json(f));
    const int code = ll_cli_json(doc);
    return code == LL_EXIT_DONE ? code_of(f, a) : code;
}

/* ---- for people ---- */

static void print_remarks(const ll_ledger_view *v) {
    static const char *const words[] = { [LL_REMARK_UNKNOWN] = "UNKNOWN",
                                         [LL_REMARK_IGNORED] = "IGNORED",
                                         [LL_REMARK_DAMAGED] = "DAMAGED",
                                         [LL_REMARK_MISDATED] = "MISDATED" };
    for (int64_t i = 0; i < v->n_remarks; i++) {
        ll_say("%s: entry %lld: ", words[v->remarks[i].kind], (long long)v->remarks[i].seq);
        ll_say("%s", v->remarks[i].why);
        ll_say("\n");
    }
}

static void print_signers(const found *f, const check_args *a) {
    const ll_ledger_view *v = &f->v;
    int64_t signed_ = 0;
    for (int64_t i = 0; i < v->n; i++) signed_ += *v->signer[i] != 0;
    if (signed_) ll_say("%lld entries are signed\n", (long long)signed_);
    if (!*a->signer) return;
    if (f->covered == v->n) ll_say("all of it is covered by signatures of %s\n", a->signer);
    else
        ll_say("NOT SIGNED: no signature of %s covers entries %lld to %lld\n", a->signer, (long long)f->covered + 1,
               (long long)v->n);
}

/* What is wrong with one; lo and hi end its 99 % interval. */
static void print_one(const differing *d, bool bend, int64_t seq, const char *name, double outcome, double lo,
                      double hi) {
    if (!bend && !d->differs) return;
    ll_say("%s: entry %lld, ", d->differs ? "DIFFERS" : "BEND ALARM", (long long)seq);
    ll_say("%s", name);
    if (d->differs) ll_say(": %.10g was sealed as its outcome, the table of runs says %.10g\n", outcome, d->loss);
    if (d->differs && bend) ll_say("BEND ALARM: entry %lld", (long long)seq);
    if (bend) ll_say(": %.4f came, outside the 99 %% interval %.4f to %.4f\n", outcome, lo, hi);
}

static void print_seals(const found *f, const check_args *a) {
    const ll_ledger_view *v = &f->v;
    for (int64_t i = 0; i < v->n_seals; i++) {
        const ll_seal *s = &v->seals[i];
        print_one(&f->table[i], is_bend(s, a->after), s->seq, s->forecast.run, s->score.outcome,
                  s->forecast.quantile[LL_FORECAST_LO99], s->forecast.quantile[LL_FORECAST_HI99]);
    }
    for (int64_t i = 0; i < v->n_said; i++) {
        const ll_said *s = &v->said[i];
        print_one(&f->table[v->n_seals + i], is_score_bend(s, a->after), s->seq, s->question, s->what.score.outcome,
                  s->what.value[0], s->what.value[s->what.n ? s->what.n - 1 : 0]);
    }
}

static int report(const found *f, const check_args *a) {
    const ll_ledger_view *v = &f->v;
    int64_t of_scores = 0;
    if (a->ledger.json) return report_json(f, a);
    ll_say("whole: %lld entries, %lld forecasts", (long long)v->n, (long long)v->n_seals);
    for (int64_t i = 0; i < v->n_said; i++) of_scores += *v->said[i].ground.quantity != 0;
    if (of_scores) ll_say(", %lld of scores", (long long)of_scores);
    if (v->n_said > of_scores) ll_say(", %lld of others", (long long)(v->n_said - of_scores));
    ll_say("; head %s\n", v->n ? ll_ledger_view_head(v) : "none");
    if (v->cut_off) ll_say("the last line is an append that was cut off: no entry; the next append removes it\n");
    if (*f->stamped)
        ll_say("stamped: an authority of %s saw this head at %s, when %lld entries were there\n", a->authority,
               f->stamped, (long long)f->head.count);
    print_signers(f, a);
    print_remarks(v);
    print_seals(f, a);
    return code_of(f, a);
}

static int run(const ll_verb *verb, int argc, char **argv) {
    check_args a = { 0 };
    ll_error err = { 0 };
    found f = { 0 };
    int code = ll_cli_parse_bare(verb, &a, argc, argv);
    if (code >= 0) return code;
    code = look(&f, &a, &err) == LL_OK ? report(&f, &a) : ll_cli_fail(&err);
    clear(&f);
    return code;
}

const ll_verb ll_verb_forecast_check = {
    "forecast check",
    "is the ledger as it was sealed, and did any run leave its 99 % interval?",
    "usage: loglog forecast check [--store FILE | --ledger FILE.jsonl] [--head HASH|LINE [--token FILE "
    "--authority FILE.pem]]\n"
    "       [--signer KEY] [--after ENTRY] [--json]\n\n"
    "Every entry is read for its hash and for what it means: a score names the forecast that it judges and "
    "follows\n"
    "it, a signature is of its place in the ledger. An entry that cannot count is IGNORED or DAMAGED, one of a "
    "newer\n"
    "schema UNKNOWN; one that is dated before one that it follows, or after now, counts and is MISDATED (clocks "
    "may "
    "differ\n"
    "by five minutes); a sealed outcome that is not the loss in the store's table of runs DIFFERS.\n\n"
    "Exit code 0: whole, no alarm. 1: an entry is not as it was sealed (it is named) or cannot count or is\n"
    "misdated, an outcome differs, what --head was published of is gone, --token is not the authority's over this "
    "head, or --signer "
    "has\n"
    "not signed for all.\n"
    "3: a bend alarm: a run came outside the 99 % interval that was sealed for it.\n\n"
    "example: loglog forecast check --ledger ledger.jsonl\n"
    "         loglog forecast check --ledger ada.jsonl --head \"$(cat ada.head)\" --token ada.tsr --authority "
    "ca.pem\n",
    options,
    sizeof options / sizeof *options,
    run,
    NULL,
    NULL,
};
