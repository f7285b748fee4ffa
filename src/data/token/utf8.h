/* UTF-8: how long a character is, and whether it is one. */
#ifndef LL_DATA_TOKEN_UTF8_H
#define LL_DATA_TOKEN_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character that bytes [size > 0] begin with; 0 for none: a sequence that is cut, longer than it need be,
 * a surrogate's or above U+10FFFF. */
size_t ll_utf8_char(const uint8_t *bytes, size_t size);

/* Bytes of whole characters that bytes begin with. */
size_t ll_utf8_run(const uint8_t *bytes, size_t size);

#endif
