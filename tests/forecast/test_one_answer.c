/* One question, one answer: whatever a verb stands on (a table, a saved fit, a store), and whichever verb is asked,
 * the forecast of a run and the law's own value there are the same numbers to the last bit, and as text the same
 * digits. Twenty tables and questions; tables are planted, and each stands in the order of its FLOPs, as a store
 * lists it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "planted.h"
#include "scratch.h"

static char out[1 << 20], says[8192];

/* ---- the tables ---- */

typedef struct question {
    int budgets, sizes;
    double sd, params, tokens;
    const char *count;   /* the header of N */
    const char *columns; /* beyond N, D and the loss */
    const char *flags;   /* of every verb; then few resamples, for they say nothing of what is tested */
} question;

#define QUICK " --bootstrap 80 "

static const question questions[] = {
    { 4, 5, 0.003, 2e9, 4e10, "params", "", "" },
    { 5, 5, 0.01, 1e10, 2e11, "params", "", "" },
    { 3, 6, 0.005, 5e8, 1e11, "params", "", "" },
    { 4, 4, 0.02, 7e9, 1e12, "params", "", "" },
    { 6, 3, 0.004, 3e10, 6e11, "params", "", "" },
    { 5, 7, 0.001, 1e9, 1e12, "params", "flops", "" },
    { 4, 5, 0.003, 2e9, 4e10, "params_total", "", "" },
    { 4, 5, 0.003, 2e9, 4e10, "N", "", "--params-are total" },
    { 4, 5, 0.003, 2e9, 4e10, "N", "", "" },
    { 4, 5, 0.006, 2e9, 4e10, "params", "weight", "" },
    { 4, 5, 0.006, 2e9, 4e10, "params", "weight", "--weight-is se" },
    { 4, 5, 0.003, 2e9, 4e10, "params", "", "--law chinchilla_tied" },
    { 4, 5, 0.003, 2e9, 4e10, "params", "", "--law kaplan_nd" },
    { 4, 5, 0.003, 2e9, 4e10, "params", "", "--level 0.8 --seed 7" },
    { 4, 5, 0.003, 2e9, 4e10, "params", "", "--delta 0.01" },
    { 4, 5, 0.003, 2e9, 4e10, "params", "", "--objective ls_log" },
    { 4, 5, 0.003, 2e9, 4e10, "params", "", "--fix E=1.7" },
    { 4, 6, 0.004, 2e9, 4e10, "params", "run", "" },  /* two rows of each name: clusters */
    { 4, 6, 0.004, 2e9, 4e10, "params", "role", "" }, /* some are trunks and held out: no observations */
    { 4, 6, 0.004, 2e9, 4e10, "params", "family", "--where 'family = gpt'" },
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

static bool has(const question *q, const char *column) {
    return strcmp(q->columns, column) == 0;
}

static void write_cell(FILE *f, const question *q, const planted *p, int64_t i) {
    static const char *const roles[] = { "fit", "fit", "trunk", "fit", "forecast", "scored" };
    if (has(q, "flops")) fprintf(f, ",%.17g", 1.1 * p->C[i]); /* measured, not 6ND */
    if (has(q, "weight")) fprintf(f, ",%g", 1 + 0.25 * (double)(i % 3));
    if (has(q, "run")) fprintf(f, ",r%lld", (long long)i / 2);
    if (has(q, "role")) fprintf(f, ",%s", roles[i % 6]);
    if (has(q, "family")) fprintf(f, ",%s", i % 6 == 5 ? "lstm" : "gpt");
}

static void write_table(const question *q, uint64_t seed) {
    static planted p;
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, "runs.csv", err));
    planted_make(&p, q->budgets, 6, q->sizes, q->sd, seed);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "%s,tokens,loss%s%s\n", q->count, *q->columns ? "," : "", q->columns);
    for (int64_t i = 0; i < p.n; i++) {
        fprintf(f, "%.17g,%.17g,%.17g", p.N[i], p.D[i], p.L[i]);
        write_cell(f, q, &p, i);
        fputc('\n', f);
    }
    assert_int_equal(fclose(f), 0);
}

/* ---- asking ---- */

