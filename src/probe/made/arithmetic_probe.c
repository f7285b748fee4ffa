/* Arithmetic as text, as 'data.source: arithmetic' writes it. Of operands with two digits or more the problems are
 * those that such a text never has. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/generated/arithmetic.h"
#include "probe/made/questions.h"

enum { ITEMS = 100, LINE = 2 * LL_ARITHMETIC_TEXT };

typedef struct task {
    ll_arithmetic_op op;
    int digits;
} task;
static const task tasks[] = {
    { LL_ARITHMETIC_ADD, 1 }, { LL_ARITHMETIC_ADD, 2 }, { LL_ARITHMETIC_ADD, 3 }, { LL_ARITHMETIC_SUB, 1 },
    { LL_ARITHMETIC_SUB, 2 }, { LL_ARITHMETIC_SUB, 3 }, { LL_ARITHMETIC_MUL, 1 }, { LL_ARITHMETIC_MUL, 2 },
    { LL_ARITHMETIC_MOD, 1 }, { LL_ARITHMETIC_MOD, 2 },
};
enum { TASKS = sizeof tasks / sizeof *tasks };

typedef enum measure { EXACT, DIGITS, EDIT, LOGPROB, MEASURES } measure;
static const char *const names[MEASURES] = { "exact", "digits", "edit", "logprob" };
static const double chance[MEASURES] = { 0, NAN, NAN, NAN };

/* ---- items ---- */

/* Problems of one digit are all in a training text; of larger ones those that are held out are not. */
static void draw(ll_rng *r, const task *t, bool shown, ll_arithmetic_problem *out) {
    const bool held_out = t->digits > 1 && !shown;
    do ll_arithmetic_draw(r, t->op, t->digits, out);
    while (ll_arithmetic_held_out(out) != held_out);
}

/* context [opts->shots + 1][LINE]; answer: with the end of the line. */
static void make(const ll_probe_opts *opts, int which, bool shown, int64_t i, char *context, char answer[LINE]) {
    ll_rng r = ll_made_rng(opts, LL_MADE_ARITHMETIC, 2 * which + shown, i);
    ll_arithmetic_problem asked, shot;
    draw(&r, &tasks[which], shown, &asked);
    for (int64_t k = 0; k < opts->shots; k++) {
        do ll_arithmetic_draw(&r, tasks[which].op, tasks[which].digits, &shot);
        while (strcmp(shot.question, asked.question) == 0);
        context += sprintf(context, "%s%s\n", shot.question, shot.answer);
    }
    strcpy(context, asked.question);
    snprintf(answer, LINE, "%s\n", asked.answer);
}

/* ---- what was said against what is right ---- */

/* Share of the characters that stand where they should, of the longer of both. */
static double digits_right(const char *said, const char *right) {
    const size_t a = strlen(said), b = strlen(right);
    size_t same = 0;
    for (size_t i = 0; i < a && i < b; i++) same += said[i] == right[i];
    return (double)same / (double)(a > b ? a : b);
}

/* 1 - Levenshtein distance / length of the longer. */
static double likeness(const char *said, const char *right) {
    const size_t a = strlen(said), b = strlen(right);
    size_t row[LINE + 1];
    for (size_t j = 0; j <= b; j++) row[j] = j;
    for (size_t i = 1; i <= a; i++) {
        size_t across = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b; j++) {
            const size_t changed = across + (said[i - 1] != right[j - 1]);
            const size_t fewer = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            across = row[j];
            row[j] = changed < fewer ? changed : fewer;
        }
    }
    return 1 - (double)row[b] / (double)(a > b ? a : b);
}

static void tell(const ll_probe_subject *s, int64_t item, const char *context, const char *right, const char *said,
                 const ll_lm_score *score) {
    if (!s->item) return;
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "item", item);
    ll_json_set_str(o, "context", context);
    ll_json_set_str(o, "right", right);
    ll_json_set_str(o, "said", said);
    ll_json_set_bool(o, "exact", score->greedy);
    ll_json_set_num(o, "logprob", score->logprob);
    s->item(s->ctx, o);
}

/* ---- asking ---- */

typedef struct asking {
    const ll_probe_subject *s;
    int64_t items;
    char *context;  /* of one item */
    ll_questions q; /* of every task, then of the shown problems of those that have others */
    ll_probe_mean all[MEASURES];
} asking;

