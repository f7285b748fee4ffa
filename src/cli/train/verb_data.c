#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "cli/cli.h"
#include "data/build.h"
#include "loglog/units.h"

#define SCHEMA "loglog.data/1"

/* ---- what both verbs show ---- */

static void show_count(const char *label, int64_t v, const char *unit) {
    char buf[32];
    ll_say("  %-12s %s%s\n", label, ll_units_show((double)v, buf, sizeof buf), unit);
}

static void show_entropy(const ll_shard_info *i) {
    ll_say("  %-12s %.8f nats per token, ", "entropy", i->entropy);
    if (i->entropy_error == 0) ll_say("exact\n");
    else ll_say("within %.1g\n", i->entropy_error);
}

static void show_shard(const char *side, const ll_shard_info *i) {
    char buf[32];
    ll_say("%s\n  %-12s %s\n", side, "hash", i->hash[0] ? i->hash : "unknown (no sidecar; --verify computes it)");
    show_count("tokens", i->tokens, "");
    if (i->tokenizer_hash[0]) ll_say("  %-12s %s\n", "tokenizer", i->tokenizer_hash);
    ll_say("  %-12s %lld (%s)\n", "vocabulary", (long long)i->vocab, i->tokenizer);
    if (i->bytes) ll_say("  %-12s %s\n", "bytes", ll_units_show_bytes((double)i->bytes, buf, sizeof buf));
    if (i->characters) show_count("characters", i->characters, "");
    if (i->documents) show_count("documents", i->documents, "");
    if (i->lost) show_count("lost", i->lost, " bytes that the tokens do not give back: no bits per byte");
    if (i->bytes) show_count("duplicates", i->duplicates, " dropped");
    if (isfinite(i->bytes_per_token)) ll_say("  %-12s %.5f\n", "bytes/token", i->bytes_per_token);
    if (isfinite(i->entropy)) show_entropy(i);
    ll_say("  %-12s %s\n", "origin", i->origin);
}

static void show_split(const ll_shard_info *train, const ll_shard_info *val) {
    double share = (double)val->tokens / (double)(train->tokens + val->tokens);
    ll_say("split\n  %-12s %.2f%% of the tokens validate\n", "val share", 100 * share);
}

/* ---- data build ---- */

typedef struct build_args {
    char text[LL_OPTION_TEXT], suffix[LL_OPTION_NAME], field[LL_OPTION_NAME], out[LL_OPTION_TEXT];
    char source[LL_OPTION_NAME], operations[LL_OPTION_TEXT], tokenizer[LL_OPTION_TEXT], alphabet[LL_OPTION_NAME];
    double val_share, max_bytes, alpha, flip, records;
    int64_t levels, vocab, order, states, digits, tokens, val_tokens, seed;
    bool json, quiet;
} build_args;

