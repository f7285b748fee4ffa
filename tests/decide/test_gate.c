/* The gate through the real program: a table of policies, evidence and waivers with the exit code each must give.
 */
#define _POSIX_C_SOURCE 200809L
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "base/system/clock.h"
#include "decide/gate/gate.h"
#include "loglog/law.h"

static char out[65536], err_text[4096];

static void put(const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

static const char *in_folder(const char *name) {
    static char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, name, err));
    return path;
}

static void runs(int code, const char *arguments) {
    int got = support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
    if (got != code) fail_msg("'%s' gave %d, expected %d; it said: %s%s", arguments, got, code, out, err_text);
}

/* ---- policies ---- */

#define ADA "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" /* of RFC 8032, TEST 1 */
#define BOB "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c" /* TEST 2 */
static const char ada_seed[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                  bob_seed[] = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                  eve_seed[] = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"; /* TEST 3 */

#define HEAD "schema: loglog.policy/1\nname: house\n"
#define SIGN(n) "sign: {needed: " n ", by: [{name: ada, key: " ADA "}, {name: bob, key: " BOB "}]}\n"
#define LEVELS                                                                   \
    "levels:\n"                                                                  \
    "  - name: level-3\n"                                                        \
    "    lines:\n"                                                               \
    "      - {of: effective_flops, at_least: 1e26}\n"                            \
    "      - {of: score, score: autonomy, at_least: 0.5}\n"                      \
    "    requires: [{name: weights_locked, what: two keys}, {name: red_team}]\n" \
    "  - name: level-4\n"                                                        \
    "    lines: [{of: score, score: autonomy, at_least: 0.9}]\n"
#define QUIET "evaluate: {needed: false}\n"
#define ONE(line) HEAD QUIET "levels: [{name: l, lines: [" line "]}]\n"

static const char *const policies[][2] = {
    { "house.yaml", HEAD "evaluate: {every_compute: 4, every: 92d, buffer: 6}\n" SIGN("1") LEVELS },
    { "both.yaml", HEAD SIGN("2") LEVELS },
    { "nobody.yaml", HEAD LEVELS },
    { "legal.yaml", ONE("{of: flops, at_least: 1e25}") },
    { "loss.yaml", ONE("{of: loss, below: 2.0}") },
    { "forecast.yaml", ONE("{of: forecast_loss, below: 2.0}") },
    { "bits.yaml", ONE("{of: bits_per_byte, below: 0.7}") },
    { "promote.yaml", ONE("{of: score, score: gain_at_10x, below: 0.01, probability: 0.9}") },
    { "sure.yaml", ONE("{of: flops, at_least: 1e25, probability: 0.99}") },
    { "bad-key.yaml", HEAD QUIET "levls: []\n" LEVELS },
    { "bad-line-key.yaml", ONE("{of: flops, atleast: 1e25}") },
    { "bad-unit.yaml", ONE("{of: flops, at_least: 1e25 FLOP}") },
    { "bad-months.yaml", HEAD "evaluate: {every: 3 months}\n" LEVELS },
    { "bad-both.yaml", ONE("{of: loss, at_least: 1, below: 2}") },
    { "bad-neither.yaml", ONE("{of: loss}") },
    { "bad-of.yaml", ONE("{of: colour, at_least: 1}") },
    { "bad-no-of.yaml", ONE("{at_least: 1e25}") },
    { "bad-score.yaml", ONE("{of: score, at_least: 0.5}") },
    { "bad-score2.yaml", ONE("{of: loss, score: x, below: 0.5}") },
    { "bad-negative.yaml", ONE("{of: flops, at_least: -1e25}") },
    { "bad-probability.yaml", ONE("{of: flops, at_least: 1e25, probability: 1.5}") },
    { "bad-buffer.yaml", HEAD "evaluate: {every_compute: 4, buffer: 3}\n" LEVELS },
    { "bad-sign.yaml", HEAD SIGN("3") LEVELS },
    { "bad-public.yaml", HEAD "sign: {by: [{name: ada, key: 12}]}\n" LEVELS },
    { "bad-twice.yaml", HEAD "sign: {by: [{name: ada, key: " ADA "}, {name: bob, key: " ADA "}]}\n" LEVELS },
    { "bad-dotted.yaml", HEAD "sign.by: [{name: ada, key: " ADA "}]\n" LEVELS },
    { "bad-name.yaml", HEAD QUIET "levels: [{name: evaluation, lines: [{of: flops, at_least: 1}]}]\n" },
    { "bad-names.yaml", HEAD QUIET "levels:\n  - {name: a, lines: [{of: flops, at_least: 1}]}\n"
                                   "  - {name: a, lines: [{of: flops, at_least: 2}]}\n" },
    { "bad-no-lines.yaml", HEAD QUIET "levels: [{name: a}]\n" },
    { "bad-no-levels.yaml", HEAD QUIET },
    { "bad-schema.yaml", "schema: loglog.spec/1\n" LEVELS },
    { "bad-no-schema.yaml", "name: house\n" LEVELS },
    { "bad-yaml.yaml", HEAD "levels: [\n" },
    { "bad-empty.yaml", "" },
    { "bad-dotted-twice.yaml", HEAD "evaluate: {needed: true}\nevaluate.needed: false\n" LEVELS },
    { "bad-dotted-first.yaml", HEAD "evaluate.needed: false\nevaluate: {needed: true}\n" LEVELS },
    { "bad-empty-map.yaml", HEAD QUIET "sing: {}\n" LEVELS },
    { "bad-zero-key.yaml", HEAD "\"source\\0x\": house\n" LEVELS },
};

/* ---- waivers ---- */

static void put_waiver(const char *name, const char *policy, const char *seed, ll_waiver w) {
    ll_policy p;
    ll_sign_key key;
    assert_true(ll_sign_key_of(&key, seed));
    assert_ok(ll_policy_load(&p, in_folder(policy), err));
    if (!*w.reason) strcpy(w.reason, "the board, 12 May");
    if (!*w.issued) strcpy(w.issued, "2026-11-20");
    if (!*w.expires) strcpy(w.expires, "2026-12-20");
    assert_ok(ll_waiver_sign(&w, &p, &key, err));
    assert_ok(ll_waiver_write(&w, in_folder(name), err));
    ll_policy_clear(&p);
}

/* The same file with one text replaced: what a forger would do. */
static void forge(const char *name, const char *from, const char *old, const char *new) {
    char *text, changed[4096];
    assert_ok(ll_file_read(in_folder(from), sizeof changed / 2, &text, NULL, err));
    char *at = strstr(text, old);
    assert_non_null(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    put(name, changed);
    free(text);
}

static int set_up(void **state) {
    (void)state;
    support_folder(folder);
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) put(policies[i][0], policies[i][1]);
    put_waiver("ada3.w", "house.yaml", ada_seed, (ll_waiver) { .waives = "level-3" });
    put_waiver("ada34.w", "house.yaml", ada_seed, (ll_waiver) { .waives = "level-3, level-4" });
    put_waiver("eval.w", "house.yaml", bob_seed, (ll_waiver) { .waives = "evaluation" });
    put_waiver("expired.w", "house.yaml", ada_seed, (ll_waiver) { .waives = "level-3", .expires = "2026-11-24" });
    put_waiver("early.w", "house.yaml", ada_seed, (ll_waiver) { .waives = "level-3", .issued = "2026-11-26" });
    put_waiver("ladder.w", "house.yaml", ada_seed,
               (ll_waiver) { .waives = "level-3", .ladder = "0123456789abcdef" });
    put_waiver("other.w", "both.yaml", ada_seed, (ll_waiver) { .waives = "level-3" });
    put_waiver("both-ada.w", "both.yaml", ada_seed, (ll_waiver) { .waives = "level-3" });
    put_waiver("both-bob.w", "both.yaml", bob_seed, (ll_waiver) { .waives = "level-3" });
    forge("forged-reason.w", "ada3.w", "the board", "the bored");
    forge("forged-level.w", "ada3.w", "level-3", "level-3,evaluation");
    forge("forged-date.w", "expired.w", "2026-11-24", "2027-11-24");
    forge("forged-name.w", "ada3.w", "name: ada", "name: bob");
    forge("forged-key.w", "ada3.w", ADA, BOB);
    forge("bad-key.w", "ada3.w", "reason:", "raison:");
    /* Eve signs as herself, with a key that the policy does not name: the text is genuine, she is nobody. */
    ll_sign_key eve;
    ll_waiver w;
    char signature[LL_SIGN_HEX];
    assert_true(ll_sign_key_of(&eve, eve_seed));
    forge("eve.part", "ada3.w", ADA, eve.open);
    assert_ok(ll_waiver_load(&w, in_folder("eve.part"), err));
    w.signature[0] = 0;
    assert_ok(ll_waiver_write(&w, in_folder("eve.text"), err));
    char *text;
    assert_ok(ll_file_read(in_folder("eve.text"), 8192, &text, NULL, err));
    *strstr(text, "signature:") = 0;
    ll_sign_text(&eve, text, signature);
    free(text);
    strcpy(w.signature, signature);
    assert_ok(ll_waiver_write(&w, in_folder("eve.w"), err));
    return 0;
}

/* ---- the table ---- */

#define NOW " --now 2026-11-25"
#define DATED " --evaluated 2026-11-01 --evaluated-flops 1e24" NOW
#define C24 " --flops 1e24 --gain 1.5,1,2"
#define LOW " --score autonomy=0.2,0.1,0.3"
#define HIGH " --score autonomy=0.7,0.6,0.8"
#define Z70 "0000000000000000000000000000000000000000000000000000000000000000000000"
#define ALL " --in-place weights_locked,red_team"

static const struct {
    const char *arguments;
    int code;
    const char *says;
} cases[] = {
    /* below every line */
    { "house.yaml" C24 LOW DATED, 0, "pass" },
    { "house.yaml --flops 1e24 --gain 1,2 --score autonomy=0.1,0.3" DATED, 0, "pass" },
    /* a line is reached */
    { "house.yaml" C24 HIGH DATED, 3, "not in place: weights_locked, red_team" },
    { "house.yaml" C24 HIGH DATED " --in-place weights_locked", 3, "not in place: red_team" },
    { "house.yaml" C24 HIGH DATED ALL, 0, "all that is required is in place" },
    { "house.yaml" C24 " --score autonomy=0.95,0.92,0.99" DATED ALL, 3, "only a waiver allows it" },
    { "house.yaml --flops 9e25 --gain 2,1.5,3" LOW " --evaluated 2026-11-01 --evaluated-flops 1e26" NOW, 3,
      "effective_flops" },
    { "house.yaml" C24 " --score autonomy=0.5,0.5,0.5" DATED, 3, "reached" }, /* at the line is beyond it */
    /* an interval across a line is never a pass */
    { "house.yaml" C24 " --score autonomy=0.45,0.3,0.6" DATED, 4, "across the line" },
    { "house.yaml" C24 " --score autonomy=0.45,0.3,0.6" DATED ALL, 4, "across the line" },
    { "house.yaml" C24 " --score autonomy=0.4,0.3,0.5" DATED, 4, "across the line" },
    { "legal.yaml --flops 9e24,1.1e25", 4, "across the line" },
    /* within the buffer before a line of effective compute: 1e26 / 6 = 1.67e25 */
    { "house.yaml --flops 1e25 --gain 1,1.6" LOW " --evaluated 2026-11-01 --evaluated-flops 1e25" NOW, 0, "pass" },
    { "house.yaml --flops 1e25 --gain 1,1.7" LOW " --evaluated 2026-11-01 --evaluated-flops 1e25" NOW, 4,
      "buffer" },
    { "house.yaml --flops 1e25 --gain 1,1.7" LOW " --evaluated 2026-11-01 --evaluated-flops 1e25" NOW ALL, 0,
      "pass" },
    /* what is missing is never a pass */
    { "house.yaml" C24 DATED, 4, "score autonomy, line at least 0.5: the evidence does not say" },
    { "house.yaml --flops 1e24" LOW DATED, 4, "effective_flops" },
    { "house.yaml --gain 1,2" LOW DATED, 4, "effective_flops" },
    { "house.yaml" NOW, 4, "investigate" },
    { "legal.yaml", 4, "investigate" },
    { "loss.yaml --forecast-loss 3,2.9,3.1", 4, "loss, line below 2: the evidence does not say" },
    { "house.yaml" C24 LOW NOW, 4, "dates no evaluation" },
    { "house.yaml" C24 LOW " --evaluated 2026-11-01" NOW, 4, "evaluated_flops" },
    /* an estimate without an interval, and an interval that promises less than the line asks */
    { "house.yaml" C24 " --score autonomy=0.2" DATED, 4, "without an interval" },
    { "house.yaml --flops 1e24 --gain 1.5" LOW DATED, 4, "without an interval" },
    { "loss.yaml --loss 2.5", 4, "without an interval" },
    { "house.yaml" C24 LOW DATED " --level 0.8", 4, "with probability 0.9" },
    { "sure.yaml --flops 1e23,2e23", 4, "with probability 0.95" },
    { "sure.yaml --flops 1e23,2e23 --level 0.98", 0, "pass" },
    { "house.yaml --flops 0.9e24,1.1e24 --gain 1,2" LOW DATED, 4, "with probability 0.9" }, /* two may err */
    /* the cadence: 92 days, 4 times the compute; a date after now is a clock set back */
    { "house.yaml" C24 LOW " --evaluated 2026-08-25 --evaluated-flops 1e24" NOW, 0, "pass" },
    { "house.yaml" C24 LOW " --evaluated 2026-08-24 --evaluated-flops 1e24" NOW, 4, "93 days old" },
    { "house.yaml" C24 LOW " --evaluated 2026-11-26 --evaluated-flops 1e24" NOW, 4, "clock set back" },
    { "house.yaml" C24 LOW " --evaluated 2026-11-25T00:00:01Z --evaluated-flops 1e24" NOW, 4, "clock set back" },
    { "house.yaml" C24 LOW " --evaluated 2026-11-01 --evaluated-flops 5.1e23" NOW, 0, "pass" },
    { "house.yaml" C24 LOW " --evaluated 2026-11-01 --evaluated-flops 5e23" NOW, 4, "one is due every 4x" },
    { "house.yaml" C24 LOW " --evaluated 2026-11-01 --evaluated-flops 1e23" NOW, 4, "one is due every 4x" },
    /* effective compute is at most 2e24: an evaluation at far more is another model's */
    { "house.yaml" C24 LOW " --evaluated 2026-11-01 --evaluated-flops 1e50" NOW, 4, "another model's" },
    { "house.yaml" C24 LOW " --evaluated 2026-11-01 --evaluated-flops 8e24" NOW, 0, "pass" },
    { "house.yaml" C24 LOW " --evaluated 2026-11-01 --evaluated-flops 8.1e24" NOW, 4, "another model's" },
    { "house.yaml --flops 1e24 --gain 1e-25,1e-24" LOW DATED, 4, "another model's" }, /* or the gain is wrong */
    { "house.yaml" C24 HIGH " --evaluated 2026-01-01 --evaluated-flops 1e23" NOW, 3,
      "fail" }, /* no before unsure */
    /* legal lines, losses, forecasts, bits */
    { "legal.yaml --flops 9.99e24", 0, "pass" },
    { "legal.yaml --flops 1e25", 3, "fail" },
    { "legal.yaml --flops 2e25,3e25", 3, "fail" },
    { "loss.yaml --loss 2.5,2.4,2.6", 0, "pass" },
    { "loss.yaml --loss 2.0,2.0,2.1", 0, "pass" }, /* below is strict */
    { "loss.yaml --loss 1.9,1.8,1.99", 3, "fail" },
    { "loss.yaml --loss 2.0,1.9,2.1", 4, "across" },
    { "forecast.yaml --forecast-loss 2.2,2.1,2.3", 0, "pass" },
    { "forecast.yaml --forecast-loss 1.8,1.7,1.9", 3,
      "fail: l: forecast_loss 1.8 [1.7, 1.9], line below 2: the line is reached" },
    { "bits.yaml --loss 2.2,2.1,2.3", 4, "bits_per_byte, line below 0.7: the evidence does not say" },
    { "bits.yaml --loss 2.2,2.1,2.3 --bytes-per-token 4", 0, "pass" }, /* 2.1 / (4 ln 2) = 0.757 */
    { "bits.yaml --loss 1.8,1.7,1.9 --bytes-per-token 4", 3, "fail" }, /* 1.9 / (4 ln 2) = 0.685 */
    /* a quality gate: 1 % with 90 %, by the ends of an 80 % interval */
    { "promote.yaml --score gain_at_10x=0.02,0.012,0.028 --level 0.8", 0, "pass" },
    { "promote.yaml --score gain_at_10x=0.02,0.01,0.03 --level 0.8", 0, "pass" },
    { "promote.yaml --score gain_at_10x=0.02,0.009,0.03 --level 0.8", 4, "across" },
    { "promote.yaml --score gain_at_10x=0.002,-0.004,0.008 --level 0.8", 3, "fail" },
    { "promote.yaml --score gain_at_10x=0.02,0.012,0.028 --level 0.7", 4, "with probability 0.85" },
    /* waivers */
    { "house.yaml" C24 HIGH DATED " --waiver ada3.w", 0, "waived" },
    { "house.yaml" C24 HIGH DATED " --waiver ada34.w", 0, "waived" },
    { "house.yaml" C24 " --score autonomy=0.45,0.3,0.6" DATED " --waiver ada3.w", 0, "waived" },
    { "house.yaml" C24 " --score autonomy=0.95,0.92,0.99" DATED " --waiver ada3.w", 3, "level-4" },
    { "house.yaml" C24 " --score autonomy=0.95,0.92,0.99" DATED " --waiver ada34.w", 0, "waived" },
    { "house.yaml" C24 LOW NOW " --waiver eval.w", 0, "waived" },
    { "house.yaml" C24 LOW NOW " --waiver ada3.w", 4, "evaluation" },
    { "house.yaml" C24 HIGH NOW " --waiver ada3.w,eval.w", 0, "waived" },
    { "house.yaml" C24 HIGH DATED " --waiver expired.w", 3, "expired on 2026-11-24" },
    { "house.yaml" C24 HIGH " --evaluated 2026-11-01 --evaluated-flops 1e24 --now 2026-12-20 --waiver ada3.w", 3,
      "expired" },
    { "house.yaml" C24 HIGH DATED " --waiver early.w", 3, "still to come" },
    { "house.yaml" C24 HIGH DATED " --waiver other.w", 3, "another policy" },
    { "house.yaml" C24 HIGH DATED " --waiver ladder.w", 3, "ladder 0123456789abcdef" },
    { "house.yaml" C24 HIGH DATED " --waiver ladder.w --ladder 0123456789abcdef", 0, "waived" },
    { "house.yaml" C24 HIGH DATED " --waiver ada3.w --ladder 0123456789abcdef", 3, "names no ladder" },
    { "house.yaml" C24 HIGH DATED " --waiver forged-reason.w", 3, "signature" },
    { "house.yaml" C24 HIGH NOW " --waiver forged-level.w", 3, "signature" },
    { "house.yaml" C24 HIGH DATED " --waiver forged-date.w", 3, "signature" },
    { "house.yaml" C24 HIGH DATED " --waiver forged-name.w", 3, "names no signer bob of that key" },
    { "house.yaml" C24 HIGH DATED " --waiver forged-key.w", 3, "names no signer" },
    { "house.yaml" C24 HIGH DATED " --waiver eve.w", 3, "names no signer" },
    { "nobody.yaml" C24 HIGH DATED " --waiver ada3.w", 3, "another policy" },
    { "both.yaml" C24 HIGH DATED " --waiver both-ada.w", 3, "fail" },
    { "both.yaml" C24 HIGH DATED " --waiver both-ada.w,both-ada.w", 3, "fail" }, /* twice the same is one */
    { "both.yaml" C24 HIGH DATED " --waiver both-ada.w,both-bob.w", 0, "waived" },
    /* unusable: never a pass, and a line that says why */
    { "house.yaml" C24 HIGH DATED " --waiver bad-key.w", 2, "did you mean 'reason'" },
    { "house.yaml" C24 HIGH DATED " --waiver none.w", 2, "none.w" },
    { "none.yaml --flops 1e20", 2, "none.yaml" },
    { "--flops 1e20", 2, "expected one policy" },
    { "house.yaml" C24 DATED " --score autonmy=0.2,0.1,0.3", 2, "did you mean 'autonomy'" },
    { "house.yaml" C24 LOW DATED " --in-place weights_lockd", 2, "did you mean 'weights_locked'" },
    { "house.yaml" C24 DATED " --score autonomy=0.2,0.3,0.1", 2, "in their order" },
    { "house.yaml" C24 DATED " --score autonomy=0.1,0.2,0.3,0.4", 2, "in their order" },
    { "house.yaml" C24 DATED " --score autonomy", 2, "NAME=VALUE" },
    { "legal.yaml --flops 12kg", 2, "12kg" },
    { "legal.yaml --flops=-1e25", 2, "above 0" },
    { "legal.yaml --flops nan", 2, "nan" },
    { "house.yaml" C24 LOW " --evaluated 2026-02-30" NOW, 2, "2026-02-30" },
    { "house.yaml" C24 LOW " --now yesterday", 2, "--now" },
    { "loss.yaml --loss 2.5,2.4,2.6 --level 1", 2, "level" },
    { "bad-key.yaml --flops 1e20", 2, "bad-key.yaml:4: unknown key 'levls'" },
    { "bad-line-key.yaml --flops 1e20", 2, "did you mean 'at_least'" },
    { "bad-unit.yaml --flops 1e20", 2, "1e25 FLOP" },
    { "bad-months.yaml --flops 1e20", 2, "3 months" },
    { "bad-both.yaml", 2, "one of at_least and below" },
    { "bad-neither.yaml", 2, "one of at_least and below" },
    { "bad-of.yaml", 2, "colour" },
    { "bad-no-of.yaml", 2, "of: expected" },
    { "bad-score.yaml", 2, "score: expected a name" },
    { "bad-score2.yaml", 2, "score: expected a name" },
    { "bad-negative.yaml", 2, "above 0" },
    { "bad-probability.yaml", 2, "1.5" },
    { "bad-buffer.yaml", 2, "between two evaluations" },
    { "bad-sign.yaml", 2, "sign.needed is 3" },
    { "bad-public.yaml", 2, "64 digits" },
    { "bad-twice.yaml", 2, "same key" },
    { "bad-dotted.yaml", 2, "sign.by" },
    { "bad-name.yaml", 2, "evaluation" },
    { "bad-names.yaml", 2, "stands twice" },
    { "bad-no-lines.yaml", 2, "lines: expected" },
    { "bad-no-levels.yaml", 2, "levels: expected" },
    { "bad-schema.yaml", 2, "loglog.policy/1" },
    { "bad-no-schema.yaml", 2, "schema: expected" },
    { "bad-yaml.yaml", 2, "bad-yaml.yaml:" },
    { "bad-dotted-twice.yaml", 2, "bad-dotted-twice.yaml:4: evaluate.needed stands twice" },
    { "bad-dotted-first.yaml", 2, "bad-dotted-first.yaml:4: evaluate.needed stands twice" },
    { "bad-empty-map.yaml", 2, "unknown key 'sing'" },
    { "bad-zero-key.yaml", 2, "zero byte" },
    /* nothing is shortened: what was cut to a lower number, or lost its high end, was a pass */
    { "legal.yaml --flops 1." Z70 "e30", 2, "at most 63" },
    { "house.yaml" C24 DATED " --score autonomy=0.1,0.2" Z70 Z70 Z70 Z70 ",0.9", 2, "at most 63" },
    { "legal.yaml --flops 9e24,", 2, "expected a number" },
    { "legal.yaml --flops '9e24, 1.1e25'", 4, "across the line" },
    { "house.yaml" C24 DATED " --score 'autonomy=0.7,0.6,0.8 autonomy=0.2,0.1,0.3'", 2, "stands twice" },
    { "bad-empty.yaml", 2, "empty" },
};

static void every_case_has_its_exit_code(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char arguments[2048];
        assert_true(snprintf(arguments, sizeof arguments, "gate check %s", cases[i].arguments) < 2048);
        runs(cases[i].code, arguments);
        const char *said = cases[i].code == 2 ? err_text : out;
        if (!strstr(said, cases[i].says)) fail_msg("'%s': '%s' is not in: %s", arguments, cases[i].says, said);
        if (cases[i].code == 2) { /* one line, and nothing else */
            assert_string_equal(out, "");
            assert_ptr_equal(strchr(err_text, '\n'), err_text + strlen(err_text) - 1);
        } else assert_string_equal(err_text, "");
    }
}

