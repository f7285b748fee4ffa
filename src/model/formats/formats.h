/* Formats: models of others in the checkpoints in which they are published, and ours in the same.
 *
 *     ll_guest g;
 *     ll_real *params;
 *     ll_json *about;
 *     LL_TRY(ll_formats_read(&g, &params, &about, "tinyllama/", err));      a folder, FILE.safetensors or FILE.gguf
 *     ...
 *     free(params), ll_json_free(about);
 *
 * Read next: parts.h (which tensor is which, and what differs), config.h (the keys), safetensors.h and gguf.h (the
 * bytes).
 */
#ifndef LL_MODEL_FORMATS_FORMATS_H
#define LL_MODEL_FORMATS_FORMATS_H

#include "model/formats/config.h"

/* path: a folder of transformers, a .safetensors file of it with config.json beside, or a .gguf file. *about,
 * config.json or the metadata, and *params are the caller's. LL_EFORMAT names what is damaged or what no model here
 * has. */
ll_status ll_formats_read(ll_guest *out, ll_real **params, ll_json **about, const char *path, ll_error *err);

#endif
