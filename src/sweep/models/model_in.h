/* Models of others come in: a checkpoint of transformers or llama.cpp becomes a safetensors file of ours, of which
 * probes ask as of any weights.
 *
 *     ll_model_in in;
 *     LL_TRY(ll_model_in_read(&in, "tinyllama/", "tinyllama.safetensors", err));
 *     in.tokenizer          "tinyllama.model", as --tokenizer takes it
 */
#ifndef LL_SWEEP_MODELS_MODEL_IN_H
#define LL_SWEEP_MODELS_MODEL_IN_H

#include "model/formats/formats.h"

enum { LL_MODEL_IN_NOTE = 512 };

typedef struct ll_model_in {
    ll_guest guest;
    char tokenizer[LL_PATH_MAX +
                   32];          /* "bytes", or a file written beside; "": none here reads its text as it does */
    char note[LL_MODEL_IN_NOTE]; /* why there is none */
} ll_model_in;

/* path: as of ll_formats_read. Writes file, which ends in .safetensors, and beside it its tokenizer where one here
 * takes it: GPT-2's two files, or sentencepiece's. */
ll_status ll_model_in_read(ll_model_in *out, const char *path, const char *file, ll_error *err);

#endif
