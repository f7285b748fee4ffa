/* Tokenizers. The first byte says what the rest is: a text, of which every tokenizer that loses nothing gives all bytes
 * back; or a .tiktoken file, or GPT-2's two (a zero byte between them), or a model of sentencepiece, which must be
 * refused with a reason or give that text back too. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../data/tiny_gpt2.h"
#include "base/system/file.h"
#include "data/token/tokenizer.h"

enum { LASTING = 4 };
static char folder[64];
static ll_tokenizer *lasting[LASTING];
static int n_lasting;

static const char *path_of(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void remove_all(void) {
    static const char *const names[] = { "vocab.json", "merges.txt", "x.tiktoken", "x.model" };
    for (int i = 0; i < n_lasting; i++) ll_tokenizer_free(lasting[i]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(path_of(names[i]));
    rmdir(folder);
}

static void keep(ll_status s, const ll_tokenizer *t) {
    if (s != LL_OK || !t) abort();
    n_lasting++;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    const char *tmp = getenv("TMPDIR"); /* best in memory */
    snprintf(folder, sizeof folder, "%.32s/fuzz-token-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder) || !tiny_gpt2_write(folder)) abort();
    atexit(remove_all);
    keep(ll_tokenizer_open(&lasting[n_lasting], "bytes", NULL), lasting[n_lasting]);
#ifdef LL_HAVE_PCRE2
    keep(ll_tokenizer_open(&lasting[n_lasting], path_of("vocab.json"), NULL), lasting[n_lasting]);
#endif
#ifdef LL_HAVE_SENTENCEPIECE
    static const char text[] = "the hello world of caf\xc3\xa9s\n  the token, the tokenizer\nworlds of the world\n";
    keep(ll_tokenizer_train(&lasting[n_lasting], 290, (const uint8_t *)text, sizeof text - 1, NULL),
         lasting[n_lasting]);
#endif
    return 0;
}

static void comes_back(ll_tokenizer *t, const uint8_t *text, size_t size) {
    ll_tokens tokens = { 0 };
    uint8_t *back = malloc(size + 1);
    if (ll_tokenizer_encode(t, text, size, &tokens, NULL) != LL_OK || tokens.lost) abort();
    if (ll_tokenizer_decode(t, tokens.at, tokens.n, NULL) != size) abort();
    if (!back || ll_tokenizer_decode(t, tokens.at, tokens.n, back) != size) abort();
    if (memcmp(back, text, size) != 0) abort();
    for (int64_t i = 0; i < tokens.n; i++)
        if (tokens.at[i] >= t->vocab) abort();
    free(back);
    ll_tokens_clear(&tokens);
}

static void spill(const char *path, const uint8_t *data, size_t size) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) abort();
}

static void opens_or_says_why(const char *path, const uint8_t *text, size_t size) {
    ll_tokenizer *t;
    ll_error err = { 0 };
    if (ll_tokenizer_open(&t, path, &err) == LL_OK) comes_back(t, text, size);
    else if (!err.msg[0]) abort();
    ll_tokenizer_free(t);
}

static void open_gpt2(const uint8_t *data, size_t size) {
    char name[sizeof folder + 32];
    const uint8_t *end = memchr(data, 0, size);
    const size_t n = end ? (size_t)(end - data) : size;
    snprintf(name, sizeof name, "%s/x_vocab.json", folder);
    spill(name, data, n);
    char merges[sizeof folder + 32];
    snprintf(merges, sizeof merges, "%s/x_merges.txt", folder);
    spill(merges, data + n, size - n);
    opens_or_says_why(name, data, size);
    unlink(name);
    unlink(merges);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    const uint8_t kind = *data++;
    size--;
    switch (kind) {
    case 'g': open_gpt2(data, size); break;
    case 't':
    case 'm': {
        const char *path = path_of(kind == 't' ? "x.tiktoken" : "x.model");
        spill(path, data, size);
        opens_or_says_why(path, data, size);
        break;
    }
    default:
        for (int i = 0; i < n_lasting; i++) comes_back(lasting[i], data, size);
    }
    return 0;
}