static ll_json *ask(const char *fmt, ...) LL_PRINTF(1, 2);
static ll_json *ask(const char *fmt, ...) {
    char arguments[1024];
    ll_json *doc;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(arguments, sizeof arguments, fmt, ap);
    va_end(ap);
    const int code = support_run(folder, arguments, out, sizeof out, says, sizeof says);
    if (code != 0) fail_msg("%s: exit %d, %s", arguments, code, says);
    assert_ok(ll_json_parse(out, strlen(out), arguments, &doc, err));
    return doc;
}

typedef struct number {
    double value, lo, hi;
} number;

static number number_at(const ll_json *object, const char *key) {
    const ll_json *o = ll_json_get(object, key), *ci = ll_json_get(o, "ci");
    return (number) { ll_json_get_num(o, "value"), ll_json_as_num(ll_json_at(ci, 0)),
                      ll_json_as_num(ll_json_at(ci, 1)) };
}

static bool same_double(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

static void same(const char *who, const number *a, const number *b) {
    if (same_double(a->value, b->value) && same_double(a->lo, b->lo) && same_double(a->hi, b->hi)) return;
    fail_msg("%s: %.17g [%.17g, %.17g], expected %.17g [%.17g, %.17g]", who, a->value, a->lo, a->hi, b->value,
             b->lo, b->hi);
}

typedef struct answer {
    number forecast, law;
} answer;

static void same_answer(const char *who, const ll_json *doc, const char *forecast, const char *law,
                        const answer *a) {
    const number f = number_at(doc, forecast), l = number_at(doc, law);
    same(who, &f, &a->forecast);
    same(who, &l, &a->law);
}

/* ---- the same everywhere ---- */

/* Of a settled run: from the table itself, from its saved fit, and from the plan of that run. */
static answer settled(const question *q) {
    char run[128];
    snprintf(run, sizeof run, "--params %.17g --tokens %.17g --json", q->params, q->tokens);
    ll_json *doc = ask("forecast at runs.csv" QUICK "%s %s", q->flags, run);
    const answer a = { number_at(doc, "forecast"), number_at(doc, "law") };
    assert_true(a.forecast.lo < a.forecast.value && a.forecast.value < a.forecast.hi);
    assert_true(a.law.lo <= a.law.value && a.law.value <= a.law.hi);
    ll_json_free(doc);
    ll_json_free(ask("fit runs.csv" QUICK "%s --save fit.json --json", q->flags));
    doc = ask("forecast at --fit fit.json %s", run);
    same_answer("forecast at --fit", doc, "forecast", "law", &a);
    ll_json_free(doc);
    doc = ask("plan runs.csv" QUICK "%s %s", q->flags, run);
    same_answer("plan of a table", doc, "loss", "law_loss", &a);
    ll_json_free(doc);
    doc = ask("plan --fit fit.json %s", run);
    same_answer("plan --fit", doc, "loss", "law_loss", &a);
    ll_json_free(doc);
    return a;
}

static void near(const char *who, const number *a, const number *b) {
    if (fabs(a->value / b->value - 1) < 1e-12 && fabs(a->lo / b->lo - 1) < 1e-12 && fabs(a->hi / b->hi - 1) < 1e-12)
        return;
    same(who, a, b);
}

/* Tokens that are repeated are worth the same to forecast and plan, less than new ones, and by whose constants is
 * said; a law that does not say what they are worth is told so by both. */
static void repeated(const question *q, const answer *once) {
    static const char *const verbs[] = { "forecast at", "plan" };
    static const char *const keys[] = { "forecast", "loss", "law", "law_loss" };
    const bool reads = !strstr(q->flags, "kaplan_nd");
    number n[4];
    for (int v = 0; v < 2; v++) {
        char arguments[1024];
        const int used = snprintf(arguments, sizeof arguments,
                                  "%s --fit fit.json --params %.17g --tokens %.17g "
                                  "--unique-tokens %.17g",
                                  verbs[v], q->params, q->tokens, q->tokens / 40);
        assert_int_equal(support_run(folder, arguments, out, sizeof out, says, sizeof says), reads ? 0 : 2);
        assert_non_null(strstr(reads ? out : says, reads ? "borrowed" : "repeated tokens"));
        if (!reads) continue;
        snprintf(arguments + used, sizeof arguments - (size_t)used, " --json");
        ll_json *doc = ask("%s", arguments);
        const ll_json *from = v ? ll_json_get(doc, "data") : doc;
        bool borrowed = false;
        assert_true(ll_json_get_bool(ll_json_get(from, "repeats"), "borrowed", &borrowed) && borrowed);
        for (int k = 0; k < 2; k++) n[2 * k + v] = number_at(doc, keys[2 * k + v]);
        ll_json_free(doc);
    }
    if (!reads) return;
    near("the forecast with repeated tokens", &n[0], &n[1]);
    near("the law with repeated tokens", &n[2], &n[3]);
    assert_true(n[0].value > 1.01 * once->forecast.value && n[2].value > 1.01 * once->law.value);
}

/* What is sealed, and what more runs would improve: the forecast. */
static void sealed_and_next(const question *q, const answer *a, int i) {
    char tail[16], upper[16];
    const bool nine = !strstr(q->flags, "--level");
    ll_json *doc = ask("forecast seal --fit fit.json --params %.17g --tokens %.17g --run q%d --store s.db --json",
                       q->params, q->tokens, i);
    snprintf(tail, sizeof tail, "%g", nine ? 0.05 : 0.1);
    snprintf(upper, sizeof upper, "%g", nine ? 0.95 : 0.9);
    const ll_json *quantiles = ll_json_get(doc, "quantiles");
    const number sealed = { ll_json_get_num(quantiles, "0.5"), ll_json_get_num(quantiles, tail),
                            ll_json_get_num(quantiles, upper) };
    same("forecast seal", &sealed, &a->forecast);
    ll_json_free(doc);
    if (strstr(q->flags, "_tied")) return; /* next is of laws of N and D whose form it knows */
    doc = ask("next --fit fit.json --target-params %.17g --target-tokens %.17g --budget 1e20 --json", q->params,
              q->tokens);
    const number now = number_at(doc, "now");
    same("next", &now, &a->forecast);
    ll_json_free(doc);
}

/* A run in FLOPs is the one that the law calls best, for whoever is asked. */
static void by_flops(const question *q) {
    const double C = 6 * q->params * q->tokens;
    ll_json *plan = ask("plan runs.csv" QUICK "%s --flops %.17g --json", q->flags, C);
    const answer a = { number_at(plan, "loss"), number_at(plan, "law_loss") };
    const double N = number_at(plan, "params").value, D = number_at(plan, "tokens").value;
    ll_json *fit = ask("fit runs.csv" QUICK "%s --target-flops %.17g --json", q->flags, C);
    const ll_json *outlook = ll_json_get(fit, "outlook");
    same_answer("fit's outlook", outlook, "forecast", "law", &a);
    assert_true(ll_json_get_num(outlook, "params") == N && ll_json_get_num(outlook, "tokens") == D);
    ll_json *at = ask("forecast at runs.csv" QUICK "%s --flops %.17g --json", q->flags, C);
    same_answer("forecast at --flops", at, "forecast", "law", &a);
    ll_json_free(at);
    ll_json_free(fit);
    ll_json_free(plan);
}

/* Several runs in one question, each in its place, are what each is alone. */
static void at_once(const question *q, const answer *a) {
    ll_json *doc = ask("forecast at --fit fit.json --params %.17g,%.17g,%.17g --tokens %.17g --json", q->params / 8,
                       q->params, q->params / 2, q->tokens);
    const ll_json *runs = ll_json_get(doc, "runs");
    assert_int_equal(ll_json_size(runs), 3);
    same_answer("the second of three", ll_json_at(runs, 1), "forecast", "law", a);
    for (int i = 0; i < 3; i += 2) {
        const ll_json *run = ll_json_at(runs, i);
        ll_json *alone = ask("forecast at --fit fit.json --params %.17g --tokens %.17g --json",
                             q->params / (i ? 2 : 8), q->tokens);
        const answer b = { number_at(alone, "forecast"), number_at(alone, "law") };
        same_answer("of three", run, "forecast", "law", &b);
        assert_true(ll_json_get_num(run, "params") == ll_json_get_num(alone, "params"));
        ll_json_free(alone);
    }
    ll_json_free(doc);
}

/* What does not pair off is refused. */
static void runs_pair_off(void **state) {
    (void)state;
    static const char *const refused[] = { "--params 1e9,2e9 --tokens 1e10,2e10,3e10",
                                           "--params 1e9,0 --tokens 1e10",
                                           "--params 1e9,2e9",
                                           "--flops 1e20,1e21 --params 1e9",
                                           "--params 1e9,x --tokens 1e10",
                                           "--law two_step --y s --params 1e9,2e9 --tokens 1e10" };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char arguments[256];
        snprintf(arguments, sizeof arguments, "forecast at runs.csv %s", refused[i]);
        const int code = support_run(folder, arguments, out, sizeof out, says, sizeof says);
        if (code != 2 || !strstr(says, "expected") == !strstr(says, "one run"))
            fail_msg("%s: exit %d, %s", arguments, code, says);
    }
}

