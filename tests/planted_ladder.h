/* A ladder planted in a store, and its report read back as a page. */
#ifndef LL_TESTS_PLANTED_LADDER_H
#define LL_TESTS_PLANTED_LADDER_H

#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forecast/ledger/ledger_seal.h"
#include "loglog/random.h"
#include "report/page/report.h"

/* ---- a planted ladder: L = E + A/N^alpha + B/D^beta with half a per cent of noise ---- */

static inline double planted_loss(double N, double D) {
    return 0.9 + 14 * pow(N, -0.33) + 60 * pow(D, -0.36);
}

static inline ll_run planted_run(const ll_ladder *l, int i, const char *arm, double N, double D) {
    ll_rng r = ll_rng_at(5, LL_STREAM_NOISE, (uint64_t)i);
    ll_run run = { .state = LL_RUN_DONE,
                   .seed = 1,
                   .layers = 2 + i % 4,
                   .width = 16 * (1 + i % 6),
                   .heads = 4,
                   .context = 128,
                   .vocab = 257,
                   .params = N,
                   .params_head = N + 257 * 32,
                   .params_total = N + 385 * 32,
                   .params_unstated = NAN,
                   .weight = NAN,
                   .tokens = D,
                   .unique_tokens = D,
                   .flops = 6 * N * D,
                   .flops_exact = 7.1 * N * D,
                   .batch_tokens = 2048,
                   .steps = D / 2048,
                   .lr = 4e-3 * pow(N / 1e4, -0.2),
                   .bytes_per_token = 1.01,
                   .wall_s = N * D / 1e10,
                   .tokens_per_s = 4e8 / N,
                   .energy_j = NAN,
                   .memory_bytes = 40 * N };
    run.loss = planted_loss(N, D) * exp(0.005 * ll_rng_normal(&r));
    run.loss_se = 0.004;
    run.train_loss = run.loss - 0.01;
    snprintf(run.ladder, sizeof run.ladder, "%s", l->id);
    snprintf(run.name, sizeof run.name, "%s-%02d", arm, i);
    snprintf(run.id, sizeof run.id, "%s/%.40s", l->id, run.name);
    snprintf(run.arm, sizeof run.arm, "%s", arm);
    strcpy(run.family, "gpt");
    strcpy(run.role, "fit");
    strcpy(run.kernels, "avx512");
    strcpy(run.precision, "fp32");
    strcpy(run.host, "bench");
    strcpy(run.version, "0.1.0");
    snprintf(run.started, sizeof run.started, "2026-01-02T03:%02d:00Z", i % 60);
    snprintf(run.ended, sizeof run.ended, "2026-01-02T04:%02d:00Z", i % 60);
    return run;
}

static inline void put_run(ll_store *s, const ll_run *r) {
    assert_ok(ll_store_put_run(s, r, err));
    for (double share = 1.0 / 256; share <= 1; share *= 2) {
        double D = share * r->tokens;
        ll_point p = { .step = (int64_t)(r->steps * share),
                       .tokens = D,
                       .se = 0.004,
                       .loss = planted_loss(r->params, D) + 0.6 * (1 - share) * pow(share, -0.2) };
        p.train_loss = p.loss;
        assert_ok(ll_store_put_point(s, r->id, &p, err));
    }
}

static inline ll_ladder planted_ladder(const char *name) {
    static char spec[] = "schema: loglog.spec/1\nname: planted\ndata: {text: /usr/include}\n";
    static char data[] =
        "{\"bytes\":6000000,\"documents\":412,\"bytes_per_token\":1.01,\"paths\":[\"/usr/include\"]}";
    ll_ladder l = { .spec = spec, .data = data };
    snprintf(l.name, sizeof l.name, "%s", name);
    strcpy(l.id, "0123456789abcdef");
    memset(l.spec_hash, 'a', 64);
    memset(l.data_hash, 'd', 64);
    strcpy(l.command, "loglog run planted.yaml --minutes 4");
    strcpy(l.version, "0.1.0");
    strcpy(l.created, "2026-01-02T03:00:00Z");
    return l;
}

static inline void seal(ll_store *s, const ll_ladder *l, const ll_run *target) {
    ll_forecast f = { .x = { [LL_VAR_N] = target->params, [LL_VAR_D] = target->tokens, [LL_VAR_C] = target->flops },
                      .mean = log(target->loss),
                      .sd = 0.02,
                      .reach = 4.2,
                      .bytes_per_token = 1.01,
                      .n_fitted = 30 };
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++) f.quantile[i] = target->loss * exp(0.02 * (i - 5) - 0.01);
    snprintf(f.run, sizeof f.run, "%.63s", target->id);
    strcpy(f.question, "What will the validation loss of the last rung be?");
    strcpy(f.law, "chinchilla");
    strcpy(f.form, "E + A/N^alpha + B/D^beta");
    strcpy(f.convention, "nonembedding");
    strcpy(f.sealed, "2026-01-02T03:30:00Z");
    strcpy(f.judged_by, "validation loss, nats/token");
    memcpy(f.spec_hash, l->spec_hash, sizeof f.spec_hash);
    memcpy(f.data_hash, l->data_hash, sizeof f.data_hash);
    ll_json *body = ll_forecast_json(&f);
    char *text = ll_json_text(body, false);
    ll_entry entry;
    assert_ok(ll_store_append(s, text, &entry, err));
    free(entry.body);
    free(text);
    ll_json_free(body);
}

