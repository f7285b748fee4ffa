#include "cli/store_named.h"

#include <unistd.h>

#include "cli/cli.h"

static bool is_there(const char *path) {
    return access(path, F_OK) == 0;
}

ll_status ll_cli_check_store(const char *path, ll_error *err) {
    if (is_there(path) || !ll_cli_given("store")) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: there is no such store; --store names another", path);
}

ll_status ll_cli_open_store(ll_store **out, const char *path, ll_store_mode mode, ll_error *err) {
    *out = NULL;
    LL_TRY(ll_cli_check_store(path, err));
    return ll_store_open(out, path, is_there(path) ? mode : LL_STORE_READ, err);
}
