/* A ladder's laws and its forecast in a few lines of text. */
#ifndef LL_CLI_SHOW_SHOW_SUMMARY_H
#define LL_CLI_SHOW_SHOW_SUMMARY_H

#include <stdio.h>

#include "report/evidence/evidence.h"

void ll_summary_print(FILE *out, const ll_evidence *e);

#endif
