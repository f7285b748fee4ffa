/* The page that the build made of web/, as it is kept in the program: cmake/page.cmake writes the table. */
#ifndef LL_CLI_SERVE_PAGE_FILES_H
#define LL_CLI_SERVE_PAGE_FILES_H

#include "sweep/site/site.h"

extern const ll_site_file ll_page_files[];
extern const int ll_n_page_files; /* 0: there was no npm, or it could not make the page */

#endif
