#define _GNU_SOURCE
#include "store/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/system/file.h"
#include "base/words/printed.h"
#include "store/hash_chain.h"

static const size_t LARGEST = (size_t)1 << 30;
static const char BODY[] = "\",\"body\":";
enum { HEX = LL_HASH_HEX - 1, HEAD_MAX = 256 };

/* A line up to its hash. */
static int head_text(char head[HEAD_MAX], int64_t seq, const char *previous) {
    return snprintf(head, HEAD_MAX, "{\"seq\":%" PRId64 ",\"previous\":\"%s\",\"hash\":\"", seq, previous);
}

/* ---- reading ---- */

/* The entry of a line without its end; false unless every byte is as it was written. */
static bool read_line(ll_entry *e, const char *line, size_t size, int64_t seq, const char *previous) {
    char head[HEAD_MAX], hash[LL_HASH_HEX];
    const size_t at = (size_t)head_text(head, seq, previous), body = at + HEX + sizeof BODY - 1;
    if (size < body + 2 || memchr(line, 0, size) || memcmp(line, head, at) != 0 ||
        memcmp(line + at + HEX, BODY, sizeof BODY - 1) != 0 || line[size - 1] != '}')
        return false;
    *e = (ll_entry) { .seq = seq, .body = strndup(line + body, size - body - 1) };
    if (!e->body) return false;
    memcpy(e->hash, line + at, HEX);
    strcpy(e->previous, previous);
    ll_hash_chain_hash(previous, e->body, hash);
    if (strcmp(hash, e->hash) == 0) return true;
    free(e->body);
    return false;
}

/* Can an append that was cut off have left the last line, which has no end? Else the file is of something else, and
 * must not lose it. */
static bool was_cut_off(const char *line, size_t size, int64_t seq, const char *previous) {
    char head[HEAD_MAX];
    const size_t at = (size_t)head_text(head, seq, previous);
    return memcmp(line, head, size < at ? size : at) == 0;
}

/* Is the last line, which has no end, a whole entry with its end changed? */
static bool end_was_changed(const char *line, size_t size, int64_t seq, const char *previous) {
    ll_entry e;
    if (size < 1 || !read_line(&e, line, size - 1, seq, previous)) return false;
    free(e.body);
    return true;
}

static bool stands_in(const char *line, size_t size, const char *mark) {
    return memmem(line, size, mark, strlen(mark)) != NULL;
}

/* Why a first line that is no entry belongs to no ledger, or to one that another program rewrote; NULL: it is an entry
 * that was changed. */
static const char *no_ledger(const char *line, size_t size) {
    ll_entry e;
    if (size > 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) return "begins with a byte order mark, expected none";
    if (size > 1 && line[size - 1] == '\r' && read_line(&e, line, size - 1, 1, ll_hash_chain_start)) {
        free(e.body);
        return "ends in CR LF, expected LF alone, as it was written";
    }
    if (stands_in(line, size, "{\"seq\":") || stands_in(line, size, "\"previous\":\"") ||
        stands_in(line, size, BODY))
        return NULL;
    return "is no entry of a ledger, expected {\"seq\":1,\"previous\":...} as 'forecast export' writes it";
}

static ll_status not_an_entry(const char *line, size_t size, int64_t seq, const char *words, const char *path,
                              ll_error *err) {
    const char *why = seq == 1 ? no_ledger(line, size) : NULL;
    if (why) return LL_FAIL(err, LL_EINPUT, "%s:1: %s", path, why);
    return LL_FAIL(err, LL_ESTATE, "%s:%lld: entry %lld %s", path, (long long)seq, (long long)seq, words);
}

static ll_status read_lines(ll_ledger_file *f, const char *text, const char *path, ll_error *err) {
    const char *previous = ll_hash_chain_start, *end;
    int64_t lines = 0;
    for (size_t i = 0; i < f->size; i++) lines += text[i] == '\n';
    f->entries = calloc((size_t)lines + 1, sizeof *f->entries);
    if (!f->entries) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for the ledger", path);
    while ((end = memchr(text + f->whole, '\n', f->size - f->whole))) {
        const size_t size = (size_t)(end - text) - f->whole;
        ll_entry *e = &f->entries[f->n];
        if (!read_line(e, text + f->whole, size, f->n + 1, previous))
            return not_an_entry(text + f->whole, size, f->n + 1, "is not as it was sealed", path, err);
        previous = e->hash;
        f->n++;
        f->whole += size + 1;
    }
    if (!was_cut_off(text + f->whole, f->size - f->whole, f->n + 1, previous))
        return not_an_entry(text + f->whole, f->size - f->whole, f->n + 1, "has another beginning", path, err);
    if (!end_was_changed(text + f->whole, f->size - f->whole, f->n + 1, previous)) return LL_OK;
    return LL_FAIL(err, LL_ESTATE, "%s:%lld: the end of entry %lld is not as it was sealed", path,
                   (long long)f->n + 1, (long long)f->n + 1);
}

