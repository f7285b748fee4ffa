#define _POSIX_C_SOURCE 200809L
#include "scratch.h"

#include <math.h>
#include <string.h>

#include "base/document/json.h"
#include "planted.h"

static char out[1 << 16], err_text[4096];
static planted plant;

static int setup(void **state) {
    (void)state;
    char text[1 << 15], path[LL_PATH_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "name,N,C,val_loss,group\n");
    support_folder(folder);
    planted_make(&plant, 5, 10, 6, 0.004, 1);
    for (int64_t i = 0; i < plant.n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "r%d,%.17g,%.17g,%.17g,%d\n", (int)i, plant.N[i],
                                 plant.C[i], plant.L[i], (int)i / 3);
    support_write(folder, "runs.csv", text, used, path);
    return 0;
}

static ll_json *fitted(const char *arguments) {
    ll_json *doc;
    int code = support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
    if (code != 0) fail_msg("fit exits %d: %s", code, err_text);
    assert_ok(ll_json_parse(out, strlen(out), "standard output", &doc, err));
    return doc;
}

static void has_keys(const ll_json *o, const char *keys) {
    char copy[256];
    snprintf(copy, sizeof copy, "%s", keys);
    for (char *key = strtok(copy, " "); key; key = strtok(NULL, " "))
        if (!ll_json_get(o, key)) fail_msg("key '%s' is missing", key);
}

/* A column that is no loss and names no unit is not said to be in nats. */
static void units_are_not_made_up(void **state) {
    (void)state;
    static const char scores[] =
        "N,accuracy,val/loss,loss\n1e6,0.2,3.5,3.4\n1e7,0.3,3.1,3\n1e8,0.4,2.8,2.7\n1e9,0.5,"
        "2.6,2.4\n1e10,0.55,2.5,2.2\n";
    char path[LL_PATH_MAX];
    support_write(folder, "scores.csv", scores, strlen(scores), path);
    assert_int_equal(
        support_run(folder, "fit scores.csv --law power --x params --col loss=accuracy --bootstrap 0 --no-plot",
                    out, sizeof out, err_text, sizeof err_text),
        0);
    assert_null(strstr(out, "nats"));
    assert_non_null(strstr(out, "the loss is the column 'accuracy'"));
    assert_int_equal(support_run(folder, "fit scores.csv --law power --x params --bootstrap 0 --no-plot", out,
                                 sizeof out, err_text, sizeof err_text),
                     0);
    assert_non_null(strstr(out, "nats per token"));
    assert_non_null(strstr(out, "the loss is the column 'val/loss'"));
}

static void contract(void **state) {
    (void)state;
    ll_json *o = fitted("fit runs.csv --law chinchilla --bootstrap 50 --params-are total --where 'N > 1' --json");
    has_keys(o, "schema law form convention n dropped objective params derived resampling diagnostics wall_s");
    assert_string_equal(ll_json_get_str(o, "schema"), "loglog.fit/1");
    assert_int_equal(ll_json_get_int(o, "n", -1), plant.n);
    has_keys(ll_json_get(o, "objective"), "name delta value");
    has_keys(ll_json_get(o, "params"), "E A B alpha beta");
    has_keys(ll_json_get(ll_json_get(o, "params"), "alpha"), "value se ci level");
    has_keys(ll_json_get(o, "derived"), "a b G");
    has_keys(ll_json_get(o, "resampling"), "kind draws seed");
    has_keys(ll_json_get(o, "diagnostics"), "starts optima influence weak warnings");
    const ll_json *convention = ll_json_get(o, "convention");
    assert_string_equal(ll_json_get_str(convention, "params"), "total");
    assert_string_equal(ll_json_get_str(convention, "tokens_from"), "flops / (6 params)");
    const ll_json *alpha = ll_json_get(ll_json_get(o, "params"), "alpha"), *ci = ll_json_get(alpha, "ci");
    double value = ll_json_get_num(alpha, "value");
    assert_true(ll_json_as_num(ll_json_at(ci, 0)) < value && value < ll_json_as_num(ll_json_at(ci, 1)));
    assert_true(fabs(value - 0.35) < 0.05);
    ll_json_free(o);
}

