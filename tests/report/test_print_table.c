/* The table of parameters in LaTeX and Markdown: forms, digits, texts of others, and nothing beside it. */
#define _GNU_SOURCE
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "law/laws.h"
#include "loglog/law.h"
#include "planted.h"
#include "report/escape.h"
#include "report/latex.h"
#include "report/print_table.h"

static char out[1 << 16], err_text[1 << 14];

static char *written(void (*put)(FILE *, const char *), const char *text) {
    static char buf[4096];
    FILE *f = fmemopen(buf, sizeof buf, "w");
    assert_non_null(f);
    put(f, text);
    fclose(f);
    return buf;
}

static void forms_become_mathematics(void **state) {
    (void)state;
    assert_string_equal(written(ll_latex_math, "E + A/N^alpha"), "E + A/N^{\\alpha}");
    assert_string_equal(written(ll_latex_math, "R*_D"), "R^{*}_{D}");
    assert_string_equal(written(ll_latex_math, "alpha_N"), "\\alpha_{N}");
    assert_string_equal(written(ll_latex_math, "D^(-exp(a1 N^-b))"), "D^{-\\exp\\left(a_{1} N^{-b}\\right)}");
    assert_string_equal(written(ll_latex_math, "[(Nc/N)^(a/b)]^c"),
                        "\\left[\\left(N_{c}/N\\right)^{a/b}\\right]^{c}");
    assert_string_equal(written(ll_latex_math, "s/sqrt(1 + s^2), X another loss"),
                        "s/\\sqrt{1 + s^{2}},\\quad X\\text{ another loss}");
    assert_string_equal(written(ll_latex_math, "prod_i x_i, i = 1, 2"), "\\prod_{i} x_{i},\\quad i = 1, 2");
}

static int balance(const char *text, char open, char close) {
    int depth = 0;
    for (; *text; text++) {
        depth += *text == open ? 1 : *text == close ? -1 : 0;
        assert_true(depth >= 0);
    }
    return depth;
}

/* Every law there is: braces close, \left meets \right, and no mark of the plain form is left bare. */
static void every_law_is_sound(void **state) {
    (void)state;
    for (const ll_law *const *law = ll_laws; *law; law++) {
        const char *text = written(ll_latex_math, (*law)->form);
        int left = 0;
        assert_int_equal(balance(text, '{', '}'), 0);
        for (const char *p = text; (p = strstr(p, "\\left")); p++) left++;
        for (const char *p = text; (p = strstr(p, "\\right")); p++) left--;
        assert_int_equal(left, 0);
        for (const char *p = text; *p; p++)
            if ((*p == '^' || *p == '_') && p[1] != '{' && p[-1] != '\\') fail_msg("%s: %s", (*law)->name, text);
    }
}

static void texts_of_others_are_escaped(void **state) {
    (void)state;
    assert_string_equal(written(ll_escape_latex, "a_b & 5% $x$ #1 {y} ~ ^ \\input<|>\n"),
                        "a\\_b \\& 5\\% \\$x\\$ \\#1 \\{y\\} \\textasciitilde{} \\textasciicircum{} "
                        "\\textbackslash{}input\\textless{}\\textbar{}\\textgreater{} ");
    assert_string_equal(written(ll_escape_markdown, "a_b|c*d`e`<script>[x](y)\n"),
                        "a\\_b\\|c\\*d\\`e\\`&lt;script&gt;\\[x\\](y) ");
}

