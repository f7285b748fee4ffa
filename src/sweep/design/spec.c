#include "sweep/design/spec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "data/generated/arithmetic.h"
#include "data/token/tokenizer.h"
#include "sweep/command/shapes.h"
#include "sweep/design/rung_places.h"
#include "sweep/design/wish.h"
#include "sweep/metrics/metrics.h"
#include "tensor/choice/device.h"
#include "train/schedule.h"

enum { SPEC_MAX_BYTES = 1 << 20 };

#define AT(f) offsetof(ll_spec, f)
const ll_option ll_spec_table[] = {
    { "schema", LL_OPT_NAME, AT(schema), LL_SPEC_SCHEMA, "version of this file's form", .names = LL_SPEC_SCHEMA },
    { "name", LL_OPT_NAME, AT(name), "ladder", "names the files that belong to the ladder" },
    { "seed", LL_OPT_INT, AT(seed), "1", "seed of weights and batches", .min = 0, .max = 1e15 },

    { "data.text", LL_OPT_TEXT, AT(data.text), "", "file, folder, archive or JSONL to learn from" },
    { "data.suffix", LL_OPT_NAME, AT(data.suffix), "", "in folders only names that end so" },
    { "data.field", LL_OPT_NAME, AT(data.field), "text", "the text's field in JSONL" },
    { "data.tokenizer", LL_OPT_TEXT, AT(data.tokenizer), "bytes",
      "bytes; bpe:V, trained on the text that trains; gpt2:FOLDER; FILE.model of sentencepiece; FILE.tiktoken" },
    { "data.levels", LL_OPT_INT, AT(data.levels), "0", "bytes are cut to so many levels, 2 to 256; 0: not",
      .max = 256 },
    { "data.alphabet", LL_OPT_NAME, AT(data.alphabet), "", "only these letters are tokens, such as ACGT" },
    { "data.records", LL_OPT_BYTES, AT(data.records), "0",
      "bytes of a document, such as an image's; 0: documents are as files say", .max = 1 << 26 },
    { "data.shards", LL_OPT_TEXT, AT(data.shards), "", "PREFIX of token shards that are already there" },
    { "data.source", LL_OPT_NAME, AT(data.source), "none", "a source of known entropy; arithmetic is a text",
      .names = "none markov hmm arithmetic" },
    { "data.vocab", LL_OPT_INT, AT(data.vocab), "16", "symbols of the source", .min = 2, .max = 4096 },
    { "data.order", LL_OPT_INT, AT(data.order), "1", "symbols a Markov source looks back", .min = 0, .max = 16 },
    { "data.alpha", LL_OPT_REAL, AT(data.alpha), "0.1", "Dirichlet parameter of a Markov source", .max = 1e6,
      .min_open = true },
    { "data.states", LL_OPT_INT, AT(data.states), "2", "hidden states of an hmm source", .min = 2, .max = 64 },
    { "data.flip", LL_OPT_REAL, AT(data.flip), "0.1", "chance that state or symbol changes", .max = 1,
      .min_open = true },
    { "data.operations", LL_OPT_TEXTS, AT(data.operations), "add,sub,mul,mod", "of arithmetic, some of these" },
    { "data.digits", LL_OPT_INT, AT(data.digits), "3", "of arithmetic's operands, at most", .min = 1,
      .max = LL_ARITHMETIC_DIGITS },
    { "data.tokens", LL_OPT_INT, AT(data.tokens), "4M", "training tokens drawn from the source", .min = 10000 },
    { "data.val_share", LL_OPT_REAL, AT(data.val_share), "0.05", "share of documents that validate", .max = 0.5,
      .min_open = true },
    { "data.max_bytes", LL_OPT_BYTES, AT(data.max_bytes), "0",
      "stop after so much text; 0 takes all, of archives at most 16 GiB", .max = 1e18 },
    { "data.unique_tokens", LL_OPT_LIST, AT(data.unique_tokens), "",
      "distinct training tokens, seen in epochs; several: each run with each of them; none: all there are",
      .min = 1, .max = 1e18 },
    { "data.also", LL_OPT_TEXTS, AT(data.also), "",
      "further texts, PATH or NAME=PATH, on which each point of a run is validated as well" },
    { "data.canaries", LL_OPT_LIST, AT(data.canaries), "",
      "lines of random digits planted in the text that trains: each number of copies, such as [1, 4, 16]; none: "
      "none",
      .min = 1, .max = 1e6 },
    { "data.canary_count", LL_OPT_INT, AT(data.canary_count), "8",
      "canaries of each number of copies, and controls that are not planted", .min = 1, .max = 100000 },
    { "data.canary_format", LL_OPT_TEXT, AT(data.canary_format), "the code of NNNNNN is DDDDDDDDD",
      "of their lines: a letter of the name for each N, a digit for each D" },
    { "data.canary_seed", LL_OPT_INT, AT(data.canary_seed), "1", "of their names, digits and places", .min = 0,
      .max = 1e15 },

    { "model.family", LL_OPT_NAME, AT(model.family), "llama", "what is trained", .names = LL_FAMILY_NAMES },
    { "model.context", LL_OPT_INT, AT(model.context), "128", "tokens a model sees", .min = 2, .max = 1 << 20 },
    { "model.layers", LL_OPT_INT, AT(model.layers), "2", "blocks; 0 grows them with the width", .max = 512 },
    { "model.head", LL_OPT_INT, AT(model.head), "16",
      "head size, or the width where that is less; of no meaning to lstm", .min = 2, .max = 256 },
    { "model.widths", LL_OPT_LIST, AT(model.widths), "", "widths to choose from; none: 8 and multiples of 16",
      .min = 2, .max = 65536 },
    { "model.base_width", LL_OPT_INT, AT(model.base_width), "32", "muP: the width that lr was tuned at", .min = 2,
      .max = 65536 },

    { "train.schedule", LL_OPT_NAME, AT(train.schedule), "cosine", "shape of the learning rate",
      .names = LL_SCHEDULE_NAMES },
    { "train.precision", LL_OPT_NAME, AT(train.precision), "fp32",
      "of the operands of products, sums and storage are fp32; auto: bf16 where that is known to change no loss",
      .names = "fp32 bf16 auto" },
    { "train.kernels", LL_OPT_NAME, AT(train.kernels), "auto", "kernel table" },
    { "train.device", LL_OPT_NAME, AT(train.device), "auto", LL_DEVICE_HELP },
    { "train.lr", LL_OPT_REAL, AT(train.lr), "0.005", "peak learning rate at base_width", .max = 100,
      .min_open = true },
    { "train.lr_end", LL_OPT_REAL, AT(train.lr_end), "0", "where cosine and linear end, as a share of the peak",
      .max = 1 },
    { "train.warmup", LL_OPT_REAL, AT(train.warmup), "0.05", "share of the steps", .max = 0.9 },
    { "train.cooldown", LL_OPT_REAL, AT(train.cooldown), "0.2", "share of the steps, of wsd", .max = 0.9,
      .min_open = true },
    { "train.batch_tokens", LL_OPT_INT, AT(train.batch_tokens), "0", "tokens a step; 0: 0.1 sqrt(D)", .max = 1e12 },
    { "train.beta1", LL_OPT_REAL, AT(train.beta1), "0.9", "of AdamW", .max = 0.9999 },
    { "train.beta2", LL_OPT_REAL, AT(train.beta2), "0.99", "of AdamW", .max = 0.99999 },
    { "train.eps", LL_OPT_REAL, AT(train.eps), "1e-8", "of AdamW", .max = 1, .min_open = true },
    { "train.decay", LL_OPT_REAL, AT(train.decay), "-1",
      "weight decay of the blocks' matrices; below 0: 1 / (0.15 lr steps), at most 1", .min = -1, .max = 100 },
    { "train.clip", LL_OPT_REAL, AT(train.clip), "1", "gradient norm; 0: never", .max = 1e9 },
    { "train.eval_points", LL_OPT_INT, AT(train.eval_points), "0",
      "points of a learning curve, log-spaced; 0: 10, up to 40 while they take 2 % of the time", .max = 1000 },
    { "train.eval_windows", LL_OPT_INT, AT(train.eval_windows), "64", "windows of each", .min = 2, .max = 1e6 },
    { "train.final_windows", LL_OPT_INT, AT(train.final_windows), "1024", "windows of the last", .min = 2,
      .max = 1e7 },
    { "train.patience", LL_OPT_INT, AT(train.patience), "0",
      "a fitted run ends after so many points without a new best; 0: never", .max = 1000 },
    { "train.checkpoint", LL_OPT_DURATION, AT(train.checkpoint), "20s", "time between checkpoints", .min = 0.1,
      .max = 1e6 },

    { "design.kind", LL_OPT_NAME, AT(design.kind), "isoflop", "which runs",
      .names = "isoflop ladder grid wsd list batch shape" },
    { "design.flops", LL_OPT_LIST, AT(design.flops), "1e9,1e12", "isoflop: lowest and highest budget, 6 N D",
      .max = 1e30, .min_open = true },
    { "design.rungs", LL_OPT_INT, AT(design.rungs), "12", "isoflop, ladder: how many fitted runs", .min = 1,
      .max = 65536 },
    { "design.sizes", LL_OPT_INT, AT(design.sizes), "3", "isoflop: sizes at each budget", .min = 1, .max = 64 },
    { "design.size_factor", LL_OPT_REAL, AT(design.size_factor), "4",
      "isoflop: N of each size of a budget over the next smaller one's", .min = 1.05, .max = 1e6 },
    { "design.params", LL_OPT_LIST, AT(design.params), "", "ladder: [lowest, highest]; the others: every N",
      .max = 1e15, .min_open = true },
    { "design.tokens", LL_OPT_LIST, AT(design.tokens), "",
      "grid, wsd: every D; list: one for each N, a pair again for a repeat; batch, shape: one for all or for each "
      "N",
      .max = 1e18, .min_open = true },
    { "design.tokens_per_param", LL_OPT_REAL, AT(design.tokens_per_param), "20",
      "isoflop: middle size; ladder: each; batch, shape: each, without tokens", .max = 1e9, .min_open = true },
    { "design.batches", LL_OPT_LIST, AT(design.batches), "",
      "batch: tokens a step; a batch B is trained on D (1 + B/B0), B0 of train.batch_tokens", .max = 1e12,
      .min = 1 },
    { "design.batch_rate", LL_OPT_NAME, AT(design.batch_rate), "sqrt",
      "batch: how the learning rate grows with B/B0; it is train.lr at B0", .names = "sqrt linear none" },
    { "design.layers", LL_OPT_LIST, AT(design.layers), "", "shape: every depth, at the width of the nearest N",
      .min = 1, .max = 512 },
    { "design.heads", LL_OPT_LIST, AT(design.heads), "", "shape: every number of heads; none: of size model.head",
      .min = 1, .max = 512 },
    { "design.ffw_ratio", LL_OPT_LIST, AT(design.ffw_ratio), "",
      "shape: every width of the feed-forward layer over the model's", .min_open = true, .max = 64 },
    { "design.shapes", LL_OPT_TEXTS, AT(design.shapes), "",
      "the shapes to choose from, FILE.csv with layers, width and heads, or 2x64/4, 4x128/8; none: by model's "
      "rule" },
    { "design.seeds", LL_OPT_INT, AT(design.seeds), "1", "repeats of each run with seeds of their own", .min = 1,
      .max = 100 },
    { "design.edge_seeds", LL_OPT_INT, AT(design.edge_seeds), "1",
      "isoflop: the same of a budget's smallest and largest size, where that is more", .min = 1, .max = 100 },

    { "forecast.hold_out", LL_OPT_NAME, AT(forecast.hold_out), "last",
      "seal a forecast of one more run, or not; of batch and shape never", .names = "last none" },
    { "forecast.factor", LL_OPT_REAL, AT(forecast.factor), "4", "its compute over the largest fitted run's",
      .min = 1, .max = 1e6 },

    { "engine.kind", LL_OPT_NAME, AT(engine.kind), "local",
      "where runs are trained: on this machine by us or by engine.command, or by Slurm",
      .names = "local command slurm" },
    { "engine.slurm", LL_OPT_TEXTS, AT(engine.slurm), "",
      "sbatch's options, such as {partition: gpu, time: 2:00:00}, and throttle and poll; see docs/slurm.md" },
    { "engine.workers", LL_OPT_INT, AT(engine.workers), "0", "runs at a time; 0: one a core, of a command one",
      .max = 4096 },
    { "engine.memory", LL_OPT_BYTES, AT(engine.memory), "0",
      "bound on all runs together; 0: four fifths of what is free", .max = 1e18 },
    { "engine.command", LL_OPT_TEXT, AT(engine.command), "",
      "what trains a run, with {placeholders}; started as a program with arguments" },
    { "engine.resume", LL_OPT_TEXT, AT(engine.resume), "",
      "what {resume} becomes where the path that it names below {out} is there; else it is nothing" },
    { "engine.shell", LL_OPT_BOOL, AT(engine.shell), "false", "the command is a line for /bin/sh" },
    { "engine.metrics.file", LL_OPT_TEXT, AT(engine.metrics.file), "",
      "where the command writes its metrics, a file or a folder; none: it prints them" },
    { "engine.metrics.format", LL_OPT_NAME, AT(engine.metrics.format), "jsonl", "of that file",
      .names = LL_METRIC_FORMATS },
    { "engine.metrics.pattern", LL_OPT_TEXT, AT(engine.metrics.pattern), "",
      "of regex: POSIX extended, with groups (?<step>...) and (?<loss>...)" },
    { "engine.metrics.step", LL_OPT_TEXT, AT(engine.metrics.step), "step", "what it calls the step" },
    { "engine.metrics.tokens", LL_OPT_TEXT, AT(engine.metrics.tokens), "",
      "the tokens so far; none: the step times the batch" },
    { "engine.metrics.loss", LL_OPT_TEXT, AT(engine.metrics.loss), "loss", "the loss on validation data" },
    { "engine.metrics.train_loss", LL_OPT_TEXT, AT(engine.metrics.train_loss), "", "the loss on its batch" },
    { "engine.metrics.params", LL_OPT_TEXT, AT(engine.metrics.params), "",
      "the parameters without embeddings, where it reports them" },
    { "engine.metrics.params_total", LL_OPT_TEXT, AT(engine.metrics.params_total), "", "all parameters" },
    { "engine.metrics.unit", LL_OPT_NAME, AT(engine.metrics.unit), "nats", "of its losses, a token or a byte",
      .names = "nats bits bits_per_byte" },
    { "engine.metrics.bytes_per_token", LL_OPT_REAL, AT(engine.metrics.bytes_per_token), "0",
      "of its validation data; 0: not known", .max = 1e6 },
    { "engine.count.nonembedding", LL_OPT_TEXT, AT(engine.count.nonembedding), "",
      "N without embeddings, of {layers}, {width}, {heads}, {ffw} and {context}; none: as model.family counts" },
    { "engine.count.total", LL_OPT_TEXT, AT(engine.count.total), "",
      "N with everything; alone: the N of the ladder" },
    { "engine.count.flops_token", LL_OPT_TEXT, AT(engine.count.flops_token), "",
      "exact training FLOPs a token; none: not known" },
    { "engine.stall", LL_OPT_DURATION, AT(engine.stall), "0",
      "a command that tells no metric for so long is ended and has failed; 0: never", .max = 1e9 },
    { "engine.timeout", LL_OPT_DURATION, AT(engine.timeout), "0", "so does one that takes longer; 0: never",
      .max = 1e9 },
    { "engine.grace", LL_OPT_DURATION, AT(engine.grace), "30s", "from SIGTERM to SIGKILL, where it has to end",
      .max = 1e6 },
    { "engine.retries", LL_OPT_INT, AT(engine.retries), "0", "tries after one that failed", .max = 1000 },
};
#undef AT
const int ll_spec_count = sizeof ll_spec_table / sizeof *ll_spec_table;

