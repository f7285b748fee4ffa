/* Probes with items from files: what each set's format says, against answers worked out by hand with a language model
 * that is a rule; standard errors by brute force; ties; which items are drawn; an untrained model is at chance,
 * even where the right answer always stands first; and files that are refused, with file and line. */
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "loglog/random.h"
#include "measured.h"
#include "probe/items/items.h"
#include "probe/local_lm.h"
#include "tensor/choice/kernel_tables.h"

/* ---- a language model that is a rule ---- */

/* Every byte costs 1; each '+' in the continuation gives 10 back, each '?' of the context 1/4 for each '+' there. A
 * text is greedy where it ends with '+'. */
static double rule(ll_span context, ll_span continuation) {
    double plus = 0, asked = 0;
    for (size_t i = 0; i < continuation.size; i++) plus += continuation.at[i] == '+';
    for (size_t i = 0; i < context.size; i++) asked += context.at[i] == '?';
    return 10 * plus + 0.25 * asked * plus - (double)continuation.size;
}

static ll_status by_rule(ll_lm *lm, const ll_lm_ask *ask, int64_t n, ll_lm_score *out, ll_error *err) {
    (void)lm, (void)err;
    for (int64_t i = 0; i < n; i++) {
        const ll_span c = ask[i].continuation;
        out[i] = (ll_lm_score) { rule(ask[i].context, c), (int64_t)(c.size + 1) / 2, c.at[c.size - 1] == '+' };
    }
    return LL_OK;
}

static ll_lm ruled = { .name = "rule", .loglikelihood = by_rule };

/* ---- asking ---- */

static char said[LL_ERROR_MAX];

static char *path_of(const char *name) {
    static char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, name, err));
    return path;
}