/* Goes on greedily, to the end of the line. */
static ll_status say(const asking *a, const char *right, char said[LINE], ll_error *err) {
    ll_lm_sample sample;
    const ll_lm_prompt prompt = { .text = { a->context, strlen(a->context) },
                                  .samples = 1,
                                  .most = (int64_t)strlen(right) + 4,
                                  .stop = "\n",
                                  .seed = a->s->opts->seed };
    LL_TRY(ll_lm_sample_text(a->s->lm, &prompt, &sample, err));
    snprintf(said, LINE, "%s", sample.text);
    ll_lm_samples_clear(&sample, 1);
    return LL_OK;
}

static ll_status measure_item(asking *a, int which, int64_t i, ll_probe_mean mean[MEASURES], ll_error *err) {
    char right[LINE], said[LINE];
    const ll_lm_score *score = &a->q.score[which * a->items + i];
    make(a->s->opts, which, false, i, a->context, right);
    LL_TRY(say(a, right, said, err));
    right[strlen(right) - 1] = 0;
    const double v[MEASURES] = { score->greedy, digits_right(said, right), likeness(said, right), score->logprob };
    for (int m = 0; m < MEASURES; m++) {
        ll_probe_mean_add(&mean[m], v[m]);
        ll_probe_mean_add(&a->all[m], v[m]);
    }
    tell(a->s, i, a->context, right, said, score);
    return LL_OK;
}

static ll_status measure_task(asking *a, int which, int64_t *shown, ll_measures *out, ll_error *err) {
    const char *op = ll_arithmetic_op_names[tasks[which].op];
    ll_probe_mean mean[MEASURES] = { 0 }, of_shown = { 0 };
    for (int64_t i = 0; i < a->items; i++) LL_TRY(measure_item(a, which, i, mean, err));
    for (int m = 0; m < MEASURES; m++)
        ll_probe_mean_measure(&mean[m], out, chance[m], "%s%d.%s", op, tasks[which].digits, names[m]);
    for (int64_t i = 0; tasks[which].digits > 1 && i < a->items; i++)
        ll_probe_mean_add(&of_shown, a->q.score[(*shown)++].greedy);
    ll_probe_mean_measure(&of_shown, out, chance[EXACT], "%s%d.shown", op, tasks[which].digits);
    return LL_OK;
}

static ll_status add(asking *a, bool shown, ll_error *err) {
    char answer[LINE];
    for (int which = 0; which < TASKS; which++)
        for (int64_t i = 0; i < a->items && (!shown || tasks[which].digits > 1); i++) {
            make(a->s->opts, which, shown, i, a->context, answer);
            LL_TRY(ll_questions_add(&a->q, a->context, answer, err));
        }
    return LL_OK;
}

static ll_status ask(asking *a, ll_measures *out, ll_error *err) {
    int64_t shown = TASKS * a->items;
    LL_TRY(add(a, false, err));
    LL_TRY(add(a, true, err));
    LL_TRY(ll_questions_ask(&a->q, a->s->lm, err));
    for (int which = 0; which < TASKS; which++) LL_TRY(measure_task(a, which, &shown, out, err));
    for (int m = 0; m < MEASURES; m++) ll_probe_mean_measure(&a->all[m], out, chance[m], "%s", names[m]);
    return LL_OK;
}

static ll_status run(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    asking a = { .s = s, .items = s->opts->items > 0 ? s->opts->items : ITEMS };
    out->n = 0;
    a.context = malloc((size_t)(s->opts->shots + 1) * LINE);
    const ll_status status = a.context ? ask(&a, out, err) : LL_FAIL(err, LL_ENOMEM, "out of memory for a probe");
    ll_questions_clear(&a.q);
    free(a.context);
    return status;
}

const ll_probe_kind ll_probe_arithmetic = {
    .name = "arithmetic",
    .question = "whether sums, differences, products and sums with a modulus come out right",
    .metric = "task.measure",
    .unit = "shares, and nats per answer",
    .source = "Brown et al. 2020; Schaeffer et al. 2023",
    .details =
        "Lines as of data.source: arithmetic, '12+30=42', '7-12=-5', '6*7=42', '(8+5)%9=4', behind --shots lines "
        "of the same task. Of each task (add1 to add3, sub1 to sub3, mul1, mul2, mod1, mod2: the operands' digits) "
        "exact: each token of the answer and of the end of the line is the likeliest; digits: characters in their "
        "place, and edit: 1 - the edit distance over the longer length, of what the model says; logprob: of the "
        "answer and the end of the line. From two digits on the problems are such as that text never has; "
        "add2.shown is exact on such as it may have. Without a task: over all of them. Chance of exact is 0. 100 "
        "items of each task where nothing is said.",
    .reads = LL_PROBE_ITEMS | LL_PROBE_SHOTS | LL_PROBE_SEED,
    .run = run,
};
