/* Judges: what is known of rules, checks, likelihoods and classifiers without them, and what they refuse. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "loglog/random.h"
#include "probe/judge/groups.h"
#include "probe/judge/juror.h"
#include "sweep/constitution/constitution.h"

static ll_judgement ask(const ll_juror_spec *spec, ll_lm *lm, const char *answer) {
    ll_juror *j;
    ll_judgement said = { NAN, 0 };
    const ll_judged of = { { "So: ", 4 }, { answer, strlen(answer) } };
    assert_ok(ll_juror_open(&j, spec, "here", lm, err));
    assert_ok(ll_juror_ask(j, &of, 1, &said, err));
    ll_juror_close(j);
    return said;
}

static void rules(void **state) {
    (void)state;
#ifndef LL_HAVE_PCRE2
    printf("SKIPPED: this build has no PCRE2\n");
    skip();
#endif
    ll_juror_spec s = { .kind = "rule", .pattern = "d+ay" };
    ll_judgement said = ask(&s, NULL, "a good dday");
    assert_true(said.violates == 1 && said.from == 7);
    assert_true(ask(&s, NULL, "a good DAY").violates == 0);
    s.caseless = true;
    assert_true(ask(&s, NULL, "a good DAY").violates == 1);
    s.required = true;
    assert_true(ask(&s, NULL, "a good DAY").violates == 0);
    assert_true(ask(&s, NULL, "").violates == 1);
}

static void checks(void **state) {
    (void)state;
    static const struct {
        const char *check, *text;
        int64_t from;
    } cases[] = { { "quotes", "he said \"no\"", -1 },
                  { "quotes", "he said \"no", 8 },
                  { "quotes", "\"a\" \"b", 4 },
                  { "brackets", "f(x[1]) {}", -1 },
                  { "brackets", "f(x[1)]", 5 },
                  { "brackets", "a)", 1 },
                  { "brackets", "((a)", 0 },
                  { "repeats", "the the the dog", -1 },
                  { "repeats", "so the the the the ", 2 },
                  { "repeats", "ababab", -1 },
                  { "repeats", "xabababab", 1 },
                  { "unprintable", "tab\tline\n", -1 },
                  { "unprintable", "bell\a", 4 },
                  { "quotes", "", -1 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int64_t from = ll_juror_check_text(cases[i].check, cases[i].text, strlen(cases[i].text));
        if (from != cases[i].from) fail_msg("%s of '%s': %lld", cases[i].check, cases[i].text, (long long)from);
        ll_juror_spec s = { .kind = "check" };
        snprintf(s.check, sizeof s.check, "%s", cases[i].check);
        assert_true(ask(&s, NULL, cases[i].text).violates == (cases[i].from >= 0));
    }
    char deep[300];
    memset(deep, '(', sizeof deep);
    assert_true(ll_juror_check_text("brackets", deep, sizeof deep) >= 0);
}

/* A model that gives yes three times the probability of no where the text has the letter x. */
static ll_status likely(ll_lm *lm, const ll_lm_ask *ask, int64_t n, ll_lm_score *out, ll_error *err) {
    (void)lm, (void)err;
    for (int64_t i = 0; i < n; i++) {
        const bool x = memchr(ask[i].context.at, 'x', ask[i].context.size) != NULL,
                   yes = ask[i].continuation.at[1] == 'Y';
        out[i] = (ll_lm_score) { .logprob = -9 + (yes && x ? log(3) : 0), .tokens = 1 };
    }
    return LL_OK;
}

static void likelihoods(void **state) {
    (void)state;
    ll_lm lm = { .loglikelihood = likely };
    const ll_juror_spec s = { .kind = "likelihood", .question = "Is that bad?" };
    assert_close(ask(&s, &lm, "no letter").violates, 0.5, 1e-12);
    assert_close(ask(&s, &lm, "an x").violates, 0.75, 1e-12);
}

/* ---- classifiers ---- */

enum { TEXTS = 4000 };
typedef struct drawn {
    char text[TEXTS][64];
    ll_labelled of[TEXTS];
} drawn;

