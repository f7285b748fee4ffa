/* What every verb that stands on runs shares: which runs, which law, how it is fitted; and the study of them.
 *
 *     typedef struct plan_args { ll_input input; ... } plan_args;
 *     static const ll_option options[] = { LL_INPUT_LAW(plan_args), LL_INPUT_FIT(plan_args), ... };
 *     LL_TRY(ll_input_study(&a.input, path, &study, err));       path: a table, or NULL for --fit or the store
 */
#ifndef LL_CLI_INPUT_H
#define LL_CLI_INPUT_H

#include <stddef.h>

#include "base/document/option.h"
#include "forecast/study/study.h"
#include "report/evidence/evidence.h"

typedef struct ll_input {
    char law[LL_OPTION_TEXT], x[LL_OPTION_TEXT],
        y[LL_OPTION_TEXT]; /* law may be a file's name, where the verb's table lets it */
    char fit[LL_OPTION_TEXT], store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT];
    char where[LL_OPTION_TEXT], col[LL_OPTION_TEXT], cluster[LL_OPTION_TEXT], set[LL_OPTION_TEXT];
    char params_are[LL_OPTION_NAME], loss_unit[LL_OPTION_NAME], weight_is[LL_OPTION_NAME];
    char objective[LL_OPTION_NAME], resample[LL_OPTION_NAME], fix[LL_OPTION_TEXT], starts[LL_OPTION_NAME];
    double delta, level;
    int64_t bootstrap, seed, threads;
    bool last, curves, optima;
    char bcrit[LL_OPTION_TEXT];
    char measures[LL_OPTION_TEXT], via[LL_OPTION_TEXT], judge[LL_OPTION_TEXT];
    char benchmarks[LL_OPTION_TEXT], prior[LL_OPTION_TEXT];
    char shares[LL_OPTION_TEXT], losses[LL_OPTION_TEXT];
    int64_t components, warmup;
    double chance, cutoff;
} ll_input;

/* Rows of an option table over a struct that has an ll_input called input. */
#define LL_INPUT_AT(type, field) (offsetof(type, input) + offsetof(ll_input, field))
#define LL_INPUT_LAW(type)                                                                                         \
    { "law", LL_OPT_NAME, LL_INPUT_AT(type, law), "chinchilla", "a law of 'loglog laws'" },                        \
        { "x", LL_OPT_TEXT, LL_INPUT_AT(type, x), "",                                                              \
          "the variable X of a law: params, tokens, flops (where nothing is said), a column by its header or, of " \
          "a store, a number or a score of the runs" },                                                            \
    {                                                                                                              \
        "y", LL_OPT_TEXT, LL_INPUT_AT(type, y), "",                                                                \
            "what is fitted in place of the loss: a column by its header or, of a store, a score such as "         \
            "position.64 or a number of the runs such as best_loss"                                                \
    }
#define LL_INPUT_VIA(type)                                                                                        \
    {                                                                                                             \
        "via", LL_OPT_TEXT, LL_INPUT_AT(type, via), "loss",                                                       \
            "what the score --y of law two_step follows: the loss, or the right answer's log-probability by its " \
            "name"                                                                                                \
    }
/* Of law observational. */
#define LL_INPUT_BENCHMARKS(type)                                                                             \
    { "benchmarks", LL_OPT_TEXT, LL_INPUT_AT(type, benchmarks), "",                                           \
      "observational: the scores whose components foretell --y, by header: A,B,C" },                          \
        { "components", LL_OPT_INT, LL_INPUT_AT(type, components), "3", "observational: how many components", \
          .min = 1,     .max = 8 },                                                                           \
        { "chance",                                                                                           \
          LL_OPT_REAL,                                                                                        \
          LL_INPUT_AT(type, chance),                                                                          \
          "0",                                                                                                \
          "observational: the floor of --y, what a guess scores",                                             \
          .max = 0.79 },                                                                                      \
    {                                                                                                         \
        "cutoff", LL_OPT_REAL, LL_INPUT_AT(type, cutoff), "0",                                                \
            "observational: FLOPs up to which models are fitted that those above are judged by; 0: three "    \
            "quarters of them",                                                                               \
            .max = 1e60                                                                                       \
    }