/* As many measures as a level may require, with names as long as they may be: each that is missing is named. */
static void all_that_is_missing_is_named(void **state) {
    (void)state;
    static char policy[2048] = HEAD QUIET "levels:\n  - name: l\n    lines: [{of: flops, at_least: 1e25}]\n"
                                          "    requires:\n";
    for (int i = 0; i < LL_POLICY_MOST; i++) {
        size_t used = strlen(policy);
        snprintf(policy + used, sizeof policy - used, "      - {name: a_measure_of_thirty_one_lett_%02d}\n", i);
    }
    put("many.yaml", policy);
    runs(3, "gate check many.yaml --flops 1e26 --json");
    for (int i = 0; i < LL_POLICY_MOST; i++) {
        char name[40];
        snprintf(name, sizeof name, "a_measure_of_thirty_one_lett_%02d", i);
        const char *first = strstr(out, name); /* in the reason, and in the finding's why */
        if (!first || !strstr(first + 1, name)) fail_msg("%s is not named twice: %s", name, out);
    }
}

/* ---- evidence from a file ---- */

static void evidence_from_a_file(void **state) {
    (void)state;
    static const char yaml[] = "schema: loglog.evidence/1\nflops: 1e24\ngain: [1.5, 1, 2]\nevaluated: 2026-11-01\n"
                               "evaluated_flops: 1e24\nscores:\n  autonomy: [0.7, 0.6, 0.8]\n"
                               "in_place: [weights_locked, red_team]\n";
    put("evidence.yaml", yaml);
    runs(0, "gate check house.yaml --evidence evidence.yaml" NOW);
    put("evidence.json",
        "{\"schema\": \"loglog.evidence/1\", \"flops\": 1e24, \"gain\": [1.5, 1, 2], \"evaluated\": "
        "\"2026-11-01\",\n \"evaluated_flops\": 1e24, \"scores\": {\"autonomy\": [0.7, 0.6, 0.8]}}");
    runs(3, "gate check house.yaml --evidence evidence.json" NOW);
    runs(0, "gate check house.yaml --evidence evidence.json" NOW LOW);       /* flags go over it */
    runs(0, "gate check house.yaml --evidence evidence.json" NOW ALL);       /* and add to it */
    runs(2, "gate check house.yaml --evidence evidence.yaml --flops 1e24x"); /* nor hide behind it */
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "flop: 1e24\n", "evidence.yaml:1: unknown key 'flop', did you mean 'flops'" },
        { "flops: 1e24\nscores: {autonmy: [0.1, 0, 0.2]}\n", "evidence.yaml:2: the policy has no score 'autonmy'" },
        { "scores: {autonomy: [0.1, [0], 0.2]}\n", "expected [value, low, high]" },
        { "scores: {autonomy: {value: 1}}\n", "expected [value, low, high]" },
        { "scores: [0.1]\n", "pairs" },
        { "in_place: {a: b}\n", "list of names" },
        { "in_place: [[a]]\n", "expected names" },
        { "in_place: [weights]\n", "no measure 'weights'" },
        { "gain: [3, 1, 2]\n", "gain: expected value, low, high" },
        { "gain: [1, 2\n", "evidence.yaml:" },
        { "evaluated: last week\n", "expected a date" },
        { "schema: loglog.policy/1\n", "loglog.evidence/1" },
        { "", "empty" },
        { "gain: [1, 2, \"\"]\n", "expected a number" }, /* an empty place is no place less */
        { "gain: [\"\", 1, 2]\n", "expected a number" },
        { "gain: [1, \"1.5,2\"]\n", "expected a number" },
        { "gain: {}\n", "expected a range with from, to and n" },
        { "ladder: aaaaaaaaaaaaaaaa\n", "the evidence is about ladder aaaaaaaaaaaaaaaa, --ladder is 'b'" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put("evidence.yaml", bad[i].text);
        runs(2, strncmp(bad[i].text, "ladder", 6) == 0
                    ? "gate check house.yaml --evidence evidence.yaml --ladder b" NOW
                    : "gate check house.yaml --evidence evidence.yaml" NOW);
        if (!strstr(err_text, bad[i].says))
            fail_msg("'%s': '%s' is not in: %s", bad[i].text, bad[i].says, err_text);
    }
}