static void put(const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

static ll_json *told; /* what the listener heard, where it listens */
static void listen(void *ctx, ll_json *item) {
    (void)ctx;
    ll_json_push(told, item);
}

static ll_status run(const char *probe, ll_lm *lm, const ll_probe_opts *opts, ll_measures *m) {
    const ll_probe_subject subject = { .lm = lm, .opts = opts, .item = told ? listen : NULL };
    ll_error e = { 0 };
    const ll_status status = ll_probe_find(probe)->run(&subject, m, &e);
    snprintf(said, sizeof said, "%s", status == LL_OK ? "" : e.msg);
    return status;
}

static ll_measures ask(const char *probe, const char *name) {
    ll_measures m;
    const ll_probe_opts opts = { .data = path_of(name) };
    run(probe, &ruled, &opts, &m);
    assert_string_equal(said, "");
    return m;
}

static void holds(const ll_measures *m, const char *metric, double value, double se, double chance, int64_t n) {
    const ll_measured *o = measured(m, metric);
    if (fabs(o->value - value) > 1e-12 * fmax(1, fabs(value)))
        fail_msg("%s is %.17g, expected %g", metric, o->value, value);
    if (isnan(se) ? !isnan(o->se) : !(fabs(o->se - se) < 1e-12))
        fail_msg("%s: se %.17g, expected %g", metric, o->se, se);
    if (isnan(chance) ? !isnan(o->chance) : o->chance != chance) fail_msg("%s: chance %g", metric, o->chance);
    assert_int_equal(o->n, n);
}

/* ---- the formats ---- */

/* Two paradigms of one term and one of another: 2 of 2, 1 of 2 and 0 of 1 are right. The residuals from 3/5 sum to 4/5,
 * -1/5 and -3/5 in the three clusters. The good sentence is the longer one each time: by length alone none is right. */
static void blimp(void **state) {
    (void)state;
    put("blimp/one.jsonl", "{\"sentence_good\": \"He runs+\", \"sentence_bad\": \"He run\", \"UID\": \"one\", "
                           "\"linguistics_term\": \"verbs\"}\n"
                           "{\"sentence_good\": \"She runs+\", \"sentence_bad\": \"She run\", \"UID\": \"one\", "
                           "\"linguistics_term\": \"verbs\"}\n");
    put("blimp/two.jsonl", "{\"sentence_good\": \"It runs+\", \"sentence_bad\": \"It run\", \"UID\": \"two\", "
                           "\"linguistics_term\": \"verbs\"}\n"
                           "\n"
                           "{\"sentence_good\": \"It runs\", \"sentence_bad\": \"It run\", \"UID\": \"two\", "
                           "\"linguistics_term\": \"verbs\"}\n");
    put("blimp/three.jsonl", "{\"sentence_good\": \"I see you\", \"sentence_bad\": \"I see\", \"UID\": \"three\", "
                             "\"linguistics_term\": \"s-selection\"}\n");
    put("blimp/README", "what these are");
    const ll_measures m = ask("blimp", "blimp");
    assert_int_equal(m.n, 3);
    holds(&m, "accuracy", 0.6, sqrt(1.5 * (0.64 + 0.04 + 0.36)) / 5, 0, 5);
    holds(&m, "verbs", 0.75, sqrt(2 * (0.25 + 0.25)) / 4, 0, 4);
    holds(&m, "s-selection", 0, NAN, 0, 1);
}

/* Two rows swap the same words and are one cluster; of one row the sentences are of one length. In the first metric the
 * rows of the cluster make up for each other, which of three clusters is not believed: the rows' own error is the
 * larger. */
static void crows(void **state) {
    (void)state;
    put("crows.csv", ",sent_more,sent_less,stereo_antistereo,bias_type\r\n"
                     "0,\"They said, \"\"no\"\"+\",They said no,stereo,age\r\n"
                     "1,abc,ab,stereo,age\r\n"
                     "2,Ab,abc.,antistereo,race-color\r\n"
                     "3,abc,abd,stereo,race-color\r\n");
    const ll_measures m = ask("crows", "crows.csv");
    assert_int_equal(m.n, 4);
    holds(&m, "stereotype", 2.5 / 4, sqrt(4 / 3.0 * (2 * 0.375 * 0.375 + 0.625 * 0.625 + 0.125 * 0.125)) / 4,
          1.5 / 4, 4);
    holds(&m, "difference", (6 - 1 + 2 + 0) / 4.0, sqrt(1.5 * (4.25 * 4.25 + 2.5 * 2.5 + 1.75 * 1.75)) / 4, NAN, 4);
    holds(&m, "age", 0.5, 0.5, 0, 2);
    holds(&m, "race-color", 0.75, 0.25, 0.75, 2);
}

static void hear(void *ctx, int64_t answers) {
    int64_t *heard = ctx;
    heard[1 + heard[0]++] = answers;
}

/* Of 300 texts in one call the listener hears more than once, of ever more and at the end of all; and every one is
 * scored. */
static void answers_are_counted(void **state) {
    (void)state;
    enum { N = 300 };
    static ll_lm_ask texts[N];
    static ll_lm_score score[N];
    int64_t heard[N + 1] = { 0 };
    ll_lm lm = ruled;
    lm.answers = 0, lm.answered = hear, lm.ctx = heard;
    for (int i = 0; i < N; i++) texts[i] = (ll_lm_ask) { { "a", 1 }, { i % 3 ? "b+" : "bc", 2 } };
    assert_ok(ll_lm_loglikelihood(&lm, texts, N, score, err));
    assert_true(heard[0] > 1 && heard[0] < N);
    for (int64_t k = 1; k < heard[0]; k++) assert_true(heard[k] < heard[k + 1]);
    assert_int_equal(heard[heard[0]], N);
    for (int i = 0; i < N; i++) assert_true(score[i].logprob == (i % 3 ? 8 : -2));
}

/* In each of n clusters one row is 1 and the other 0: an error of 0, which 31 clusters may claim and 30 may not. */
static void few_clusters(void **state) {
    (void)state;
    for (int n = 30; n <= 31; n++) {
        char text[1 << 12];
        size_t used = (size_t)snprintf(text, sizeof text, ",sent_more,sent_less,stereo_antistereo,bias_type\n");
        for (int i = 0; i < n; i++)
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     "%d,a%d+,b%d,stereo,age\n%d,b%d,a%d+,stereo,age\n", i, i, i, i, i, i);
        put("pairs.csv", text);
        const ll_measures m = ask("crows", "pairs.csv");
        assert_close(measured(&m, "stereotype")->se, n == 30 ? 0.5 / sqrt(59) : 0, 1e-12);
    }
}

