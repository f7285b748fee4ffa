/* The report's decision: shares by hand, plans by the command that stands beside them, what gates said, hostile
 * texts. */
#include "planted_ladder.h"
#include "scratch.h"

#include <unistd.h>

#include "base/document/json.h"
#include "fit/approach/frontier.h"

static char store[LL_PATH_MAX], missing[LL_ERROR_MAX], out[1 << 16], err_text[4096];

static int setup(void **state) {
    (void)state;
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    return 0;
}

static char *page(void) {
    ll_status s;
    char *html = report_of(folder, store, NULL, &s, missing);
    assert_int_equal(s, LL_OK);
    assert_balanced(html, VOIDS);
    return html;
}

static void assert_says(const char *html, const char *words) {
    if (!strstr(html, words)) fail_msg("the page does not say '%s'", words);
}

/* Seals a forecast of another ladder's run around 2 nats, its 90 % interval 2 exp(+-0.05), and what came. */
static void seal_and_judge(ll_store *s, int i, double came) {
    ll_forecast f = { .mean = log(2), .sd = 0.03, .reach = 4, .bytes_per_token = NAN, .n_fitted = 12 };
    static const double z[] = { -.08, -.06, -.05, -.04, -.02, 0, .02, .04, .05, .06, .08 };
    ll_seal sealed;
    bool found;
    for (int k = 0; k < LL_FORECAST_QUANTILES; k++) f.quantile[k] = 2 * exp(z[k]);
    snprintf(f.run, sizeof f.run, "elsewhere/%d", i);
    strcpy(f.question, "what will it be?");
    strcpy(f.law, "chinchilla");
    strcpy(f.form, "E + A/N^alpha + B/D^beta");
    strcpy(f.convention, "nonembedding");
    strcpy(f.sealed, "2026-01-02T03:30:00Z");
    strcpy(f.judged_by, "validation loss");
    assert_ok(ll_seal_append(s, ll_forecast_json(&f), err));
    if (isnan(came)) return;
    assert_ok(ll_seal_find(s, f.run, &sealed, &found, err));
    assert_true(found);
    assert_ok(ll_seal_outcome(s, &sealed, came, err));
}

static char *page_of_outcomes(const double *came, int n) {
    ll_store *s;
    unlink(store);
    assert_ok(ll_store_open(&s, store, LL_STORE_WRITE, err));
    for (int i = 0; i < n; i++) seal_and_judge(s, i, came[i]);
    ll_store_close(s);
    return page();
}

/* Wilson's 90 % interval of 3 of 3 begins at 3 / (3 + 1.645^2) = 0.526, and the interval score of an outcome inside
 * is the width: 0.1 of ln loss. */
static void few_outcomes_prove_little(void **state) {
    (void)state;
    char *html = page_of_outcomes((double[]) { 2, 1.95, 2.05, NAN }, 4);
    assert_says(html, "3 of 3 outcomes lay inside their 90 % interval: consistent with 90 %.");
    assert_says(html, "3 outcomes cannot tell intervals that hold 90 % of the time from intervals that hold 53 %");
    assert_says(html, ">52.6</td>");
    assert_says(html, "<dd>0.1 (90 %, of ln loss");
    assert_says(html, "1 more have no outcome yet");
    free(html);
}

/* 2 of 4: honest 90 % intervals do so badly with probability 1 - 0.9^4 - 4 0.9^3 0.1 = 0.0523, and the misses of
 * 0.05 cost 20 times that: (0.1 + 0.1 + 1.1 + 1.1) / 4 = 0.6. */
static void misses_are_named(void **state) {
    (void)state;
    char *html = page_of_outcomes((double[]) { 2, 2, 2 * exp(0.1), 2 * exp(-0.1) }, 4);
    assert_says(html, "2 of 4 outcomes lay inside their 90 % interval: fewer than promised.");
    assert_says(html, "with probability 0.052;");
    assert_says(html, "<dd>0.6 (90 %, of ln loss");
    free(html);
    double came[40];
    for (int i = 0; i < 40; i++) came[i] = 2;
    html = page_of_outcomes(came, 40); /* 0.9^40 = 0.015 */
    assert_says(html, "40 of 40 outcomes lay inside their 90 % interval: more than promised.");
    free(html);
}

