/* Parts of the schema in the words of both databases, by the version of the store that they came with. A part is never
 * changed. */
#ifndef LL_STORE_SQL_SQL_SCHEMA_H
#define LL_STORE_SQL_SQL_SCHEMA_H

/* Texts that runs are looked up by. Who does not know of an index reads the same. An index of a number would make an
 * import of a million runs several times as long: they come in no order. */
#define LL_SQL_RUN_NAME "CREATE INDEX run_name ON run (name);"
#define LL_SQL_SCHEMA_OF_4 LL_SQL_RUN_NAME "CREATE INDEX run_family ON run (family);"

/* Few runs of a large store are not done, and most have no family. */
#define LL_SQL_RUN_OPEN "CREATE INDEX run_open ON run (ladder, state, flops) WHERE state <> 'done';"
#define LL_SQL_RUN_FAMILY "CREATE INDEX run_family ON run (family) WHERE family <> '';"
#define LL_SQL_SCHEMA_OF_5 LL_SQL_RUN_OPEN "DROP INDEX run_family;" LL_SQL_RUN_FAMILY

#endif