static int departures;

/* Text has the digits of the JSON, and says which of two losses to believe where the forecast leaves the law's
 * interval. */
static void as_text(const question *q, const answer *a) {
    char want[2][64];
    static const char *const verbs[] = { "forecast at", "plan" };
    const double loss = a->forecast.value;
    const bool below = loss < a->law.lo;
    const bool above = loss > a->law.hi;
    departures += below || above;
    snprintf(want[0], sizeof want[0], "%.6g", a->forecast.value);
    snprintf(want[1], sizeof want[1], "[%.6g, %.6g]", a->law.lo, a->law.hi);
    for (int v = 0; v < 2; v++) {
        char arguments[1024];
        snprintf(arguments, sizeof arguments, "%s runs.csv" QUICK "%s --params %.17g --tokens %.17g", verbs[v],
                 q->flags, q->params, q->tokens);
        assert_int_equal(support_run(folder, arguments, out, sizeof out, says, sizeof says), 0);
        for (int k = 0; k < 2; k++)
            if (!strstr(out, want[k])) fail_msg("%s: no %s in\n%s", arguments, want[k], out);
        if (below != !!strstr(out, "lie below the law") || above != !!strstr(out, "lie above the law"))
            fail_msg("%s: which loss to believe is not said, or said for nothing, in\n%s", arguments, out);
    }
}

