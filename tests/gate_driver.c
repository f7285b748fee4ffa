/* The gate for gate_model.py: a case of JSON on each line of standard input, one word on standard output.
 *
 *     {"policy": "YAML", "evidence": "YAML", "now": 1.7e9, "ladder": "", "when": 0, "trained": null, "most": null,
 *      "flops": null, "doubt": "", "waivers": [{"seed": HEX, "text": {"waives": "l1", ...}, "other": false,
 *      "change": {"reason": "x"}}]}
 *
 * flops, trained and most stand for what a run says beside its evidence. A waiver is signed with the seed, for
 * another version of the policy when other, and its fields changed after. The answer is pass, fail, investigate, or
 * "refused: why".
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system/file.h"
#include "decide/gate/gate.h"

static char path[LL_PATH_MAX];
static ll_policy policy;
static ll_facts facts;
static ll_gate gate;
static ll_waiver waivers[LL_WAIVER_MOST];

static ll_status write_text(const char *text, ll_error *err) {
    ll_file f;
    LL_TRY(ll_file_create(&f, path, err));
    fputs(text, f.out);
    return ll_file_commit(&f, err);
}

static void set(char *out, size_t size, const ll_json *o, const char *key) {
    const char *text = ll_json_get_str(o, key);
    if (text) snprintf(out, size, "%s", text);
}

static void fill(ll_waiver *w, const ll_json *o) {
    set(w->name, sizeof w->name, o, "name");
    set(w->reason, sizeof w->reason, o, "reason");
    set(w->waives, sizeof w->waives, o, "waives");
    set(w->ladder, sizeof w->ladder, o, "ladder");
    set(w->issued, sizeof w->issued, o, "issued");
    set(w->expires, sizeof w->expires, o, "expires");
    set(w->key, sizeof w->key, o, "key");
}

static ll_status sign(ll_waiver *w, const ll_json *o, ll_error *err) {
    ll_sign_key key;
    ll_policy of = policy;
    *w = (ll_waiver) { 0 };
    fill(w, ll_json_get(o, "text"));
    if (!ll_sign_key_of(&key, ll_json_get_str(o, "seed"))) return LL_FAIL(err, LL_EINPUT, "no seed");
    if (ll_json_get_int(o, "other", 0)) ll_hash_of("another", 7, of.hash);
    LL_TRY(ll_waiver_sign(w, &of, &key, err));
    fill(w, ll_json_get(o, "change"));
    LL_TRY(ll_waiver_write(w, path, err));
    return ll_waiver_load(w, path, err);
}

static double number(const ll_json *o, const char *key) {
    return ll_json_get_num(o, key);
}

static ll_status ask(const ll_json *o, ll_error *err) {
    const ll_json *signatures = ll_json_get(o, "waivers");
    int n = 0;
    LL_TRY(ll_facts_init(&facts, &policy, err));
    LL_TRY(write_text(ll_json_get_str(o, "evidence"), err));
    LL_TRY(ll_facts_load(&facts, &policy, path, err));
    for (; n < (int)ll_json_size(signatures); n++)
        LL_TRY(sign(&waivers[n], ll_json_at(signatures, (size_t)n), err));
    ll_gate_case c = ll_gate_case_of(&facts, number(o, "now"));
    c.ladder = ll_json_get_str(o, "ladder");
    c.when = (ll_gate_when)ll_json_get_int(o, "when", 0);
    c.trained_flops = number(o, "trained");
    c.most_flops = number(o, "most");
    if (!isnan(number(o, "flops"))) c.of[LL_OF_FLOPS] = ll_gate_counted(number(o, "flops"));
    set(c.doubt, sizeof c.doubt, o, "doubt");
    ll_gate_ask(&gate, &policy, &c, waivers, n);
    return LL_OK;
}

static ll_status answer(const char *line, ll_error *err) {
    ll_json *o;
    LL_TRY(ll_json_parse(line, strlen(line), "case", &o, err));
    const char *text = ll_json_get_str(o, "policy");
    ll_status s = ll_policy_parse(&policy, text, strlen(text), "policy", err);
    if (s == LL_OK) {
        s = ask(o, err);
        ll_policy_clear(&policy);
    }
    ll_json_free(o);
    return s;
}

int main(void) {
    char *line = NULL;
    size_t room = 0;
    const char *tmp = getenv("TMPDIR"), *memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, sizeof path, "%.900s/gate-driver-%ld", tmp ? tmp : memory, (long)getpid());
    while (getline(&line, &room, stdin) > 0) {
        ll_error err = { 0 };
        if (answer(line, &err) == LL_OK) puts(ll_gate_answer_name(gate.answer));
        else printf("refused: %s\n", err.msg);
    }
    free(line);
    unlink(path);
    return fflush(stdout) == 0 ? 0 : 1;
}
