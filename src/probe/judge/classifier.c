#include "probe/judge/classifier.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loglog/random.h"
#include "stat/binomial.h"

enum { TEXTS_LEAST = 20, WORDS_MOST = 4, NEWTON_STEPS = 50, LEARN = 70, CALIBRATE = 85 };
#define RATE 0.5
#define LEVEL 0.9

/* ---- a text as places ---- */

static uint64_t mix(uint64_t h, unsigned char byte) {
    return (h ^ byte) * 1099511628211u; /* FNV-1a */
}

static int64_t place(const ll_classifier *c, uint64_t h) {
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    h ^= h >> 33;
    return (int64_t)(h >> (64 - c->opts.bits));
}

static bool is_blank(unsigned char b) {
    return b <= 32;
}

typedef void at_place(void *ctx, int64_t place);

static int64_t walk_letters(const ll_classifier *c, const unsigned char *text, size_t size, at_place *visit,
                            void *ctx) {
    int64_t n = 0;
    for (size_t i = 0; i < size; i++) {
        uint64_t h = 14695981039346656037u;
        for (size_t k = 0; k < (size_t)c->opts.letters && i + k < size; k++, n++) {
            h = mix(h, text[i + k]);
            if (visit) visit(ctx, place(c, h));
        }
    }
    return n;
}

/* A word is what stands between blanks; its n-grams end with it. */
static int64_t walk_words(const ll_classifier *c, const unsigned char *text, size_t size, at_place *visit,
                          void *ctx) {
    uint64_t open[WORDS_MOST] = { 0 }; /* n-grams that have begun, the longest first */
    int64_t n = 0, began = 0;
    for (size_t i = 0; i < size;) {
        while (i < size && is_blank(text[i])) i++;
        if (i == size || !c->opts.words) break;
        if (began == c->opts.words) memmove(open, open + 1, (size_t)(--began) * sizeof *open);
        open[began++] = 0x9e3779b97f4a7c15u;
        for (; i < size && !is_blank(text[i]); i++)
            for (int64_t k = 0; k < began; k++) open[k] = mix(open[k], text[i]);
        for (int64_t k = 0; k < began; k++, n++) {
            open[k] = mix(open[k], ' ');
            if (visit) visit(ctx, place(c, open[k]));
        }
    }
    return n;
}

/* How many n-grams; visit may be NULL. */
static int64_t walk(const ll_classifier *c, const char *text, size_t size, at_place *visit, void *ctx) {
    const unsigned char *bytes = (const unsigned char *)text;
    return walk_letters(c, bytes, size, visit, ctx) + walk_words(c, bytes, size, visit, ctx);
}

typedef struct summing {
    const ll_classifier *c;
    double sum;
} summing;

static void add_weight(void *ctx, int64_t at) {
    summing *s = ctx;
    s->sum += s->c->weight[at];
}

static double sum_of(const ll_classifier *c, const char *text, size_t size) {
    summing s = { c, 0 };
    const int64_t n = walk(c, text, size, add_weight, &s);
    return n ? s.sum / sqrt((double)n) : 0;
}

static double logistic(double z) {
    return 1 / (1 + exp(-z));
}

double ll_classifier_says(const ll_classifier *c, const char *text, size_t size) {
    return logistic(c->scale * sum_of(c, text, size) + c->shift);
}

/* ---- learning: stochastic gradients, each place at a rate of its own (Duchi et al. 2011) ---- */

typedef struct learning {
    ll_classifier *c;
    const ll_labelled *text;
    int64_t n; /* units: texts, or pairs */
    bool pairs;
    double *square; /* [2^bits] of the gradients so far */
    double bias, bias_square, step;
    int64_t *order;
} learning;

/* 0 to 99 */
static int part_of_text(const ll_labelled *t) {
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < t->size; i++) h = mix(h, (unsigned char)t->text[i]);
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    return (int)((h >> 33) % 100);
}

static int part_of(const learning *l, int64_t unit) {
    return part_of_text(&l->text[l->pairs ? 2 * unit : unit]);
}

bool ll_classifier_held_out(const ll_labelled *text) {
    return part_of_text(text) >= CALIBRATE;
}

static void move(void *ctx, int64_t at) {
    learning *l = ctx;
    double *w = &l->c->weight[at];
    l->square[at] += l->step * l->step;
    *w -= RATE * (l->step + l->c->opts.decay * *w) / sqrt(1e-8 + l->square[at]);
}

