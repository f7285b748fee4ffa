#include "sweep/metrics/record.h"

#include <string.h>

static uint32_t crc(uint32_t polynomial, uint32_t sum, const void *bytes, size_t n) {
    const uint8_t *p = bytes;
    sum = ~sum;
    for (size_t i = 0; i < n; i++) {
        sum ^= p[i];
        for (int bit = 0; bit < 8; bit++) sum = (sum >> 1) ^ (polynomial & (0u - (sum & 1)));
    }
    return ~sum;
}

uint32_t ll_crc32c(uint32_t sum, const void *bytes, size_t n) {
    return crc(0x82f63b78u, sum, bytes, n);
}

uint32_t ll_crc32_ieee(uint32_t sum, const void *bytes, size_t n) {
    return crc(0xedb88320u, sum, bytes, n);
}

uint32_t ll_record_u32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t ll_record_u64(const uint8_t *p) {
    return ll_record_u32(p) | (uint64_t)ll_record_u32(p + 4) << 32;
}

static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *out) {
    *out = 0;
    for (int shift = 0; shift < 64 && *at < end; shift += 7) {
        const uint8_t byte = *(*at)++;
        *out |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return true;
    }
    return false;
}

bool ll_record_next(const uint8_t **at, const uint8_t *end, ll_record_field *out) {
    enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };
    uint64_t key, length;
    *out = (ll_record_field) { 0 };
    if (*at >= end || !read_varint(at, end, &key)) return false;
    out->id = (uint32_t)(key >> 3);
    const size_t left = (size_t)(end - *at);
    switch (key & 7) {
    case VARINT: return read_varint(at, end, &out->number);
    case FIXED64:
        if (left < 8) return false;
        out->number = ll_record_u64(*at);
        *at += 8;
        return true;
    case FIXED32:
        if (left < 4) return false;
        out->number = ll_record_u32(*at);
        *at += 4;
        return true;
    case BYTES:
        if (!read_varint(at, end, &length) || length > (size_t)(end - *at)) return false;
        out->bytes = *at;
        out->n = (size_t)length;
        *at += length;
        return true;
    default: return false;
    }
}

const char *ll_record_text(const ll_record_field *f, char *buf, size_t size) {
    const size_t n = !f->bytes ? 0 : f->n < size ? f->n : size - 1;
    if (n) memcpy(buf, f->bytes, n);
    buf[n] = 0;
    return buf;
}
