/* Checkpoints of others: what is refused and how it is said, files that are cut or damaged at any byte, tokenizers
 * that go out and come back, halves. formats_torch.py holds the logits. */
#include "scratch.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "../data/tiny_gpt2.h"
#include "model/formats/safetensors.h"
#include "sweep/models/model_in.h"
#include "sweep/models/model_out.h"

enum { ROOM = 4096, MAX_FILE = 1 << 16 };

static const ll_model llama = { LL_FAMILY_LLAMA, 2, 8, 4, 12, 6, 11, 8, 2 };
static float params[ROOM];

static const char *in_folder(const char *name) {
    static char path[4][LL_PATH_MAX];
    static int i;
    i = (i + 1) % 4;
    assert_ok(ll_file_join(path[i], folder, name, err));
    return path[i];
}

static void spill(const char *path, const void *data, size_t size) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) fail_msg("%s: cannot write", path);
}

static void leave(const ll_model *m, ll_form form, const ll_tokenizer *t, const char *name) {
    assert_true(ll_model_size(m) <= ROOM);
    for (int64_t i = 0; i < ll_model_size(m); i++) params[i] = (float)sin((double)i);
    assert_ok(ll_model_out_write(&(ll_model_out) { m, params, t, form, false, "test" }, in_folder(name), err));
}

/* One line that names the file's key or tensor; nothing is written. */
static void refused(const char *path, const char *words) {
    ll_model_in in;
    ll_error err = { 0 };
    const ll_status s = ll_model_in_read(&in, path, in_folder("out.safetensors"), &err);
    if (s != LL_EFORMAT && s != LL_EINPUT)
        fail_msg("'%s': status %d, expected a refusal: %s", words, (int)s, err.msg);
    if (!strstr(err.msg, words) || strchr(err.msg, '\n')) fail_msg("'%s' is not in: %s", words, err.msg);
    assert_int_not_equal(access(in_folder("out.safetensors"), F_OK), 0);
}

/* ---- keys ---- */