static void move_text(learning *l, const ll_labelled *t, double step) {
    const int64_t n = walk(l->c, t->text, t->size, NULL, NULL);
    if (!n) return;
    l->step = step / sqrt((double)n);
    walk(l->c, t->text, t->size, move, l);
}

static void learn_unit(learning *l, int64_t unit) {
    if (l->pairs) {
        const ll_labelled *worse = &l->text[2 * unit], *better = worse + 1;
        const double z = sum_of(l->c, worse->text, worse->size) - sum_of(l->c, better->text, better->size);
        move_text(l, worse, logistic(z) - 1);
        move_text(l, better, 1 - logistic(z));
        return;
    }
    const ll_labelled *t = &l->text[unit];
    const double step = logistic(sum_of(l->c, t->text, t->size) + l->bias) - t->label;
    move_text(l, t, step);
    l->bias_square += step * step;
    l->bias -= RATE * step / sqrt(1e-8 + l->bias_square);
}

static void learn(learning *l) {
    int64_t n = 0;
    for (int64_t i = 0; i < l->n; i++)
        if (part_of(l, i) < LEARN) l->order[n++] = i;
    l->c->report.learnt = n;
    for (int64_t epoch = 0; epoch < l->c->opts.epochs; epoch++) {
        ll_rng r = ll_rng_at((uint64_t)l->c->opts.seed, LL_STREAM_JUDGE, (uint64_t)epoch);
        for (int64_t i = n - 1; i > 0; i--) {
            const int64_t k = ll_rng_below(&r, i + 1), keep = l->order[i];
            l->order[i] = l->order[k];
            l->order[k] = keep;
        }
        for (int64_t i = 0; i < n; i++) learn_unit(l, l->order[i]);
    }
}

/* ---- calibration: scale and shift by Newton's steps on the texts of that part ---- */

static int64_t texts_of(const learning *l, int64_t unit, const ll_labelled **first) {
    *first = &l->text[l->pairs ? 2 * unit : unit];
    return l->pairs ? 2 : 1;
}

static void calibrate(learning *l) {
    ll_classifier *c = l->c;
    c->scale = 1, c->shift = l->bias;
    for (int step = 0; step < NEWTON_STEPS; step++) {
        double g[2] = { 0, 0 }, h[3] = { 1e-3, 0, 1e-3 };
        g[0] = 1e-3 * (c->scale - 1);
        int64_t n = 0;
        for (int64_t i = 0; i < l->n; i++) {
            const ll_labelled *t;
            if (part_of(l, i) < LEARN || part_of(l, i) >= CALIBRATE) continue;
            n++;
            for (int64_t k = texts_of(l, i, &t); k-- > 0; t++) {
                const double x = sum_of(c, t->text, t->size), p = logistic(c->scale * x + c->shift);
                g[0] += (p - t->label) * x, g[1] += p - t->label;
                h[0] += p * (1 - p) * x * x, h[1] += p * (1 - p) * x, h[2] += p * (1 - p);
            }
        }
        c->report.calibrated = n;
        const double det = h[0] * h[2] - h[1] * h[1];
        const double a = (h[2] * g[0] - h[1] * g[1]) / det, b = (h[0] * g[1] - h[1] * g[0]) / det;
        c->scale -= fmax(-1, fmin(1, a));
        c->shift -= fmax(-1, fmin(1, b));
        if (fabs(a) + fabs(b) < 1e-9) break;
    }
    if (!(c->scale > 0)) c->scale = 0; /* it has learnt the contrary: then it says nothing */
}

/* ---- judged by what it never saw ---- */

static void put_bins(ll_classifier_report *r, double said, bool label) {
    int b = (int)(said * LL_CLASSIFIER_BINS);
    if (b >= LL_CLASSIFIER_BINS) b = LL_CLASSIFIER_BINS - 1;
    r->bin[b].n++;
    r->bin[b].said += said;
    r->bin[b].share += label;
}

