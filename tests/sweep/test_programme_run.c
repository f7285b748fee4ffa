/* Programmes: what the file says and refuses, what follows from tables, and the verb from file to result: the same
 * numbers when it is run again, killed, or given the specs of another folder. */
#define _GNU_SOURCE
#include "scratch_program.h"
#include "tiny_programme.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/document/json.h"
#include "sweep/programme/chart.h"
#include "sweep/programme/derive.h"
#include "sweep/programme/moment.h"
#include "sweep/programme/quantity.h"
#include "sweep/workers/pace.h"
#include "tensor/choice/kernel_tables.h"

/* ---- the file ---- */

#define HEAD "schema: loglog.programme/1\nname: p\nspec: {data: {source: markov}}\nexperiments:\n"
#define ARM "{name: a, spec: {design: {kind: grid, params: [600], tokens: [20k]}}}"

static void built_in(void **state) {
    (void)state;
    int n = 0;
    for (const ll_programme_built_in *b = ll_programmes_built_in; b->name; b++, n++) {
        ll_programme *p;
        assert_ok(ll_programme_parse(&p, b->text, strlen(b->text), b->name, err));
        assert_string_equal(p->name, b->name);
        for (int i = 0; i < p->n_experiments; i++) {
            assert_true(*p->experiment[i].question && *p->experiment[i].forbids && p->experiment[i].n_panels > 0);
            for (int k = 0; k < p->experiment[i].n_quantities; k++) {
                ll_programme_paper paper;
                const ll_programme_quantity *q = &p->experiment[i].quantity[k];
                assert_ok(ll_programme_published(q, &paper, err));
                assert_true(isnan(paper.value) || *paper.source);
                assert_true(*q->meaning);
            }
        }
        ll_programme_free(p);
    }
    assert_true(n >= 1);
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "", "empty" },
        { "name: p\n", "schema" },
        { "schema: loglog.programme/1\nname: p\n", "experiments: expected at least one" },
        { HEAD " - {name: e, arms: []}\n", "f.yaml:5: arms: expected at least one" },
        { HEAD " - {name: e, arms: [b]}\n", "f.yaml:5: arms: there is no arm 'b' before" },
        { HEAD " - {name: e, arms: [" ARM "]}\n - {name: e, arms: [a]}\n", "the name 'e' stands twice" },
        { HEAD " - {name: e, arms: [" ARM ", " ARM "]}\n", "the name 'a' stands twice" },
        { HEAD " - {name: e, arms: [" ARM "], probes: positon}\n", "no probe 'positon'" },
        { HEAD " - {name: e, arms: [" ARM "], probe: {item: 3}}\n", "did you mean 'probe.items'?" },
        { HEAD " - {name: e, arms: [" ARM "], probe: {windows: 1}}\n", "probe.windows" },
        { HEAD " - {name: e, arms: [" ARM "], quantites: []}\n", "f.yaml:5: unknown key 'quantites'" },
        { HEAD " - {name: e, arms: [" ARM "], quantities: [{name: q, fit: x}]}\n", "take: expected" },
        { HEAD " - {name: e, arms: [" ARM "], quantities: [{name: q, take: params.a}]}\n", "fit: expected" },
        { HEAD " - {name: e, arms: [" ARM "], quantities: [{name: q, take: sd.loss, table: position}]}\n",
          "table is 'position'" },
        { HEAD " - {name: e, arms: [" ARM "], quantities: [{name: q, take: sd.loss, value: three}]}\n",
          "value is 'three'" },
        { HEAD " - {name: e, arms: [" ARM "], quantities: [{name: q, take: sd.loss, published: kaplan}]}\n",
          "ID.CONSTANT" },
        { HEAD " - {name: e, arms: [" ARM "], figure: {panels: [{law: q}]}}\n", "law is 'q'" },
        { HEAD " - {name: e, arms: [" ARM
               "], labels: [64], constitution: {principles: [{id: q, words: w, judge: {kind: "
               "check}}]}}\n",
          "labels: no judge" },
        { HEAD " - {name: e, arms: [" ARM "], labels: [3]}\n", "labels" },
        { HEAD " - {name: e, arms: [{name: a, share: 0}]}\n", "share" },
        { HEAD " - {name: e, arms: [{name: a, spec: {design: {kind: grit}}}]}\n", "design.kind" },
        { HEAD " - {name: e, arms: [{name: a, spec: {design: {kind: grid}}}]}\n", "design.params" },
        { HEAD " - {name: e, arms: [{name: a, spec: 3}]}\n", "spec: expected a map" },
        { HEAD " - {name: e, arms: [{name: a, spec: {}, theory: {kind: parity}}]}\n", "this or spec, not both" },
        { HEAD " - {name: e, arms: [{name: a, theory: parity}]}\n", "f.yaml:5: theory: expected a map" },
        { HEAD " - {name: e, arms: [{name: a, theory: {kind: partiy}}]}\n", "did you mean 'parity'" },
        { HEAD " - {name: e, arms: [{name: a, theory: {kind: parity, width: 3}}]}\n", "unknown key 'width'" },
        { HEAD " - {name: e, arms: [{name: a, theory: {kind: parity, answers: 3}}]}\n",
          "f.yaml:5: theory: answers" },
        { HEAD " - {name: e, arms: [" ARM "], quantities: [{name: q, take: mean.alpha, table: exponents}]}\n",
          "table is 'exponents'" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_programme *p;
        ll_error e = { 0 };
        const ll_status s = ll_programme_parse(&p, bad[i].text, strlen(bad[i].text), "f.yaml", &e);
        if (s != LL_EINPUT || !strstr(e.msg, bad[i].says)) fail_msg("%s: %s", bad[i].text, e.msg);
        assert_null(p);
    }
}

