/* What the verbs of the ledger share: where it is, and how it is read. */
#ifndef LL_CLI_LEDGER_H
#define LL_CLI_LEDGER_H

#include <stddef.h>

#include "cli/cli.h"
#include "sweep/seal.h"

typedef struct ll_ledger_args {
    char store[LL_OPTION_TEXT], ledger[LL_OPTION_TEXT];
    bool json;
} ll_ledger_args;

/* Rows of an option table over a struct that has an ll_ledger_args called ledger. */
#define LL_LEDGER_AT(type, field) (offsetof(type, ledger) + offsetof(ll_ledger_args, field))
#define LL_LEDGER_STORE(type) \
    { "store", LL_OPT_TEXT, LL_LEDGER_AT(type, store), "loglog.db", "the store" }
#define LL_LEDGER_FILE(type) \
    { "ledger", LL_OPT_TEXT, LL_LEDGER_AT(type, ledger), "", "JSONL file to append the ledger's new entries to" }
#define LL_LEDGER_JSON(type) \
    { "json", LL_OPT_BOOL, LL_LEDGER_AT(type, json), "false", "one JSON document on standard output" }

/* Brings the file of --ledger up to the store's ledger; nothing without one. */
ll_status ll_ledger_follow(ll_store *s, const ll_ledger_args *a, ll_error *err);

/* A verb without words of its own: as ll_cli_parse. */
int ll_cli_parse_bare(const ll_verb *verb, void *object, int argc, char **argv);

/* The chain is checked whenever it is read: a ledger that was tampered with has nothing to say. */
typedef struct ll_ledger_view {
    ll_entry *entries;
    int64_t n;
    bool cut_off; /* the file ends in an append that was cut off */
    ll_seal *seals;
    int64_t n_seals;
} ll_ledger_view;

/* Of the file where one is named, else of the store. */
ll_status ll_ledger_view_read(ll_ledger_view *v, const char *file, const char *store, ll_error *err);
void ll_ledger_view_clear(ll_ledger_view *v);

/* The hash of the last entry; "" where there is none. */
const char *ll_ledger_head(const ll_ledger_view *v);

#endif