ll_status ll_spec_load(ll_spec *spec, const char *path, ll_error *err) {
    return ll_options_load(ll_spec_table, ll_spec_count, spec, path, SPEC_MAX_BYTES, "a run spec", err);
}

ll_status ll_spec_parse(ll_spec *spec, const char *text, const char *where, ll_error *err) {
    ll_yaml *doc;
    LL_TRY(ll_options_default(ll_spec_table, ll_spec_count, spec, err));
    LL_TRY(ll_yaml_parse(text, strlen(text), where, &doc, err));
    const ll_yaml_node *root = ll_yaml_root(doc);
    const ll_status s = root ? ll_options_yaml(ll_spec_table, ll_spec_count, spec, root, where, NULL, err)
                             : LL_FAIL(err, LL_EINPUT, "%s: empty, expected a run spec", where);
    ll_yaml_free(doc);
    return s;
}

static ll_status needs(bool ok, const char *where, const char *key, const char *want, ll_error *err) {
    return ok ? LL_OK : LL_FAIL(err, LL_EINPUT, "%s: %s: expected %s", where, key, want);
}

static bool are_whole(const ll_list *list) {
    for (int64_t i = 0; i < list->n; i++)
        if (list->v[i] != floor(list->v[i])) return false;
    return true;
}

static ll_status check_sweep(const ll_spec *s, const char *where, ll_error *err) {
    const ll_list *tokens = &s->design.tokens, *layers = &s->design.layers, *heads = &s->design.heads;
    LL_TRY(needs(tokens->n <= 1 || tokens->n == s->design.params.n, where, "design.tokens",
                 "none, one for all or as many as design.params", err));
    if (!strcmp(s->design.kind, "batch"))
        return needs(s->design.batches.n >= 3, where, "design.batches", "three batches or more", err);
    LL_TRY(needs(layers->n + heads->n + s->design.ffw_ratio.n > 0, where, "design",
                 "layers, heads or ffw_ratio to vary", err));
    LL_TRY(needs(ll_family_attends(ll_spec_family(s)) || heads->n + s->design.ffw_ratio.n == 0, where, "design",
                 "layers alone of a family without heads", err));
    LL_TRY(needs(are_whole(layers), where, "design.layers", "whole numbers", err));
    return needs(are_whole(heads), where, "design.heads", "whole numbers", err);
}