/* What no longer reads as it was written is not shown as if it did. */
static void a_ledger_that_cannot_be_read_says_so(void **state) {
    (void)state;
    ll_store *s;
    ll_json *body = ll_json_object();
    plant(store, "planted");
    ll_json_set_str(body, "schema", "loglog.forecast/1");
    ll_json_set_str(body, "run", "<script>");
    assert_ok(ll_store_open(&s, store, LL_STORE_WRITE, err));
    assert_ok(ll_seal_append(s, body, err));
    ll_store_close(s);
    char *html = page();
    assert_says(html, "The ledger cannot be believed");
    assert_int_equal(count(html, "The ledger cannot be believed, and nothing"), 3); /* forecast, scorecard, gate */
    assert_null(strstr(html, "outcomes lay inside"));
    assert_null(strstr(html, "No forecast"));
    assert_null(strstr(html, "no refusal"));
    free(html);
}

/* ---- the plan ---- */

/* The command beside the n-th plan, as a shell takes it, without the program's name. */
static char *command_of(const char *html, int n) {
    const char *at = html;
    for (int i = 0; i <= n; i++) {
        at = strstr(at, "<dt>to plan it again</dt>");
        assert_non_null(at);
        at = strstr(at, "<dd>loglog ") + strlen("<dd>loglog ");
    }
    char *command = calloc(1, 1024), *to = command;
    for (; *at != '<'; at++) {
        const bool quote = strncmp(at, "&quot;", 6) == 0, tick = strncmp(at, "&#39;", 5) == 0;
        *to++ = quote ? '"' : tick ? '\'' : *at;
        at += quote ? 5 : tick ? 4 : 0;
    }
    return command;
}

static double number_of(const ll_json *doc, const char *key) {
    return ll_json_get_num(ll_json_get(doc, key), "value");
}

/* Every number of the plan comes out of the command that stands beside it; N and D are near the optimum of the
 * planted surface, G (C/6)^a (Hoffmann et al. 2022, eq. 4), the law's loss is near its loss, and the forecast's
 * interval holds it. */
static void a_plan_comes_again_and_finds_the_planted_optimum(void **state) {
    (void)state;
    plant(store, "planted");
    char *html = page();
    const double A = 14, B = 60, alpha = 0.33, beta = 0.36, a = beta / (alpha + beta);
    for (int k = 0; k < LL_EVIDENCE_PLANS; k++) {
        char *command = command_of(html, k), arguments[1200], shown[64];
        ll_json *doc;
        snprintf(arguments, sizeof arguments, "%s --json", command);
        if (support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text) != 0)
            fail_msg("%s: %s", command, err_text);
        assert_ok(ll_json_parse(out, strlen(out), "standard output", &doc, err));
        const char *keys[] = { "params", "tokens", "loss" };
        for (int i = 0; i < 3; i++) {
            snprintf(shown, sizeof shown, "title=\"%.10g", number_of(doc, keys[i]));
            shown[strlen(shown) - 1] = 0; /* the last digit is rounded there */
            assert_says(html, shown);
        }
        const double C = number_of(doc, "flops");
        const double N = pow(alpha * A / (beta * B), 1 / (alpha + beta)) * pow(C / 6, a);
        assert_true(fabs(log(number_of(doc, "params") / N)) < 0.7);
        const double planted = planted_loss(N, C / 6 / N);
        const ll_json *ci = ll_json_get(ll_json_get(doc, "loss"), "ci");
        assert_close(number_of(doc, "law_loss"), planted, 0.02);
        assert_true(ll_json_as_num(ll_json_at(ci, 0)) < planted && planted < ll_json_as_num(ll_json_at(ci, 1)));
        ll_json_free(doc);
        free(command);
    }
    assert_says(html, "With 10 × the largest run, ");
    assert_says(html, "With 100 × the largest run, ");
    free(html);
}

