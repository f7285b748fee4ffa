/* The report's style sheet: light, dark, A4. */
#ifndef LL_REPORT_STYLE_H
#define LL_REPORT_STYLE_H

extern const char ll_html_style[];

#endif