static ll_status check_shapes(const ll_spec *s, const char *where, ll_error *err) {
    ll_listed_shape list[LL_SHAPES_MOST];
    int n;
    LL_TRY(needs(!*s->design.shapes || strcmp(s->design.kind, "shape"), where, "design.shapes",
                 "none beside design.kind shape", err));
    ll_status status =
        ll_shapes_is_file(s->design.shapes) ? LL_OK : ll_shapes_read(s->design.shapes, list, &n, err);
    return status == LL_OK ? LL_OK : ll_error_prefix(err, "%s", where);
}

static ll_status check_design(const ll_spec *s, const char *where, ll_error *err) {
    const ll_list *flops = &s->design.flops, *params = &s->design.params, *tokens = &s->design.tokens;
    const char *kind = s->design.kind;
    if (!strcmp(kind, "isoflop")) {
        LL_TRY(needs(flops->n == 2 && flops->v[0] <= flops->v[1], where, "design.flops", "[lowest, highest]", err));
        return needs(s->design.rungs >= s->design.sizes, where, "design.rungs", "at least design.sizes", err);
    }
    if (!strcmp(kind, "ladder"))
        return needs(params->n == 2 && params->v[0] <= params->v[1], where, "design.params", "[lowest, highest]",
                     err);
    LL_TRY(needs(params->n > 0, where, "design.params", "a list of sizes", err));
    if (!strcmp(kind, "batch") || !strcmp(kind, "shape")) return check_sweep(s, where, err);
    LL_TRY(needs(tokens->n > 0, where, "design.tokens", "a list of token counts", err));
    if (!strcmp(kind, "list"))
        return needs(params->n == tokens->n, where, "design.tokens", "as many as design.params", err);
    if (!strcmp(kind, "wsd"))
        return needs(!strcmp(s->train.schedule, "wsd"), where, "train.schedule", "wsd, as design.kind is", err);
    return LL_OK;
}

