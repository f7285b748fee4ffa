/* Made by python/make_cdef.py from include/loglog; not edited by hand. */
/* clang-format off */
#define LOGLOG_VERSION_MAJOR 0
#define LOGLOG_VERSION_MINOR 1
#define LOGLOG_VERSION_PATCH 0
typedef enum ll_status {
    LL_OK = 0,
    LL_EINPUT,
    LL_EFORMAT,
    LL_EIO,
    LL_ENOMEM,
    LL_ENUM,
    LL_ESTATE,
    LL_ESTOP,
    LL_EREFUSED,
    LL_EUNSURE
} ll_status;
enum { LL_ERROR_MAX = 1024 };
typedef struct ll_error {
    ll_status code;
    char msg[LL_ERROR_MAX];
} ll_error;
 ll_status ll_error_set(ll_error *err, ll_status code, const char *fmt, ...) ;
 ll_status ll_error_prefix(ll_error *err, const char *fmt, ...) ;
enum { LL_LAW_MAX_PARAMS = 16, LL_LAW_MAX_TERMS = 4 };
typedef enum ll_var {
    LL_VAR_N = 0,
    LL_VAR_D,
    LL_VAR_C,
    LL_VAR_X,
    LL_VAR_U,
    LL_VAR_S,
    LL_VAR_COUNT
} ll_var;
 const char *ll_var_name(ll_var var);
 bool ll_var_named(const char *name, ll_var *out);
typedef struct ll_law_param {
    const char *name;
    const char *unit;
    double lo, hi;
    bool log;
} ll_law_param;
typedef struct ll_law_term {
    int coef;
    int exponent;
    ll_var var;
    bool less;
} ll_law_term;
typedef struct ll_law_range {
    double lo[LL_VAR_COUNT], hi[LL_VAR_COUNT];
    double loss_lo, loss_hi;
} ll_law_range;
typedef struct ll_law {
    const char *name, *form, *source;
    unsigned vars;
    const char
        *x;
    bool below_zero;
    int n_params;
    const ll_law_param *params;
    int n_terms;
    const ll_law_term *terms;
    double (*eval)(const double *p, const double *x);
    void (*grad)(const double *p, const double *x, double *g);
    void (*start)(const ll_law_range *r, const double *u, double *p);
    int n_ratios, joined;
    const ll_law_term *ratios;
} ll_law;
 extern const ll_law *const ll_laws[];
 const ll_law *ll_law_find(const char *name);
typedef struct ll_frontier {
    double a, b, G;
} ll_frontier;
 ll_frontier ll_chinchilla_frontier(double A, double B, double alpha, double beta);
typedef struct ll_fit_data {
    int64_t n;
    const double *x[LL_VAR_COUNT];
    const double *loss;
    const double *weight;
    const int64_t *cluster;
    const int64_t *line;
    const char *const *run;
} ll_fit_data;
enum { LL_ROWS_LOSS = LL_VAR_COUNT, LL_ROWS_WEIGHT, LL_ROWS_CLUSTER, LL_ROWS_COLUMNS };
typedef struct ll_fit_rows {
    int64_t n, room;
    double *number[LL_ROWS_CLUSTER];
    int64_t *cluster;
    double *block;
} ll_fit_rows;
typedef enum ll_objective { LL_OBJ_HUBER_LOG = 1, LL_OBJ_LAD_LOG, LL_OBJ_LS_LOG, LL_OBJ_LS } ll_objective;
typedef enum ll_resample {
    LL_RESAMPLE_CASE = 1,
    LL_RESAMPLE_CLUSTER,
    LL_RESAMPLE_WILD,
    LL_RESAMPLE_RESIDUAL
} ll_resample;
 const char *ll_objective_name(ll_objective objective);
 bool ll_objective_named(const char *name, ll_objective *out);
 const char *ll_resample_name(ll_resample resample);
 bool ll_resample_named(const char *name, ll_resample *out);
typedef struct ll_fit_opts {
    ll_objective objective;
    double delta;
    int64_t n_boot;
    ll_resample resample;
    double level;
    int64_t n_starts;
    uint64_t seed;
    int threads;
    bool no_influence;
    uint32_t fixed;
    double fixed_value[LL_LAW_MAX_PARAMS];
} ll_fit_opts;
typedef enum ll_fit_stop { LL_FIT_CONVERGED = 1, LL_FIT_AT_BOUND, LL_FIT_MAX_EVAL, LL_FIT_STALLED } ll_fit_stop;
 const char *ll_fit_stop_name(ll_fit_stop stop);
