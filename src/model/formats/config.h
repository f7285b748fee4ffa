/* What a checkpoint of others says of its model: config.json of transformers, or the metadata of a GGUF file, each as a
 * JSON object of keys.
 *
 *     LL_TRY(ll_config_read(&guest, config, "config.json", err));      guest.form says which of the two it is
 *     ll_json *config = ll_config_json(&guest);
 *
 * One table of both names of each key serves both ways. What our families have one kind of only (the activation, the
 * epsilon of the norms, the base of rotary positions) is written, and refused by the key's name where it is another.
 */
#ifndef LL_MODEL_FORMATS_CONFIG_H
#define LL_MODEL_FORMATS_CONFIG_H

#include "base/document/json.h"
#include "model/formats/parts.h"

/* form is read, all else is filled in. LL_EFORMAT names the key. */
ll_status ll_config_read(ll_guest *out, const ll_json *config, const char *where, ll_error *err);

/* The architecture and its keys; what is said of numbers and tokens is the caller's to add. */
ll_json *ll_config_json(const ll_guest *g);

#endif
