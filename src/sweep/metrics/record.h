/* Bytes of records: sums that guard them, and fields of protocol buffers; private to the readers. */
#ifndef LL_SWEEP_METRICS_RECORD_H
#define LL_SWEEP_METRICS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Cyclic redundancy checks of 32 bits, reflected: Castagnoli's polynomial 82f63b78 (RFC 3720), and IEEE's edb88320 as
 * zlib computes it. Of more bytes behind those that sum is of; 0 at the beginning. */
uint32_t ll_crc32c(uint32_t sum, const void *bytes, size_t n);
uint32_t ll_crc32_ieee(uint32_t sum, const void *bytes, size_t n);

uint32_t ll_record_u32(const uint8_t *p); /* little-endian */
uint64_t ll_record_u64(const uint8_t *p);

/* One field of a message: a number (varint, or the bits of fixed32 and fixed64), or n bytes inside the message. */
typedef struct ll_record_field {
    uint32_t id;
    uint64_t number;
    const uint8_t *bytes; /* NULL of a number */
    size_t n;
} ll_record_field;

/* The next field of the message between *at and end; false at its end and where it is broken. */
bool ll_record_next(const uint8_t **at, const uint8_t *end, ll_record_field *out);

/* The text of a field, cut to size; "" of a number. Returns buf. */
const char *ll_record_text(const ll_record_field *f, char *buf, size_t size);

#endif
