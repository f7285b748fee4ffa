/* Every spec in examples/ resolves and designs a ladder on any machine with a compiler. */
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/document/json.h"

enum { MOST = 1 << 20 };

static void dry_run(const char *folder, const char *name, ll_json **doc) {
    static char out[MOST], err[4096], arguments[2 * LL_PATH_MAX];
    ll_error e = { 0 };
    snprintf(arguments, sizeof arguments, "run '%s/examples/%s' --dry-run --json --store '%s/loglog.db'",
             LL_SOURCE_DIR, name, folder);
    if (support_run(folder, arguments, out, sizeof out, err, sizeof err) != 0) fail_msg("%s: %s", name, err);
    if (ll_json_parse(out, strlen(out), name, doc, &e) != LL_OK) fail_msg("%s", e.msg);
}

/* In every example: several rungs, each above zero in N, D and C, with C = 6 N D, and small enough for a laptop. */
static void check_rungs(const char *name, const ll_json *doc) {
    const ll_json *rungs = ll_json_get(doc, "rungs");
    double most = 0;
    assert_in_range(ll_json_size(rungs), 5, 64);
    for (size_t i = 0; i < ll_json_size(rungs); i++) {
        const ll_json *r = ll_json_at(rungs, i);
        double N = ll_json_get_num(r, "params"), D = ll_json_get_num(r, "tokens"), C = ll_json_get_num(r, "flops");
        assert_true(N >= 1e3 && D >= 1e4);
        assert_close(C, 6 * N * D, 1e-12);
        most += C;
    }
    if (most > 2e13) fail_msg("%s takes %g FLOP, more than a few minutes of two cores", name, most);
}

static void every_example_resolves(void **state) {
    (void)state;
    char folder[LL_PATH_MAX];
    struct dirent *entry;
    int seen = 0;
    DIR *dir = opendir(LL_SOURCE_DIR "/examples");
    assert_non_null(dir);
    support_folder(folder);
    while ((entry = readdir(dir))) {
        ll_json *doc;
        if (!strstr(entry->d_name, ".yaml")) continue;
        dry_run(folder, entry->d_name, &doc);
        check_rungs(entry->d_name, doc);
        ll_json_free(doc);
        seen++;
    }
    closedir(dir);
    assert_in_range(seen, 4, 100);
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, "loglog.db", err));
    assert_int_not_equal(access(path, F_OK), 0); /* a dry run leaves nothing behind */
    support_remove(folder);
}

static double role_flops(const ll_json *doc, const char *role, bool largest) {
    const ll_json *rungs = ll_json_get(doc, "rungs");
    double found = largest ? 0 : 1e300;
    for (size_t i = 0; i < ll_json_size(rungs); i++) {
        const ll_json *r = ll_json_at(rungs, i);
        double C = ll_json_get_num(r, "flops");
        if (strcmp(ll_json_get_str(r, "role"), role) == 0 && (largest ? C > found : C < found)) found = C;
    }
    return found;
}

/* What README says of the demo: five sizes at each of three budgets, the outermost twice, none under a thousand steps,
 * and a forecast 4 times beyond them. */
static void the_demo_is_as_described(void **state) {
    (void)state;
    char folder[LL_PATH_MAX];
    ll_json *doc;
    support_folder(folder);
    dry_run(folder, "demo.yaml", &doc);
    const ll_json *rungs = ll_json_get(doc, "rungs");
    double least = role_flops(doc, "fit", false), most = role_flops(doc, "fit", true);
    assert_int_equal(ll_json_size(rungs), 3 * (5 + 2) + 1);
    for (size_t i = 0; i < ll_json_size(rungs); i++)
        assert_true(ll_json_get_num(ll_json_at(rungs, i), "steps") >= 1000);
    assert_true(role_flops(doc, "forecast", true) >= 4 * most);
    assert_true(most / least >= 9);
    ll_json_free(doc);
    support_remove(folder);
}

/* Those of trainers of others resolve too; their sizes are for other machines. */
static void every_trainer_resolves(void **state) {
    (void)state;
    static const char *const names[] = { "llmc", "nanochat", "torch_gpt", "toy" };
    char folder[LL_PATH_MAX], name[64];
    support_folder(folder);
    for (int i = 0; i < 4; i++) {
        ll_json *doc;
        snprintf(name, sizeof name, "trainers/%s.yaml", names[i]);
        dry_run(folder, name, &doc);
        assert_in_range(ll_json_size(ll_json_get(doc, "rungs")), 5, 64);
        ll_json_free(doc);
    }
    support_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_resolves),
        cmocka_unit_test(every_trainer_resolves),
        cmocka_unit_test(the_demo_is_as_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
