/* The store that a verb reads: every verb asks here. */
#ifndef LL_CLI_STORE_NAMED_H
#define LL_CLI_STORE_NAMED_H

#include "store/store.h"

/* As ll_store_open for the path of --store. One that was named and is not there is LL_EINPUT; the default one that
 * is not there yet is an empty one to read, whatever the mode: no file is made. */
ll_status ll_cli_open_store(ll_store **out, const char *path, ll_store_mode mode, ll_error *err);

/* The first half of it, for what opens the store by its path. */
ll_status ll_cli_check_store(const char *path, ll_error *err);

/* Takes the passwords of stores out of the command line, where every user of the machine reads them, before anything
 * repeats it (store/sql/store_url.h). */
ll_status ll_cli_hide_passwords(int argc, char **argv, ll_error *err);

/* "no runs in loglog.db", and where there may be some when that is not there. */
void ll_cli_say_no_runs(const char *store);

#endif