static void close_bins(ll_classifier_report *r) {
    int64_t all = 0;
    for (int b = 0; b < LL_CLASSIFIER_BINS; b++) {
        if (!r->bin[b].n) continue;
        r->bin[b].said /= (double)r->bin[b].n;
        r->bin[b].share /= (double)r->bin[b].n;
        r->calibration += (double)r->bin[b].n * fabs(r->bin[b].said - r->bin[b].share);
        all += r->bin[b].n;
    }
    r->calibration = all ? r->calibration / (double)all : NAN;
}

/* right [2], of [2] by label; of pairs only the second. */
static void judge(learning *l, int64_t right[2], int64_t of[2]) {
    ll_classifier_report *r = &l->c->report;
    for (int64_t i = 0; i < l->n; i++) {
        const ll_labelled *t;
        double said[2];
        if (part_of(l, i) < CALIBRATE) continue;
        const int64_t n = texts_of(l, i, &t);
        r->judged++;
        for (int64_t k = 0; k < n; k++) {
            said[k] = ll_classifier_says(l->c, t[k].text, t[k].size);
            put_bins(r, said[k], t[k].label);
        }
        const bool label = l->pairs || t->label;
        of[label]++;
        right[label] += l->pairs ? said[0] > said[1] : (said[0] > 0.5) == t->label;
    }
    close_bins(r);
}

/* The mean over the labels of their shares; its interval by those of the shares, as independent. */
static ll_status score(learning *l, ll_error *err) {
    ll_classifier_report *r = &l->c->report;
    int64_t right[2] = { 0 }, of[2] = { 0 };
    double below = 0, above = 0;
    judge(l, right, of);
    if (!of[1] || (!l->pairs && !of[0]))
        return LL_FAIL(err, LL_EINPUT,
                       "of %lld texts that it is judged by, none bears one of the labels: expected more",
                       (long long)r->judged);
    const int n = l->pairs ? 1 : 2;
    for (int k = l->pairs; k < 2; k++) {
        double lo, hi;
        const double share = (double)right[k] / (double)of[k];
        ll_binomial_interval(right[k], of[k], LEVEL, &lo, &hi);
        r->accuracy += share / n;
        below += (share - lo) * (share - lo) / (n * n);
        above += (hi - share) * (hi - share) / (n * n);
    }
    r->lo = r->accuracy - sqrt(below);
    r->hi = r->accuracy + sqrt(above);
    if (r->lo > 0.5) return LL_OK;
    return LL_FAIL(
        err, LL_EINPUT,
        "the judge is right in %.3f [%.3f, %.3f] of %lld held-out %s, which is no better than chance (0.5)",
        r->accuracy, r->lo, r->hi, (long long)r->judged, l->pairs ? "pairs" : "texts");
}

static ll_status train(learning *l, ll_error *err) {
    int64_t of[2] = { 0 };
    for (int64_t i = 0; i < l->n && !l->pairs; i++) of[l->text[i].label]++;
    if (l->n < TEXTS_LEAST)
        return LL_FAIL(err, LL_EINPUT, "%lld texts, expected at least %d", (long long)l->n, TEXTS_LEAST);
    if (!l->pairs && (!of[0] || !of[1]))
        return LL_FAIL(err, LL_EINPUT, "all of %lld texts bear the same label, expected both", (long long)l->n);
    learn(l);
    calibrate(l);
    return score(l, err);
}

ll_status ll_classifier_train(ll_classifier **out, const ll_labelled *text, int64_t n, bool pairs,
                              const ll_classifier_opts *opts, ll_error *err) {
    ll_classifier *c = *out = calloc(1, sizeof *c);
    learning l = { .c = c, .text = text, .n = pairs ? n / 2 : n, .pairs = pairs };
    ll_status s = LL_OK;
    if (c) {
        c->opts = *opts;
        c->report.pairs = pairs;
        c->weight = calloc((size_t)1 << opts->bits, sizeof *c->weight);
        l.square = calloc((size_t)1 << opts->bits, sizeof *l.square);
        l.order = calloc((size_t)l.n + 1, sizeof *l.order);
    }
    s = c && c->weight && l.square && l.order ? train(&l, err)
                                              : LL_FAIL(err, LL_ENOMEM, "out of memory for a classifier");
    free(l.square);
    free(l.order);
    if (s == LL_OK) return LL_OK;
    ll_classifier_free(c);
    *out = NULL;
    return s;
}

void ll_classifier_free(ll_classifier *c) {
    if (!c) return;
    free(c->weight);
    free(c);
}
