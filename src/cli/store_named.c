#include "cli/store_named.h"

#include <string.h>

#include "cli/cli.h"
#include "store/sql/store_url.h"

/* A server is asked here, so that what is not there is said before anything is done. */
ll_status ll_cli_check_store(const char *path, ll_error *err) {
    ll_store *s = NULL;
    if (!ll_cli_given("store")) return LL_OK;
    if (!ll_store_may_be_there(path))
        return LL_FAIL(err, LL_EINPUT, "%s: there is no such store; --store names another", path);
    if (ll_store_is_url(path)) LL_TRY(ll_store_open_there(&s, path, LL_STORE_READ, err));
    ll_store_close(s);
    return LL_OK;
}

ll_status ll_cli_open_store(ll_store **out, const char *path, ll_store_mode mode, ll_error *err) {
    const bool url = ll_store_is_url(path);
    *out = NULL;
    if (url) return ll_store_open_there(out, path, mode, err);
    LL_TRY(ll_cli_check_store(path, err));
    return ll_store_open(out, path, ll_store_may_be_there(path) ? mode : LL_STORE_READ, err);
}

ll_status ll_cli_hide_passwords(int argc, char **argv, ll_error *err) {
    for (int i = 1; i < argc; i++) {
        char *value = strncmp(argv[i], "--", 2) == 0 ? strchr(argv[i], '=') : NULL;
        LL_TRY(ll_store_url_hide(value ? value + 1 : argv[i], err));
    }
    return LL_OK;
}

void ll_cli_say_no_runs(const char *store) {
    ll_say("no runs in %s", store);
    if (!ll_store_may_be_there(store))
        ll_say(", which is not there: a ladder's store lies beside its spec, and --store names it");
    ll_say("\n");
}