/* ---- examples ---- */

static void the_examples_say_what_they_say(void **state) {
    (void)state;
    static const struct {
        const char *policy, *flags;
        int code;
    } examples[] = {
        { "legal", "--flops 3e24", 0 },
        { "legal", "--flops 3e25", 3 },
        { "legal", "--flops 3e25 --in-place commission_notified,model_evaluated,incidents_tracked,cybersecurity",
          0 },
        { "promote", "--score gain_at_10x=0.021,0.012,0.030 --level 0.8", 0 },
        { "promote", "--score gain_at_10x=0.021,0.005,0.037 --level 0.8", 4 },
        { "promote", "--score gain_at_10x=0.001,-0.004,0.006 --level 0.8", 3 },
        { "rsp-v1", "--evidence '" LL_SOURCE_DIR "/examples/policies/evidence.yaml' --now 2026-11-25", 0 },
        { "rsp-v1", "--evidence '" LL_SOURCE_DIR "/examples/policies/evidence.yaml' --now 2027-03-01", 4 },
        { "rsp-v1", "--flops 1e23", 4 },
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        char arguments[LL_PATH_MAX + 512];
        snprintf(arguments, sizeof arguments, "gate check '%s/examples/policies/%s.yaml' %s", LL_SOURCE_DIR,
                 examples[i].policy, examples[i].flags);
        runs(examples[i].code, arguments);
    }
}

