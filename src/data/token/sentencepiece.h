/* sentencepiece (Kudo and Richardson 2018) over its C++ library, in the words of C: the adapter of its headers is
 * sentencepiece.cpp. Where the library is not there, what makes a model says so.
 *
 * The library reads runs of whole characters; the bytes between them are byte pieces, which it is not asked for.
 */
#ifndef LL_DATA_TOKEN_SENTENCEPIECE_H
#define LL_DATA_TOKEN_SENTENCEPIECE_H

#include <stddef.h>
#include <stdint.h>

#include "loglog/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ll_sentencepiece ll_sentencepiece;

typedef enum ll_piece_of { LL_PIECE_TEXT, LL_PIECE_BYTE, LL_PIECE_NONE } ll_piece_of;

/* model [size] is the file's content; where is for messages. */
ll_status ll_sentencepiece_new(ll_sentencepiece **out, const char *model, size_t size, const char *where,
                               ll_error *err);
void ll_sentencepiece_free(ll_sentencepiece *s);

int ll_sentencepiece_vocab(const ll_sentencepiece *s);
int ll_sentencepiece_end(const ll_sentencepiece *s); /* the piece that ends a sentence; -1 for none */

/* Borrowed. A byte piece is "<0x41>"; one that stands for no text is of LL_PIECE_NONE. */
ll_piece_of ll_sentencepiece_piece(const ll_sentencepiece *s, int token, const char **piece, size_t *size);

/* The tokens of a run, borrowed until the next call. */
ll_status ll_sentencepiece_encode(ll_sentencepiece *s, const uint8_t *run, size_t size, const int **tokens,
                                  size_t *n, ll_error *err);

/* A model of V pieces, byte-pair merges, byte fallback, no normalisation; *model is freed by the caller. The runs of
 * the text are its sentences. */
ll_status ll_sentencepiece_train(int64_t V, const uint8_t *text, size_t size, char **model, size_t *model_size,
                                 ll_error *err);

/* Bytes of the run that a text [size > 0] begins with, 4096 at most; 0: its first byte is a byte piece. Control
 * characters end a run, and so does the sign that the library writes for a space. */
size_t ll_sentencepiece_run(const uint8_t *bytes, size_t size);

#ifdef __cplusplus
}
#endif

#endif
