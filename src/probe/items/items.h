/* Items: questions that others published in files, each a context and the choices that may follow it. A format says
 * where a file has what; the choices' log-probabilities are asked for, and metrics are means over the items.
 *
 *     static const ll_item_format piqa = { .name = "piqa", .context = "Question: {goal}\nAnswer:", .joint = " ",
 *                                          .choices = "sol1 sol2", .right = "label", .neutral = "Answer:" };
 *     static const ll_item_metric metrics[] = { { "accuracy", ll_item_accuracy, ll_item_even } };
 *     return ll_items_run(&piqa, metrics, 1, subject, out, err);
 *
 * A path is keys with dots between them, "question.stem"; "[]." goes through a list: "question.choices[].text".
 */
#ifndef LL_PROBE_ITEMS_ITEMS_H
#define LL_PROBE_ITEMS_ITEMS_H

#include "probe/items/rows.h"
#include "probe/probes.h"

enum { LL_ITEM_CHOICES = 16 }; /* of one item, at most */
#define LL_ITEM_GROUP_LETTERS \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-" /* it calls a metric */

typedef struct ll_item_format {
    const char *name;      /* of the probe, for messages */
    const char *id;        /* path; NULL: file and line */
    const char *group;     /* path of what metrics are also told by; NULL: none */
    bool group_is_file;    /* the group is the file's name, up to its first dot */
    const char *cluster;   /* path: items of one cluster are not independent; NULL: each is */
    bool cluster_is_swap;  /* the cluster is the first words in which two choices differ: "he|she" */
    const char *context;   /* with paths in braces: "Question: {goal}\nAnswer:" */
    const char *joint;     /* between the context and a choice, the choice's own; NULL: nothing */
    const char *choices;   /* paths of texts or of lists of them, blanks between */
    const char *right;     /* path of a number from 0, or of one of the labels; NULL: the first is right */
    const char *labels;    /* path of the choices' labels */
    const char *last_word; /* path of a text in place of context and choices: its last word is the one choice */
    const char *neutral;   /* a context that asks nothing: how likely a choice is by itself; NULL: not asked */
} ll_item_format;

typedef struct ll_item {
    ll_json *told; /* id, group, cluster, context, choices, right: owned, and so are the texts */
    int n;         /* choices */
    int right;
    int64_t first;          /* of its choices' scores */
    int64_t group, cluster; /* numbers of their names; -1: none */
} ll_item;

typedef struct ll_item_names { /* numbered from 0, in the order in which they are met */
    ll_json *number;
    int64_t n;
} ll_item_names;

typedef struct ll_items {
    const ll_item_format *format;
    ll_item *of;
    int64_t n, room;
    int64_t choices; /* of all items */
    ll_item_names groups, clusters;
    ll_lm_score *score;   /* [choices]; NULL before ll_items_ask */
    ll_lm_score *neutral; /* [choices]; NULL where the format asks for none */
} ll_items;

/* Every row of opts->data, in the files' order, into the sink, which adds items: ll_items_row (ctx: the ll_items) makes
 * one of each by the format. LL_EFORMAT with file and line: a path leads nowhere, an empty choice, a label that is none
 * of the choices'. */
ll_status ll_items_read(ll_items *items, const ll_probe_opts *opts, ll_row_sink *sink, void *ctx, ll_error *err);
ll_row_sink ll_items_row;
void ll_items_clear(ll_items *items);

/* Takes over told: context and choices, the rest may be absent; row names its origin. */
ll_status ll_items_add(ll_items *items, ll_json *told, const ll_row *row, ll_error *err);

/* Of more than opts->items (0: no limit) so many are kept, drawn by opts->seed. LL_EINPUT where there is none. */
ll_status ll_items_draw(ll_items *items, const ll_probe_opts *opts, ll_error *err);

/* Fills score and neutral, and tells each item: its texts, then logprob, tokens, greedy and neutral_logprob of each
 * choice. */
ll_status ll_items_ask(ll_items *items, const ll_probe_subject *subject, ll_error *err);

const char *ll_item_choice(const ll_item *item, int c); /* with the format's joint in front; borrowed */

/* ---- metrics ---- */

typedef double ll_item_value(const ll_items *items, const ll_item *item);

/* The value is the mean over the items, its standard error over clusters; without them, and where all items are of one,
 * over items. */
typedef struct ll_item_metric {
    const char *name;
    ll_item_value *value;
    ll_item_value *chance; /* its mean is the level of who knows nothing; NULL: there is no such level */
} ll_item_metric;

ll_status ll_items_measure(const ll_items *items, const ll_item_metric *metrics, int n, ll_measures *out,
                           ll_error *err);
/* One metric in each group, called by the group; nothing where there is one group. */
ll_status ll_items_measure_groups(const ll_items *items, const ll_item_metric *metric, ll_measures *out,
                                  ll_error *err);

/* A whole probe: read, draw, ask, measure, and the first metric in each group. out is made empty first. */
ll_status ll_items_run(const ll_item_format *format, const ll_item_metric *metrics, int n,
                       const ll_probe_subject *subject, ll_measures *out, ll_error *err);

/* 1 where the right choice has the highest score, 1/m where it shares that with m - 1 others. score [item->n]. */
double ll_item_best(const ll_item *item, const double *score);

/* That of the log-probabilities; and of a model to which every token is as likely as any other, and so the choice of
 * the fewest tokens the likeliest. Where all are of one length this is 1/n. It is where an untrained model stands: the
 * published sets differ in length, and there an untrained model is far from 1/n. */
ll_item_value ll_item_accuracy, ll_item_even;

/* Log-probability of the right choice; by how much the first choice is likelier than the second. */
ll_item_value ll_item_logprob, ll_item_difference;

#endif
