#define _POSIX_C_SOURCE 200809L
/* Which header is which column: canonical names, the names of others, and what is given by hand. */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "loglog/units.h"
#include "store/table/table_fill.h"

/* Names of others, compared without case and with every run of other signs as one '_'. A single letter is
 * compared as it stands: N is a count of parameters, n may be anything. */
static const char *const aliases[LL_COL_COUNT] = {
    [LL_COL_RUN] = "run_name run_id name model_name model id",
    [LL_COL_FAMILY] = "model_family architecture arch",
    [LL_COL_PARAMS] = "N params n_params num_params param_count params_count parameter_count parameters "
                      "model_params model_size number_of_parameters",
    [LL_COL_TOKENS] = "D d_tokens n_tokens num_tokens token_count train_tokens training_tokens tokens_seen "
                      "total_tokens throughput_total_tokens tokens_trained",
    [LL_COL_FLOPS] = "C c_flop c_flops c_flop_6nd flop train_flop train_flops training_flop training_flops "
                     "total_flop total_flops compute_flop compute_flops training_compute_flop "
                     "flops_budget",
    [LL_COL_LOSS] = "L loss_nats val_loss valid_loss validation_loss eval_loss final_loss bpb val_bpb loss_bpb "
                    "bits_per_byte val_bits_per_byte loss_bits_per_byte bits_per_token val_bits_per_token "
                    "loss_bits_per_token loss_unstated",
    [LL_COL_SEED] = "random_seed",
    [LL_COL_LOSS_SE] = "se_loss loss_std_err loss_stderr",
    [LL_COL_UNIQUE_TOKENS] = "U u_unique_tokens n_unique_tokens",
    [LL_COL_STEP] = "steps train_steps num_iterations global_step",
    [LL_COL_BATCH_TOKENS] = "tokens_per_batch batch_size_tokens",
    [LL_COL_LR] = "learning_rate max_lr peak_lr",
    [LL_COL_CONTEXT] = "context_length sequence_length seq_len n_ctx block_size",
    [LL_COL_VOCAB] = "vocab_size n_vocab vocabulary_size",
    [LL_COL_WEIGHT] = "weights",
};

void ll_header_normalise(const char *header, char out[LL_HEADER_MAX]) {
    size_t n = 0;
    bool gap = false;
    for (const char *p = header; *p && n < LL_HEADER_MAX - 2; p++) {
        if (!isalnum((unsigned char)*p)) {
            gap = n > 0;
            continue;
        }
        if (gap) out[n++] = '_';
        gap = false;
        out[n++] = (char)tolower((unsigned char)*p);
    }
    out[n] = 0;
    if (strlen(header) == 1) strcpy(out, header);
}

/* Where the word stands among the words, -1 when it does not. */
static int word_at(const char *words, const char *word) {
    size_t n = strlen(word);
    for (const char *p = words; p && n && (p = strstr(p, word)); p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || !p[n])) return (int)(p - words);
    return -1;
}

static const char *header_at(const ll_fill *f, int64_t i) {
    return i < 0 ? "" : f->headers[i];
}

/* ---- headers ---- */

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static ll_status check_duplicates(const ll_fill *f, ll_error *err) {
    char **sorted = malloc(((size_t)f->n_headers + 1) * sizeof *sorted);
    if (!sorted) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", f->path);
    memcpy(sorted, f->headers, (size_t)f->n_headers * sizeof *sorted);
    qsort(sorted, (size_t)f->n_headers, sizeof *sorted, by_text);
    const char *twice = NULL;
    for (int64_t i = 1; i < f->n_headers && !twice; i++)
        if (*sorted[i] && strcmp(sorted[i - 1], sorted[i]) == 0) twice = sorted[i];
    free(sorted);
    return twice ? LL_FAIL(err, LL_EINPUT, "%s: the column '%.80s' stands there twice", f->path, twice) : LL_OK;
}

static int64_t find_header(const ll_fill *f, const char *name) {
    for (int64_t i = 0; i < f->n_headers; i++)
        if (*f->headers[i] && strcmp(f->headers[i], name) == 0) return i;
    return -1;
}

static ll_status need_header(const ll_fill *f, const char *name, const char *who, int64_t *out, ll_error *err) {
    *out = find_header(f, name);
    for (int c = 0; *out < 0 && c < LL_COL_COUNT; c++)
        if (strcmp(name, ll_column_name((ll_column)c)) == 0) *out = f->of[c];
    if (*out >= 0) return LL_OK;
    char near[LL_HEADERS_TEXT];
    return LL_FAIL(err, LL_EINPUT, "%s: %s: there is no column '%.80s', but %s", f->path, who, name,
                   ll_headers_near(f->t, name, LL_COL_COUNT, near));
}

