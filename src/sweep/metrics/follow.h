/* A file of metrics that a trainer writes, or a folder of such files, read as far as it has come.
 *
 *     ll_follow *f;
 *     LL_TRY(ll_follow_new(&f, "runs/1/metrics.jsonl", "jsonl", &names, sink, ctx, err));
 *     LL_TRY(ll_follow_poll(f, err));                  a few times a second
 *     LL_TRY(ll_follow_end(f, err));                   what is left, once the trainer has ended
 *     ll_follow_free(f);
 *
 * A file need not be there yet. One that became shorter, or another under its name, is read from its beginning. In a
 * folder, and in those inside it, the files that are named as the format names them are read in the order of their
 * names: event files of TensorBoard, which begin with their time, stand in the order of their tries. A symbolic link
 * is not followed, and what is no regular file is passed over.
 */
#ifndef LL_SWEEP_METRICS_FOLLOW_H
#define LL_SWEEP_METRICS_FOLLOW_H

#include "sweep/metrics/metrics.h"

enum { LL_FOLLOW_FILES = 64, LL_FOLLOW_DEPTH = 4 };

typedef struct ll_follow ll_follow;

ll_status ll_follow_new(ll_follow **out, const char *path, const char *format, const ll_metric_names *names,
                        ll_metric_sink *sink, void *ctx, ll_error *err);
void ll_follow_free(ll_follow *f); /* NULL is fine */

/* Reads at most a few MiB of each file. */
ll_status ll_follow_poll(ll_follow *f, ll_error *err);
ll_status ll_follow_end(ll_follow *f, ll_error *err);

/* The first complaint of its readers, with the file's name; or that there is no such file. "": all was well. */
const char *ll_follow_complaint(const ll_follow *f, char *buf, size_t size);

#endif
