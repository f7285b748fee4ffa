/* A sequence of random letters that comes twice: what has been seen once is known the second time by who looks back
 * (Olsson et al. 2022). Letters of a sequence are distinct, so that the one before tells the next. Which letter
 * comes next is asked behind one of them alone: behind half a copy it would be none of the letters said last. */
#include <math.h>
#include <string.h>

#include "probe/made/questions.h"

enum { LETTERS = 12, CHOICES = LETTERS - 1, ITEMS = 200, ASKED = 2 + CHOICES };

typedef struct item {
    char letter[LETTERS];
    char first[2], rest[2 * LETTERS]; /* "k", " q z" */
    char second[4 * LETTERS];         /* "k q z k" */
    char cue[4 * LETTERS];            /* "k q z q": any of them but the last comes again */
    int right;                        /* of letter[1 ..] */
} item;

static char *put(char *to, const char *letter, int from, int n) {
    for (int i = from; i < n; i++) {
        *to++ = ' ';
        *to++ = letter[i];
    }
    *to = 0;
    return to;
}

static item make(const ll_probe_opts *opts, int64_t i) {
    ll_rng r = ll_made_rng(opts, LL_MADE_INDUCTION, 0, i);
    item it;
    int order[26];
    char text[4 * LETTERS + 1];
    ll_made_shuffle(&r, order, 26);
    for (int k = 0; k < LETTERS; k++) it.letter[k] = (char)('a' + order[k]);
    it.right = (int)ll_rng_below(&r, CHOICES);
    it.first[0] = it.letter[0];
    it.first[1] = 0;
    put(it.rest, it.letter, 1, LETTERS);
    char *behind = put(text, it.letter, 0, LETTERS);
    put(behind, it.letter, 0, 1);
    strcpy(it.second, text + 1);
    put(behind, it.letter, it.right, it.right + 1);
    strcpy(it.cue, text + 1);
    return it;
}

static ll_status add(ll_questions *q, const item *it, ll_error *err) {
    LL_TRY(ll_questions_add(q, it->first, it->rest, err));
    LL_TRY(ll_questions_add(q, it->second, it->rest, err));
    for (int c = 0; c < CHOICES; c++) {
        const char choice[] = { ' ', it->letter[1 + c], 0 };
        LL_TRY(ll_questions_add(q, it->cue, choice, err));
    }
    return LL_OK;
}

static void measure(const ll_probe_subject *s, const ll_questions *q, int64_t items, ll_measures *out) {
    ll_probe_mean first = { 0 }, second = { 0 }, gain = { 0 }, accuracy = { 0 };
    for (int64_t i = 0; i < items; i++) {
        const item it = make(s->opts, i);
        const ll_lm_score *score = q->score + i * ASKED;
        const double a = -score[0].logprob / CHOICES, b = -score[1].logprob / CHOICES;
        ll_probe_mean_add(&first, a);
        ll_probe_mean_add(&second, b);
        ll_probe_mean_add(&gain, a - b);
        ll_probe_mean_add(&accuracy, ll_questions_credit(q, i * ASKED + 2, CHOICES, it.right));
        ll_questions_tell(q, s, i, "accuracy", i * ASKED + 2, CHOICES, it.right);
    }
    ll_probe_mean_measure(&first, out, NAN, "first");
    ll_probe_mean_measure(&second, out, NAN, "second");
    ll_probe_mean_measure(&gain, out, NAN, "gain");
    ll_probe_mean_measure(&accuracy, out, 1.0 / CHOICES, "accuracy");
}

static ll_status run(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    const int64_t items = s->opts->items > 0 ? s->opts->items : ITEMS;
    ll_questions q = { 0 };
    ll_status status = LL_OK;
    out->n = 0;
    for (int64_t i = 0; status == LL_OK && i < items; i++) {
        const item it = make(s->opts, i);
        status = add(&q, &it, err);
    }
    if (status == LL_OK) status = ll_questions_ask(&q, s->lm, err);
    if (status == LL_OK) measure(s, &q, items, out);
    ll_questions_clear(&q);
    return status;
}

const ll_probe_kind ll_probe_induction = {
    .name = "induction",
    .question = "whether what came once in the context is known when it comes again",
    .metric = "measure",
    .unit = "nats per letter, and shares",
    .source = "Olsson et al. 2022",
    .details =
        "An item is 12 random letters, each of them once, and the same again: 47 bytes. first and second: the "
        "loss of a letter in each copy; gain: the difference. accuracy: behind the first copy any of its letters "
        "but the last comes again, and of the eleven that may follow one the right one is the likeliest; chance "
        "is 1 in 11. 200 items where nothing is said.",
    .reads = LL_PROBE_ITEMS | LL_PROBE_SEED,
    .run = run,
};