/* The rung that is forecast is held out of the fit, and counts as a finished run all the same: below the planted
 * floor of 0.9 no plan follows it. The command beside the plan says so too. */
static void a_held_out_run_that_came_lower_is_named(void **state) {
    (void)state;
    ll_store *s;
    ll_run *runs;
    int64_t n;
    unlink(store);
    plant(store, "planted");
    char *html = page();
    assert_null(strstr(html, "does not follow its runs"));
    free(html);
    assert_ok(ll_store_open(&s, store, LL_STORE_WRITE, err));
    assert_ok(ll_store_list_runs(s, "", LL_RUN_DONE, "role = forecast", &runs, &n, err));
    assert_int_equal(n, 1);
    runs[0].loss = 0.7;
    assert_ok(ll_store_put_run(s, &runs[0], err));
    ll_store_close(s);
    free(runs);
    html = page();
    assert_int_equal(count(html, "does not follow its runs"), LL_EVIDENCE_PLANS);
    char *command = command_of(html, 0);
    assert_int_equal(support_run(folder, command, out, sizeof out, err_text, sizeof err_text), 0);
    assert_non_null(strstr(out, "a finished run came to 0.7 "));
    free(command);
    free(html);
}

static void without_a_surface_there_is_no_plan(void **state) {
    (void)state;
    char *html = page(); /* no store */
    assert_says(html, "There is no plan: no surface is fitted");
    assert_says(html, "No forecast of this ledger has an outcome");
    assert_says(html, "No policy was given");
    assert_says(html, "The ledger holds no refusal of a gate and no waiver.");
    free(html);
}

/* ---- the gate ---- */

static void write_policy(const char *file, const char *line) {
    char text[1024], path[LL_PATH_MAX];
    const int n = snprintf(text, sizeof text,
                           "schema: loglog.policy/1\nname: house\nevaluate: {needed: false}\n"
                           "levels: [{name: high, lines: [%s]}]\n",
                           line);
    support_write(folder, file, text, (size_t)n, path);
}

/* The largest run has 7.1 N D = 1.5e14 exact FLOPs. */
static void the_policy_answers(void **state) {
    (void)state;
    static const struct {
        const char *line, *answer;
    } cases[] = {
        { "{of: flops, at_least: 1e15}", ": pass.</strong>" },
        { "{of: flops, at_least: 1e14}", ": fail.</strong>" },
        { "{of: effective_flops, at_least: 1e26}", ": investigate.</strong>" }, /* the gain is unknown */
    };
    plant(store, "planted");
    ll_store *db;
    ll_run other; /* of no ladder, and not what is asked about */
    ll_run_init(&other);
    strcpy(other.id, "import/1");
    other.flops = other.flops_exact = 1e20;
    assert_ok(ll_store_open(&db, store, LL_STORE_WRITE, err));
    assert_ok(ll_store_put_run(db, &other, err));
    ll_store_close(db);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_policy("<b>.yaml", cases[i].line);
        const int code = support_run(folder, "report --policy '<b>.yaml' --out gated.html", out, sizeof out,
                                     err_text, sizeof err_text);
        if (code != 0) fail_msg("%d %s", code, err_text);
        char path[LL_PATH_MAX];
        assert_ok(ll_file_join(path, folder, "gated.html", err));
        char *html = slurp(path);
        assert_balanced(html, VOIDS);
        assert_says(html, cases[i].answer);
        assert_says(html, "Asked about run last-30");
        assert_says(html,
                    "loglog gate check &#39;&lt;b&gt;.yaml&#39; --run 0123456789abcdef/last-30 --store loglog.db");
        assert_null(strstr(html, "<b>"));
        free(html);
    }
}