ll_family ll_spec_family(const ll_spec *s) {
    ll_family family = LL_FAMILY_GPT;
    ll_family_named(s->model.family, &family, NULL); /* the option table has checked the name */
    return family;
}

int64_t ll_spec_head(const ll_spec *s) {
    return ll_family_attends(ll_spec_family(s)) ? s->model.head : 1;
}

static ll_status check_arithmetic(const ll_spec *s, const char *where, ll_error *err) {
    ll_arithmetic text;
    ll_status status = ll_arithmetic_named(&text, s->data.operations, s->data.digits, err);
    return status == LL_OK ? LL_OK : ll_error_prefix(err, "%s: data.operations", where);
}

ll_status ll_spec_canaries(const ll_spec *s, const char *where, ll_canaries *out, ll_error *err) {
    const ll_list *copies = &s->data.canaries;
    const bool fits = copies->n <= LL_CANARY_KINDS && are_whole(copies);
    *out = (ll_canaries) { .count = s->data.canary_count, .seed = (uint64_t)s->data.canary_seed };
    LL_TRY(needs(fits, where, "data.canaries", "at most 16 whole numbers", err));
    LL_TRY(needs(strlen(s->data.canary_format) < sizeof out->format, where, "data.canary_format",
                 "at most 127 letters", err));
    out->n = (int)copies->n;
    for (int k = 0; k < out->n; k++) out->copies[k] = (int64_t)copies->v[k];
    strcpy(out->format, s->data.canary_format);
    ll_status status = ll_canaries_check(out, err);
    return status == LL_OK ? LL_OK : ll_error_prefix(err, "%s: data", where);
}

