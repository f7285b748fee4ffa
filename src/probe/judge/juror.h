/* Jurors, the judges of principles: what says of an answer whether it violates a principle.
 *
 *     ll_juror *j;
 *     LL_TRY(ll_juror_open(&j, &spec, "house.yaml:7", NULL, err));
 *     const ll_judged answer = { .prompt = { "2+2=", 4 }, .answer = { "4", 1 } };
 *     ll_judgement said;
 *     LL_TRY(ll_juror_ask(j, &answer, 1, &said, err));
 *     said.violates, said.from
 *     ll_juror_close(j);
 *
 * rule: a regular expression that the answer must not match, or must where `required` says so. check: a check of the
 * text, by name. classifier: a file of 'constitution train-judge' (classifier.h). likelihood: what a language model
 * gives yes against no after the principle's question (Bai et al. 2022, section 4.1). learned: a classifier that a loop
 * fits to the labels of another judge (Gao et al. 2022), which is opened with ll_juror_learned.
 */
#ifndef LL_PROBE_JUDGE_JUROR_H
#define LL_PROBE_JUDGE_JUROR_H

#include "base/document/option.h"
#include "probe/judge/classifier.h"
#include "probe/lm.h"

typedef struct ll_juror_spec {
    char kind[LL_OPTION_NAME]; /* "": there is none */
    char pattern[LL_OPTION_TEXT];
    bool caseless, required;
    char check[LL_OPTION_NAME];
    char file[LL_OPTION_TEXT];                            /* of a classifier */
    char question[LL_OPTION_TEXT];                        /* of a likelihood */
    char model[LL_OPTION_TEXT], endpoint[LL_OPTION_TEXT]; /* whose; "": the run itself */
    int64_t labels;                                       /* of a learned one */
} ll_juror_spec;

#define LL_JUROR_KINDS "none rule check classifier likelihood learned"
#define LL_JUROR_CHECKS "quotes brackets repeats unprintable"
#define LL_JUROR_ROWS(PREFIX, AT)                                                                               \
    { PREFIX "kind", LL_OPT_NAME, AT(kind), "none", "what judges", .names = LL_JUROR_KINDS },                   \
        { PREFIX "pattern", LL_OPT_TEXT, AT(pattern), "",                                                       \
          "of a rule: a regular expression (PCRE2) on the answer" },                                            \
        { PREFIX "caseless", LL_OPT_BOOL, AT(caseless), "false", "of a rule: capitals are as small letters" },  \
        { PREFIX "required", LL_OPT_BOOL, AT(required), "false",                                                \
          "of a rule: an answer that does not match violates" },                                                \
        { PREFIX "check",                                                                                       \
          LL_OPT_NAME,                                                                                          \
          AT(check),                                                                                            \
          "quotes",                                                                                             \
          "of a check: quotes or brackets left open, a part said over and over, bytes that nobody can read",    \
          .names = LL_JUROR_CHECKS },                                                                           \
        { PREFIX "file", LL_OPT_TEXT, AT(file), "", "of a classifier: what 'constitution train-judge' wrote" }, \
        { PREFIX "question", LL_OPT_TEXT, AT(question), "",                                                     \
          "of a likelihood: asked after prompt and answer; Yes means that it violates" },                       \
        { PREFIX "model", LL_OPT_TEXT, AT(model), "", "of a likelihood: a run of the store; the run itself" },  \
        { PREFIX "endpoint", LL_OPT_TEXT, AT(endpoint), "", "of a likelihood: a server of /completions" }, {    \
        PREFIX "labels", LL_OPT_INT, AT(labels), "256",                                                         \
            "of a learned one: samples that the gold judge labels for it", .min = 32, .max = 1e6                \
    }

typedef struct ll_judged {
    ll_span prompt, answer; /* the answer may be empty */
} ll_judged;

typedef struct ll_judgement {
    double violates; /* the probability */
    size_t from;     /* where in the answer it begins to; 0 where nobody knows */
} ll_judgement;

typedef struct ll_juror ll_juror;
struct ll_juror {
    ll_juror_spec spec;
    ll_status (*ask)(ll_juror *j, const ll_judged *of, int64_t n, ll_judgement *out, ll_error *err);
    void *state; /* the kind's */
    void (*clear)(void *state);
};

/* lm: of a likelihood; borrowed. where names the spec's place in errors. LL_EINPUT for a pattern that takes too many
 * steps on a text of one letter, a classifier's file that is none, a judge that says nothing to judge by. */
ll_status ll_juror_open(ll_juror **out, const ll_juror_spec *spec, const char *where, ll_lm *lm, ll_error *err);
/* Of a classifier that is there, which it takes over. */
ll_status ll_juror_learned(ll_juror **out, ll_classifier *classifier, ll_error *err);
void ll_juror_close(ll_juror *j); /* NULL is fine */

ll_status ll_juror_ask(ll_juror *j, const ll_judged *of, int64_t n, ll_judgement *out, ll_error *err);

/* What a check finds: where in the text it begins, or -1. */
int64_t ll_juror_check_text(const char *check, const char *text, size_t size);

#endif