static void one_variable(void **state) {
    (void)state;
    ll_json *o = fitted("fit runs.csv --law power --x flops --bootstrap 0 --json");
    assert_string_equal(ll_json_get_str(o, "x"), "flops");
    assert_int_equal(ll_json_get_int(ll_json_get(o, "resampling"), "draws", -1), 0);
    const ll_json *alpha = ll_json_get(ll_json_get(o, "params"), "alpha");
    assert_true(isnan(ll_json_get_num(alpha, "se")) && ll_json_get_num(alpha, "value") > 0);
    ll_json_free(o);
}

static void options_reach_the_fit(void **state) {
    (void)state;
    ll_json *o =
        fitted("fit runs.csv --objective ls_log --fix E=1.7,beta=0.37 --cluster group --bootstrap 30 --seed 4 "
               "--level 0.8 --starts 100 --where 'N >= 1e7 and group != 0' --json");
    const ll_json *p = ll_json_get(o, "params"), *r = ll_json_get(o, "resampling");
    assert_string_equal(ll_json_get_str(ll_json_get(o, "objective"), "name"), "ls_log");
    assert_true(ll_json_get_num(ll_json_get(p, "E"), "value") == 1.7);
    assert_true(ll_json_get_num(ll_json_get(p, "alpha"), "level") == 0.8);
    assert_string_equal(ll_json_get_str(r, "kind"), "cluster");
    assert_int_equal(ll_json_get_int(r, "seed", -1), 4);
    assert_true(ll_json_get_int(o, "dropped", -1) >= 3);
    ll_json_free(o);
}

static void threads_change_nothing(void **state) {
    (void)state;
    char *text[2];
    for (int i = 0; i < 2; i++) {
        ll_json *o = fitted(i ? "fit runs.csv --bootstrap 40 --threads 3 --json"
                              : "fit runs.csv --bootstrap 40 --threads 1 --json");
        text[i] = ll_json_text(ll_json_get(o, "params"), false);
        ll_json_free(o);
    }
    assert_string_equal(text[0], text[1]);
    free(text[0]);
    free(text[1]);
}

/* The draws that --draws saves have the standard errors that the document gives. */
static void draws_are_saved(void **state) {
    (void)state;
    ll_json *o = fitted("fit runs.csv --bootstrap 60 --draws draws.csv --json");
    char path[LL_PATH_MAX], *text, *at;
    double v[60][5];
    int n = 0;
    size_t size;
    assert_ok(ll_file_join(path, folder, "draws.csv", err));
    assert_ok(ll_file_read(path, 1 << 20, &text, &size, err));
    const char header[] = "E,A,B,alpha,beta\n";
    assert_int_equal(strncmp(text, header, strlen(header)), 0);
    for (at = text + strlen(header); *at && n < 60; n++)
        for (int j = 0; j < 5; j++) {
            v[n][j] = strtod(at, &at);
            assert_int_equal(*at++, j < 4 ? ',' : '\n');
        }
    assert_int_equal(*at, 0);
    assert_int_equal(n, ll_json_get_int(ll_json_get(o, "resampling"), "draws", -1));
    double mean = 0, sum = 0;
    for (int i = 0; i < n; i++) mean += v[i][3] / n;
    for (int i = 0; i < n; i++) sum += (v[i][3] - mean) * (v[i][3] - mean);
    assert_close(ll_json_get_num(ll_json_get(ll_json_get(o, "params"), "alpha"), "se"), sqrt(sum / (n - 1)), 1e-9);
    free(text);
    ll_json_free(o);
}

