/* A programme's result: what is refused and in which words, the page, and figures of documents. */
#define _GNU_SOURCE
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loglog/random.h"
#include "planted_ladder.h"
#include "report/figure/figure_room.h"
#include "report/programme/programme.h"
#include "schema.h"

static const char sample_path[] = LL_SOURCE_DIR "/tests/report/programme.json";
static const char schema[] = "loglog.programme-result.1.json";

static json_t *sample(void) {
    ll_json *doc;
    assert_ok(ll_programme_load(&doc, sample_path, err));
    return doc;
}

static json_t *experiment(const json_t *doc, const char *name) {
    json_t *e = json_object_get(json_object_get(doc, "experiments"), name);
    assert_non_null(e);
    return e;
}

/* ---- what is refused ---- */

/* A place below a document: the object and key, or the array and index, that hold it. */
typedef struct slot {
    json_t *in;
    const char *key; /* NULL: of an array */
    size_t index;
} slot;

enum { OF_NUMBERS = 2 }; /* of an array, how many items are visited */

/* The k-th place below node, in order; *k counts down. */
static bool find_slot(json_t *node, int *k, slot *out) {
    const char *key;
    json_t *child;
    size_t i;
    json_object_foreach(node, key, child) {
        *out = (slot) { .in = node, .key = key };
        if ((*k)-- == 0 || find_slot(child, k, out)) return true;
    }
    json_array_foreach(node, i, child) {
        if (i == OF_NUMBERS) break;
        *out = (slot) { .in = node, .index = i };
        if ((*k)-- == 0 || find_slot(child, k, out)) return true;
    }
    return false;
}

static bool taken(const json_t *doc, ll_error *err) {
    *err = (ll_error) { 0 };
    if (ll_programme_check(doc, "r.json", err) == LL_OK) return true;
    assert_int_equal(err->code, LL_EFORMAT);
    if (strncmp(err->msg, "r.json: ", 8) != 0 || strchr(err->msg, '\n')) fail_msg("'%s'", err->msg);
    return false;
}

/* What the program takes, the schema takes. */
static void agree(const json_t *doc, const char *what) {
    char why[SCHEMA_WHY];
    ll_error err;
    if (taken(doc, &err) && !schema_holds(schema, doc, why)) fail_msg("%s is taken, but %s", what, why);
}

static void the_sample_holds(void **state) {
    (void)state;
    char why[SCHEMA_WHY];
    json_t *doc = sample();
    if (!schema_holds(schema, doc, why)) fail_msg("%s", why);
    json_decref(doc);
}

/* Every key, taken away one at a time, is missed by name; but the one that may lack, and names of one's own. */
static void a_key_that_lacks_is_named(void **state) {
    (void)state;
    json_t *doc = sample();
    int named = 0;
    for (int k = 0;; k++) {
        json_t *copy = json_deep_copy(doc);
        char wanted[80], why[SCHEMA_WHY];
        ll_error err;
        slot s;
        int left = k;
        const bool there = find_slot(copy, &left, &s);
        if (there && s.key) {
            snprintf(wanted, sizeof wanted, "%s: missing", s.key);
            json_object_del(s.in, s.key);
            const bool needed = !schema_holds(schema, copy, why);
            if (needed == taken(copy, &err) || (needed && !strstr(err.msg, wanted)))
                fail_msg("'%s', expected '%s'; %s", err.msg, wanted, why);
            named += needed;
        }
        json_decref(copy);
        if (!there) break;
    }
    assert_true(named > 200);
    json_decref(doc);
}

/* In every object, a key more; near to a known one, that is proposed. */
static void an_unknown_key_is_named(void **state) {
    (void)state;
    json_t *doc = sample();
    ll_error err;
    int named = 0;
    for (int k = 0;; k++) {
        json_t *copy = json_deep_copy(doc);
        slot s;
        int left = k;
        const bool there = find_slot(copy, &left, &s);
        if (there && s.key) {
            json_object_set_new(s.in, "a new key\n", json_integer(1));
            assert_false(taken(copy, &err));
            named++;
        }
        json_decref(copy);
        if (!there) break;
    }
    assert_true(named > 200);
    json_object_set_new(experiment(doc, "laws"), "skiped", json_null());
    assert_false(taken(doc, &err));
    assert_string_equal(err.msg, "r.json: experiments.laws.skiped: unknown key, did you mean 'skipped'?");
    json_decref(doc);
}

