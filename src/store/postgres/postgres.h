/* The store in a PostgreSQL database, through libpq: in its schema "loglog", a store for each database.
 *
 * A connection that is lost is made again, for up to two minutes and aloud (ll_store_on_notice), and what was cut off
 * is done again from its beginning: a question, or a whole transaction, unless the server says that it was kept. */
#ifndef LL_STORE_POSTGRES_POSTGRES_H
#define LL_STORE_POSTGRES_POSTGRES_H

#include "store/sql/sql.h"

extern const ll_sql_engine ll_postgres; /* without libpq: one that refuses to open */

#endif
