/* Numbers as people read them in figures and tables. */
#ifndef LL_REPORT_SHOW_H
#define LL_REPORT_SHOW_H

enum { LL_SHOW_SIZE = 64 };

/* Plain from 0.001 to 99999, then as people say it, 591k, 200M, 1.4T, and beyond 10¹⁵ and below 0.001 as 3.16×10²⁴
 * with raised digits. Returns buf. */
const char *ll_show(double v, int digits, char buf[LL_SHOW_SIZE]);

/* A number's text as a power: -0.076 as ⁻⁰·⁰⁷⁶. Returns buf. */
const char *ll_show_raised(const char *number, char buf[LL_SHOW_SIZE]);

/* v, or one of its bounds, with as many digits as the interval earns: two of its width, and two of v at least; 0
 * where v is nothing beside it. Without an interval (NaN, or no width) four. Returns buf. */
const char *ll_show_in(double v, double lo, double hi, char buf[LL_SHOW_SIZE]);

#endif