static void keys_that_no_model_here_has(void **state) {
    static const char *const cases[][3] = {
        { "model_type", "\"mistral\"", "model_type is 'mistral', expected llama or gpt2" },
        { "model_type", "3", "model_type is not there" },
        { "rms_norm_eps", "1e-6", "rms_norm_eps is 1e-06, expected 1e-5" },
        { "rms_norm_eps", "null", "rms_norm_eps is 1e-6" },
        { "rope_theta", "500000.0", "rope_theta is 500000, expected 10000.0" },
        { "rope_scaling", "{\"type\": \"linear\", \"factor\": 2}", "rope_scaling is an object" },
        { "rope_parameters", "{\"rope_theta\": 1e6}", "rope_theta is 1000000" },
        { "rope_parameters", "{\"rope_type\": \"yarn\"}", "rope_type is yarn" },
        { "hidden_act", "\"gelu\"", "hidden_act is gelu, expected silu" },
        { "hidden_act", "\"\"", "hidden_act is ," },
        { "hidden_act", "[]", "hidden_act is a list" },
        { "attention_bias", "true", "attention_bias is true, expected false" },
        { "mlp_bias", "true", "mlp_bias is true" },
        { "head_dim", "4", "head_dim is 4, expected width / heads = 2" },
        { "num_key_value_heads", "3", "num_key_value_heads is 3, expected a divisor of the 4 heads" },
        { "num_key_value_heads", "0", "num_key_value_heads: expected a whole number above 0" },
        { "num_key_value_heads", "2", "'model.layers.0.self_attn.k_proj.weight' is [8,8], expected [4,8]" },
        { "hidden_size", "-8", "hidden_size: expected a whole number above 0" },
        { "hidden_size", "8.5", "hidden_size: expected a whole number" },
        { "hidden_size", "1e30", "hidden_size: expected a whole number" },
        { "hidden_size", "9223372036854775807", "model.width is" },
        { "num_hidden_layers", "100000", "model.layers is 100000" },
        { "num_hidden_layers", "3", "there is no tensor 'model.layers.2.input_layernorm.weight'" },
        { "num_hidden_layers", "1", "the tensor 'model.layers.1.input_layernorm.weight' is none of a llama's" },
        { "num_attention_heads", "3", "model.heads is 3, expected a divisor" },
        { "num_attention_heads", "8", "expected an even head size" },
        { "intermediate_size", "13", "'model.layers.0.mlp.gate_proj.weight' is [12,8], expected [13,8]" },
        { "vocab_size", "70000", "model.vocab is 70000" },
        { "vocab_size", "12", "'model.embed_tokens.weight' is [11,8], expected [12,8]" },
        { "tie_word_embeddings", "true", "the tensor 'lm_head.weight' is none of a llama's" },
    };
    (void)state;
    char *sound;
    size_t size;
    leave(&llama, LL_FORM_HF, NULL, "hf");
    assert_ok(ll_file_read(in_folder("hf/config.json"), MAX_FILE, &sound, &size, err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_json *config, *value;
        assert_ok(ll_json_load(in_folder("hf/config.json"), 1 << 16, &config, err));
        assert_ok(ll_json_parse(cases[i][1], strlen(cases[i][1]), "case", &value, err));
        ll_json_set(config, cases[i][0], value);
        char *text = ll_json_text(config, false);
        spill(in_folder("hf/config.json"), text, strlen(text));
        refused(in_folder("hf"), cases[i][2]);
        spill(in_folder("hf/config.json"), sound, size);
        free(text);
        ll_json_free(config);
    }
    free(sound);
}

static void a_family_without_a_form(void **state) {
    static const ll_model lstm = { LL_FAMILY_LSTM, 1, 4, 1, 1, 4, 5, 4, 4 };
    ll_error err = { 0 };
    (void)state;
    assert_int_equal(
        ll_model_out_write(&(ll_model_out) { &lstm, params, NULL, LL_FORM_HF, false, "x" }, in_folder("no"), &err),
        LL_EINPUT);
    assert_non_null(strstr(err.msg, "lstm"));
    assert_int_not_equal(access(in_folder("no"), F_OK), 0);
}

/* ---- files ---- */

static void an_index_that_lies(void **state) {
    static const char *const cases[][2] = {
        { "{}", "there is no weight_map" },
        { "{\"weight_map\": {\"a\": \"../hf/model.safetensors\"}}", "expected a file of the folder" },
        { "{\"weight_map\": {\"a\": 3}}", "expected a file of the folder" },
        { "{\"weight_map\": {\"a\": \"model.safetensors\"}}", "no file has the tensor 'a'" },
        { "{\"weight_map\": {\"a\": \"model.safetensors\", \"b\": \"x.safetensors\"}}", "x.safetensors" },
        { "{\"weight_map\": {\"a\": \"model.safetensors\", \"b\": \"twin.safetensors\"}}", "is there twice" },
    };
    char *bytes;
    size_t size;
    (void)state;
    leave(&llama, LL_FORM_HF, NULL, "indexed");
    assert_ok(ll_file_read(in_folder("indexed/model.safetensors"), MAX_FILE, &bytes, &size, err));
    spill(in_folder("indexed/twin.safetensors"), bytes, size);
    free(bytes);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_guest g;
        ll_real *p;
        ll_json *about;
        ll_error err = { 0 };
        spill(in_folder("indexed/model.safetensors.index.json"), cases[i][0], strlen(cases[i][0]));
        assert_int_not_equal(ll_formats_read(&g, &p, &about, in_folder("indexed"), &err), LL_OK);
        if (!strstr(err.msg, cases[i][1])) fail_msg("'%s' is not in: %s", cases[i][1], err.msg);
    }
}

static bool reads(const char *path) {
    ll_guest g;
    ll_real *p;
    ll_json *about;
    ll_error err = { 0 };
    const ll_status s = ll_formats_read(&g, &p, &about, path, &err);
    if (s != LL_OK) {
        assert_true(s == LL_EFORMAT || s == LL_EINPUT);
        assert_true(err.msg[0] && !strchr(err.msg, '\n') && !p && !about);
        return false;
    }
    for (int64_t i = 0; i < ll_model_size(&g.model); i++) assert_true(isfinite(p[i]));
    free(p);
    ll_json_free(about);
    return true;
}

/* Cut anywhere it is refused; with a byte of the first so many changed it is refused or is a model of finite
 * numbers. */
static void survives(const char *path, const char *name, size_t header) {
    char *bytes;
    size_t size;
    assert_ok(ll_file_read(name, MAX_FILE, &bytes, &size, err));
    assert_true(header <= size);
    spill(path, bytes, size);
    assert_true(reads(path));
    for (size_t n = 0; n < size; n += n < header ? 7 : 101) {
        spill(path, bytes, n);
        assert_false(reads(path));
    }
    for (size_t i = 0; i < header; i += 3) {
        bytes[i] = (char)(bytes[i] ^ (i % 2 ? 0xFF : 1 << i % 7));
        spill(path, bytes, size);
        reads(path);
        bytes[i] = (char)(bytes[i] ^ (i % 2 ? 0xFF : 1 << i % 7));
    }
    free(bytes);
}