/* In every place, every other kind of value. */
static void other_values_are_refused_as_by_the_schema(void **state) {
    (void)state;
    static const char *const values[] = { "null", "true",   "-3",   "1e300", "\"x\"",
                                          "[]",   "[2, 1]", "[[]]", "{}",    "{\"x\": {}}" };
    json_t *doc = sample();
    bool more = true;
    for (int k = 0; more; k++)
        for (size_t v = 0; v < sizeof values / sizeof *values && more; v++) {
            json_t *copy = json_deep_copy(doc), *value = json_loads(values[v], JSON_DECODE_ANY, NULL);
            slot s;
            int left = k;
            more = find_slot(copy, &left, &s);
            if (more && s.key) json_object_set(s.in, s.key, value);
            else if (more) json_array_set(s.in, s.index, value);
            agree(copy, values[v]);
            json_decref(value);
            json_decref(copy);
        }
    json_decref(doc);
}

static void lines_say_what_was_expected(void **state) {
    (void)state;
    static const struct {
        const char *at, *value, *says; /* at: below the experiment "laws" */
    } cases[] = {
        { "skipped", "3", "experiments.laws.skipped: expected a text" },
        { "runs", "-1", "experiments.laws.runs: expected a number from 0 to 1e+09" },
        { "arms", "[1]", "experiments.laws.arms[0]: expected a text" },
        { "scale.params", "[2, 1]", "experiments.laws.scale.params: expected two numbers, the lower first" },
        { "quantities.alpha_N.verdict", "\"maybe\"",
          "experiments.laws.quantities.alpha_N.verdict: expected one of same, different, cannot tell" },
        { "quantities.alpha_N.here.level", "90",
          "experiments.laws.quantities.alpha_N.here.level: expected a number from 0.01 to 0.9999" },
        { "quantities", "{\"a b\": {}}",
          "experiments.laws.quantities.a b: expected a name of at most 64 letters, digits, '_' and '-'" },
        { "figure.panels", "[]", "experiments.laws.figure.panels: expected an array of 1 to 4 objects" },
        { "figure",
          "{\"title\":\"t\",\"published\":null,\"panels\":[{\"x\":\"\",\"y\":\"\",\"log_x\":true,\"log_y\":"
          "true,\"series\":[{\"label\":\"\",\"kind\":\"line\",\"shade\":null,\"x\":[1,2],\"y\":[1],\"se\":"
          "null}]}]}",
          "experiments.laws.figure: panels[0].series[0].y: expected as many numbers as in x" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *doc = sample(), *in = experiment(doc, "laws");
        char at[64], *rest = at, wanted[LL_ERROR_MAX];
        ll_error err;
        snprintf(at, sizeof at, "%s", cases[i].at);
        for (char *dot; (dot = strchr(rest, '.')); rest = dot + 1) *dot = 0, in = json_object_get(in, rest);
        json_object_set_new(in, rest, json_loads(cases[i].value, JSON_DECODE_ANY, NULL));
        snprintf(wanted, sizeof wanted, "r.json: %s", cases[i].says);
        assert_false(taken(doc, &err));
        assert_string_equal(err.msg, wanted);
        json_decref(doc);
    }
}

/* Bytes changed, dropped and doubled: refused with a line, or a document whose figures can be laid out or say why. */
static void broken_bytes_are_refused_or_drawn(void **state) {
    (void)state;
    static const char letters[] = "{}[]\",:0e-.x\\ \xff";
    char *text = slurp(sample_path);
    const size_t n = strlen(text);
    ll_rng r = ll_rng_at(11, LL_STREAM_NOISE, 0);
    int whole = 0;
    for (int k = 0; k < 3000; k++) {
        char *bad = strdup(text);
        for (int c = 0; c <= k % 3; c++) {
            const size_t at = (size_t)(ll_rng_uniform(&r) * (double)n);
            if (k % 4 == 0) memmove(bad + at, bad + at + 1, strlen(bad + at));
            else bad[at] = k % 4 == 1 ? bad[(at * 7) % n] : letters[(size_t)(ll_rng_uniform(&r) * 15)];
        }
        ll_json *doc = NULL;
        ll_error err = { 0 };
        ll_figure *f;
        ll_layout l;
        if (ll_json_parse(bad, strlen(bad), "r.json", &doc, &err) == LL_OK && taken(doc, &err)) {
            whole++;
            if (ll_programme_figure(&f, doc, "laws", &err) == LL_OK) {
                assert_int_equal(ll_figure_lay_out(&l, f, &err), LL_OK);
                ll_figure_free(f);
            }
        } else assert_true(*err.msg);
        ll_json_free(doc);
        free(bad);
    }
    assert_true(whole > 100); /* a letter of a text, a digit of a number */
    free(text);
}

/* ---- the page ---- */

static char *page_of(const json_t *doc) {
    char path[LL_PATH_MAX], missing[LL_ERROR_MAX];
    assert_ok(ll_file_join(path, folder, "page.html", err));
    assert_ok(ll_programme_report(doc, path, missing, err));
    assert_string_equal(missing, "");
    return slurp(path);
}

/* Every text becomes one that HTML would trip over, with a number of its own. Returns how many there are. */
static int poison(json_t *node, int n) {
    static const char *const fixed[] = { "schema", "kind", "verdict" };
    const char *key;
    json_t *child;
    size_t i;
    json_object_foreach(node, key, child) {
        bool keep = false;
        for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++) keep = keep || strcmp(key, fixed[k]) == 0;
        if (json_is_string(child) && !keep) json_string_set(child, "");
        n = json_is_string(child) && keep ? n : poison(child, n);
    }
    json_array_foreach(node, i, child) n = poison(child, n);
    if (json_is_string(node)) {
        char text[64];
        snprintf(text, sizeof text, "<b>&\"'<script>T%dT", n++);
        json_string_set(node, text);
    }
    return n;
}