static void do_it(const char *arguments) {
    if (support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text) != 0)
        fail_msg("%s: %s", arguments, err_text);
}

/* What a waiver lets through is no clear road: the verdict says so, and the ledger's silence is not taken for none.
 */
static void a_pass_by_waiver_is_called_one(void **state) {
    (void)state;
    char text[1024], path[LL_PATH_MAX];
    plant(store, "planted");
    do_it("gate keygen --out key");
    snprintf(text, sizeof text,
             "schema: loglog.policy/1\nname: house\nevaluate: {needed: false}\n"
             "sign: {by: [{name: ada, key: %.64s}]}\n"
             "levels: [{name: too-high, lines: [{of: flops, at_least: 1e14}]}]\n",
             out);
    support_write(folder, "signed.yaml", text, strlen(text), path);
    do_it("gate sign signed.yaml --key key --waives too-high --reason board --ladder 0123456789abcdef --out w");
    do_it("report --policy signed.yaml --waiver w --out gated.html");
    assert_ok(ll_file_join(path, folder, "gated.html", err));
    char *html = slurp(path);
    assert_balanced(html, VOIDS);
    assert_says(html, ": pass by waiver.</strong>");
    assert_says(html, "signed waivers let 1 of its 1 lines pass");
    assert_says(html, "<dt>waiver</dt>");
    assert_null(strstr(html, "No line is reached"));
    assert_null(strstr(html, "and no waiver."));
    free(html);
}

/* A report asks the same as the command that it prints. */
static void the_gate_command_agrees(void **state) {
    (void)state;
    plant(store, "planted");
    write_policy("policy.yaml", "{of: flops, at_least: 1e14}");
    const int code = support_run(folder, "gate check policy.yaml --run 0123456789abcdef/last-30 --store loglog.db",
                                 out, sizeof out, err_text, sizeof err_text);
    assert_int_equal(code, 3);
}

/* Five budgets of 1e17 to 1e19, three sizes each, of a law that is known. */
static void write_table(const char *file) {
    char text[4096] = "run,params,tokens,loss\n", path[LL_PATH_MAX];
    for (int i = 0; i < 15; i++) {
        const double C = 1e17 * pow(10, 0.5 * (i / 3)), N = sqrt(C / 120) * pow(2, i % 3 - 1), D = C / (6 * N);
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "row-%d,%.0f,%.0f,%.6f\n", i, N, D,
                 1.7 + 480 / pow(N, 0.34) + 2080 / pow(D, 0.36));
    }
    support_write(folder, file, text, strlen(text), path);
}

static char *gated(const char *arguments) {
    char path[LL_PATH_MAX];
    do_it(arguments);
    assert_ok(ll_file_join(path, folder, "gated.html", err));
    return slurp(path);
}

/* A table's report beside a store with runs of its own: the policy is asked about the plan, else the table's. */
static void the_policy_is_asked_about_the_plan(void **state) {
    (void)state;
    plant(store, "planted");
    write_table("runs.csv");
    write_policy("policy.yaml", "{of: flops, at_least: 1e20}, {of: forecast_loss, below: 1.7}");
    char *html = gated("report runs.csv --policy policy.yaml --budget 1e21 --out gated.html");
    assert_says(html, ": fail.</strong>");
    assert_says(html, "Asked about the planned run of ");
    assert_says(html, "--flops 1e+21 --forecast-loss");
    assert_says(html, "<p class=\"lead\"><strong>With "); /* the reader's question, before everything */
    assert_null(strstr(html, "last-30"));
    free(html);
    html = gated("report runs.csv --policy policy.yaml --params 100M --tokens 2B --out gated.html");
    assert_says(html, ": pass.</strong>"); /* 1.2e18, and no forecast of a loss below the floor */
    assert_says(html, "<p class=\"lead\"><strong>100M parameters on 2.00B tokens, ");
    free(html);
    html = gated("report runs.csv --policy policy.yaml --out gated.html");
    assert_says(html, "Asked about run row-"); /* with no forecast of it */
    assert_says(html, "--flops 1");
    assert_null(strstr(html, "last-30"));
    assert_null(strstr(html, "<p class=\"lead\"><strong>"));
    free(html);
    html = gated("report --params 100M --tokens 2B --policy policy.yaml --out gated.html"); /* of the ladder */
    assert_says(html, "Asked about the planned run");
    free(html);
}

