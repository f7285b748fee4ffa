/* What the verbs print with --json has exactly the keys that docs/schemas allows and requires. */
#define _GNU_SOURCE
#include "scratch.h"
#include "tiny_programme.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/document/keyfile.h"
#include "planted.h"
#include "schema.h"

static char out[1 << 20], err_text[4096];

static const char spec[] = "schema: loglog.spec/1\n"
                           "name: tiny\n"
                           "data: {source: arithmetic, digits: 1, tokens: 100k}\n"
                           "model: {context: 16, widths: [8, 16, 32]}\n"
                           "train: {eval_windows: 16, final_windows: 64, checkpoint: 0.1, eval_points: 5}\n"
                           "design: {kind: grid, params: [1536, 6144, 24576], tokens: [10k, 20k, 40k]}\n";

static const char sums[] = "name: sums\n"
                           "data: {source: arithmetic, digits: 2, tokens: 40k}\n"
                           "model: {context: 32, widths: [8]}\n"
                           "train: {eval_windows: 4, final_windows: 4}\n"
                           "design: {kind: grid, params: [1536], tokens: [10k, 20k]}\n"
                           "forecast: {hold_out: none}\n";

static const char house[] =
    "name: odd\n"
    "gold: {kind: rule, pattern: '[13579]$'}\n"
    "principles: [{id: odd, words: Numbers are even., judge: {kind: rule, pattern: '[13579]'}}]\n"
    "prompts: {count: 4, held_out: 4, length: 8, answer: 8}\n"
    "supervised: {steps: 2, batch: 4}\n"
    "preference: {pairs: 1, steps: 2, batch: 2, points: 2}\n"
    "best_of: 2\n"
    "windows: 2\n";

static int setup(void **state) {
    (void)state;
    char text[1 << 14], path[LL_PATH_MAX];
    planted plant;
    size_t used = (size_t)snprintf(text, sizeof text, "run,params,tokens,loss\n");
    support_folder(folder);
    planted_make(&plant, 4, 10, 5, 0.004, 1);
    for (int64_t i = 0; i < plant.n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "r%d,%.17g,%.17g,%.17g\n", (int)i, plant.N[i],
                                 plant.D[i], plant.L[i]);
    support_write(folder, "runs.csv", text, used, path);
    used = (size_t)snprintf(text, sizeof text, "params,tokens,loss,p.acc,p.logprob\n");
    for (int i = 0; i < 25; i++) {
        const double N = 1e7 * pow(4, i % 5), D = 2e8 * pow(4, i / 5),
                     L = 1.7 + 400 * pow(N, -0.34) + 400 * pow(D, -0.28);
        used += (size_t)snprintf(text + used, sizeof text - used, "%.17g,%.17g,%.17g,%.17g,%.17g\n", N, D, L,
                                 0.25 + 0.6 / (1 + exp(3 * (L - 3))) + 0.01 * sin(7.0 * i), -L / 2);
    }
    support_write(folder, "scores.csv", text, used, path);
    used = (size_t)snprintf(text, sizeof text, "run,batch_tokens,step,loss\n");
    for (int i = 0; i < 40; i++) { /* S = S_min (1 + 3000 / B) */
        const double B = 1000 << i % 4, S_min = 10 * pow(1.6, i / 4);
        used += (size_t)snprintf(text + used, sizeof text - used, "b%d,%g,%.17g,%.17g\n", i % 4, B,
                                 S_min * (1 + 3000 / B), 9 * pow(S_min, -0.2));
    }
    support_write(folder, "curves.csv", text, used, path);
    used = (size_t)snprintf(text, sizeof text, "run,step,lr,loss\n");
    for (int i = 0; i < 90; i++) { /* a holds its rate, b and c let it fall from a half and from a third on */
        const int step = 100 * (i / 3 + 1), from = i % 3 ? 3000 / (i % 3 + 1) : 3000;
        used += (size_t)snprintf(text + used, sizeof text - used, "%c,%d,%.17g,%.17g\n", 'a' + i % 3, step,
                                 1e-3 * (1 - fmax(step - from, 0) / 4000),
                                 3 + pow(step, -0.5) - 1e-4 * fmax(step - from, 0) + 0.002 * sin(7.0 * i));
    }
    support_write(folder, "rates.csv", text, used, path);
    used = (size_t)snprintf(text, sizeof text, "web,code,web_loss,code_loss\n");
    for (int i = 0; i < 20; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%.17g,%.17g,%.17g,%.17g\n", i / 20.0,
                                 1 - i / 20.0, 2 + exp(-i / 10.0), 1.5 + exp(i / 10.0 - 2) + 0.001 * sin(7.0 * i));
    support_write(folder, "mixes.csv", text, used, path);
    support_write(folder, "spec.yaml", spec, strlen(spec), path);
    support_write(folder, "sums.yaml", sums, strlen(sums), path);
    support_write(folder, "house.yaml", house, strlen(house), path);
    used = (size_t)snprintf(text, sizeof text, "text,label\n");
    for (int i = 0; i < 60; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s number %d,%d\n", i % 2 ? "bad" : "good", i,
                                 i % 2);
    support_write(folder, "labels.csv", text, used, path);
    used = (size_t)snprintf(text, sizeof text, "Model,Publication date,Training compute (FLOP)\n");
    for (int i = 0; i < 40; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "m%d,%d-0%d-15,%.4g\n", i, 2016 + i / 5,
                                 1 + i % 5, 1e19 * pow(1.3, i));
    support_write(folder, "models.csv", text, used, path);
    static const char others[] =
        "question,outcome,probability,q0.05,q0.95\nloss,2,,1.9,2.1\nopen,,,1,2\nyes,true,0.7,,\n"
        "bare,false,,,\nlater,,0.2,,\n";
    support_write(folder, "others.csv", others, sizeof others - 1, path);
    ll_sign_key ada;
    assert_ok(ll_sign_key_new(&ada, err));
    assert_ok(ll_file_join(path, folder, "ada.key", err));
    assert_ok(ll_keyfile_write(&ada, path, err));
    used = (size_t)snprintf(text, sizeof text,
                            "schema: loglog.policy/1\nevaluate: {needed: false}\n"
                            "sign: {by: [{name: ada, key: %s}]}\n"
                            "levels: [{name: l, lines: [{of: flops, at_least: 1e25}]}]\n",
                            ada.open);
    support_write(folder, "policy.yaml", text, used, path);
    char *result;
    size_t size;
    assert_ok(ll_file_read(LL_SOURCE_DIR "/tests/report/programme.json", 1 << 20, &result, &size, err));
    support_write(folder, "programme.json", result, size, path);
    support_write(folder, "tiny.yaml", tiny_programme, sizeof tiny_programme - 1, path);
    free(result);
    return 0;
}

