#include "model/formats/formats.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "model/formats/gguf.h"
#include "model/formats/safetensors.h"

enum { MAX_CONFIG = 1 << 20 };

static bool ends(const char *path, const char *suffix) {
    const size_t n = strlen(path), k = strlen(suffix);
    return n >= k && strcmp(path + n - k, suffix) == 0;
}

static ll_status read_hf(ll_tensors *t, ll_json **about, ll_guest *g, const char *path, bool file, ll_error *err) {
    char folder[LL_PATH_MAX], config[LL_PATH_MAX];
    if (file) ll_file_folder(folder, path);
    LL_TRY(ll_file_join(config, file ? folder : path, "config.json", err));
    LL_TRY(ll_json_load(config, MAX_CONFIG, about, err));
    LL_TRY(ll_config_read(g, *about, config, err));
    if (!file) return ll_safetensors_folder(t, path, err);
    LL_TRY(ll_safetensors_add(t, path, err));
    return ll_tensors_sort(t, path, err);
}

/* Its metadata need not say how many tokens there are, nor that the head is the embedding. */
static ll_status read_gguf(ll_tensors *t, ll_json **about, ll_guest *g, const char *path, ll_error *err) {
    LL_TRY(ll_gguf_read(t, about, path, err));
    const ll_named *wte = ll_tensors_find(t, "token_embd.weight");
    if (!wte || wte->dims != 2) return LL_FAIL(err, LL_EFORMAT, "%s: there is no matrix 'token_embd.weight'", path);
    ll_json_set_int(*about, "llama.vocab_size", wte->shape[0]);
    ll_json_set_int(*about, "gpt2.vocab_size", wte->shape[0]);
    LL_TRY(ll_config_read(g, *about, path, err));
    g->tied |= !ll_tensors_find(t, "output.weight");
    return LL_OK;
}

static ll_status read_any(ll_tensors *t, ll_json **about, ll_guest *g, const char *path, ll_error *err) {
    struct stat st;
    if (stat(path, &st) != 0) return LL_FAIL(err, LL_EINPUT, "%s: there is no such file or folder", path);
    const bool folder = S_ISDIR(st.st_mode);
    g->form = !folder && ends(path, ".gguf") ? LL_FORM_GGUF : LL_FORM_HF;
    if (folder) return read_hf(t, about, g, path, false, err);
    if (g->form == LL_FORM_GGUF) return read_gguf(t, about, g, path, err);
    if (ends(path, ".safetensors")) return read_hf(t, about, g, path, true, err);
    return LL_FAIL(err, LL_EINPUT, "%s: expected a folder of transformers, FILE.safetensors or FILE.gguf", path);
}

ll_status ll_formats_read(ll_guest *out, ll_real **params, ll_json **about, const char *path, ll_error *err) {
    ll_tensors t = { 0 };
    *params = NULL;
    *about = NULL;
    ll_status s = read_any(&t, about, out, path, err);
    if (s == LL_OK) s = ll_parts_in(out, &t, params, path, err);
    ll_tensors_clear(&t);
    if (s == LL_OK) return LL_OK;
    ll_json_free(*about);
    *about = NULL;
    return s;
}
