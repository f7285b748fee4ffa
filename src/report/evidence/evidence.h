/* All that a report or a figure of a ladder rests on, gathered once from the store, a table or a saved fit.
 *
 *     ll_evidence *e;
 *     LL_TRY(ll_evidence_gather(&e, &(ll_evidence_opts) { .store = "loglog.db" }, err));      of the newest ladder
 *     e->runs[i], e->curves[i], e->sealed[k]
 *     ll_evidence_free(e);
 *
 * What cannot be had (too few runs for a law, no forecast) is absent and said in words, no failure.
 */
#ifndef LL_REPORT_EVIDENCE_EVIDENCE_H
#define LL_REPORT_EVIDENCE_EVIDENCE_H

#include <stdbool.h>

#include "decide/plan/plan.h"
#include "fit/approach/frontier.h"
#include "fit/approach/univariate.h"
#include "forecast/ledger/ledger_view.h"
#include "forecast/study/study.h"

typedef struct ll_learning_curve {
    ll_point *at; /* in order of steps */
    int64_t n;
} ll_learning_curve;

/* A forecast of this ladder in the ledger, and what came of it. */
typedef struct ll_sealed {
    ll_seal seal;
    int64_t run;     /* index of the run it speaks of, -1 when unknown */
    bool came;       /* the ledger has its outcome */
    ll_score score;  /* valid when it came */
    double in_table; /* the run's loss in the table of runs where that is another than what came, else NaN */
} ll_sealed;

/* What a gate left in the ledger: that it did not say yes to a run, or that someone let it go on. */
typedef struct ll_gate_record {
    int64_t seq;
    bool waiver;
    char when[32], about[64]; /* about: the run, or the levels that are waived */
    char says[64];            /* "fail" or "investigate"; of a waiver who signed */
    char why[512];
} ll_gate_record;

/* A run that is planned for, and what it is called. */
typedef struct ll_question {
    char words[128]; /* "10 x" the largest run, or the reader's own budget */
    ll_plan_ask ask;
} ll_question;

enum { LL_EVIDENCE_PLANS = 2, LL_EVIDENCE_FAN = 33 };

/* What the runs that the fitted law calls best will reach, from the largest observation to the farthest run that is
 * planned or sealed, at least to ten times the largest run; even in ln C. */
typedef struct ll_fan {
    ll_outlook at[LL_EVIDENCE_FAN];
    int n; /* 0: there is no forecast */
} ll_fan;

typedef struct ll_evidence_opts {
    const char *store;        /* whose ladder, unless there is a study, and whose ledger */
    const char *ladder;       /* NULL or "": the newest; LL_LADDER_IMPORTED, LL_LADDER_ALL */
    ll_study *study;          /* of a table or a saved fit, fitted; taken. NULL: of the ladder */
    const ll_study_opts *how; /* of the ladder's study: law, fit and table.where. NULL: the defaults */
    const ll_question
        *question; /* [n_questions] at most LL_EVIDENCE_PLANS; none: 10 and 100 times the largest run */
    int n_questions;
    const char *title; /* NULL or "": the ladder's name, or the source's */
    const char *flags; /* NULL or "": of the command line, for the same study: " --where 'kept = 1'" */
    bool laws_alone;   /* no forecast, no plan, no frontier and no test of the surface's bends: for who drags */
} ll_evidence_opts;

typedef struct ll_evidence {
    char store[1024], title[128];
    char how[4096];   /* as opts.flags */
    ll_ladder ladder; /* id "": a table, a saved fit or a store without a ladder: the runs are all there are */
    ll_run *runs;
    ll_learning_curve *curves; /* [n_runs] */
    int64_t n_runs;            /* of very many in a store the ones that are shown */
    int64_t n_all, n_done;     /* all that there are, and those of them that are done */
    ll_sealed *sealed;
    int64_t n_sealed;
    ll_said *said; /* laws' forecasts of scores of these runs */
    int64_t n_said;
    ll_score *scores;         /* of every forecast in the ledger, of whichever ladder, that has one there */
    int64_t n_scores, n_open; /* n_open: forecasts without */
    ll_gate_record *verdicts; /* oldest first */
    int64_t n_verdicts;
    char broken[LL_ERROR_MAX]; /* why the ledger cannot be believed; "" when it can */
    ll_params_are params_are;
    double bytes_per_token;        /* of all runs; NaN where it is unknown or they differ */
    ll_scored_runs scored;         /* whose outcome is in the ledger */
    ll_study study;                /* of the observations; fit.law NULL where they carry no law */
    char unstudied[LL_ERROR_MAX];  /* why; "" when they carry one */
    ll_frontier_estimate frontier; /* of study.fit, where its law is chinchilla; else NaN */
    double bend[LL_UNIVARIATES];   /* p-values of a bend of the surface along N, D, C; NaN where untested */
    double evaluation_sd; /* median of loss_se / loss: the part of residual_sd that is measurement; or NaN */
    ll_univariates lines; /* the laws of one variable and the valleys of the same runs */
    int64_t *row;         /* [n_runs] of each run in study.data, -1 where it is not fitted */
    ll_question question[LL_EVIDENCE_PLANS];
    ll_plan plan[LL_EVIDENCE_PLANS]; /* the answers */
    int n_questions, n_plans;
    bool asked;                   /* the reader asked the questions */
    bool laws_alone;              /* as opts.laws_alone */
    char unplanned[LL_ERROR_MAX]; /* why there are fewer; "" when there are not */
    ll_fan fan;
} ll_evidence;

/* LL_EINPUT: a ladder that is not there. A store that is not there is empty. */
ll_status ll_evidence_gather(ll_evidence **out, const ll_evidence_opts *opts, ll_error *err);
void ll_evidence_free(ll_evidence *e); /* NULL is fine */

/* N is the non-embedding count; all parameters where no run has it, else those of which the source does not say
 * what it counts. Never a mixture. */
double ll_evidence_n(const ll_evidence *e, const ll_run *r);
const char *ll_evidence_n_words(const ll_evidence *e); /* "non-embedding parameters" and so on */

/* FLOPs: 6 N D as the run states it, else by its N and D. */
double ll_evidence_c(const ll_evidence *e, const ll_run *r);

/* A run that ended and has a loss. */
bool ll_evidence_done(const ll_run *r);

/* Held out of every fit: the run that is forecast. */
bool ll_evidence_held_out(const ll_run *r);

/* Why there is no surface, in words. */
const char *ll_evidence_no_surface(const ll_evidence *e);

/* Whether the law along a variable, or with LL_VAR_X the surface, stands on run i. */
bool ll_evidence_used(const ll_evidence *e, ll_var along, int64_t i);

/* ln loss - ln surface of a run; NaN without a surface or a loss. */
double ll_evidence_residual(const ll_evidence *e, const ll_run *r);

/* Why there is no compute-optimal frontier, in words; NULL where there is one. */
const char *ll_evidence_no_frontier(const ll_evidence *e);

/* The least and the largest C of runs that ended; false when there is none. */
bool ll_evidence_span(const ll_evidence *e, double *lo, double *hi);

#endif