/* Every shape is timed once, however many trials the search takes. */
static void time_is_shared(void **state) {
    (void)state;
    ll_spec spec;
    ll_pace pace = { 0 };
    double wall;
    ll_error e = { 0 };
    assert_ok(ll_options_default(ll_spec_table, ll_spec_count, &spec, err));
    assert_ok(ll_options_set(ll_spec_table, ll_spec_count, &spec, "design.kind", "grid", "test", err));
    assert_ok(ll_options_set(ll_spec_table, ll_spec_count, &spec, "design.params", "600,1536,6144", "test", err));
    assert_ok(ll_options_set(ll_spec_table, ll_spec_count, &spec, "design.tokens", "1k,4k", "test", err));
    assert_ok(ll_options_set(ll_spec_table, ll_spec_count, &spec, "forecast.hold_out", "none", "test", err));
    assert_ok(ll_kernels_named("auto", "fp32", &pace.kernels, err));
    assert_ok(ll_pace_scale(&pace, &spec, 17, 2, 20, &wall, err));
    assert_int_equal(pace.n, 2); /* 600 and 1536 are of one width */
    assert_true(wall <= 20 && wall > 10);
    assert_close(spec.design.tokens.v[1], 4 * spec.design.tokens.v[0], 1e-12);
    const double before = spec.design.tokens.v[0];
    assert_ok(ll_pace_scale(&pace, &spec, 17, 2, 40, &wall, err));
    assert_true(spec.design.tokens.v[0] > 1.5 * before);
    assert_int_equal(ll_pace_scale(&pace, &spec, 17, 2, 0.01, &wall, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "--minutes"));
}

/* ---- tables ---- */

static void add(ll_frame *f, const char *csv, const char *arm) {
    char text[1024];
    snprintf(text, sizeof text, "%s", csv);
    assert_ok(ll_frame_add(f, text, strlen(text), arm, err));
}

static double at(const ll_frame *f, int64_t row, const char *column) {
    return ll_frame_num(f, row, ll_frame_column(f, column));
}

static void frames(void **state) {
    (void)state;
    ll_frame f = { 0 };
    bool keep[5];
    ll_error e = { 0 };
    add(&f, "run,tokens,flops,loss\na,10,100,3\nb,40,200,3.5\nc,20,50,4\n", "x");
    add(&f, "run,flops,loss,layers\nd,400,2,7\ne,400,2.5,8\n", "y");
    assert_int_equal(f.rows, 5);
    assert_true(isnan(at(&f, 0, "layers")) && at(&f, 3, "layers") == 7 && isnan(at(&f, 4, "tokens")));
    assert_ok(ll_frame_derive(&f, err));
    const double share[] = { 0.25, 1, 0.5 };
    assert_close(at(&f, 1, "loss_ratio"), 3.5 / 3, 1e-12);
    assert_close(at(&f, 4, "loss_ratio"), 1.25, 1e-12);
    const double frontier[] = { 1, 0, 1, 1, 0 };
    for (int i = 0; i < 3; i++) assert_true(at(&f, i, "tokens_share") == share[i]);
    for (int i = 0; i < 5; i++) assert_true(at(&f, i, "frontier") == frontier[i]);
    assert_ok(ll_frame_where(&f, "arm = x and loss < 3.6", keep, err));
    assert_true(keep[0] && keep[1] && !keep[2] && !keep[3] && !keep[4]);
    assert_int_equal(ll_frame_where(&f, "los < 3", keep, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "no column 'los'"));
    ll_frame_clear(&f);
}

