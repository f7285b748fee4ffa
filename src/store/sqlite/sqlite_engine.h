/* The store in a file of its own, by SQLite. */
#ifndef LL_STORE_SQLITE_SQLITE_ENGINE_H
#define LL_STORE_SQLITE_SQLITE_ENGINE_H

#include "store/sql/sql.h"

extern const ll_sql_engine ll_sqlite;

#endif
