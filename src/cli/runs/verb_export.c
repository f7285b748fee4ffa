#include <string.h>

#include "cli/cli.h"
#include "cli/store_named.h"
#include "loglog/units.h"
#include "model/count.h"
#include "sweep/asking/weights.h"
#include "sweep/models/model_out.h"

typedef struct export_args {
    char store[LL_OPTION_TEXT], weights[LL_OPTION_TEXT], tokenizer[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    char format[LL_OPTION_NAME], numbers[LL_OPTION_NAME];
    bool json;
} export_args;

#define AT(field) offsetof(export_args, field)
static const ll_option options[] = {
    { "format", LL_OPT_NAME, AT(format), "hf", "hf: a folder for transformers; gguf: a file for llama.cpp",
      "hf gguf" },
    { "out", LL_OPT_TEXT, AT(out), "", "the folder, or the file" },
    { "numbers", LL_OPT_NAME, AT(numbers), "f32", "of its matrices: f32, or rounded to bf16", "f32 bf16" },
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store; weights lie beside it" },
    { "weights", LL_OPT_TEXT, AT(weights), "", "in place of a run a safetensors file" },
    { "tokenizer", LL_OPT_TEXT, AT(tokenizer), "bytes",
      "of --weights: bytes, gpt2:FOLDER, FILE.tiktoken, FILE.model" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* Of a file the default tokenizer is only a guess: where it does not fit, none goes along. */
static ll_status open_file(ll_weights *w, ll_tokenizer **t, const export_args *a, ll_error *err) {
    LL_TRY(ll_weights_file(w, a->weights, err));
    LL_TRY(ll_tokenizer_open(t, a->tokenizer, err));
    if ((*t)->vocab == w->model.vocab) return LL_OK;
    const int64_t V = (*t)->vocab;
    ll_tokenizer_free(*t);
    *t = NULL;
    if (!ll_cli_given("tokenizer")) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: a vocabulary of %lld, and that of the tokenizer '%.80s' is %lld",
                   a->weights, (long long)w->model.vocab, a->tokenizer, (long long)V);
}

static ll_status open_run(ll_weights *w, ll_tokenizer **t, const export_args *a, const char *run, ll_error *err) {
    LL_TRY(ll_cli_check_store(a->store, err));
    LL_TRY(ll_weights_load(w, a->store, run, err));
    return ll_weights_tokenizer(w, t, err);
}

static int answer(const export_args *a, const ll_model_out *o) {
    char n[32];
    const char *family = ll_family_name(o->model->family);
    const double params = ll_count_of(o->model).params_total;
    const bool speaks = ll_model_out_speaks(o);
    if (!a->json) {
        ll_say("%s: %s, %s parameters, %s, %s\n", a->out, family, ll_units_show(params, n, sizeof n), a->numbers,
               speaks ? "with its tokenizer" : "of token numbers: its tokenizer has no such form");
        return ll_cli_flush();
    }
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.export/1");
    ll_json_set_str(doc, "file", a->out);
    ll_json_set_str(doc, "format", a->format);
    ll_json_set_str(doc, "family", family);
    ll_json_set_str(doc, "numbers", a->numbers);
    ll_json_set_num(doc, "params_total", params);
    ll_json_set_bool(doc, "tokenizer", speaks);
    return ll_cli_json(doc);
}

static int export(const export_args *a, const char *run) {
    ll_error err = { 0 };
    ll_weights w = { 0 };
    ll_tokenizer *t = NULL;
    ll_status s = *a->weights ? open_file(&w, &t, a, &err) : open_run(&w, &t, a, run, &err);
    const ll_model_out o = { .model = &w.model,
                             .params = w.params,
                             .tokenizer = t,
                             .form = strcmp(a->format, "gguf") == 0 ? LL_FORM_GGUF : LL_FORM_HF,
                             .bf16 = strcmp(a->numbers, "bf16") == 0,
                             .name = *a->weights ? ll_file_name(a->weights) : w.run.id };
    if (s == LL_OK) s = ll_model_out_write(&o, a->out, &err);
    const int code = s == LL_OK ? answer(a, &o) : ll_cli_fail(&err);
    ll_tokenizer_free(t);
    ll_weights_clear(&w);
    return code;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    export_args a;
    ll_words words;
    const int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("export: unexpected '%.80s', expected one run", words.at[1]);
    if (*a.weights && (words.n || ll_cli_given("store")))
        return ll_cli_usage("export: --weights is a model in place of a run of a store: expected one of the two");
    if (!*a.out) return ll_cli_usage("export: --out is missing, expected the folder or the file to write");
    return export(&a, words.n ? words.at[0] : "");
}

const ll_verb ll_verb_export = {
    "export",
    "write a trained model for transformers or llama.cpp",
    "usage: loglog export [RUN] --format hf|gguf --out FOLDER|FILE [--numbers f32|bf16]\n"
    "       loglog export --weights FILE.safetensors [--tokenizer NAME] --format hf|gguf --out FOLDER|FILE\n\n"
    "A llama becomes LlamaForCausalLM (hf) or a llama (gguf), a gpt GPT2LMHeadModel or a gpt2; an lstm has no such "
    "form.\n"
    "The factors of muP, which they do not have, are multiplied into the weights: of the head into the last norm, "
    "of\n"
    "attention into the queries. The logits are the same. Without RUN: the best of the newest ladder.\n\n"
    "  loglog export N24k-D680k --store loglog-demo/loglog.db --format hf --out small\n"
    "  loglog export --weights tiny.safetensors --format gguf --out tiny.gguf\n",
    options,
    sizeof options / sizeof *options,
    run,
};