/* They stand in the whole text that trains: a run that sees a part of it would miss some. */
static ll_status check_canaries(const ll_spec *s, const char *where, ll_error *err) {
    ll_canaries c;
    LL_TRY(ll_spec_canaries(s, where, &c, err));
    LL_TRY(needs(c.n == 0 || *s->data.text, where, "data.canaries", "none without data.text", err));
    return needs(c.n == 0 || s->data.unique_tokens.n == 0, where, "data.canaries", "none beside data.unique_tokens",
                 err);
}

/* Of text they can be chosen; the other sources have theirs. */
static ll_status check_tokens(const ll_spec *s, const char *where, ll_error *err) {
    char name[LL_TOKENIZER_ASKED];
    const bool chosen = s->data.levels || *s->data.alphabet || s->data.records > 0;
    LL_TRY(needs(*s->data.text || !chosen, where, "data.levels, data.alphabet, data.records", "data.text", err));
    ll_status status = ll_tokenizer_named(name, s->data.tokenizer, s->data.levels, s->data.alphabet, err);
    return status == LL_OK ? LL_OK : ll_error_prefix(err, "%s: data", where);
}

static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"; /* in names */

/* item is PATH or NAME=PATH. */
static void name_also(const char *item, char name[LL_OPTION_NAME], char path[LL_OPTION_TEXT]) {
    const size_t said = strspn(item, allowed);
    const bool is_said = said > 0 && said < LL_OPTION_NAME && item[said] == '=';
    strcpy(path, is_said ? item + said + 1 : item);
    const char *from = is_said ? item : ll_file_name(path);
    snprintf(name, LL_OPTION_NAME, "%.*s", (int)(is_said ? said : strcspn(from, ".")), from);
    for (char *c = name; *c; c++)
        if (!strchr(allowed, *c)) *c = '_';
}

