#define _DEFAULT_SOURCE
/* The reader of plain JSON says what jansson says: of texts as they are written, and of every text one byte away. */
#include "comma_locale.h"
#include "support.h"

#include <jansson.h>
#include <string.h>

#include "base/document/json.h"

static const size_t FLAGS = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;

static void compare(const char *text, size_t size) {
    ll_json *ours = NULL;
    json_error_t why;
    json_t *theirs = json_loadb(text, size, FLAGS, &why);
    const ll_status status = ll_json_parse(text, size, "text", &ours, NULL);
    if ((status == LL_OK) != (theirs != NULL) || (theirs && !json_equal(ours, theirs)))
        fail_msg("read otherwise than by jansson: %.*s", (int)size, text);
    ll_json_free(ours);
    json_decref(theirs);
}

/* Equal trees may keep their keys in another order. */
static void compare_order(const char *text) {
    ll_json *ours;
    json_t *theirs = json_loads(text, FLAGS, NULL);
    assert_ok(ll_json_parse(text, strlen(text), "text", &ours, err));
    char *a = json_dumps(ours, 0), *b = json_dumps(theirs, 0);
    assert_string_equal(a, b);
    free(a);
    free(b);
    ll_json_free(ours);
    json_decref(theirs);
}

static const char *const texts[] = {
    "{\"a\": 1, \"b\": [true, false, null], \"c\": {\"d\": -0.5e-3, \"e\": \"x\\n\\\"y\\\\\"}, \"f\": {}, \"g\": "
    "[]}",
    " [0, -0, 0.0, 12, 1E5, 1e+2, 2.0611936257534675, 4.5320433822812014e-8, 5e-324, 1.7976931348623157e308]\r\n",
    "{\"\": \"\", \"caf\xc3\xa9\": \"\xf0\x9f\x98\x80 \\u00e9 \\ud83d\\ude00 \\/ \\b\\f\\r\\t\"}",
    "123456789012345678",
    "\"alone\"",
    "[[[[[[1]]]]], 2]",
};
enum { TEXTS = sizeof texts / sizeof *texts };

static void whole_texts(void **state) {
    (void)state;
    for (int i = 0; i < TEXTS; i++) compare(texts[i], strlen(texts[i]));
    for (int i = 0; i < 3; i++) compare_order(texts[i]);
}

static void one_byte_away(void **state) {
    (void)state;
    static const char others[] = "\"\\{}[]:,.-+eE019ut \n\x01\x7f\x80\xc3";
    char text[256];
    for (int i = 0; i < TEXTS; i++) {
        const size_t n = strlen(texts[i]);
        for (size_t at = 0; at < n; at++) {
            compare(texts[i], at);                       /* cut off */
            for (size_t k = 0; k < sizeof others; k++) { /* and the closing zero */
                memcpy(text, texts[i], n);
                text[at] = others[k];
                compare(text, n);
                memcpy(text + at + 1, texts[i] + at, n - at); /* put in */
                compare(text, n + 1);
            }
            memcpy(text, texts[i], at); /* taken out */
            memcpy(text + at, texts[i] + at + 1, n - at - 1);
            compare(text, n - 1);
        }
    }
}

/* The limits of what the plain reader takes are none of what is read. */
static void beyond_its_limits(void **state) {
    (void)state;
    static char deep[4000];
    for (int depth = 60; depth < 70; depth++) {
        memset(deep, '[', (size_t)depth);
        memset(deep + depth, ']', (size_t)depth);
        compare(deep, 2 * (size_t)depth);
    }
    compare("1234567890123456789", 19);
    compare("1e400", 5);
    compare("{\"a\": 1, \"a\": 1}", 16);
    ll_json *v;
    assert_ok(ll_json_parse("99999999999999999999", 20, "text", &v, err)); /* more than an integer holds */
    assert_true(ll_json_as_num(v) == 1e20);
    ll_json_free(v);
}

static void in_any_locale(void **state) {
    (void)state;
    ll_json *v;
    use_commas();
    assert_ok(ll_json_parse("[0.5, 1.25e2]", 13, "text", &v, err));
    assert_true(ll_json_as_num(ll_json_at(v, 0)) == 0.5 && ll_json_as_num(ll_json_at(v, 1)) == 125);
    ll_json_free(v);
    setlocale(LC_NUMERIC, "C");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_texts),
        cmocka_unit_test(one_byte_away),
        cmocka_unit_test(beyond_its_limits),
        cmocka_unit_test(in_any_locale),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
