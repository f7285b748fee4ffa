/* A vocabulary of GPT-2's form that is small enough to merge by hand: the bytes are tokens 0 to 255, and
 *
 *     256 he    257 ll    258 hell    259 hello    260 " w"    261 't    262 the end
 */
#ifndef LL_TESTS_TINY_GPT2_H
#define LL_TESTS_TINY_GPT2_H

#include <stdio.h>

enum { TINY_GPT2_END = 262, TINY_GPT2_VOCAB = 263 };

/* A byte as the files write it. */
static inline void tiny_gpt2_byte(FILE *f, int byte) {
    int code = byte, others = 0;
    for (int b = 0; b <= byte; b++) {
        const bool itself = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
        others += !itself;
        if (b == byte) code = itself ? b : 255 + others;
    }
    if (code == '"' || code == '\\') fputc('\\', f);
    if (code < 0x80) fputc(code, f);
    else fputc(0xC0 | code >> 6, f), fputc(0x80 | (code & 0x3F), f);
}

/* Into folder/vocab.json and folder/merges.txt; false where a file cannot be written. */
static inline bool tiny_gpt2_write(const char *folder) {
    static const char *const merged[] = { "he", "ll", "hell", "hello", "\xc4\xa0w", "'t", "<|endoftext|>" };
    char path[1100];
    snprintf(path, sizeof path, "%s/vocab.json", folder);
    FILE *f = fopen(path, "w");
    if (!f) return false;
    for (int b = 0; b < 256; b++) {
        fputs(b ? ", \"" : "{\"", f);
        tiny_gpt2_byte(f, b);
        fprintf(f, "\": %d", b);
    }
    for (int i = 0; i < 7; i++) fprintf(f, ", \"%s\": %d", merged[i], 256 + i);
    fputs("}\n", f);
    if (fclose(f) != 0) return false;
    snprintf(path, sizeof path, "%s/merges.txt", folder);
    f = fopen(path, "w");
    if (!f) return false;
    fputs("#version: 0.2\nh e\nl l\nhe ll\nhell o\n\xc4\xa0 w\n' t\n", f);
    return fclose(f) == 0;
}

#endif