/* ---- the schemas ---- */

static int is_schema(const struct dirent *e) {
    const size_t n = strlen(e->d_name);
    return n > 5 && strcmp(e->d_name + n - 5, ".json") == 0;
}

/* loglog.NAME.1.json says of itself that it is that, and that its documents are loglog.NAME/1. */
static void check_names(const char *file, const json_t *root) {
    char wanted[128];
    const json_t *any = json_object_get(root, "anyOf"), *one = any ? json_array_get(any, 0) : root;
    const json_t *schema = json_object_get(json_object_get(one, "properties"), "schema");
    snprintf(wanted, sizeof wanted, "%.*s/1", (int)(strlen(file) - strlen(".1.json")), file);
    assert_string_equal(json_string_value(json_object_get(root, "$id")), file);
    assert_string_equal(json_string_value(json_object_get(schema, "const")), wanted);
    assert_non_null(json_string_value(json_object_get(root, "title")));
}

static void sound(void **state) {
    (void)state;
    struct dirent **list;
    char why[SCHEMA_WHY];
    int n = scandir(LL_SOURCE_DIR "/docs/schemas", &list, is_schema, alphasort);
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        const char *file = list[i]->d_name;
        if (!schema_is_sound(file, why)) fail_msg("%s", why);
        json_t *root = schema_load(file, why);
        check_names(file, root);
        json_decref(root);
        free(list[i]);
    }
    free(list);
}

/* The checker itself: a good document, then the same with one thing changed. */
static void the_checker_finds(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "{\"schema\":\"loglog.ledger-export/1\",\"file\":\"a\",\"appended\":3}", NULL },
        { "{\"schema\":\"loglog.ledger-export/1\",\"file\":\"a\"}", "lacks the key appended" },
        { "{\"schema\":\"loglog.ledger-export/1\",\"file\":\"a\",\"appended\":3.5}", "appended: another type" },
        { "{\"schema\":\"loglog.ledger-export/1\",\"file\":null,\"appended\":3}", "file: another type" },
        { "{\"schema\":\"loglog.ledger-export/1\",\"file\":\"a\",\"appended\":3,\"x\":1}", "x: a key" },
        { "{\"schema\":\"loglog.ledger-export/2\",\"file\":\"a\",\"appended\":3}", "schema: is not the value" },
        { "[]", "another type" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char why[SCHEMA_WHY] = "";
        json_t *doc = json_loads(cases[i].text, 0, NULL);
        bool ok = schema_holds("loglog.ledger-export.1.json", doc, why);
        if (cases[i].says ? ok || !strstr(why, cases[i].says) : !ok) fail_msg("%s: '%s'", cases[i].text, why);
        json_decref(doc);
    }
}

