/* The text form of the next runs to buy. */
#ifndef LL_CLI_DECIDE_SHOW_NEXT_H
#define LL_CLI_DECIDE_SHOW_NEXT_H

#include "decide/next/next_json.h"

void ll_next_show(const ll_next_told *told); /* on standard output */

#endif
