/* A study: runs, the law that is fitted to them, and what is to be believed of runs to come. Every verb of the
 * program that answers a question about runs does it through one of these, and so the answers are the same.
 *
 *     ll_study *s;
 *     ll_study_source source = { .table = "runs.csv", .law = "chinchilla" };
 *     LL_TRY(ll_study_open(&s, &source, err));
 *     const ll_fit *fit = ll_study_law(s);                     fit->params[0].value, .lo, .hi
 *     char *json = ll_study_json(s, 0, err);                   the document loglog.fit/1
 *     ll_text_free(json);
 *     ll_study_close(s);
 *
 * A study belongs to one thread at a time; different studies may be used at once.
 */
#ifndef LOGLOG_STUDY_H
#define LOGLOG_STUDY_H

#include "loglog/api.h"
#include "loglog/error.h"
#include "loglog/fit.h"
#include "loglog/table.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ll_study ll_study;

/* Where the runs are: one of table, store and saved. A zero field means the documented default; all is borrowed
 * while the study is opened. */
typedef struct ll_study_source {
    const char *table;  /* a CSV or JSON lines file (loglog/table.h) */
    const char *store;  /* a store (loglog/store.h) */
    const char *ladder; /* of it: id, name, "imported" or "all"; the newest */
    const char *saved;  /* a study that was saved; law, along, columns and fit are its own */
    const char *law;    /* a name of ll_law_list; "chinchilla" */
    const char *along;  /* of a law of one variable X: "params", "tokens", "flops", or a header; "flops" */
    ll_table_opts columns;
    bool weight_is_se; /* the column of weights holds standard errors */
    ll_fit_opts fit;
} ll_study_source;

/* Reads the runs and fits the law. LL_EINPUT names what is wrong with file, line and column. On failure *out is
 * NULL. */
LL_API ll_status ll_study_open(ll_study **out, const ll_study_source *source, ll_error *err);
LL_API void ll_study_close(ll_study *s); /* NULL is fine */

/* The law with its intervals; lives as long as the study. */
LL_API const ll_fit *ll_study_law(const ll_study *s);
LL_API const char *ll_study_loss_unit(const ll_study *s); /* "nats per token", "accuracy" */

/* The law, its draws and the runs as one file, from which a study is opened again. */
LL_API ll_status ll_study_write(ll_study *s, const char *path, ll_error *err);

/* The document loglog.fit/1, as 'loglog fit --json' prints it: parameters, resampling, diagnostics, and the outlook
 * of a run of target_flops (0: ten times the largest). For ll_text_free; NULL: err says why. */
LL_API char *ll_study_json(ll_study *s, double target_flops, ll_error *err);

/* The document loglog.backtest/1: the runs below a compute cut are fitted, those above it forecast and scored, for
 * each factor that the largest compute is divided by [n_factors]; NULL: 3, 10 and 30. Of a table or a store. */
LL_API char *ll_study_backtest_json(ll_study *s, const double *factors, int n_factors, ll_error *err);

/* Frees what a function of the library returned as text; NULL is fine. */
LL_API void ll_text_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
