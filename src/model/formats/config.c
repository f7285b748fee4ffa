#include "model/formats/config.h"

#include <stdlib.h>

#include "base/words/number.h"

#define TEXT_OF(macro) TEXT(macro)
#define TEXT(words) #words
#define NORM_EPS TEXT_OF(LL_NORM_EPS)
#define ROPE_BASE TEXT_OF(LL_ROPE_BASE)

enum { FORMS = 2, WORD = 64 };

/* The names of a key by form; NULL: that form has none. */
typedef struct size {
    size_t at; /* of an int64_t in ll_model */
    const char *key[FORMS];
} size;

/* A key, what it is where it is not there, and what it has to be: of several words one. "null": absent. */
typedef struct want {
    const char *key[FORMS], *absent, *want;
} want;

#define AT(field) offsetof(ll_model, field)
static const size llama_sizes[] = {
    { AT(layers), { "num_hidden_layers", "llama.block_count" } },
    { AT(width), { "hidden_size", "llama.embedding_length" } },
    { AT(heads), { "num_attention_heads", "llama.attention.head_count" } },
    { AT(ffw), { "intermediate_size", "llama.feed_forward_length" } },
    { AT(context), { "max_position_embeddings", "llama.context_length" } },
    { AT(vocab), { "vocab_size", "llama.vocab_size" } },
};
static const size gpt_sizes[] = {
    { AT(layers), { "n_layer", "gpt2.block_count" } },
    { AT(width), { "n_embd", "gpt2.embedding_length" } },
    { AT(heads), { "n_head", "gpt2.attention.head_count" } },
    { AT(ffw), { "n_inner", "gpt2.feed_forward_length" } },
    { AT(context), { "n_positions", "gpt2.context_length" } },
    { AT(vocab), { "vocab_size", "gpt2.vocab_size" } },
};
#undef AT

static const want llama_wants[] = {
    { { "hidden_act", NULL }, "silu", "silu" },
    { { "rms_norm_eps", "llama.attention.layer_norm_rms_epsilon" }, "1e-6", NORM_EPS },
    { { "rope_theta", "llama.rope.freq_base" }, "10000.0", ROPE_BASE },
    { { "rope_scaling", "llama.rope.scaling.factor" }, "null", "null" },
    { { NULL, "llama.rope.scale_linear" }, "null", "null" },
    { { NULL, "llama.attention.scale" }, "null", "null" },
    { { NULL, "llama.expert_count" }, "0", "0" },
    { { "attention_bias", NULL }, "false", "false" },
    { { "mlp_bias", NULL }, "false", "false" },
};
static const want gpt_wants[] = {
    { { "activation_function", NULL }, "gelu_new", "gelu_new gelu_pytorch_tanh" },
    { { "layer_norm_epsilon", "gpt2.attention.layer_norm_epsilon" }, "1e-5", NORM_EPS },
    { { "scale_attn_weights", NULL }, "true", "true" },
    { { "scale_attn_by_inverse_layer_idx", NULL }, "false", "false" },
    { { "tie_word_embeddings", NULL }, "true", "true" },
};

/* Of transformers from version 5 on, below rope_parameters. */
static const want rope_wants[] = {
    { { "rope_theta", NULL }, "10000.0", ROPE_BASE },
    { { "rope_type", NULL }, "default", "default" },
};

#define COUNT(table) (int)(sizeof(table) / sizeof *(table))
static const struct family {
    ll_family family;
    const char *name, *class; /* as model_type and architecture, and as a class of transformers */
    const size *sizes;
    int n_sizes;
    const want *wants;
    int n_wants;
    const char *kv_heads[FORMS], *head_size[FORMS]; /* all heads, and width / heads, where they are not there */
} families[] = {
    { LL_FAMILY_LLAMA,
      "llama",
      "LlamaForCausalLM",
      llama_sizes,
      COUNT(llama_sizes),
      llama_wants,
      COUNT(llama_wants),
      { "num_key_value_heads", "llama.attention.head_count_kv" },
      { "head_dim", "llama.attention.key_length" } },
    { LL_FAMILY_GPT,
      "gpt2",
      "GPT2LMHeadModel",
      gpt_sizes,
      COUNT(gpt_sizes),
      gpt_wants,
      COUNT(gpt_wants),
      { NULL },
      { NULL } },
};

