/* Stores that are named by a URL, and the passwords in them.
 *
 * A program takes the passwords out of a URL before anything can repeat it: reports, ladders, errors and listings of
 * processes show what is left. Whoever opens that finds the whole here. */
#ifndef LL_STORE_SQL_STORE_URL_H
#define LL_STORE_SQL_STORE_URL_H

#include <stdbool.h>

#include "loglog/error.h"

bool ll_store_is_url(const char *store); /* postgresql://... or postgres://... */

/* Takes the passwords out of the URL, in its place, and keeps the whole for this process. LL_EINPUT where it is not
 * certain what belongs to a password; then nothing is left behind the scheme. What is no URL stays as it is. */
ll_status ll_store_url_hide(char *url, ll_error *err);

/* The URL as it was before passwords were taken out; it stays where it is. */
const char *ll_store_url_whole(const char *url);

#endif