/* Digits: 0.3473 with an interval of width 0.05 earns 0.347; 591,234 with one of 100,000 two. */
static void digits_are_earned(void **state) {
    (void)state;
    ll_print_table t = { .form = "E + A/N^alpha", .level = 0.9 };
    ll_print_row_add(&t, "alpha", &(ll_estimate) { 0.34731, 0.01543, 0.3214, 0.3718 }, false);
    ll_print_row_add(&t, "A", &(ll_estimate) { 3.17e16, 2e15, 2.5e16, 3.9e16 }, false);
    ll_print_row_add(&t, "B", &(ll_estimate) { 591234, 30000, 531234, 631234 }, false);
    ll_print_row_add(&t, "E", &(ll_estimate) { 1.6, NAN, NAN, NAN }, true);
    ll_print_fact(&t, "of %s", "val_loss");
    char *buf = NULL;
    size_t size;
    FILE *f = open_memstream(&buf, &size);
    ll_print_latex(&t, f);
    fclose(f);
    assert_non_null(strstr(buf, "    $\\alpha$ & $0.347$ & $[0.321,\\, 0.372]$ & $0.015$ \\\\\n"));
    assert_non_null(strstr(buf, "$A$ & $3.2 \\times 10^{16}$ & $[2.5 \\times 10^{16},\\, 3.9 \\times 10^{16}]$"));
    assert_non_null(strstr(buf, "$B$ & $590 \\times 10^{3}$"));
    assert_non_null(strstr(buf, "$E$ & $1.6$ & held & -- \\\\\n"));
    assert_non_null(strstr(buf, "\\caption{$L = E + A/N^{\\alpha}$; of val\\_loss.}"));
    free(buf);
}

/* ---- the verb ---- */

static int setup(void **state) {
    (void)state;
    char text[1 << 14], path[LL_PATH_MAX];
    planted plant;
    size_t used = (size_t)snprintf(text, sizeof text, "params,tokens,my_loss|50%%\n");
    support_folder(folder);
    planted_make(&plant, 6, 6, 5, 0.004, 1);
    for (int64_t i = 0; i < plant.n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%.17g,%.17g,%.17g\n", plant.N[i], plant.D[i],
                                 plant.L[i]);
    support_write(folder, "runs.csv", text, used, path);
    return 0;
}

static void run(const char *arguments, int code) {
    int got = support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
    if (got != code) fail_msg("%s: exit %d, %s", arguments, got, err_text);
}

static void the_table_is_all_there_is(void **state) {
    (void)state;
    run("fit runs.csv --col 'loss=my_loss|50%' --bootstrap 20 --latex", 0);
    assert_ptr_equal(strstr(out, "\\begin{table}"), out);
    assert_non_null(strstr(out, "my\\_loss\\textbar{}50\\%"));
    assert_null(strstr(out, "my_loss"));
    const char *end = "\\end{table}\n";
    assert_string_equal(out + strlen(out) - strlen(end), end);
    run("fit runs.csv --col 'loss=my_loss|50%' --bootstrap 20 --markdown", 0);
    assert_ptr_equal(strstr(out, "| parameter | value | 90 % interval |"), out);
    assert_non_null(strstr(out, "my\\_loss\\|50%"));
    run("fit runs.csv --col 'loss=my_loss|50%' --law power_floor --x tokens --bootstrap 0 --markdown", 0);
    assert_non_null(strstr(out, "without intervals"));
    run("fit runs.csv --col 'loss=my_loss|50%' --law isoflop --optima --bootstrap 20 --latex", 0);
    assert_ptr_equal(strstr(out, "\\begin{table}"), out);
    assert_non_null(strstr(out, "N_{\\mathrm{opt}} = G \\left(C/6\\right)^{a}"));
    assert_non_null(strstr(out, "    $a$ & "));
}

static void one_form_of_an_answer(void **state) {
    (void)state;
    run("fit runs.csv --latex --markdown", 2);
    run("fit runs.csv --latex --json", 2);
    run("fit runs.csv --latex --profile", 2);
    assert_non_null(strstr(err_text, "--profile"));
    assert_string_equal(out, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_become_mathematics),    cmocka_unit_test(every_law_is_sound),
        cmocka_unit_test(texts_of_others_are_escaped), cmocka_unit_test(digits_are_earned),
        cmocka_unit_test(the_table_is_all_there_is),   cmocka_unit_test(one_form_of_an_answer),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