static void texts_are_only_shown(void **state) {
    (void)state;
    json_t *doc = sample();
    const int n = poison(doc, 0);
    assert_true(n > 60);
    char *html = page_of(doc);
    assert_balanced(html, VOIDS);
    assert_null(strstr(html, "<b>"));
    assert_int_equal(count(html, "<script>"), 1); /* the page's own */
    for (int i = 0; i < n; i++) {
        char text[64];
        snprintf(text, sizeof text, "T%dT", i);
        if (!strstr(html, text)) fail_msg("text %d is not shown", i);
    }
    free(html);
    json_decref(doc);
}

static void quantities_are_told(void **state) {
    (void)state;
    json_t *doc = sample();
    char *html = page_of(doc), *again = page_of(doc);
    assert_string_equal(html, again);
    assert_balanced(html, VOIDS);
    const char *const in_order[] = { "<h1>Scaling laws for neural language models, on this machine</h1>",
                                     "92.8M tokens",
                                     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                                     "loglog programme run kaplan2020 --text wiki.txt --minutes 20",
                                     "id=\"figure-laws\" class=\"three\"",
                                     "id=\"quantities\"",
                                     ">alpha_N<",
                                     "0.0760<small>0.0740 to 0.0780</small>",
                                     ">0.120<",
                                     ">0.109 to 0.131<small>90 %</small>",
                                     ">1.54k to 98.3k<small>paper 768 to 1.50B</small>",
                                     ">different<",
                                     ">alpha_D<",
                                     ">same<",
                                     ">alpha_C<",
                                     ">cannot tell<",
                                     "id=\"x-sample_efficiency\"",
                                     "id=\"figure-sample_efficiency\" class=\"two\"",
                                     "id=\"x-laws\"",
                                     "Its figure</a> stands at the top",
                                     "Kaplan 2020, eq. 1.1",
                                     "The embedding-free count is used, as in the paper.",
                                     "they say nothing of 1.5B parameters.",
                                     "10m40s",
                                     "id=\"x-lstm\"",
                                     "It did not run:</strong> no time was left" };
    const char *at = html;
    for (size_t i = 0; i < sizeof in_order / sizeof *in_order; i++) {
        at = strstr(at, in_order[i]);
        if (!at) fail_msg("'%s' is not there, or not after '%s'", in_order[i], i ? in_order[i - 1] : "");
    }
    assert_int_equal(count(html, "<table"), 1 + 3); /* one of all, and one of each experiment that has any */
    assert_non_null(strstr(html, "Of 3 quantities with a published value, <strong>1 came out the same and 1 "
                                 "different</strong>; of 1 this scale cannot tell.</p>"));
    free(html);
    free(again);
    json_decref(doc);
}