/* ---- the verbs ---- */

/* The id of the first run in the list that was printed last. */
static void remember_first(char first[64], const json_t *doc) {
    const char *id = json_string_value(json_object_get(json_array_get(json_object_get(doc, "runs"), 0), "id"));
    if (id) snprintf(first, 64, "%.63s", id);
}

static void check_line(char *line, char first[64]) {
    char command[1024], file[128], why[SCHEMA_WHY], name[64];
    int expected, at = 0;
    json_error_t e;
    assert_int_equal(sscanf(line, "%d %63s %n", &expected, name, &at), 2);
    char *word = strstr(line + at, "FIRST");
    if (word) snprintf(command, sizeof command, "%.*s%s%s", (int)(word - line - at), line + at, first, word + 5);
    else snprintf(command, sizeof command, "%s", line + at);
    int code = support_run(folder, command, out, sizeof out, err_text, sizeof err_text);
    if (code != expected) fail_msg("loglog %s: exits %d, expected %d: %s", command, code, expected, err_text);
    json_t *doc = json_loads(out, JSON_REJECT_DUPLICATES, &e);
    if (!doc) fail_msg("loglog %s: standard output is no JSON document: line %d: %s", command, e.line, e.text);
    snprintf(file, sizeof file, "loglog.%s.1.json", name);
    if (!schema_holds(file, doc, why)) fail_msg("loglog %s: %s", command, why);
    remember_first(first, doc);
    json_decref(doc);
}

static FILE *lines(void) {
    FILE *in = fopen(LL_SOURCE_DIR "/tests/schemas.txt", "r");
    assert_non_null(in);
    return in;
}

static bool next_line(FILE *in, char line[1024]) {
    while (fgets(line, 1024, in)) {
        line[strcspn(line, "\n")] = 0;
        if (*line && *line != '#') return true;
    }
    return false;
}

static void every_document_holds(void **state) {
    (void)state;
    char line[1024], first[64] = "";
    FILE *in = lines();
    while (next_line(in, line)) check_line(line, first);
    fclose(in);
}

/* A saved fit is the document of fit with its draws and runs. */
static void a_saved_fit_holds(void **state) {
    (void)state;
    char path[LL_PATH_MAX], why[SCHEMA_WHY];
    json_error_t e;
    assert_ok(ll_file_join(path, folder, "fit.json", err));
    json_t *doc = json_load_file(path, 0, &e);
    if (!doc) fail_msg("%s: %s", path, e.text);
    assert_non_null(json_object_get(doc, "draws"));
    if (!schema_holds("loglog.fit.1.json", doc, why)) fail_msg("%s", why);
    json_decref(doc);
}

static bool has_line(const char *verb) {
    char line[1024], name[64];
    int expected, at = 0;
    bool found = false;
    FILE *in = lines();
    const size_t n = strlen(verb);
    while (!found && next_line(in, line)) {
        assert_int_equal(sscanf(line, "%d %63s %n", &expected, name, &at), 2);
        found = strncmp(line + at, verb, n) == 0 && line[at + (int)n] == ' ';
    }
    fclose(in);
    return found;
}

/* Every verb of 'loglog help' that takes --json is run above. */
static void no_verb_is_forgotten(void **state) {
    (void)state;
    char help[1 << 14], *rest = help;
    int asked = 0;
    assert_int_equal(support_run(folder, "help", help, sizeof help, NULL, 0), 0);
    for (char *line; (line = strsep(&rest, "\n"));) {
        char verb[32], arguments[64];
        if (strncmp(line, "  ", 2) != 0 || line[2] == ' ' || strlen(line) < 27) continue;
        snprintf(verb, sizeof verb, "%.24s", line + 2);
        for (size_t n = strlen(verb); n > 0 && verb[n - 1] == ' ';) verb[--n] = 0;
        snprintf(arguments, sizeof arguments, "%s --help", verb);
        assert_int_equal(support_run(folder, arguments, out, sizeof out, NULL, 0), 0);
        if (!strstr(out, "\n  --json")) continue;
        asked++;
        if (!has_line(verb)) fail_msg("'%s --json' has no line in tests/schemas.txt", verb);
    }
    assert_true(asked > 15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound),
        cmocka_unit_test(the_checker_finds),
        cmocka_unit_test(every_document_holds),
        cmocka_unit_test(a_saved_fit_holds),
        cmocka_unit_test(no_verb_is_forgotten),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