#define AT(field) offsetof(build_args, field)
static const ll_option build_options[] = {
    { "text", LL_OPT_TEXT, AT(text), "", "file, folder, archive, .jsonl or .nul to read" },
    { "suffix", LL_OPT_NAME, AT(suffix), "", "in folders and archives only names that end so" },
    { "field", LL_OPT_NAME, AT(field), "text", "field of JSONL lines that holds the text" },
    { "val_share", LL_OPT_REAL, AT(val_share), "0.05", "share of the documents that validates", .max = 0.5,
      .min_open = true },
    { "max_bytes", LL_OPT_BYTES, AT(max_bytes), "0",
      "stop after so much text, such as 64M; 0 takes all, of archives at most 16 GiB" },
    { "tokenizer", LL_OPT_TEXT, AT(tokenizer), "bytes",
      "bytes; bpe:V, trained on the text that trains; gpt2:FOLDER; FILE.model of sentencepiece; FILE.tiktoken" },
    { "levels", LL_OPT_INT, AT(levels), "0", "bytes are cut to so many levels, 2 to 256; 0: not", .max = 256 },
    { "alphabet", LL_OPT_NAME, AT(alphabet), "", "only these letters are tokens, such as ACGT" },
    { "records", LL_OPT_BYTES, AT(records), "0",
      "bytes of a document, such as an image's; 0: documents are as files say", .max = 1 << 26 },
    { "out", LL_OPT_TEXT, AT(out), "", "prefix of the shards: PREFIX.train.bin, PREFIX.val.bin" },
    { "source", LL_OPT_NAME, AT(source), "text", "what to build from", .names = "text markov hmm arithmetic" },
    { "vocab", LL_OPT_INT, AT(vocab), "16", "symbols of a source", .min = 1, .max = 65536 },
    { "order", LL_OPT_INT, AT(order), "1", "symbols that a Markov chain looks back", .min = 0, .max = 26 },
    { "alpha", LL_OPT_REAL, AT(alpha), "0.1", "Dirichlet parameter of a Markov chain's rows", .max = 1e6,
      .min_open = true },
    { "states", LL_OPT_INT, AT(states), "2", "hidden states of an HMM", .min = 1, .max = 1024 },
    { "flip", LL_OPT_REAL, AT(flip), "0.1", "chance that an HMM's state, and its symbol, is another", .max = 1,
      .min_open = true },
    { "operations", LL_OPT_TEXTS, AT(operations), "add,sub,mul,mod", "of arithmetic, some of these" },
    { "digits", LL_OPT_INT, AT(digits), "3", "of arithmetic's operands, at most", .min = 1,
      .max = LL_ARITHMETIC_DIGITS },
    { "tokens", LL_OPT_INT, AT(tokens), "1M", "training tokens of a source", .min = 2 },
    { "val_tokens", LL_OPT_INT, AT(val_tokens), "100k", "validation tokens of a source", .min = 2 },
    { "seed", LL_OPT_INT, AT(seed), "1", "seed of a source", .min = 0 },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
    { "quiet", LL_OPT_BOOL, AT(quiet), "false", "no progress" },
};
#undef AT

typedef struct progress {
    double started, shown;
    bool drawn;
} progress;

static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal_number) {
    (void)signal_number;
    stop_asked = 1;
}

static bool should_stop(void *ctx) {
    (void)ctx;
    return stop_asked != 0;
}

static void show_progress(void *ctx, int64_t documents, int64_t bytes) {
    progress *p = ctx;
    double now = ll_clock_now(), spent = now - p->started;
    if (spent < 1 || now - p->shown < 0.1) return;
    char size[32], rate[32];
    ll_say_to(stderr, "\r%lld documents, %s, %s/s \033[K", (long long)documents,
              ll_units_show_bytes((double)bytes, size, sizeof size),
              ll_units_show_bytes((double)bytes / spent, rate, sizeof rate));
    p->shown = now;
    p->drawn = true;
}

static ll_status build_from_text(const build_args *a, ll_build_report *report, ll_error *err) {
    progress p = { .started = ll_clock_now() };
    char tokenizer[LL_TOKENIZER_ASKED];
    LL_TRY(ll_tokenizer_named(tokenizer, a->tokenizer, a->levels, a->alphabet, err));
    ll_build_opts o = { .corpus = { .path = a->text,
                                    .suffix = a->suffix[0] ? a->suffix : NULL,
                                    .field = a->field,
                                    .records = (int64_t)a->records },
                        .tokenizer = tokenizer,
                        .prefix = a->out,
                        .val_share = a->val_share,
                        .max_bytes = (int64_t)a->max_bytes,
                        .progress_ctx = &p,
                        .stop = should_stop };
    if (!a->quiet && isatty(STDERR_FILENO)) o.progress = show_progress;
    signal(SIGINT, ask_to_stop);
    signal(SIGTERM, ask_to_stop);
    ll_status s = ll_build_text(&o, report, err);
    if (p.drawn) ll_say_to(stderr, "\r\033[K");
    return s;
}

