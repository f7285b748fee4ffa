#include "data/token/utf8.h"

size_t ll_utf8_char(const uint8_t *b, size_t size) {
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    if (b[0] < 0x80) return 1;
    if (b[0] < 0xC2 || b[0] > 0xF4) return 0;
    const size_t n = b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : 4;
    uint32_t code = b[0] & (0x7Fu >> n);
    if (size < n) return 0;
    for (size_t i = 1; i < n; i++) {
        if ((b[i] & 0xC0) != 0x80) return 0;
        code = code << 6 | (b[i] & 0x3Fu);
    }
    return code < least[n] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? 0 : n;
}

size_t ll_utf8_run(const uint8_t *bytes, size_t size) {
    size_t at = 0;
    for (size_t n; at < size && (n = ll_utf8_char(bytes + at, size - at)); at += n) {
    }
    return at;
}