/* Figures that would not fit are said in words. */
static void the_page_stays_small(void **state) {
    (void)state;
    enum { MANY = 3000 };
    json_t *doc = sample(), *e = experiment(doc, "laws");
    json_t *series = json_array_get(
        json_object_get(json_array_get(json_object_get(json_object_get(e, "figure"), "panels"), 1), "series"), 0);
    json_t *x = json_array(), *y = json_array();
    for (int i = 0; i < MANY; i++) {
        json_array_append_new(x, json_real(1e5 * exp(3e-3 * i)));
        json_array_append_new(y, json_real(3 + sin(0.1 * i)));
    }
    json_object_set_new(series, "x", x);
    json_object_set_new(series, "y", y);
    for (char name[] = "a"; *name < 'i'; ++*name)
        json_object_set_new(json_object_get(doc, "experiments"), name, json_deep_copy(e));
    char *html = page_of(doc);
    assert_in_range(strlen(html), 500000, 1000000);
    assert_true(count(html, "the page would become too large with it") >= 1);
    assert_int_equal(count(html, "<section id=\"x-"), 4 + 8);
    assert_balanced(html, VOIDS);
    free(html);
    json_decref(doc);
}

/* ---- figures ---- */

static ll_figure *figure_of(const char *name) {
    json_t *doc = sample();
    ll_figure *f;
    assert_ok(ll_programme_figure(&f, doc, name, err));
    json_decref(doc);
    return f;
}

/* px from the upper edge of each horizontal line that crosses the panel from side to side; how many. */
static int grid_of(const char *svg, const ll_layout *l, const ll_box *b, double y[32]) {
    const double width = l->width * 15;
    int n = 0;
    for (const char *p = strstr(svg, "d='M"); p && n < 32; p = strstr(p + 1, "d='M")) {
        double x0, y0, x1, y1;
        if (sscanf(p, "d='M%lf,%lf L%lf,%lf", &x0, &y0, &x1, &y1) != 4 || y0 != y1) continue;
        if (fabs(x0 - width * b->left) < 1.5 && fabs(x1 - width * b->right) < 1.5) y[n++] = y0;
    }
    return n;
}

static void panels_of_one_loss_share_it(void **state) {
    (void)state;
    ll_figure *f = figure_of("laws");
    ll_layout l;
    char *svg;
    size_t size;
    double y[3][32];
    int n[3];
    assert_ok(ll_figure_lay_out(&l, f, err));
    assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, err));
    assert_int_equal(l.n, 3);
    for (int k = 0; k < 3; k++) n[k] = grid_of(svg, &l, &l.box[k], y[k]);
    assert_true(n[0] >= 3);
    for (int k = 1; k < 3; k++) {
        assert_int_equal(n[k], n[0]);
        for (int i = 0; i < n[0]; i++) assert_true(y[k][i] == y[0][i]);
    }
    assert_int_equal(count(svg, ">loss, nats per token<"), 1);
    free(svg);
    ll_figure_free(f);
}

static void panels_that_differ_have_their_own(void **state) {
    (void)state;
    ll_figure *f = figure_of("shape");
    ll_layout l;
    char *svg;
    size_t size;
    assert_ok(ll_figure_lay_out(&l, f, err));
    assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, err));
    assert_int_equal(l.n, 2);
    assert_true(l.box[0].y.lo > 100 && l.box[1].y.hi < 10);
    assert_true(l.box[0].right < l.box[1].y_words && l.box[1].y_words < l.box[1].left && l.box[1].right < 1);
    assert_int_equal(count(svg, ">gradient noise scale, tokens<"), 1);
    assert_int_equal(count(svg, ">loss increase, per cent<"), 1);
    assert_int_equal(count(svg, ">at equal N<"), 1);
    for (int i = 0; i < 3; i++) assert_non_null(strstr(svg, (const char *[]) { ">50M<", ">274M<", ">1.5B<" }[i]));
    free(svg);
    ll_figure_free(f);
}

/* The law of a panel stands in it, in the colour of its runs and where the curve leaves room. */
static void equations_stand_in_their_panels(void **state) {
    (void)state;
    ll_figure *laws = figure_of("laws"), *shape = figure_of("shape");
    ll_layout l;
    int k = 0;
    assert_ok(ll_figure_lay_out(&l, laws, err));
    for (const ll_figure *f = laws; f; f = f->beside, k++) {
        const ll_note *n = &f->notes[f->n_notes - 1];
        const ll_series *law = &f->series[f->n_series - 1], *runs = law - 1;
        assert_int_equal(law->dash, LL_DASHED);
        const ll_corner at = ll_figure_room(&l, &l.box[k]);
        assert_true(n->corner && !at.right && !at.upper);
        assert_true(n->text[5] == "CDN"[k]); /* L = (C */
        assert_string_equal(law->label, "");
        assert_true(law->colour == runs->colour && n->colour == runs->colour);
    }
    assert_true(laws->beside->series[0].colour == laws->beside->beside->series[0].colour); /* of one label */
    assert_ok(ll_figure_lay_out(&l, shape, err));
    const ll_corner rising = ll_figure_room(&l, &l.box[0]);
    assert_true(shape->notes[0].corner && !rising.right && rising.upper);
    ll_figure_free(laws);
    ll_figure_free(shape);
}

