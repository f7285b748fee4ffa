/* Labelled texts out of files that others publish (probe/items/rows.h): a column of texts and one of labels, or a
 * column of the better and one of the worse answer.
 *
 *     ll_labelled_texts l;
 *     LL_TRY(ll_labels_read(&l, &(ll_labels_opts) { .path = "hh.jsonl", .better = "chosen", .worse = "rejected" }, err));
 *     ll_classifier_train(&c, l.of, l.n, l.pairs, &opts, err);
 *     ll_labels_clear(&l);
 */
#ifndef LL_PROBE_JUDGE_LABELS_H
#define LL_PROBE_JUDGE_LABELS_H

#include "probe/judge/classifier.h"

typedef struct ll_labels_opts {
    const char *path;
    const char *text, *label; /* columns */
    const char *positive;     /* what a label is called that violates */
    const char *better,
        *worse;        /* columns of pairs, in place of those; "": none. What both begin with is left out */
    const char *group; /* a column whose values part the texts; NULL or "": none */
    int64_t most;      /* rows; 0: all */
} ll_labels_opts;

typedef struct ll_labelled_texts {
    ll_labelled *of; /* [n] of pairs the worse one first; owned, with their texts */
    int64_t n;
    bool pairs;
    char **group; /* [n_groups] names, in the order in which they came; owned */
    int32_t n_groups;
} ll_labelled_texts;

enum { LL_LABEL_GROUPS_MOST = 64 };

/* A column that a row has not is LL_EFORMAT with file and line. */
ll_status ll_labels_read(ll_labelled_texts *out, const ll_labels_opts *opts, ll_error *err);
void ll_labels_clear(ll_labelled_texts *l);

#endif