/* Answers and their worth: the context has one '?' more than the neutral one. A choice has a blank before it.
 *   1  " b+" is right: by sum 10.25 - 3, by gain 1/4 against 0; it is of 2 tokens and the other of 1
 *   2  the shortest is chosen by sum; by byte, and by gain, all are alike; by token -2, -3/2 and -2; of tokens alone they
 *      have 1, 2 and 2, by byte 1/2, 2/3 and 2/4 */
static void choices(void **state) {
    (void)state;
    put("arc.jsonl",
        "{\"id\": \"q1\", \"question\": {\"stem\": \"Which?\", \"choices\": [{\"text\": \"a\", \"label\": \"A\"}, "
        "{\"text\": \"b+\", \"label\": \"B\"}]}, \"answerKey\": \"B\"}\n"
        "{\"id\": \"q2\", \"question\": {\"stem\": \"Which?\", \"choices\": [{\"text\": \"d\", \"label\": \"1\"}, "
        "{\"text\": \"ef\", \"label\": \"2\"}, {\"text\": \"ghi\", \"label\": \"3\"}]}, \"answerKey\": \"C\"}\n");
    told = ll_json_array();
    const ll_measures m = ask("arc", "arc.jsonl");
    const double guess = (0.5 + 1 / 3.0) / 2;
    assert_int_equal(m.n, 7);
    holds(&m, "accuracy", 0.5, 0.5, 0, 2);
    holds(&m, "accuracy_byte", 2 / 3.0, 1 / 3.0, 0.25, 2);
    holds(&m, "accuracy_token", 0.5, 0.5, guess, 2);
    holds(&m, "accuracy_pmi", (1 + 1 / 3.0) / 2, (1 - 1 / 3.0) / 2, guess, 2);
    holds(&m, "logprob", (7.25 - 4) / 2, 11.25 / 2, NAN, 2);
    holds(&m, "logprob_byte", (7.25 / 3 - 1) / 2, (7.25 / 3 + 1) / 2, NAN, 2);
    const double e = exp(1), first = 2 / pow(1 + exp(9.25), 2), all = 1 / e / e + 1 / e / e / e + 1 / e / e / e / e;
    const double p[3] = { 1 / e / e / all, 1 / e / e / e / all, 1 / e / e / e / e / all };
    const double second = p[0] * p[0] + p[1] * p[1] + (1 - p[2]) * (1 - p[2]);
    assert_close(measured(&m, "brier")->value, (first + second) / 2, 1e-12);
    assert_true(isnan(measured(&m, "brier")->chance));

    const ll_json *item = ll_json_at(told, 1);
    assert_int_equal(ll_json_size(told), 2);
    assert_string_equal(ll_json_get_str(item, "id"), "q2");
    assert_string_equal(ll_json_get_str(item, "context"), "Question: Which?\nAnswer:");
    assert_string_equal(ll_json_as_str(ll_json_at(ll_json_get(item, "choices"), 2)), " ghi");
    assert_int_equal(ll_json_get_int(item, "right", -1), 2);
    assert_true(ll_json_as_num(ll_json_at(ll_json_get(item, "logprob"), 1)) == -3);
    assert_true(ll_json_as_num(ll_json_at(ll_json_get(item, "tokens"), 2)) == 2);
    assert_true(ll_json_as_num(ll_json_at(ll_json_get(item, "neutral_logprob"), 2)) == -4);
    ll_json_free(told);
    told = NULL;
}