ll_status ll_spec_list_also(const ll_spec *s, const char *where, ll_spec_also *out, ll_error *err) {
    char item[LL_OPTION_TEXT];
    *out = (ll_spec_also) { 0 };
    for (const char *at = s->data.also; *at;) {
        const size_t n = strcspn(at, ",");
        const int i = out->n;
        LL_TRY(needs(i < LL_SPEC_ALSO, where, "data.also", "at most 8 texts", err));
        snprintf(item, sizeof item, "%.*s", (int)n, at);
        name_also(item, out->name[i], out->path[i]);
        LL_TRY(needs(*out->name[i] && *out->path[i], where, "data.also", "PATH or NAME=PATH", err));
        for (int k = 0; k < i; k++)
            LL_TRY(needs(strcmp(out->name[k], out->name[i]) != 0, where, "data.also",
                         "another NAME=PATH for each text", err));
        out->n++;
        at += n + (at[n] == ',');
    }
    return LL_OK;
}

static int data_sources(const ll_spec *s) {
    return (*s->data.text != 0) + (*s->data.shards != 0) + (strcmp(s->data.source, "none") != 0);
}

bool ll_spec_has_data(const ll_spec *s) {
    return data_sources(s) > 0;
}

bool ll_spec_has_command(const ll_spec *s) {
    return *s->engine.command != 0;
}

