/* Every view of a quantity: the values by hand, and what has no value. */
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "base/system/measure.h"

static char out[1 << 14], err_text[4096];

static ll_json *answer(const char *arguments) {
    ll_json *doc = NULL;
    int code = support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
    if (code != 0) fail_msg("%s: exit %d, %s", arguments, code, err_text);
    assert_ok(ll_json_parse(out, strlen(out), "units", &doc, err));
    return doc;
}

typedef struct expected {
    const char *unit;
    double value; /* worked out with bc to 12 digits */
} expected;

static void holds(const char *arguments, const expected *e, size_t n) {
    ll_json *doc = answer(arguments);
    const ll_json *views = ll_json_get(doc, "views");
    for (size_t i = 0; i < n; i++) {
        if (!ll_json_get(views, e[i].unit)) fail_msg("%s: no %s", arguments, e[i].unit);
        assert_close(ll_json_get_num(views, e[i].unit), e[i].value, 1e-9);
    }
    int shown = 0;
    for (const ll_unit *u = ll_units_list; u->name; u++) shown += ll_json_get(views, u->name) != NULL;
    assert_int_equal(shown, (int)n);
    ll_json_free(doc);
}
#define HOLDS(arguments, ...)                         \
    do {                                              \
        const expected e_[] = { __VA_ARGS__ };        \
        holds(arguments, e_, sizeof e_ / sizeof *e_); \
    } while (0)

/* 1.73 / ln 2 = 2.49586..., a quarter of it 0.62396...: DESIGN's trap. */
static void gpt3_in_every_unit(void **state) {
    (void)state;
    HOLDS("units 1.73 nats/token --json", { "nats/token", 1.73 }, { "bits/token", 2.495862420738 },
          { "perplexity/token", 5.640653908428 });
    HOLDS("units 1.73 nats/token --chars-per-token 4 --json", { "nats/token", 1.73 },
          { "bits/token", 2.495862420738 }, { "perplexity/token", 5.640653908428 }, { "nats/char", 0.4325 },
          { "bits/char", 0.6239656051845 });
    HOLDS("units 1.73 nats/token --bytes-per-token 4.2 --words-per-token 0.8 --json", { "nats/token", 1.73 },
          { "bits/token", 2.495862420738 }, { "perplexity/token", 5.640653908428 },
          { "nats/byte", 0.4119047619048 }, { "bits/byte", 0.5942529573185 }, { "nats/word", 2.1625 },
          { "bits/word", 3.119828025922 }, { "perplexity/word", 8.69284262251 });
}

/* One bit a byte, four bytes and two characters a token: four bits a token, two a character. */
static void bits_per_byte_go_back(void **state) {
    (void)state;
    HOLDS("units 1 bpb --json", { "nats/byte", 0.693147180559945 }, { "bits/byte", 1 });
    HOLDS("units 1 bits/byte --bytes-per-token 4 --chars-per-token 2 --json", { "nats/token", 2.77258872223978 },
          { "bits/token", 4 }, { "perplexity/token", 16 }, { "nats/byte", 0.693147180559945 }, { "bits/byte", 1 },
          { "nats/char", 1.38629436111989 }, { "bits/char", 2 });
    HOLDS("units 16 perplexity --json", { "nats/token", 2.77258872223978 }, { "bits/token", 4 },
          { "perplexity/token", 16 });
}

static void compute_and_time(void **state) {
    (void)state;
    HOLDS("units 3640 PF-days --json", { "FLOPs", 3.14496e23 }, { "PF-days", 3640 });
    HOLDS("units 8.64e19FLOPs --json", { "FLOPs", 8.64e19 }, { "PF-days", 1 });
    HOLDS("units 36h --json", { "seconds", 129600 }, { "minutes", 2160 }, { "hours", 36 }, { "days", 1.5 },
          { "weeks", 0.2142857142857 }, { "years", 0.004106776180698 });
}

static void what_lacks_a_ratio_is_named(void **state) {
    (void)state;
    ll_json *doc = answer("units 2 nats/token --bytes-per-token 4 --json");
    const ll_json *needs = ll_json_get(doc, "needs");
    assert_string_equal(ll_json_get_str(needs, "bits/char"), "chars_per_token");
    assert_string_equal(ll_json_get_str(needs, "perplexity/word"), "words_per_token");
    assert_null(ll_json_get(needs, "bits/byte"));
    assert_null(ll_json_get(needs, "FLOPs"));
    ll_json_free(doc);
    assert_int_equal(support_run(folder, "units 2 nats/token", out, sizeof out, err_text, sizeof err_text), 0);
    assert_null(strstr(out, "bits/byte"));
    assert_non_null(strstr(out, "--bytes-per-token"));
}

static void refused(const char *arguments, const char *word) {
    int code = support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
    const char *end = strchr(err_text, '\n');
    if (code != 2 || !strstr(err_text, word) || *out || !end || end[1])
        fail_msg("%s: exit %d, '%s'", arguments, code, err_text);
}

static void no_number_without_its_ratio(void **state) {
    (void)state;
    refused("units 1.73 nats/token --as bits/byte", "--bytes-per-token");
    refused("units 1.73 nats/token --as bits/byte --chars-per-token 4", "--bytes-per-token");
    refused("units 1 bits/byte --as bits/char --bytes-per-token 4", "--chars-per-token");
    refused("units 1 bits/byte --as nats/token", "--bytes-per-token");
    refused("units 1 nats/token --as FLOPs", "is no view of this");
    refused("units 1 nats/token --bytes-per-token -1", "bytes");
    refused("units", "1.73 nats/token");
    refused("units x nats/token", "x nats/token");
    refused("units 1 furlong", "furlong");
    refused("units 1", "names no unit");
    refused("units 0.5 perplexity", "at least 1");
    refused("units -- -1 nats/token", "");
    refused("units 1e300 nats/token", "at most 700");
    refused("units 1e308 bits/byte --bytes-per-token 4", "at most 700");
}

static void one_view_is_one_line(void **state) {
    (void)state;
    assert_int_equal(support_run(folder, "units 1.73 nats/token --bytes-per-token 4.2 --as BPB", out, sizeof out,
                                 err_text, sizeof err_text),
                     0);
    assert_string_equal(out, "0.594253 bits/byte\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpt3_in_every_unit),
        cmocka_unit_test(bits_per_byte_go_back),
        cmocka_unit_test(compute_and_time),
        cmocka_unit_test(what_lacks_a_ratio_is_named),
        cmocka_unit_test(no_number_without_its_ratio),
        cmocka_unit_test(one_view_is_one_line),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
