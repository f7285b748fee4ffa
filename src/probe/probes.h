/* Probes: what a trained model is asked beyond its training loss, one file each; ll_probes lists them.
 *
 *     ll_measures m;
 *     const ll_probe_opts opts = { .windows = 256, .items = 500, .seed = 1 };
 *     ll_probe_subject subject = { .lm = lm, .model = &model, .kernels = kernels, .params = params, .val = &val,
 *                                  .opts = &opts };
 *     LL_TRY(ll_probe_find("position")->run(&subject, &m, err));
 *     m.of[0].metric, m.of[0].value, m.of[0].se
 *
 * A metric is a word or several with dots between, "symbol.8", and kind->metric says what those are: "map.shots".
 * Most ask a language model in words (lm.h): then a rung, a file of weights and an endpoint are the same to them. Those
 * that need the weights or the shard that validated them say so. A probe knows neither the store nor the terminal.
 * Deterministic for any number of threads.
 */
#ifndef LL_PROBE_PROBES_H
#define LL_PROBE_PROBES_H

#include "base/document/json.h"
#include "data/shard.h"
#include "model/model.h"
#include "probe/lm.h"

/* What may be said to a probe; each reads those that its kind names in `reads`. */
typedef struct ll_probe_opts {
    int64_t windows;    /* of the validation text, at most */
    int64_t items;      /* at most; 0: all that there are, or the probe's own number */
    int64_t shots;      /* examples before the question */
    int64_t samples;    /* of each item; 0: the probe's own number */
    double temperature; /* of samples; 0: 1 */
    uint64_t seed;      /* of generated items, of which items are taken, and of samples */
    const char *data;   /* file or folder of the items; "": none */
    int threads;        /* 0: all cores */
} ll_probe_opts;

enum { /* bits of `reads` */
       LL_PROBE_WINDOWS = 1,
       LL_PROBE_ITEMS = 2,
       LL_PROBE_SHOTS = 4,
       LL_PROBE_SEED = 8,
       LL_PROBE_DATA = 16,
       LL_PROBE_SAMPLES = 32,
       LL_PROBE_TEMPERATURE = 64
};

typedef struct ll_probe_subject {
    ll_lm *lm;
    const ll_model *model; /* this and the next three: NULL where the model is behind an endpoint */
    const ll_kernels *kernels;
    const ll_real *params;
    const ll_shard *val;           /* NULL as well where weights come without their text */
    const ll_shard *train;         /* as val; NULL too where it is not there any more */
    int64_t train_windows;         /* of train, which the run saw in epochs; 0: it saw all of it */
    uint64_t train_seed;           /* which windows those are (data/epochs.h) */
    const ll_tokenizer *tokenizer; /* of both; NULL where their tokens are no text */
    const ll_probe_opts *opts;
    void (*item)(void *ctx, ll_json *item); /* takes over what is told of each item; NULL: nobody listens */
    void *ctx;
} ll_probe_subject;

typedef struct ll_measured {
    char metric[32];
    double value, se; /* se: over what is independent; NaN where there is one of it */
    double chance;    /* of who knows nothing; NaN: there is no such level */
    int64_t n;        /* of what the value is the mean of */
} ll_measured;

enum { LL_MEASURES_MOST = 128 };
typedef struct ll_measures {
    int n;
    ll_measured of[LL_MEASURES_MOST];
} ll_measures;

typedef struct ll_probe_kind {
    const char *name, *question, *metric, *unit; /* metric: what its metrics are called by */
    const char *source;                          /* the paper it is from, or whose items they are */
    const char *details;                         /* its items, metrics and their chance, in sentences */
    int reads;
    bool needs_model; /* weights and validation text: no endpoint */
    ll_status (*run)(const ll_probe_subject *subject, ll_measures *out, ll_error *err);
} ll_probe_kind;

extern const ll_probe_kind ll_probe_position, ll_probe_memory, ll_probe_samples;
extern const ll_probe_kind ll_probe_induction, ll_probe_recall, ll_probe_fewshot,
    ll_probe_arithmetic;                                                        /* probe/made */
extern const ll_probe_kind ll_probe_blimp, ll_probe_crows, ll_probe_winogender; /* items from files: probe/items */
extern const ll_probe_kind ll_probe_hellaswag, ll_probe_arc, ll_probe_piqa, ll_probe_csqa, ll_probe_lambada;

extern const ll_probe_kind *const ll_probes[];        /* ends with NULL */
const ll_probe_kind *ll_probe_find(const char *name); /* NULL when there is none */

#endif