typedef struct ll_estimate {
    double value, se, lo, hi;
} ll_estimate;
enum { LL_FIT_MAX_OPTIMA = 8, LL_FIT_MAX_WARNINGS = 16, LL_FIT_WARNING = 200 };
typedef struct ll_fit {
    const ll_law *law;
    ll_fit_opts opts;
    int64_t n;
    ll_fit_rows rows;
    ll_fit_data data;
    double objective;
    ll_fit_stop stop;
    ll_estimate params[LL_LAW_MAX_PARAMS];
    int64_t n_draws;
    int64_t taken;
    double *draws;
    double *residual;
    double *influence;
    double *left_out;
    uint32_t weak;
    double residual_sd;
    struct {
        double objective, params[LL_LAW_MAX_PARAMS];
    } optima[LL_FIT_MAX_OPTIMA];
    int n_optima;
    int64_t starts;
    char warnings[LL_FIT_MAX_WARNINGS][LL_FIT_WARNING];
    int n_warnings;
    double wall_s;
} ll_fit;
 ll_status ll_fit_opts_resolve(const ll_fit_opts *in, ll_fit_opts *out, ll_error *err);
 ll_status ll_fit_run(ll_fit *fit, const ll_law *law, const ll_fit_data *data, const ll_fit_opts *opts,
                            ll_error *err);
 void ll_fit_clear(ll_fit *fit);
 double ll_fit_objective(const ll_law *law, const ll_fit_data *data, const ll_fit_opts *opts,
                               const double *params);
 ll_estimate ll_fit_derived(const ll_fit *fit, double (*f)(const double *params, const void *ctx),
                                  const void *ctx);
 double ll_fit_bend_p(const ll_fit *fit, const ll_fit_data *data, ll_var along, uint64_t seed);
typedef enum ll_column {
    LL_COL_RUN, LL_COL_FAMILY, LL_COL_ROLE, LL_COL_PARAMS, LL_COL_PARAMS_TOTAL, LL_COL_TOKENS, LL_COL_FLOPS, LL_COL_LOSS, LL_COL_SEED, LL_COL_LOSS_SE, LL_COL_UNIQUE_TOKENS, LL_COL_STEP, LL_COL_BATCH_TOKENS, LL_COL_LR, LL_COL_CONTEXT, LL_COL_VOCAB, LL_COL_BYTES_PER_TOKEN, LL_COL_WEIGHT,
        LL_COL_COUNT
} ll_column;
enum { LL_COL_FIRST_NUMBER = LL_COL_PARAMS };
typedef enum ll_params_are { LL_PARAMS_UNSTATED = 0, LL_PARAMS_NONEMBEDDING, LL_PARAMS_TOTAL } ll_params_are;
typedef enum ll_loss_unit {
    LL_LOSS_NATS = 0,
    LL_LOSS_BITS_PER_BYTE,
    LL_LOSS_BITS_PER_TOKEN,
    LL_LOSS_UNSTATED
} ll_loss_unit;
typedef struct ll_table_opts {
    const char *name;
    const char *where;
    const char *columns;
    const char *params_are;
    const char *loss_unit;
    const char
        *cluster;
    const char *set;
    bool with_loss;
    bool last;
    const char *x;
    const char *y;
    const char *measures;
    int64_t max_rows;
} ll_table_opts;
enum {
    LL_HEADER_MAX = 256
};
typedef struct ll_header {
    char *name;
    bool words;
} ll_header;
enum { LL_TABLE_MEASURES_MOST = 64 };
typedef struct ll_table_measure {
    char name[LL_HEADER_MAX];
    double *value, *se;
} ll_table_measure;
typedef struct ll_table {
    int64_t rows, dropped;
    int64_t without_loss;
    double *num[LL_COL_COUNT];
    char **text[LL_COL_COUNT];
    int64_t *line;
    int64_t *cluster;
    uint64_t *cells;
    bool names_repeat;
    bool clustered_by_run;
    double *x;
    char x_header[LL_HEADER_MAX];
    ll_table_measure *measures;
    int64_t n_measures;
    ll_params_are params_are;
    ll_loss_unit loss_unit;
    char header[LL_COL_COUNT][LL_HEADER_MAX];
    char hash[65];
    ll_header *headers;
    int64_t n_headers;
} ll_table;
 ll_status ll_table_read(ll_table *t, const char *path, const ll_table_opts *opts, ll_error *err);
 ll_status ll_table_write(const ll_table *t, const char *path, ll_error *err);
 ll_status ll_table_print(const ll_table *t, FILE *out, bool jsonl, ll_error *err);
 bool ll_table_is_jsonl(const char *path);
 ll_status ll_table_new(ll_table *t, int64_t rows, ll_error *err);
 void ll_table_clear(ll_table *t);
 double ll_table_num(const ll_table *t, int64_t row, ll_column column);
 const char *ll_column_name(ll_column column);