/* The same runs out of a store, and exported again. What a table's flags say of its columns went in with the
 * import. */
static void from_a_store(const question *q, const answer *a) {
    const bool import_flags = strstr(q->flags, "--params-are");
    const char *kept = import_flags || strstr(q->flags, "--weight-is") ? "" : q->flags;
    char run[1024];
    if (strstr(q->flags, "--weight-is") || has(q, "run"))
        return; /* a table's words; curves come in as one run each */
    support_run(folder, "runs drop --where 'loss > 0' --store i.db --yes", NULL, 0, NULL, 0);
    ll_json_free(ask("runs import runs.csv --store i.db --rows runs %s --json", import_flags ? q->flags : ""));
    snprintf(run, sizeof run, "--params %.17g --tokens %.17g --json", q->params, q->tokens);
    ll_json *doc = ask("forecast at --store i.db" QUICK "%s %s", kept, run);
    same_answer("forecast at --store", doc, "forecast", "law", a);
    ll_json_free(doc);
    assert_int_equal(support_run(folder, "runs export back.csv --store i.db", NULL, 0, says, sizeof says), 0);
    doc = ask("forecast at back.csv" QUICK "%s %s", kept, run);
    same_answer("an export", doc, "forecast", "law", a);
    ll_json_free(doc);
}

/* Over a property of the law, before it is fitted: a table that no fit can read is never looked at. */
static void a_law_that_cannot_forecast_is_refused_at_once(void **state) {
    (void)state;
    static const char *const verbs[] = {
        "forecast at none.csv --law bnsl --x flops --flops 1e22",
        "forecast seal none.csv --law bnsl --x flops --params 1e9 --tokens 1e10 --store none.db"
    };
    for (int v = 0; v < 2; v++) {
        assert_int_equal(support_run(folder, verbs[v], out, sizeof out, says, sizeof says), 2);
        assert_non_null(strstr(says, "law bnsl: c0 may be below 0"));
    }
}

static void every_verb_gives_one_answer(void **state) {
    (void)state;
    for (int i = 0; i < QUESTIONS; i++) {
        const question *q = &questions[i];
        print_message("%d: %s %s %s\n", i, q->count, q->columns, q->flags);
        write_table(q, 100 + (uint64_t)i);
        const answer a = settled(q);
        sealed_and_next(q, &a, i);
        repeated(q, &a);
        by_flops(q);
        at_once(q, &a);
        as_text(q, &a);
        from_a_store(q, &a);
    }
    assert_true(0 < departures && departures < QUESTIONS);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_verb_gives_one_answer),
                                        cmocka_unit_test(runs_pair_off),
                                        cmocka_unit_test(a_law_that_cannot_forecast_is_refused_at_once) };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
