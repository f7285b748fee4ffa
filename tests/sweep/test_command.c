/* Templates and expressions of engine.command: what they become, and where they are wrong. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "sweep/command/expression.h"
#include "sweep/command/template.h"

static const ll_placeholder at[] = { { "width", NULL, 64, false },
                                     { "lr", NULL, 0.1, false },
                                     { "out", "a b;rm -rf *", 0, false },
                                     { "tokens", NULL, 123456789012.0, false },
                                     { "resume", "--from {out}/ckpt -v", 0, true } };
static size_t fault;
static const ll_placeholders places = { at, 5, &fault };

static void words(void **state) {
    (void)state;
    static const char *const want[] = { "train.py",     "--width=64", "0.1",    "a b;rm -rf */x y",  "{}",
                                        "123456789012", "",           "--from", "a b;rm -rf */ckpt", "-v" };
    ll_arguments a;
    assert_ok(ll_template_words(&a, " train.py --width={width}\n\t{lr} '{out}/x y' \"{{}}\" {tokens} '' {resume} ",
                                &places, err));
    assert_int_equal(a.n, 10);
    for (int i = 0; i < a.n; i++) assert_string_equal(a.at[i], want[i]);
    assert_null(a.at[a.n]);
    ll_arguments_free(&a);
}

static void refuses(const char *text, size_t place, const char *want) {
    ll_arguments a;
    ll_error err = { 0 };
    fault = 0;
    assert_int_equal(ll_template_words(&a, text, &places, &err), LL_EINPUT);
    assert_int_equal(fault, place);
    if (!strstr(err.msg, want)) fail_msg("'%s' says '%s', expected '%s'", text, err.msg, want);
}

static void wrong_templates(void **state) {
    (void)state;
    refuses("a --w {widht}", 6, "unknown placeholder {widht}, did you mean 'width'?");
    refuses("a\n  {bad}", 4, "unknown placeholder {bad}");
    refuses("a { b", 2, "expected a {name}");
    refuses("a {width", 2, "expected a {name}");
    refuses("a 'b c", 6, "expected a closing '");
    refuses("a --r={resume}", 6, "{resume} has to be a word of its own");
    refuses("  ", 0, "no words");
    char many[4096] = "";
    for (int i = 0; i < 1500; i++) strcat(many, "a ");
    refuses(many, 0, "more than 1024 words");
}

/* No value reaches the shell as anything but one word. */
static void shell(void **state) {
    (void)state;
    char *line;
    assert_ok(ll_template_shell(&line, "echo {out} | wc -c > $HOME/{width} {resume} ${{X}}", &places, err));
    assert_string_equal(line, "echo 'a b;rm -rf *' | wc -c > $HOME/64 --from 'a b;rm -rf */ckpt' -v ${X}");
    free(line);
}

static void expressions(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double want;
    } known[] = { { "12*{width}**2", 12.0 * 64 * 64 },
                  { "-2**2", -4 },
                  { "2**3**2", 512 },
                  { "(1+2)*3/4-0.25", 2 },
                  { "2 * -3", -6 },
                  { " 1e3 ", 1000 },
                  { "{width}/{lr}", 640 },
                  { "2**-1", 0.5 },
                  { "1-2-3", -4 } };
    static const struct {
        const char *text;
        size_t place;
        const char *want;
    } wrong[] = { { "12*{heigth}", 3, "unknown placeholder {heigth}" },
                  { "12*", 3, "expected a number" },
                  { "(1+2", 4, "expected a closing bracket" },
                  { "1 2", 2, "expected the end" },
                  { "{out}+1", 0, "{out} is no number" },
                  { "nan", 0, "expected a number" },
                  { "", 0, "expected a number" } };
    double v;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_ok(ll_expression_value(known[i].text, &places, &v, err));
        assert_true(fabs(v - known[i].want) < 1e-9 * fabs(v));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ll_error err = { 0 };
        assert_int_equal(ll_expression_value(wrong[i].text, &places, &v, &err), LL_EINPUT);
        assert_int_equal(fault, wrong[i].place);
        if (!strstr(err.msg, wrong[i].want)) fail_msg("'%s' says '%s'", wrong[i].text, err.msg);
    }
    char deep[2000];
    memset(deep, '(', 1000), strcpy(deep + 1000, "1");
    assert_int_equal(ll_expression_value(deep, &places, &v, NULL), LL_EINPUT);
    memset(deep, '-', 1000);
    assert_int_equal(ll_expression_value(deep, &places, &v, NULL), LL_EINPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(words), cmocka_unit_test(wrong_templates),
                                        cmocka_unit_test(shell), cmocka_unit_test(expressions) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