/* Five budgets of six sizes, and the rung that is forecast, sealed and scored. Returns the number of runs. */
static inline int plant(const char *path, const char *name) {
    ll_store *s;
    ll_ladder l = planted_ladder(name);
    int64_t scored;
    int n = 0;
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    assert_ok(ll_store_put_ladder(s, &l, err));
    for (int b = 0; b < 5; b++)
        for (int k = 0; k < 6; k++) {
            double C = pow(10, 9.5 + b), N = 0.3 * pow(C / 6, 0.5) * pow(2.2, k - 2.5);
            char arm[16];
            snprintf(arm, sizeof arm, "c%d", b);
            ll_run r = planted_run(&l, n++, arm, N, C / (6 * N));
            put_run(s, &r);
        }
    ll_run last = planted_run(&l, n++, "last", 2.4e6, 8.8e6);
    strcpy(last.role, "forecast");
    put_run(s, &last);
    seal(s, &l, &last);
    assert_ok(ll_seal_scores(s, NULL, &scored, err));
    assert_int_equal(scored, 1);
    ll_store_close(s);
    return n;
}

/* ---- helpers ---- */

static inline char *slurp(const char *path) {
    char *text;
    assert_ok(ll_file_read(path, 64u << 20, &text, NULL, err));
    return text;
}

static inline int count(const char *text, const char *what) {
    int n = 0;
    for (const char *p = strstr(text, what); p; p = strstr(p + strlen(what), what)) n++;
    return n;
}

/* Tags are balanced, '&' starts an entity, '<' a tag; voids: names that need no end. */
static inline void assert_balanced(const char *text, const char *voids) {
    char stack[64][32];
    int depth = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '&') {
            size_t n = strcspn(p, ";");
            if (n > 8 || strcspn(p, " <\"'") < n) fail_msg("bare '&' at: %.60s", p);
        }
        if (*p != '<') continue;
        if (strncmp(p, "<?", 2) == 0 || strncmp(p, "<!", 2) == 0) {
            p += strcspn(p, ">");
            continue;
        }
        static const char *const raw[][2] = { { "<style>", "</style>" }, { "<script>", "</script>" } };
        const int kind = strncmp(p, raw[0][0], 7) == 0 ? 0 : strncmp(p, raw[1][0], 8) == 0 ? 1 : -1;
        if (kind >= 0) {
            p = strstr(p, raw[kind][1]) + strlen(raw[kind][1]) - 1;
            continue;
        }
        bool closing = p[1] == '/';
        char name[32];
        assert_int_equal(sscanf(p + 1 + closing, "%31[A-Za-z0-9:]", name), 1);
        char quote = 0;
        const char *end = p;
        for (; *end && (quote || *end != '>'); end++) {
            if (quote ? *end == quote : (*end == '"' || *end == '\'')) quote = quote ? 0 : *end;
            if (*end == '<' && end != p) fail_msg("'<' within a tag: %.60s", p);
        }
        char word[40];
        snprintf(word, sizeof word, " %s ", name);
        if (closing) {
            if (depth == 0 || strcmp(stack[depth - 1], name) != 0) fail_msg("</%s> closes nothing", name);
            depth--;
        } else if (end[-1] != '/' && !strstr(voids, word)) {
            assert_true(depth < 64);
            strcpy(stack[depth++], name);
        }
        p = end;
    }
    if (depth) fail_msg("<%s> is never closed", stack[depth - 1]);
}

static const char VOIDS[] = " meta br link img input hr ";

static inline char *report_of(const char *folder, const char *store, const ll_report_gate *gate, ll_status *status,
                              char missing[LL_ERROR_MAX]) {
    char path[LL_PATH_MAX];
    ll_error err = { 0 };
    ll_evidence *e;
    *missing = 0;
    assert_ok(ll_file_join(path, folder, "report.html", err));
    *status = ll_evidence_gather(&e, &(ll_evidence_opts) { .store = store }, &err);
    if (*status != LL_OK) return NULL;
    *status = ll_report_page(e, path, gate, missing, &err);
    ll_evidence_free(e);
    return *status == LL_OK ? slurp(path) : NULL;
}

#endif