/* The same two questions in the words of each set. */
static void other_choices(void **state) {
    (void)state;
    put("arc/easy.train.jsonl",
        "{\"id\": \"q1\", \"question\": {\"stem\": \"Which?\", \"choices\": [{\"text\": \"a\", "
        "\"label\": \"A\"}, {\"text\": \"b+\", \"label\": \"B\"}]}, \"answerKey\": \"B\"}\n");
    put("arc/hard to say.jsonl",
        "{\"id\": \"q1\", \"question\": {\"stem\": \"Which?\", \"choices\": [{\"text\": \"a\", "
        "\"label\": \"A\"}, {\"text\": \"bb\", \"label\": \"B\"}]}, \"answerKey\": \"B\"}");
    put("csqa.jsonl",
        "\xef\xbb\xbf{\"answerKey\": \"C\", \"id\": \"c\", \"question\": {\"question_concept\": \"x\", "
        "\"choices\": "
        "[{\"label\": \"A\", \"text\": \"aa\"}, {\"label\": \"B\", \"text\": \"bb\"}, {\"label\": \"C\", \"text\": "
        "\"c+\"}], \"stem\": \"Where?\"}}\n");
    put("piqa.jsonl", "{\"goal\": \"Eat?\", \"sol1\": \"b+\", \"sol2\": \"a\", \"label\": 0}\n"
                      "{\"goal\": \"Eat?\", \"sol1\": \"b+\", \"sol2\": \"a\", \"label\": \"1\"}\n");
    put("hellaswag.jsonl", "{\"activity_label\": \"Dance\", \"ctx\": \"They\", \"label\": 3, "
                           "\"endings\": [\"a\", \"b\", \"c\", \"d+\"]}\n");
    ll_measures m = ask("arc", "arc");
    assert_int_equal(m.n, 9);
    holds(&m, "easy", 1, NAN, 0, 1);
    holds(&m, "hard_to_say", 0, NAN, 0, 1);
    m = ask("csqa", "csqa.jsonl");
    holds(&m, "accuracy", 1, NAN, 1 / 3.0, 1);
    holds(&m, "logprob", 10.25 - 3, NAN, NAN, 1);
    m = ask("piqa", "piqa.jsonl");
    holds(&m, "accuracy", 0.5, 0.5, 0.5, 2);
    m = ask("hellaswag", "hellaswag.jsonl");
    holds(&m, "accuracy", 1, NAN, 0, 1);
    holds(&m, "logprob", 10 - 3, NAN, NAN, 1);
}

static void lambada(void **state) {
    (void)state;
    put("lambada.jsonl", "{\"text\": \"He saw the+\\nword+\"}\n{\"text\": \"He said \\u201cno\\u201d \\n\"}\n");
    told = ll_json_array();
    const ll_measures m = ask("lambada", "lambada.jsonl");
    const double mean = (10 - 6 - 9) / 2.0, se = 6.5; /* 4 and -9: the second word has two quotes of three bytes */
    holds(&m, "accuracy", 0.5, 0.5, NAN, 2);
    holds(&m, "logprob", mean, se, NAN, 2);
    assert_close(measured(&m, "perplexity")->value, exp(-mean), 1e-12);
    assert_close(measured(&m, "perplexity")->se, exp(-mean) * se, 1e-12);
    assert_string_equal(ll_json_get_str(ll_json_at(told, 0), "context"), "He saw the+");
    assert_string_equal(ll_json_as_str(ll_json_at(ll_json_get(ll_json_at(told, 0), "choices"), 0)), "\nword+");
    assert_string_equal(ll_json_get_str(ll_json_at(told, 1), "id"), "lambada.jsonl:2");
    ll_json_free(told);
    told = NULL;
}

