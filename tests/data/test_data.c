#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"

/* The verbs 'data build' and 'data info' as a user meets them. */

static char out[65536], error[8192];

static int setup(void **state) {
    (void)state;
    char path[LL_PATH_MAX], body[20000];
    support_folder(folder);
    for (size_t i = 0; i < sizeof body; i++) body[i] = "words and words \x1b\n"[i * i % 18];
    support_write(folder, "text.txt", body, sizeof body, path);
    return 0;
}

static ll_json *run_json(const char *arguments) {
    ll_json *doc;
    assert_int_equal(support_run(folder, arguments, out, sizeof out, error, sizeof error), 0);
    assert_string_equal(error, "");
    assert_ok(ll_json_parse(out, strlen(out), "stdout", &doc, err));
    assert_string_equal(ll_json_get_str(doc, "schema"), "loglog.data/1");
    return doc;
}

static void build_and_info(void **state) {
    (void)state;
    ll_json *built = run_json("data build --text text.txt --out t --val-share 0.1 --json");
    ll_json *info = run_json("data info t --verify --json");
    for (int i = 0; i < 2; i++) {
        const char *side = i ? "val" : "train";
        const ll_json *a = ll_json_get(built, side), *b = ll_json_get(info, side);
        assert_int_equal(ll_json_get_int(a, "tokens", 0), i ? 2001 : 18001);
        assert_int_equal(ll_json_get_int(b, "tokens", 0), i ? 2001 : 18001);
        assert_string_equal(ll_json_get_str(a, "hash"), ll_json_get_str(b, "hash"));
        assert_int_equal(ll_json_get_int(b, "vocab", 0), 257);
        assert_true(isnan(ll_json_get_num(b, "entropy")));
        assert_close(ll_json_get_num(b, "bytes_per_token"), i ? 2000 / 2001.0 : 18000 / 18001.0, 1e-15);
    }
    ll_json_free(built);
    ll_json_free(info);
    ll_json *one = run_json("data info t.val.bin --json");
    assert_int_equal(ll_json_get_int(ll_json_get(one, "shard"), "tokens", 0), 2001);
    ll_json_free(one);
    assert_int_equal(support_run(folder, "data info t", out, sizeof out, error, sizeof error), 0);
    assert_non_null(strstr(out, "bytes/token  0.99994"));
    assert_null(strchr(out, 0x1b));
}

static void build_sources(void **state) {
    (void)state;
    ll_json *doc =
        run_json("data build --source markov --vocab 4 --order 2 --tokens 5k --val-tokens 500 --out m --json");
    double h = ll_json_get_num(ll_json_get(doc, "train"), "entropy");
    assert_true(h > 0 && h < log(4));
    assert_int_equal(ll_json_get_int(ll_json_get(doc, "val"), "tokens", 0), 500);
    ll_json_free(doc);
    doc = run_json("data build --source hmm --vocab 2 --states 2 --flip 0.1 --tokens 5k --out h --json");
    assert_true(fabs(ll_json_get_num(ll_json_get(doc, "train"), "entropy") - 0.53136406) < 6e-9);
    ll_json_free(doc);
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *arguments;
        int code;
        const char *says;
    } bad[] = {
        { "data build --text text.txt", 2, "--out PREFIX is missing" },
        { "data build --out x", 2, "--text PATH or --source" },
        { "data build --text text.txt --source markov --out x", 2, "exclude each other" },
        { "data build text.txt --out x", 2, "unexpected word 'text.txt'" },
        { "data build --text text.txt --out x --val-share 0", 2, "val_share" },
        { "data build --text text.txt --out x --val-share 0.9", 2, "val_share" },
        { "data build --text text.txt --out x --max-bytes many", 2, "max_bytes" },
        { "data build --text nowhere --out x", 2, "nowhere: cannot read" },
        { "data build --text text.txt --out /dev/null/x", 2, "/dev/null" },
        { "data build --source bananas --out x", 2, "one of: text markov hmm" },
        { "data build --source markov --vocab 4000 --order 3 --out x", 2, "table of more than" },
        { "data info", 2, "PREFIX or FILE" },
        { "data info nowhere", 2, "nowhere.train.bin" },
        { "data info text.txt", 2, "magic" },
        { "data info .", 2, "..train.bin" },
        { "data", 2, "build, info" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int code = support_run(folder, bad[i].arguments, out, sizeof out, error, sizeof error);
        if (code != bad[i].code || !strstr(error, bad[i].says))
            fail_msg("%s: %d, %s", bad[i].arguments, code, error);
        assert_ptr_equal(strchr(error, '\n'), error + strlen(error) - 1); /* one line */
        assert_string_equal(out, "");
    }
}

static void damage_is_found(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_json_free(run_json("data build --text text.txt --out d --json"));
    assert_ok(ll_file_join(path, folder, "d.val.bin", err));
    FILE *f = fopen(path, "r+b");
    fseek(f, 1024, SEEK_SET);
    fputc(7, f);
    fclose(f);
    assert_int_equal(support_run(folder, "data info d", NULL, 0, NULL, 0), 0);
    assert_int_equal(support_run(folder, "data info d --verify", NULL, 0, error, sizeof error), 2);
    assert_non_null(strstr(error, "d.val.bin: the tokens have the hash"));
}

static void real_text(void **state) {
    (void)state;
    char path[LL_PATH_MAX], arguments[LL_PATH_MAX + 100];
    support_data("corpora/wiki_en.val.nul.zst", path);
    snprintf(arguments, sizeof arguments, "data build --text '%s' --out w --json", path);
    ll_json *doc = run_json(arguments);
    const ll_json *train = ll_json_get(doc, "train"), *val = ll_json_get(doc, "val");
    int64_t bytes = ll_json_get_int(train, "bytes", 0) + ll_json_get_int(val, "bytes", 0);
    int64_t letters = ll_json_get_int(train, "characters", 0) + ll_json_get_int(val, "characters", 0);
    assert_in_range(bytes, 4100000, 4300000); /* 4.2 MB, says its README */
    assert_true(letters < bytes && letters > bytes * 9 / 10);
    ll_json_free(doc);
}

static void help_has_an_example(void **state) {
    (void)state;
    assert_int_equal(support_run(folder, "help data build", out, sizeof out, NULL, 0), 0);
    assert_non_null(strstr(out, "example: loglog data build"));
    assert_int_equal(support_run(folder, "data info --help", out, sizeof out, NULL, 0), 0);
    assert_non_null(strstr(out, "example: loglog data info"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(build_and_info),  cmocka_unit_test(build_sources), cmocka_unit_test(refusals),
        cmocka_unit_test(damage_is_found), cmocka_unit_test(real_text),     cmocka_unit_test(help_has_an_example),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
