/* A locale whose numbers have a comma: the system's de_DE, else one made by localedef below the scratch folder. */
#ifndef LL_TESTS_COMMA_LOCALE_H
#define LL_TESTS_COMMA_LOCALE_H

#include "scratch.h"

#include <locale.h>
#include <stdio.h>

static inline bool make_locale(void) {
    char command[3 * LL_PATH_MAX];
    snprintf(command, sizeof command, "localedef -c -i de_DE -f UTF-8 '%s/de_DE.UTF-8' >/dev/null 2>&1", folder);
    if (system(command) != 0) return false;
    setenv("LOCPATH", folder, 1);
    return setlocale(LC_NUMERIC, "de_DE.UTF-8") != NULL;
}

/* From here on numbers have a comma, until setlocale(LC_NUMERIC, "C"); skips the test aloud where that cannot be. */
static inline void use_commas(void) {
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") || setlocale(LC_NUMERIC, "de_DE.utf8") || make_locale()) return;
    print_message("SKIPPED: no locale with a comma, and no localedef to make one\n");
    skip();
}

#endif
