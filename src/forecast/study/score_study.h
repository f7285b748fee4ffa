/* The runs of a table or store with their scores: what laws and tests of an ability are asked of.
 *
 *     ll_score_study s;
 *     LL_TRY(ll_score_study_read(&s, "runs.csv", NULL, &opts, &(ll_score_ask) { .scores = "p.exact,p.logprob" }, err));
 *     s.n, s.x, s.score[0]
 *     ll_score_study_clear(&s);
 *
 * A run without the scale is left out, unless `unscaled`; with `whole`, so is one that lacks any of the scores.
 */
#ifndef LL_FORECAST_STUDY_SCORE_STUDY_H
#define LL_FORECAST_STUDY_SCORE_STUDY_H

#include "fit/ability/two_step.h"
#include "forecast/study/study.h"

enum { LL_SCORES_MOST = 64 };

typedef struct ll_score_ask {
    const char *scores; /* "A,B": columns or measures; loss is the loss */
    const char *x;      /* params, tokens, flops, loss, a column or measure; "": the first of params, flops, loss */
    bool both;          /* N and D instead of x, where that is "" */
    bool whole;
    bool unscaled; /* runs whose scale is not known stay, with NaN */
} ll_score_ask;

typedef struct ll_score_study {
    ll_study study;
    int64_t n;
    int n_scores;
    char name[LL_SCORES_MOST][LL_HEADER_MAX], along[LL_HEADER_MAX]; /* along: "" of both */
    bool falling;                                                   /* x is a loss */
    double *x, *N, *D;                                              /* [n]; x NULL of both, else N and D are */
    double *C; /* [n] 6 N D or the table's; NULL where it is not known */
    double *score[LL_SCORES_MOST];
    int64_t *cluster;    /* NULL: each run its own */
    const char **family; /* names, borrowed, NULL reads as ""; NULL: the table has no such column */
    double *block;       /* owns them */
} ll_score_study;

/* opts: table and ladder, law and x not read. */
ll_status ll_score_study_read(ll_score_study *s, const char *path, const char *store, const ll_study_opts *opts,
                              const ll_score_ask *ask, ll_error *err);
void ll_score_study_clear(ll_score_study *s);

/* A run of so many parameters and tokens as the law reads it: N and D, or the one variable as LL_VAR_X. LL_EINPUT
 * where that is none of params, tokens and flops. */
ll_status ll_score_study_at(const ll_score_study *s, double params, double tokens, double x[LL_VAR_COUNT],
                            ll_error *err);

/* Of a study of two scores, what is asked and what it goes through. Borrowed. */
ll_two_step_data ll_score_study_two_steps(const ll_score_study *s);

#endif