static void coverage_is_told(void **state) {
    (void)state;
    ll_json *o = fitted("fit runs.csv --bootstrap 40 --coverage 20 --json");
    const ll_json *c = ll_json_get(o, "coverage"), *covers = ll_json_get(c, "covers");
    assert_int_equal(ll_json_get_int(c, "studies", -1), 20);
    assert_int_equal(ll_json_get_int(c, "draws", -1), 40);
    has_keys(covers, "E A B alpha beta a b");
    const ll_json *alpha = ll_json_get(covers, "alpha");
    double share = ll_json_get_num(alpha, "share");
    assert_true(share > 0.5 && share <= 1);
    assert_close(ll_json_get_num(alpha, "planted"),
                 ll_json_get_num(ll_json_get(ll_json_get(o, "params"), "alpha"), "value"), 1e-12);
    ll_json_free(o);
    o = fitted("fit runs.csv --bootstrap 40 --json");
    assert_null(ll_json_get(o, "coverage"));
    ll_json_free(o);
    assert_int_equal(
        support_run(folder, "fit runs.csv --bootstrap 20 --coverage 5", out, sizeof out, err_text, sizeof err_text),
        0);
    assert_non_null(strstr(out, "5 simulated studies"));
    assert_string_equal(err_text, ""); /* no terminal, no progress */
}

static void worries_are_told(void **state) {
    (void)state;
    ll_json *o = fitted("fit runs.csv --bootstrap 40 --profile --checklist --target-flops 1e24 --json");
    const ll_json *d = ll_json_get(o, "diagnostics"), *alpha = ll_json_get(ll_json_get(o, "params"), "alpha");
    has_keys(d, "asymptote conventions undertuned reach bend");
    const ll_json *profile = ll_json_get(alpha, "profile"), *reach = ll_json_get(d, "reach");
    double value = ll_json_get_num(alpha, "value");
    assert_true(ll_json_as_num(ll_json_at(profile, 0)) < value && value < ll_json_as_num(ll_json_at(profile, 1)));
    has_keys(reach, "axis target factor runs at loss variance_share influence");
    assert_true(ll_json_get_num(reach, "target") == 1e24);
    assert_int_equal(ll_json_size(ll_json_get(d, "asymptote")), 2);
    assert_true(ll_json_get_num(ll_json_get(d, "bend"), "false_alarm") == 0.05);
    const ll_json *list = ll_json_get(o, "checklist");
    int unknown = 0;
    for (size_t i = 0; i < ll_json_size(list); i++) {
        has_keys(ll_json_at(list, i), "item answer stated");
        unknown += strcmp(ll_json_get_str(ll_json_at(list, i), "answer"), "not stated in the table") == 0;
    }
    assert_in_range(unknown, 5, ll_json_size(list) - 5); /* no seeds, rates, schedules in this table */
    ll_json_free(o);
}

/* At a terminal a plot follows: script(1) lends one. */
static void a_terminal_gets_a_plot(void **state) {
    (void)state;
    if (system("command -v script >/dev/null 2>&1") != 0) {
        print_message("SKIPPED: no script(1) here\n");
        skip();
    }
    static const struct {
        const char *locale, *environment, *option, *run, *law;
        bool colour;
    } cases[] = {
        { "C", "TERM=xterm", "", "o", "..", true },
        { "C.UTF-8", "TERM=xterm", "", "\x1b[38;5;33m\xe2", "\x1b[38;5;208m\xe2", true },
        { "C.UTF-8", "TERM=xterm NO_COLOR=1", "", "•", "\xe2\xa0", false },
        { "C", "TERM=dumb", "", "o", "..", false },
        { "C.UTF-8", "TERM=xterm", "--no-plot", NULL, NULL, false },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char command[2 * LL_PATH_MAX], line[1024];
        snprintf(
            command, sizeof command,
            "cd '%s' && env -u NO_COLOR LC_ALL=%s %s script -qec '%s fit runs.csv --bootstrap 20 %s' /dev/null",
            folder, cases[k].locale, cases[k].environment, LL_PROGRAM, cases[k].option);
        FILE *f = popen(command, "r");
        assert_non_null(f);
        int law = 0, runs = 0, colour = 0, axis = 0;
        while (fgets(line, sizeof line, f)) {
            const bool inside = strstr(line, "|") || strstr(line, "+") || strstr(line, "│") || strstr(line, "┤");
            law += inside && cases[k].law && strstr(line, cases[k].law);
            runs += inside && cases[k].run && strstr(line, cases[k].run);
            colour += strchr(line, '\x1b') != NULL;
            axis += strstr(line, "----") || strstr(line, "────");
        }
        assert_int_equal(pclose(f), 0);
        assert_true(cases[k].run ? law > 3 && runs > 3 && axis >= 1 : axis == 0);
        assert_int_equal(colour > 0, cases[k].colour);
    }
    assert_int_equal(support_run(folder, "fit runs.csv --bootstrap 20", out, sizeof out, NULL, 0), 0);
    assert_null(strstr(out, "--------")); /* a pipe gets none */
}