/* ---- JSON ---- */

static ll_json *document(const char *schema) {
    ll_json *doc;
    assert_ok(ll_json_parse(out, strlen(out), "stdout", &doc, err));
    assert_string_equal(ll_json_get_str(doc, "schema"), schema);
    return doc;
}

static void json_tells_number_interval_and_line(void **state) {
    (void)state;
    runs(3, "gate check house.yaml --json" C24 HIGH DATED " --waiver expired.w");
    ll_json *doc = document("loglog.gate/1");
    assert_string_equal(ll_json_get_str(doc, "verdict"), "fail");
    assert_string_equal(ll_json_get_str(doc, "asked"), "2026-11-25T00:00:00Z");
    const ll_json *findings = ll_json_get(doc, "findings"), *f = ll_json_at(findings, 1);
    assert_int_equal(ll_json_size(findings), 5);
    assert_string_equal(ll_json_get_str(f, "of"), "score autonomy");
    assert_close(ll_json_get_num(f, "value"), 0.7, 1e-15);
    assert_close(ll_json_as_num(ll_json_at(ll_json_get(f, "ci"), 0)), 0.6, 1e-15);
    assert_close(ll_json_get_num(f, "line"), 0.5, 1e-15);
    assert_string_equal(ll_json_get_str(f, "answer"), "fail");
    assert_non_null(ll_json_get_str(ll_json_at(ll_json_get(doc, "waivers"), 0), "refused"));
    ll_json_free(doc);
    runs(0, "gate check house.yaml --json" C24 HIGH DATED " --waiver ada3.w"); /* a pass by waiver says so */
    doc = document("loglog.gate/1");
    assert_non_null(strstr(ll_json_get_str(doc, "reason"), "the line is reached"));
    assert_non_null(strstr(ll_json_get_str(doc, "reason"), "waived"));
    ll_json_free(doc);
    runs(0, "gate show house.yaml --json");
    doc = document("loglog.policy/1");
    assert_int_equal(ll_json_size(ll_json_get(doc, "levels")), 2);
    ll_json_free(doc);
}

