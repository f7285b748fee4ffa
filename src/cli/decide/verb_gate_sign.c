#include <stdio.h>
#include <string.h>

#include "base/document/keyfile.h"
#include "base/system/clock.h"
#include "cli/cli.h"
#include "decide/gate/waiver.h"

/* ---- keygen ---- */

typedef struct keygen_args {
    char out[LL_OPTION_TEXT];
    bool json;
} keygen_args;

#define AT(f) offsetof(keygen_args, f)
static const ll_option keygen_options[] = {
    { "out", LL_OPT_TEXT, AT(out), "", "file of the secret key, which is never replaced" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

static int run_keygen(const ll_verb *verb, int argc, char **argv) {
    keygen_args a;
    ll_words words;
    ll_sign_key key;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n || !*a.out) return ll_cli_usage("gate keygen: expected --out FILE");
    if (ll_sign_key_new(&key, &err) != LL_OK || ll_keyfile_write(&key, a.out, &err) != LL_OK) {
        ll_sign_key_clear(&key);
        return ll_cli_fail(&err);
    }
    if (a.json) {
        ll_json *doc = ll_json_object();
        ll_json_set_str(doc, "schema", "loglog.key/1");
        ll_json_set_str(doc, "secret", a.out);
        ll_json_set_str(doc, "key", key.open);
        code = ll_cli_json(doc);
    } else ll_say("%s\n", key.open), code = ll_cli_flush();
    ll_sign_key_clear(&key);
    return code;
}

const ll_verb ll_verb_gate_keygen = {
    "gate keygen",
    "make a key to sign waivers with",
    "usage: loglog gate keygen --out FILE\n\n"
    "The secret key goes into FILE, which only its owner can read; the public key is printed, for the policy's\n"
    "sign.by.\n\nexample: loglog gate keygen --out ada.key\n",
    keygen_options,
    sizeof keygen_options / sizeof *keygen_options,
    run_keygen,
    NULL,
    NULL,
};

/* ---- sign ---- */

typedef struct sign_args {
    char key[LL_OPTION_TEXT], out[LL_OPTION_TEXT], waives[LL_OPTION_TEXT], reason[LL_OPTION_TEXT];
    char ladder[LL_OPTION_NAME];
    double valid;
    bool json;
} sign_args;

#define AT(f) offsetof(sign_args, f)
static const ll_option sign_options[] = {
    { "key", LL_OPT_TEXT, AT(key), "", "file of the secret key" },
    { "out", LL_OPT_TEXT, AT(out), "", "where the waiver goes" },
    { "waives", LL_OPT_TEXT, AT(waives), "", "levels of the policy, or evaluation, with commas" },
    { "reason", LL_OPT_TEXT, AT(reason), "", "why training may go on" },
    { "ladder", LL_OPT_NAME, AT(ladder), "", "id of the ladder; none: of checks that name none" },
    { "valid", LL_OPT_DURATION, AT(valid), "14d", "time until it expires", .max = 1e9, .min_open = true },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

static ll_status sign(const sign_args *a, const char *policy, ll_waiver *w, ll_error *err) {
    ll_policy p;
    ll_sign_key key;
    double now = ll_clock_unix();
    memset(w, 0, sizeof *w);
    strcpy(w->reason, a->reason);
    strcpy(w->waives, a->waives);
    strcpy(w->ladder, a->ladder);
    ll_clock_iso(now, w->issued, sizeof w->issued);
    ll_clock_iso(now + a->valid, w->expires, sizeof w->expires);
    LL_TRY(ll_policy_load(&p, policy, err));
    ll_status s = ll_keyfile_read(&key, a->key, err);
    if (s == LL_OK) s = ll_waiver_sign(w, &p, &key, err);
    ll_sign_key_clear(&key);
    ll_policy_clear(&p);
    return s == LL_OK ? ll_waiver_write(w, a->out, err) : s;
}

static int run_sign(const ll_verb *verb, int argc, char **argv) {
    sign_args a;
    ll_words words;
    ll_waiver w;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1 || !*a.key || !*a.out)
        return ll_cli_usage("gate sign: expected a policy, --key FILE and --out FILE");
    if (sign(&a, words.at[0], &w, &err) != LL_OK) return ll_cli_fail(&err);
    if (a.json) return ll_cli_json(ll_waiver_json(&w));
    ll_say("%s: %s waives %s%s%s until %s\n", a.out, w.name, w.waives, *w.ladder ? " for ladder " : "", w.ladder,
           w.expires);
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_gate_sign = {
    "gate sign",
    "sign a waiver that lets training go on",
    "usage: loglog gate sign POLICY.yaml --key FILE --waives LEVEL --reason TEXT --out FILE [--ladder ID]\n\n"
    "The waiver is bound to the policy's hash and to the ladder, and expires. It holds when the policy's sign.by\n"
    "names its key. 'gate check' and 'run' take it with --waiver; a run writes it into the ledger.\n\n"
    "example: loglog gate sign house.yaml --key ada.key --waives level-3 --reason 'board, 12 May' --out "
    "waiver.yaml\n",
    sign_options,
    sizeof sign_options / sizeof *sign_options,
    run_sign,
    NULL,
    NULL,
};
