#include "cli/ledger/seal_said.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/version.h"
#include "base/words/word.h"
#include "cli/print.h"

bool ll_is_said(const ll_said_args *a) {
    return *a->quantiles || *a->statement || a->probability > 0;
}

/* ---- from the flags ---- */

static ll_status put(char *to, size_t size, const char *text, const char *flag, ll_error *err) {
    return ll_word_copy(to, size, text, strlen(text), flag, err);
}

static ll_status read_statement(ll_said *s, const ll_said_args *a, ll_error *err) {
    if (*a->question || *a->run)
        return LL_FAIL(err, LL_EINPUT, "--statement is the question: leave out --question and --run");
    if (!*a->statement || !(a->probability > 0 && a->probability < 1))
        return LL_FAIL(err, LL_EINPUT,
                       "--statement and --probability come together, the probability above 0 and below 1");
    s->what.probability = a->probability;
    return put(s->question, sizeof s->question, a->statement, "--statement", err);
}

static ll_status read_quantity(ll_said *s, const ll_said_args *a, ll_error *err) {
    if (!*a->question && !*a->run)
        return LL_FAIL(err, LL_EINPUT, "--quantiles: expected --question TEXT, or --run ID, that they are of");
    s->ln_scale = strcmp(a->scale, "log") == 0;
    LL_TRY(put(s->run, sizeof s->run, a->run, "--run", err));
    LL_TRY(put(s->question, sizeof s->question, *a->question ? a->question : a->run, "--question", err));
    return ll_said_quantiles(s, a->quantiles, "--quantiles", err);
}

static ll_status describe(ll_said *s, const ll_said_args *a, ll_error *err) {
    char now[32];
    LL_TRY(put(s->author, sizeof s->author, a->author, "--author", err));
    LL_TRY(put(s->judged_by, sizeof s->judged_by, a->judged_by, "--judged-by", err));
    snprintf(s->version, sizeof s->version, "%s %s", LL_VERSION, LL_COMMIT);
    snprintf(s->sealed, sizeof s->sealed, "%s", ll_clock_utc(now, sizeof now));
    return LL_OK;
}

static ll_status read_args(ll_said *s, const ll_said_args *a, ll_error *err) {
    *s = (ll_said) { .what.probability = NAN };
    if (*a->quantiles && (*a->statement || a->probability > 0))
        return LL_FAIL(err, LL_EINPUT, "--quantiles are of a quantity, --statement is true or false: give one");
    LL_TRY(*a->quantiles ? read_quantity(s, a, err) : read_statement(s, a, err));
    return describe(s, a, err);
}

/* ---- sealing ---- */

static ll_status check_open(ll_store *s, const ll_said *said, ll_error *err) {
    ll_run run;
    bool found;
    if (!*said->run) return LL_OK;
    LL_TRY(ll_store_seek_run(s, said->run, &run, &found, err));
    if (!found || run.state != LL_RUN_DONE) return LL_OK;
    return LL_FAIL(err, LL_ESTATE, "%s is done: a forecast of it would be no forecast", said->run);
}

static ll_status seal_in(ll_store *s, const ll_said *said, const ll_said_args *a, const ll_ledger_args *at,
                         ll_said *stands, ll_sealing *how, ll_error *err) {
    ll_sign_key key;
    const ll_sign_key *given;
    LL_TRY(check_open(s, said, err));
    LL_TRY(ll_ledger_key(&key, a->key, &given, err));
    ll_status status = ll_ledger_seal_said(s, said, given, stands, how, err);
    ll_sign_key_clear(&key);
    if (status != LL_OK) return status;
    if (*how == LL_SEALING_OTHER)
        return LL_FAIL(err, LL_ESTATE,
                       "another answer%s%.80s%s stands in entry %lld, sealed %s; it is never replaced",
                       *stands->author ? " of '" : "", stands->author, *stands->author ? "'" : "",
                       (long long)stands->seq, stands->sealed);
    return ll_ledger_follow(s, at, err);
}

/* The first that is sealed makes the store. */
static ll_status seal(const ll_said *said, const ll_said_args *a, const ll_ledger_args *at, ll_said *stands,
                      ll_sealing *how, ll_error *err) {
    ll_store *s;
    LL_TRY(ll_store_open(&s, at->store, LL_STORE_WRITE, err));
    ll_status status = seal_in(s, said, a, at, stands, how, err);
    ll_store_close(s);
    return status;
}

static int show(const ll_said *s, ll_sealing how, const ll_ledger_args *at) {
    if (how == LL_SEALING_SAME) ll_say_to(stderr, "already sealed, at %s: nothing was added\n", s->sealed);
    if (at->json) return ll_cli_json(ll_said_json(s));
    ll_say("entry %lld, sealed %s: ", (long long)s->seq, s->sealed);
    ll_say("%s", s->question);
    if (*s->ground.quantity)
        ll_say("\n%.4g parameters trained on %.4g tokens, from %lld runs, at %.3g times their largest compute",
               s->ground.params, s->ground.tokens, (long long)s->ground.n_fitted, s->ground.reach);
    ll_say("\n");
    if (s->what.n == 0) ll_say("  probability %g\n", s->what.probability);
    for (int k = 0; k < s->what.n; k++) ll_say("  %5.4g %%  %.6g\n", 100 * s->what.level[k], s->what.value[k]);
    ll_say("once it is known: loglog forecast score --store %s --entry %lld --outcome %s\n", at->store,
           (long long)s->seq, s->what.n ? "NUMBER" : "true|false");
    return LL_EXIT_DONE;
}

static int seal_and_show(const ll_said *said, const ll_said_args *a, const ll_ledger_args *at) {
    ll_said stands = { 0 };
    ll_sealing how;
    ll_error err = { 0 };
    return seal(said, a, at, &stands, &how, &err) == LL_OK ? show(&stands, how, at) : ll_cli_fail(&err);
}

int ll_seal_said(const ll_said_args *a, const ll_ledger_args *at) {
    ll_said said;
    ll_error err = { 0 };
    return read_args(&said, a, &err) == LL_OK ? seal_and_show(&said, a, at) : ll_cli_fail(&err);
}

int ll_seal_by_law(ll_said *said, const ll_said_args *a, const ll_ledger_args *at) {
    ll_error err = { 0 };
    return describe(said, a, &err) == LL_OK ? seal_and_show(said, a, at) : ll_cli_fail(&err);
}
