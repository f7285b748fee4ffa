/* Models that leave the house: a checkpoint as transformers loads it (a folder), or as llama.cpp runs it (a GGUF file).
 *
 *     ll_model_out o = { .model = &w.model, .params = w.params, .tokenizer = t, .form = LL_FORM_GGUF, .name = w.run.id };
 *     LL_TRY(ll_model_out_write(&o, "model.gguf", err));
 *
 * A folder is written as config.json, model.safetensors and, where the tokenizer has such a form, tokenizer.json and
 * tokenizer_config.json. Without a tokenizer, or with one of another kind, the model takes and gives token numbers.
 */
#ifndef LL_SWEEP_MODELS_MODEL_OUT_H
#define LL_SWEEP_MODELS_MODEL_OUT_H

#include "data/token/tokenizer.h"
#include "model/formats/formats.h"

typedef struct ll_model_out {
    const ll_model *model;
    const ll_real *params;
    const ll_tokenizer *tokenizer; /* NULL: none goes with it */
    ll_form form;
    bool bf16; /* matrices rounded to bfloat16; else F32 */
    const char *name;
} ll_model_out;

/* Whether the tokenizer goes with the model: those of bytes and of GPT-2's files do. */
bool ll_model_out_speaks(const ll_model_out *o);

/* LL_EINPUT for a family that they do not have. */
ll_status ll_model_out_write(const ll_model_out *o, const char *path, ll_error *err);

#endif