/* 0 and 1 are the ends that the document names, and the scale stands once. */
static void shades_are_a_scale(void **state) {
    (void)state;
    ll_figure *f = figure_of("sample_efficiency");
    ll_layout l;
    assert_ok(ll_figure_lay_out(&l, f, err));
    const ll_series *first = &f->series[0], *last = &f->series[f->n_series - 1];
    assert_close(first->shade, 1536, 1e-9);
    assert_close(last->shade, 98304, 1e-9);
    assert_close(f->series[1].shade, 1536 * sqrt(64), 1e-9); /* the middle of seven, in powers */
    assert_true(ll_figure_has_shade_bar(&l.box[0]) && !ll_figure_has_shade_bar(&l.box[1]));
    for (int k = 0; k < 2; k++) assert_true(l.box[k].shade.lo == 1536 && l.box[k].shade.hi == 98304);
    assert_int_equal(l.n_entries, 0); /* the scale says what the legend would */
    ll_figure_free(f);
}

/* Error bars are of 90 %, and null is no mark. */
static void bars_and_gaps(void **state) {
    (void)state;
    ll_figure *f = figure_of("shape"), *laws = figure_of("laws");
    const ll_mark *m = &f->series[0].marks[0];
    assert_close(m->hi - m->y, 1.645 * 100, 1e-9);
    assert_true(isnan(laws->series[0].marks[2].y) && isfinite(laws->series[0].marks[1].y));
    ll_figure_free(f);
    ll_figure_free(laws);
}

/* ---- the verb ---- */

static int report(const char *arguments, char said[4096]) {
    char command[2048];
    snprintf(command, sizeof command, "report --programme %s", arguments);
    return support_run(folder, command, NULL, 0, said, 4096);
}

static void the_verb_writes_and_refuses(void **state) {
    (void)state;
    char said[4096], path[LL_PATH_MAX];
    static const char broken[] = "{\"schema\":\"loglog.programme-result/1\"}";
    support_write(folder, "broken.json", broken, sizeof broken - 1, path);
    char *text = slurp(sample_path);
    support_write(folder, "r.json", text, strlen(text), path);
    free(text);
    assert_int_equal(report("r.json --out p.html", said), 0);
    assert_string_equal(said, "wrote p.html\n");
    assert_int_equal(report("r.json --figures figs", said), 0);
    assert_null(strstr(said, "html"));
    static const char *const files[] = { "figs/laws.svg", "figs/laws.png", "figs/shape.svg", "figs/shape.png" };
    for (int i = 0; i < 4; i++) {
        assert_ok(ll_file_join(path, folder, files[i], err));
        assert_int_equal(access(path, R_OK), 0);
    }
    static const struct {
        const char *arguments, *says;
    } bad[] = {
        { "broken.json", "broken.json: name: missing" },
        { "absent.json", "absent.json" },
        { "r.json runs.csv", "takes no table" },
        { "r.json --bootstrap 3", "--bootstrap says nothing of a programme" },
        { "'' --figures figs", "--figures is for --programme" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(report(bad[i].arguments, said), 2);
        if (!strstr(said, bad[i].says) || count(said, "\n") != 1) fail_msg("%s: '%s'", bad[i].arguments, said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_holds),
        cmocka_unit_test(a_key_that_lacks_is_named),
        cmocka_unit_test(an_unknown_key_is_named),
        cmocka_unit_test(other_values_are_refused_as_by_the_schema),
        cmocka_unit_test(lines_say_what_was_expected),
        cmocka_unit_test(broken_bytes_are_refused_or_drawn),
        cmocka_unit_test(texts_are_only_shown),
        cmocka_unit_test(quantities_are_told),
        cmocka_unit_test(the_page_stays_small),
        cmocka_unit_test(panels_of_one_loss_share_it),
        cmocka_unit_test(panels_that_differ_have_their_own),
        cmocka_unit_test(equations_stand_in_their_panels),
        cmocka_unit_test(shades_are_a_scale),
        cmocka_unit_test(bars_and_gaps),
        cmocka_unit_test(the_verb_writes_and_refuses),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
