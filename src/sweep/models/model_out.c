#include "sweep/models/model_out.h"

#include <stdlib.h>
#include <string.h>

#include "data/token/byte_vocabulary.h"
#include "model/formats/gguf.h"
#include "model/formats/safetensors.h"

bool ll_model_out_speaks(const ll_model_out *o) {
    ll_vocabulary v;
    if (!o->tokenizer || ll_vocabulary_of(&v, o->tokenizer, NULL) != LL_OK) return false;
    ll_vocabulary_clear(&v);
    return true;
}

/* ---- transformers ---- */

static ll_status write_json(ll_json *doc, const char *folder, const char *name, ll_error *err) {
    char path[LL_PATH_MAX];
    ll_file f;
    char *text = ll_json_text(doc, true);
    ll_json_free(doc);
    ll_status s = text ? ll_file_join(path, folder, name, err) : LL_FAIL(err, LL_ENOMEM, "%s: out of memory", name);
    if (s == LL_OK) s = ll_file_create(&f, path, err);
    if (s == LL_OK) {
        fprintf(f.out, "%s\n", text);
        s = ll_file_commit(&f, err);
    }
    free(text);
    return s;
}

static ll_json *tokenizer_config(const ll_vocabulary *v, int64_t context) {
    ll_json *j = ll_json_object();
    const char *end = ll_json_as_str(ll_json_at(v->tokens, (size_t)v->end));
    ll_json_set_str(j, "tokenizer_class", "PreTrainedTokenizerFast");
    ll_json_set_int(j, "model_max_length", context);
    ll_json_set_str(j, "bos_token", end);
    ll_json_set_str(j, "eos_token", end);
    ll_json_set_bool(j, "clean_up_tokenization_spaces", false);
    return j;
}

static ll_status write_folder(const ll_model_out *o, const ll_guest *g, ll_json *config, const ll_vocabulary *v,
                              const char *folder, ll_error *err) {
    char path[LL_PATH_MAX];
    LL_TRY(ll_file_mkdir(folder, err));
    LL_TRY(ll_file_join(path, folder, "model.safetensors", err));
    LL_TRY(ll_safetensors_write(path, g, o->params, o->bf16 ? LL_NUMBER_BF16 : LL_NUMBER_F32, err));
    LL_TRY(write_json(ll_json_copy(config), folder, "config.json", err));
    if (!v) return LL_OK;
    LL_TRY(write_json(ll_vocabulary_hf(v), folder, "tokenizer.json", err));
    return write_json(tokenizer_config(v, o->model->context), folder, "tokenizer_config.json", err);
}

static void say_hf(const ll_model_out *o, const ll_vocabulary *v, ll_json *config) {
    ll_json_set_str(config, "torch_dtype", o->bf16 ? "bfloat16" : "float32");
    if (!v) return;
    ll_json_set_int(config, "bos_token_id", v->end);
    ll_json_set_int(config, "eos_token_id", v->end);
}

/* ---- llama.cpp ---- */

enum { FILE_F32 = 0, FILE_BF16 = 32 }; /* of general.file_type */

static void say_gguf(const ll_model_out *o, const ll_vocabulary *v, ll_json *meta) {
    ll_json_set_str(meta, "general.name", o->name);
    ll_json_set_int(meta, "general.file_type", o->bf16 ? FILE_BF16 : FILE_F32);
    if (v) ll_vocabulary_to_gguf(v, meta);
    else ll_json_set_str(meta, "tokenizer.ggml.model", "no_vocab");
}

/* ---- either ---- */

static ll_status write_with(const ll_model_out *o, const ll_vocabulary *v, const char *path, ll_error *err) {
    const ll_guest g = {
        .model = *o->model, .form = o->form, .kv_heads = o->model->heads, .tied = o->model->family == LL_FAMILY_GPT
    };
    ll_json *config = ll_config_json(&g);
    (o->form == LL_FORM_HF ? say_hf : say_gguf)(o, v, config);
    const ll_status s = o->form == LL_FORM_HF ? write_folder(o, &g, config, v, path, err)
                                              : ll_gguf_write(path, config, &g, o->params,
                                                              o->bf16 ? LL_NUMBER_BF16 : LL_NUMBER_F32, err);
    ll_json_free(config);
    return s;
}

ll_status ll_model_out_write(const ll_model_out *o, const char *path, ll_error *err) {
    ll_vocabulary v = { 0 };
    LL_TRY(ll_parts_have(o->model->family, err));
    const bool speaks = o->tokenizer && ll_vocabulary_of(&v, o->tokenizer, NULL) == LL_OK;
    const ll_status s = write_with(o, speaks ? &v : NULL, path, err);
    ll_vocabulary_clear(&v);
    return s;
}
