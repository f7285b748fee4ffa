/* What the demo learns from where no text is named: prose that is the same on every machine, or else what is there.
 *
 *     ll_demo_text t;
 *     ll_demo_text_find(&t);
 *     if (*t.instead) ll_say_prose(stderr, "%s", t.instead);
 */
#ifndef LL_CLI_TRAIN_DEMO_TEXT_H
#define LL_CLI_TRAIN_DEMO_TEXT_H

#include "base/document/option.h"

#define LL_DEMO_TEXT_HELP "Perl's manual, of Debian's package perl-doc, else the C headers under /usr/include"

typedef struct ll_demo_text {
    char path[LL_OPTION_TEXT], suffix[LL_OPTION_NAME];
    const char *instead; /* why it is not the manual; "" where it is */
} ll_demo_text;

void ll_demo_text_find(ll_demo_text *t);

#endif
