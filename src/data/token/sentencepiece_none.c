#include "data/token/sentencepiece.h"

#ifndef LL_HAVE_SENTENCEPIECE

#define MISSING "this build has no sentencepiece (Debian: libsentencepiece-dev)"

ll_status ll_sentencepiece_new(ll_sentencepiece **out, const char *model, size_t size, const char *where,
                               ll_error *err) {
    (void)model, (void)size;
    *out = NULL;
    return LL_FAIL(err, LL_EINPUT, "%s: " MISSING, where);
}

ll_status ll_sentencepiece_train(int64_t V, const uint8_t *text, size_t size, char **model, size_t *model_size,
                                 ll_error *err) {
    (void)text, (void)size, (void)model_size;
    *model = NULL;
    return LL_FAIL(err, LL_EINPUT, "bpe:%lld: " MISSING, (long long)V);
}

/* There is never a model to ask. */
void ll_sentencepiece_free(ll_sentencepiece *s) {
    (void)s;
}

int ll_sentencepiece_vocab(const ll_sentencepiece *s) {
    (void)s;
    return 0;
}

int ll_sentencepiece_end(const ll_sentencepiece *s) {
    (void)s;
    return -1;
}

ll_piece_of ll_sentencepiece_piece(const ll_sentencepiece *s, int token, const char **piece, size_t *size) {
    (void)s, (void)token, (void)piece, (void)size;
    return LL_PIECE_NONE;
}

ll_status ll_sentencepiece_encode(ll_sentencepiece *s, const uint8_t *run, size_t size, const int **tokens,
                                  size_t *n, ll_error *err) {
    (void)s, (void)run, (void)size, (void)tokens, (void)n;
    return LL_FAIL(err, LL_EINPUT, MISSING);
}

#endif