/* ---- effective compute by a loss ---- */

/* Hoffmann et al. 2022, approach 3: runs planted on it with a scatter of 0.05 %. */
static const double E = 1.69, A = 406.4, B = 410.7, alpha = 0.34, beta = 0.28;

static double planted(double N, double D) {
    return E + A / pow(N, alpha) + B / pow(D, beta);
}

static void put_planted_runs(void) {
    static char text[8192] = "params,tokens,loss\n";
    for (int i = 0; i < 49; i++) {
        double N = pow(10, 7 + 0.5 * (i % 7)), D = pow(10, 8.5 + 0.5 * (i / 7));
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%.17g,%.17g,%.17g\n", N, D,
                 planted(N, D) * (1 + 0.0005 * sin(97.0 * i)));
    }
    put("runs.csv", text);
}

/* The loss of the best run at C = 1e21 needs C = 1e21 of the recipe that was fitted: L on the frontier of eq. 4. */
static void effective_compute_is_what_the_reference_needs(void **state) {
    (void)state;
    char arguments[512];
    ll_frontier f = ll_chinchilla_frontier(A, B, alpha, beta);
    double C = 1e21, N = f.G * pow(C / 6, f.a), D = pow(C / 6, f.b) / f.G, loss = planted(N, D);
    put_planted_runs();
    put("compute.yaml", ONE("{of: effective_flops, at_least: 1e23}"));
    runs(0, "fit runs.csv --bootstrap 200 --save fit.json");
    snprintf(arguments, sizeof arguments, "gate check compute.yaml --fit fit.json --loss %.8f,%.8f,%.8f --json",
             loss, loss, loss);
    runs(4, arguments); /* a fit's 90 % and the loss's own 90 % are together less than 95 % on a side */
    put("compute.yaml", ONE("{of: effective_flops, at_least: 1e23, probability: 0.94}"));
    runs(0, strcat(arguments, " --level 0.9999"));
    ll_json *doc = document("loglog.gate/1");
    const ll_json *finding = ll_json_at(ll_json_get(doc, "findings"), 0), *ci = ll_json_get(finding, "ci");
    double lo = ll_json_as_num(ll_json_at(ci, 0)), hi = ll_json_as_num(ll_json_at(ci, 1));
    assert_close(ll_json_get_num(finding, "value"), C, 0.1);
    assert_true(lo < C && C < hi && hi < 2 * lo);
    ll_json_free(doc);
    runs(3,
         "gate check compute.yaml --fit fit.json --loss 1.5,1.4,1.6 --level 0.9999"); /* below the floor: no end */
    runs(4, "gate check compute.yaml --fit fit.json");
    runs(4, "gate check compute.yaml --fit fit.json --loss 3");
    runs(2, "gate check compute.yaml --fit fit.json --gain 1,2 --loss 3,2.9,3.1");
    runs(2, "gate check compute.yaml --fit runs.csv --loss 3,2.9,3.1");
}

