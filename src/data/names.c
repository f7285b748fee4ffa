#include "data/names.h"

#include <string.h>

bool ll_name_ends(const char *name, const char *suffix) {
    size_t n = strlen(name), k = strlen(suffix);
    return n >= k && memcmp(name + n - k, suffix, k) == 0;
}

static const char *ending_of(const char *name, const char *const *endings) {
    for (; *endings; endings++)
        if (ll_name_ends(name, *endings)) return *endings;
    return NULL;
}

ll_wrapping ll_name_wrapping(const char *name, size_t *inner) {
    static const char *const archives[] = { ".tar",     ".tar.gz", ".tgz", ".tar.xz", ".txz",  ".tar.zst", ".tzst",
                                            ".tar.bz2", ".tbz2",   ".zip", ".7z",     ".cpio", ".cpio.gz", NULL };
    static const char *const compressed[] = { ".gz", ".xz", ".zst", ".bz2", NULL };
    *inner = strlen(name);
    if (ending_of(name, archives)) return LL_WRAP_ARCHIVE;
    const char *ending = ending_of(name, compressed);
    if (!ending) return LL_WRAP_NONE;
    *inner -= strlen(ending);
    return LL_WRAP_COMPRESSED;
}
