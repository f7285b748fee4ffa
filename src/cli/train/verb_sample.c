#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "base/system/starved.h"
#include "base/system/threads.h"
#include "base/words/text.h"
#include "cli/cli.h"
#include "cli/show/show_run.h"
#include "cli/store_named.h"
#include "data/shard.h"
#include "loglog/units.h"
#include "probe/sampling/sample.h"
#include "sweep/asking/weights.h"
#include "tensor/choice/device.h"
#include "tensor/choice/kernel_tables.h"

typedef struct sample_args {
    char store[LL_OPTION_TEXT], prompt[LL_OPTION_TEXT], kernels[LL_OPTION_NAME], device[LL_OPTION_NAME];
    double temperature;
    int64_t length, top_k, seed;
    bool compare, json;
} sample_args;

#define AT(f) offsetof(sample_args, f)
static const ll_option options[] = {
    { "prompt", LL_OPT_TEXT, AT(prompt), "", "what to go on from; none: the start of a document" },
    { "length", LL_OPT_INT, AT(length), "256", "tokens to draw at most", .min = 1, .max = 1e7 },
    { "temperature", LL_OPT_REAL, AT(temperature), "0.8", "0: always the likeliest token", .max = 100 },
    { "top_k", LL_OPT_INT, AT(top_k), "0", "draw from so many of the likeliest; 0: from all", .max = 65536 },
    { "seed", LL_OPT_INT, AT(seed), "1", "the same seed draws the same text", .max = 9e15 },
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store; weights lie beside it" },
    { "kernels", LL_OPT_NAME, AT(kernels), "auto", "kernel table, of fp32" },
    { "device", LL_OPT_NAME, AT(device), "auto", LL_DEVICE_HELP },
    { "compare", LL_OPT_BOOL, AT(compare), "false", "time a whole forward pass for every token as well" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

typedef struct text {
    int32_t *token;
    int64_t n;
} text;

/* ---- the prompt ---- */

static ll_status read_numbers(const char *prompt, text *out, ll_error *err) {
    const char *at = prompt;
    char *end;
    while (*(at += strspn(at, " ,"))) {
        long long v = strtoll(at, &end, 10);
        if (end == at || v < 0 || v > INT32_MAX)
            return LL_FAIL(err, LL_EINPUT, "--prompt: '%.20s', expected token numbers such as '3 1 2'", at);
        out->token[out->n++] = (int32_t)v;
        at = end;
    }
    if (out->n > 0) return LL_OK;
    return LL_FAIL(err, LL_EINPUT,
                   "--prompt: this run's tokens are no text, expected token numbers such as '3 1 2'");
}

/* room for two tokens a byte, and one more: an alphabet's gap is one. */
static ll_status read_prompt(ll_tokenizer *t, const char *prompt, text *out, ll_error *err) {
    ll_tokens tokens = { 0 };
    if (!t) return read_numbers(prompt, out, err);
    ll_status s = ll_tokenizer_encode(t, (const uint8_t *)prompt, strlen(prompt), &tokens, err);
    if (!*prompt) out->token[out->n++] = t->end;
    for (int64_t i = 0; s == LL_OK && i < tokens.n; i++) out->token[out->n++] = tokens.at[i];
    ll_tokens_clear(&tokens);
    return s;
}

/* ---- drawing ---- */

typedef struct drawn {
    text text;
    bool ended; /* by the model */
    double tokens_per_s;
} drawn;

static ll_status draw(const sample_args *a, const ll_weights *w, int32_t end, const text *prompt, bool naive,
                      drawn *out, ll_error *err) {
    const ll_kernels *k;
    ll_sampler s;
    ll_sample_opts o = { a->temperature, a->top_k, (uint64_t)a->seed, end, naive };
    LL_TRY(ll_device_named(a->device, NULL, err));
    LL_TRY(ll_kernels_named(a->kernels, "fp32", &k, err));
    LL_TRY(ll_sampler_init(&s, &w->model, k, w->params, &o, err));
    ll_threads_flush_denormals();
    ll_status status = ll_sampler_read(&s, prompt->token, prompt->n, err);
    double start = ll_clock_now();
    while (status == LL_OK && out->text.n < a->length && !out->ended)
        if (ll_sampler_next(&s, &out->text.token[out->text.n])) out->text.n++;
        else out->ended = true;
    out->tokens_per_s = (double)(out->text.n + out->ended) / (ll_clock_now() - start);
    ll_sampler_clear(&s);
    return status;
}

/* ---- showing ---- */

/* What n tokens say, into out, which may be NULL; returns its size. */
static size_t say(const ll_tokenizer *t, const text *said, char *out) {
    size_t at = 0;
    for (int64_t i = 0; i < said->n; i++) {
        const uint16_t token = (uint16_t)said->token[i];
        at += ll_tokenizer_decode(t, &token, 1, out ? (uint8_t *)out + at : NULL);
    }
    return at;
}

/* The bytes of both, from the first whole character on: what a model begins with may be the end of one. *size is
 * theirs; NULL when out of memory. */
static char *join_bytes(const ll_tokenizer *t, const text *prompt, const text *drawn, size_t *size) {
    char *all = calloc(say(t, prompt, NULL) + say(t, drawn, NULL) + 1, 1), *from = all;
    int32_t code = 0;
    if (!all) return NULL;
    size_t n = say(t, prompt, all);
    n += say(t, drawn, all + n);
    while (*from && ll_text_char(from, &code) && code < 0) from++;
    memmove(all, from, n -= (size_t)(from - all));
    all[n] = 0;
    *size = n;
    return all;
}

/* To a terminal nothing but text is sent; elsewhere the bytes go as they are. */
static void print_bytes(const char *bytes, size_t size) {
    char shown[LL_TEXT_SHOWN];
    if (!isatty(STDOUT_FILENO)) {
        fwrite(bytes, 1, size, stdout);
        return;
    }
    for (size_t at = 0; at < size;) {
        int used = 1;
        const bool white = bytes[at] == '\n' || bytes[at] == '\t';
        fputs(white       ? (const char[]) { bytes[at], 0 }
              : bytes[at] ? ll_text_shown(bytes + at, &used, shown)
                          : "\\x00",
              stdout);
        at += (size_t)used;
    }
}

static ll_status print_tokens(const ll_tokenizer *t, const text *prompt, const drawn *d) {
    size_t size;
    if (!t) {
        for (int64_t i = 0; i < prompt->n; i++) ll_say("%d ", (int)prompt->token[i]);
        for (int64_t i = 0; i < d->text.n; i++) ll_say("%d ", (int)d->text.token[i]);
        return LL_OK;
    }
    char *bytes = join_bytes(t, prompt, &d->text, &size);
    if (bytes) print_bytes(bytes, size);
    free(bytes);
    return bytes ? LL_OK : LL_ENOMEM;
}

static int print_text(const ll_weights *w, const ll_tokenizer *t, const text *prompt, const drawn *d,
                      const drawn *naive) {
    char rate[32], slow[32];
    if (print_tokens(t, prompt, d) != LL_OK) return ll_cli_fail(&(ll_error) { LL_ENOMEM, "out of memory" });
    ll_say("\n");
    if (ll_cli_flush() != LL_EXIT_DONE) return LL_EXIT_FAILED;
    ll_say_to(stderr, "%s: %lld tokens%s, %s tokens/s\n", w->run.id, (long long)d->text.n,
              d->ended ? ", then the end of the document" : "", ll_units_show(d->tokens_per_s, rate, sizeof rate));
    if (naive)
        ll_say_to(stderr, "a whole forward pass for every token: %s tokens/s, %.1f times slower\n",
                  ll_units_show(naive->tokens_per_s, slow, sizeof slow), d->tokens_per_s / naive->tokens_per_s);
    return LL_EXIT_DONE;
}

static ll_json *tokens_json(const text *t) {
    ll_json *out = ll_json_array();
    for (int64_t i = 0; i < t->n; i++) ll_json_push(out, ll_json_int(t->token[i]));
    return out;
}

static bool equal(const text *a, const text *b) {
    return a->n == b->n && memcmp(a->token, b->token, (size_t)a->n * sizeof *a->token) == 0;
}

/* text is for the eye: bytes that are no UTF-8 become '?'. The tokens are exact. */
static int text_json(const sample_args *a, const ll_weights *w, const ll_tokenizer *t, const text *prompt,
                     const drawn *d, const drawn *naive) {
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.sample/1");
    ll_json_set_str(doc, "run", w->run.id);
    ll_json_set_num(doc, "temperature", a->temperature);
    ll_json_set_int(doc, "top_k", a->top_k);
    ll_json_set_int(doc, "seed", a->seed);
    ll_json_set(doc, "prompt_tokens", tokens_json(prompt));
    ll_json_set(doc, "tokens", tokens_json(&d->text));
    const size_t size = t ? say(t, &d->text, NULL) : 0;
    char *seen = t ? ll_counted(calloc(size + 1, 1)) : NULL;
    if (seen) say(t, &d->text, seen);
    for (size_t i = 0; seen && i < size; i++) seen[i] = seen[i] ? seen[i] : '?';
    if (seen) ll_json_set_str(doc, "text", seen);
    free(seen);
    ll_json_set_bool(doc, "ended", d->ended);
    ll_json_set_num(doc, "tokens_per_s", d->tokens_per_s);
    if (naive) {
        ll_json_set_num(doc, "naive_tokens_per_s", naive->tokens_per_s);
        ll_json_set_bool(doc, "naive_same_tokens", equal(&d->text, &naive->text));
    }
    return ll_cli_json(doc);
}

/* ---- the verb ---- */

static ll_status draw_all(const sample_args *a, const ll_weights *w, ll_tokenizer *t, text *prompt, drawn *d,
                          drawn *naive, ll_error *err) {
    const int32_t end = t ? t->end : -1;
    prompt->token = calloc(2 * strlen(a->prompt) + 1, sizeof *prompt->token);
    d->text.token = calloc((size_t)a->length, sizeof *d->text.token);
    naive->text.token = calloc((size_t)a->length, sizeof *naive->text.token);
    if (!prompt->token || !d->text.token || !naive->text.token) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    LL_TRY(read_prompt(t, a->prompt, prompt, err));
    LL_TRY(draw(a, w, end, prompt, false, d, err));
    return a->compare ? draw(a, w, end, prompt, true, naive, err) : LL_OK;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    sample_args a;
    ll_words words;
    ll_weights w;
    ll_error err = { 0 };
    text prompt = { 0 };
    drawn d = { 0 }, naive = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("sample: unexpected word '%.80s', expected one run", words.at[1]);
    if (ll_cli_check_store(a.store, &err) != LL_OK ||
        ll_weights_load(&w, a.store, words.n ? words.at[0] : "", &err) != LL_OK)
        return ll_cli_fail(&err);
    ll_tokenizer *t;
    ll_status s = ll_weights_tokenizer(&w, &t, &err);
    if (s == LL_OK) s = draw_all(&a, &w, t, &prompt, &d, &naive, &err);
    const drawn *slow = a.compare ? &naive : NULL;
    code = s != LL_OK ? ll_cli_fail(&err)
           : a.json   ? text_json(&a, &w, t, &prompt, &d, slow)
                      : print_text(&w, t, &prompt, &d, slow);
    free(prompt.token);
    free(d.text.token);
    free(naive.text.token);
    ll_tokenizer_free(t);
    ll_weights_clear(&w);
    return code;
}

const ll_verb ll_verb_sample = {
    "sample",
    "let a trained model go on with a text",
    "usage: loglog sample [RUN] [--prompt TEXT] [--length 256] [--temperature 0.8] [--top-k 40] [--seed 1]\n\n"
    "Draws text from the weights of a run in the store; without RUN, from the run of lowest loss in the newest\n"
    "ladder. The text ends with the document or after --length tokens; it may be longer than the context. Where "
    "the\n"
    "data is no text, tokens are numbers.\n\n"
    "example: loglog sample --store loglog-demo/loglog.db --prompt '#include'\n",
    options,
    sizeof options / sizeof *options,
    run,
    NULL,
    NULL,
};