ll_status ll_spec_check(const ll_spec *s, const char *where, ll_error *err) {
    const int sources = data_sources(s);
    ll_spec_also also;
    const int64_t head = ll_spec_head(s);
    LL_TRY(ll_rung_places_check(s, where, err));
    const bool optional = ll_spec_has_command(s);
    LL_TRY(needs(sources == 1 || (optional && sources == 0), where, "data",
                 "one of data.text, data.shards and data.source", err));
    LL_TRY(ll_spec_list_also(s, where, &also, err));
    LL_TRY(
        needs(also.n == 0 || !strcmp(s->data.source, "none"), where, "data.also", "none beside data.source", err));
    LL_TRY(check_tokens(s, where, err));
    LL_TRY(check_arithmetic(s, where, err));
    LL_TRY(check_canaries(s, where, err));
    LL_TRY(needs(*s->name && strspn(s->name, allowed) == strlen(s->name), where, "name", "letters, digits, _ and -",
                 err));
    LL_TRY(
        needs(s->train.warmup + s->train.cooldown < 1, where, "train.warmup", "less than 1 - train.cooldown", err));
    for (int64_t i = 0; i < s->model.widths.n; i++) {
        double w = s->model.widths.v[i];
        if (w == floor(w) && (w <= (double)head || (int64_t)w % head == 0)) continue;
        return LL_FAIL(err, LL_EINPUT, "%s: model.widths holds %g, expected multiples of model.head, %lld, or less",
                       where, w, (long long)head);
    }
    LL_TRY(check_shapes(s, where, err));
    ll_slurm_wish wish;
    if (ll_slurm_wish_read(&wish, s->engine.slurm, err) != LL_OK) return ll_error_prefix(err, "%s", where);
    return check_design(s, where, err);
}

bool ll_spec_on_slurm(const ll_spec *s) {
    return strcmp(s->engine.kind, "slurm") == 0;
}

void ll_spec_take_list(ll_spec *spec, const double *params, const double *tokens, int n) {
    strcpy(spec->design.kind, "list");
    strcpy(spec->forecast.hold_out, "none");
    spec->design.seeds = 1;
    spec->design.params.n = spec->design.tokens.n = n;
    for (int i = 0; i < n; i++) spec->design.params.v[i] = params[i], spec->design.tokens.v[i] = tokens[i];
}

char *ll_spec_text(const ll_spec *spec) {
    return ll_options_text(ll_spec_table, ll_spec_count, spec);
}

ll_status ll_spec_hash(const ll_spec *spec, char hex[LL_HASH_HEX], ll_error *err) {
    ll_spec numbers = *spec;
    numbers.engine.workers = numbers.engine.retries = 0;
    numbers.engine.memory = numbers.engine.stall = numbers.engine.timeout = numbers.engine.grace = 0;
    *numbers.engine.slurm = 0;
    if (ll_spec_on_slurm(spec)) strcpy(numbers.engine.kind, ll_spec_has_command(spec) ? "command" : "local");
    char *text = ll_spec_text(&numbers);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_hash_of(text, strlen(text), hex);
    free(text);
    return LL_OK;
}