static ll_status build_from_source(const build_args *a, ll_build_report *report, ll_error *err) {
    const uint64_t seed = (uint64_t)a->seed;
    ll_source *source;
    if (strcmp(a->source, "arithmetic") == 0) {
        ll_arithmetic text;
        LL_TRY(ll_arithmetic_named(&text, a->operations, a->digits, err));
        return ll_build_arithmetic(&text, a->out, a->tokens, a->val_tokens, seed, report, err);
    }
    if (strcmp(a->source, "hmm") == 0) LL_TRY(ll_source_hmm_flip(&source, a->states, a->vocab, a->flip, err));
    else LL_TRY(ll_source_markov(&source, a->vocab, a->order, a->alpha, seed, err));
    ll_status s = ll_build_source(source, a->out, a->tokens, a->val_tokens, seed, report, err);
    ll_source_free(source);
    return s;
}

static int report_build(const build_args *a, const ll_build_report *r) {
    if (a->json) {
        ll_json *doc = ll_json_object();
        ll_json_set_str(doc, "schema", SCHEMA);
        ll_json_set_str(doc, "prefix", a->out);
        ll_json_set_int(doc, "files", r->read.files);
        ll_json_set_int(doc, "skipped", r->read.skipped);
        ll_shard_describe(&r->train, ll_json_group(doc, "train"));
        ll_shard_describe(&r->val, ll_json_group(doc, "val"));
        return ll_cli_json(doc);
    }
    if (r->read.files)
        ll_say("%lld files read, %lld skipped\n", (long long)r->read.files, (long long)r->read.skipped);
    show_shard("train", &r->train);
    show_shard("val", &r->val);
    show_split(&r->train, &r->val);
    return LL_EXIT_DONE;
}

static int run_build(const ll_verb *verb, int argc, char **argv) {
    build_args a;
    ll_words words;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    const bool from_text = strcmp(a.source, "text") == 0;
    if (words.n) return ll_cli_usage("data build: unexpected word '%s'; the text is named by --text", words.at[0]);
    if (!a.out[0]) return ll_cli_usage("data build: --out PREFIX is missing");
    if (from_text && !a.text[0])
        return ll_cli_usage("data build: --text PATH or --source markov|hmm|arithmetic is missing");
    if (!from_text && a.text[0])
        return ll_cli_usage("data build: --text and --source %s exclude each other", a.source);
    ll_error err = { 0 };
    ll_build_report report;
    ll_status s = from_text ? build_from_text(&a, &report, &err) : build_from_source(&a, &report, &err);
    if (s != LL_OK) return ll_cli_fail(&err);
    ll_cli_unread(report.read.unread, report.read.first_unread);
    return report_build(&a, &report);
}

const ll_verb ll_verb_data_build = {
    "data build",
    "make token shards from text or from a source of known entropy",
    "usage: loglog data build --text PATH --out PREFIX [options]\n"
    "       loglog data build --source markov|hmm|arithmetic --out PREFIX [options]\n\n"
    "A text is any file, folder, archive (tar, zip, cpio, 7z), compressed file (gz, xz, zst, bz2), JSONL file or\n"
    ".nul file (a zero byte ends a document). Documents are taken in the order of their paths, exact duplicates\n"
    "are dropped, and each goes to train or validation by its own hash.\n\n"
    "Tokens are bytes unless --tokenizer names other ones; its files are kept beside the shards. With --alphabet\n"
    "lines that begin with '>' and white space are skipped, and any other letter ends the document; an alphabet "
    "of\n"
    "one case takes letters of both. Bytes that the tokens do not give back are counted.\n\n"
    "arithmetic is a text of lines such as 12+30=42, 7-12=-5, 6*7=42 and (8+5)%9=4, of which one problem in 8 "
    "that\n"
    "has two digits or more is held out: it occurs in no such text.\n\n"
    "example: loglog data build --text /usr/include --suffix .h --out headers\n"
    "         loglog data build --text books.nul --tokenizer bpe:4096 --out books\n"
    "         loglog data build --text images.u8 --records 784 --levels 16 --out images\n"
    "         loglog data build --source markov --vocab 16 --order 1 --tokens 10M --out chain\n"
    "         loglog data build --source arithmetic --operations add,sub --digits 3 --out sums\n",
    build_options,
    sizeof build_options / sizeof *build_options,
    run_build
};

/* ---- data info ---- */

typedef struct info_args {
    bool verify, json;
} info_args;