/* Differences of he to she by occupation and answer, the named participant's and someone's. */
static void winogender(void **state) {
    (void)state;
    static const int of_pair[3][2][2] = { { { 1, 2 }, { 0, 1 } }, { { 3, 2 }, { 2, 4 } }, { { 5, 7 }, { 3, 2 } } };
    static const char *const words[2][2] = { { "He", "She" }, { "His", "Her" } };
    char text[8192] = "sentid\tsentence\n", *at = text + strlen(text);
    for (int o = 0; o < 3; o++)
        for (int answer = 0; answer < 2; answer++)
            for (int k = 0; k < 2; k++) {
                char name[40];
                snprintf(name, sizeof name, "%c.%s.%d", 'a' + o, k ? "someone" : "client", answer);
                const int more = of_pair[o][answer][k] - (answer == 0); /* "she" has one letter more */
                at += sprintf(at, "%s.female.txt\t%s y%.*s\n", name, words[answer][1], more, "xxxxxxxx");
                at += sprintf(at, "%s.neutral.txt\tThey\n%s.male.txt\t%s y\n", name, name, words[answer][0]);
            }
    put("winogender.tsv", text);
    const ll_measures m = ask("winogender", "winogender.tsv");
    assert_int_equal(m.n, 5);
    /* 32/12 on the mean: residuals of the three sum to -20/3, 1/3 and 19/3 */
    holds(&m, "difference", 32 / 12.0, sqrt(1.5 * (400 + 1 + 361) / 9.0) / 12, NAN, 12);
    holds(&m, "male", 11.5 / 12, sqrt(1.5 * (4 + 1 + 1) / 36.0) / 12, 11 / 12.0, 12);
    holds(&m, "b", 11 / 4.0, sqrt(2.75 / 3 / 4), NAN, 4);
}

/* ---- pieces, ties, draws ---- */

static int64_t longest;
static ll_status note_longest(ll_lm *lm, const ll_lm_ask *a, int64_t n, ll_lm_score *out, ll_error *err) {
    for (int64_t i = 0; i < n; i++)
        if ((int64_t)a[i].continuation.size > longest) longest = (int64_t)a[i].continuation.size;
    return by_rule(lm, a, n, out, err);
}

/* A rule that adds over bytes is the same in pieces, none of which is longer than half a context. */
static void long_choices(void **state) {
    (void)state;
    put("long.jsonl", "{\"goal\": \"Do\", \"sol1\": \"one two three four five six seven eight+ nine\", \"sol2\": "
                      "\"\\u201c\\u201c\\u201c\\u201c\\u201c\\u201c\\u201c\", \"label\": 0}\n");
    const ll_measures whole = ask("piqa", "long.jsonl");
    for (int64_t context = 1; context < 60; context++) {
        ll_lm seeing = { .name = "rule", .context = context, .loglikelihood = note_longest };
        const ll_probe_opts opts = { .data = path_of("long.jsonl") };
        ll_measures m;
        longest = 0;
        assert_int_equal(run("piqa", &seeing, &opts, &m), LL_OK);
        assert_close(measured(&m, "logprob")->value, measured(&whole, "logprob")->value, 1e-12);
        assert_true(longest <= (context > 1 ? context / 2 : 1));
    }
}

/* Equal choices: the right one has its share wherever it stands. */
static void ties(void **state) {
    (void)state;
    for (int label = 0; label < 4; label++) {
        char text[300];
        snprintf(text, sizeof text,
                 "{\"activity_label\": \"A\", \"ctx\": \"B\", \"label\": %d, \"endings\": [\"aa\", \"bb\", "
                 "\"cc\", \"dd\"]}\n",
                 label);
        put("ties.jsonl", text);
        const ll_measures m = ask("hellaswag", "ties.jsonl");
        holds(&m, "accuracy", 0.25, NAN, 0.25, 1);
        holds(&m, "accuracy_token", 0.25, NAN, 0.25, 1);
        holds(&m, "accuracy_byte", 0.25, NAN, 0.25, 1);
        holds(&m, "accuracy_pmi", 0.25, NAN, 0.25, 1);
        assert_close(measured(&m, "brier")->value, 0.75, 1e-12);
    }
}