static const ll_json *in(const ll_json *o, const char *a, const char *b) {
    return ll_json_get(ll_json_get(o, a), b);
}

/* Of 1, 2, 3, 4: mean 2.5, sd sqrt(5/3); t(0.95; 3) = 2.35336, chi squared (3) 0.351846 and 7.81473, by tables. */
static void moments(void **state) {
    (void)state;
    ll_frame f = { 0 };
    ll_json *doc;
    ll_error e = { 0 };
    add(&f, "run,loss\na,1\nb,2\nc,3\nd,4\ne,\n", "x");
    assert_ok(ll_moment_json(&doc, &f, "loss", "", err));
    const ll_json *mean = in(doc, "mean", "loss"), *sd = in(doc, "sd", "loss");
    const double s = sqrt(5.0 / 3);
    assert_close(ll_json_get_num(mean, "value"), 2.5, 1e-12);
    assert_close(ll_json_as_num(ll_json_at(ll_json_get(mean, "ci"), 1)), 2.5 + 2.35336 * s / 2, 1e-5);
    assert_close(ll_json_get_num(sd, "value"), s, 1e-12);
    assert_close(ll_json_as_num(ll_json_at(ll_json_get(sd, "ci"), 0)), s * sqrt(3 / 7.81473), 1e-5);
    assert_close(ll_json_as_num(ll_json_at(ll_json_get(sd, "ci"), 1)), s * sqrt(3 / 0.351846), 1e-5);
    ll_json_free(doc);
    assert_ok(ll_moment_json(&doc, &f, "loss", "loss < 2.5", err)); /* chi squared (1): 0.00393214, 3.84146 */
    sd = in(doc, "sd", "loss");
    assert_close(ll_json_as_num(ll_json_at(ll_json_get(sd, "ci"), 0)), sqrt(0.5 / 3.84146), 1e-5);
    assert_close(ll_json_as_num(ll_json_at(ll_json_get(sd, "ci"), 1)), sqrt(0.5 / 0.00393214), 1e-5);
    ll_json_free(doc);
    assert_int_equal(ll_moment_json(&doc, &f, "loss", "run = a", &e), LL_EINPUT);
    assert_int_equal(ll_moment_json(&doc, &f, "gain", "", &e), LL_EINPUT);
    ll_frame_clear(&f);
}

