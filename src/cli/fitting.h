/* What the verbs that fit a law of their own share: how it is fitted, and where its runs come from. */
#ifndef LL_CLI_FITTING_H
#define LL_CLI_FITTING_H

#include "cli/input.h"

typedef struct ll_fitting {
    char objective[LL_OPTION_NAME], resample[LL_OPTION_NAME], fix[LL_OPTION_TEXT], starts[LL_OPTION_NAME];
    char store[LL_OPTION_TEXT], weight_is[LL_OPTION_NAME];
    double delta, level;
    int64_t bootstrap, seed, threads;
} ll_fitting;

/* Rows of an option table over a struct that has an ll_fitting called fitting. */
#define LL_FITTING_AT(type, field) (offsetof(type, fitting) + offsetof(ll_fitting, field))
#define LL_FITTING_TABLE(type)                                                                                  \
    { "objective",                                                                                              \
      LL_OPT_NAME,                                                                                              \
      LL_FITTING_AT(type, objective),                                                                           \
      "huber_log",                                                                                              \
      "what is minimised, summed over runs",                                                                    \
      "huber_log lad_log ls_log ls" },                                                                          \
        { "delta",                                                                                              \
          LL_OPT_REAL,                                                                                          \
          LL_FITTING_AT(type, delta),                                                                           \
          "1e-3",                                                                                               \
          "where Huber turns from squares to distances",                                                        \
          .min_open = true,                                                                                     \
          .max = 1e6 },                                                                                         \
        { "bootstrap",                                                                                          \
          LL_OPT_INT,                                                                                           \
          LL_FITTING_AT(type, bootstrap),                                                                       \
          "1000",                                                                                               \
          "resamples behind the intervals; 0: none",                                                            \
          .max = 1e7 },                                                                                         \
        { "resample",                                                                                           \
          LL_OPT_NAME,                                                                                          \
          LL_FITTING_AT(type, resample),                                                                        \
          "auto",                                                                                               \
          "auto is case; cluster with --cluster; wild below two runs a parameter; residual: one noise for all " \
          "runs",                                                                                               \
          "auto case cluster wild residual" },                                                                  \
        { "level",          LL_OPT_REAL,  LL_FITTING_AT(type, level), "0.9", "level of the intervals",          \
          .min_open = true, .max = 0.9999 },                                                                    \
        { "fix", LL_OPT_TEXT, LL_FITTING_AT(type, fix), "", "parameters held, such as E=1.6,beta=0.37" },       \
        { "starts", LL_OPT_NAME, LL_FITTING_AT(type, starts), "grid", "grid, or how many starts" },             \
        { "seed", LL_OPT_INT, LL_FITTING_AT(type, seed), "1", "seed of the resamples", .min = 1, .max = 9e15 }, \
        { "weight_is",                                                                                          \
          LL_OPT_NAME,                                                                                          \
          LL_FITTING_AT(type, weight_is),                                                                       \
          "weight",                                                                                             \
          "what the column of weights holds; a weight is 1 / se^2",                                             \
          "weight se" },                                                                                        \
        { "store", LL_OPT_TEXT, LL_FITTING_AT(type, store), "loglog.db",                                        \
          "where the runs come from when no table is named" },                                                  \
    {                                                                                                           \
        "threads", LL_OPT_INT, LL_FITTING_AT(type, threads), "0", "threads; 0: all cores", .max = 1024          \
    }

/* The fit's options; a parameter of --fix that the law has not, or a bad --starts, is LL_EINPUT. */
ll_status ll_fitting_opts(const ll_fitting *f, const ll_law *law, ll_fit_opts *o, ll_error *err);

/* The rows of the table at path, or with path NULL the done runs of --store. */
ll_status ll_fitting_read(const ll_fitting *f, const ll_input *in, const char *path, ll_table *t, ll_error *err);

/* The column of weights, or 1 / se^2 of it in an array that the caller frees (*owned). */
ll_status ll_fitting_weights(const ll_fitting *f, const ll_columns *c, const double **weight, double **owned,
                             ll_error *err);

/* A law fitted to a table: the fit with the columns that it stands on. The table must outlive it. */
typedef struct ll_fitted {
    ll_columns columns;
    ll_fit_data data; /* into columns and weight */
    double *weight;   /* owned; or NULL */
    ll_fit fit;
} ll_fitted;

/* On failure out is empty. source names the table in errors. */
ll_status ll_fitting_run(const ll_fitting *f, const ll_input *in, const ll_law *law, const ll_table *t,
                         const char *source, ll_fitted *out, ll_error *err);
void ll_fitted_clear(ll_fitted *f);

#endif