/* ---- keys and signing as a user does it ---- */

static void keygen_and_sign(void **state) {
    (void)state;
    char key[80], policy[1024];
    runs(2, "gate keygen");
    runs(0, "gate keygen --out secret");
    snprintf(key, sizeof key, "%.64s", out);
    runs(2, "gate keygen --out secret");
    snprintf(policy, sizeof policy, ONE("{of: flops, at_least: 1e25}") "sign: {by: [{name: carol, key: %s}]}\n",
             key);
    put("own.yaml", policy);
    runs(2, "gate sign own.yaml --key secret --waives m --reason x --out own.w");
    runs(2, "gate sign own.yaml --key secret --waives l --out own.w");
    runs(2, "gate sign house.yaml --key secret --waives level-3 --reason x --out own.w");
    runs(2, "gate sign own.yaml --key own.yaml --waives l --reason x --out own.w");
    runs(0, "gate sign own.yaml --key secret --waives l --reason 'it is \"small\": 1' --out own.w");
    runs(3, "gate check own.yaml --flops 1e26");
    runs(0, "gate check own.yaml --flops 1e26 --waiver own.w");
    runs(3, "gate check own.yaml --flops 1e26 --waiver own.w --now 2099-01-01");
    put("own.yaml", strcat(policy, "# one more remark\n")); /* another file: another policy */
    runs(3, "gate check own.yaml --flops 1e26 --waiver own.w");
    runs(0, "gate keygen --out secret2 --json");
    ll_json_free(document("loglog.key/1"));
}