static const ll_option info_options[] = {
    { "verify", LL_OPT_BOOL, offsetof(info_args, verify), "false", "read every token and check the hash" },
    { "json", LL_OPT_BOOL, offsetof(info_args, json), "false", "one JSON document on standard output" },
};

/* The shards that one word names: a pair, or a single file. */
typedef struct named {
    int n;
    const char *side[2];
    char path[2][LL_PATH_MAX];
    ll_shard shard[2];
} named;

static ll_status name_paths(named *f, const char *word, ll_error *err) {
    static const char *const sides[2] = { "train", "val" };
    struct stat st;
    *f = (named) { 0 };
    if (stat(word, &st) == 0 && !S_ISDIR(st.st_mode)) {
        f->n = 1;
        f->side[0] = "shard";
        return ll_file_join(f->path[0], "", word, err);
    }
    f->n = 2;
    for (int i = 0; i < 2; i++) {
        f->side[i] = sides[i];
        LL_TRY(ll_shard_path(f->path[i], word, sides[i], err));
    }
    return LL_OK;
}

static ll_status open_named(named *f, bool verify, ll_error *err) {
    for (int i = 0; i < f->n; i++) {
        LL_TRY(ll_shard_open(&f->shard[i], f->path[i], err));
        if (verify) LL_TRY(ll_shard_verify(&f->shard[i], f->path[i], err));
    }
    return LL_OK;
}

/* The first bytes of the shard, on one line, with a dot for what a terminal should not see. */
static void show_sample(const ll_shard *s) {
    char line[73];
    int n = 0;
    for (int64_t i = 0; i < s->n && n < 72; i++) {
        const uint16_t t = s->tokens[i];
        const bool blank = t == ' ' || t == '\n' || t == '\t' || t == '\r';
        if (!blank) line[n++] = t > ' ' && t < 0x7f ? (char)t : '.';
        else if (n && line[n - 1] != ' ') line[n++] = ' ';
    }
    line[n] = 0;
    ll_say("  %-12s %s\n", "begins", line);
}

static int show_named(const named *f, const char *word, const info_args *a) {
    if (a->json) {
        ll_json *doc = ll_json_object();
        ll_json_set_str(doc, "schema", SCHEMA);
        ll_json_set_str(doc, f->n == 1 ? "path" : "prefix", word);
        ll_json_set_bool(doc, "verified", a->verify);
        for (int i = 0; i < f->n; i++) ll_shard_describe(&f->shard[i].info, ll_json_group(doc, f->side[i]));
        return ll_cli_json(doc);
    }
    for (int i = 0; i < f->n; i++) {
        const ll_shard *s = &f->shard[i];
        show_shard(f->side[i], &s->info);
        if (a->verify) ll_say("  %-12s every token read, the hash holds\n", "verified");
        if (isatty(STDOUT_FILENO) && strcmp(s->info.tokenizer, "byte") == 0) show_sample(s);
    }
    if (f->n == 2) show_split(&f->shard[0].info, &f->shard[1].info);
    return LL_EXIT_DONE;
}

static int run_info(const ll_verb *verb, int argc, char **argv) {
    info_args a;
    ll_words words;
    named f;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("data info: expected one PREFIX or FILE");
    ll_error err = { 0 };
    ll_status s = name_paths(&f, words.at[0], &err);
    if (s == LL_OK) s = open_named(&f, a.verify, &err);
    code = s == LL_OK ? show_named(&f, words.at[0], &a) : ll_cli_fail(&err);
    for (int i = 0; i < f.n; i++) ll_shard_close(&f.shard[i]);
    return code;
}

const ll_verb ll_verb_data_info = {
    "data info",
    "show what a pair of shards, or one shard file, holds",
    "usage: loglog data info PREFIX|FILE [--verify] [--json]\n\n"
    "PREFIX names the pair PREFIX.train.bin and PREFIX.val.bin; FILE is one shard, also one\n"
    "of llm.c's without a sidecar.\n\n"
    "example: loglog data info headers --verify\n",
    info_options,
    sizeof info_options / sizeof *info_options,
    run_info
};