#define LL_INPUT_SAVED(type) \
    { "fit", LL_OPT_TEXT, LL_INPUT_AT(type, fit), "", "a saved fit, of 'loglog fit --save', instead of runs" }
/* Rows and columns of a table. */
#define LL_INPUT_TABLE(type)                                                                                \
    { "cluster", LL_OPT_TEXT, LL_INPUT_AT(type, cluster), "",                                               \
      "column whose equal values belong together (checkpoints of one run); none: no row does" },            \
        { "where", LL_OPT_TEXT, LL_INPUT_AT(type, where), "",                                               \
          "rows to fit, such as 'kept_in_fit = 1 and N < 1e9'" },                                           \
        { "col", LL_OPT_TEXT, LL_INPUT_AT(type, col), "",                                                   \
          "columns by header, such as tokens=D_tokens,loss=val; params=1e9*Size: in billions" },            \
        { "set", LL_OPT_TEXT, LL_INPUT_AT(type, set), "",                                                   \
          "columns that the table lacks, one value for all rows: params=124M,batch_tokens=524288" },        \
        { "last", LL_OPT_BOOL, LL_INPUT_AT(type, last), "false",                                            \
          "rows are checkpoints: keep the last of each run" },                                              \
        { "params_are", LL_OPT_NAME, LL_INPUT_AT(type, params_are), "",                                     \
          "what N of the table counts: total or nonembedding" },                                            \
    {                                                                                                       \
        "loss_unit", LL_OPT_NAME, LL_INPUT_AT(type, loss_unit), "", "nats, bits_per_byte or bits_per_token" \
    }
#define LL_INPUT_LADDER(type)                                                                                 \
    {                                                                                                         \
        "ladder", LL_OPT_TEXT, LL_INPUT_AT(type, ladder), "",                                                 \
            "of the store: a ladder by id or name, imported, or all; the newest ladder where nothing is said" \
    }
/* The same, and the store where no table is named. */
#define LL_INPUT_RUNS(type)                                                       \
    LL_INPUT_TABLE(type),                                                         \
        { "store", LL_OPT_TEXT, LL_INPUT_AT(type, store), "loglog.db",            \
          "where the runs come from when no table is named" },                    \
        LL_INPUT_LADDER(type), {                                                  \
        "weight_is", LL_OPT_NAME, LL_INPUT_AT(type, weight_is), "weight",         \
            "what the column of weights holds; a weight is 1 / se^2", "weight se" \
    }
/* Points of learning curves, and what their batches do to them. */
#define LL_INPUT_CURVES(type)                                                                                      \
    { "curves", LL_OPT_BOOL, LL_INPUT_AT(type, curves), "false",                                                   \
      "of a store: the points of the runs' learning curves, each run a cluster; critical_batch always takes "      \
      "them" },                                                                                                    \
    {                                                                                                              \
        "bcrit", LL_OPT_TEXT, LL_INPUT_AT(type, bcrit), "",                                                        \
            "B_star,alpha_B of B_crit = B_star/L^(1/alpha_B), or kaplan2020: steps and FLOPs stand for S_min and " \
            "C_min, and --x may be steps_min or flops_min"                                                         \
    }
/* Of law mixture. */
#define LL_INPUT_MIXTURE(type)                                                                                  \
    { "shares", LL_OPT_TEXT, LL_INPUT_AT(type, shares), "",                                                     \
      "mixture: the proportions that were trained on, by header: A,B,C" },                                      \
    {                                                                                                           \
        "losses", LL_OPT_TEXT, LL_INPUT_AT(type, losses), "",                                                   \
            "mixture: the losses of the domains, by header: A,B,C; where nothing is said, the column of losses" \
    }
/* Rows that a fit is held against, and laws of whole curves. */
#define LL_INPUT_WHOLE_CURVES(type)                                                                  \
    { "judge", LL_OPT_TEXT, LL_INPUT_AT(type, judge), "",                                            \
      "rows whose losses the fit is held against, such as \"split = 'judge'\"" },                    \
    {                                                                                                \
        "warmup", LL_OPT_INT, LL_INPUT_AT(type, warmup), "0",                                        \
            "laws of whole curves: steps over which the rate rose, where a run's rows begin behind " \
            "them; 0: those of its first row",                                                       \
            .max = 1e15                                                                              \
    }