/* ---- binding ---- */

enum { OPEN = -2, NONE = -1 }; /* of a column: still to be found; not in the table */

static int find_column(const char *name) {
    for (int c = 0; c < LL_COL_COUNT; c++)
        if (strcmp(name, ll_column_name((ll_column)c)) == 0) return c;
    return -1;
}

/* N, D, C and L are params, tokens, flops and loss where no header is called so. A column by such a name is looked at
 * in its own unit. */
static ll_status where_header(ll_fill *f, int term, ll_error *err) {
    static const struct {
        const char *letter;
        ll_column column;
    } letters[] = { { "N", LL_COL_PARAMS }, { "D", LL_COL_TOKENS }, { "C", LL_COL_FLOPS }, { "L", LL_COL_LOSS } };
    const char *name = f->where.term[term].name;
    int c = find_header(f, name) < 0 ? find_column(name) : -1;
    for (size_t k = 0; k < sizeof letters / sizeof *letters; k++)
        if (strcmp(name, letters[k].letter) == 0 && find_header(f, name) < 0) c = (int)letters[k].column;
    if (c == LL_COL_PARAMS && f->of[c] < 0) c = LL_COL_PARAMS_TOTAL;
    if (c < 0 || f->of[c] < 0) return need_header(f, name, "where", &f->where_of[term], err);
    f->where_of[term] = f->of[c];
    f->where_times[term] = f->times[c];
    return LL_OK;
}

/* Cuts "COLUMN=VALUE" off a list with commas, in place; false at its end. */
static bool next_pair(char **rest, char **name, char **value) {
    if (!*rest || !**rest) return false;
    *name = *rest;
    if ((*rest = strchr(*rest, ','))) *(*rest)++ = 0;
    if ((*value = strchr(*name, '='))) *(*value)++ = 0;
    return true;
}

static ll_status name_column(const char *who, const char *want, const char *name, const char *value, int *column,
                             ll_error *err) {
    if (!value) return LL_FAIL(err, LL_EINPUT, "%s: '%.80s', expected CANONICAL=%s", who, name, want);
    *column = find_column(name);
    if (*column >= 0) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: '%.80s' is no canonical column (params, tokens, flops, loss ...)", who,
                   name);
}

/* "1e9*Size" is a billion times the column Size. */
static char *cut_factor(char *value, double *times) {
    char *star = strchr(value, '*');
    if (!star) return value;
    *star = 0;
    const bool factor = ll_units_parse(value, times) && *times > 0;
    *star = '*';
    return factor ? star + 1 : value;
}

static ll_status bind_pairs(ll_fill *f, char *rest, ll_error *err) {
    for (char *name, *value; next_pair(&rest, &name, &value);) {
        int c = -1;
        LL_TRY(name_column("col", "HEADER", name, value, &c, err));
        f->of[c] = NONE;
        if (*value && find_header(f, value) < 0 && c >= LL_COL_FIRST_NUMBER)
            value = cut_factor(value, &f->times[c]);
        if (*value) LL_TRY(need_header(f, value, "col", &f->of[c], err));
    }
    return LL_OK;
}

/* "tokens=D_tokens,params=1e9*Size,step=": an empty header leaves the column out. */
static ll_status bind_given(ll_fill *f, const char *columns, ll_error *err) {
    char *copy = strdup(columns ? columns : "");
    if (!copy) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", f->path);
    ll_status s = bind_pairs(f, copy, err);
    free(copy);
    return s;
}

/* What is fitted in place of the loss. */
static ll_status bind_y(ll_fill *f, const char *y, ll_error *err) {
    char se[LL_HEADER_MAX + 4];
    f->y = y && *y;
    if (!f->y) return LL_OK;
    if (f->of[LL_COL_LOSS] != OPEN)
        return LL_FAIL(err, LL_EINPUT, "%s: y is '%.60s', and --col names another column of losses", f->path, y);
    LL_TRY(need_header(f, y, "y", &f->of[LL_COL_LOSS], err));
    snprintf(se, sizeof se, "%.250s_se", y);
    if (f->of[LL_COL_LOSS_SE] == OPEN) f->of[LL_COL_LOSS_SE] = find_header(f, se);
    return LL_OK;
}

