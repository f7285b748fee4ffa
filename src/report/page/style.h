/* The style sheet and the script of HTML pages: light and dark, screen and paper, sorting and pointing. */
#ifndef LL_REPORT_PAGE_STYLE_H
#define LL_REPORT_PAGE_STYLE_H

extern const char ll_html_style[];
extern const char ll_html_script[]; /* the page is whole without it */

#endif
