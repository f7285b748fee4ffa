/* A constitution, loglog.constitution/1, and the loop that puts it into models, measured (Bai et al. 2022).
 *
 *     ll_constitution c;
 *     LL_TRY(ll_constitution_load(&c, "house.yaml", err));
 *     const ll_loop_opts opts = { .store = "loglog.db", .ladder = "", .where = "" };
 *     LL_TRY(ll_loop_run(&c, &opts, err));                            loop.h
 *     LL_TRY(ll_loop_read(&table, &c, &opts, err));
 *
 * The file has principles, each with a judge; a gold judge, which is only measured and never optimised; and the loop's
 * numbers. The room, from the file to the scores: constitution (the file), panel (its judges, opened for one run),
 * answers (prompts of the run's own text, and what a model says after them), reached (a model on the held-out prompts),
 * stages (what is trained: supervised on revised answers, then DPO on pairs), loop (one run after the other, its
 * scores, weights and rows of the store).
 *
 * Of a run RUN of a ladder the loop leaves the runs RUN+NAME.sft and RUN+NAME.dpo, of role tuned, with weights
 * beside the others; RUN has the scores NAME.STAGE.WHAT. Stages: before, supervised, preference, and on the way of
 * the last step.N, and bestof.N of the supervised model. What: all (an answer violates some principle, by their
 * judges), gold, a principle's id, kl (to RUN, nats an answer), loss and tax (on plain text), flops, samples,
 * rounds and pairs (of the loop so far). Whatever is there is not done again, and a loop that was killed ends with
 * the same bits.
 */
#ifndef LL_SWEEP_CONSTITUTION_CONSTITUTION_H
#define LL_SWEEP_CONSTITUTION_CONSTITUTION_H

#include "base/document/form.h"
#include "base/document/hash.h"
#include "probe/judge/juror.h"

#define LL_CONSTITUTION_SCHEMA "loglog.constitution/1"

enum { LL_PRINCIPLES_MOST = 12 };

typedef struct ll_principle {
    char id[LL_OPTION_NAME];
    char words[LL_OPTION_TEXT];
    double weight; /* an answer is free of violations with the product of (1 - p)^weight */
    ll_juror_spec judge;
    int line; /* of the file */
} ll_principle;

typedef struct ll_constitution {
    char schema[LL_OPTION_NAME], name[LL_OPTION_NAME], about[LL_OPTION_TEXT];
    ll_juror_spec gold; /* kind none: there is none */
    struct {
        int64_t count, held_out; /* to learn from, to be measured by */
        int64_t length, answer;  /* tokens */
        double temperature;
    } prompts;
    struct {
        int64_t rounds, tries; /* of a revision: so many, each the best of so many */
    } revise;
    struct {
        int64_t steps, batch;
        double plain, rate; /* share of a batch that is plain text; of the run's own peak rate */
    } supervised;
    struct {
        int64_t pairs; /* of each prompt */
        int64_t steps, batch, points;
        double beta, rate;
    } preference;
    int64_t best_of; /* samples that the best is taken of, at most; 1: it is not tried */
    int64_t windows; /* of plain text, whose loss is the tax */
    int64_t seed;
    int n;
    ll_principle principle[LL_PRINCIPLES_MOST];
    char where[LL_OPTION_TEXT]; /* the file */
    char hash[LL_HASH_HEX];     /* of what it says */
} ll_constitution;

extern const ll_option_form ll_constitution_form[]; /* every key; ends with rows NULL */

/* Unknown keys and judges, an empty principle, two of one id, a pattern that explodes and a judge's file that is none
 * name file and line: LL_EINPUT or LL_EFORMAT. */
ll_status ll_constitution_parse(ll_constitution *c, const char *text, size_t size, const char *where,
                                ll_error *err);
ll_status ll_constitution_load(ll_constitution *c, const char *path, ll_error *err);
ll_status ll_constitution_bind(ll_constitution *c, const ll_yaml_node *root, const char *where, ll_error *err);

/* The same with learned judges that are given so many labels; another name, of at most 12 letters, and another hash. */
ll_status ll_constitution_with_labels(ll_constitution *out, const ll_constitution *c, int64_t labels,
                                      ll_error *err);
int64_t ll_constitution_labels(const ll_constitution *c); /* most of its learned judges; 0: none learns */

ll_json *ll_constitution_json(const ll_constitution *c);

#endif
