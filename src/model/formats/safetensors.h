/* The safetensors format: 8 bytes, the length of a JSON header; the header, NAME: {dtype, shape, data_offsets};
 * then the tensors, whose offsets count from there. Refused: a header above 16 MiB, tensors that do not fill their
 * offsets, offsets behind the file's end, tensors that hold more than the file together. */
#ifndef LL_MODEL_FORMATS_SAFETENSORS_H
#define LL_MODEL_FORMATS_SAFETENSORS_H

#include "model/formats/parts.h"

/* Adds the tensors of a file. */
ll_status ll_safetensors_add(ll_tensors *out, const char *path, ll_error *err);

/* Those of a checkpoint: of model.safetensors in the folder, or of all files that model.safetensors.index.json names,
 * each of which holds what the index says. Sorted. */
ll_status ll_safetensors_folder(ll_tensors *out, const char *folder, ll_error *err);

/* The parts of a model, as F32 or BF16. */
ll_status ll_safetensors_write(const char *path, const ll_guest *g, const ll_real *params, ll_number_kind kind,
                               ll_error *err);

#endif