static void for_people(void **state) {
    (void)state;
    assert_int_equal(support_run(folder, "fit runs.csv --bootstrap 40", out, sizeof out, NULL, 0), 0);
    assert_non_null(strstr(out, "E + A/N^alpha + B/D^beta"));
    assert_non_null(strstr(out, "D = flops / (6 params) stands in"));
    assert_non_null(strstr(out, "most influential"));
    assert_non_null(strstr(out, "  line ")); /* a run of a store has none */
    assert_int_equal(support_run(folder, "runs import runs.csv --store influence.db", NULL, 0, NULL, 0), 0);
    assert_int_equal(
        support_run(folder, "fit --store influence.db --bootstrap 40", out, sizeof out, err_text, sizeof err_text),
        0);
    assert_non_null(strstr(out, "most influential"));
    assert_null(strstr(out, "line 0"));
}

/* One run has one name in all that a fit says: its line, and where it has one its own name. */
static void a_run_has_one_name(void **state) {
    (void)state;
    char text[8192], path[LL_PATH_MAX], leans[LL_PATH_MAX];
    size_t n = (size_t)snprintf(text, sizeof text, "run,params,tokens,loss\n");
    for (int k = 0; k < 3; k++) n += (size_t)snprintf(text + n, sizeof text - n, "left%d,1e6,1e%d,\n", k, 8 + k);
    for (int64_t i = 0; i < plant.n; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "r%d,%.9g,%.9g,%.9g\n", (int)i, plant.N[i],
                              plant.C[i] / (6 * plant.N[i]), plant.L[i] * (i + 1 == plant.n ? 1.05 : 1));
    support_write(folder, "names.csv", text, n, path);
    assert_int_equal(
        support_run(folder, "fit names.csv --objective ls_log --bootstrap 40", out, sizeof out, NULL, 0), 0);
    const char *most = strstr(out, "it leans most on line ");
    assert_non_null(most);
    assert_null(strstr(out, "without row"));
    snprintf(leans, sizeof leans, "%.*s", (int)strcspn(most + 17, ":"), most + 17);
    int line = 0, run = 0;
    assert_int_equal(sscanf(leans, "line %d (r%d)", &line, &run), 2);
    assert_int_equal(line, run + 5); /* behind the header and three rows without a loss */
    const char *forecast = strstr(out, " the forecast at C");
    assert_non_null(forecast);
    assert_true(strncmp(forecast - strlen(leans), leans, strlen(leans)) == 0);
}

/* Each taken for the other: both say what is meant. */
static void a_saved_fit_is_no_table(void **state) {
    (void)state;
    assert_int_equal(support_run(folder, "fit runs.csv --bootstrap 0 --save mistaken.json", NULL, 0, NULL, 0), 0);
    assert_int_equal(
        support_run(folder, "forecast at mistaken.json --flops 1e21", NULL, 0, err_text, sizeof err_text), 2);
    assert_non_null(strstr(err_text, "--fit mistaken.json"));
    assert_int_equal(support_run(folder, "plan --fit runs.csv --flops 1e21", NULL, 0, err_text, sizeof err_text),
                     2);
    assert_non_null(strstr(err_text, "expected a fit of 'loglog fit --save'"));
}