/* "A,B": further numbers, each with its standard error where the table has that. */
static ll_status bind_measures(ll_fill *f, const char *list, ll_error *err) {
    char name[LL_HEADER_MAX], se[LL_HEADER_MAX + 4];
    ll_table *t = f->t;
    if (!list || !*list) return LL_OK;
    t->measures = calloc(LL_TABLE_MEASURES_MOST, sizeof *t->measures);
    if (!t->measures) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", f->path);
    for (const char *from = list; from; from = strchr(from, ',') ? strchr(from, ',') + 1 : NULL) {
        const int64_t k = t->n_measures;
        if (k == LL_TABLE_MEASURES_MOST)
            return LL_FAIL(err, LL_EINPUT, "%s: more than %d measures are asked for", f->path, (int)k);
        snprintf(name, sizeof name, "%.*s", (int)strcspn(from, ","), from);
        LL_TRY(need_header(f, name, "measures", &f->measure_of[k], err));
        snprintf(se, sizeof se, "%.250s_se", name);
        f->measure_se_of[k] = find_header(f, se);
        snprintf(t->measures[t->n_measures++].name, LL_HEADER_MAX, "%s", name);
    }
    return LL_OK;
}

/* "params=124M,run=a": what the table itself does not say. */
static ll_status take_set(ll_fill *f, const char *set, ll_error *err) {
    char *rest = f->set_texts = strdup(set ? set : "");
    if (!rest) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", f->path);
    for (char *name, *value; next_pair(&rest, &name, &value);) {
        int c = -1;
        LL_TRY(name_column("set", "VALUE", name, value, &c, err));
        if (c >= LL_COL_FIRST_NUMBER && !ll_units_parse(value, &f->set_num[c]))
            return LL_FAIL(err, LL_EINPUT, "set: %s is '%.60s', expected a number", name, value);
        f->set[c] = value;
    }
    return LL_OK;
}

/* A value of one's own beside a column of the table would be one too many. */
static ll_status check_set(const ll_fill *f, ll_error *err) {
    for (int c = 0; c < LL_COL_COUNT; c++)
        if (f->set[c] && f->of[c] >= 0)
            return LL_FAIL(err, LL_EINPUT, "%s: set: %s stands in the column '%.60s'; --col %s= leaves that out",
                           f->path, ll_column_name((ll_column)c), f->headers[f->of[c]],
                           ll_column_name((ll_column)c));
    return LL_OK;
}

static bool is_taken(const ll_fill *f, int64_t header) {
    for (int c = 0; c < LL_COL_COUNT; c++)
        if (f->of[c] == header) return true;
    return false;
}

/* 0 for the column's own name in another case, more for an alias, -1 for a stranger. Of a count of parameters
 * only the exact name carries the convention. */
static int rank_of(const char *header, ll_column c) {
    char name[LL_HEADER_MAX];
    ll_header_normalise(header, name);
    bool counts = c == LL_COL_PARAMS || c == LL_COL_PARAMS_TOTAL;
    if (!counts && strcmp(name, ll_column_name(c)) == 0) return 0;
    int at = word_at(aliases[c], name);
    return at < 0 ? -1 : at + 1;
}

bool ll_header_is(const char *header, ll_column c) {
    return rank_of(header, c) >= 0;
}

/* Beside these a column that is only called loss is the training loss, as in the exports of W&B. */
static const char held_out[] = "val_loss valid_loss validation_loss eval_loss";

static bool is_held_out(const char *header) {
    char name[LL_HEADER_MAX];
    ll_header_normalise(header, name);
    return word_at(held_out, name) >= 0;
}

/* The column's own name in any case is nearer than one with other signs: Step before _step. */
static int64_t find_own_name(const ll_fill *f, ll_column c) {
    int64_t found = find_header(f, ll_column_name(c)), n = 0;
    if (found >= 0 || c == LL_COL_PARAMS || c == LL_COL_PARAMS_TOTAL) return found;
    for (int64_t i = 0; i < f->n_headers; i++)
        if (strcasecmp(f->headers[i], ll_column_name(c)) == 0) found = i, n++;
    return n == 1 ? found : -1;
}

/* The header of the column's own name, or what is to be taken before it; -1 when there is none, or several are. */
static int64_t find_exact(const ll_fill *f, ll_column c) {
    int64_t found = find_own_name(f, c), held_out = -1, n = 0;
    if (found >= 0 && is_taken(f, found)) found = -1;
    for (int64_t i = 0; i < f->n_headers && found >= 0 && c == LL_COL_LOSS; i++)
        if (is_held_out(f->headers[i]) && !is_taken(f, i)) held_out = i, n++;
    return n == 0 ? found : n == 1 ? held_out : -1;
}