/* Inside and narrow, inside and wide, outside, without an interval. */
static void verdicts(void **state) {
    (void)state;
    static const struct {
        const char *fit, *verdict;
    } cases[] = {
        { "{\"params\":{\"alpha\":{\"value\":0.08,\"ci\":[0.06,0.1],\"level\":0.9}}}", "same" },
        { "{\"params\":{\"alpha\":{\"value\":0.08,\"ci\":[0.01,0.3],\"level\":0.9}}}", "cannot tell" },
        { "{\"params\":{\"alpha\":{\"value\":0.2,\"ci\":[0.1,0.3],\"level\":0.9}}}", "different" },
        { "{\"params\":{\"alpha\":{\"value\":0.08,\"ci\":null,\"level\":0.9}}}", "cannot tell" },
        { "{\"params\":{}}", NULL },
    };
    ll_programme *p;
    static const char text[] =
        HEAD " - name: e\n   arms: [" ARM "]\n   quantities:\n"
             "    - {name: q, fit: --law power, take: params.alpha, published: kaplan2020_n.alpha}\n";
    assert_ok(ll_programme_parse(&p, text, sizeof text - 1, "f.yaml", err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_json *fit, *q;
        assert_ok(ll_json_parse(cases[i].fit, strlen(cases[i].fit), "fit", &fit, err));
        assert_ok(ll_programme_quantity_json(&q, p, &p->experiment[0].quantity[0], fit, NULL, err));
        const char *verdict = ll_json_get_str(q, "verdict");
        if (cases[i].verdict) assert_string_equal(verdict, cases[i].verdict);
        else assert_true(!verdict && strstr(ll_json_get_str(q, "note"), "params.alpha"));
        assert_true(ll_json_get_num(ll_json_get(q, "published"), "value") == 0.076);
        ll_json_free(q);
        ll_json_free(fit);
    }
    ll_programme_free(p);
}

/* ---- the verb ---- */

static void write_tiny(void) {
    char path[LL_PATH_MAX];
    support_write(folder, "tiny.yaml", tiny_programme, sizeof tiny_programme - 1, path);
}

static ll_json *result_of(const char *name) {
    char path[LL_PATH_MAX];
    ll_json *doc;
    assert_ok(ll_file_join(path, folder, name, err));
    assert_ok(ll_json_load(path, 1 << 22, &doc, err));
    return doc;
}

/* What was measured, without the paths and times. */
static void assert_same_values(const ll_json *a, const ll_json *b) {
    const ll_json *e, *q;
    int n = 0;
    const ll_json *all = ll_json_get(a, "experiments");
    for (const char *k = ll_json_next(all, NULL, &e); k; k = ll_json_next(all, k, &e)) {
        const ll_json *other = in(b, "experiments", k);
        assert_true(ll_json_equal(ll_json_get(e, "figure"), ll_json_get(other, "figure")));
        assert_true(ll_json_equal(ll_json_get(e, "scale"), ll_json_get(other, "scale")));
        const ll_json *quantities = ll_json_get(e, "quantities");
        for (const char *j = ll_json_next(quantities, NULL, &q); j; j = ll_json_next(quantities, j, &q), n++)
            assert_true(ll_json_equal(ll_json_get(q, "here"), ll_json_get(in(other, "quantities", j), "here")));
    }
    assert_int_equal(n, 5);
}

static void sleep_ms(int ms) {
    struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
    nanosleep(&t, NULL);
}

/* Killed after so many milliseconds, with all its workers. */
static void kill_after(const char *arguments, int ms) {
    char command[1024];
    fflush(NULL);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setpgid(0, 0);
        snprintf(command, sizeof command, "exec %.600s %.300s >.out 2>.err </dev/null", LL_PROGRAM, arguments);
        if (chdir(folder) == 0) execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(127);
    }
    setpgid(pid, pid);
    sleep_ms(ms);
    kill(-pid, SIGKILL);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void from_file_to_result(void **state) {
    (void)state;
    write_tiny();
    assert_int_equal(runs("programme run tiny.yaml --minutes 0.08 --out t --dry-run"), 0);
    assert_int_equal(runs("programme run tiny.yaml --minutes 0.08 --out t --quiet --json"), 0);
    ll_json *doc;
    assert_ok(ll_json_parse(out, strlen(out), "out", &doc, err));
    ll_json *file = result_of("t/result.json");
    assert_true(ll_json_equal(doc, file));
    const ll_json *size = in(doc, "experiments", "size"), *alpha = in(size, "quantities", "alpha");
    assert_int_equal(ll_json_get_int(size, "runs", 0), 6);
    assert_true(isfinite(ll_json_get_num(ll_json_get(alpha, "here"), "value")));
    assert_non_null(strstr(ll_json_get_str(alpha, "command"), "loglog fit t/size-runs.csv --law power"));
    assert_true(ll_json_get_num(ll_json_get(in(size, "quantities", "first"), "here"), "value") > 0);
    const ll_json *panels = in(size, "figure", "panels");
    assert_int_equal(ll_json_size(panels), 2);
    /* six curves behind, two sizes, the law once */
    assert_int_equal(ll_json_size(ll_json_get(ll_json_at(panels, 0), "series")), 6 + 2 + 1);
    assert_non_null(strstr(ll_json_get_str(in(doc, "experiments", "seeds"), "skipped"), "--input"));
    assert_string_equal(ll_json_get_str(in(doc, "experiments", "asked"), "skipped"),
                        "no items: give --input items=PATH");
    const ll_json *again = in(doc, "experiments", "again");
    const double near = ll_json_get_num(ll_json_get(in(again, "quantities", "near"), "here"), "value");
    assert_close(near, ll_json_get_num(ll_json_get(alpha, "here"), "value"), 1e-5);
    assert_non_null(strstr(ll_json_get_str(in(again, "quantities", "far"), "note"), "size.omega"));
    ll_json_free(file);

    assert_int_equal(runs("programme run tiny.yaml --out t --quiet"), 0); /* nothing left to train */
    file = result_of("t/result.json");
    assert_same_values(doc, file);
    ll_json_free(file);
    assert_int_equal(runs("programme run tiny.yaml --minutes 0.5 --out t --quiet"), 2);
    assert_non_null(strstr(err_text, "made from other arguments"));

    for (int k = 0; k < 4; k++) kill_after("programme run tiny.yaml --out killed --like t --quiet", 30 + 170 * k);
    assert_int_equal(runs("programme run tiny.yaml --out killed --quiet"), 0);
    file = result_of("killed/result.json");
    assert_same_values(doc, file);
    ll_json_free(file);

    assert_int_equal(runs("programme run tiny.yaml --out one --like t --only size --quiet --json"), 0);
    ll_json *one;
    assert_ok(ll_json_parse(out, strlen(out), "out", &one, err));
    assert_null(in(one, "experiments", "again"));
    assert_true(ll_json_equal(in(in(in(one, "experiments", "size"), "quantities", "alpha"), "here", "value"),
                              in(alpha, "here", "value")));
    ll_json_free(one);
    ll_json_free(doc);
    assert_int_equal(runs("probe run position --store t/loglog.db --windows 40 --json"), 0);
    assert_non_null(strstr(out, "\"measured\": 0")); /* as the experiment says */
    assert_int_equal(runs("programme run tiny.yaml --out two --like t --only asked --input items=f --quiet --json"),
                     0);
    assert_non_null(strstr(out, "\"skipped\": null"));
    /* A probe that fails ends the programme with one line that names it. */
    char path[LL_PATH_MAX], wordy[sizeof tiny_programme];
    const size_t before = (size_t)(strstr(tiny_programme, "probe: {data: '@items'}") - tiny_programme);
    const int n = snprintf(wordy, sizeof wordy, "%.*sprobes: induction\n", (int)before, tiny_programme);
    support_write(folder, "wordy.yaml", wordy, (size_t)n, path);
    assert_int_equal(runs("programme run wordy.yaml --out three --like t --only asked --quiet"), 2);
    assert_non_null(strstr(err_text, "induction asks in words"));
    assert_ptr_equal(strchr(err_text, '\n'), err_text + strlen(err_text) - 1);
    assert_ok(ll_file_join(path, folder, "three/result.json", err));
    assert_true(access(path, F_OK) != 0);
}

static void refused(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    static const struct {
        const char *arguments, *says;
    } bad[] = {
        { "programme run kaplan202", "did you mean 'kaplan2020'?" },
        { "programme run absent/x.yaml", "absent/x.yaml" },
        { "programme run kaplan2020 --out r", "give --text PATH" },
        { "programme run henighan2020 --only genome --out r", "give --input genome=PATH" },
        { "programme run", "expected one programme" },
        { "programme run tiny.yaml --only sizes --out r", "did you mean 'size'?" },
        { "programme run tiny.yaml --minutes 0.0001 --out r", "too short" },
        { "programme run tiny.yaml --minuts 3", "minutes" },
        { "programme run kaplan2020 --text absent.txt --out r", "absent.txt" },
        { "programme show", "expected one programme" },
        { "programme show tiny.yaml --yaml", "--yaml" },
        { "programme list all", "unexpected word" },
    };
    write_tiny();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (runs(bad[i].arguments) != 2) fail_msg("%s: not refused: %s", bad[i].arguments, err_text);
        if (!strstr(err_text, bad[i].says)) fail_msg("%s: %s", bad[i].arguments, err_text);
    }
    support_write(folder, "kaplan2020", "", 0, path);
    assert_int_equal(remove(path), 0);
    assert_ok(ll_file_mkdir(path, err)); /* the folder of an earlier run bears the programme's name */
    assert_int_equal(runs("programme show kaplan2020"), 0);
    assert_int_equal(runs("programme list"), 0);
    assert_non_null(strstr(out, "kaplan2020"));
    assert_int_equal(runs("programme show kaplan2020"), 0);
    assert_non_null(strstr(out, "alpha_N"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in),
        cmocka_unit_test(refusals),
        cmocka_unit_test(time_is_shared),
        cmocka_unit_test(frames),
        cmocka_unit_test(moments),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(from_file_to_result),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