/* ---- without a clock and without files ---- */

/* P(line not reached) by an interval's end is what the line asks for, or the answer is no pass: over a grid of
 * intervals and lines, a pass means that the whole interval is on the free side. */
static void a_pass_is_always_clear_of_the_line(void **state) {
    (void)state;
    static ll_policy p;
    static ll_facts facts;
    static ll_gate g;
    static const char text[] = ONE("{of: loss, below: 2.0}");
    assert_ok(ll_policy_parse(&p, text, strlen(text), "p", err));
    assert_ok(ll_facts_init(&facts, &p, err));
    for (int i = 0; i < 400; i++) {
        double lo = 1.5 + (i % 20) * 0.05, hi = lo + (i / 20) * 0.05;
        ll_gate_case c = ll_gate_case_of(&facts, 0);
        c.of[LL_OF_LOSS] = ll_gate_estimate(0.5 * (lo + hi), lo, hi, 0.9);
        ll_gate_ask(&g, &p, &c, NULL, 0);
        ll_gate_answer want = lo >= 2.0 ? LL_GATE_PASS : hi < 2.0 ? LL_GATE_FAIL : LL_GATE_INVESTIGATE;
        assert_int_equal(g.answer, want);
    }
    ll_policy_clear(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_has_its_exit_code),
        cmocka_unit_test(all_that_is_missing_is_named),
        cmocka_unit_test(evidence_from_a_file),
        cmocka_unit_test(json_tells_number_interval_and_line),
        cmocka_unit_test(keygen_and_sign),
        cmocka_unit_test(the_examples_say_what_they_say),
        cmocka_unit_test(effective_compute_is_what_the_reference_needs),
        cmocka_unit_test(a_pass_is_always_clear_of_the_line),
    };
    return cmocka_run_group_tests(tests, set_up, scratch_remove);
}