enum { LL_HEADERS_TEXT = 512 };
 const char *ll_table_candidates(const ll_table *t, ll_column column, char buf[LL_HEADERS_TEXT]);
 bool ll_table_is_role(const char *word);
typedef struct ll_study ll_study;
typedef struct ll_study_source {
    const char *table;
    const char *store;
    const char *ladder;
    const char *saved;
    const char *law;
    const char *along;
    ll_table_opts columns;
    bool weight_is_se;
    ll_fit_opts fit;
} ll_study_source;
 ll_status ll_study_open(ll_study **out, const ll_study_source *source, ll_error *err);
 void ll_study_close(ll_study *s);
 const ll_fit *ll_study_law(const ll_study *s);
 const char *ll_study_loss_unit(const ll_study *s);
 ll_status ll_study_write(ll_study *s, const char *path, ll_error *err);
 char *ll_study_json(ll_study *s, double target_flops, ll_error *err);
 char *ll_study_backtest_json(ll_study *s, const double *factors, int n_factors, ll_error *err);
 void ll_text_free(char *text);
typedef struct ll_forecast ll_forecast;
 ll_status ll_forecast_of(ll_forecast **out, ll_study *s, double params, double tokens, ll_error *err);
 void ll_forecast_free(ll_forecast *f);
 double ll_forecast_quantile(const ll_forecast *f, double level);
 double ll_forecast_at_most(const ll_forecast *f, double loss);
 double ll_forecast_reach(const ll_forecast *f);
 char *ll_forecast_json_of(ll_study *s, double params, double tokens, ll_error *err);
typedef struct ll_seal_ask {
    const char *store;
    const char *run;
    double params, tokens;
    const char *question;
    const char *author;
    const char *judged_by;
    bool replicate;
} ll_seal_ask;
 ll_status ll_forecast_seal(ll_study *s, const ll_seal_ask *ask, ll_error *err);
 ll_status ll_forecast_score_due(const char *store, int64_t *n, ll_error *err);
enum { LL_LEDGER_HEAD = 65 };
 ll_status ll_ledger_verify(const char *store, int64_t *entries, char head[LL_LEDGER_HEAD], ll_error *err);
typedef struct ll_plan_ask {
    double flops;
    double loss;
    double loss_sd;
    double params, tokens;
    double unique_tokens;
    double inference_tokens;
} ll_plan_ask;
typedef struct ll_planned {
    ll_estimate params, tokens, flops;
    ll_estimate loss;
    ll_estimate law;
    double probability;
    double reach;
} ll_planned;
 ll_status ll_study_plan(ll_study *s, const ll_plan_ask *ask, ll_planned *out, ll_error *err);
 char *ll_study_plan_json(ll_study *s, const ll_plan_ask *ask, const char *gpus, ll_error *err);
typedef struct ll_probe ll_probe;
 ll_status ll_probe_open(ll_probe **out, const char *store, const char *run, ll_error *err);
 void ll_probe_close(ll_probe *p);
 int64_t ll_probe_vocab(const ll_probe *p);
 const char *ll_probe_tokenizer(const ll_probe *p);
 ll_status ll_probe_loss(ll_probe *p, const int32_t *tokens, int64_t n, double *nats_per_token,
                               ll_error *err);
