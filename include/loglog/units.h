/* Units: how numbers are read, shown and converted. Loss is nats per token everywhere inside.
 *
 *     double v;
 *     ll_units_parse("1.4T", &v);                       1.4e12
 *     ll_units_duration("36h", &v);                     129600 (seconds)
 *     ll_units_bits_per_byte(2.0, 1.0);                 2.885 (nats/token at one byte a token)
 */
#ifndef LOGLOG_UNITS_H
#define LOGLOG_UNITS_H

#include <stdbool.h>
#include <stddef.h>

#include "loglog/api.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LL_PF_DAY 8.64e19 /* FLOP in a petaflop/s-day */
#define LL_LN2 0.69314718055994530942

/* Reads a whole string: 12, 1e9, 70B, 1.4T, 300k, 2M. False when anything else is there. */
LL_API bool ll_units_parse(const char *text, double *out);

/* Reads 90s, 15m, 36h, 30d or a bare number of seconds. */
LL_API bool ll_units_duration(const char *text, double *seconds);

/* Reads $2.5M, 250k or a bare number of dollars. */
LL_API bool ll_units_money(const char *text, double *usd);

/* Reads 64K, 512M, 2G (powers of 1024) or a bare number of bytes. */
LL_API bool ll_units_bytes(const char *text, double *bytes);

/* Short forms for people: 1.23M, 4.2 GiB, 3m12s. Returns buf. */
LL_API const char *ll_units_show(double v, char *buf, size_t size);
LL_API const char *ll_units_show_bytes(double v, char *buf, size_t size);
LL_API const char *ll_units_show_seconds(double v, char *buf, size_t size);

/* Bits per byte from nats per token. bytes_per_token must be above zero, else the answer is NaN:
 * without the ratio there is no such number. */
LL_API double ll_units_bits_per_byte(double nats_per_token, double bytes_per_token);
LL_API double ll_units_nats_per_token(double bits_per_byte, double bytes_per_token);

#ifdef __cplusplus
}
#endif
#endif
