/* The page's server: its answers are the program's own, the kept ones too, and the verb says what it lacks. */
#define _GNU_SOURCE
#include "site/site_house.h"

#ifdef LL_HAVE_MICROHTTPD

/* How long a fit took is another time every time. */
static void forget_times(char *text) {
    for (char *at = text; (at = strstr(at, "\"wall_s\": "));) {
        at += strlen("\"wall_s\": ");
        memmove(at, at + strcspn(at, "\n"), strlen(at + strcspn(at, "\n")) + 1);
    }
}

static void answers_are_the_programs(void **state) {
    (void)state;
    static const struct {
        const char *path, *command;
    } same[] = {
        { "/api/status", "status" },
        { "/api/runs/list", "runs list" },
        { "/api/runs/list?state=done&where=loss+%3c+4", "runs list --state done --where 'loss < 4'" },
        { "/api/runs/columns?columns=name,loss", "runs list --columns name,loss" },
        { "/api/runs/show?arg=r3", "runs show r3" },
        { "/api/curves?runs=r0,live&points=10", "runs curves r0 live --points 10" },
        { "/api/curves?arg=r0&points=10", "runs curves r0 --points 10" },
        { "/api/fit?bootstrap=0", "fit --bootstrap 0" },
        { "/api/fit?bootstrap=0&no-outlook", "fit --bootstrap 0 --no-outlook" },
        { "/api/fit?bootstrap=20&fix=E%3D1.7&where=params+%3E+1e6",
          "fit --bootstrap 20 --fix E=1.7 --where 'params > 1e6'" },
        { "/api/fit?law=power_floor&x=flops&bootstrap=0", "fit --law power_floor --x flops --bootstrap 0" },
        { "/api/fit?bootstrap=0&profile=1&checklist=0", "fit --bootstrap 0 --profile" },
        { "/api/forecast/at?params=1e9&tokens=2e10&bootstrap=20",
          "forecast at --params 1e9 --tokens 2e10 --bootstrap 20" },
        { "/api/forecast/at?params=1e9,2e9&tokens=2e10,1e10&bootstrap=20",
          "forecast at --params 1e9,2e9 --tokens 2e10,1e10 --bootstrap 20" },
        { "/api/forecast/list", "forecast list" },
        { "/api/plan?flops=1e20&bootstrap=20", "plan --flops 1e20 --bootstrap 20" },
        { "/api/next?target_flops=1e20&budget=1e18&seed=2", "next --target-flops 1e20 --budget 1e18 --seed 2" },
    };
    char command[1024];
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        for (int twice = 0; twice < 2; twice++) { /* asked, and kept */
            const int got = get(&plain, same[i].path);
            if (got != 200) fail_msg("%s: %d %s", same[i].path, got, body_of());
        }
        char *kept = strdup(body_of());
        snprintf(command, sizeof command, "%s --json --store %.800s", same[i].command, db);
        gives(command, 0);
        forget_times(kept);
        forget_times(out);
        if (strcmp(kept, out) != 0) fail_msg("%s: %s\nis not %s", same[i].path, kept, out);
        free(kept);
    }
}

static void what_is_kept_follows_the_store(void **state) {
    (void)state;
    assert_int_equal(get(&plain, "/api/runs/columns?columns=name"), 200);
    assert_null(strstr(body_of(), "newcomer"));
    put_run("newcomer", 2e6, 3e7, LL_RUN_PLANNED);
    assert_int_equal(get(&plain, "/api/runs/columns?columns=name"), 200);
    assert_non_null(strstr(body_of(), "newcomer"));
}

static void scores_are_columns(void **state) {
    (void)state;
    assert_int_equal(get(&plain, "/api/runs/columns?columns=name,scores&where=name+=+r1"), 200);
    says(body_of(), "{\"name\": [\"r1\"], \"p.acc\": [0.5], \"p.acc_se\": [0.125]}");
    assert_int_equal(get(&plain, "/api/runs/columns?columns=name,scores&where=name+=+r2"), 200);
    says(body_of(), "{\"name\": [\"r2\"]}");
}

static void every_route_is_a_verb(void **state) {
    (void)state;
    /* What opens a file by its name, or writes one. */
    static const char *const files[] = { "store",     "out",       "save",        "draws",    "fit",
                                         "fit-file",  "ledger",    "key",         "policy",   "base",
                                         "file",      "pdf",       "token",       "evidence", "waiver",
                                         "authority", "score-fit", "samples-fit", "figures",  "programme",
                                         "token-file" };
    assert_int_equal(get(&plain, "/api/page"), 200);
    json_t *doc = document("loglog.page.1.json"), *routes = json_object_get(doc, "routes"), *route, *option;
    size_t i, k;
    assert_true(json_array_size(routes) > 15);
    json_array_foreach(routes, i, route) {
        char command[128], flag[96];
        snprintf(command, sizeof command, "%s --help", json_string_value(json_object_get(route, "verb")));
        gives(command, 0);
        json_array_foreach(json_object_get(route, "options"), k, option) {
            const char *name = json_string_value(option);
            if (strcmp(name, "arg") == 0 || (strcmp(name, "policy") == 0 && strstr(command, "gate")) ||
                (strcmp(name, "runs") == 0 && strstr(command, "curves")))
                continue;
            for (size_t f = 0; f < sizeof files / sizeof *files; f++)
                if (strcmp(name, files[f]) == 0) fail_msg("%s: %s is a file", command, name);
            snprintf(flag, sizeof flag, "\n  --%s ", name);
            if (!strstr(out, flag)) fail_msg("%s has no --%s", command, name);
        }
    }
    json_decref(doc);
}

static void the_verb_says_what_it_lacks(void **state) {
    (void)state;
    gives("serve --store nothing.db", 2);
    says(err_text, "nothing.db");
    gives("serve --store s.db --listen 0.0.0.0", 2);
    says(err_text, "--token-file");
    char path[LL_PATH_MAX];
    support_write(folder, "short", "secret\n", 7, path);
    gives("serve --store s.db --token-file short", 2);
    says(err_text, "expected a secret of 16");
    gives("serve --store s.db --token-file none", 2);
    support_write(folder, "token", TOKEN "\n", sizeof TOKEN, path);
    gives("serve --store s.db --listen nowhere --token-file token", 2);
    says(err_text, "expected an IPv4 address");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_the_programs),    cmocka_unit_test(what_is_kept_follows_the_store),
        cmocka_unit_test(scores_are_columns),          cmocka_unit_test(every_route_is_a_verb),
        cmocka_unit_test(the_verb_says_what_it_lacks),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#else

int main(void) {
    print_message("SKIPPED: this build has no libmicrohttpd\n");
    return 0;
}

#endif
