/* What the verbs of the ledger share: where it is, and how it is read. */
#ifndef LL_CLI_LEDGER_LEDGER_H
#define LL_CLI_LEDGER_LEDGER_H

#include <stddef.h>

#include "cli/cli.h"
#include "forecast/ledger/ledger_seal.h"
#include "forecast/ledger/ledger_view.h"

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
#define LL_LEDGER_READ(type) \
    { "ledger", LL_OPT_TEXT, LL_LEDGER_AT(type, ledger), "", "a published JSONL file, instead of the store" }
#define LL_LEDGER_JSON(type) \
    { "json", LL_OPT_BOOL, LL_LEDGER_AT(type, json), "false", "one JSON document on standard output" }

/* Brings the file of --ledger up to the store's ledger; nothing without one. */
ll_status ll_ledger_follow(ll_store *s, const ll_ledger_args *a, ll_error *err);

/* A verb without words of its own: as ll_cli_parse. */
int ll_cli_parse_bare(const ll_verb *verb, void *object, int argc, char **argv);

/* Of the file where one is named, else of the store. */
ll_status ll_ledger_view_read(ll_ledger_view *v, const ll_ledger_args *a, ll_error *err);

/* The key of the file; *given is it, or NULL where path is "". */
ll_status ll_ledger_key(ll_sign_key *key, const char *path, const ll_sign_key **given, ll_error *err);

ll_json *ll_seal_json(const ll_seal *s); /* of a list */
ll_json *ll_said_entry_json(const ll_said *s);
const char *ll_remark_kind_name(ll_remark_kind kind);
ll_json *ll_remarks_json(const ll_ledger_view *v);

#endif
