/* Numbers as people read them in figures and tables. */
#ifndef LL_REPORT_SHOW_H
#define LL_REPORT_SHOW_H

enum { LL_SHOW_SIZE = 64 };

/* Plain from 0.001 to 99999, else 3.16×10⁹ with raised digits. Returns buf. */
const char *ll_show(double v, int digits, char buf[LL_SHOW_SIZE]);

#endif
