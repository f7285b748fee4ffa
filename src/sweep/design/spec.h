/* The run spec, loglog.spec/1: what a ladder is, in one file that users write. A short one is complete; every key
 * has a default, and the resolved form is what is stored and hashed.
 *
 *     ll_spec spec;
 *     LL_TRY(ll_spec_load(&spec, "demo.yaml", err));
 *     LL_TRY(ll_options_set(ll_spec_table, ll_spec_count, &spec, "train.lr", "0.01", "--train.lr", err));
 *     LL_TRY(ll_spec_check(&spec, "demo.yaml", err));
 *     char *text = ll_spec_text(&spec);                 the resolved YAML; free it
 */
#ifndef LL_SWEEP_DESIGN_SPEC_H
#define LL_SWEEP_DESIGN_SPEC_H

#include "base/document/hash.h"
#include "base/document/option.h"
#include "data/generated/canaries.h"
#include "model/model.h"

#define LL_SPEC_SCHEMA "loglog.spec/1"

typedef struct ll_spec {
    char schema[LL_OPTION_NAME], name[LL_OPTION_NAME];
    int64_t seed;
    struct {
        char text[LL_OPTION_TEXT], shards[LL_OPTION_TEXT], suffix[LL_OPTION_NAME], field[LL_OPTION_NAME];
        char source[LL_OPTION_NAME], also[LL_OPTION_TEXT], tokenizer[LL_OPTION_TEXT], alphabet[LL_OPTION_NAME];
        char operations[LL_OPTION_TEXT], canary_format[LL_OPTION_TEXT];
        int64_t levels, vocab, order, states, digits, tokens, canary_count, canary_seed;
        double alpha, flip, val_share, max_bytes, records;
        ll_list unique_tokens, canaries;
    } data;
    struct {
        char family[LL_OPTION_NAME];
        int64_t context, layers, head, base_width;
        ll_list widths;
    } model;
    struct {
        char schedule[LL_OPTION_NAME], precision[LL_OPTION_NAME], kernels[LL_OPTION_NAME], device[LL_OPTION_NAME];
        double lr, lr_end, warmup, cooldown, beta1, beta2, eps, decay, clip, checkpoint;
        int64_t batch_tokens, eval_points, eval_windows, final_windows, patience;
    } train;
    struct {
        char kind[LL_OPTION_NAME], batch_rate[LL_OPTION_NAME], shapes[LL_OPTION_TEXT];
        ll_list flops, params, tokens, batches, layers, heads, ffw_ratio;
        int64_t rungs, sizes, seeds, edge_seeds;
        double size_factor, tokens_per_param;
    } design;
    struct {
        char hold_out[LL_OPTION_NAME];
        double factor;
    } forecast;
    struct {
        char kind[LL_OPTION_NAME], slurm[LL_OPTION_TEXT];
        int64_t workers;
        double memory;
        char command[LL_OPTION_TEXT], resume[LL_OPTION_TEXT]; /* templates of command/template.h */
        bool shell;
        struct {
            char file[LL_OPTION_TEXT], format[LL_OPTION_NAME], pattern[LL_OPTION_TEXT], unit[LL_OPTION_NAME];
            char step[LL_OPTION_TEXT], tokens[LL_OPTION_TEXT], loss[LL_OPTION_TEXT], train_loss[LL_OPTION_TEXT];
            char params[LL_OPTION_TEXT], params_total[LL_OPTION_TEXT];
            double bytes_per_token;
        } metrics;
        struct {
            char nonembedding[LL_OPTION_TEXT], total[LL_OPTION_TEXT], flops_token[LL_OPTION_TEXT];
        } count;
        double stall, timeout, grace;
        int64_t retries;
    } engine;
} ll_spec;

extern const ll_option ll_spec_table[];
extern const int ll_spec_count;

/* Defaults, then the file. Unknown keys, wrong types and bad values name file and line. */
ll_status ll_spec_load(ll_spec *spec, const char *path, ll_error *err);
/* The same of a text, such as a ladder's in a store; where: what messages call it. */
ll_status ll_spec_parse(ll_spec *spec, const char *text, const char *where, ll_error *err);

/* Whether a command of the user's trains; whether the spec names data of ours, which it then need not. */
bool ll_spec_has_command(const ll_spec *spec);
bool ll_spec_has_data(const ll_spec *spec);

/* What no single key can tell: a data source is named, lists fit the design. where: the file's name. */
ll_status ll_spec_check(const ll_spec *spec, const char *where, ll_error *err);

/* The texts of data.also: PATH, called as its file up to the first dot, or NAME=PATH. */
enum { LL_SPEC_ALSO = 8 };
typedef struct ll_spec_also {
    int n;
    char name[LL_SPEC_ALSO][LL_OPTION_NAME], path[LL_SPEC_ALSO][LL_OPTION_TEXT];
} ll_spec_also;
ll_status ll_spec_list_also(const ll_spec *spec, const char *where, ll_spec_also *out, ll_error *err);

/* What data.canaries says; n is 0 where it is empty. */
ll_status ll_spec_canaries(const ll_spec *spec, const char *where, ll_canaries *out, ll_error *err);

ll_family ll_spec_family(const ll_spec *spec);
/* What a width is a multiple of, or less: model.head, and 1 where the family has no heads. */
int64_t ll_spec_head(const ll_spec *spec);

/* The design becomes a list of n runs, at most LL_OPTION_LIST, all of them to be fitted. */
void ll_spec_take_list(ll_spec *spec, const double *params, const double *tokens, int n);

char *ll_spec_text(const ll_spec *spec); /* NULL when out of memory */

/* Is it trained by Slurm's jobs? */
bool ll_spec_on_slurm(const ll_spec *spec);

/* Names what the numbers depend on: the resolved text with how it is worked on at its defaults, the workers,
 * memory, waits and retries of the engine and what Slurm is told, and engine.kind slurm as the local one, so that a
 * ladder goes on with any number of workers, here and there. */
ll_status ll_spec_hash(const ll_spec *spec, char hex[LL_HASH_HEX], ll_error *err);

#endif