ll_status ll_ledger_read(ll_ledger_file *out, const char *path, ll_error *err) {
    char *text;
    *out = (ll_ledger_file) { 0 };
    LL_TRY(ll_file_read(path, LARGEST, &text, &out->size, err));
    ll_status s = read_lines(out, text, path, err);
    free(text);
    if (s == LL_OK) return LL_OK;
    ll_entries_free(out->entries, out->n);
    *out = (ll_ledger_file) { 0 };
    return s;
}

/* ---- appending ---- */

/* The lines of n entries; NULL when out of memory. */
static char *lines_of(const ll_entry *entries, int64_t n, size_t *size) {
    ll_printed text;
    FILE *out = ll_printed_open(&text);
    for (int64_t i = 0; out && i < n; i++) {
        char head[HEAD_MAX];
        head_text(head, entries[i].seq, entries[i].previous);
        fprintf(out, "%s%s%s%s}\n", head, entries[i].hash, BODY, entries[i].body);
    }
    char *lines = ll_printed_close(&text);
    *size = text.size;
    return lines;
}

static bool write_all(int fd, const char *text, size_t size) {
    while (size > 0) {
        ssize_t got = write(fd, text, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        text += got;
        size -= (size_t)got;
    }
    return fsync(fd) == 0;
}

static ll_status append(int fd, const ll_ledger_file *f, const ll_entry *entries, int64_t n, const char *path,
                        ll_error *err) {
    size_t size;
    for (int64_t i = 0; i < n; i++)
        if (strchr(entries[i].body, '\n'))
            return LL_FAIL(err, LL_EFORMAT, "%s: entry %lld has more than one line", path,
                           (long long)entries[i].seq);
    char *text = lines_of(entries, n, &size);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for the ledger", path);
    bool ok = (f->whole == f->size || ftruncate(fd, (off_t)f->whole) == 0) && write_all(fd, text, size);
    int e = errno;
    free(text);
    if (ok) return LL_OK;
    if (ftruncate(fd, (off_t)f->whole) != 0) e = errno; /* else the next append cuts it off */
    return LL_FAIL(err, LL_EIO, "%s: cannot append: %s", path, strerror(e));
}

static ll_status bring_up(int fd, const ll_ledger_file *f, const ll_entry *entries, int64_t n, const char *path,
                          ll_error *err) {
    if (f->n > n || (f->n > 0 && strcmp(f->entries[f->n - 1].hash, entries[f->n - 1].hash) != 0))
        return LL_FAIL(err, LL_ESTATE, "%s is not the beginning of this store's ledger", path);
    return f->n < n ? append(fd, f, entries + f->n, n - f->n, path, err) : LL_OK;
}

static ll_status publish(ll_store *s, int fd, const char *path, int64_t *added, ll_error *err) {
    ll_ledger_file f;
    ll_entry *entries;
    int64_t n;
    LL_TRY(ll_ledger_read(&f, path, err));
    ll_status status = ll_store_list_entries(s, &entries, &n, err);
    if (status == LL_OK) {
        status = bring_up(fd, &f, entries, n, path, err);
        *added = status == LL_OK ? n - f.n : 0;
        ll_entries_free(entries, n);
    }
    ll_entries_free(f.entries, f.n);
    return status;
}

static ll_status count_entries(ll_store *s, int64_t *n, ll_error *err) {
    ll_entry *entries;
    LL_TRY(ll_store_list_entries(s, &entries, n, err));
    ll_entries_free(entries, *n);
    return LL_OK;
}

ll_status ll_ledger_publish(ll_store *s, const char *path, int64_t *added, ll_error *err) {
    int64_t n;
    *added = 0;
    LL_TRY(count_entries(s, &n, err)); /* what cannot be published makes no file */
    if (n == 0 && access(path, F_OK) != 0) return LL_OK;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
    if (fd < 0) return LL_FAIL(err, LL_EINPUT, "%s: cannot append: %s", path, strerror(errno));
    ll_status status = flock(fd, LOCK_EX) == 0 ? publish(s, fd, path, added, err)
                                               : LL_FAIL(err, LL_EIO, "%s: cannot lock: %s", path, strerror(errno));
    close(fd);
    return status;
}