/* Exit code 2 and one line that says what is wrong. */
static void refused(void **state) {
    (void)state;
    static const struct {
        const char *arguments, *says;
    } bad[] = {
        { "fit", "name a table" },
        { "fit absent.csv", "absent.csv" },
        { "fit runs.csv --law zipf", "expected one of: chinchilla" },
        { "fit runs.csv --fix Q=1", "no parameter 'Q'" },
        { "fit runs.csv --fix E", "expected E=NUMBER" },
        { "fit runs.csv --fix E=-2", "E is fixed at -2" },
        { "fit runs.csv --starts 0", "--starts" },
        { "fit runs.csv --level 1.5", "level" },
        { "fit runs.csv --delta 0", "delta" },
        { "fit runs.csv --resample cluster", "cluster" },
        { "fit runs.csv --where 'N > 1e30'", "0 runs" },
        { "fit runs.csv --col tokens=nowhere", "nowhere" },
        { "fit runs.csv runs.csv", "one table" },
        { "fit runs.csv --law power --x depth", "no column 'depth'" },
        { "fit runs.csv --x loss", "no variable X" },
        { "fit runs.csv --law sigmoid", "name the column of X" },
        { "fit runs.csv --law precision", "bits of a weight" },
        { "fit --law power --x bits", "no run has a number" },
        { "fit holes.csv --law power --x D", "holes.csv:3: the column of --x is nan" },
        { "fit runs.csv --law power --x C --target-flops 1e25", "of which there is no forecast" },
        { "fit poor.csv", "no column of losses" },
        { "fit holes.csv", "holes.csv:3: " },
        { "fit --cluster group", "name a table" },
        { "fit runs.csv --coverage 10 --bootstrap 0", "--coverage needs resamples" },
        { "fit runs.csv --draws d.csv --bootstrap 0", "--draws needs resamples" },
        { "fit runs.csv --coverage -1", "coverage" },
        { "fit runs.csv --coverage 10 --law isoflop", "--law isoflop" },
        { "fit runs.csv --draws runs.csv", "overwrite" },
        { "fit runs.csv --profile --law isoflop", "--profile" },
        { "fit runs.csv --checklist --law isoflop", "--checklist" },
        { "fit runs.csv --target-flops -1", "target" },
        { "fit curve.csv --law power --x params --target-flops 1e20", "no FLOPs" },
        { "fit runs.csv --resample residual --cluster group", "independent" },
        { "fit runs.csv --resample residual --law isoflop --optima", "optima" },
        { "fit runs.csv --law critical_batch", "no column of batches" },
        { "fit curve.csv --law critical_batch --set batch_tokens=5,tokens=8", "share the name of a run" },
        { "fit runs.csv --law critical_batch --bcrit 2e8,0.21", "--bcrit" },
        { "fit runs.csv --bcrit 2e8,0.21", "no column of batches" },
        { "fit runs.csv --bcrit 2e8", "expected B_star,alpha_B" },
        { "fit runs.csv --bcrit 2e8,-1", "expected B_star,alpha_B" },
        { "fit runs.csv --bcrit hoffmann2022", "expected B_star,alpha_B" },
        { "fit runs.csv --law power --x steps_min", "there is no column 'steps_min'" },
        { "fit runs.csv --curves", "--curves speaks of a store" },
    };
    char path[LL_PATH_MAX];
    const char curve[] = "N,loss\n1e6,3\n1e7,2.5\n1e8,2.2\n1e9,2\n";
    const char poor[] = "N,C\n1,2\n", holes[] = "N,D,loss\n1e6,1e8,3\n1e7,,2\n";
    support_write(folder, "curve.csv", curve, sizeof curve - 1, path);
    support_write(folder, "poor.csv", poor, sizeof poor - 1, path);
    support_write(folder, "holes.csv", holes, sizeof holes - 1, path);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int code = support_run(folder, bad[i].arguments, out, sizeof out, err_text, sizeof err_text);
        bool missing_file = i == 1; /* the system refused: 1 or 2 by who finds it */
        if (code != 2 && !missing_file) fail_msg("%s: exits %d: %s", bad[i].arguments, code, err_text);
        if (!strstr(err_text, bad[i].says)) fail_msg("%s: says '%s'", bad[i].arguments, err_text);
        assert_ptr_equal(strchr(err_text, '\n'), err_text + strlen(err_text) - 1);
        assert_string_equal(out, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contract),
        cmocka_unit_test(units_are_not_made_up),
        cmocka_unit_test(one_variable),
        cmocka_unit_test(options_reach_the_fit),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(draws_are_saved),
        cmocka_unit_test(coverage_is_told),
        cmocka_unit_test(worries_are_told),
        cmocka_unit_test(a_terminal_gets_a_plot),
        cmocka_unit_test(for_people),
        cmocka_unit_test(a_run_has_one_name),
        cmocka_unit_test(a_saved_fit_is_no_table),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