/* ---- values as words ---- */

static bool is_number(const char *text, double *v) {
    char *end;
    *v = ll_number_read(text, &end);
    return end != text && !*end;
}

static const char *said(const ll_json *v, const char *absent, char text[LL_NUMBER_TEXT]) {
    bool truth;
    const char *word = ll_json_as_str(v);
    const ll_json_kind kind = ll_json_kind_of(v);
    if (kind == LL_JSON_NONE || kind == LL_JSON_NULL) return absent;
    if (kind != LL_JSON_SINGLE) return kind == LL_JSON_OBJECT ? "an object" : "a list";
    if (word) return word;
    if (ll_json_as_bool(v, &truth)) return truth ? "true" : "false";
    return ll_number_show(ll_json_as_num(v), text);
}

/* Numbers are compared as floats: GGUF has them so. */
static bool agrees(const char *got, const char *words) {
    double a, b;
    if (is_number(words, &b)) return is_number(got, &a) && (float)a == (float)b;
    const size_t n = strlen(got);
    for (const char *at = words; n && (at = strstr(at, got)); at += n)
        if ((at == words || at[-1] == ' ') && (!at[n] || at[n] == ' ')) return true;
    return false;
}

static ll_status check_wants(const want *w, int n, ll_form form, const ll_json *config, const char *where,
                             ll_error *err) {
    char text[LL_NUMBER_TEXT];
    for (int i = 0; i < n; i++) {
        if (!w[i].key[form]) continue;
        const char *got = said(ll_json_get(config, w[i].key[form]), w[i].absent, text);
        if (!agrees(got, w[i].want))
            return LL_FAIL(err, LL_EFORMAT, "%s: %s is %.60s, expected %s: no model here has another", where,
                           w[i].key[form], got, w[i].want);
    }
    return LL_OK;
}

/* ---- in ---- */

static const struct family *family_of(const ll_json *config, ll_form form, const char *where, ll_error *err) {
    const char *key = form == LL_FORM_HF ? "model_type" : "general.architecture",
               *name = ll_json_get_str(config, key);
    for (int i = 0; name && i < COUNT(families); i++)
        if (strcmp(name, families[i].name) == 0) return &families[i];
    LL_FAIL(err, LL_EFORMAT, "%s: %s is %s%.60s%s, expected llama or gpt2", where, key, name ? "'" : "",
            name ? name : "not there", name ? "'" : "");
    return NULL;
}

static ll_status read_sizes(const struct family *f, ll_guest *g, const ll_json *config, const char *where,
                            ll_error *err) {
    for (int i = 0; i < f->n_sizes; i++) {
        const char *key = f->sizes[i].key[g->form];
        int64_t *v = (int64_t *)((char *)&g->model + f->sizes[i].at);
        *v = ll_json_get_int(config, key, -1);
        if (v == &g->model.ffw && *v < 0 && f->family == LL_FAMILY_GPT && g->model.width > 0 &&
            g->model.width <= 1 << 16)
            *v = 4 * g->model.width;
        if (*v < 1) return LL_FAIL(err, LL_EFORMAT, "%s: %s: expected a whole number above 0", where, key);
    }
    return LL_OK;
}

/* Of a key that need not be there. */
static ll_status read_count(int64_t *out, const char *const key[FORMS], const ll_guest *g, const ll_json *config,
                            int64_t otherwise, const char *where, ll_error *err) {
    const ll_json *v = key[g->form] ? ll_json_get(config, key[g->form]) : NULL;
    const bool there = v && ll_json_kind_of(v) != LL_JSON_NULL;
    *out = there ? ll_json_get_int(config, key[g->form], -1) : otherwise;
    return *out > 0 ? LL_OK
                    : LL_FAIL(err, LL_EFORMAT, "%s: %s: expected a whole number above 0", where, key[g->form]);
}