static void the_ledger_remembers_refusals_and_waivers(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "{\"schema\":\"loglog.refusal/1\",\"run\":\"l/<i>\",\"verdict\":\"fail\",\"why\":\"policy house says no: "
        "<script>\",\"policy_hash\":\"00\",\"time\":\"2026-01-03T00:00:00Z\"}",
        "{\"schema\":\"loglog.waiver/1\",\"name\":\"ada\",\"reason\":\"a & "
        "b\",\"waives\":\"high\",\"signature\":\"00\","
        "\"recorded\":\"2026-01-04T00:00:00Z\"}",
        "{\"schema\":\"loglog.refusal/1\"}",
        "{\"schema\":\"loglog.unasked/1\",\"ladder\":\"l\",\"run\":\"l/"
        "late\",\"refusal\":\"00\",\"policy_hash\":\"00\","
        "\"why\":\"it said no before\",\"time\":\"2026-01-05T00:00:00Z\"}",
        "{\"schema\":\"someone.else/1\",\"why\":\"not ours\"}",
    };
    ll_store *s;
    assert_ok(ll_store_open(&s, store, LL_STORE_WRITE, err));
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        ll_entry entry;
        assert_ok(ll_store_append(s, bodies[i], &entry, err));
        free(entry.body);
    }
    ll_store_close(s);
    char *html = page();
    assert_says(html, "policy house says no: &lt;script&gt;");
    assert_says(html, "l/&lt;i&gt;");
    assert_says(html, "waiver of ada");
    assert_says(html, "a &amp; b");
    assert_says(html, "trained on without asking a policy");
    assert_says(html, "it said no before");
    assert_null(strstr(html, "not ours"));
    free(html);
}

static void refused_in_one_line(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        { "report --policy absent.yaml", "absent.yaml" },
        { "report --evidence e.yaml", "--policy" },
        { "report --policy policy.yaml --waiver absent.w", "absent.w" },
        { "report --policy policy.yaml --ladder nosuch", "nosuch" },
        { "report --policy bad.yaml", "bad.yaml:2" },
        { "report --pdf no/such/folder/r.pdf", "no/such/folder/r.pdf" },
        { "report --budget '64xH100 30d <b>'", "64xH100 30d <b>" },
    };
    char path[LL_PATH_MAX];
    static const char bad[] = "schema: loglog.policy/1\nlevles: []\n";
    write_policy("policy.yaml", "{of: flops, at_least: 1e14}");
    support_write(folder, "bad.yaml", bad, sizeof bad - 1, path);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(support_run(folder, cases[i][0], NULL, 0, err_text, sizeof err_text), 2);
        if (!strstr(err_text, cases[i][1])) fail_msg("%s: %s", cases[i][0], err_text);
        assert_int_equal(count(err_text, "\n"), 1);
    }
    assert_ok(ll_file_join(path, folder, "report.html", err));
    assert_int_not_equal(access(path, F_OK), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(few_outcomes_prove_little),
        TEST(misses_are_named),
        TEST(a_ledger_that_cannot_be_read_says_so),
        TEST(a_plan_comes_again_and_finds_the_planted_optimum),
        TEST(a_held_out_run_that_came_lower_is_named),
        TEST(without_a_surface_there_is_no_plan),
        TEST(the_policy_answers),
        TEST(a_pass_by_waiver_is_called_one),
        TEST(the_gate_command_agrees),
        TEST(the_policy_is_asked_about_the_plan),
        TEST(the_ledger_remembers_refusals_and_waivers),
        TEST(refused_in_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