#define LL_INPUT_PRIOR(type)                                                                                      \
    {                                                                                                             \
        "prior", LL_OPT_TEXT, LL_INPUT_AT(type, prior), "",                                                       \
            "what a forecast borrows: public (learned from public tables), none, or a file of 'forecast learn'; " \
            "where nothing is said what lies beside the store, else public"                                       \
    }
#define LL_INPUT_THREADS(type) \
    { "threads", LL_OPT_INT, LL_INPUT_AT(type, threads), "0", "threads; 0: all cores", .max = 1024 }
/* How the law is fitted. */
#define LL_INPUT_FIT(type)                                                                                      \
    { "objective",                                                                                              \
      LL_OPT_NAME,                                                                                              \
      LL_INPUT_AT(type, objective),                                                                             \
      "huber_log",                                                                                              \
      "what is minimised, summed over runs",                                                                    \
      "huber_log lad_log ls_log ls" },                                                                          \
        { "delta",                                                                                              \
          LL_OPT_REAL,                                                                                          \
          LL_INPUT_AT(type, delta),                                                                             \
          "1e-3",                                                                                               \
          "where Huber turns from squares to distances",                                                        \
          .min_open = true,                                                                                     \
          .max = 1e6 },                                                                                         \
        { "bootstrap",                                                                                          \
          LL_OPT_INT,                                                                                           \
          LL_INPUT_AT(type, bootstrap),                                                                         \
          "1000",                                                                                               \
          "resamples behind the law's intervals; 0: none",                                                      \
          .max = 1e7 },                                                                                         \
        { "resample",                                                                                           \
          LL_OPT_NAME,                                                                                          \
          LL_INPUT_AT(type, resample),                                                                          \
          "auto",                                                                                               \
          "auto is case; cluster with --cluster; residual (one noise for all runs) up to 20 runs or below 6 a " \
          "parameter, wild below 10 runs",                                                                      \
          "auto case cluster wild residual" },                                                                  \
        { "level",          LL_OPT_REAL,  LL_INPUT_AT(type, level), "0.9", "level of the intervals",            \
          .min_open = true, .max = 0.9999 },                                                                    \
        { "fix", LL_OPT_TEXT, LL_INPUT_AT(type, fix), "", "parameters held, such as E=1.6,beta=0.37" },         \
        { "starts", LL_OPT_NAME, LL_INPUT_AT(type, starts), "grid", "grid, or how many starts" },               \
        { "seed", LL_OPT_INT, LL_INPUT_AT(type, seed), "1", "seed of the resamples", .min = 1, .max = 9e15 },   \
        LL_INPUT_THREADS(type)

/* The law of --law; NULL, and the known ones named, when there is none of that name. */
const ll_law *ll_input_law(const ll_input *in, ll_error *err);
ll_var ll_input_along(const ll_input *in); /* --x; LL_VAR_X: a column of the table */

/* The options as a study's; law NULL: a procedure that has no parameters. A parameter of --fix that the law has
 * not, or a bad --starts, is LL_EINPUT. Texts are borrowed from in. */
ll_status ll_input_opts(const ll_input *in, const ll_law *law, ll_study_opts *out, ll_error *err);

/* The observations of the table at path, or with path NULL of --store. */
ll_status ll_input_read(const ll_input *in, const ll_law *law, const char *path, unsigned also, ll_study *out,
                        ll_error *err);

/* What a report or a figure stands on: the study of a table or of --fit, else the store's ladder, as how says. study
 * and how are the caller's room; study is taken by ll_evidence_gather. */
ll_status ll_input_evidence(const ll_input *in, const char *path, ll_study *study, ll_study_opts *how,
                            ll_evidence_opts *out, ll_error *err);

/* Observations and fitted law: of --fit where one is named, else as ll_input_read. Both a table and --fit:
 * LL_EINPUT. */
ll_status ll_input_study(const ll_input *in, const char *path, ll_study *out, ll_error *err);

/* The same of a law that forecasts: one that cannot is refused before it is fitted. */
ll_status ll_input_forecaster(const ll_input *in, const char *path, ll_study *out, ll_error *err);

#endif
