/* JSON when memory runs out, at every allocation there is: the whole document or none, the whole value or
 * LL_ENOMEM. */
#include "support.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "base/system/starved.h"

static int64_t calls, fails_at; /* 0: never */

static void *allocate(size_t n) {
    return ++calls == fails_at ? NULL : malloc(n);
}

static int set_up(void **state) {
    (void)state;
    json_set_alloc_funcs(allocate, free);
    return 0;
}

static char *make(bool indent) {
    const int64_t starved = ll_starved();
    ll_json *doc = ll_json_object(), *list = ll_json_array(), *group = ll_json_group(doc, "group");
    ll_json_set(doc, "list", list); /* and filled afterwards, as most verbs do */
    for (int i = 0; i < 30; i++) {
        char key[16];
        ll_json *item = ll_json_object();
        snprintf(key, sizeof key, "key %d", i);
        ll_json_set_num(item, "value", i / 7.0);
        ll_json_set_str(item, "name", key);
        ll_json_set_int(group, key, i);
        ll_json_push(list, item);
    }
    ll_json_set(doc, "interval", ll_json_interval(true, 1.5, 2.5));
    ll_json_set_bool(doc, "last", true);
    ll_json *copy = ll_json_copy(doc);
    if (!copy) assert_true(ll_starved() > starved); /* who prints what lacks it is told */
    char *text = ll_json_text(doc, indent), *again = ll_json_text(copy, indent);
    if (again) assert_non_null(strstr(again, "\"last\""));
    ll_json_free(doc);
    ll_json_free(copy);
    free(again);
    return text;
}

static void every_allocation_of_a_document(void **state) {
    (void)state;
    fails_at = 0;
    char *whole = make(true);
    int none = 0;
    for (int64_t at = 1;; at++) {
        calls = 0;
        fails_at = at;
        char *text = make(true);
        const bool fell_through = calls < at;
        if (text) assert_string_equal(text, whole);
        none += !text;
        free(text);
        if (fell_through) break;
    }
    assert_true(none > 100);
    fails_at = 0;
    char *after = make(true); /* what one document lacked, the next does not */
    assert_string_equal(after, whole);
    free(after);
    free(whole);
}

static void every_allocation_of_a_reader(void **state) {
    (void)state;
    static const char text[] =
        "{\"a long key, longer than any first buffer\": [0.12345678901234567890123456789, 17, true],"
        " \"s\": \"a text that has to grow out of its buffer, and with \\u00e9 and \\\"more\\\"\","
        " \"o\": {\"p\": -1.25e-100, \"q\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}}";
    ll_json *whole, *v;
    int refused = 0;
    fails_at = 0;
    assert_ok(ll_json_parse(text, strlen(text), "text", &whole, err));
    for (int64_t at = 1;; at++) {
        ll_error err = { 0 };
        calls = 0;
        fails_at = at;
        ll_status s = ll_json_parse(text, strlen(text), "text", &v, &err);
        const bool fell_through = calls < at;
        fails_at = 0;
        if (s == LL_OK) assert_true(ll_json_equal(v, whole));
        else assert_int_equal(s, LL_ENOMEM);
        refused += s != LL_OK;
        if (s == LL_OK) ll_json_free(v);
        if (fell_through) break;
    }
    assert_true(refused > 20);
    ll_json_free(whole);
}

/* A key that is no UTF-8 is kept with a '?', not dropped. */
static void odd_keys(void **state) {
    (void)state;
    fails_at = 0;
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "caf\xe9", 1);
    char *text = ll_json_text(o, false);
    assert_string_equal(text, "{\"caf?\": 1}");
    free(text);
    ll_json_free(o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_a_document),
        cmocka_unit_test(every_allocation_of_a_reader),
        cmocka_unit_test(odd_keys),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
