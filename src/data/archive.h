/* Archives over libarchive: every member is fed, as a stream, to the pieces. */
#ifndef LL_DATA_ARCHIVE_H
#define LL_DATA_ARCHIVE_H

#include "data/names.h"
#include "data/pieces.h"

/* Reads fd, named path. Of a compressed file the one stream inside is read under the inner name; of an archive
 * every regular member whose name ends in suffix (NULL: all), in the archive's order. Links and other members count
 * as skipped. Damage, truncation, holes: LL_EFORMAT with path and member; more than max_unpacked: LL_EINPUT. */
ll_status ll_archive_read(int fd, const char *path, ll_wrapping wrapping, const char *suffix, ll_pieces *pieces,
                          ll_corpus_stats *stats, ll_error *err);

#endif