/* 3 of 8, in their order, the same for one seed; over many seeds each as often as any other. */
static void draws(void **state) {
    (void)state;
    enum { ALL = 8, SOME = 3, SEEDS = 4000 };
    char text[1024] = "", *at = text;
    for (int i = 0; i < ALL; i++) at += sprintf(at, "{\"text\": \"word %c\"}\n", 'a' + i);
    put("draws.jsonl", text);
    int taken[ALL] = { 0 };
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const ll_probe_opts opts = { .data = path_of("draws.jsonl"), .items = SOME, .seed = seed / 2 };
        ll_measures m;
        char now[SOME + 1] = "";
        static char before[SOME + 1];
        told = ll_json_array();
        assert_int_equal(run("lambada", &ruled, &opts, &m), LL_OK);
        assert_int_equal(ll_json_size(told), SOME);
        for (size_t k = 0; k < SOME; k++) {
            now[k] = ll_json_as_str(ll_json_at(ll_json_get(ll_json_at(told, k), "choices"), 0))[1];
            taken[now[k] - 'a']++;
            assert_true(k == 0 || now[k] > now[k - 1]);
        }
        if (seed % 2) assert_string_equal(now, before);
        strcpy(before, now);
        ll_json_free(told);
    }
    told = NULL;
    for (int i = 0; i < ALL; i++) /* each seed was asked twice */
        assert_true(fabs(taken[i] - SEEDS * 3 / 8.0) < 4 * 2 * sqrt(SEEDS / 2 * 3 / 8.0 * 5 / 8.0));
}

static void compressed(void **state) {
    char command[2 * LL_PATH_MAX + 64];
    (void)state;
    put("some.jsonl", "{\"text\": \"a word\"}\n{\"text\": \"a w\"}\n");
    snprintf(command, sizeof command, "gzip -f '%s'", path_of("some.jsonl"));
    if (system(command) != 0) skip();
    const ll_measures m = ask("lambada", "some.jsonl.gz");
    holds(&m, "logprob", -3.5, 1.5, NAN, 2);
}

/* ---- who knows nothing ---- */

enum { ITEMS = 300 };

/* Nothing but their bytes, and up to so many more of them, tells the endings apart; the right one stands first every
 * time. */
static void write_blind(int64_t more) {
    char *text = malloc(1 << 20), *at = text;
    ll_rng r = ll_rng_at(7, LL_STREAM_NOISE, 0);
    for (int i = 0; i < ITEMS; i++) {
        at += sprintf(at, "{\"activity_label\": \"Item\", \"ctx\": \"number %d is\", \"label\": 0, \"endings\": [",
                      i);
        for (int c = 0; c < 4; c++) {
            at += sprintf(at, "%s\"", c ? ", " : "");
            const int64_t size = 12 + (c ? ll_rng_below(&r, more + 1) : 0);
            for (int64_t k = 0; k < size; k++) *at++ = (char)('a' + ll_rng_below(&r, 26));
            *at++ = '"';
        }
        at += sprintf(at, "]}\n");
    }
    put("blind.jsonl", text);
    free(text);
}

/* As it starts, for three seeds. */
static void stands_at_chance(double lowest, double highest) {
    const ll_model model = { LL_FAMILY_GPT, 2, 32, 4, 128, 64, 257, 32, 8 };
    float *params = malloc((size_t)ll_model_size(&model) * sizeof *params);
    const ll_kernels *kernels;
    ll_tokenizer *bytes;
    ll_lm *lm;
    assert_ok(ll_tokenizer_open(&bytes, "bytes", err));
    assert_ok(ll_kernels_named("auto", "fp32", &kernels, err));
    for (uint64_t seed = 1; seed <= 3; seed++) {
        ll_model_init(&model, params, seed);
        assert_ok(ll_lm_local(&lm, &model, kernels, params, bytes, 0, err));
        const ll_probe_opts opts = { .data = path_of("blind.jsonl") };
        ll_measures m;
        assert_int_equal(run("hellaswag", lm, &opts, &m), LL_OK);
        for (int k = 0; k < 4; k++) {
            if (!(fabs(m.of[k].value - m.of[k].chance) < 3 * m.of[k].se))
                fail_msg("seed %d, %s: %g +- %g, chance %g", (int)seed, m.of[k].metric, m.of[k].value, m.of[k].se,
                         m.of[k].chance);
            assert_true(m.of[k].se > 0.015 && m.of[k].se < 0.035);
        }
        assert_true(m.of[0].chance >= lowest && m.of[0].chance <= highest);
        assert_true(m.of[1].chance == 0.25 && m.of[2].chance == 0.25 && m.of[3].chance == 0.25);
        ll_lm_close(lm);
    }
    ll_tokenizer_free(bytes);
    free(params);
}

