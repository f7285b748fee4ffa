#include <string.h>

#include "cli/cli.h"
#include "loglog/units.h"
#include "model/count.h"
#include "sweep/models/model_in.h"

typedef struct import_args {
    char out[LL_OPTION_TEXT];
    bool json;
} import_args;

static const ll_option options[] = {
    { "out", LL_OPT_TEXT, offsetof(import_args, out), "", "the file to write, FILE.safetensors" },
    { "json", LL_OPT_BOOL, offsetof(import_args, json), "false", "one JSON document on standard output" },
};

static int answer_json(const ll_model_in *in, const char *out) {
    const ll_model *m = &in->guest.model;
    ll_json *doc = ll_json_object(), *shape = ll_json_group(doc, "model");
    ll_json_set_str(doc, "schema", "loglog.weights/1");
    ll_json_set_str(doc, "file", out);
    ll_json_set_str(shape, "family", ll_family_name(m->family));
    ll_json_set_int(shape, "layers", m->layers);
    ll_json_set_int(shape, "width", m->width);
    ll_json_set_int(shape, "heads", m->heads);
    ll_json_set_int(shape, "kv_heads", in->guest.kv_heads);
    ll_json_set_int(shape, "ffw", m->ffw);
    ll_json_set_int(shape, "context", m->context);
    ll_json_set_int(shape, "vocab", m->vocab);
    ll_json_set_bool(shape, "tied", in->guest.tied);
    ll_json_set_num(doc, "params", ll_count_of(m).params);
    if (*in->tokenizer) ll_json_set_str(doc, "tokenizer", in->tokenizer);
    else ll_json_set_str(doc, "no_tokenizer", in->note);
    return ll_cli_json(doc);
}

static int answer_text(const ll_model_in *in, const char *out) {
    const ll_guest *g = &in->guest;
    char n[32];
    ll_say("%s: %s, %s parameters, %lld layers, width %lld, %lld heads, %lld tokens of context, vocabulary %lld\n",
           out, ll_family_name(g->model.family), ll_units_show(ll_count_of(&g->model).params, n, sizeof n),
           (long long)g->model.layers, (long long)g->model.width, (long long)g->model.heads,
           (long long)g->model.context, (long long)g->model.vocab);
    if (g->kv_heads < g->model.heads)
        ll_say("%lld heads share each key and value: they are repeated, and counted, for each\n",
               (long long)(g->model.heads / g->kv_heads));
    if (g->tied && g->model.family == LL_FAMILY_LLAMA) ll_say("its head is the token embedding: a copy of it\n");
    if (*in->tokenizer) ll_say("loglog probe run PROBE --weights %s --tokenizer %s\n", out, in->tokenizer);
    else ll_say("no tokenizer: %s; it takes token numbers\n", in->note);
    return ll_cli_flush();
}

static int run(const ll_verb *verb, int argc, char **argv) {
    import_args a;
    ll_words words;
    ll_model_in in;
    ll_error err = { 0 };
    const int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1)
        return ll_cli_usage("import-weights: expected one folder, FILE.safetensors or FILE.gguf, here are %d",
                            words.n);
    if (!*a.out) return ll_cli_usage("import-weights: --out is missing, expected FILE.safetensors");
    if (ll_model_in_read(&in, words.at[0], a.out, &err) != LL_OK) return ll_cli_fail(&err);
    return a.json ? answer_json(&in, a.out) : answer_text(&in, a.out);
}

const ll_verb ll_verb_import_weights = {
    "import-weights",
    "take in a model of others, for probes",
    "usage: loglog import-weights FOLDER|FILE.safetensors|FILE.gguf --out FILE.safetensors [--json]\n\n"
    "A llama or a GPT-2, as transformers (config.json and safetensors, in several files too) or llama.cpp (GGUF) "
    "has it,\n"
    "in F32, F16 or BF16. Its tokenizer is written beside the file where one here reads text as it does: GPT-2's "
    "files,\n"
    "tokenizer.json or GGUF of GPT-2's words, sentencepiece's tokenizer.model. What no model here has is refused "
    "by its\n"
    "name: quantised numbers, another base of rotary positions than 10000, another epsilon than 1e-5.\n\n"
    "  loglog import-weights gpt2/ --out gpt2.safetensors\n"
    "  loglog probe run induction --weights gpt2.safetensors --tokenizer gpt2.vocab.json\n",
    options,
    sizeof options / sizeof *options,
    run,
};