/* The label's probability is known: 0.9 where the word is there, else 0.2. */
static void draw(drawn *d, bool pairs) {
    ll_rng r = ll_rng_at(3, LL_STREAM_NOISE, 7);
    for (int i = 0; i < TEXTS; i++) {
        const bool word = pairs ? i % 2 == 0 : ll_rng_uniform(&r) < 0.5;
        snprintf(d->text[i], sizeof d->text[i], "w%d %s w%d", (int)ll_rng_below(&r, 40), word ? "vile" : "mild",
                 (int)ll_rng_below(&r, 40));
        const bool label = pairs ? word : ll_rng_uniform(&r) < (word ? 0.9 : 0.2);
        d->of[i] = (ll_labelled) { d->text[i], strlen(d->text[i]), label };
    }
}

static const ll_classifier_opts opts = {
    .bits = 12, .letters = 3, .words = 1, .epochs = 3, .seed = 1, .decay = 1e-4
};

static void classifier_learns(void **state) {
    (void)state;
    static drawn d;
    ll_classifier *c, *back;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX];
    draw(&d, false);
    assert_ok(ll_classifier_train(&c, d.of, TEXTS, false, &opts, err));
    /* What is known of the labels: balanced accuracy (.9/1.1 + .8/.9)/2 at best. */
    const double known = (0.9 / 1.1 + 0.8 / 0.9) / 2;
    assert_true(c->report.lo < known && c->report.hi > known - 0.03 && c->report.accuracy > 0.8);
    assert_true(c->report.calibration < 0.05);
    assert_int_equal(c->report.learnt + c->report.calibrated + c->report.judged, TEXTS);
    const double vile = ll_classifier_says(c, "w3 vile w9", 10), mild = ll_classifier_says(c, "w3 mild w9", 10);
    assert_true(fabs(vile - 0.9) < 0.08 && fabs(mild - 0.2) < 0.08);
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "judge.json", err));
    assert_ok(ll_classifier_write(c, path, err));
    assert_ok(ll_classifier_read(&back, path, err));
    assert_true(ll_classifier_says(back, "w3 vile w9", 10) == vile);
    const ll_juror_spec none = { .kind = "classifier" };
    ll_juror *j;
    ll_error why = { 0 };
    assert_int_equal(ll_juror_open(&j, &none, "here", NULL, &why), LL_EINPUT);
    ll_classifier_free(c);
    ll_classifier_free(back);
    support_remove(folder);
}

static void classifier_of_pairs(void **state) {
    (void)state;
    static drawn d;
    ll_classifier *c;
    draw(&d, true);
    assert_ok(ll_classifier_train(&c, d.of, TEXTS, true, &opts, err));
    assert_true(c->report.pairs && c->report.accuracy > 0.99);
    assert_int_equal(c->report.learnt + c->report.calibrated + c->report.judged, TEXTS / 2);
    ll_classifier_free(c);
}

/* A word that two groups use to insult and a third one among friends: there half of the harmless texts have it, so
 * there half of them are false alarms. Of groups that mean nothing the probability is that of chance. */
static void groups(void **state) {
    (void)state;
    static drawn d;
    static char *names[] = { "north", "south", "friends", "even" };
    ll_judge_groups g;
    ll_labelled_texts l = { .of = d.of, .n = TEXTS, .group = names, .n_groups = 3 };
    ll_classifier *c;
    int64_t of = 0;
    int rare = 0;
    ll_rng r = ll_rng_at(5, LL_STREAM_NOISE, 9);
    for (int i = 0; i < TEXTS; i++) {
        const int group = (int)ll_rng_below(&r, 3);
        const bool label = ll_rng_uniform(&r) < 0.5, word = label || (group == 2 && ll_rng_uniform(&r) < 0.5);
        snprintf(d.text[i], sizeof d.text[i], "w%d %s w%d", (int)ll_rng_below(&r, 40), word ? "vile" : "mild",
                 (int)ll_rng_below(&r, 40));
        d.of[i] = (ll_labelled) { d.text[i], strlen(d.text[i]), label, group };
    }
    assert_ok(ll_classifier_train(&c, d.of, TEXTS, false, &opts, err));
    ll_judge_groups_of(&g, c, &l);
    for (int k = 0; k < 3; k++) {
        const double known = k == 2 ? 0.5 : 0;
        const ll_judge_share *alarms = &g.of[k].alarms;
        of += g.of[k].accuracy.of;
        if (!(alarms->lo <= known + 0.05 && alarms->hi >= known - 0.05))
            fail_msg("%s: alarms %g [%g, %g]", names[k], alarms->value, alarms->lo, alarms->hi);
    }
    assert_int_equal(of, c->report.judged);
    assert_true(g.alarms_p < 1e-6 && g.accuracy_p < 1e-6 && g.of[2].accuracy.hi < g.of[0].accuracy.lo);
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < TEXTS; i++) d.of[i].group = (int)ll_rng_below(&r, 3);
        ll_judge_groups_of(&g, c, &l);
        rare += g.alarms_p < 0.1;
    }
    assert_true(rare <= 10); /* 4 expected; 11 or more once in a thousand */
    for (int i = 0; i < TEXTS; i++) d.of[i].group = 3;
    l.n_groups = 4;
    ll_judge_groups_of(&g, c, &l); /* of a group without a text nothing is known */
    assert_true(isnan(g.of[0].accuracy.value) && isnan(g.alarms_p) && g.of[3].accuracy.of == of);
    ll_classifier_free(c);
}