static void files_that_are_cut_or_damaged(void **state) {
    (void)state;
    leave(&llama, LL_FORM_HF, NULL, "hf");
    leave(&llama, LL_FORM_GGUF, NULL, "sound.gguf");
    survives(in_folder("bad.gguf"), in_folder("sound.gguf"), 2200);
    survives(in_folder("hf/bad.safetensors"), in_folder("hf/model.safetensors"), 2000);
}

static char *find(char *bytes, size_t size, const char *word) {
    for (size_t i = 0, n = strlen(word); i + n <= size; i++)
        if (memcmp(bytes + i, word, n) == 0) return bytes + i;
    return NULL;
}

/* The type of the first tensor's numbers stands behind its name and shape. */
static void quantised_numbers_are_named(void **state) {
    char *bytes;
    size_t size;
    (void)state;
    leave(&llama, LL_FORM_GGUF, NULL, "sound.gguf");
    assert_ok(ll_file_read(in_folder("sound.gguf"), MAX_FILE, &bytes, &size, err));
    char *name = find(bytes, size, "token_embd.weight");
    assert_non_null(name);
    name[strlen("token_embd.weight") + 4 + 2 * 8] = 12;
    spill(in_folder("q.gguf"), bytes, size);
    free(bytes);
    refused(in_folder("q.gguf"), "'token_embd.weight' is of Q4_K, expected F32, F16 or BF16");
}

static void a_number_that_is_none(void **state) {
    (void)state;
    leave(&llama, LL_FORM_GGUF, NULL, "sound.gguf");
    params[5] = NAN;
    assert_ok(ll_model_out_write(&(ll_model_out) { &llama, params, NULL, LL_FORM_GGUF, false, "x" },
                                 in_folder("nan.gguf"), err));
    refused(in_folder("nan.gguf"), "'token_embd.weight' holds");
    refused(in_folder("nothing.gguf"), "there is no such file");
}

/* ---- tokenizers ---- */

static ll_model speaking(int64_t V) {
    return (ll_model) { LL_FAMILY_GPT, 1, 4, 1, 8, 4, V, 4, 4 };
}

static void same_tokens(ll_tokenizer *a, const char *name) {
    static const char text[] = "hello hell, we 'tis \xc3\xa9 \xff  hello\n";
    ll_tokenizer *b;
    ll_tokens x = { 0 }, y = { 0 };
    assert_ok(ll_tokenizer_open(&b, name, err));
    assert_int_equal(a->vocab, b->vocab);
    assert_int_equal(a->end, b->end);
    assert_ok(ll_tokenizer_encode(a, (const uint8_t *)text, sizeof text - 1, &x, err));
    assert_ok(ll_tokenizer_encode(b, (const uint8_t *)text, sizeof text - 1, &y, err));
    assert_int_equal(x.n, y.n);
    assert_memory_equal(x.at, y.at, (size_t)x.n * sizeof *x.at);
    ll_tokens_clear(&x);
    ll_tokens_clear(&y);
    ll_tokenizer_free(b);
}

static void round_trip(ll_tokenizer *t, int64_t V, const char *want) {
    static const char *const names[] = { "said", "said.gguf" };
    const ll_model m = speaking(V);
    for (int form = 0; form < 2; form++) {
        ll_model_in in;
        leave(&m, (ll_form)form, t, names[form]);
        assert_ok(ll_model_in_read(&in, in_folder(names[form]), in_folder("back.safetensors"), err));
        if (!strstr(in.tokenizer, want)) fail_msg("'%s', expected %s: %s", in.tokenizer, want, in.note);
        if (V == t->vocab) same_tokens(t, in.tokenizer);
    }
}

static void tokenizers_go_out_and_come_back(void **state) {
    ll_tokenizer *t;
    (void)state;
    assert_ok(ll_tokenizer_open(&t, "bytes", err));
    round_trip(t, 257, "bytes");
    ll_tokenizer_free(t);
#ifdef LL_HAVE_PCRE2
    assert_true(tiny_gpt2_write(folder));
    assert_ok(ll_tokenizer_open(&t, in_folder("vocab.json"), err));
    round_trip(t, TINY_GPT2_VOCAB, "back.vocab.json");
    round_trip(t, TINY_GPT2_VOCAB + 3, "back.vocab.json"); /* a vocabulary that was rounded up */
    ll_tokenizer_free(t);
#endif
}

