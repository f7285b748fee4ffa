/* A study: what one table, store or saved fit says, once and for every verb, the report and the library.
 *
 *     ll_study s;
 *     LL_TRY(ll_study_read(&s, "runs.csv", NULL, &(ll_study_opts) { .law = ll_law_find("chinchilla") }, err));
 *     LL_TRY(ll_study_fit(&s, err));
 *     ll_outlook o;
 *     LL_TRY(ll_study_outlook(&s, 7e9, 1e12, 0, &o, err));
 *     o.loss.value, o.loss.lo, o.loss.hi, o.law.value        the forecast of the run, and the law's own value there
 *     ll_study_clear(&s);
 *
 * Observations (store/observation.h), the law with its draws (loglog/fit.h), and the belief that forecasts stand on
 * (forecast/belief/posterior.h). Law and forecast are two things: the law is the fitted form alone; a forecast is
 * what a run will reach, the law with its departures and the run's own scatter. What a run will reach is always the
 * forecast. Losses are in the unit of the observations.
 */
#ifndef LL_FORECAST_STUDY_STUDY_H
#define LL_FORECAST_STUDY_STUDY_H

#include "base/document/json.h"
#include "fit/solve/columns.h"
#include "fit/solve/minimal.h"
#include "forecast/belief/forecast.h"
#include "forecast/belief/triage.h"
#include "forecast/prior/borrowed.h"
#include "law/repeats.h"
#include "store/observation.h"

/* A zero field means the documented default. Texts are borrowed while the study is read. */
typedef struct ll_study_opts {
    const ll_law *law;   /* chinchilla */
    ll_var along;        /* what X is, of a law that reads one; LL_VAR_X: the column table.x */
    ll_table_opts table; /* rows and columns; of a store only where, x and y may be set */
    const char *ladder;  /* of a store: which runs; the newest ladder */
    bool curves;       /* of a store: the points of the learning curves, a run one cluster, in place of the runs */
    ll_bcrit bcrit;    /* S and C stand for S_min and C_min; B_star 0: as they are */
    bool x_is_steps;   /* X is S_min, along is LL_VAR_X */
    bool weight_is_se; /* the column of weights holds standard errors */
    unsigned also;     /* bits of variables that have to be there beyond the law's own; of no law: these alone */
    const char
        *prior; /* what the belief borrows, by a word (forecast/prior/borrowed.h); what lies beside the store,
                          else the public one */
    ll_fit_opts fit;
} ll_study_opts;

typedef struct ll_study {
    const ll_law *law;
    ll_var along;
    char source[1024];      /* the table, the store or the file of the saved fit */
    bool of_store, of_fit;  /* which of the three; neither: a table */
    bool of_curves;         /* of the store the points of learning curves */
    ll_observed observed;   /* table empty of a saved fit */
    ll_columns columns;     /* of observed.table; empty of a saved fit */
    ll_fit_opts opts;       /* of the fit, as asked for */
    ll_fit_data data;       /* the rows as the law reads them; borrowed from columns, weight or fit */
    const char *const *run; /* [data.n] names, or NULL; borrowed from columns or saved */
    const char *loss_unit;  /* "nats per token" and the like; borrowed */
    ll_json *convention;    /* which N, where C comes from, the source and its hash; owned */
    ll_fit fit;             /* law NULL before ll_study_fit */
    double spread;        /* of the belief, as its rehearsals set it; NaN before they were held. Saved with a fit */
    ll_borrowed borrowed; /* what the belief stands on before it sees a run */
    ll_triage triage;     /* which rows the belief stands on; n 0 before it was taken */
    ll_posterior *belief; /* NULL before the first forecast; owned */
    double *weight;       /* owned; or NULL */
    char **saved_run;     /* names out of a saved fit; owned, or NULL */
} ll_study;

/* Reads the observations: of the table at path, or with path NULL of the store. A store without observations is
 * LL_EINPUT. On failure the study is empty. */
ll_status ll_study_read(ll_study *s, const char *path, const char *store, const ll_study_opts *opts, ll_error *err);

/* The same for observations of one's own, which are taken. source names them in errors. */
ll_status ll_study_of(ll_study *s, ll_observed *observed, const char *source, const ll_study_opts *opts,
                      ll_error *err);

/* A saved fit is a saved study: observations, law and draws. prior as in the options. */
ll_status ll_study_load(ll_study *s, const char *path, const char *prior, ll_error *err);

/* Fits the law; nothing where it is fitted already. */
ll_status ll_study_fit(ll_study *s, ll_error *err);

/* Writes law, draws and observations, with what the rehearsals of the belief say, so that it is taken sooner. */
ll_status ll_study_save(ll_study *s, const char *path, ll_error *err);

/* Takes the belief, once: forecasts of the same study cost little after the first. */
ll_status ll_study_believe(ll_study *s, ll_error *err);

/* The rows of one fault in a line, the first by its line in the table or its name; "" where none has it, and before
 * the belief was taken. Returns out. */
const char *ll_study_fault_words(const ll_study *s, ll_fault fault, char out[LL_TRIAGE_WORDS]);
void ll_study_clear(ll_study *s);

/* What one run comes to. */
typedef struct ll_outlook {
    double params, tokens, flops; /* 6 N D */
    ll_forecast forecast;         /* what it will reach, as a distribution */
    ll_estimate loss;             /* the forecast's median and its interval at the fit's level */
    ll_estimate law;              /* the law's own value and interval there; NaN before ll_study_fit */
    double level, reach;          /* of both intervals; C over the largest C of the observations */
    double unique_tokens;         /* as asked; 0: no token is repeated */
    ll_repeats repeats;           /* what they are worth then */
} ll_outlook;

/* unique_tokens: distinct among the tokens, 0: all are; with a law of one pass the forecast moves by what
 * law/repeats.h says that repeating costs, and the law is fitted for it. A law that reads a column of its own or
 * does not say what repeated tokens are worth, or a number that is not finite and above 0, is LL_EINPUT. */
ll_status ll_study_outlook(ll_study *s, double params, double tokens, double unique_tokens, ll_outlook *out,
                           ll_error *err);

/* On which side of the law a forecast leaves the law's interval: "below" or "above"; NULL: it does not, or there is
 * no interval. */
const char *ll_study_departs(const ll_estimate *forecast, const ll_estimate *law);

/* Of the observations, where it is known and one; else NaN. */
double ll_study_bytes_per_token(const ll_study *s);

/* SHA-256 of the file or of the ladder's data; "" where it is unknown. */
const char *ll_study_data_hash(const ll_study *s);

/* LL_EINPUT where the losses are in another unit; what: "a report". */
ll_status ll_study_in_nats(const ll_study *s, const char *what, ll_error *err);

/* The document of a fit's convention, a copy. */
ll_json *ll_study_convention(const ll_study *s);

/* What the reader of any answer has to know first: how many runs of which ladder, what was left out, what is mixed,
 * what is one cluster. One line into out, "" where there is nothing to know; returns it. */
const char *ll_study_words(const ll_study *s, char *out, size_t size);

/* Of that the runs that are no observations, by why: "left out: 1 without a loss"; "" where there is none. */
const char *ll_study_left_words(const ll_study *s, char *out, size_t size);
int64_t ll_study_left_out(const ll_study *s); /* those, and the rows that the filter left out */

#endif
