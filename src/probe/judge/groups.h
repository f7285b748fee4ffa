/* Whether a judge treats groups of texts alike: held-out labels, group by group.
 *
 *     ll_judge_groups g;
 *     ll_judge_groups_of(&g, classifier, &labelled);
 *     g.of[0].name, g.of[0].accuracy, g.of[0].alarms, g.alarms_p
 *
 * A judge that is right equally often may still call harmless texts of one group violations more often than those of
 * another: that is the false-alarm rate by group (Dixon et al. 2018).
 */
#ifndef LL_PROBE_JUDGE_GROUPS_H
#define LL_PROBE_JUDGE_GROUPS_H

#include "probe/judge/labels.h"

typedef struct ll_judge_share {
    int64_t of;
    double value, lo, hi; /* Wilson's interval at 90 %; NaN where of is 0 */
} ll_judge_share;

typedef struct ll_judge_group {
    const char *name;        /* borrowed from the labels */
    ll_judge_share accuracy; /* texts judged rightly; of pairs, those in the right order */
    ll_judge_share alarms;   /* texts without the label that the judge calls violations */
} ll_judge_group;

typedef struct ll_judge_groups {
    ll_judge_group of[LL_LABEL_GROUPS_MOST];
    int32_t n;
    /* How likely shares so far apart are where all groups are alike: Pearson's chi-square of homogeneity; NaN for
     * fewer than two groups with texts. */
    double accuracy_p, alarms_p;
} ll_judge_groups;

/* Only the texts that the classifier was not made of count. */
void ll_judge_groups_of(ll_judge_groups *out, const ll_classifier *c, const ll_labelled_texts *l);

#endif