static void tokenizers_that_are_not_taken(void **state) {
    static const char *const cases[][3] = {
        { "normalizer", "{\"type\": \"NFC\"}", "normalises" },
        { "pre_tokenizer", "{\"type\": \"Sequence\"}", "cuts text otherwise" },
        { "pre_tokenizer", "{\"type\": \"ByteLevel\"}", "cuts text otherwise" },
        { "model", "{\"type\": \"Unigram\"}", "is Unigram" },
        { "model", "{\"type\": \"BPE\", \"byte_fallback\": true}", "of characters" },
        { "model", "{\"type\": \"BPE\", \"vocab\": {\"a\": -1}}", "the token -1 of 'a'" },
        { "model", "{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"ab\"]}", "cuts text|not two pieces" },
        { "added_tokens", "[{\"id\": 60000, \"content\": \"x\"}]", "60001 tokens" },
    };
    const ll_model m = speaking(257);
    ll_tokenizer *t;
    char *sound;
    size_t size;
    (void)state;
    assert_ok(ll_tokenizer_open(&t, "bytes", err));
    leave(&m, LL_FORM_HF, t, "mute");
    assert_ok(ll_file_read(in_folder("mute/tokenizer.json"), MAX_FILE, &sound, &size, err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_json *doc, *value;
        ll_model_in in;
        assert_ok(ll_json_parse(sound, size, "sound", &doc, err));
        assert_ok(ll_json_parse(cases[i][1], strlen(cases[i][1]), "case", &value, err));
        ll_json_set(doc, cases[i][0], value);
        char *text = ll_json_text(doc, false);
        spill(in_folder("mute/tokenizer.json"), text, strlen(text));
        free(text);
        ll_json_free(doc);
        assert_ok(ll_model_in_read(&in, in_folder("mute"), in_folder("mute.safetensors"), err));
        const bool either =
            strstr(cases[i][2], "|") && (strstr(in.note, "cuts text") || strstr(in.note, "not two pieces"));
        if (*in.tokenizer || !(either || strstr(in.note, cases[i][2])))
            fail_msg("'%s', '%s': expected '%s'", in.tokenizer, in.note, cases[i][2]);
    }
    ll_model_in in; /* an id that nobody has */
    char *A = strstr(sound, "\"A\"");
    assert_non_null(A);
    memset(A, ' ', strcspn(A, ",") + 1);
    spill(in_folder("mute/tokenizer.json"), sound, size);
    assert_ok(ll_model_in_read(&in, in_folder("mute"), in_folder("mute.safetensors"), err));
    if (*in.tokenizer || !strstr(in.note, "no token for the byte 65"))
        fail_msg("'%s', '%s'", in.tokenizer, in.note);
    free(sound);
    ll_tokenizer_free(t);
}

/* ---- halves ---- */

static void halves(void **state) {
    (void)state;
    assert_true(ll_float_of_f16(0x3C00) == 1 && ll_float_of_f16(0xC000) == -2 && ll_float_of_f16(0x7BFF) == 65504);
    assert_true(ll_float_of_f16(0x0001) == ldexpf(1, -24) && ll_float_of_f16(0x8200) == -ldexpf(1, -15));
    assert_true(ll_float_of_f16(0x03FF) == ldexpf(1023, -24) && ll_float_of_f16(0x0400) == ldexpf(1, -14));
    assert_true(isinf(ll_float_of_f16(0xFC00)) && isnan(ll_float_of_f16(0x7C01)));
    assert_true(ll_bf16_of_float(1 + ldexpf(1, -8)) == 0x3F80 && ll_bf16_of_float(1 + ldexpf(3, -8)) == 0x3F82);
    assert_true(ll_bf16_of_float(-1) == 0xBF80 && ll_float_of_bf16(0x4049) == 3.140625f);
    assert_true(isnan(ll_float_of_bf16(ll_bf16_of_float(ll_float_of_bits(0x7F800001)))));
    assert_true(isinf(ll_float_of_bf16(ll_bf16_of_float(3.4e38f))));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_no_model_here_has),
        cmocka_unit_test(a_family_without_a_form),
        cmocka_unit_test(an_index_that_lies),
        cmocka_unit_test(files_that_are_cut_or_damaged),
        cmocka_unit_test(quantised_numbers_are_named),
        cmocka_unit_test(a_number_that_is_none),
        cmocka_unit_test(tokenizers_go_out_and_come_back),
        cmocka_unit_test(tokenizers_that_are_not_taken),
        cmocka_unit_test(halves),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
