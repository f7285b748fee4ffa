#include "loglog/version.h"

#include "base/version.h"

const char *ll_version(void) {
    return LL_VERSION " " LL_COMMIT;
}

bool ll_version_fits(int major, int minor) {
    return major == LOGLOG_VERSION_MAJOR && (major ? minor <= LOGLOG_VERSION_MINOR : minor == LOGLOG_VERSION_MINOR);
}
