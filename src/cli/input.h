/* What the verbs that fit share: the options that say which law, which table, which rows and columns. */
#ifndef LL_CLI_INPUT_H
#define LL_CLI_INPUT_H

#include <stddef.h>

#include "base/option.h"
#include "fit/columns.h"
#include "loglog/fit.h"

typedef struct ll_input {
    char law[LL_OPTION_TEXT], x[LL_OPTION_TEXT]; /* law may be a file's name, where the verb's table lets it */
    char where[LL_OPTION_TEXT], col[LL_OPTION_TEXT], cluster[LL_OPTION_TEXT], set[LL_OPTION_TEXT];
    char params_are[LL_OPTION_NAME], loss_unit[LL_OPTION_NAME];
    bool last;
} ll_input;

/* Rows of an option table over a struct that has an ll_input called input. */
#define LL_INPUT_AT(type, field) (offsetof(type, input) + offsetof(ll_input, field))
#define LL_INPUT_LAW(type)                                                                                     \
    { "law", LL_OPT_NAME, LL_INPUT_AT(type, law), "chinchilla", "a law of 'loglog laws'" }, {                  \
        "x", LL_OPT_TEXT, LL_INPUT_AT(type, x), "",                                                            \
            "the variable X of a law: params, tokens, flops (where nothing is said) or a column by its header" \
    }
#define LL_INPUT_TABLE(type)                                                                                       \
    { "cluster", LL_OPT_TEXT, LL_INPUT_AT(type, cluster), "",                                                      \
      "column whose equal values belong together (checkpoints of one run)" },                                      \
        { "where", LL_OPT_TEXT, LL_INPUT_AT(type, where), "",                                                      \
          "rows to fit, such as 'kept_in_fit = 1 and N < 1e9'" },                                                  \
        { "col", LL_OPT_TEXT, LL_INPUT_AT(type, col), "", "columns by header, such as tokens=D_tokens,loss=val" }, \
        { "set", LL_OPT_TEXT, LL_INPUT_AT(type, set), "",                                                          \
          "columns that the table lacks, one value for all rows: params=124M,batch_tokens=524288" },               \
        { "last", LL_OPT_BOOL, LL_INPUT_AT(type, last), "false",                                                   \
          "rows are checkpoints: keep the last of each run" },                                                     \
        { "params_are", LL_OPT_NAME, LL_INPUT_AT(type, params_are), "",                                            \
          "what N of the table counts: total or nonembedding" },                                                   \
    {                                                                                                              \
        "loss_unit", LL_OPT_NAME, LL_INPUT_AT(type, loss_unit), "", "nats, bits_per_byte or bits_per_token"        \
    }

/* The law of --law; NULL, and the known ones named, when there is none of that name. */
const ll_law *ll_input_law(const ll_input *in, ll_error *err);
ll_var ll_input_along(const ll_input *in); /* --x; LL_VAR_X: a column of the table */

ll_status ll_input_read(const ll_input *in, const char *path, ll_table *t, ll_error *err);

/* The table's columns and the fit's view of them. Beyond the law's own variables those of `also` (bits) must be
 * there. data points into columns. */
ll_status ll_input_data(const ll_input *in, const ll_law *law, const ll_table *t, const char *source, unsigned also,
                        ll_columns *columns, ll_fit_data *data, ll_error *err);

#endif
