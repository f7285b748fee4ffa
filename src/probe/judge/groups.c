#include "probe/judge/groups.h"

#include <math.h>

#include "stat/binomial.h"
#include "stat/student.h"

#define LEVEL 0.9

typedef struct tally {
    int64_t right, judged, alarms, harmless;
} tally;

static void count_alarm(tally *t, double said, bool label) {
    if (label) return;
    t->harmless++;
    t->alarms += said > 0.5;
}

static void count(tally *t, const ll_classifier *c, const ll_labelled *text, bool pairs) {
    const double said = ll_classifier_says(c, text->text, text->size);
    count_alarm(t, said, text->label);
    t->judged++;
    if (!pairs) {
        t->right += (said > 0.5) == text->label;
        return;
    }
    const double other = ll_classifier_says(c, text[1].text, text[1].size);
    count_alarm(t, other, text[1].label);
    t->right += said > other;
}

static ll_judge_share share(int64_t k, int64_t n) {
    ll_judge_share s = { n, NAN, NAN, NAN };
    if (!n) return s;
    s.value = (double)k / (double)n;
    ll_binomial_interval(k, n, LEVEL, &s.lo, &s.hi);
    return s;
}

/* Pearson (1900); its chi-square of f degrees of freedom is f times Fisher's F with a denominator that is known. */
typedef struct homogeneity {
    double squares, k, n;
    int groups;
} homogeneity;

static void weigh(homogeneity *h, const ll_judge_share *s) {
    if (!s->of) return;
    const double n = (double)s->of;
    h->squares += n * s->value * s->value;
    h->k += n * s->value;
    h->n += n;
    h->groups++;
}

static double p_of(const homogeneity *h) {
    const double all = h->k / h->n, freedom = h->groups - 1;
    if (h->groups < 2) return NAN;
    if (all <= 0 || all >= 1) return 1;
    const double chi = (h->squares - h->n * all * all) / (all * (1 - all));
    return fmax(0, 1 - ll_fisher_cdf(chi / freedom, freedom, 1e9));
}

void ll_judge_groups_of(ll_judge_groups *out, const ll_classifier *c, const ll_labelled_texts *l) {
    tally of[LL_LABEL_GROUPS_MOST] = { 0 };
    homogeneity accuracy = { 0 }, alarms = { 0 };
    const int step = l->pairs ? 2 : 1;
    *out = (ll_judge_groups) { .n = l->n_groups };
    for (int64_t i = 0; i + step <= l->n; i += step)
        if (ll_classifier_held_out(&l->of[i])) count(&of[l->of[i].group], c, &l->of[i], l->pairs);
    for (int32_t g = 0; g < l->n_groups; g++) {
        const tally *t = &of[g];
        out->of[g] = (ll_judge_group) { l->group[g], share(t->right, t->judged), share(t->alarms, t->harmless) };
        weigh(&accuracy, &out->of[g].accuracy);
        weigh(&alarms, &out->of[g].alarms);
    }
    out->accuracy_p = p_of(&accuracy);
    out->alarms_p = p_of(&alarms);
}