typedef struct ll_probe_ask {
    const int32_t *prompt;
    int64_t n;
    double temperature;
    int64_t top_k;
    uint64_t seed;
} ll_probe_ask;
 ll_status ll_probe_sample(ll_probe *p, const ll_probe_ask *ask, int32_t *out, int64_t room, int64_t *written,
                                 ll_error *err);
enum {
    LL_STREAM_INIT = 1,
    LL_STREAM_BATCH = 2,
    LL_STREAM_BOOTSTRAP = 3,
    LL_STREAM_SOURCE = 4,
    LL_STREAM_SAMPLE = 5,
    LL_STREAM_NOISE = 6,
    LL_STREAM_STUDY = 7,
    LL_STREAM_SIGNS = 8,
    LL_STREAM_TIMELINE = 12,
    LL_STREAM_EPOCHS = 13,
    LL_STREAM_ARITHMETIC = 20,
    LL_STREAM_CANARIES = 21,
    LL_STREAM_PROBE = 22,
    LL_STREAM_ITEMS = 24,
    LL_STREAM_THEORY = 30,
    LL_STREAM_THEORY_SAMPLE = 31,
    LL_STREAM_THEORY_TEST = 32,
    LL_STREAM_ABILITY = 40,
    LL_STREAM_TUNING = 50,
    LL_STREAM_JUDGE = 51,
    LL_STREAM_MIXING = 60
};
typedef struct ll_rng {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t out[4];
    int left;
} ll_rng;
 void ll_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]);
 ll_rng ll_rng_at(uint64_t seed, uint32_t stream, uint64_t index);
 uint32_t ll_rng_u32(ll_rng *r);
 double ll_rng_uniform(ll_rng *r);
 double ll_rng_normal(ll_rng *r);
 double ll_rng_gamma(ll_rng *r, double shape);
 int64_t ll_rng_below(ll_rng *r, int64_t n);
typedef struct ll_log_run {
    const char *name;
    const char *family;
    double params;
    bool params_are_total;
    double batch_tokens;
    double lr;
    double bytes_per_token;
    int64_t context, vocab, seed;
} ll_log_run;
typedef struct ll_log ll_log;
 ll_status ll_log_begin(ll_log **out, const char *store, const ll_log_run *run, ll_error *err);
 ll_status ll_log_point(ll_log *log, int64_t step, double tokens, double loss, double train_loss,
                              ll_error *err);
 ll_status ll_log_end(ll_log *log, bool done, ll_error *err);
 char *ll_store_runs_json(const char *store, const char *where, ll_error *err);
typedef struct ll_curve_points {
    int64_t n;
    int64_t *step;
    double *tokens, *loss, *train_loss;
} ll_curve_points;
 ll_status ll_store_curve(const char *store, const char *run, ll_curve_points *out, ll_error *err);
 ll_status ll_store_add_table(const char *store, const char *table, const ll_table_opts *opts, int64_t *added,
                                    ll_error *err);
 ll_status ll_store_write_table(const char *store, const char *where, const char *table, int64_t *n,
                                      ll_error *err);
typedef struct ll_train_progress {
    const char *run;
    double params, tokens;
    int64_t step, steps;
    double tokens_seen, loss, train_loss;
    double tokens_per_s;
} ll_train_progress;
typedef struct ll_train_watch {
    void (*progress)(void *ctx, const ll_train_progress *p);
    void (*point)(void *ctx, const ll_train_progress *p);
    void (*done)(void *ctx, const ll_train_progress *p);
    bool (*stop)(void *ctx);
    void *ctx;
    const char *program;
} ll_train_watch;
 ll_status ll_train_ladder(const char *spec, const char *store, const ll_train_watch *watch, ll_error *err);
 bool ll_units_parse(const char *text, double *out);
 bool ll_units_duration(const char *text, double *seconds);
 bool ll_units_money(const char *text, double *usd);
 bool ll_units_bytes(const char *text, double *bytes);
 const char *ll_units_show(double v, char *buf, size_t size);
 const char *ll_units_show_bytes(double v, char *buf, size_t size);
 const char *ll_units_show_seconds(double v, char *buf, size_t size);
 double ll_units_bits_per_byte(double nats_per_token, double bytes_per_token);
 double ll_units_nats_per_token(double bits_per_byte, double bytes_per_token);
 const char *ll_version(void);
 bool ll_version_fits(int major, int minor);