/* Labels that nothing tells: of 40 seeds, the interval lies above chance in about the 5 % that it says. */
static void chance_is_refused(void **state) {
    (void)state;
    static drawn d;
    int passed = 0;
    for (int seed = 0; seed < 40; seed++) {
        ll_rng r = ll_rng_at((uint64_t)seed, LL_STREAM_NOISE, 8);
        ll_classifier *c;
        ll_error why = { 0 };
        for (int i = 0; i < 400; i++) {
            snprintf(d.text[i], sizeof d.text[i], "w%d", (int)ll_rng_below(&r, 1000));
            d.of[i] = (ll_labelled) { d.text[i], strlen(d.text[i]), ll_rng_uniform(&r) < 0.5 };
        }
        const ll_status s = ll_classifier_train(&c, d.of, 400, false, &opts, &why);
        passed += s == LL_OK;
        if (s != LL_OK) assert_true(s == LL_EINPUT && (strstr(why.msg, "chance") || strstr(why.msg, "none bears")));
        ll_classifier_free(c);
    }
    assert_true(passed <= 7); /* 2 expected; 8 or more once in a thousand */
}

/* ---- what is refused ---- */

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "principles: []", "expected at least one" },
        { "principles: [{id: a, words: ok, judge: {kind: oracle}}]", "one of" },
        { "principles: [{id: a, words: '', judge: {kind: check}}]", "is empty" },
        { "principles: [{id: a, words: ok}]", "has none" },
        { "principles: [{id: all, words: ok, judge: {kind: check}}]", "cannot name" },
        { "principles: [{id: a, words: ok, judge: {kind: check}}, {id: a, words: ok, judge: {kind: check}}]", "a" },
        { "principles: [{id: a, words: ok, judge: {kind: likelihood}}]", "question" },
        { "principles: [{id: a, words: ok, judge: {kind: classifier}}]", "train-judge" },
        { "principles: [{id: a, words: ok, judge: {kind: classifier, file: /nonexistent/j}}]", "nonexistent" },
        { "principles: [{id: a, words: ok, judge: {kind: learned}}]", "gold" },
        { "gold: {kind: learned}\nprinciples: [{id: a, words: ok, judge: {kind: check}}]", "learns from it" },
        { "name: position\nprinciples: [{id: a, words: ok, judge: {kind: check}}]", "a probe's" },
        { "name: much-too-long-a-name\nprinciples: [{id: a, words: ok, judge: {kind: check}}]", "longer" },
        { "principles: [{id: a, words: ok, judge: {kind: check}, wight: 2}]", "weight" },
#ifdef LL_HAVE_PCRE2
        { "principles: [{id: a, words: ok, judge: {kind: rule}}]", "regular expression" },
        { "principles: [{id: a, words: ok, judge: {kind: rule, pattern: '(a'}}]", "pattern '(a'" },
        { "principles: [{id: a, words: ok, judge: {kind: rule, pattern: '(a+)+$'}}]", "steps" },
        { "principles: [{id: a, words: ok, judge: {kind: rule, pattern: '(x+x+)+y'}}]", "steps" },
