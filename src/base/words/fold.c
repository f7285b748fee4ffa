#include "base/words/fold.h"

uint64_t ll_fold(uint64_t h, const void *key, size_t size) {
    const unsigned char *byte = key;
    for (size_t i = 0; i < size; i++) h = (h ^ byte[i]) * 0x100000001b3u;
    return h;
}