/* Whether numbers stand in some header that could be the column: then those of words are none. */
static bool has_numbers(const ll_fill *f, ll_column c) {
    for (int64_t i = 0; i < f->n_headers; i++)
        if (!f->t->headers[i].words && rank_of(f->headers[i], c) >= 0 && !is_taken(f, i)) return true;
    return false;
}

/* A text column takes its first alias in the list's order; a number must have only one: to choose between
 * N and Model Size silently would be to guess. */
static ll_status bind_known(ll_fill *f, ll_column c, ll_error *err) {
    const int64_t exact = find_exact(f, c);
    const bool numbers = (int)c >= LL_COL_FIRST_NUMBER && exact < 0 && has_numbers(f, c);
    int best = INT_MAX;
    f->of[c] = exact >= 0 ? exact : NONE;
    for (int64_t i = 0; i < f->n_headers && exact < 0; i++) {
        int rank = rank_of(f->headers[i], c);
        if (rank < 0 || is_taken(f, i) || (numbers && f->t->headers[i].words)) continue;
        if (f->of[c] >= 0 && (int)c >= LL_COL_FIRST_NUMBER)
            return LL_FAIL(err, LL_EINPUT, "%s: both '%.60s' and '%.60s' could be %s; choose with --col %s=HEADER",
                           f->path, header_at(f, f->of[c]), f->headers[i], ll_column_name(c), ll_column_name(c));
        if (rank < best) best = rank, f->of[c] = i;
    }
    return LL_OK;
}

/* Of one model there may be many runs. */
static bool names_a_model(const char *header) {
    char name[LL_HEADER_MAX];
    ll_header_normalise(header, name);
    return word_at("model model_name", name) >= 0;
}

static ll_status put_header(const ll_fill *f, const char *header, char out[LL_HEADER_MAX], ll_error *err) {
    if (strlen(header) >= LL_HEADER_MAX)
        return LL_FAIL(err, LL_EINPUT, "%s: the header '%.40s...' has %zu bytes, expected at most %d", f->path,
                       header, strlen(header), LL_HEADER_MAX - 1);
    strcpy(out, header);
    return LL_OK;
}

static ll_status bind_clusters(ll_fill *f, const ll_table_opts *opts, ll_error *err) {
    const int64_t run = f->of[LL_COL_RUN];
    const bool given = opts->cluster && *opts->cluster, none = given && strcmp(opts->cluster, "none") == 0;
    f->cluster_of = -1;
    if (given && !none) return need_header(f, opts->cluster, "cluster", &f->cluster_of, err);
    f->by_run = run >= 0 && (f->run_by_hand || !names_a_model(f->headers[run]));
    f->cluster_runs = f->by_run && !given && !opts->last;
    if (f->by_run) f->cluster_of = run;
    return LL_OK;
}

ll_status ll_fill_bind(ll_fill *f, const ll_table_opts *opts, ll_error *err) {
    LL_TRY(check_duplicates(f, err));
    for (int c = 0; c < LL_COL_COUNT; c++) f->of[c] = OPEN;
    LL_TRY(bind_given(f, opts->columns, err));
    LL_TRY(bind_y(f, opts->y, err));
    LL_TRY(take_set(f, opts->set, err));
    f->run_by_hand = f->of[LL_COL_RUN] >= 0;
    f->role_by_hand = f->of[LL_COL_ROLE] != OPEN || f->set[LL_COL_ROLE];
    for (int c = 0; c < LL_COL_COUNT; c++) {
        if (f->of[c] == OPEN) LL_TRY(bind_known(f, (ll_column)c, err));
        LL_TRY(put_header(f, f->set[c] ? "--set" : header_at(f, f->of[c]), f->t->header[c], err));
    }
    LL_TRY(check_set(f, err));
    ll_fill_units(f);
    LL_TRY(ll_fill_convention(f, opts->params_are, opts->loss_unit, err));
    for (int i = 0; i < f->where.n; i++) LL_TRY(where_header(f, i, err));
    LL_TRY(bind_measures(f, opts->measures, err));
    f->x_of = -1;
    if (opts->x && *opts->x) LL_TRY(need_header(f, opts->x, "x", &f->x_of, err));
    LL_TRY(put_header(f, header_at(f, f->x_of), f->t->x_header, err));
    return bind_clusters(f, opts, err);
}