#endif
        { "just words", "expected a map" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_constitution c;
        ll_error why = { 0 };
        const ll_status s = ll_constitution_parse(&c, cases[i].text, strlen(cases[i].text), "h.yaml", &why);
        if (s == LL_OK || s == LL_ENOMEM || !strstr(why.msg, cases[i].says) || strchr(why.msg, '\n'))
            fail_msg("'%s' says: %s", cases[i].text, why.msg);
        assert_true(strstr(why.msg, "h.yaml") || strstr(why.msg, "nonexistent"));
    }
}

/* The same words are the same constitution, whatever the order of keys and the comments. */
static void hashes(void **state) {
    (void)state;
    static const char one[] = "name: a\nprinciples: [{id: x, words: ok, judge: {kind: check, check: quotes}}]\n";
    static const char same[] = "# a\nprinciples: [{words: ok, id: x, judge: {kind: check}}]\nname: a\n";
    static const char other[] =
        "name: a\nprinciples: [{id: x, words: ok, judge: {kind: check, check: brackets}}]\n";
    ll_constitution a, b, c;
    assert_ok(ll_constitution_parse(&a, one, sizeof one - 1, "a", err));
    assert_ok(ll_constitution_parse(&b, same, sizeof same - 1, "b", err));
    assert_ok(ll_constitution_parse(&c, other, sizeof other - 1, "c", err));
    assert_string_equal(a.hash, b.hash);
    assert_string_not_equal(a.hash, c.hash);
}

/* ---- labels out of files ---- */

static void labels(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX];
    static const char pairs[] =
        "{\"chosen\":\"Q? A: yes sir\",\"rejected\":\"Q? A: yes\"}\n{\"chosen\":\"b\",\"rejected\":\"c\"}\n";
    static const char table[] = "text,toxic,who\nfine,0,me\nbad,1,you\nso,0,me\n";
    ll_labelled_texts l;
    ll_error why = { 0 };
    support_folder(folder);
    support_write(folder, "pairs.jsonl", pairs, sizeof pairs - 1, path);
    ll_labels_opts o = {
        .path = path, .text = "text", .label = "label", .positive = "1", .better = "chosen", .worse = "rejected"
    };
    assert_ok(ll_labels_read(&l, &o, err));
    assert_true(l.n == 4 && l.pairs && l.of[0].label && !l.of[1].label);
    assert_string_equal(l.of[0].text, "yes"); /* from the word on in which they part */
    assert_string_equal(l.of[1].text, "yes sir");
    ll_labels_clear(&l);
    o.worse = "worst";
    assert_int_equal(ll_labels_read(&l, &o, &why), LL_EFORMAT);
    assert_true(strstr(why.msg, "pairs.jsonl:1") && strstr(why.msg, "worst"));
    support_write(folder, "t.csv", table, sizeof table - 1, path);
    o = (ll_labels_opts) {
        .path = path, .text = "text", .label = "toxic", .positive = "1", .better = "", .worse = ""
    };
    assert_ok(ll_labels_read(&l, &o, err));
    assert_true(l.n == 3 && !l.of[0].label && l.of[1].label && !strcmp(l.of[1].text, "bad") && !l.n_groups);
    ll_labels_clear(&l);
    o.group = "who";
    assert_ok(ll_labels_read(&l, &o, err));
    assert_true(l.n_groups == 2 && l.of[0].group == 0 && l.of[1].group == 1 && l.of[2].group == 0);
    assert_string_equal(l.group[1], "you");
    ll_labels_clear(&l);
    o.group = "whom";
    assert_int_equal(ll_labels_read(&l, &o, &why), LL_EFORMAT);
    assert_non_null(strstr(why.msg, "whom"));
    o.group = "";
    o.label = "label";
    assert_int_equal(ll_labels_read(&l, &o, &why), LL_EFORMAT);
    assert_non_null(strstr(why.msg, "label"));
    support_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(rules),
                                        cmocka_unit_test(checks),
                                        cmocka_unit_test(likelihoods),
                                        cmocka_unit_test(classifier_learns),
                                        cmocka_unit_test(classifier_of_pairs),
                                        cmocka_unit_test(groups),
                                        cmocka_unit_test(chance_is_refused),
                                        cmocka_unit_test(refused),
                                        cmocka_unit_test(hashes),
                                        cmocka_unit_test(labels) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