static ll_status read_heads(const struct family *f, ll_guest *g, const ll_json *config, const char *where,
                            ll_error *err) {
    const int64_t S = g->model.width / g->model.heads;
    int64_t size;
    LL_TRY(read_count(&size, f->head_size, g, config, S, where, err));
    if (size != S)
        return LL_FAIL(err, LL_EFORMAT, "%s: %s is %lld, expected width / heads = %lld: no model here has another",
                       where, f->head_size[g->form], (long long)size, (long long)S);
    LL_TRY(read_count(&g->kv_heads, f->kv_heads, g, config, g->model.heads, where, err));
    if (g->model.heads % g->kv_heads == 0) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s: %s is %lld, expected a divisor of the %lld heads", where,
                   f->kv_heads[g->form], (long long)g->kv_heads, (long long)g->model.heads);
}

static ll_status read_model(const struct family *f, ll_guest *g, const ll_json *config, const char *where,
                            ll_error *err) {
    ll_error why = { 0 };
    LL_TRY(read_sizes(f, g, config, where, err));
    g->model.base_width = g->model.width;
    g->model.base_head = 1;
    if (ll_model_check(&g->model, &why) != LL_OK) return LL_FAIL(err, LL_EFORMAT, "%s: %.400s", where, why.msg);
    g->model.base_head = g->model.width / g->model.heads;
    return read_heads(f, g, config, where, err);
}

ll_status ll_config_read(ll_guest *out, const ll_json *config, const char *where, ll_error *err) {
    const ll_form form = out->form;
    const struct family *f = family_of(config, form, where, err);
    if (!f) return LL_EFORMAT;
    *out = (ll_guest) { .form = form, .model = { .family = f->family } };
    LL_TRY(read_model(f, out, config, where, err));
    LL_TRY(check_wants(f->wants, f->n_wants, form, config, where, err));
    const ll_json *rope = ll_json_get(config, "rope_parameters");
    if (rope) LL_TRY(check_wants(rope_wants, COUNT(rope_wants), form, rope, where, err));
    out->tied = f->family == LL_FAMILY_GPT;
    if (form == LL_FORM_HF && !out->tied) ll_json_get_bool(config, "tie_word_embeddings", &out->tied);
    return LL_OK;
}

/* ---- out ---- */

static void set_want(ll_json *config, const char *key, const char *words) {
    char word[WORD];
    double v;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(words, " "), words);
    if (strcmp(word, "null") == 0) return;
    if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) ll_json_set_bool(config, key, *word == 't');
    else if (!is_number(word, &v)) ll_json_set_str(config, key, word);
    else if (strpbrk(word, ".e")) ll_json_set_num(config, key, v);
    else ll_json_set_int(config, key, (int64_t)v);
}

ll_json *ll_config_json(const ll_guest *g) {
    const struct family *f = families;
    ll_json *config = ll_json_object();
    while (f->family != g->model.family) f++;
    if (g->form == LL_FORM_HF) {
        ll_json *classes = ll_json_array();
        ll_json_push(classes, ll_json_str(f->class));
        ll_json_set(config, "architectures", classes);
        ll_json_set_str(config, "model_type", f->name);
    } else ll_json_set_str(config, "general.architecture", f->name);
    for (int i = 0; i < f->n_sizes; i++)
        ll_json_set_int(config, f->sizes[i].key[g->form],
                        *(const int64_t *)((const char *)&g->model + f->sizes[i].at));
    if (f->kv_heads[g->form]) ll_json_set_int(config, f->kv_heads[g->form], g->kv_heads);
    for (int i = 0; i < f->n_wants; i++)
        if (f->wants[i].key[g->form]) set_want(config, f->wants[i].key[g->form], f->wants[i].want);
    if (g->form == LL_FORM_HF && f->family == LL_FAMILY_LLAMA)
        ll_json_set_bool(config, "tie_word_embeddings", g->tied);
    return config;
}