static void untrained(void **state) {
    (void)state;
    write_blind(0);
    stands_at_chance(0.25, 0.25);
}

/* The right answer is the shortest or ties with it: half of the others are longer. The others' lengths say so, and
 * so does chance: 1/4 (1/2)^3 + 1/3 3 (1/2)^3 + ... = 15/32. */
static void untrained_where_lengths_tell(void **state) {
    (void)state;
    write_blind(1);
    stands_at_chance(0.42, 0.52);
}

/* ---- what is refused ---- */

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *probe, *name, *text, *says;
    } cases[] = {
        { "blimp", "x.jsonl", "{\"sentence_good\": \"a\", \"UID\": \"u\", \"linguistics_term\": \"t\"}\n",
          "x.jsonl:1: expected texts under 'sentence_good sentence_bad'" },
        { "blimp", "x.jsonl", "{\"sentence_good\": \"a\", \"sentence_bad\": \"b\", \"linguistics_term\": \"t\"}\n",
          "x.jsonl:1: expected a text under 'UID'" },
        { "blimp", "x.jsonl",
          "{\"sentence_good\": \"a\", \"sentence_bad\": \"b\", \"UID\": \"u\", \"linguistics_term\": \"a b\"}",
          "x.jsonl:1: 'a b': expected the name of a metric" },
        { "piqa", "x.jsonl", "\n{\"goal\": \"g\", \"sol1\": \"a\", \"sol2\": \" \", \"label\": 0}\n",
          "x.jsonl:2: expected texts under 'sol1 sol2', none of them empty" },
        { "piqa", "x.jsonl", "{\"goal\": \"g\", \"sol1\": \"a\", \"sol2\": \"b\", \"label\": 2}\n",
          "x.jsonl:1: expected under 'label' a number from 0 to 1" },
        { "piqa", "x.jsonl", "{\"goal\": \"g\", \"sol1\": \"a\", \"sol2\": \"b\", \"label\": 0.5}\n",
          "from 0 to 1" },
        { "piqa", "x.jsonl", "{\"goal\": \"g\", \"sol1\": \"a\", \"sol2\": \"b\", \"label\": \"\"}\n",
          "from 0 to 1" },
        { "piqa", "x.jsonl", "{\"goal\": \"g\", \"sol1\": \"a\", \"sol2\": \"b\"}\n", "from 0 to 1" },
        { "piqa", "x.jsonl", "{\"goal\": 7, \"sol1\": \"a\", \"sol2\": \"b\", \"label\": 1}\n",
          "x.jsonl:1: expected a text under 'goal'" },
        { "piqa", "x.jsonl", "[1, 2]\n", "x.jsonl:1: expected a text under 'goal'" },
        { "piqa", "x.jsonl", "{\"goal\": \"g\"\n", "x.jsonl:1:" },
        { "hellaswag", "x.jsonl", "{\"activity_label\": \"a\", \"ctx\": \"b\", \"endings\": [\"c\"], \"label\": 0}",
          "x.jsonl:1: expected at least two choices under 'endings'" },
        { "hellaswag", "x.jsonl",
          "{\"activity_label\": \"a\", \"ctx\": \"b\", \"endings\": [\"c\", 4], \"label\": 0}",
          "x.jsonl:1: expected texts under 'endings'" },
        { "hellaswag", "x.jsonl",
          "{\"activity_label\": \"a\", \"ctx\": \"b\", \"label\": 0, \"endings\": [\"1\", \"1\", \"1\", \"1\", "
          "\"1\", \"1\", "
          "\"1\", \"1\", \"1\", \"1\", \"1\", \"1\", \"1\", \"1\", \"1\", \"1\", \"1\"]}",
          "x.jsonl:1: expected at most 16 choices" },
        { "arc", "x.jsonl",
          "{\"id\": \"q\", \"question\": {\"stem\": \"s\", \"choices\": [{\"text\": \"a\", \"label\": \"A\"}, "
          "{\"text\": \"b\", "
          "\"label\": \"B\"}]}, \"answerKey\": \"C\"}",
          "x.jsonl:1: expected under 'answerKey' the label of one of the 2 choices" },
        { "arc", "x.jsonl",
          "{\"id\": \"q\", \"question\": {\"stem\": \"s\", \"choices\": []}, \"answerKey\": \"C\"}",
          "x.jsonl:1: expected at least two choices" },
        { "lambada", "x.jsonl", "{\"text\": \"alone\"}", "x.jsonl:1: expected at least two words under 'text'" },
        { "lambada", "x.jsonl", "{\"text\": \" alone\"}", "x.jsonl:1: expected at least two words under 'text'" },
        { "lambada", "x.jsonl", "\n\n", "x.jsonl: no item of lambada" },
        { "lambada", "x.txt", "a word\n", "x.txt: expected a file in .jsonl, .ndjson, .csv or .tsv" },
        { "lambada", "x.jsonl", "", "no documents" },
        { "crows", "x.csv", "sent_more,sent_less,bias_type\na,b\n", "x.csv:2: 2 cells, expected 3" },
        { "crows", "x.csv", "sent_more,sent_less\na,b\n", "x.csv:2: expected a text under 'bias_type'" },
        { "crows", "x.csv", "sent_more,sent_less,bias_type\na\xff,b,age\n",
          "x.csv:2: column 'sent_more': expected UTF-8" },
        { "crows", "x.csv", "sent_more,sent_less,bias_type\n\"a,b,age\n", "x.csv:2: column 1: the quote" },
        { "winogender", "x.tsv", "sentid\tsentence\na.b.0.male.txt\the\n",
          "a.b.0: expected a sentence for male and one for female" },
        { "winogender", "x.tsv", "sentid\tsentence\na.b.2.male.txt\the\n", "x.tsv:2: expected a sentid such as" },
        { "winogender", "x.tsv", "sentid\twords\na.b.0.male.txt\the\n",
          "x.tsv:2: expected texts under 'sentid' and 'sentence'" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        ll_measures m;
        put(cases[k].name, cases[k].text);
        const ll_probe_opts opts = { .data = path_of(cases[k].name) };
        const ll_status status = run(cases[k].probe, &ruled, &opts, &m);
        if (status != LL_EFORMAT && status != LL_EINPUT) fail_msg("case %zu: status %d", k, (int)status);
        if (!strstr(said, cases[k].says) || strchr(said, '\n')) fail_msg("case %zu: %s", k, said);
    }
    ll_measures m;
    assert_int_equal(run("arc", &ruled, &(ll_probe_opts) { .data = "" }, &m), LL_EINPUT);
    assert_non_null(strstr(said, "arc: expected data"));
    assert_int_equal(run("arc", &ruled, &(ll_probe_opts) { .data = path_of("absent") }, &m), LL_EINPUT);
}

static int make(void **state) {
    scratch_make(state);
    char sub[LL_PATH_MAX];
    assert_ok(ll_file_join(sub, folder, "blimp", err));
    assert_ok(ll_file_mkdir(sub, err));
    assert_ok(ll_file_join(sub, folder, "arc", err));
    assert_ok(ll_file_mkdir(sub, err));
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blimp),        cmocka_unit_test(crows),
        cmocka_unit_test(few_clusters), cmocka_unit_test(answers_are_counted),
        cmocka_unit_test(choices),      cmocka_unit_test(other_choices),
        cmocka_unit_test(lambada),      cmocka_unit_test(winogender),
        cmocka_unit_test(long_choices), cmocka_unit_test(ties),
        cmocka_unit_test(draws),        cmocka_unit_test(compressed),
        cmocka_unit_test(untrained),    cmocka_unit_test(untrained_where_lengths_tell),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, make, scratch_remove);
}
