/* Policies, evidence and waivers from any bytes: the first byte chooses which. A policy that is read is asked about
 * a case of which nothing is known: the answer is never yes, and never no. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decide/gate/gate.h"

static char path[96];

static void clean_up(void) {
    unlink(path);
}

static const char *put(const uint8_t *data, size_t size) {
    if (!*path) {
        const char *tmp = getenv("TMPDIR"); /* best in memory */
        snprintf(path, sizeof path, "%.48s/fuzz-policy-%ld", tmp ? tmp : "/tmp", (long)getpid());
        atexit(clean_up);
    }
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(data, 1, size, out) != size || fclose(out) != 0) abort();
    return path;
}

static const char house[] =
    "schema: loglog.policy/1\nlevels:\n  - name: a\n    lines: [{of: score, score: s, at_least: "
    "0.5}]\n    requires: [{name: m}]\n";

static void ask(const ll_policy *p, const ll_facts *facts, bool bare) {
    static ll_gate g;
    ll_gate_case c = ll_gate_case_of(facts, 1795359845);
    ll_gate_ask(&g, p, &c, NULL, 0);
    if (bare && g.answer != LL_GATE_INVESTIGATE) abort();
    ll_json_free(ll_gate_json(&g, p, &c, NULL, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static ll_policy p;
    static ll_facts facts;
    static ll_waiver w;
    char why[160];
    if (size < 1) return 0;
    if (data[0] % 3 == 0) {
        if (ll_policy_parse(&p, (const char *)data + 1, size - 1, "fuzz", NULL) != LL_OK) return 0;
        if (ll_facts_init(&facts, &p, NULL) == LL_OK) ask(&p, &facts, true);
        ll_json_free(ll_policy_json(&p));
    } else {
        if (ll_policy_parse(&p, house, sizeof house - 1, "house", NULL) != LL_OK) abort();
        if (ll_facts_init(&facts, &p, NULL) != LL_OK) abort();
        const char *file = put(data + 1, size - 1);
        if (data[0] % 3 == 1 && ll_facts_load(&facts, &p, file, NULL) == LL_OK) ask(&p, &facts, false);
        if (data[0] % 3 == 2 && ll_waiver_load(&w, file, NULL) == LL_OK &&
            ll_waiver_holds(&w, &p, "", 1795359845, why, sizeof why))
            abort(); /* the policy names no signer */
    }
    ll_policy_clear(&p);
    return 0;
}
